import { Checkbox as AriaCheckbox, Label, Radio, RadioGroup } from "react-aria-components";
import field from "./Field.module.css";
import type { Option } from "./Select";
import css from "./Choice.module.css";

interface CheckboxProps {
  label: string;
  isSelected: boolean;
  onChange: (selected: boolean) => void;
  isDisabled?: boolean;
}

export function Checkbox({ label, ...props }: CheckboxProps) {
  return (
    <AriaCheckbox {...props} className={css.choice ?? ""}>
      <span className={css.box} aria-hidden />
      <span>{label}</span>
    </AriaCheckbox>
  );
}

interface RadiosProps<Value extends string> {
  label: string;
  options: readonly Option<Value>[];
  value: Value | null;
  onChange: (value: Value) => void;
}

/** One of few: all can be seen at once. */
export function Radios<Value extends string>({ label, options, value, onChange }: RadiosProps<Value>) {
  return (
    <RadioGroup className={field.field ?? ""} value={value} onChange={(next) => onChange(next as Value)}>
      <Label className={field.label ?? ""}>{label}</Label>
      <div className={css.radios}>
        {options.map((option) => (
          <Radio key={option.value} value={option.value} className={css.choice ?? ""} isDisabled={option.disabled ?? false}>
            <span className={css.dot} aria-hidden />
            <span>{option.label}</span>
          </Radio>
        ))}
      </div>
    </RadioGroup>
  );
}
