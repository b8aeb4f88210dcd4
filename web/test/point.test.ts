import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import type { BrowserContext, Page } from "playwright-core";
import { ID, pointSection, publicSection, staffSection, visitSection } from "../src/features/session/fixture/room";
import type { VisitSection } from "../src/protocol/section";
import { openPages, type Pages } from "./browser";
import { play, type Play, type Played } from "./player/play";
import { SESSION_SCREENS } from "./player/session";

// The officer's screen in a real Chromium: several visits at one point, and what comes while one of them is worked on.

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

/** Plays a screen of the player with some of its sections changed. */
async function open(name: string, sections: Played["sections"] = {}): Promise<Play> {
  const screen = SESSION_SCREENS.find((one) => one.name === name);
  if (!screen) throw new Error(`no screen ${name}`);
  const played = await play(page, { ...screen.played, sections: { ...screen.played.sections, ...sections } });
  await page.goto(pages.url + screen.path.slice(1));
  // The first load of a fresh checkout bundles the dependencies and may need a second one.
  await page.getByTestId("recording").waitFor({ timeout: 20_000 }).catch(() => page.reload());
  await page.getByTestId("recording").waitFor();
  return played;
}

const visits = () => page.getByTestId("point-visit");
const opened = () => page.locator('[data-testid="point-visit"][aria-pressed="true"]');
const step = () => page.getByTestId("visit-step");
const visit = (more: Partial<VisitSection>) => ({ type: "snapshot", section: `visit:${more.visit}`, seq: 2, hash: `${more.visit}-2`, state: visitSection(more) }) as const;

test("any visit of the point can be worked on; the first that is not done here lies open", async () => {
  const { sent } = await open("point-several");
  expect(await visits().allInnerTexts()).toEqual([
    expect.stringContaining("Lượt số 1: Lò Thị Mận"),
    expect.stringContaining("Lượt số 2: Đặng Văn Bền"),
    expect.stringContaining("Lượt số 3: Hà Thị Chiên"),
  ]);
  expect(await opened().innerText()).toContain("Lượt số 2");
  await page.getByRole("button", { name: "Đã đọc cho công dân nghe" }).click();

  await visits().nth(2).click();
  await step().filter({ hasText: "Công dân đã đến" }).click();
  await page.getByRole("button", { name: "Công dân không đến" }).waitFor();
  await expect.poll(() => sent).toEqual([
    { do: "announce_recording", visit: ID.visit2, language: "Tiếng Việt" },
    { do: "move_visit", visit: ID.visit3, act: "arrive", reason: "" },
  ]);

  // The papers that are scanned now are those of the visit that lies open, be it signed already.
  await visits().first().click();
  await page.getByRole("button", { name: "Tải lên bản đã ký" }).waitFor();
});

test("a call does not turn the page under the officer's hands, and is told", async () => {
  const { say } = await open("point-several");
  await page.getByLabel("Tên tài liệu").fill("Đơn gửi");
  say(visit({ visit: ID.visit3, number: 3, status: "called" }));
  await page.getByText("Lượt số 3 đã được mời vào.").waitFor();
  expect(await page.getByLabel("Tên tài liệu").inputValue()).toBe("Đơn gửi");
  expect(await opened().innerText()).toContain("Lượt số 2");
  await visits().nth(2).click();
  await page.getByText("Lượt của ông/bà. Xin mời ngồi vào chỗ.").waitFor();
  expect(await page.getByLabel("Tên tài liệu").inputValue()).toBe("");
});

test("a call opens the visit where nothing is worked on", async () => {
  const { say } = await open("point-several");
  say({ type: "snapshot", section: "public", seq: 2, hash: "public-2", state: publicSection() });
  say(visit({ visit: ID.visit3, number: 3, status: "called" }));
  await page.getByText("Lượt của ông/bà. Xin mời ngồi vào chỗ.").waitFor();
  expect(await opened().innerText()).toContain("Lượt số 3");
});

test("two people without a name are told apart by eye, by ear and in what is sent", async () => {
  const { sent } = await open("point-restricted");
  await page.getByRole("region", { name: "Lượt của ông/bà: số 1" }).getByText("! Hạn chế").waitFor();
  await page.getByText("Chưa xem giấy tờ của: Người được tiếp 1 (lượt hạn chế), Người được tiếp 2 (lượt hạn chế)").waitFor();
  await page.getByRole("button", { name: "Đã xem: Người được tiếp 2 (lượt hạn chế)" }).click();
  await expect.poll(() => sent).toEqual([{ do: "see_identity", visit: ID.visit1, person: ID.daughter1, how: "document_seen" }]);
  const roster = await page.getByTestId("roster-line").getByRole("button").evaluateAll((buttons) => buttons.map((button) => button.getAttribute("aria-label")));
  expect(roster).toEqual(["Ra: Giàng A Sử", "Ra: Người được tiếp 1 (lượt hạn chế)", "Vào: Người được tiếp 2 (lượt hạn chế)"]);
});

test("a second main device says what it is, has no microphone key, and becomes the main one by its button", async () => {
  const { sent, say } = await open("point-second");
  await page.getByText("Máy này đang chờ làm máy chính.").waitFor();
  await page.getByText("Hình và tiếng đang ở máy chính của điểm cầu.").waitFor();
  expect(await page.getByTestId("microphone").count()).toBe(0);
  expect(await page.getByText("Lúc này không ai thấy hoặc nghe điểm cầu này.").count()).toBe(0);
  await page.keyboard.press("F8");
  await page.getByRole("button", { name: "Dùng máy này" }).click();
  await expect.poll(() => sent).toEqual([{ do: "take_over", connection: "c1" }]);

  say({ type: "snapshot", section: `point:${ID.pointA}`, seq: 3, hash: "point-3", state: pointSection({ microphone_open: false }) });
  await page.getByTestId("microphone").waitFor();
  expect(await page.getByTestId("line-second").count()).toBe(0);
});

test("who may not change machines is told who may", async () => {
  const functions = { [ID.officerA]: { name: "Giàng A Sử", title: "", functions: ["agency_representative" as const], point: ID.pointA, connected: true } };
  await open("point-second", { staff: staffSection({ functions }) });
  await page.getByText("Cán bộ điểm cầu hoặc cán bộ kỹ thuật đổi được máy chính.").waitFor();
  expect(await page.getByRole("button", { name: "Dùng máy này" }).count()).toBe(0);
});

/** Pitches that the page has sounded. */
const sounded = () => page.evaluate(() => (globalThis as unknown as { pitches: number[] }).pitches);

/** Notes what is sounded instead of how it would be heard; a page that was not touched may not sound in this browser. */
async function listen(): Promise<void> {
  await page.addInitScript(() => {
    const pitches: number[] = [];
    const Made = globalThis.OscillatorNode;
    class Heard extends Made {
      constructor(context: BaseAudioContext, options?: OscillatorOptions) {
        super(context, options);
        pitches.push(options?.frequency ?? 0);
      }
    }
    Object.assign(globalThis, { pitches, OscillatorNode: Heard });
  });
}

test("a call is heard at the called point, once, and not by a page that is loaded into it", async () => {
  await listen();
  const { say } = await open("point-several");
  // Some click, as there is one on the way into the session.
  await visits().first().click();
  const called = publicSection();
  say({ type: "snapshot", section: "public", seq: 2, hash: "public-2", state: called });
  await expect.poll(sounded).toEqual([784, 587]);
  say({ type: "snapshot", section: "public", seq: 3, hash: "public-3", state: publicSection({ floor: { ...called.floor, person: null } }) });
  await page.waitForTimeout(1000);
  expect(await sounded()).toEqual([784, 587]);
});

test("a page that is loaded while its visit runs rings for nobody", async () => {
  await listen();
  await open("point-officer");
  await page.getByTestId("microphone").click();
  await page.waitForTimeout(1000);
  expect(await sounded()).toEqual([]);
});

test("beside an open microphone the server's loudness moves a bar, and only its words are for the ear", async () => {
  const { say } = await open("point-officer");
  const bar = page.getByRole("meter", { name: "Mức tiếng của điểm cầu này" });
  const said = () => bar.evaluate((meter) => [meter.getAttribute("aria-valuetext"), meter.getAttribute("aria-valuenow"), meter.querySelector("div")?.style.width]);
  await bar.waitFor();
  expect(await said()).toEqual(["Không có tiếng", "0", "0%"]);
  say({ type: "levels", levels: { [ID.pointA]: 30, [ID.central]: 0 } });
  await expect.poll(said).toEqual(["Có tiếng", "100", "50%"]);
  say({ type: "levels", levels: { [ID.pointA]: 15 } });
  await expect.poll(said).toEqual(["Có tiếng", "100", "75%"]);
  expect(await bar.evaluate((meter) => meter.closest("[aria-live],[role=status],[role=alert]"))).toBe(null);

  say({ type: "snapshot", section: `point:${ID.pointA}`, seq: 2, hash: "point-2", state: pointSection({ microphone_open: false }) });
  await bar.waitFor({ state: "detached" });
});
