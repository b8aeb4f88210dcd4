import { useTranslation } from "react-i18next";
import { LANGUAGES, switchLanguage } from "../i18n";
import css from "./LanguageSwitch.module.css";

export function LanguageSwitch() {
  const { t, i18n } = useTranslation("common");
  return (
    <div role="group" aria-label={t("language.switch")} className={css.group}>
      {LANGUAGES.map((language) => (
        <button
          key={language}
          type="button"
          lang={language}
          className={css.one}
          aria-pressed={i18n.language === language}
          onClick={() => void switchLanguage(language)}
        >
          {t(`language.${language}`)}
        </button>
      ))}
    </div>
  );
}
