import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { BrowserContext, Page, WebSocketRoute } from "playwright-core";
import { ID, publicSection, staffSection, visitSection } from "../src/features/session/fixture/room";
import type { Command } from "../src/protocol/command";
import type { ClientFrame, ServerBody } from "../src/protocol/frame";
import { openPages, type Pages } from "./browser";
import { directory, me } from "./player/office";

// Half-filled forms in a real Chromium: a lost server, a reload, another account, and what is left when they are done.

let pages: Pages;
let context: BrowserContext;
let page: Page;
let socket: WebSocketRoute | undefined;
let joins: number;
let sent: Command[];
let user: string;

beforeAll(async () => {
  pages = await openPages();
}, 60_000);

afterAll(() => pages?.close());

function say(body: ServerBody): void {
  socket?.send(JSON.stringify({ v: 1, body }));
}

function answer(frame: ClientFrame): void {
  const { body } = frame;
  if (body.type === "hello") {
    joins += 1;
    say({ type: "welcome", connection: `c${joins}`, point: ID.central, now: new Date().toISOString(), server: "player", slots: 0 });
    const sections = { public: publicSection(), staff: staffSection(), [`visit:${ID.visit1}`]: visitSection() };
    for (const [section, state] of Object.entries(sections)) say({ type: "snapshot", section, seq: 1, hash: section, state });
  }
  if (body.type !== "command") return;
  sent.push(body.command);
  say({ type: "done", re: frame.id, seq: 2 });
}

beforeEach(async () => {
  [joins, sent, user] = [0, [], ID.presider];
  context = await pages.browser.newContext({ locale: "vi-VN" });
  page = await context.newPage();
  await page.route("**/api/v1/**", (route) => route.fulfill({ json: { token: "t", rows: [], next: null } }));
  await page.route("**/api/v1/directory", (route) => route.fulfill({ json: directory }));
  await page.route("**/api/v1/me", (route) => route.fulfill({ json: me(user) }));
  await page.routeWebSocket("**/ws", (route) => {
    socket = route;
    route.onMessage((text) => answer(JSON.parse(String(text)) as ClientFrame));
    const beat = setInterval(() => route === socket && say({ type: "ping" }), 1000);
    route.onClose(() => clearInterval(beat));
  });
  return () => context.close();
});

const origin = () => pages.url;

/** The first load of a fresh checkout bundles the dependencies and may need a second one. */
async function open(path: string, wanted: () => ReturnType<Page["getByTestId"]>): Promise<void> {
  await page.goto(`${origin()}${path}`);
  await wanted().waitFor({ timeout: 20_000 }).catch(() => page.reload());
  await wanted().waitFor();
}

const main = () => page.getByTestId("main-button");
const session = () => open(`buoi-tiep/${ID.session}?diem=${ID.central}&may=companion`, main);
const conclusion = () => page.getByRole("dialog").getByLabel("Kết luận của người chủ trì");
const restored = () => page.getByText("Nội dung nhập dở lần trước được giữ lại trên máy này.");

async function fillCard(): Promise<void> {
  await main().click();
  await page.getByRole("group", { name: "Thời hạn" }).getByRole("spinbutton").first().click();
  await page.keyboard.type("21122099", { delay: 20 });
  await page.getByRole("dialog").getByLabel("Người liên hệ").fill("Bà Thu");
  await conclusion().fill("Giao Sở kiểm tra");
}

test("a closing card outlives a restart of the server and a reload, and is gone when it was sent", async () => {
  await session();
  await fillCard();
  await socket?.close({ code: 1012 });
  await expect.poll(() => joins, { timeout: 15_000 }).toBe(2);
  expect(await conclusion().inputValue()).toBe("Giao Sở kiểm tra");
  expect(await restored().count(), "nobody left: nothing was brought back").toBe(0);

  await page.reload();
  await main().click();
  await restored().waitFor();
  await expect.poll(() => conclusion().inputValue()).toBe("Giao Sở kiểm tra");
  await page.getByRole("button", { name: /Đơn vị chịu trách nhiệm/ }).click();
  await page.getByRole("option").first().click();
  await page.getByRole("button", { name: "Kết thúc phần nghe" }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
  expect(sent.at(-1)).toMatchObject({ do: "close_hearing", card: { answer: { due: "2099-12-21", contact: "Bà Thu" }, conclusion: "Giao Sở kiểm tra" } });

  await page.reload();
  await main().click();
  await conclusion().waitFor();
  await page.waitForTimeout(500);
  expect(await conclusion().inputValue()).toBe("");
  expect(await restored().count()).toBe(0);
}, 90_000);

test("a form can be thrown away, and no other account is shown it", async () => {
  await session();
  await fillCard();
  user = ID.noteTaker;
  await page.reload();
  await page.getByRole("button", { name: "Điền phiếu kết luận…" }).click();
  await conclusion().waitFor();
  await page.waitForTimeout(500);
  expect(await conclusion().inputValue(), "another account's words").toBe("");
  user = ID.presider;
  await page.reload();
  await main().click();
  await restored().waitFor();
  await page.getByRole("button", { name: "Bỏ, nhập lại từ đầu" }).click();
  await expect.poll(() => conclusion().inputValue()).toBe("");
  await page.reload();
  await main().click();
  await conclusion().waitFor();
  await page.waitForTimeout(500);
  expect(await conclusion().inputValue()).toBe("");
}, 90_000);

test("a proposal comes back as it was, with its own id, and readable to nobody in the browser's files", async () => {
  const name = () => page.getByLabel("Tên buổi tiếp");
  await open("buoi-tiep/moi", name);
  await name().fill("Tiếp công dân tháng mười hai");
  await page.getByRole("button", { name: "Thêm lượt tiếp" }).click();
  await page.getByLabel("Họ và tên công dân").fill("Hà Thị Chiên");
  await page.reload();
  await restored().waitFor();
  expect(await name().inputValue()).toBe("Tiếp công dân tháng mười hai");
  expect(await page.getByLabel("Họ và tên công dân").inputValue()).toBe("Hà Thị Chiên");
  const kept = await page.evaluate(async () => {
    const request = indexedDB.open("diemcau", 1);
    const database = await new Promise<IDBDatabase>((done) => (request.onsuccess = () => done(request.result)));
    const all = database.transaction("texts").objectStore("texts").getAll();
    const rows = await new Promise<{ sealed: ArrayBuffer }[]>((done) => (all.onsuccess = () => done(all.result)));
    return rows.map(({ sealed }) => new TextDecoder().decode(sealed)).join();
  });
  expect(kept.length).toBeGreaterThan(100);
  expect(kept).not.toContain("Chiên");
}, 90_000);
