import { useTranslation } from "react-i18next";
import type { AgendaRow } from "@/protocol/section";
import { nameOf } from "../model/names";
import css from "./minutes.module.css";

interface Props {
  visits: readonly [string, AgendaRow][];
  visit: string | undefined;
  onPick: (visit: string) => void;
}

/** Which visit is being written; several may be open while one is read back at its own point. */
export function VisitPicker({ visits, visit, onPick }: Props) {
  const { t } = useTranslation("session");
  return (
    <div role="group" aria-label={t("minutes.visits")} className={css.picker}>
      {visits.map(([id, row]) => (
        <button key={id} type="button" className={css.pick} aria-pressed={id === visit} onClick={() => onPick(id)}>
          <strong>
            {t("card.number", { number: row.number })}: {nameOf(t, { name: row.name, ordinal: 1 })}
          </strong>
          <span className={css.pickStatus}>{t(`terms:visit_status.${row.status}`)}</span>
        </button>
      ))}
    </div>
  );
}
