import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { ID } from "../../src/features/session/fixture/room";
import type { Command } from "../../src/protocol/command";
import { openBrowser } from "../browser";
import { directory, me, proposed, record, rows } from "./office";
import { play, type Played } from "./play";
import { SESSION_SCREENS } from "./session";
import { serveSite } from "./site";
import { type Language, words, type Words } from "./words";

/** What is done before a screen is looked at; sentences by key, so that it works in either language. */
export type Act = (page: Page, t: Words) => Promise<void>;

/** The main thing to do on a screen, by role and the key of its name. */
export interface Main {
  role: "button" | "link" | "textbox" | "tab";
  name: string;
}

export interface Screen {
  name: string;
  path: string;
  played: Played;
  /** Something to press before the picture is taken, by the key of its sentence. */
  press?: string;
  /** Whatever else comes before the picture. */
  act?: Act;
  /** Where there is none there is nothing to press. */
  main?: Main;
  /** The window as it is, for screens that have it for themselves. */
  window?: boolean;
}

export const SIZES = [
  [1920, 1080],
  [1366, 768],
  [390, 844],
] as const;

const signedIn = (user: string, more: Partial<Played> = {}): Played => ({
  api: {
    "/me": me(user),
    "/sessions": { rows, next: null },
    "/directory": directory,
    [`/sessions/${ID.session}`]: rows[0],
    [`/sessions/${ID.session}/record`]: record,
  },
  sections: {},
  point: null,
  ...more,
});

export const SCREENS: Screen[] = [
  { name: "sign-in", path: "/dang-nhap", main: { role: "button", name: "office:sign_in.go" }, played: { api: {}, sections: {}, point: null } },
  { name: "link-missing", path: "/dang-nhap/lien-ket", main: { role: "link", name: "office:sign_in.by_password" }, played: { api: {}, sections: {}, point: null } },
  { name: "pair", path: "/dang-nhap/ghep-may", main: { role: "button", name: "office:pair.go" }, played: { api: {}, sections: {}, point: null } },
  { name: "today", path: "/", main: { role: "link", name: "office:today.enter" }, played: signedIn(ID.officerA) },
  { name: "create", path: "/buoi-tiep/moi", played: signedIn(ID.noteTaker), press: "office:create.add_visit", main: { role: "button", name: "office:create.send" } },
  {
    name: "prepare",
    path: `/buoi-tiep/${ID.session}/chuan-bi`,
    main: { role: "button", name: "office:prepare.approve" },
    played: signedIn(ID.presider, { sections: proposed }),
  },
  { name: "record", path: `/buoi-tiep/${ID.session}/ho-so`, main: { role: "tab", name: "office:record.visits" }, played: signedIn(ID.presider) },
  { name: "record-attendance", path: `/buoi-tiep/${ID.session}/ho-so`, played: signedIn(ID.presider), press: "office:record.attendance", main: { role: "tab", name: "office:record.attendance" } },
  { name: "record-recording", path: `/buoi-tiep/${ID.session}/ho-so`, played: signedIn(ID.presider), press: "office:record.recording", main: { role: "tab", name: "office:record.recording" } },
  {
    name: "record-playing",
    path: `/buoi-tiep/${ID.session}/ho-so`,
    played: signedIn(ID.presider),
    press: "office:record.recording",
    // No file is there: the player says so and stands.
    act: (page, t) => page.getByRole("button", { name: t("office:record.play"), exact: true }).click(),
    main: { role: "button", name: "office:record.go_on" },
  },
  { name: "check", path: `/kiem-tra-thiet-bi?buoi=${ID.session}&diem=${ID.pointA}`, played: signedIn(ID.officerA), main: { role: "button", name: "device:line.start" } },
  ...SESSION_SCREENS.map((screen) => ({ ...screen, window: true })),
];

/** Takes a picture of each screen at each size; reports what the page complained about and what is too wide. */
export async function main(given: string[]): Promise<void> {
  const folder = given.includes("--dir") ? (given[given.indexOf("--dir") + 1] ?? ".") : "test-results";
  const only = given[0]?.startsWith("--") ? undefined : given[0];
  await mkdir(folder, { recursive: true });
  const { server, origin } = await serveSite();
  const browser = await openBrowser();
  try {
    for (const screen of SCREENS.filter(({ name }) => !only || name.includes(only))) {
      for (const [width, height] of SIZES) await shoot(browser, origin, screen, width, height, folder);
    }
  } finally {
    await browser.close();
    server.close();
  }
}

async function shoot(browser: Browser, origin: string, screen: Screen, width: number, height: number, folder: string) {
  const context = await browser.newContext({ viewport: { width, height }, serviceWorkers: "block" });
  const page = await context.newPage();
  const said = (text: string) => console.log(`${screen.name} ${width}: ${text}`);
  page.on("console", (message) => message.type() === "error" && said(message.text()));
  page.on("pageerror", (error) => said(String(error)));
  page.on("request", (request) => request.url().startsWith(origin) || said(`outside: ${request.url()}`));
  await show(page, origin, screen, "vi");
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  if (wide > 0) said(`${wide} px too wide`);
  await page.screenshot({ path: join(folder, `${screen.name}-${width}x${height}.png`), fullPage: !screen.window });
  await context.close();
}

/** The moment of the played day; office pages show today. */
const NOW = "2026-11-21T01:24:05Z";

/** Opens a screen in a language and brings it to where it is looked at. */
export async function show(page: Page, origin: string, screen: Screen, language: Language): Promise<{ sent: Command[] }> {
  const t = words(language);
  await page.clock.setFixedTime(NOW);
  await page.addInitScript((chosen) => localStorage.setItem("diemcau.language", chosen), language);
  const played = await play(page, screen.played);
  await page.goto(origin + screen.path, { waitUntil: "networkidle" });
  if (screen.press) await page.getByText(t(screen.press), { exact: true }).first().click();
  await page.waitForTimeout(600);
  await screen.act?.(page, t);
  if (screen.act) await page.waitForTimeout(400);
  return played;
}
