import { useTranslation } from "react-i18next";
import { Section } from "../../primitives/Form";
import type { PublicSection, StaffSection } from "../../protocol/section";
import { dutyKey, dutyPoint } from "../session/model/duties";
import css from "./PreparePage.module.css";

/** What the law still wants before the start. */
export function DutiesPanel({ shared, staff }: { shared: PublicSection; staff: StaffSection }) {
  const { t } = useTranslation("office");
  if (staff.open_duties.length === 0) return null;
  const placeOf = (code: string) => shared.points[dutyPoint(code) ?? ""]?.name ?? "";
  return (
    <Section title={t("prepare.duties")}>
      <ul className={css.bullets}>
        {staff.open_duties.map((code) => (
          <li key={code}>
            {t(`session:${dutyKey(code)}`, {
              point: placeOf(code),
              defaultValue: t("session:duty.other", { code }),
            })}
          </li>
        ))}
      </ul>
    </Section>
  );
}
