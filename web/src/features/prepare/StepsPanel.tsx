import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useTimes } from "../../i18n/time";
import { Button } from "../../primitives/Button";
import { Section } from "../../primitives/Form";
import { Badge } from "../../primitives/Notice";
import type { PublicSection, StaffSection, StepRow } from "../../protocol/section";
import type { SessionStep } from "../../protocol/session";
import css from "./PreparePage.module.css";
import { StepDialog } from "./StepDialog";

const STEPS: SessionStep[] = ["publication", "notice", "trial_call"];

/** Duties before the day, each with who, when, at which point. */
export function StepsPanel({ shared, staff }: { shared: PublicSection; staff: StaffSection }) {
  const { t } = useTranslation("office");
  const [recording, setRecording] = useState<SessionStep | null>(null);
  return (
    <Section title={t("prepare.steps")}>
      <ul className={css.list}>
        {STEPS.map((step) => {
          const rows = staff.steps.filter((row) => row.step === step);
          return (
            <li key={step} className={css.item}>
              <div className={css.line}>
                <h3>{t(`terms:step.${step}`)}</h3>
                <Button onPress={() => setRecording(step)}>{t("prepare.record")}</Button>
              </div>
              {rows.length === 0 && <Badge tone="warn">{t("prepare.not_yet")}</Badge>}
              {rows.map((row) => (
                <Evidence key={`${row.at}${row.point ?? ""}`} row={row} shared={shared} />
              ))}
            </li>
          );
        })}
      </ul>
      {recording && <StepDialog step={recording} shared={shared} onClose={() => setRecording(null)} />}
    </Section>
  );
}

function Evidence({ row, shared }: { row: StepRow; shared: PublicSection }) {
  const { t } = useTranslation("office");
  const { clock, day } = useTimes();
  const { outcome } = row;
  const place = row.point === null ? t("prepare.whole") : (shared.points[row.point]?.name ?? "");
  return (
    <div>
      <Badge tone={outcome.result === "done" ? "good" : "warn"}>{place}</Badge>{" "}
      {outcome.result === "done"
        ? outcome.note
        : t("prepare.not_possible", { reason: outcome.reason, by: outcome.decided_by })}
      <p className={css.soft}>{t(row.by === "" ? "prepare.done_at" : "prepare.done_by", { by: row.by, at: clock(row.at), day: day(row.at) })}</p>
    </div>
  );
}
