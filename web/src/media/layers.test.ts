import { expect, test } from "vitest";
import { wantedEncodings } from "./layers";

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
