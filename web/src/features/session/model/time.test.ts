import { describe, expect, it } from "vitest";
import { secondsSince, secondsUntil } from "./time";

describe("time on screen", () => {
  it("never runs below zero when the clocks differ", () => {
    const now = Date.parse("2026-11-21T01:00:00Z");
    expect(secondsSince("2026-11-21T01:00:02Z", now)).toBe(0);
    expect(secondsSince("2026-11-21T00:59:57.5Z", now)).toBe(2);
    expect(secondsUntil("2026-11-21T00:59:58Z", now)).toBe(0);
    expect(secondsUntil("2026-11-21T01:00:29.2Z", now)).toBe(30);
  });
});
