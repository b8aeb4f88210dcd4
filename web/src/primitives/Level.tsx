import { Meter } from "react-aria-components";
import css from "./Level.module.css";

interface Props {
  label: string;
  /** From 0 to 1. */
  value: number;
  /** The value in words, where its figure changes faster than anybody listens. */
  said?: string;
}

/** A level bar. */
export function Level({ label, value, said }: Props) {
  const percent = Math.round(Math.min(1, Math.max(0, value)) * 100);
  // With words for it, ears get the words alone: silence or sound, not five figures a second.
  const spoken = said === undefined ? { value: percent } : { value: percent > 0 ? 100 : 0, valueLabel: said };
  return (
    <Meter className={css.meter ?? ""} aria-label={label} {...spoken}>
      <div className={css.bar} style={{ width: `${percent}%` }} />
    </Meter>
  );
}
