import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { dayQuery } from "../../api/queries";
import { useFailure } from "../../api/useFailure";
import { localDay, useTimes } from "../../i18n/time";
import { DateField } from "../../primitives/DateTime";
import { Notice } from "../../primitives/Notice";
import { SessionCard } from "./SessionCard";
import css from "./TodayPage.module.css";

/** My sessions of a day, each with what I do in it and one thing to press. */
export function TodayPage() {
  const { t } = useTranslation("office");
  const { longDay, day: shortDay } = useTimes();
  const failure = useFailure();
  const today = localDay(Date.now());
  const [day, setDay] = useState(today);
  const { data: rows, error, isPending } = useQuery(dayQuery(day));
  const noon = `${day}T12:00:00+07:00`;
  return (
    <>
      <div className={css.head}>
        <div>
          <h1>{day === today ? t("today.title") : t("today.of_day", { day: shortDay(noon) })}</h1>
          <p className={css.date}>{longDay(noon)}</p>
        </div>
        <DateField label={t("today.day")} value={day} onChange={(value) => value && setDay(value)} />
      </div>
      {error && <Notice tone="bad">{failure(error)}</Notice>}
      {isPending && <p>{t("common:state.loading")}</p>}
      {rows?.length === 0 && <Notice>{t("today.none")}</Notice>}
      <ul className={css.list}>
        {rows?.toSorted((a, b) => a.starts_at.localeCompare(b.starts_at)).map((row) => (
          <li key={row.id}>
            <SessionCard row={row} />
          </li>
        ))}
      </ul>
    </>
  );
}
