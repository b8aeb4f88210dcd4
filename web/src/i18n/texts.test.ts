import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

type Texts = { [key: string]: string | Texts };

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const folder = (language: string) => at(`../../../config/i18n/${language}`);
const areas = readdirSync(folder("vi"))
  .filter((name) => name.endsWith(".json"))
  .map((name) => name.replace(".json", ""));

function flatten(texts: Texts, prefix = ""): [string, string][] {
  return Object.entries(texts).flatMap(([key, value]) =>
    typeof value === "string" ? [[prefix + key, value] as [string, string]] : flatten(value, `${prefix}${key}.`),
  );
}

const read = (language: string, area: string) =>
  new Map(flatten(JSON.parse(readFileSync(`${folder(language)}/${area}.json`, "utf8")) as Texts));

const holes = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).toSorted();

test("both languages have the same areas", () => {
  expect(readdirSync(folder("en")).toSorted()).toEqual(readdirSync(folder("vi")).toSorted());
  expect(areas.length).toBeGreaterThan(3);
});

test.each(areas)("%s: same keys, same placeholders, nothing empty, composed letters", (area) => {
  const [vi, en] = [read("vi", area), read("en", area)];
  expect([...en.keys()].toSorted()).toEqual([...vi.keys()].toSorted());
  for (const [key, text] of vi) {
    expect(holes(en.get(key) ?? ""), key).toEqual(holes(text));
    expect(text.trim(), key).not.toBe("");
    expect(text, key).toBe(text.normalize("NFC"));
  }
});

function sources(path: string): string[] {
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
    if (entry.isDirectory()) return entry.name === "protocol" ? [] : sources(`${path}/${entry.name}`);
    return /\.tsx?$/.test(entry.name) && !entry.name.includes(".test.") ? [`${path}/${entry.name}`] : [];
  });
}

test("every literal key in the screens exists", () => {
  const known = new Map(areas.map((area) => [area, read("vi", area)]));
  let checked = 0;
  for (const file of sources(at(".."))) {
    const source = readFileSync(file, "utf8");
    const ownArea = /useTranslation\("(\w+)"\)/.exec(source)?.[1] ?? "common";
    for (const [, key = ""] of source.matchAll(/\bt\(\s*"([\w:.]+)"/g)) {
      const [area = "", path = ""] = key.includes(":") ? key.split(":") : [ownArea, key];
      if (area === "server") continue;
      checked += 1;
      const exists = known.get(area)?.has(path) || known.get(area)?.has(`${path}_other`);
      expect(exists, `${key} in ${file.replace(/.*src/, "src")}`).toBe(true);
    }
  }
  expect(checked).toBeGreaterThan(100);
});
