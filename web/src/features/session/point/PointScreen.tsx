import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocalSources } from "@/room/useLocalSources";
import { Columns } from "../frame/Columns";
import { useSession } from "../hooks/roomContext";
import { openVisit, pointVisits } from "../model/point";
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
import { VisitList } from "./VisitList";
import { VisitPanel } from "./VisitPanel";

/** The officer at a point: who sits here, what each visit needs next, and one key to speak. */
export function PointScreen() {
  const { t } = useTranslation("session");
  const room = useSession();
  const sources = useLocalSources();
  const visits = pointVisits(room);
  const [chosen, setChosen] = useState<string>();
  const current = openVisit(visits, chosen);
  // What the officer works on stays open; only an act turns the page to another visit.
  const stay = () => setChosen(current?.id);
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
      <VisitList visits={visits} open={current?.id} onOpen={setChosen} />
      {current ? (
        <div className={css.work} onFocus={stay}>
          <VisitPanel key={current.id} visit={current} />
        </div>
      ) : (
        <Panel title={t("point.no_visit_title")}>
          <p className={css.soft}>{t("point.no_visit")}</p>
        </Panel>
      )}
      <Roster />
      {current?.section && (
        <div className={css.work} onFocus={stay}>
          <Documents key={current.id} visit={current.section} sources={sources} />
        </div>
      )}
      <Attest />
    </Columns>
  );
}
