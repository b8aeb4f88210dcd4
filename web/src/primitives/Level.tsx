import { Meter } from "react-aria-components";
import css from "./Level.module.css";

/** A level bar; `value` from 0 to 1. */
export function Level({ label, value }: { label: string; value: number }) {
  const percent = Math.round(Math.min(1, Math.max(0, value)) * 100);
  return (
    <Meter className={css.meter ?? ""} aria-label={label} value={percent}>
      <div className={css.bar} style={{ width: `${percent}%` }} />
    </Meter>
  );
}
