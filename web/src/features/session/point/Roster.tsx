import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useTimes } from "@/i18n/time";
import { Button } from "@/primitives/Button";
import type { PointSection } from "@/protocol/section";
import { useSession } from "../hooks/roomContext";
import { nameOf } from "../model/names";
import type { RosterLine } from "../model/roster";
import { freeSeat, rosterCommand, rosterLines } from "../model/roster";
import { ActButton } from "../parts/ActButton";
import { Panel } from "../parts/Panel";
import { AddPerson } from "./AddPerson";
import css from "./point.module.css";

/** Who sits at this point. Presence begins and ends by the officer's act, never by a cut of the line. */
export function Roster() {
  const { t } = useTranslation("session");
  const { point } = useSession();
  const [adding, setAdding] = useState<{ substituteFor: string | null }>();
  if (!point) return null;
  const lines = rosterLines(point);
  return (
    <Panel title={t("roster.title")} aside={<Button onPress={() => setAdding({ substituteFor: null })}>{t("roster.add")}</Button>}>
      {lines.length === 0 && <p className={css.soft}>{t("roster.empty")}</p>}
      <ul className={css.list}>
        {lines.map((line) => (
          <Line key={line.id} line={line} point={point} onSubstitute={() => setAdding({ substituteFor: line.id })} />
        ))}
      </ul>
      {adding && <AddPerson point={point} substituteFor={adding.substituteFor} onClose={() => setAdding(undefined)} />}
    </Panel>
  );
}

function Line({ line, point, onSubstitute }: { line: RosterLine; point: PointSection; onSubstitute: () => void }) {
  const { t } = useTranslation("session");
  const { clock } = useTimes();
  const name = nameOf(t, line.person);
  const command = rosterCommand(point, line, line.act === "back" && line.seat !== null ? line.seat : freeSeat(point));
  return (
    <li className={css.person} data-testid="roster-line">
      <span className={css.who}>
        <span className={css.seat} aria-hidden>
          {line.state === "present" ? line.seat : "–"}
        </span>
        <span>
          <strong>{name}</strong>
          <span className={css.sub}>
            {t(`terms:person_role.${line.role}`)}
            {line.title === "" ? "" : `, ${line.title}`}
            {line.substituteFor === null ? "" : `, ${t("roster.substitute_for", { name: nameOf(t, line.substituteFor) })}`}
          </span>
          <span className={css.sub}>
            {line.state === "present"
              ? t("roster.present", { seat: line.seat ?? "", time: line.firstIn === null ? "" : clock(line.firstIn) })
              : t(`roster.${line.state}`)}
          </span>
        </span>
      </span>
      <span className={css.row}>
        {command && (
          <ActButton kind={line.act === "in" ? "primary" : "secondary"} command={command} aria-label={`${t(`roster.act_${line.act}`)}: ${name}`}>
            {t(`roster.act_${line.act}`)}
          </ActButton>
        )}
        {line.act === "in" && line.role === "officer" && (
          <Button kind="quiet" onPress={onSubstitute} aria-label={`${t("roster.substitute")}: ${name}`}>
            {t("roster.substitute")}
          </Button>
        )}
      </span>
    </li>
  );
}
