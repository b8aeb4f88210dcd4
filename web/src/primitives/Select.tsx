import { Button, FieldError, Label, ListBox, ListBoxItem, Popover, Select as AriaSelect, SelectValue } from "react-aria-components";
import field from "./Field.module.css";
import css from "./Select.module.css";

export interface Option<Value extends string = string> {
  value: Value;
  label: string;
  disabled?: boolean;
}

interface Props<Value extends string> {
  label: string;
  options: readonly Option<Value>[];
  value: Value | null;
  onChange: (value: Value) => void;
  placeholder?: string;
  isDisabled?: boolean;
  /** Sentence shown when the field is refused. */
  error?: string | undefined;
}

export function Select<Value extends string>({ label, options, value, onChange, placeholder, isDisabled = false, error }: Props<Value>) {
  return (
    <AriaSelect
      className={field.field ?? ""}
      value={value}
      onChange={(key) => key !== null && onChange(key as Value)}
      isDisabled={isDisabled}
      isInvalid={error !== undefined}
      disabledKeys={options.filter((option) => option.disabled).map((option) => option.value)}
      {...(placeholder === undefined ? {} : { placeholder })}
    >
      <Label className={field.label ?? ""}>{label}</Label>
      <Button className={css.button ?? ""}>
        <SelectValue className={css.value ?? ""} />
        <span aria-hidden>▾</span>
      </Button>
      <FieldError className={field.error ?? ""}>{error}</FieldError>
      <Popover className={css.popover ?? ""}>
        <ListBox className={css.list ?? ""} items={options}>
          {(option) => (
            <ListBoxItem id={option.value} className={css.item ?? ""} textValue={option.label}>
              {option.label}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </AriaSelect>
  );
}
