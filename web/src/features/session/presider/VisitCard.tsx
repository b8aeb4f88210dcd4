import { useTranslation } from "react-i18next";
import { duration } from "@/i18n/time";
import { Badge } from "@/primitives/Notice";
import type { AgendaRow } from "@/protocol/section";
import { useNow } from "../hooks/useNow";
import { useSession } from "../hooks/roomContext";
import { named, nameOf } from "../model/names";
import { secondsSince } from "../model/time";
import { at } from "../model/sections";
import { FileList } from "../parts/FileList";
import { Icon } from "../parts/Icon";
import { Panel } from "../parts/Panel";
import { EarlyEnd } from "./EarlyEnd";
import { FloorButton } from "./FloorButton";
import css from "./presider.module.css";
import { VisitMoves } from "./VisitMoves";
import { VisitPoints } from "./VisitPoints";

/** The one card: the visit on stage, or the one that comes next. */
export function VisitCard() {
  const { t } = useTranslation("session");
  const room = useSession();
  const staff = room.staff;
  const running = at(staff?.visits, staff?.running);
  if (staff?.running != null && running) return <Running id={staff.running} row={running} />;
  const next = at(staff?.visits, staff?.next);
  const nextVisit = at(room.visits, staff?.next);
  return (
    <Panel title={t("card.next")}>
      {next ? <Summary row={next} /> : <p className={css.soft}>{t("card.nobody")}</p>}
      {nextVisit && <VisitPoints visit={nextVisit} />}
    </Panel>
  );
}

function Summary({ row }: { row: AgendaRow }) {
  const { t } = useTranslation("session");
  const room = useSession();
  return (
    <div className={css.summary}>
      <p className={css.number}>
        {t("card.number", { number: row.number })} <span className={css.kind}>{t(`terms:petition.${row.presented_as}`)}</span>
        {row.class === "restricted" && <Badge tone="warn">{t("terms:class.restricted")}</Badge>}
      </p>
      <p className={css.name}>{nameOf(t, { name: row.name, ordinal: 1 })}</p>
      <p>{row.summary}</p>
      <p className={css.soft}>
        {at(room.public?.points, row.citizen_point)?.name} · {t("card.people", { people: row.people })}
      </p>
    </div>
  );
}

function Running({ id, row }: { id: string; row: AgendaRow }) {
  const { t } = useTranslation("session");
  const room = useSession();
  const visit = room.visits[id];
  const floor = room.public?.floor;
  return (
    <Panel title={t(`terms:visit_status.${row.status}`)} aside={visit?.began_at != null && <Stopwatch since={visit.began_at} />}>
      <Summary row={row} />
      {visit && !visit.recording_announced && <Badge tone="warn">{t("card.recording_not_announced")}</Badge>}
      {visit && visit.persons.length > 1 && (
        <ul className={css.persons} aria-label={t("card.persons")}>
          {named(visit.persons).map((person) => (
            <li key={person.id}>
              {floor?.point === visit.citizen_point && floor.person === person.id ? (
                <p className={css.speaks}>
                  <Icon name="speech" /> {t("card.speaks", { name: nameOf(t, person) })}
                </p>
              ) : (
                <FloorButton point={visit.citizen_point} person={person.id} name={nameOf(t, person)} hasFloor={false} />
              )}
            </li>
          ))}
        </ul>
      )}
      {visit && visit.files.length > 0 && <FileList files={visit.files} />}
      <div className={css.pair}>
        <VisitMoves visit={id} status={row.status} />
        <EarlyEnd visit={id} number={row.number} />
      </div>
      {visit && <VisitPoints visit={visit} />}
    </Panel>
  );
}

function Stopwatch({ since }: { since: string }) {
  const { t } = useTranslation("session");
  const now = useNow(1000);
  const text = duration(secondsSince(since, now) * 1000);
  return (
    <span role="timer" className={css.stopwatch} aria-label={t("card.running_for", { time: text })}>
      {text}
    </span>
  );
}
