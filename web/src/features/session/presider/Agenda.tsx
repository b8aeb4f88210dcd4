import { useTranslation } from "react-i18next";
import { Notice } from "@/primitives/Notice";
import { useSession } from "../hooks/roomContext";
import { nameOf } from "../model/names";
import { isBeforeHeard, moveVisit } from "../model/presider";
import { at } from "../model/sections";
import { ActButton } from "../parts/ActButton";
import { Panel } from "../parts/Panel";
import { Turns } from "../parts/Turns";
import { useAct } from "../parts/useAct";
import css from "./Agenda.module.css";
import { EarlyEnd } from "./EarlyEnd";

/** All visits of the day with their state in words; those still to come can be put earlier or later. */
export function Agenda({ leads = false }: { leads?: boolean }) {
  const { t } = useTranslation("session");
  const room = useSession();
  const act = useAct();
  const staff = room.staff;
  if (!staff) return null;
  return (
    <Panel title={t("agenda.title")}>
      {staff.agenda.length === 0 && <p>{t("agenda.none")}</p>}
      <ol className={css.list}>
        {staff.agenda.map((id) => {
          const row = at(staff.visits, id);
          if (!row) return null;
          return (
            <li key={id} className={[css.row, id === staff.running ? css.running : ""].join(" ")}>
              <span className={css.number}>{row.number}</span>
              <span>
                <strong>{nameOf(t, { name: row.name, ordinal: 1 })}</strong>
                <span className={css.line}>
                  {at(room.public?.points, row.citizen_point)?.name} · {t(`terms:visit_status.${row.status}`)}
                </span>
              </span>
              <Turns staff={staff} visit={id} number={row.number} run={act.run} />
              {leads && id !== staff.running && isBeforeHeard(row.status) && (
                <span className={css.wide}>
                  {row.status === "held" && staff.running === null && (
                    <ActButton command={moveVisit(id, "resume")}>{t("main.resume_visit", { number: row.number })}</ActButton>
                  )}
                  <EarlyEnd visit={id} number={row.number} quiet />
                </span>
              )}
            </li>
          );
        })}
      </ol>
      {act.refused && <Notice tone="bad">{act.refused}</Notice>}
    </Panel>
  );
}
