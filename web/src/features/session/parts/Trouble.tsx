import { useTranslation } from "react-i18next";
import { Button } from "@/primitives/Button";
import { Notice } from "@/primitives/Notice";
import type { LocalSources } from "@/room/useLocalSources";

/** A camera or microphone that did not open: what to do, and a way to try again. */
export function Trouble({ sources }: { sources: LocalSources }) {
  const { t } = useTranslation("session");
  const troubles = Object.entries(sources.trouble);
  const instead = Object.entries(sources.instead);
  return (
    <>
      {troubles.length > 0 && (
        <Notice tone="warn">
          {troubles.map(([kind, trouble]) => (
            <p key={kind}>{t(`trouble.${trouble}`, { device: t(`trouble.device_${kind}`) })}</p>
          ))}
          <Button onPress={sources.reopen}>{t("trouble.again")}</Button>
        </Notice>
      )}
      {instead.length > 0 && (
        <Notice tone="info">
          {instead.map(([kind, label]) => (
            <p key={kind}>{t("trouble.instead", { device: t(`trouble.device_${kind}`), label })}</p>
          ))}
        </Notice>
      )}
    </>
  );
}
