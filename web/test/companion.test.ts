import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import type { BrowserContext, Page } from "playwright-core";
import { ID } from "../src/features/session/fixture/room";
import type { SessionFunction } from "../src/protocol/people";
import { openPages, type Pages } from "./browser";
import { directory, me, row } from "./player/office";
import { play, type Play } from "./player/play";
import { SESSION_SCREENS } from "./player/session";

// Machines beside the main one in a real Chromium: what they say of themselves, and who chooses what a machine is.

vi.setConfig({ testTimeout: 60_000 });

let pages: Pages;
let context: BrowserContext;
let page: Page;

beforeAll(async () => {
  pages = await openPages();
}, 60_000);

afterAll(() => pages?.close());

beforeEach(async () => {
  context = await pages.browser.newContext({ locale: "vi-VN" });
  page = await context.newPage();
  return () => context.close();
});

/** The first load of a fresh checkout bundles the dependencies and may need a second one. */
async function open(path: string, wanted: () => ReturnType<Page["getByText"]>): Promise<void> {
  await page.goto(pages.url + path.slice(1));
  await wanted().waitFor({ timeout: 20_000 }).catch(() => page.reload());
  await wanted().waitFor();
}

async function openScreen(name: string, wanted: string): Promise<Play> {
  const screen = SESSION_SCREENS.find((one) => one.name === name);
  if (!screen) throw new Error(`no screen ${name}`);
  const played = await play(page, screen.played);
  await open(screen.path, () => page.getByText(wanted));
  return played;
}

test("a companion that is sent no pictures sends to the main device, and says nothing it cannot know", async () => {
  await openScreen("point-companion", "Máy phụ: xem ở máy chính của điểm cầu.");
  await page.getByText("Máy phụ: micro ở máy chính của điểm cầu.").waitFor();
  expect(await page.getByTestId("microphone").count()).toBe(0);
  expect(await page.getByText("Lúc này không ai thấy hoặc nghe điểm cầu này.").count()).toBe(0);
  expect(await page.getByText("Đang tiếp công dân ở lượt khác").count()).toBe(0);
});

test("interpreter and observer get their own screens, not the officer's", async () => {
  await openScreen("interpreter", "Máy phụ: micro ở máy chính của điểm cầu.");
  await page.getByRole("main", { name: "Màn hình người tham dự" }).waitFor();
  expect(await page.getByTestId("tile").count()).toBe(1);

  await page.unrouteAll();
  await openScreen("observer", "Trụ sở Tiếp công dân tỉnh");
  await page.getByRole("main", { name: "Màn hình theo dõi" }).waitFor();
  expect(await page.getByRole("button", { name: "Xin phát biểu" }).count()).toBe(0);
});

test("a companion sounds when the server sends it sound, where no main device does", async () => {
  const { say } = await openScreen("interpreter", "Máy phụ: micro ở máy chính của điểm cầu.");
  await page.getByTestId("tile").waitFor();
  expect(await page.locator("audio").count()).toBe(0);
  say({ type: "slots", slots: [{ point: ID.central, picture: "camera", sound: true, paused: false, undecoded: false }] });
  await expect.poll(() => page.locator("audio").count()).toBe(4);
});

test.each([["interpreter"], ["note_taker"]] as const)("%s may make this machine the point's main one", async (held: SessionFunction) => {
  const rows = [row({ functions: [held], my_points: [ID.pointA] })];
  await play(page, { api: { "/me": me(ID.officerA), "/sessions": { rows, next: null }, "/directory": directory }, sections: {}, point: null });
  const enter = () => page.getByRole("link", { name: "Vào buổi tiếp" });
  await open("/", enter);
  expect(await enter().getAttribute("href")).toContain("may=companion");
  await page.getByRole("button", { name: /Máy này là/ }).click();
  await expect.poll(() => page.getByRole("option").allInnerTexts()).toEqual(["Máy chính của điểm cầu", "Máy phụ, cạnh máy chính"]);
  await page.getByRole("option", { name: "Máy chính của điểm cầu" }).click();
  await expect.poll(() => enter().getAttribute("href")).toContain("may=main");
});
