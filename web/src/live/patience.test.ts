import { expect, test } from "vitest";
import { patience } from "./patience";

test("time in which nobody looked counts as one second, unless the page was asleep", () => {
  let nowMs = 1000;
  const waited = patience(() => nowMs);
  const after = (ms: number) => {
    nowMs += ms;
    return waited();
  };
  expect([after(500), after(500)]).toEqual([500, 1000]);
  expect(after(4000)).toBe(2000);
  expect(after(0)).toBe(2000);
  expect(after(60_000)).toBe(62_000);
});
