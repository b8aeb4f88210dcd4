import { parseDate, parseTime } from "@internationalized/date";
import { DateField as AriaDate, DateInput, DateSegment, FieldError, Label, TimeField as AriaTime } from "react-aria-components";
import { useTranslation } from "react-i18next";
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

/** The library knows no Vietnamese words for what is not filled in. */
function Segments() {
  const { t } = useTranslation("common");
  return (
    <DateInput className={`${field.input} ${css.input}`}>
      {(segment) => (
        <DateSegment segment={segment} className={css.segment ?? ""}>
          {({ text, isPlaceholder, type }) => (isPlaceholder && type !== "literal" ? t(`date.${type}`) : text)}
        </DateSegment>
      )}
    </DateInput>
  );
}

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
      <Segments />
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
      <Segments />
    </AriaTime>
  );
}
