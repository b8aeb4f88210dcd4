import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../../primitives/Button";
import { CheckList, Section } from "../../primitives/Form";
import { Badge } from "../../primitives/Notice";
import type { AgendaRow, PublicSection, StaffSection } from "../../protocol/section";
import { useCommand, useSection } from "../../room/context";
import { Appointment } from "../session/point/Appointment";
import { Turns } from "../session/parts/Turns";
import { AddVisitDialog } from "./AddVisitDialog";
import css from "./PreparePage.module.css";
import { RefusalNotice } from "./RefusalNotice";

interface Props {
  shared: PublicSection;
  staff: StaffSection;
}

/** Visits in order, each with the points that see and hear it. */
export function AgendaPanel({ shared, staff }: Props) {
  const { t } = useTranslation("office");
  const [adding, setAdding] = useState(false);
  const highest = Math.max(0, ...Object.values(staff.visits).map(({ number }) => number));
  return (
    <Section title={t("prepare.agenda")}>
      {staff.agenda.length === 0 && <p>{t("prepare.agenda_none")}</p>}
      <ol className={css.list}>
        {staff.agenda.map((id) => {
          const row = staff.visits[id];
          return row && <AgendaItem key={id} id={id} row={row} shared={shared} staff={staff} />;
        })}
      </ol>
      <div>
        <Button onPress={() => setAdding(true)}>{t("prepare.add_visit")}</Button>
      </div>
      {adding && <AddVisitDialog number={highest + 1} shared={shared} onClose={() => setAdding(false)} />}
    </Section>
  );
}

function AgendaItem({ id, row, shared, staff }: Props & { id: string; row: AgendaRow }) {
  const { t } = useTranslation("office");
  const { run, pending, refusal } = useCommand();
  const visit = useSection(`visit:${id}`);
  const [changed, setChanged] = useState<string[] | null>(null);
  const others = Object.entries(shared.points)
    .filter(([point, { role }]) => role !== "central" && point !== row.citizen_point)
    .map(([value, { name }]) => ({ value, label: name }));
  const save = async (agency_points: string[]) => {
    const result = await run({ do: "set_visit_points", visit: id, agency_points });
    if (result.done) setChanged(null);
  };
  return (
    <li className={css.item}>
      <div className={css.line}>
        <h3>
          {row.number}. {row.name}
        </h3>
        <span className={css.state}>
          <Badge>{t(`terms:visit_status.${row.status}`)}</Badge>
          <Turns staff={staff} visit={id} number={row.number} run={async (command) => (await run(command)).done} />
        </span>
      </div>
      <p>
        {t(`terms:petition.${row.presented_as}`)}: {row.summary}
      </p>
      <p className={css.soft}>
        {t("create.citizen_point")} {shared.points[row.citizen_point]?.name}
        {row.class === "restricted" && ` · ${t("create.class")}: ${t("terms:class.restricted")}`}
      </p>
      {visit && (
        <CheckList
          label={t("prepare.visit_points")}
          options={others}
          chosen={changed ?? visit.agency_points}
          onChange={setChanged}
          note={t("create.always")}
        />
      )}
      {changed && (
        <Button isPending={pending} onPress={() => void save(changed)}>
          {t("prepare.visit_points_save")}
        </Button>
      )}
      <Appointment visit={id} status={row.status} />
      <RefusalNotice refusal={refusal} />
    </li>
  );
}
