import { afterAll, beforeAll, expect, test } from "vitest";
import type { Page } from "playwright-core";
import type { listDevices, onLoudspeakersChanged, openMicrophone } from "../src/media/devices";
import type { playTones } from "../src/media/tones";
import { openPages, openProbe, type Pages } from "./browser";

// The signal of the loudspeaker check in a real Chromium: on which loudspeaker it sounds.

/** The parts under test, as the page's scripts see them. */
declare const parts: {
  listDevices: typeof listDevices;
  onLoudspeakersChanged: typeof onLoudspeakersChanged;
  openMicrophone: typeof openMicrophone;
  playTones: typeof playTones;
};

const PROBE = `<script type="module">
  import { listDevices, onLoudspeakersChanged, openMicrophone } from "/src/media/devices.ts";
  import { playTones } from "/src/media/tones.ts";
  window.parts = { listDevices, onLoudspeakersChanged, openMicrophone, playTones };
</script><button>Nghe thử</button>`;

let pages: Pages;
let page: Page;

beforeAll(async () => {
  pages = await openPages();
  page = await openProbe(pages, PROBE);
  await page.click("button");
}, 60_000);

afterAll(() => pages?.close());

interface Heard {
  /** Loudspeaker of each element that played, and the loudest sample that went to it. */
  sink: string;
  peak: number;
}

/** What elements play while one tone is played on `speaker`. */
function heard(speaker: string | null): Promise<Heard[]> {
  return page.evaluate(async (chosen) => {
    const found: Heard[] = [];
    const meters: { element: HTMLMediaElement; meter: AnalyserNode; peak: number }[] = [];
    const play = HTMLMediaElement.prototype.play;
    const listening = new AudioContext();
    HTMLMediaElement.prototype.play = function () {
      const meter = new AnalyserNode(listening);
      new MediaStreamAudioSourceNode(listening, { mediaStream: this.srcObject as MediaStream }).connect(meter);
      meters.push({ element: this, meter, peak: 0 });
      return play.call(this);
    };
    const timer = setInterval(() => {
      for (const one of meters) {
        const samples = new Float32Array(one.meter.fftSize);
        one.meter.getFloatTimeDomainData(samples);
        one.peak = Math.max(one.peak, ...samples);
      }
    }, 20);
    await parts.playTones(1, chosen);
    clearInterval(timer);
    HTMLMediaElement.prototype.play = play;
    for (const { element, peak } of meters) found.push({ sink: element.sinkId, peak });
    await listening.close();
    return found;
  }, speaker);
}

test("the signal sounds on the loudspeaker that was chosen, by an element as the session's sound does", async () => {
  const others = await page.evaluate(async () => {
    (await parts.openMicrophone(null)).stop();
    const { audiooutput } = await parts.listDevices();
    return audiooutput.map((one) => one.deviceId).filter((id) => id !== "default");
  });
  expect(others.length).toBeGreaterThan(0);
  for (const id of others) {
    const [one, ...more] = await heard(id);
    expect([one?.sink, more]).toEqual([id, []]);
    expect(one?.peak).toBeGreaterThan(0.2);
  }
}, 30_000);

test("on the browser's own where none was chosen, or while the chosen one is not there", async () => {
  expect(await heard(null)).toEqual([]);
  const [gone] = await heard("a loudspeaker whose cable was pulled");
  expect(gone?.sink).toBe("");
  expect(gone?.peak).toBeGreaterThan(0.2);
}, 30_000);

test("a microphone that is allowed is news of loudspeakers", async () => {
  const told = await page.evaluate(async () => {
    let count = 0;
    const stop = parts.onLoudspeakersChanged(() => (count += 1));
    (await parts.openMicrophone(null)).stop();
    const once = count;
    stop();
    (await parts.openMicrophone(null)).stop();
    return [once, count];
  });
  expect(told).toEqual([1, 1]);
}, 30_000);
