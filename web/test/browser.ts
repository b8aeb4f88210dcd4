import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { createServer } from "vite";
import FLAGS from "./chromium.json";

/** Chromium as the tests use it: made camera and microphone, loopback addresses in the open, no request of its own. */
const OPTIONS = {
  executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
  args: [...FLAGS, "--disable-features=WebRtcHideLocalIpsWithMdns"],
};

export function openBrowser(): Promise<Browser> {
  return chromium.launch(OPTIONS);
}

/** With the profile in `folder`, which keeps what its owner has set. */
export function openLargeLetters(folder: string): Promise<BrowserContext> {
  return chromium.launchPersistentContext(folder, { ...OPTIONS, serviceWorkers: "block" });
}

/** The pages as they are in the sources, and a browser to look at them. */
export interface Pages {
  browser: Browser;
  /** Ends with a slash. */
  url: string;
  close: () => Promise<void>;
}

export async function openPages(): Promise<Pages> {
  const vite = await createServer({ logLevel: "error", server: { port: 0, hmr: false, ws: false } });
  await vite.listen();
  const browser = await openBrowser();
  const close = async () => {
    await browser.close();
    await vite.close();
  };
  return { browser, url: vite.resolvedUrls?.local[0] ?? "", close };
}

/** A page of the tests' own, whose scripts import parts of the sources and set `window.parts` when they are there. */
export async function openProbe({ browser, url }: Pages, body: string): Promise<Page> {
  const page = await browser.newPage();
  await page.route("**/probe", (route) => route.fulfill({ contentType: "text/html", body }));
  await page.goto(`${url}probe`);
  await page.waitForFunction(() => "parts" in globalThis);
  return page;
}
