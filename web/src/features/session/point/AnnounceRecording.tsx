import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Field } from "@/primitives/Field";
import type { VisitSection } from "@/protocol/section";
import { ActButton } from "../parts/ActButton";
import { Icon } from "../parts/Icon";
import css from "./point.module.css";

/** The citizen is told that sound and picture are recorded; who said it, when and in which language is in the record. */
export function AnnounceRecording({ visit }: { visit: VisitSection }) {
  const { t } = useTranslation("session");
  const [language, setLanguage] = useState(() => t("announce.vietnamese"));
  if (visit.recording_announced) {
    return (
      <p className={css.done}>
        <Icon name="check" /> {t("announce.done")}
      </p>
    );
  }
  if (!["arrived", "identified", "waiting", "called", "in_session"].includes(visit.status)) return null;
  return (
    <div className={css.announce}>
      <p className={css.read}>{t("announce.text")}</p>
      <Field label={t("announce.language")} value={language} onChange={setLanguage} />
      <ActButton command={{ do: "announce_recording", visit: visit.visit, language: language.trim() }}>
        <Icon name="check" /> {t("announce.tick")}
      </ActButton>
    </div>
  );
}
