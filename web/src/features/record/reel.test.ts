import { expect, test } from "vitest";
import type { SegmentRow } from "../../protocol/rest";
import { beginMs, fileAt, fileAfter, filesOf, nextMs, pictureOf, places, reels } from "./reel";

const segment = (id: string, source: string, began: string, seconds: number, point = "xa-a", visit: string | null = "v1"): SegmentRow => ({
  segment: id,
  visit,
  point,
  source,
  began_at: `2026-11-21T08:${began}Z`,
  duration_ms: seconds * 1000,
  bytes: 1,
  sha256: "",
});
const ms = (time: string) => Date.parse(`2026-11-21T08:${time}Z`);

const all = [
  segment("c2", "camera", "01:00", 60),
  segment("m1", "microphone", "00:10", 30),
  segment("c1", "camera", "00:00", 60),
  segment("m2", "microphone", "02:20", 10),
  segment("p1", "paper", "00:30", 20),
  segment("t1", "microphone", "00:20", 5, "tt"),
  segment("e1", "microphone", "03:00", 20, "tt"),
  segment("x1", "microphone", "05:00", 20, "tt", "v2"),
];
const [first, second] = reels(all);
if (!first || !second) throw new Error("no reels");

test("a visit has one line of time, from the first moment of any source to the last, pictures or not", () => {
  expect([first.visit, second.visit]).toEqual(["v1", "v2"]);
  expect([first.fromMs, first.toMs]).toEqual([ms("00:00"), ms("03:20")]);
  expect(first.pictures.map(({ key }) => key)).toEqual(["xa-a/camera/0", "xa-a/paper/0"]);
  expect(first.sounds.map(({ segments }) => segments.map((one) => one.segment))).toEqual([["m1", "m2"], ["t1", "e1"]]);
  expect(second.pictures).toEqual([]);
});

test("question and answer of two places sound at the same moment, also after the last picture", () => {
  const heard = (time: string) => first.sounds.flatMap((track) => fileAt(track, ms(time)) ?? []);
  expect(heard("00:22").map(({ segment: { segment: id }, seconds }) => [id, seconds])).toEqual([["m1", 12], ["t1", 2]]);
  expect(heard("00:26").map(({ segment: { segment: id } }) => id)).toEqual(["m1"]);
  expect(heard("03:05").map(({ segment: { segment: id }, seconds }) => [id, seconds])).toEqual([["e1", 5]]);
  expect(first.pictures.flatMap((track) => fileAt(track, ms("03:05")) ?? [])).toEqual([]);
});

test("where nothing was recorded the next file is known, and only there", () => {
  expect(nextMs(first, ms("02:10"))).toBe(ms("02:20"));
  expect(nextMs(first, ms("02:40"))).toBe(ms("03:00"));
  expect(nextMs(first, ms("01:30"))).toBeUndefined();
  expect(nextMs(first, ms("04:00"))).toBeUndefined();
});

test("files of two machines of a place at the same time are two tracks; files that touch are one", () => {
  const [reel] = reels([
    segment("a1", "camera", "00:00", 60),
    { ...segment("a2", "camera", "00:59", 60), began_at: "2026-11-21T08:00:59.900Z" },
    segment("b1", "camera", "00:30", 60),
  ]);
  expect(reel?.pictures.map(({ key, segments }) => [key, segments.map((one) => one.segment)])).toEqual([
    ["xa-a/camera/0", ["a1", "a2"]],
    ["xa-a/camera/1", ["b1"]],
  ]);
  const [track] = reel?.pictures ?? [];
  if (!reel || !track) throw new Error("no track");
  expect(fileAt(track, ms("00:59") + 950)?.segment.segment).toBe("a2");
  expect(filesOf(reel.pictures).map(({ segment: { segment: id } }) => id)).toEqual(["a1", "b1", "a2"]);
});

test("a place without a picture of its own shows whoever has one", () => {
  expect(pictureOf(first, "xa-a")?.source).toBe("camera");
  expect(pictureOf(first, "tt")?.key).toBe("xa-a/camera/0");
  expect(pictureOf(second, "tt")).toBeUndefined();
});

test("the list has one row for each place of a visit", () => {
  expect(places(all).map(({ visit, point, sources }) => [visit, point, sources.join()])).toEqual([
    ["v1", "xa-a", "camera,microphone,paper"],
    ["v1", "tt", "microphone"],
    ["v2", "tt", "microphone"],
  ]);
  const [row] = places(all);
  expect([row?.fromMs, row?.toMs]).toEqual([ms("00:00"), ms("02:30")]);
});

test("the file after a moment", () => {
  const [track] = first.sounds;
  if (!track) throw new Error("no track");
  expect(fileAfter(track, ms("00:10"))?.segment).toBe("m2");
  expect(fileAfter(track, ms("02:20"))).toBeUndefined();
  expect(beginMs(track.segments[0] ?? second.sounds[0]!.segments[0]!)).toBe(ms("00:10"));
});
