import { expect, it } from "vitest";
import { levelOf, loudnessOf } from "./levels";

it("puts the server's loudness on the scale of the device check", () => {
  expect(loudnessOf(undefined)).toBe(0);
  expect(loudnessOf(127)).toBe(0);
  expect(loudnessOf(60)).toBe(0);
  expect(loudnessOf(30)).toBe(0.5);
  expect(loudnessOf(0)).toBe(1);
  // A square wave at a tenth of full scale is 20 dB below it.
  expect(loudnessOf(20)).toBeCloseTo(levelOf(new Float32Array(64).fill(0.1)), 3);
});
