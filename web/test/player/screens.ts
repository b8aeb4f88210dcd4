import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { ID } from "../../src/features/session/fixture/room";
import { openBrowser } from "../browser";
import { directory, me, proposed, record, rows } from "./office";
import { play, type Played } from "./play";
import { SESSION_SCREENS } from "./session";
import { serveSite } from "./site";

interface Screen {
  name: string;
  path: string;
  played: Played;
  /** Something to press before the picture is taken, by its visible name. */
  press?: string;
  /** Whatever else comes before the picture. */
  act?: (page: Page) => Promise<void>;
  /** The window as it is, for screens that have it for themselves. */
  window?: boolean;
}

const SIZES = [
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

const SCREENS: Screen[] = [
  { name: "sign-in", path: "/dang-nhap", played: { api: {}, sections: {}, point: null } },
  { name: "link-missing", path: "/dang-nhap/lien-ket", played: { api: {}, sections: {}, point: null } },
  { name: "pair", path: "/dang-nhap/ghep-may", played: { api: {}, sections: {}, point: null } },
  { name: "today", path: "/", played: signedIn(ID.officerA) },
  { name: "create", path: "/buoi-tiep/moi", played: signedIn(ID.noteTaker), press: "Thêm lượt tiếp" },
  {
    name: "prepare",
    path: `/buoi-tiep/${ID.session}/chuan-bi`,
    played: signedIn(ID.presider, { sections: proposed }),
  },
  { name: "record", path: `/buoi-tiep/${ID.session}/ho-so`, played: signedIn(ID.presider) },
  { name: "record-attendance", path: `/buoi-tiep/${ID.session}/ho-so`, played: signedIn(ID.presider), press: "Điểm danh" },
  { name: "record-recording", path: `/buoi-tiep/${ID.session}/ho-so`, played: signedIn(ID.presider), press: "Bản ghi" },
  { name: "check", path: `/kiem-tra-thiet-bi?buoi=${ID.session}&diem=${ID.pointA}`, played: signedIn(ID.officerA), press: "Phát tiếng thử" },
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
  await play(page, screen.played);
  await page.goto(origin + screen.path, { waitUntil: "networkidle" });
  if (screen.press) await page.getByText(screen.press, { exact: true }).first().click();
  await page.waitForTimeout(900);
  await screen.act?.(page);
  if (screen.act) await page.waitForTimeout(400);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  if (wide > 0) said(`${wide} px too wide`);
  await page.screenshot({ path: join(folder, `${screen.name}-${width}x${height}.png`), fullPage: !screen.window });
  await context.close();
}
