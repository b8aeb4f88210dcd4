import { useTranslation } from "react-i18next";
import { useLocalSources } from "@/room/useLocalSources";
import { Columns } from "../frame/Columns";
import { useSession } from "../hooks/roomContext";
import { currentVisit, nextInQueue, pointVisits } from "../model/point";
import { Hand } from "../parts/Hand";
import { Microphone } from "../parts/Microphone";
import { Panel } from "../parts/Panel";
import { Trouble } from "../parts/Trouble";
import { Stage } from "../stage/Stage";
import { Attest } from "./Attest";
import { Documents } from "./Documents";
import css from "./point.module.css";
import { Roster } from "./Roster";
import { SeenAndHeard } from "./SeenAndHeard";
import { VisitPanel } from "./VisitPanel";

/** The officer at a point: who sits here, what the visit needs next, and one key to speak. */
export function PointScreen() {
  const { t } = useTranslation("session");
  const room = useSession();
  const sources = useLocalSources();
  const visits = pointVisits(room);
  const current = currentVisit(visits);
  const next = nextInQueue(visits, current);
  return (
    <Columns
      wide
      stage={<Stage />}
      keys={
        <>
          <Microphone setup />
          <Hand />
        </>
      }
    >
      <Trouble sources={sources} />
      <SeenAndHeard />
      {current ? (
        <VisitPanel key={current.id} visit={current} />
      ) : (
        <Panel title={t("point.no_visit_title")}>
          <p className={css.soft}>{t("point.no_visit")}</p>
        </Panel>
      )}
      {next && (
        <Panel title={t("point.next_title")}>
          <p>
            {t("card.number", { number: next.number })}: {next.name} ({t(`terms:visit_status.${next.status}`)})
          </p>
          <VisitPanel visit={next} brief />
        </Panel>
      )}
      <Roster />
      {current?.section && <Documents visit={current.section} sources={sources} />}
      <Attest />
    </Columns>
  );
}
