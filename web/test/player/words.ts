import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

type Texts = { [key: string]: string | Texts };

export type Language = "vi" | "en";
/** The sentence of `area:key` as the screens show it, placeholders filled. */
export type Words = (key: string, values?: Record<string, string | number>) => string;

export function words(language: Language): Words {
  const areas = new Map<string, Texts>();
  return (key, values = {}) => {
    const [area = "", path = ""] = key.split(":");
    const file = fileURLToPath(new URL(`../../../config/i18n/${language}/${area}.json`, import.meta.url));
    const texts = areas.get(area) ?? (JSON.parse(readFileSync(file, "utf8")) as Texts);
    areas.set(area, texts);
    const found = path.split(".").reduce<string | Texts | undefined>((at, name) => (typeof at === "object" ? at[name] : undefined), texts);
    if (typeof found !== "string") throw new Error(`no sentence ${key}`);
    return found.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
  };
}
