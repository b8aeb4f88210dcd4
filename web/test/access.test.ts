import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import type { Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { build } from "vite";
import { allWords, cutText, neverStoodOn, smallTargets, stop, type Stop } from "./access/page";
import { openBrowser, openLargeLetters } from "./browser";
import { SCREENS, type Screen, show } from "./player/screens";
import { serveSite } from "./player/site";
import { words } from "./player/words";

// Every screen, played without a server, for those who use it by keyboard, by ear, with large letters, in English.
// UPDATE_GOLDEN=1 writes the trees of test/access/tree anew.

const TREES = fileURLToPath(new URL("./access/tree", import.meta.url));

let folder: string;
let server: Server;
let origin: string;
let browser: Browser;
let context: BrowserContext;
/** A browser whose owner has set letters twice as large. */
let large: BrowserContext;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "access-"));
  vi.stubEnv("NODE_ENV", "production");
  await build({ logLevel: "error", build: { outDir: join(folder, "site"), emptyOutDir: true } });
  vi.unstubAllEnvs();
  await mkdir(join(folder, "large", "Default"), { recursive: true });
  await writeFile(join(folder, "large", "Default", "Preferences"), JSON.stringify({ webkit: { webprefs: { default_font_size: 32 } } }));
  [{ server, origin }, browser, large] = await Promise.all([serveSite(join(folder, "site")), openBrowser(), openLargeLetters(join(folder, "large"))]);
}, 120_000);

afterAll(async () => {
  await Promise.all([browser?.close(), large?.close()]);
  server?.close();
  await rm(folder, { recursive: true, force: true });
});

/** A page that notes whatever it asks of another address. */
async function pageOf(context: BrowserContext, width: number, height: number): Promise<{ page: Page; outside: string[] }> {
  const page = await context.newPage();
  await page.setViewportSize({ width, height });
  const outside: string[] = [];
  page.on("request", (request) => /^(data|blob):/.test(request.url()) || request.url().startsWith(origin) || outside.push(request.url()));
  return { page, outside };
}

/** Roles that a person does something with, or that stand for a picture: each needs a name. */
const NAMED = ["button", "link", "textbox", "combobox", "checkbox", "radio", "spinbutton", "tab", "tabpanel", "slider", "switch", "option", "listbox", "menuitem", "image", "meter", "dialog", "radiogroup", "table", "Video"];

async function nameless(page: Page): Promise<string[]> {
  const devtools = await page.context().newCDPSession(page);
  const { nodes } = await devtools.send("Accessibility.getFullAXTree");
  await devtools.detach();
  return nodes
    .filter((node) => !node.ignored && NAMED.includes(String(node.role?.value)) && String(node.name?.value ?? "").trim() === "")
    .map((node) => String(node.role?.value));
}

/** What runs on by itself is no part of the tree. */
const still = (tree: string) => tree.replaceAll(/(?<=timer.*)\d+:\d\d/g, "…").replaceAll(moving, "…");
/** The made-up microphone beeps once a second. */
const moving = new RegExp(["microphone.heard", "microphone.quiet"].map((key) => words("vi")(`device:${key}`)).join("|"), "g");

const VIETNAMESE = /[À-ÖØ-öø-ỹ]/;

function strings(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(strings) : [];
}

/** Words that are neither English nor a name: what remains of each text without the played day's own words. */
function foreign(texts: readonly string[], { played }: Screen): string[] {
  const names = ["Điểm Cầu", "Tiếng Việt", played.refused?.citation ?? ""];
  const own = [...strings(played.api), ...strings(played.sections), ...names]
    .filter((text) => VIETNAMESE.test(text))
    .toSorted((a, b) => b.length - a.length);
  return texts.filter((text) => VIETNAMESE.test(own.reduce((rest, name) => rest.replaceAll(name, ""), text)));
}

/** Walks with Tab, over the end of the page, until it comes round; nothing where there is nothing to stand on. */
async function walk(page: Page): Promise<Stop[]> {
  const stops: Stop[] = [];
  let ends = 0;
  for (let press = 0; press < 150 && ends < 3; press += 1) {
    await page.keyboard.press("Tab");
    const at = await page.evaluate(stop);
    if (at === null) ends += 1;
    else if (at.id === stops[0]?.id) return stops;
    else stops.push(at);
  }
  if (ends < 3) throw new Error("the keyboard does not come round");
  return stops;
}

beforeEach(async () => {
  context = await browser.newContext({ serviceWorkers: "block" });
  return () => context.close();
});

describe.each(SCREENS)("$name", (screen: Screen) => {
  const phone = screen.name.startsWith("point") || screen.name.startsWith("citizen") || screen.name === "agency";

  test("can be heard and used by keyboard", async () => {
    const { page, outside } = await pageOf(context, 1366, 768);
    const { sent } = await show(page, origin, screen, "vi");
    expect(await page.evaluate(() => document.documentElement.lang)).toBe("vi");
    expect(await nameless(page), "without a name").toEqual([]);
    const tree = async () => `${still(await page.locator("body").ariaSnapshot())}\n`;
    const golden = join(TREES, `${screen.name}.yml`);
    if (process.env["UPDATE_GOLDEN"]) {
      mkdirSync(TREES, { recursive: true });
      // Cameras open and pictures come: what stays is written.
      await page.waitForTimeout(2500);
      writeFileSync(golden, await tree());
    }
    expect(existsSync(golden), `${golden} is missing: UPDATE_GOLDEN=1 writes it`).toBe(true);
    await expect.poll(tree, { timeout: 10_000 }).toBe(readFileSync(golden, "utf8"));

    const stops = await walk(page);
    expect(await page.evaluate(neverStoodOn), "not reached by Tab").toEqual([]);
    expect(stops.filter(({ shown }) => !shown).map(({ what }) => what), "focus that cannot be seen").toEqual([]);
    expect(stops.filter(({ hidden }) => hidden).map(({ what }) => what), "focus behind something").toEqual([]);
    if (screen.main) {
      const { role, name } = screen.main;
      const main = page.getByRole(role, { name: words("vi")(name) }).first();
      for (let press = 0; press < 150 && !(await main.evaluate((element) => element === document.activeElement)); press += 1) {
        await page.keyboard.press("Tab");
      }
      const before = sent.length;
      expect(await main.evaluate((element) => element === document.activeElement), "the keyboard comes to the main act").toBe(true);
      if (role === "button" && screen.played.slots) {
        await page.keyboard.press("Enter");
        await expect.poll(async () => sent.length > before || (await page.getByRole("dialog").count()) > 0).toBe(true);
      }
    } else {
      expect(stops, "a screen without an act has nothing to press").toEqual([]);
    }
    expect(outside).toEqual([]);
  }, 60_000);

  test("fits with letters twice as large", async () => {
    const { page } = await pageOf(large, 1366, 768);
    await show(page, origin, screen, "vi");
    expect(await page.evaluate(() => getComputedStyle(document.documentElement).fontSize)).toBe("36px");
    expect(await page.evaluate(cutText), "at 1366").toEqual([]);
    await page.setViewportSize({ width: 390, height: 844 });
    await page.waitForTimeout(200);
    expect(await page.evaluate(cutText), "at 390").toEqual([]);
    await page.close();
  }, 60_000);

  test("speaks English, also on a telephone", async () => {
    const { page, outside } = await pageOf(context, 390, 844);
    await show(page, origin, screen, "en");
    expect(await page.evaluate(() => document.documentElement.lang)).toBe("en");
    const said = await page.evaluate(allWords);
    expect(foreign(said, screen), "Vietnamese that is nobody's name").toEqual([]);
    const keys = said.filter((text) => /^[a-z_]+([.:][a-z_]+)+$/.test(text));
    expect(keys, "keys without a sentence").toEqual([]);
    expect(await nameless(page), "without a name").toEqual([]);
    expect(await page.evaluate(cutText)).toEqual([]);
    if (phone) expect(await page.evaluate(smallTargets), "too small for a finger").toEqual([]);
    expect(outside).toEqual([]);
  }, 60_000);
});
