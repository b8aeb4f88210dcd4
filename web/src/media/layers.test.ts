import { expect, test } from "vitest";
import { shareOut, wantedEncodings } from "./layers";

const three = [
  { rid: "q", maxBitrate: 150_000 },
  { rid: "h", maxBitrate: 500_000 },
  { rid: "f", maxBitrate: 1_500_000 },
];

test("what is not wanted is off, the rest is as it was", () => {
  expect(wantedEncodings(three, ["quarter", "full"], false)).toEqual([
    { rid: "q", maxBitrate: 150_000, active: true },
    { rid: "h", maxBitrate: 500_000, active: false },
    { rid: "f", maxBitrate: 1_500_000, active: true },
  ]);
});

test("nobody watches: the lowest, slowly, and at full speed again later", () => {
  const idle = wantedEncodings(three, ["quarter"], true);
  expect(idle.map(({ active }) => active)).toEqual([true, false, false]);
  expect(idle[0]?.maxFramerate).toBe(5);
  const again = wantedEncodings(idle, ["quarter", "half", "full"], false);
  expect(again.map(({ active }) => active)).toEqual([true, true, true]);
  expect(again[0]).not.toHaveProperty("maxFramerate");
});

test("a single encoding is never switched off", () => {
  expect(wantedEncodings([{ maxBitrate: 1 }], ["full"], true)).toEqual([{ maxBitrate: 1, active: true, maxFramerate: 5 }]);
  expect(wantedEncodings([{ maxBitrate: 1 }], [], false)).toEqual([{ maxBitrate: 1, active: true }]);
});

test("on a narrow line sound is halved, said twice, and has its share before the picture", () => {
  const usual = shareOut(undefined, undefined);
  expect(usual).toEqual({ sound: 40_000 });
  expect(shareOut(210_000, usual)).toEqual(usual);
  for (const [outgoing, camera] of [[190_000, 80_000], [128_000, 30_000], [120_000, 30_000], [40_000, 30_000], [0, 30_000]] as const) {
    const narrow = shareOut(outgoing, usual);
    expect(narrow).toEqual({ sound: 30_000, camera });
  }
});

test("a line is narrow until it takes clearly more, and what is sent there lets the browser find that out", () => {
  let share = shareOut(100_000, undefined);
  for (let round = 0; round < 8; round += 1) {
    // Browsers believe in at most half as much again as they send.
    const sent = 72_000 + Math.min(150_000, share.camera ?? 150_000);
    share = shareOut(1.5 * sent, share);
  }
  expect(share).toEqual({ sound: 40_000 });
  expect(shareOut(250_000, shareOut(190_000, undefined)).camera).toBe(140_000);
});

test("a narrow line gets the lowest layer alone, and all of them again later", () => {
  const narrow = wantedEncodings(three, ["quarter", "half", "full"], false, 50_000);
  expect(narrow.map(({ active }) => active)).toEqual([true, false, false]);
  expect(narrow.map(({ maxBitrate }) => maxBitrate)).toEqual([50_000, 500_000, 1_500_000]);
  expect(wantedEncodings(three, ["quarter"], false, 400_000)[0]?.maxBitrate).toBe(150_000);
  const [alone] = wantedEncodings([{ maxBitrate: 1_500_000 }], ["full"], false, 60_000);
  expect(alone).toMatchObject({ active: true, maxBitrate: 60_000 });
});
