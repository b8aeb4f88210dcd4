import { useTranslation } from "react-i18next";
import { Button } from "../primitives/Button";
import { Notice } from "../primitives/Notice";
import type { KeptForm } from "./useKeptForm";

/** Says that a form comes with what was filled in before, and offers a new one. */
export function Restored<T extends object>({ form }: { form: KeptForm<T> }) {
  const { t } = useTranslation("common");
  if (!form.restored) return null;
  return (
    <Notice>
      <p>{t("form.restored")}</p>
      <Button kind="quiet" onPress={form.forget}>
        {t("form.drop")}
      </Button>
    </Notice>
  );
}
