import { useTranslation } from "react-i18next";
import { useTimes } from "../../i18n/time";
import { Table } from "../../primitives/Table";
import type { RecordView } from "../../protocol/rest";
import css from "./RecordPage.module.css";

/** What the recording lacks, and who went on without one: part of the record like the recording itself. */
export function Missing({ record }: { record: RecordView }) {
  const { t } = useTranslation("office");
  const { seconds } = useTimes();
  const place = (point: string) => record.points.find((one) => one.point === point)?.name ?? "";
  const number = (id: string | null) => {
    const visit = record.visits.find((one) => one.visit === id);
    return visit ? t("record.number", { number: visit.number }) : t("record.session_part");
  };
  const until = (to: string | null) => (to === null ? t("record.not_again") : seconds(to));
  return (
    <>
      <section className={css.card} aria-labelledby="recording-gaps">
        <h2 id="recording-gaps">{t("record.recording_gaps")}</h2>
        <Table
          caption={t("record.recording_gaps")}
          empty={t("record.no_recording_gaps")}
          rows={record.recording_gaps}
          keyOf={(row) => row.point + row.source + row.from}
          columns={[
            { title: t("record.visits"), cell: ({ visit }) => number(visit) },
            { title: t("record.point"), cell: ({ point }) => place(point) },
            { title: t("record.recording"), cell: ({ source }) => t(`terms:source.${source}`, { defaultValue: source }) },
            { title: t("record.from"), cell: ({ from }) => seconds(from) },
            { title: t("record.to"), cell: ({ to }) => until(to) },
            { title: t("record.cause"), cell: ({ cause }) => t(`terms:recording_gap.${cause}`, { defaultValue: cause }) },
          ]}
        />
      </section>
      <section className={css.card} aria-labelledby="unrecorded">
        <h2 id="unrecorded">{t("record.unrecorded")}</h2>
        <Table
          caption={t("record.unrecorded")}
          empty={t("record.no_unrecorded")}
          rows={record.unrecorded}
          keyOf={({ from }) => from}
          columns={[
            { title: t("record.visits"), cell: ({ visits }) => visits.map(number).join(", ") },
            { title: t("record.from"), cell: ({ from }) => seconds(from) },
            { title: t("record.to"), cell: ({ to }) => until(to) },
            {
              title: t("record.allowed_by"),
              cell: (row) => [row.by_presider, row.by_note_taker].filter((name) => name !== "").join(", "),
            },
            { title: t("record.reason"), cell: ({ reason }) => reason },
          ]}
        />
      </section>
    </>
  );
}
