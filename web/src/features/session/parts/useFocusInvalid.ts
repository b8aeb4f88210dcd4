import { type RefObject, useEffect } from "react";

/** Takes the writer to the first field that was refused, whenever `reason` is a new one. */
export function useFocusInvalid(form: RefObject<HTMLElement | null>, reason: string | undefined): void {
  useEffect(() => {
    if (reason === undefined) return;
    const first = form.current?.querySelector<HTMLElement>("[aria-invalid=true], [data-invalid] button, [data-invalid] [tabindex]");
    first?.focus();
  }, [form, reason]);
}
