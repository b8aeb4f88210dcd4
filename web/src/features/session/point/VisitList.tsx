import { useTranslation } from "react-i18next";
import { Badge } from "@/primitives/Notice";
import type { VisitId } from "@/protocol/ids";
import { nameOf } from "../model/names";
import type { PointVisit } from "../model/point";
import { isOnStage } from "../model/point";
import { Panel } from "../parts/Panel";
import css from "./point.module.css";

interface Props {
  visits: readonly PointVisit[];
  open: VisitId | undefined;
  onOpen: (visit: VisitId) => void;
}

/** All visits of this point, where there are several: any of them can be worked on, whichever is called. */
export function VisitList({ visits, open, onOpen }: Props) {
  const { t } = useTranslation("session");
  if (visits.length < 2) return null;
  const called = visits.find((visit) => isOnStage(visit) && visit.id !== open);
  return (
    <Panel title={t("point.visits")}>
      <ul className={css.visits}>
        {visits.map((visit) => (
          <li key={visit.id}>
            <button type="button" className={css.visit} aria-pressed={visit.id === open} onClick={() => onOpen(visit.id)} data-testid="point-visit">
              <strong>{t("point.visit_of", { number: visit.number, name: nameOf(t, visit.main) })}</strong>
              {visit.restricted && <Badge tone="warn">{t("terms:class.restricted")}</Badge>}
              <Badge tone={isOnStage(visit) ? "good" : "info"}>{t(`terms:visit_status.${visit.status}`)}</Badge>
            </button>
          </li>
        ))}
      </ul>
      <div role="status">{called && <p className={css.turn}>{t("point.other_called", { number: called.number })}</p>}</div>
    </Panel>
  );
}
