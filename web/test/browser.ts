import { type Browser, type BrowserContext, chromium } from "playwright-core";

/** Chromium as the tests use it: made camera and microphone, loopback addresses in the open, no request of its own. */
const OPTIONS = {
  executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
  ],
};

export function openBrowser(): Promise<Browser> {
  return chromium.launch(OPTIONS);
}

/** With the profile in `folder`, which keeps what its owner has set. */
export function openLargeLetters(folder: string): Promise<BrowserContext> {
  return chromium.launchPersistentContext(folder, { ...OPTIONS, serviceWorkers: "block" });
}
