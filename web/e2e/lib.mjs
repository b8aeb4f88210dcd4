// What the browser scripts share: a Chromium with made-up devices, signing in, and reading media counters.
import { chromium } from "playwright-core";

export const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--use-fake-device-for-media-stream",
  "--use-fake-ui-for-media-stream",
];

/** One Chromium; `devices` as in `--use-fake-device-for-media-stream=` (for example `fps=15`). */
export function launch({ executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium", flags = [] } = {}) {
  return chromium.launch({ executablePath, args: [...FLAGS, ...flags] });
}

/**
 * A page of its own: own cookies, own storage, as another machine would have. The capture is 320×180 at 15 pictures a
 * second, so that four pages fit on two cores. Errors of the page are collected in `page.problems`.
 */
export async function newPage(browser, { viewport = { width: 1366, height: 768 }, name = "page" } = {}) {
  const context = await browser.newContext({ viewport, locale: "vi-VN", timezoneId: "Asia/Ho_Chi_Minh", acceptDownloads: true });
  await context.addInitScript(keepPeers);
  await context.addInitScript(smallCapture);
  const page = await context.newPage();
  page.problems = [];
  page.on("pageerror", (error) => page.problems.push(`${name}: ${error.message}`));
  page.on("console", (message) => message.type() === "error" && page.problems.push(`${name}: ${message.text()}`));
  return page;
}

/** Keeps every peer connection of the page, so that its counters can be read. */
function keepPeers() {
  const Native = window.RTCPeerConnection;
  window.peers = [];
  window.RTCPeerConnection = class extends Native {
    constructor(...options) {
      super(...options);
      window.peers.push(this);
    }
  };
}

function smallCapture() {
  const devices = navigator.mediaDevices;
  if (!devices) return;
  const native = devices.getUserMedia.bind(devices);
  devices.getUserMedia = (wanted) =>
    native(wanted?.video ? { ...wanted, video: { width: 320, height: 180, frameRate: 15 } } : wanted);
}

/** Signs in by a one-use link or by `{ login, password }`, and waits for the first page behind it. */
export async function signIn(page, base, by) {
  if (typeof by === "string") await page.goto(by);
  else {
    await page.goto(`${base}/dang-nhap`);
    await page.getByLabel("Tên đăng nhập").fill(by.login);
    await page.getByLabel("Mật khẩu").fill(by.password);
    await page.getByRole("button", { name: "Đăng nhập" }).click();
  }
  await page.waitForURL((url) => !url.pathname.startsWith("/dang-nhap"));
}

/**
 * Counters of the page's newest living connection: per slot what was decoded, and what the own sources sent.
 * Slot k is the k-th pair of receiving transceivers, picture first.
 */
export async function mediaStats(page) {
  return page.evaluate(async () => {
    const peer = window.peers.findLast((one) => one.connectionState === "connected");
    if (!peer) return { connected: false, slots: [], sent: { frames: 0, audioPackets: 0 } };
    const receiving = peer.getTransceivers().filter((one) => one.direction === "recvonly");
    const inbound = async (transceiver) => {
      if (!transceiver) return undefined;
      const report = await transceiver.receiver.getStats();
      return [...report.values()].find((row) => row.type === "inbound-rtp");
    };
    const videos = receiving.filter((one) => one.receiver.track.kind === "video");
    const sounds = receiving.filter((one) => one.receiver.track.kind === "audio");
    const slots = await Promise.all(
      videos.map(async (video, index) => {
        const [picture, sound] = await Promise.all([inbound(video), inbound(sounds[index])]);
        return {
          framesDecoded: picture?.framesDecoded ?? 0,
          width: picture?.frameWidth ?? 0,
          audioPackets: sound?.packetsReceived ?? 0,
          audioEnergy: sound?.totalAudioEnergy ?? 0,
          concealed: sound?.concealedSamples ?? 0,
        };
      }),
    );
    const sent = { frames: 0, audioPackets: 0 };
    for (const row of (await peer.getStats()).values()) {
      if (row.type !== "outbound-rtp") continue;
      if (row.kind === "video") sent.frames += row.framesSent ?? 0;
      else sent.audioPackets += row.packetsSent ?? 0;
    }
    return { connected: true, slots, sent };
  });
}

/** Polls until `look` gives something true; says what was last seen when it never does. */
export async function until(what, look, { timeout = 15_000, every = 200 } = {}) {
  const end = Date.now() + timeout;
  let seen;
  do {
    seen = await look();
    if (seen) return seen;
    await new Promise((resolve) => setTimeout(resolve, every));
  } while (Date.now() < end);
  throw new Error(`waited ${timeout} ms for: ${what}`);
}

/** Waits until every slot that shows a picture has decoded `more` further frames; gives the slots' indices. */
export async function picturesFlow(page, { more = 5, atLeast = 1, timeout = 15_000 } = {}) {
  const before = (await mediaStats(page)).slots;
  return until(
    `${atLeast} flowing pictures`,
    async () => {
      const now = (await mediaStats(page)).slots;
      const flowing = now.flatMap((slot, index) => (slot.framesDecoded - (before[index]?.framesDecoded ?? 0) >= more ? [index] : []));
      return flowing.length >= atLeast ? flowing : undefined;
    },
    { timeout },
  );
}

/** Frames decoded in all slots of a page during `ms` milliseconds: for what must not be seen. */
export async function framesDuring(page, ms) {
  const sum = (stats) => stats.slots.reduce((all, slot) => all + slot.framesDecoded, 0);
  const before = sum(await mediaStats(page));
  await new Promise((resolve) => setTimeout(resolve, ms));
  return sum(await mediaStats(page)) - before;
}

/** Growth of received sound energy in all slots during `ms`: zero when nobody's microphone is let through. */
export async function soundDuring(page, ms) {
  const sum = (stats) => stats.slots.reduce((all, slot) => all + slot.audioEnergy, 0);
  const before = sum(await mediaStats(page));
  await new Promise((resolve) => setTimeout(resolve, ms));
  return sum(await mediaStats(page)) - before;
}

export function check(what, truth) {
  if (!truth) throw new Error(`failed: ${what}`);
  console.log(`ok: ${what}`);
}
