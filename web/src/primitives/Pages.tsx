import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "./Button";
import css from "./Pages.module.css";
import { type Page, pageOf } from "./paging";

interface Paged<Row> extends Page {
  count: number;
  shown: readonly Row[];
  turn: (page: number) => void;
}

/** A long list by pages. */
export function usePages<Row>(rows: readonly Row[]): Paged<Row> {
  const [wanted, turn] = useState(0);
  const page = pageOf(rows.length, wanted);
  return { ...page, count: rows.length, shown: rows.slice(page.from, page.to), turn };
}

/** The way between the pages of a list; nothing where there is one page. */
export function Pages({ page, last, from, to, count, turn, label }: Omit<Paged<unknown>, "shown"> & { label: string }) {
  const { t } = useTranslation();
  if (last === 0) return null;
  return (
    <nav className={css.pages} aria-label={t("pages.label", { list: label })}>
      <Button isDisabled={page === 0} onPress={() => turn(page - 1)}>
        {t("pages.before")}
      </Button>
      <span role="status">{t("pages.range", { from: from + 1, to, count })}</span>
      <Button isDisabled={page === last} onPress={() => turn(page + 1)}>
        {t("pages.after")}
      </Button>
    </nav>
  );
}
