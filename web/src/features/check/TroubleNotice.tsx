import { useTranslation } from "react-i18next";
import type { Trouble } from "../../media/devices";
import { Button } from "../../primitives/Button";
import { Notice } from "../../primitives/Notice";

/** What is wrong with a device and what to do, with a button that tries it again. */
export function TroubleNotice({ trouble, onRetry }: { trouble: Trouble | null; onRetry: () => void }) {
  const { t } = useTranslation("device");
  if (!trouble) return null;
  return (
    <>
      <Notice tone="bad">{t(`trouble.${trouble}`)}</Notice>
      <Button onPress={onRetry}>{t("common:act.retry")}</Button>
    </>
  );
}
