import { expect, test } from "vitest";
import type { SegmentRow } from "../../protocol/rest";
import { lengthMs, momentOf, reels, soundAt } from "./playlist";

const segment = (id: string, source: string, began: string, seconds: number, point = "xa-a"): SegmentRow => ({
  segment: id,
  visit: "v1",
  point,
  source,
  began_at: `2026-11-21T08:${began}Z`,
  duration_ms: seconds * 1000,
  bytes: 1,
  sha256: "",
});

const all = [
  segment("c2", "camera", "01:00", 60),
  segment("m1", "microphone", "00:10", 30),
  segment("c1", "camera", "00:00", 60),
  segment("m2", "microphone", "01:20", 10),
  segment("p1", "paper", "00:30", 20),
  segment("t1", "microphone", "00:00", 5, "tt"),
];

test("one reel per place, pictures lead, sound follows, papers apart", () => {
  const [call, centre, paper] = reels(all);
  expect(call?.main.map(({ segment: id }) => id)).toEqual(["c1", "c2"]);
  expect(call?.sound.map(({ segment: id }) => id)).toEqual(["m1", "m2"]);
  expect(centre?.main.map(({ segment: id }) => id)).toEqual(["t1"]);
  expect(centre?.sound).toEqual([]);
  expect(paper?.main.map(({ segment: id }) => id)).toEqual(["p1"]);
  expect(lengthMs(call?.main ?? [])).toBe(120_000);
});

test("the sound of a moment is found across files and is silent between them", () => {
  const [call] = reels(all);
  const [first, second] = call?.main ?? [];
  if (!call || !first || !second) throw new Error("no reel");
  expect(soundAt(call.sound, momentOf(first, 15))).toMatchObject({ segment: { segment: "m1" }, seconds: 5 });
  expect(soundAt(call.sound, momentOf(first, 50))).toBeUndefined();
  expect(soundAt(call.sound, momentOf(second, 25))).toMatchObject({ segment: { segment: "m2" }, seconds: 5 });
});
