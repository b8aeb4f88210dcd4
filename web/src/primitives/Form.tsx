import { type ReactNode, useId } from "react";
import { Checkbox } from "./Choice";
import css from "./Form.module.css";
import type { Option } from "./Select";

/** A titled part of a page; its heading names the region for screen readers. */
export function Section({ title, children }: { title: string; children: ReactNode }) {
  const id = useId();
  return (
    <section className={css.section} aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {children}
    </section>
  );
}

/** Fields beside each other as far as they fit. */
export function Fields({ children }: { children: ReactNode }) {
  return <div className={css.fields}>{children}</div>;
}

/** What takes a whole line among `Fields`. */
export function Wide({ children }: { children: ReactNode }) {
  return <div className={css.wide}>{children}</div>;
}

/** Small words about a field or a button; `id` for what they describe. */
export function Note({ id, children }: { id?: string; children: ReactNode }) {
  return (
    <p id={id} className={css.note}>
      {children}
    </p>
  );
}

interface CheckListProps<Value extends string> {
  label: string;
  options: readonly Option<Value>[];
  chosen: readonly Value[];
  onChange: (chosen: Value[]) => void;
  note?: string;
}

/** Any number of a few. */
export function CheckList<Value extends string>({ label, options, chosen, onChange, note }: CheckListProps<Value>) {
  return (
    <fieldset className={css.checks}>
      <legend>{label}</legend>
      {options.map(({ value, label: name, disabled = false }) => (
        <Checkbox
          key={value}
          label={name}
          isSelected={chosen.includes(value)}
          isDisabled={disabled}
          onChange={(on) => onChange(on ? [...chosen, value] : chosen.filter((one) => one !== value))}
        />
      ))}
      {note && <Note>{note}</Note>}
    </fieldset>
  );
}
