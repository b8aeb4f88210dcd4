import { useTranslation } from "react-i18next";
import { useSession } from "../hooks/roomContext";
import { at } from "../model/sections";
import { moveVisit } from "../model/presider";
import { ActButton } from "../parts/ActButton";
import { Panel } from "../parts/Panel";
import css from "./presider.module.css";

/** All visits of the day with their state in words. A held one can be taken up again. */
export function Agenda() {
  const { t } = useTranslation("session");
  const room = useSession();
  const staff = room.staff;
  if (!staff) return null;
  return (
    <Panel title={t("agenda.title")}>
      <ol className={css.agenda}>
        {staff.agenda.map((id) => {
          const row = at(staff.visits, id);
          if (!row) return null;
          return (
            <li key={id} className={id === staff.running ? css.agendaRunning : ""}>
              <span className={css.agendaNumber}>{row.number}</span>
              <span>
                <strong>{row.name}</strong>
                <span className={css.agendaLine}>
                  {at(room.public?.points, row.citizen_point)?.name} · {t(`terms:visit_status.${row.status}`)}
                </span>
              </span>
              {row.status === "held" && staff.running === null && (
                <ActButton command={moveVisit(id, "resume")}>{t("main.resume_visit", { number: row.number })}</ActButton>
              )}
            </li>
          );
        })}
      </ol>
    </Panel>
  );
}
