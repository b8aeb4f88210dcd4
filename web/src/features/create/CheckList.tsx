import { Checkbox } from "../../primitives/Choice";
import type { Option } from "../../primitives/Select";
import css from "./CreatePage.module.css";

interface Props<Value extends string> {
  label: string;
  options: readonly Option<Value>[];
  chosen: readonly Value[];
  onChange: (chosen: Value[]) => void;
  note?: string;
}

/** Any number of a few. */
export function CheckList<Value extends string>({ label, options, chosen, onChange, note }: Props<Value>) {
  return (
    <fieldset className={css.checks}>
      <legend>{label}</legend>
      {options.map(({ value, label: name }) => (
        <Checkbox
          key={value}
          label={name}
          isSelected={chosen.includes(value)}
          onChange={(on) => onChange(on ? [...chosen, value] : chosen.filter((one) => one !== value))}
        />
      ))}
      {note && <p className={css.note}>{note}</p>}
    </fieldset>
  );
}
