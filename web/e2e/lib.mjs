// What the browser scripts share: a Chromium with made-up devices, signing in, and reading media counters.
import { chromium } from "playwright-core";
import flags from "../test/chromium.json" with { type: "json" };

export const FLAGS = ["--headless", ...flags];

/**
 * One Chromium. `lines` by host (`xa-a.localhost`): pages of that host reach the server through that `Line` alone.
 * `devices`: switches of its made-up camera and microphone.
 */
export function launch({ devices = [], executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium", lines = {} } = {}) {
  const rules = Object.entries(lines).map(([host, line]) => `MAP ${host} 127.0.0.1:${line.port}`);
  return chromium.launch({ executablePath, args: [...FLAGS, ...devices, ...(rules.length > 0 ? [`--host-resolver-rules=${rules.join(",")}`] : [])] });
}

/**
 * A page of its own: own cookies, own storage, as another machine would have. The capture is 320×180 at 15 pictures a
 * second, so that four pages fit on two cores; a browser sends less than 640×360 in one layer alone; with
 * `plainSound` the microphone is taken as it is. Errors of the page are collected in `page.problems`. With a `line`, sound
 * and picture take the same way as the page; with `reaches` the ports of the server's media that its network knows a way
 * to, none is bent and the others are as if they were not there.
 */
export async function newPage(browser, { viewport = { width: 1366, height: 768 }, name = "page", line, reaches, capture = { width: 320, height: 180 } } = {}) {
  const context = await browser.newContext({ viewport, locale: "vi-VN", timezoneId: "Asia/Ho_Chi_Minh", acceptDownloads: true });
  await context.addInitScript(keepPeers);
  await context.addInitScript(smallCapture, capture);
  if (reaches) await context.addInitScript(reachOnly, reaches);
  else if (line) {
    await context.exposeBinding("portOnLine", (_source, port) => line.media(port));
    await context.addInitScript(sendThroughLine);
  }
  const page = await context.newPage();
  page.problems = [];
  page.on("pageerror", (error) => page.problems.push(`${name}: ${error.message}`));
  page.on("console", (message) => message.type() === "error" && page.problems.push(`${name}: ${message.text()}`));
  return page;
}

/**
 * Keeps every peer connection of the page, so that its counters can be read. Pictures keep their size when the machine
 * is busy with other tests: which layer is shown is then the server's choice alone.
 */
export function keepPeers() {
  const Native = window.RTCPeerConnection;
  window.peers = [];
  window.RTCPeerConnection = class extends Native {
    constructor(...options) {
      super(...options);
      window.peers.push(this);
    }

    addTransceiver(kind, options) {
      const transceiver = super.addTransceiver(kind, options);
      if (kind === "video" && options.sendEncodings?.length > 1) {
        const parameters = { ...transceiver.sender.getParameters(), degradationPreference: "maintain-resolution" };
        transceiver.sender.setParameters(parameters).catch((error) => console.error(`picture size: ${error}`));
      }
      return transceiver;
    }
  };
}

/** The server names its address in its answer; the page is told the line's instead, as a router would arrange it. */
function sendThroughLine() {
  const Native = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Native {
    async setRemoteDescription(answer) {
      const [, port] = /^a=candidate:\S+ 1 udp \d+ 127\.0\.0\.1 (\d+) typ host/m.exec(answer.sdp) ?? [];
      if (port === undefined) throw new Error("the answer names no address that could be bent");
      const sdp = answer.sdp.replaceAll(` ${port} typ host`, ` ${await window.portOnLine(Number(port))} typ host`);
      return super.setRemoteDescription({ type: answer.type, sdp });
    }
  };
}

/** Of the addresses the server names only those of these ports are of the page's network. */
function reachOnly(ports) {
  const Native = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Native {
    constructor(...options) {
      super(...options);
      this.madeAt = performance.now();
      this.addEventListener("connectionstatechange", () => {
        if (this.connectionState === "connected") this.connectedMs ??= Math.round(performance.now() - this.madeAt);
      });
    }

    setRemoteDescription({ type, sdp }) {
      const lines = sdp.split("\r\n").filter((line) => !line.startsWith("a=candidate:") || ports.includes(Number(line.split(" ")[5])));
      return super.setRemoteDescription({ type, sdp: lines.join("\r\n") });
    }
  };
}

/** How the packets of the page's newest living connection travel: `udp`, `tcp` or `relay`. */
export function rungOf(page) {
  return page.evaluate(async () => {
    const peer = window.peers.findLast((one) => one.connectionState === "connected");
    const rows = [...((await peer?.getStats())?.values() ?? [])];
    const pair = rows.find((row) => row.type === "candidate-pair" && row.id === rows.find((one) => one.type === "transport")?.selectedCandidatePairId);
    const local = rows.find((row) => row.id === pair?.localCandidateId);
    return local?.candidateType === "relay" ? "relay" : local?.protocol;
  });
}

export function smallCapture({ plainSound, ...size }) {
  const devices = navigator.mediaDevices;
  if (!devices) return;
  const native = devices.getUserMedia.bind(devices);
  // What hides noise hides tones too.
  const plain = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  devices.getUserMedia = ({ video, audio }) =>
    native({ ...(video && { video: { ...size, frameRate: 15 } }), ...(audio && { audio: plainSound ? plain : audio }) });
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
 * Slot k is the k-th pair of receiving transceivers, picture first. `number` tells one connection from the next.
 */
export async function mediaStats(page) {
  return page.evaluate(async () => {
    const peer = window.peers.findLast((one) => one.connectionState === "connected");
    if (!peer) return { connected: false, number: -1, slots: [], sent: { frames: 0, audioPackets: 0 } };
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
    return { connected: true, number: window.peers.indexOf(peer), slots, sent };
  });
}

/** Camera layers that the page's connection sends now, lowest first: `rid`, pictures sent so far, width. */
export function layersSent(page) {
  return page.evaluate(async () => {
    const peer = window.peers.findLast((one) => one.connectionState === "connected");
    const rows = [...((await peer?.getStats())?.values() ?? [])];
    return rows
      .filter((row) => row.type === "outbound-rtp" && row.kind === "video" && row.rid && row.active && row.framesSent > 0)
      .map(({ rid, framesSent, frameWidth }) => ({ rid, framesSent, width: frameWidth }))
      .toSorted((one, other) => one.width - other.width);
  });
}

/** Polls until `look` gives something true; says what was last seen when it never does. */
export async function until(what, look, { timeout = 30_000, every = 200 } = {}) {
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
export async function picturesFlow(page, { more = 5, atLeast = 1, timeout = 30_000 } = {}) {
  let before = await mediaStats(page);
  return until(
    `${atLeast} flowing pictures`,
    async () => {
      const now = await mediaStats(page);
      // A page that joined anew counts from nothing.
      if (now.number !== before.number) before = now;
      const decoded = (slot, index) => slot.framesDecoded - (before.slots[index]?.framesDecoded ?? 0);
      const flowing = now.slots.flatMap((slot, index) => (decoded(slot, index) >= more ? [index] : []));
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

/**
 * Waits until a page has heard nothing for a second and a half: a busy machine plays late what came before. The made-up
 * microphone beeps every second, so one that is open never lets this pass.
 */
export function silent(page) {
  return until("silence", async () => (await soundDuring(page, 1500)) < 1e-6);
}

/**
 * Begins to watch now, and resolves when sound is played and a picture shown again in the page: milliseconds from now.
 * The centre of a point whose microphone is closed has no sound to wait for. Sound counts when energy arrives in a track that an element plays, a picture when an element on the stage draws.
 */
export function flowsAgain(page, { sound: wantsSound = true, timeout = 30_000 } = {}) {
  return page.evaluate(async ([limit, heeds]) => {
    const began = performance.now();
    const known = new Map();
    // True when the counter of this thing has grown since it was first seen; new things count from nothing.
    const grew = (thing, value, first, by = 0) => {
      const before = known.get(thing) ?? (first ? value : 0);
      known.set(thing, Math.min(before, value));
      return value > before + by;
    };
    const shows = (first) =>
      [...document.querySelectorAll("[data-testid=tile] video")].filter((video) => grew(video, video.getVideoPlaybackQuality().totalVideoFrames, first)).length > 0;
    const sounds = async (first) => {
      const played = new Set([...document.querySelectorAll("audio")].flatMap((audio) => audio.srcObject?.getAudioTracks() ?? []).map((track) => track.id));
      const receivers = window.peers.filter((peer) => peer.connectionState !== "closed").flatMap((peer) => peer.getReceivers());
      const heard = await Promise.all(
        receivers
          .filter(({ track }) => played.has(track.id))
          .map(async (receiver) => {
            const rows = [...(await receiver.getStats()).values()];
            const energy = rows.find((row) => row.type === "inbound-rtp")?.totalAudioEnergy ?? 0;
            return grew(receiver, energy, first, 1e-6);
          }),
      );
      return heard.includes(true);
    };
    const back = { soundMs: heeds ? undefined : 0, pictureMs: undefined };
    shows(true);
    await sounds(true);
    while (performance.now() - began < limit && (back.soundMs === undefined || back.pictureMs === undefined)) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      const [picture, sound] = [shows(false), await sounds(false)];
      const now = Math.round(performance.now() - began);
      if (picture) back.pictureMs ??= now;
      if (sound) back.soundMs ??= now;
    }
    return back;
  }, [timeout, wantsSound]);
}

const began = Date.now();

/** One line per claim, with the seconds since the script began. */
export function check(what, truth) {
  if (!truth) throw new Error(`failed: ${what}`);
  console.log(`ok: ${what} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
}
