import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { BrowserContext, Page, WebSocketRoute } from "playwright-core";
import { ID, minutesSection, publicSection, staffSection, visitSection } from "../src/features/session/fixture/room";
import { blockIdOf } from "../src/features/session/model/minutes";
import type { Command } from "../src/protocol/command";
import type { ClientFrame, ServerBody } from "../src/protocol/frame";
import type { BlockView } from "../src/protocol/section";
import { openPages, type Pages } from "./browser";

// The note-taker's field in a real Chromium: typing, input methods, reload in mid-sentence.

type WriteBlock = Extract<Command, { do: "write_block" }>;

let pages: Pages;
let context: BrowserContext;
let page: Page;
let socket: WebSocketRoute | undefined;
let writes: { at: number; command: WriteBlock }[];
let answering: boolean;
let revision: number;

const BLOCK = blockIdOf(ID.visit1, "requests");
const view = (revision: number, text: string, more: Partial<BlockView> = {}): BlockView => ({
  block_kind: "requests",
  revision,
  text,
  writer: null,
  writer_name: "",
  saved_at: "2026-11-21T01:20:00Z",
  ...more,
});

beforeAll(async () => {
  pages = await openPages();
}, 60_000);

afterAll(() => pages?.close());

function say(body: ServerBody): void {
  socket?.send(JSON.stringify({ v: 1, body }));
}

function publish(block: BlockView): void {
  revision = block.revision;
  const state = minutesSection({ blocks: { [BLOCK]: block } });
  say({ type: "snapshot", section: `minutes:${ID.visit1}`, seq: block.revision, hash: `minutes-${block.revision}-${block.text}`, state });
}

function answer(frame: ClientFrame): void {
  const { body } = frame;
  if (body.type === "hello") {
    say({ type: "welcome", connection: "c1", point: ID.central, now: new Date().toISOString(), server: "player", slots: 0 });
    const sections = { public: publicSection(), staff: staffSection(), [`visit:${ID.visit1}`]: visitSection() };
    for (const [section, state] of Object.entries(sections)) say({ type: "snapshot", section, seq: 1, hash: section, state });
    publish(view(1, "Đề nghị"));
  }
  if (body.type !== "command") return;
  if (body.command.do === "write_block") writes.push({ at: performance.now(), command: body.command });
  if (!answering) return;
  if (body.command.do === "write_block" && body.command.base !== revision) {
    const said = { field: "base", citation: null, vi: "Văn bản đã đổi.", en: "The text has changed." };
    say({ type: "refused", re: frame.id, code: "text_changed_elsewhere", ...said });
    return;
  }
  if (body.command.do === "write_block") revision += 1;
  say({ type: "done", re: frame.id, seq: 2 });
}

beforeEach(async () => {
  writes = [];
  answering = true;
  context = await pages.browser.newContext({ locale: "vi-VN" });
  page = await context.newPage();
  await page.route("**/api/v1/**", (route) => route.fulfill({ json: { token: "t", rows: [], next: null, units: [], points: [], users: [] } }));
  const user = { id: ID.noteTaker, login: "a", name: "Trịnh Thu Hà", title: "", disabled: false };
  await page.route("**/api/v1/me", (route) => route.fulfill({ json: { user, roles: [], points: [], kiosk: null } }));
  await page.routeWebSocket("**/ws", (route) => {
    socket = route;
    route.onMessage((text) => answer(JSON.parse(String(text)) as ClientFrame));
    const beat = setInterval(() => route === socket && say({ type: "ping" }), 1000);
    route.onClose(() => clearInterval(beat));
  });
  await page.goto(`${pages.url}buoi-tiep/${ID.session}?diem=${ID.central}&may=companion`);
  // The first load of a fresh checkout bundles the dependencies and may need a second one.
  await field().waitFor({ timeout: 20_000 }).catch(() => page.reload());
  await field().waitFor();
  return () => context.close();
}, 90_000);

const field = () => page.getByLabel("Yêu cầu, đề nghị", { exact: true });
const saved = () => field().locator("xpath=..").textContent();
const last = () => writes.at(-1)?.command.text;

test("every keystroke is on its way within the throttle, in one growing text", async () => {
  await field().click();
  await page.keyboard.press("End");
  await field().pressSequentially(" chi trả tiền bồi thường trong năm nay", { delay: 25 });
  await expect.poll(last).toBe("Đề nghị chi trả tiền bồi thường trong năm nay");
  expect(writes.length).toBeGreaterThan(4);
  writes.slice(1).forEach(({ command }, index) => expect(command.base).toBe((writes[index]?.command.base ?? 0) + 1));
  await expect.poll(saved).toMatch(/Đã lưu \d\d:\d\d:\d\d/);
}, 30_000);

test("a composed syllable is never rewritten in mid-word; then both texts are there to decide on", async () => {
  await field().click();
  await page.keyboard.press("End");
  const devtools = await context.newCDPSession(page);
  await devtools.send("Input.imeSetComposition", { text: " thư", selectionStart: 4, selectionEnd: 4 });
  publish(view(9, "Văn bản của người khác"));
  await page.waitForTimeout(200);
  expect(await field().inputValue()).toBe("Đề nghị thư");
  await devtools.send("Input.imeSetComposition", { text: " thường", selectionStart: 7, selectionEnd: 7 });
  await devtools.send("Input.insertText", { text: " thường" });
  await page.locator("blockquote", { hasText: "Đề nghị thường" }).waitFor();
  await expect.poll(() => field().inputValue()).toBe("Văn bản của người khác");
  await page.getByRole("button", { name: "Chép vào cuối mục" }).click();
  await expect.poll(() => field().inputValue()).toBe("Văn bản của người khác\nĐề nghị thường");
  await expect.poll(last).toBe("Văn bản của người khác\nĐề nghị thường");
}, 30_000);

test("a page that is loaded anew in mid-sentence brings the unsent text back and sends it", async () => {
  answering = false;
  await field().click();
  await page.keyboard.press("End");
  await field().pressSequentially(" trả lời bằng văn bản");
  await expect.poll(saved).toContain("Đang lưu");
  page.on("dialog", (dialog) => void dialog.accept());
  await page.waitForTimeout(300);
  writes = [];
  answering = true;
  await page.reload();
  await field().waitFor();
  await expect.poll(() => field().inputValue()).toBe("Đề nghị trả lời bằng văn bản");
  await expect.poll(last).toBe("Đề nghị trả lời bằng văn bản");
  await expect.poll(saved).toMatch(/Đã lưu/);
}, 30_000);

test("a block that somebody else writes is to be read, and says who", async () => {
  publish(view(5, "Đề nghị của người khác", { writer: ID.officerA, writer_name: "Giàng A Sử" }));
  await page.getByText("Giàng A Sử đang viết mục này").waitFor();
  expect(await field().getAttribute("readonly")).not.toBeNull();
  await field().click();
  await page.keyboard.type("x");
  await page.waitForTimeout(300);
  expect(writes).toEqual([]);
}, 30_000);

test("what is read back shows every line that is signed, each on its own", async () => {
  // D154 Điều 25(2)–(3): the citizen hears who answers until when before signing it.
  const lines = [
    "Giao Sở Nông nghiệp và Môi trường kiểm tra.",
    "Cơ quan, đơn vị chịu trách nhiệm: Sở Nông nghiệp và Môi trường.",
    "Thời hạn trả lời: chậm nhất ngày 12/12/2026.",
    "Người liên hệ: Bà Thu, 0203 300 0000.",
  ];
  const state = visitSection({ status: "recorded", frozen: "9f3c", frozen_text: [["conclusion", lines.join("\n")]] });
  say({ type: "snapshot", section: `visit:${ID.visit1}`, seq: 20, hash: "frozen", state });
  await page.getByTestId("paper-step").click();
  const shown = page.getByRole("dialog").locator("p");
  await expect.poll(() => shown.innerText()).toBe(lines.join("\n"));
}, 30_000);
