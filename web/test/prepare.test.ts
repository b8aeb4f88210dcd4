import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Page } from "playwright-core";
import { ID } from "../src/features/session/fixture/room";
import type { Command } from "../src/protocol/command";
import { openPages, type Pages } from "./browser";
import { directory, me, points, proposed, rows } from "./player/office";
import { play } from "./player/play";

// What is changed between the proposal and the day, in a real Chromium: people, points, visits of several persons.

let pages: Pages;
let page: Page;
let sent: Command[];

beforeAll(async () => {
  pages = await openPages();
}, 60_000);

afterAll(() => pages?.close());

beforeEach(async () => {
  const context = await pages.browser.newContext({ locale: "vi-VN" });
  page = await context.newPage();
  const [one] = points;
  const known = { ...directory, points: [...points, { ...one, id: "p-new", name: "Điểm cầu xã Nà Tăm", address: "UBND xã Nà Tăm" }] };
  const api = { "/me": me(ID.presider), "/directory": known, "/sessions": { rows, next: null }, [`/sessions/${ID.session}`]: rows[0] };
  ({ sent } = await play(page, { api, sections: proposed, point: null }));
  await page.goto(`${pages.url}buoi-tiep/${ID.session}/chuan-bi`);
  const panel = page.getByRole("heading", { name: "Phân công" });
  await panel.waitFor({ timeout: 20_000 }).catch(() => page.reload());
  await panel.waitFor();
  return () => context.close();
}, 60_000);

const dialog = () => page.getByRole("dialog");
const press = (name: string) => dialog().getByRole("button", { name, exact: true }).click();

async function choose(label: string, option: string, nth = 0): Promise<void> {
  await dialog().getByRole("button", { name: new RegExp(`${label}$`) }).nth(nth).click();
  await page.getByRole("option", { name: option }).click();
}

test("a presider who fell ill is taken out and another one assigned", async () => {
  await page.getByRole("button", { name: "Rút phần việc Người chủ trì của Vũ Quang Lâm" }).click();
  await press("Rút phân công");
  await dialog().waitFor({ state: "detached" });
  expect(sent).toEqual([{ do: "withdraw_function", user: ID.presider, function: "presider" }]);

  await page.getByRole("button", { name: "Phân công thêm…" }).click();
  expect(await dialog().getByRole("button", { name: "Phân công", exact: true }).isDisabled(), "nobody is chosen").toBe(true);
  await choose("Phần việc", "Người chủ trì");
  await choose("Người", "Hoàng Thị Mai, Công chức phường Hòa Lạc");
  await choose("Tại điểm cầu", "Trụ sở Tiếp công dân tỉnh");
  await press("Phân công");
  await dialog().waitFor({ state: "detached" });
  expect(sent.at(-1)).toEqual({
    do: "assign_function",
    user: ID.officerB,
    name: "Hoàng Thị Mai",
    title: "Công chức phường Hòa Lạc",
    function: "presider",
    point: ID.central,
  });
}, 60_000);

test("a point that is not in the session is added to it", async () => {
  await page.getByRole("button", { name: "Thêm điểm cầu…" }).click();
  await dialog().getByRole("button", { name: /Điểm cầu$/ }).click();
  await expect.poll(() => page.getByRole("option").allTextContents()).toEqual(["Điểm cầu xã Nà Tăm, UBND xã Nà Tăm"]);
  await page.getByRole("option").click();
  await press("Thêm");
  await dialog().waitFor({ state: "detached" });
  expect(sent).toEqual([
    { do: "add_point", point: { point: "p-new", unit: ID.unit, role: "component", name: "Điểm cầu xã Nà Tăm", address: "UBND xã Nà Tăm" } },
  ]);
}, 60_000);

test("a group comes with its second representative and its interpreter; nobody denounces through another", async () => {
  await page.getByRole("button", { name: "Thêm lượt tiếp" }).click();
  await dialog().getByLabel("Họ và tên công dân").fill("Hà Thị Chiên");
  await dialog().getByLabel("Số người trong đoàn").fill("8");
  await dialog().getByLabel("Nội dung tóm tắt").fill("Đường vào bản");
  await choose("Công dân ngồi tại", "UBND xã Suối Mây");
  await press("Thêm người cùng lượt");
  await press("Thêm người cùng lượt");
  expect(await dialog().getByRole("button", { name: "Thêm", exact: true }).isDisabled(), "two have no name").toBe(true);
  const [second, third] = [2, 3].map((number) => dialog().getByRole("region", { name: `Người thứ ${number} của lượt` }));
  await second?.getByLabel("Họ và tên").fill("Hà Văn Nụ");
  await third?.getByLabel("Họ và tên").fill("Giàng A Lử");
  await third?.getByRole("button", { name: /Tư cách$/ }).click();
  await page.getByRole("option", { name: "Người phiên dịch" }).click();
  await press("Thêm");
  await dialog().waitFor({ state: "detached" });
  const [command] = sent;
  if (command?.do !== "register_visit") throw new Error("no visit");
  const { group_size, persons } = command.registration;
  expect(group_size).toBe(8);
  expect(persons.map(({ name, role }) => [name, role])).toEqual([
    ["Hà Thị Chiên", "citizen"],
    ["Hà Văn Nụ", "representative"],
    ["Giàng A Lử", "interpreter"],
  ]);

  await page.getByRole("button", { name: "Thêm lượt tiếp" }).click();
  await choose("Tư cách", "Người được ủy quyền");
  await dialog().getByText("Tố cáo", { exact: true }).click();
  await dialog().getByText("Tố cáo không thực hiện qua người được ủy quyền").waitFor();
  await choose("Tư cách", "Công dân");
  await dialog().getByRole("button", { name: /Tư cách$/ }).click();
  await expect.poll(() => page.getByRole("option").allTextContents()).toEqual(["Công dân", "Người đại diện"]);
}, 60_000);
