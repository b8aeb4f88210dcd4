import { Fragment } from "react";
import css from "./RecordPage.module.css";

/** Names and values; `null` rows are left out. */
export function Facts({ rows }: { rows: readonly (readonly [string, string] | null)[] }) {
  const known = rows.filter((row) => row !== null);
  if (known.length === 0) return null;
  return (
    <dl className={css.facts}>
      {known.map(([name, value], index) => (
        <Fragment key={`${name}${index}`}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </Fragment>
      ))}
    </dl>
  );
}
