import type { ReactNode } from "react";
import { Pages, usePages } from "./Pages";
import css from "./Table.module.css";

export interface Column<Row> {
  title: string;
  cell: (row: Row) => ReactNode;
}

interface Props<Row> {
  caption: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  keyOf: (row: Row) => string;
  /** Sentence when there are no rows. */
  empty: string;
}

/** A table to read, by pages where it is long. On a narrow screen each row becomes a card with the column's title before each value. */
export function Table<Row>({ caption, columns, rows, keyOf, empty }: Props<Row>) {
  const pages = usePages(rows);
  if (rows.length === 0) return <p className={css.empty}>{empty}</p>;
  const table = (
    <table className={css.table}>
      <caption className="visually-hidden">{caption}</caption>
      <thead>
        <tr>
          {columns.map(({ title }) => (
            <th key={title} scope="col">
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {pages.shown.map((row) => (
          <tr key={keyOf(row)}>
            {columns.map(({ title, cell }) => (
              <td key={title} data-title={title}>
                {cell(row)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
  return (
    <>
      {table}
      <Pages {...pages} label={caption} />
    </>
  );
}
