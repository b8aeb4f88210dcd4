import { mkdtemp, rm } from "node:fs/promises";
import type { Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Browser } from "playwright-core";
import { build } from "vite";
import { ID } from "../src/features/session/fixture/room";
import { openBrowser } from "./browser";
import { me, rows } from "./player/office";
import { play } from "./player/play";
import { serveSite } from "./player/site";

// The built pages under the server's content policy, with and without network.

let folder: string;
let browser: Browser;
let server: Server;
let origin: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "shell-"));
  // The test runner's own value would leave the service worker out.
  vi.stubEnv("NODE_ENV", "production");
  await build({ logLevel: "error", build: { outDir: folder, emptyOutDir: true } });
  vi.unstubAllEnvs();
  [{ server, origin }, browser] = await Promise.all([serveSite(folder), openBrowser()]);
}, 120_000);

afterAll(async () => {
  await browser?.close();
  server?.close();
  await rm(folder, { recursive: true, force: true });
});

test("the sign-in page needs no foreign address and breaks no rule of the policy", async () => {
  const page = await browser.newPage();
  const trouble: string[] = [];
  page.on("console", (message) => /Content Security|Trusted/.test(message.text()) && trouble.push(message.text()));
  page.on("pageerror", (error) => trouble.push(String(error)));
  page.on("request", (request) => request.url().startsWith(origin) || trouble.push(request.url()));
  await page.goto(`${origin}/dang-nhap`);
  await page.getByRole("button", { name: "Đăng nhập" }).waitFor();
  await page.getByRole("button", { name: "English" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  expect(await page.evaluate(() => document.documentElement.lang)).toBe("en");
  await page.evaluate(() => document.fonts.ready);
  expect(await page.evaluate(() => document.fonts.check("16px 'Be Vietnam Pro'"))).toBe(true);
  expect(trouble).toEqual([]);
  await page.close();
}, 30_000);

test("who is not signed in is sent to sign in, once, and comes back to where they wanted to go", async () => {
  const page = await browser.newPage();
  await page.route("**/api/v1/me", (route) => route.fulfill({ status: 401, json: {} }));
  await page.goto(`${origin}/kiem-tra-thiet-bi?buoi=b1`);
  await page.getByLabel("Mật khẩu").waitFor();
  expect(new URL(page.url()).searchParams.get("den")).toBe("/kiem-tra-thiet-bi?buoi=b1");
  await page.close();
}, 30_000);

test("a day may be typed under the policy", async () => {
  const page = await browser.newPage({ locale: "vi-VN" });
  const trouble: string[] = [];
  page.on("pageerror", (error) => trouble.push(String(error)));
  const api = { "/me": me(ID.officerA), "/sessions": { rows, next: null } };
  await play(page, { api, sections: {}, point: null });
  await page.goto(`${origin}/`);
  await page.getByRole("group", { name: "Ngày" }).getByRole("spinbutton").first().click();
  await page.keyboard.type("21122026", { delay: 30 });
  await page.getByRole("main").getByText("21 tháng 12, 2026").first().waitFor();
  expect(trouble).toEqual([]);
  await page.close();
}, 30_000);

test("a page that was there once comes without network, and says what is missing", async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${origin}/dang-nhap`);
  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
  await page.goto(`${origin}/`);
  await page.getByText("Không tới được máy chủ").waitFor();
  const kept = await page.evaluate(async () => {
    const names = await caches.keys();
    const requests = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
    return requests.flat().map(({ url }) => new URL(url).pathname);
  });
  expect(kept).toContain("/index.html");
  expect(kept.filter((path) => path.startsWith("/api"))).toEqual([]);
  await context.close();
}, 60_000);
