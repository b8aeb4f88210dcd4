import { useTranslation } from "react-i18next";
import { attendancePdf } from "../../api/paths";
import { useTimes } from "../../i18n/time";
import button from "../../primitives/Button.module.css";
import { Table } from "../../primitives/Table";
import type { Attendee, RecordView } from "../../protocol/rest";
import css from "./RecordPage.module.css";

export function AttendanceTab({ record }: { record: RecordView }) {
  const { t } = useTranslation("office");
  const { clock, seconds } = useTimes();
  const place = (point: string) => record.points.find((one) => one.point === point)?.name ?? "";
  const nameOf = (person: string) => record.attendance.find((row) => row.person.id === person)?.person.name ?? "";
  return (
    <div className={css.cards}>
      <section className={css.card} aria-labelledby="attendance">
        <div className={css.line}>
          <h2 id="attendance">{t("record.attendance")}</h2>
          <a className={button.button} href={attendancePdf(record.session.id)} download>
            {t("record.attendance_pdf")}
          </a>
        </div>
        <Table
          caption={t("record.attendance")}
          empty={t("record.no_attendance")}
          rows={record.attendance}
          keyOf={(row) => row.point + row.person.id}
          columns={[
            { title: t("record.person"), cell: ({ person }) => calledIn(person) },
            { title: t("record.role"), cell: ({ person }) => t(`terms:person_role.${person.role}`) },
            { title: t("record.point"), cell: ({ point }) => place(point) },
            {
              title: t("record.status"),
              cell: (row) =>
                `${t(`terms:attendance.${row.status}`)}${row.substitute_for === null ? "" : ` (${t("record.substitute_for", { name: nameOf(row.substitute_for) })})`}`,
            },
            {
              title: t("record.times"),
              cell: ({ intervals }) =>
                intervals.map(([from, to]) => `${clock(from)} – ${to === null ? "…" : clock(to)}`).join(", "),
            },
            { title: t("record.attested"), cell: (row) => row.attested_by },
          ]}
        />
      </section>
      <section className={css.card} aria-labelledby="gaps">
        <h2 id="gaps">{t("record.gaps")}</h2>
        <Table
          caption={t("record.gaps")}
          empty={t("record.no_gaps")}
          rows={record.gaps}
          keyOf={(row) => row.point + row.from + row.cause}
          columns={[
            { title: t("record.point"), cell: ({ point }) => place(point) },
            { title: t("record.from"), cell: ({ from }) => seconds(from) },
            { title: t("record.to"), cell: ({ to }) => (to === null ? t("record.ongoing") : seconds(to)) },
            { title: t("record.cause"), cell: ({ cause }) => t(`terms:gap.${cause}`, { defaultValue: cause }) },
          ]}
        />
      </section>
    </div>
  );
}

/** An officer's title is a post and follows the name; a citizen's is a form of address. */
function calledIn({ name, role, title }: Attendee): string {
  if (role === "officer") return title === "" ? name : `${name}, ${title}`;
  return `${title} ${name}`.trim();
}
