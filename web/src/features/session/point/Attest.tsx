import { useTranslation } from "react-i18next";
import { useSession } from "../hooks/roomContext";
import { ActButton } from "../parts/ActButton";
import { Icon } from "../parts/Icon";
import { Panel } from "../parts/Panel";
import css from "./point.module.css";

/** A named officer attests the attendance of the point for the annex of the minutes. */
export function Attest() {
  const { t } = useTranslation("session");
  const { point, seat } = useSession();
  if (!point || seat.point === null) return null;
  return (
    <Panel title={t("attest.title")}>
      {point.attested_by === null ? <p className={css.soft}>{t("attest.explain")}</p> : null}
      {point.attested_by !== null && (
        <p className={css.done}>
          <Icon name="check" /> {t("attest.done", { by: point.attested_by })}
        </p>
      )}
      <ActButton wide command={{ do: "attest_attendance", point: seat.point }}>
        {t(point.attested_by === null ? "attest.act" : "attest.again")}
      </ActButton>
    </Panel>
  );
}
