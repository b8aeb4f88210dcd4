import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { recordQuery } from "../../api/queries";
import { useFailure } from "../../api/useFailure";
import { useTimes } from "../../i18n/time";
import { Badge, Notice } from "../../primitives/Notice";
import { Tabs } from "../../primitives/Tabs";
import { statusTone } from "../today/statusTone";
import { AttendanceTab } from "./AttendanceTab";
import { KeptHeads } from "./KeptHeads";
import { Missing } from "./Missing";
import { PapersTab } from "./PapersTab";
import css from "./RecordPage.module.css";
import { RecordingTab } from "./RecordingTab";
import { VisitsTab } from "./VisitsTab";

/** What remains after the last word. */
export function RecordPage() {
  const { id } = useParams({ from: "/signed-in/shell/buoi-tiep/$id/ho-so" });
  const { t } = useTranslation("office");
  const { clock, longDay } = useTimes();
  const failure = useFailure();
  const { data: record, error } = useQuery(recordQuery(id));
  if (error) return <Notice tone="bad">{failure(error)}</Notice>;
  if (!record) return <p role="status">{t("common:state.loading")}</p>;
  const { session } = record;
  return (
    <div className={css.page}>
      <div className={css.head}>
        <p className={css.soft}>{t("record.title")}</p>
        <h1>{session.title}</h1>
        <p>
          {session.unit_name} · {clock(session.starts_at)}, {longDay(session.starts_at)}
        </p>
        <Badge tone={statusTone(session.status)}>{t(`terms:session_status.${session.status}`)}</Badge>
      </div>
      <Tabs
        label={t("record.title")}
        items={[
          { id: "visits", label: t("record.visits"), content: <VisitsTab record={record} /> },
          { id: "attendance", label: t("record.attendance"), content: <AttendanceTab record={record} /> },
          {
            id: "recording",
            label: t("record.recording"),
            content: (
              <div className={css.cards}>
                <RecordingTab record={record} />
                <Missing record={record} />
              </div>
            ),
          },
          { id: "papers", label: t("record.papers"), content: <PapersTab record={record} /> },
        ]}
      />
      <footer className={css.seal}>
        <h2>{t("record.integrity")}</h2>
        <p>{t("record.head", { seq: record.head_seq, hash: record.head_hash })}</p>
        <p>{t("record.key", { key: record.key_fingerprint })}</p>
        <KeptHeads session={session.id} />
      </footer>
    </div>
  );
}
