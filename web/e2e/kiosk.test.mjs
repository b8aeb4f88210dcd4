// A point's own machine, in a browser with a profile of its own: paired by a code, in the session without a password, also
// after a restart of the browser, until the administrator unpairs it.
//   DIEMCAU_BIN=target/debug/diemcau node e2e/kiosk.test.mjs
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { check, FLAGS, launch, newPage, signIn, until } from "./lib.mjs";
import { province } from "./province.mjs";
import { chromium } from "playwright-core";

const POINT = "Điểm cầu xã An Hòa";
const demo = await province();
const profiles = await mkdtemp(join(tmpdir(), "diemcau-kiosk-"));

async function admin(...given) {
  const { stdout } = await promisify(execFile)(process.env.DIEMCAU_BIN, ["admin", "--config", demo.config, ...given]);
  return stdout.trim();
}

/** The browser of a machine; the same `name` is the same machine after a restart. */
async function machine(name) {
  const context = await chromium.launchPersistentContext(join(profiles, name), {
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: FLAGS,
    viewport: { width: 1366, height: 768 },
    locale: "vi-VN",
  });
  return { context, page: context.pages()[0] ?? (await context.newPage()) };
}

async function pair(page, kind, name) {
  const code = (await admin("kiosk", "code", POINT, "--kind", kind, "--name", name)).split(" ").at(-1);
  await page.goto(`${demo.url}/dang-nhap`);
  await page.getByRole("link", { name: "Ghép máy này với điểm cầu" }).click();
  await page.getByLabel("Mã ghép").fill(code);
  await page.getByRole("button", { name: "Ghép máy" }).click();
  await page.getByRole("heading", { name: "Buổi tiếp hôm nay" }).waitFor();
  return code;
}

async function enter(page) {
  await page.getByRole("link", { name: "Vào buổi tiếp", exact: true }).first().click();
  await page.getByTestId("recording").waitFor();
}

/** Acts over the page's own sign-in, as a hand that types addresses would try. */
const tries = (page, command) =>
  page.evaluate(async (act) => {
    const session = location.pathname.split("/")[2];
    const answer = await fetch(`/api/v1/sessions/${session}/commands`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-diemcau": "1" },
      body: JSON.stringify({ id: crypto.randomUUID(), command: act }),
    });
    return (await answer.json()).code;
  }, command);

const office = await launch();
const screen = await machine("citizen");
let main = await machine("main");
try {
  // The lobby is open, so that machines of points may come.
  const presider = await newPage(office, { name: "chu-tri" });
  await signIn(presider, demo.url, demo.links.find(({ role }) => role === "chu-tri").link);
  await enter(presider);
  await presider.getByTestId("main-button").filter({ hasText: "Mở kết nối các điểm cầu" }).click();

  const code = await pair(screen.page, "citizen-screen", "Màn hình công dân");
  await enter(screen.page);
  check("a paired screen shows what citizens see", await screen.page.locator("[data-screen=citizen]").isVisible());
  const stranger = await newPage(office, { name: "stranger" });
  await stranger.goto(`${demo.url}/dang-nhap/ghep-may`);
  await stranger.getByLabel("Mã ghép").fill(code);
  await stranger.getByRole("button", { name: "Ghép máy" }).click();
  await stranger.getByRole("alert").waitFor();
  check("a code pairs one browser", new URL(stranger.url()).pathname === "/dang-nhap/ghep-may");
  await stranger.context().close();

  await pair(main.page, "main", "Máy chính");
  await enter(main.page);
  check("the point's machine waits for an officer", await main.page.locator("[data-screen=stand_by]").isVisible());
  const point = new URL(presider.url()).searchParams.get("diem");
  for (const act of [{ do: "microphone", open: true }, { do: "attest_attendance", point }, { do: "propose_end" }]) {
    check(`a machine may not ${act.do} by itself`, (await tries(main.page, act)) === "not_permitted");
  }

  const address = main.page.url();
  await main.context.close();
  main = await machine("main");
  await main.page.goto(address);
  await main.page.getByTestId("recording").waitFor();
  check("after a restart of the browser it is back without a password", await main.page.locator("[data-screen=stand_by]").isVisible());

  // The sign-in ends; the key in the browser is enough for a new one.
  await main.page.goto(`${demo.url}/`);
  await main.page.getByRole("button", { name: "Đăng xuất" }).click();
  await main.page.getByRole("button", { name: "Đăng nhập bằng máy của điểm cầu" }).click();
  await enter(main.page);

  const row = (await admin("kiosk", "list", POINT)).split("\n").find((line) => line.includes("Máy chính"));
  await admin("kiosk", "unpair", row.split(" ")[0]);
  await until("the open session of the machine ends", () => main.page.locator("[data-screen]").count().then((open) => open === 0), { timeout: 30_000 });
  await main.page.goto(`${demo.url}/dang-nhap`);
  await main.page.getByRole("button", { name: "Đăng nhập bằng máy của điểm cầu" }).click();
  await main.page.getByRole("alert").waitFor();
  check("and lets the machine in no more", new URL(main.page.url()).pathname === "/dang-nhap");
  check("the list forgets it", !(await admin("kiosk", "list", POINT)).includes("Máy chính"));
  await until("the other machine goes on", () => screen.page.locator("[data-screen=citizen]").isVisible());
} catch (error) {
  if (process.env.DAY_PICTURES) await main.page.screenshot({ path: join(process.env.DAY_PICTURES, "kiosk.png") });
  throw error;
} finally {
  await Promise.all([office.close(), screen.context.close(), main.context.close()]);
  await demo.close();
  await rm(profiles, { recursive: true, force: true });
}
check("the chain of every session verifies", (await demo.verify()) === 0);
await demo.remove();
