import { expect, test } from "vitest";
import type { SegmentRow } from "../../protocol/rest";
import { type Media, PICTURE, Playback, STEP_MS } from "./playback";
import { pictureOf, reels } from "./reel";

/** An element as browsers have it: fetches for a while, plays at its own pace, stops at the end of its file. */
class Played implements Media {
  currentTime = 0;
  paused = true;
  seeking = false;
  readyState = 0;
  error: MediaError | null = null;
  playbackRate = 1;
  duration = Number.NaN;
  fetched = 0;
  loads = 0;
  #src = "";
  constructor(
    readonly lengths: Record<string, number>,
    readonly pace = 1,
    readonly fetchMs = 200,
  ) {}
  get src() {
    return this.#src;
  }
  set src(address: string) {
    [this.#src, this.fetched, this.readyState, this.currentTime, this.paused] = [address, this.fetchMs, 0, 0, true];
    this.duration = Number.NaN;
    this.loads += 1;
    this.error = null;
  }
  get ended() {
    return this.currentTime >= this.duration;
  }
  play() {
    this.paused = false;
    return Promise.resolve();
  }
  pause() {
    this.paused = true;
  }
  pass(ms: number) {
    if (this.#src === "" || this.error) return;
    this.fetched -= ms;
    if (this.fetched > 0) return;
    const length = this.lengths[this.#src];
    if (length === undefined) {
      this.error = { code: 4 } as MediaError;
      return;
    }
    [this.duration, this.readyState] = [length, 4];
    if (!this.paused) this.currentTime = Math.min(length, this.currentTime + (ms / 1000) * this.playbackRate * this.pace);
  }
}

const segment = (id: string, source: string, fromMs: number, seconds: number, point = "xa-a"): SegmentRow => ({
  segment: id,
  visit: "v1",
  point,
  source,
  began_at: new Date(Date.parse("2026-11-21T08:00:00Z") + fromMs).toISOString(),
  duration_ms: seconds * 1000,
  bytes: 1,
  sha256: "",
});

function scene(segments: SegmentRow[], { pace = {}, lengths = {} }: { pace?: Record<string, number>; lengths?: Record<string, number> } = {}) {
  const [reel] = reels(segments);
  if (!reel) throw new Error("no reel");
  const playback = new Playback(reel, (one) => one.segment);
  playback.choose(pictureOf(reel, "xa-a"));
  const files = { ...Object.fromEntries(segments.map((one) => [one.segment, one.duration_ms / 1000])), ...lengths };
  const decks = new Map<string, [Played, Played]>();
  for (const slot of [...reel.sounds.map(({ key }) => key), PICTURE]) {
    const pair: [Played, Played] = [new Played(files, pace[slot]), new Played(files, pace[slot])];
    decks.set(slot, pair);
    playback.attach(slot, 0, pair[0]);
    playback.attach(slot, 1, pair[1]);
  }
  let now = 0;
  const run = (ms: number, each = () => {}) => {
    for (const end = now + ms; now < end; now += STEP_MS) {
      for (const pair of decks.values()) pair.forEach((media) => media.pass(STEP_MS));
      playback.step(now);
      each();
    }
  };
  /** The element in front of a slot. */
  const front = (slot: string) => decks.get(slot)?.[playback.deck(slot)?.front ?? 0] ?? new Played({});
  /** Milliseconds since the first moment of the visit. */
  const at = () => playback.atMs - reel.fromMs;
  return { playback, reel, run, front, at, decks };
}

const A = "xa-a/microphone/0";
const B = "tt/microphone/0";

test("question and answer sound together with the picture, within 0.3 s however their clocks run", () => {
  const { run, front, at } = scene(
    [segment("c1", "camera", 0, 60), segment("a1", "microphone", 1000, 50), segment("b1", "microphone", 4000, 40, "tt")],
    { pace: { [B]: 1.02, [PICTURE]: 0.97 } },
  );
  run(6000);
  expect([front(A).paused, front(B).paused, front(PICTURE).paused]).toEqual([false, false, false]);
  let worst = 0;
  run(30_000, () => {
    const off = [front(A).currentTime + 1, front(B).currentTime + 4, front(PICTURE).currentTime].map((seconds) => Math.abs(seconds - at() / 1000));
    worst = Math.max(worst, ...off);
  });
  expect(worst).toBeLessThan(0.3);
  expect(at()).toBeGreaterThan(30_000);
});

test("a source that is far off is set to its place", () => {
  const { run, front, at } = scene([segment("c1", "camera", 0, 60), segment("a1", "microphone", 0, 60)]);
  run(5000);
  front(PICTURE).currentTime += 2;
  run(200);
  expect(Math.abs(front(PICTURE).currentTime - at() / 1000)).toBeLessThan(0.3);
});

test("sound before, between and after the pictures is heard; where nothing was recorded time runs on", () => {
  const { run, front, at } = scene([
    segment("a1", "microphone", 0, 3),
    segment("c1", "camera", 2000, 4),
    segment("a2", "microphone", 9000, 5),
  ]);
  run(1500);
  expect([front(A).src, front(A).paused, front(PICTURE).paused]).toEqual(["a1", false, true]);
  while (at() < 4500) run(STEP_MS);
  expect([front(A).paused, front(PICTURE).src, front(PICTURE).paused]).toEqual([true, "c1", false]);
  while (at() < 7500) run(STEP_MS);
  expect([front(A).paused, front(PICTURE).paused]).toEqual([true, true]);
  while (at() < 11_000) run(STEP_MS);
  expect([front(A).src, front(A).paused]).toEqual(["a2", false]);
  expect(front(A).currentTime).toBeCloseTo(at() / 1000 - 9, 0);
});

test("it ends at the last moment of any source and begins anew from there", () => {
  const { run, playback, at } = scene([segment("c1", "camera", 0, 2), segment("a1", "microphone", 1000, 3)]);
  run(8000);
  expect([playback.playing, at()]).toEqual([false, 4000]);
  playback.play();
  run(1000);
  expect([playback.playing, at() < 2000]).toEqual([true, true]);
});

test("the next file is there when the one before it is over: nothing waits", () => {
  const { run, front, playback, decks, at } = scene([segment("a1", "microphone", 0, 60), segment("a2", "microphone", 60_000, 60)]);
  run(500);
  let waited = 0;
  run(65_000, () => (waited += playback.waiting ? 1 : 0));
  expect([front(A).src, waited]).toEqual(["a2", 0]);
  expect(front(A).currentTime).toBeCloseTo(at() / 1000 - 60, 0);
  expect(decks.get(A)?.map(({ loads }) => loads)).toEqual([1, 1]);
});

test("a file shorter than its clock says does not hold the rest", () => {
  const { run, at } = scene([segment("a1", "microphone", 0, 10), segment("a2", "microphone", 10_000, 5)], { lengths: { a1: 9.2 } });
  run(13_000);
  expect(at()).toBeGreaterThan(12_000);
});

test("all wait for one that is fetched, also after a moment was chosen", () => {
  const { run, playback, front, reel } = scene([segment("a1", "microphone", 0, 60), segment("b1", "microphone", 0, 60, "tt")]);
  run(1000);
  playback.seek(reel.fromMs + 30_000);
  front(B).readyState = 1;
  front(B).fetched = 1000;
  run(500);
  expect([playback.waiting, front(A).paused, front(A).currentTime]).toEqual([true, true, 30]);
  run(2000);
  expect([playback.waiting, front(A).paused, front(B).paused]).toEqual([false, false, false]);
  expect(Math.abs(front(A).currentTime - front(B).currentTime)).toBeLessThan(0.3);
});

test("a press is heard at once, not at the next step", () => {
  const { run, playback, front, reel } = scene([segment("a1", "microphone", 0, 10), segment("a2", "microphone", 60_000, 10), segment("b1", "microphone", 0, 70, "tt")]);
  run(2000);
  playback.seek(reel.fromMs + 30_000);
  expect([front(A).paused, front(B).paused], "one has nothing there, the other goes on").toEqual([true, false]);
  run(2000);
  playback.pause();
  expect([front(A).paused, front(B).paused]).toEqual([true, true]);
});

test("a file that does not play is named and stops; playing on goes on without it", () => {
  const { run, playback, front, at } = scene([segment("c1", "camera", 0, 60), segment("a1", "microphone", 0, 60)], {});
  front(PICTURE).error = { code: 4 } as MediaError;
  run(300);
  front(PICTURE).error = { code: 4 } as MediaError;
  run(1000);
  expect([playback.playing, [...playback.failed]]).toEqual([false, ["c1"]]);
  playback.play();
  run(3000);
  expect([front(A).paused, at() > 2000]).toEqual([false, true]);
  playback.seek(playback.atMs + 1000);
  expect(playback.failed.size).toBe(0);
});

test("another picture is shown from the same moment, and the sound goes on", () => {
  const { run, playback, front, reel, at } = scene([
    segment("c1", "camera", 0, 60),
    segment("p1", "paper", 5000, 50),
    segment("a1", "microphone", 0, 60),
  ]);
  run(10_000);
  playback.choose(reel.pictures.find(({ source }) => source === "paper"));
  run(2000);
  expect([front(PICTURE).src, front(PICTURE).paused, front(A).paused]).toEqual(["p1", false, false]);
  expect(Math.abs(front(PICTURE).currentTime + 5 - at() / 1000)).toBeLessThan(0.3);
});
