import { useTranslation } from "react-i18next";
import { useSession } from "../hooks/roomContext";
import { ActButton } from "../parts/ActButton";
import { Icon } from "../parts/Icon";
import { Panel } from "../parts/Panel";

/** Before the start the officer says in person that the central point is seen and heard (D154 Điều 23(1)). */
export function SeenAndHeard() {
  const { t } = useTranslation("session");
  const room = useSession();
  const point = room.seat.point;
  const before = room.public?.status === "connecting" || room.public?.status === "ready";
  if (!before || point === null) return null;
  const said = room.staff?.steps.find((row) => row.step === "seen_and_heard" && row.point === point && row.outcome.result === "done");
  return (
    <Panel title={t("point.seen_title")}>
      {said ? (
        <p>
          <Icon name="check" /> {t("point.seen_done", { by: said.by })}
        </p>
      ) : (
        <>
          <p>{t("point.seen_explain")}</p>
          <ActButton kind="primary" size="large" wide command={{ do: "record_step", step: "seen_and_heard", point, outcome: { result: "done", note: "" } }}>
            {t("point.seen")}
          </ActButton>
        </>
      )}
    </Panel>
  );
}
