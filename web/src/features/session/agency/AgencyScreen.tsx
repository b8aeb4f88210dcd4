import { useTranslation } from "react-i18next";
import { useLocalSources } from "@/room/useLocalSources";
import { Columns } from "../frame/Columns";
import { useSession } from "../hooks/roomContext";
import { namesOf, visitsAsked } from "../model/agenda";
import { FileList } from "../parts/FileList";
import { Hand } from "../parts/Hand";
import { Microphone } from "../parts/Microphone";
import { Panel } from "../parts/Panel";
import { Trouble } from "../parts/Trouble";
import { Roster } from "../point/Roster";
import { Stage } from "../stage/Stage";
import css from "./agency.module.css";

/** Who speaks for an agency: sees and hears the visits the agency was asked to, speaks with the floor, reads their papers. */
export function AgencyScreen() {
  const { t } = useTranslation("session");
  const room = useSession();
  const sources = useLocalSources();
  const visits = visitsAsked(room);
  return (
    <Columns
      stage={<Stage />}
      keys={
        <>
          <Microphone setup />
          <Hand />
        </>
      }
    >
      <Trouble sources={sources} />
      {visits.length === 0 && (
        <Panel title={t("agency.title")}>
          <p className={css.soft}>{t("agency.none")}</p>
        </Panel>
      )}
      {visits.map((visit) => (
        <Panel key={visit.visit} title={t("agency.visit", { number: visit.number, status: t(`terms:visit_status.${visit.status}`) })}>
          {namesOf(visit) !== "" && <p>{t("agency.whose", { names: namesOf(visit) })}</p>}
          <p>{visit.summary}</p>
          {visit.promise && <p className={css.promise}>{t("agency.promise", { text: visit.promise.text, contact: visit.promise.contact })}</p>}
          <FileList files={visit.files} />
        </Panel>
      ))}
      {room.point && <Roster />}
    </Columns>
  );
}
