import i18next, { type Resource } from "i18next";
import { initReactI18next } from "react-i18next";
import { useTranslation } from "react-i18next";

// One namespace per file of `config/i18n/<language>/`; `server` is the catalogue the server speaks from.
const areas = import.meta.glob<Record<string, unknown>>("@texts/*/*.json", { eager: true, import: "default" });
const server = import.meta.glob<Record<string, unknown>>("@texts/*.json", { eager: true, import: "default" });

export const LANGUAGES = ["vi", "en"] as const;
export type Language = (typeof LANGUAGES)[number];
const STORED_AS = "diemcau.language";

function resources(): Resource {
  const all: Resource = { vi: {}, en: {} };
  for (const [path, texts] of Object.entries(areas)) {
    const [, language = "", area = ""] = /([a-z]+)\/([a-z_]+)\.json$/.exec(path) ?? [];
    (all[language] ??= {})[area] = texts;
  }
  for (const [path, texts] of Object.entries(server)) {
    const language = /([a-z]+)\.json$/.exec(path)?.[1] ?? "";
    (all[language] ??= {})["server"] = texts;
  }
  return all;
}

function storedLanguage(): Language {
  const stored = typeof localStorage === "undefined" ? null : localStorage.getItem(STORED_AS);
  return stored === "en" ? "en" : "vi";
}

export async function startTexts(): Promise<void> {
  await i18next.use(initReactI18next).init({
    resources: resources(),
    lng: storedLanguage(),
    fallbackLng: "vi",
    defaultNS: "common",
    interpolation: { prefix: "{", suffix: "}", escapeValue: false },
  });
  markDocument();
}

export async function switchLanguage(language: Language): Promise<void> {
  localStorage.setItem(STORED_AS, language);
  await i18next.changeLanguage(language);
  markDocument();
}

function markDocument(): void {
  document.documentElement.lang = i18next.language;
}

/** Picks the sentence of a refusal (`vi`, `en`) or a problem (`title`, `title_en`) in the reader's language. */
export function useSentence(): (said: { vi: string; en: string } | { title: string; title_en: string }) => string {
  const { i18n } = useTranslation();
  return (said) => {
    const [vi, en] = "vi" in said ? [said.vi, said.en] : [said.title, said.title_en];
    return i18n.language === "en" ? en : vi;
  };
}
