import { mkdtemp, rm } from "node:fs/promises";
import type { Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Browser } from "playwright-core";
import { build } from "vite";
import { openBrowser } from "./browser";
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
