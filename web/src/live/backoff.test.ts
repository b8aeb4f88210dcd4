import { expect, test } from "vitest";
import { backoff } from "./backoff";

test("at once, then longer, at most ten seconds, for ever", () => {
  const middle = [0, 1, 2, 3, 4, 5, 6, 7, 1000].map((attempt) => backoff(attempt, 0.5));
  expect(middle).toEqual([0, 500, 1000, 2000, 4000, 8000, 10_000, 10_000, 10_000]);
});

test("two seconds at most where nobody answers", () => {
  expect([0, 1, 2, 3, 4, 1000].map((attempt) => backoff(attempt, 0.5, false))).toEqual([0, 500, 1000, 2000, 2000, 2000]);
});

test("spread by a fifth to both sides", () => {
  expect(backoff(2, 0)).toBe(800);
  expect(backoff(2, 0.9999)).toBe(1200);
});
