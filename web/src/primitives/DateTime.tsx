import { parseDate, parseTime } from "@internationalized/date";
import { DateField as AriaDate, DateInput, DateSegment, FieldError, Label, TimeField as AriaTime } from "react-aria-components";
import css from "./DateTime.module.css";
import field from "./Field.module.css";

interface Props {
  label: string;
  /** `YYYY-MM-DD` or `HH:MM`; empty for none. */
  value: string;
  onChange: (value: string) => void;
  /** Sentence shown when the field is refused. */
  error?: string | undefined;
}

const segments = (
  <DateInput className={`${field.input} ${css.input}`}>
    {(segment) => <DateSegment segment={segment} className={css.segment ?? ""} />}
  </DateInput>
);

/** Day, month, year in the order of the reader's language, whatever the browser's language is. */
export function DateField({ label, value, onChange, error }: Props) {
  return (
    <AriaDate
      className={field.field ?? ""}
      value={value === "" ? null : parseDate(value)}
      isInvalid={error !== undefined}
      onChange={(date) => onChange(date?.toString() ?? "")}
    >
      <Label className={field.label ?? ""}>{label}</Label>
      {segments}
      <FieldError className={field.error ?? ""}>{error}</FieldError>
    </AriaDate>
  );
}

/** Hours and minutes of a day of 24 hours. */
export function TimeField({ label, value, onChange }: Omit<Props, "error">) {
  return (
    <AriaTime
      className={field.field ?? ""}
      hourCycle={24}
      shouldForceLeadingZeros
      value={value === "" ? null : parseTime(value)}
      onChange={(time) => onChange(time?.toString().slice(0, 5) ?? "")}
    >
      <Label className={field.label ?? ""}>{label}</Label>
      {segments}
    </AriaTime>
  );
}
