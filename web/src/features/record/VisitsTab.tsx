import { useTranslation } from "react-i18next";
import { minutesPdf } from "../../api/paths";
import { useTimes } from "../../i18n/time";
import button from "../../primitives/Button.module.css";
import { Badge } from "../../primitives/Notice";
import type { RecordView, VisitRecord } from "../../protocol/rest";
import { Facts } from "./Facts";
import css from "./RecordPage.module.css";
import { unstopped } from "./unstopped";

export function VisitsTab({ record }: { record: RecordView }) {
  const { t } = useTranslation("office");
  if (record.visits.length === 0) return <p>{t("record.no_visits")}</p>;
  return (
    <ol className={css.cards}>
      {record.visits.map((visit) => (
        <li key={visit.visit}>
          <VisitCard visit={visit} session={record.session.id} />
        </li>
      ))}
    </ol>
  );
}

function VisitCard({ visit, session }: { visit: VisitRecord; session: string }) {
  const { t } = useTranslation("office");
  const { day } = useTimes();
  const { promise, register } = visit;
  const times = visit.case?.receptions ?? 0;
  return (
    <article className={css.card}>
      <div className={css.line}>
        <h2>
          {t("record.number", { number: visit.number })}: {visit.name}
        </h2>
        <span>
          {visit.class === "restricted" && <Badge tone="warn">{t("terms:class.restricted")}</Badge>}{" "}
          <Badge>{t(`terms:visit_status.${visit.status}`)}</Badge>
        </span>
      </div>
      <p>{visit.summary}</p>
      <Facts
        rows={[
          ...visit.petitions.map((petition): [string, string] => [
            t(`terms:petition.${petition.kind}`),
            `${unstopped(petition.content)}. ${t("record.outcome")}: ${t(`terms:outcome.${petition.outcome}`)}`,
          ]),
          visit.case && [
            t("record.case"),
            `${visit.case.summary} (${times > 1 ? t("record.repeat", { count: times }) : t("record.first_time")})`,
          ],
          promise && [
            t("record.promise"),
            `${unstopped(promise.text)}: ${promise.due === null ? t("record.answered") : t("record.due", { day: day(promise.due), contact: promise.contact })}`,
          ],
          register === null ? null : [t("record.register"), register],
          visit.text_hash === null ? null : [t("record.text_hash"), visit.text_hash],
        ]}
      />
      {visit.text_hash !== null && (
        <div>
          <a className={button.button} href={minutesPdf(session, visit.visit)} download>
            {t("record.minutes_pdf")}
          </a>
        </div>
      )}
    </article>
  );
}
