import { FieldError, Input, Label, Text, TextArea, TextField, type TextFieldProps } from "react-aria-components";
import css from "./Field.module.css";

interface Props extends Omit<TextFieldProps, "className" | "style" | "children"> {
  label: string;
  hint?: string | undefined;
  /** Sentence shown when the field is refused. */
  error?: string | undefined;
  /** Rows of a text of several lines. */
  rows?: number;
}

/** Text with its label; `type` as in HTML (`text`, `password`, `tel`, `number`). */
export function Field({ label, hint, error, rows, ...props }: Props) {
  return (
    <TextField {...props} isInvalid={error !== undefined} className={css.field ?? ""}>
      <Label className={css.label ?? ""}>{label}</Label>
      {rows ? <TextArea className={css.input ?? ""} rows={rows} /> : <Input className={css.input ?? ""} />}
      {hint && (
        <Text slot="description" className={css.hint ?? ""}>
          {hint}
        </Text>
      )}
      <FieldError className={css.error ?? ""}>{error}</FieldError>
    </TextField>
  );
}
