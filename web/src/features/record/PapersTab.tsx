import { useTranslation } from "react-i18next";
import { attendancePdf, minutesPdf, storedFile } from "../../api/paths";
import { Table } from "../../primitives/Table";
import type { RecordView } from "../../protocol/rest";
import css from "./RecordPage.module.css";

interface Paper {
  name: string;
  kind: string;
  visit: string;
  href: string;
}

export function PapersTab({ record }: { record: RecordView }) {
  const { t } = useTranslation("office");
  const { id } = record.session;
  const papers: Paper[] = [
    { name: t("record.attendance_pdf"), kind: t("terms:file_kind.paper"), visit: t("record.session_part"), href: attendancePdf(id) },
    ...record.visits.flatMap((visit): Paper[] => {
      const label = t("record.number", { number: visit.number });
      const minutes = { name: t("record.minutes_pdf"), kind: t("terms:file_kind.paper"), visit: label, href: minutesPdf(id, visit.visit) };
      return [
        ...(visit.text_hash === null ? [] : [minutes]),
        ...visit.files.map((file) => ({
          name: file.name,
          kind: t(`terms:file_kind.${file.kind}`),
          visit: label,
          href: storedFile(file.id),
        })),
      ];
    }),
  ];
  return (
    <section className={css.card} aria-label={t("record.papers")}>
      <Table
        caption={t("record.papers")}
        empty={t("record.no_files")}
        rows={papers}
        keyOf={({ href }) => href}
        columns={[
          {
            title: t("record.papers"),
            cell: ({ name, href }) => (
              <a href={href} download>
                {name}
              </a>
            ),
          },
          { title: t("record.status"), cell: ({ kind }) => kind },
          { title: t("record.visits"), cell: ({ visit }) => visit },
        ]}
      />
    </section>
  );
}
