import { describe, expect, it } from "vitest";
import { clock, clockSeconds, localDay, secondsSince, secondsUntil, stopwatch } from "./time";

describe("time on screen", () => {
  it("is Viet Nam time whatever the machine says", () => {
    expect(clock("2026-11-20T18:05:09Z")).toBe("01:05");
    expect(clockSeconds("2026-11-20T18:05:09Z")).toBe("01:05:09");
    expect(localDay("2026-11-20T18:05:09Z")).toBe("2026-11-21");
  });

  it("never runs below zero when the clocks differ", () => {
    const now = Date.parse("2026-11-21T01:00:00Z");
    expect(secondsSince("2026-11-21T01:00:02Z", now)).toBe(0);
    expect(secondsUntil("2026-11-21T00:59:58Z", now)).toBe(0);
    expect(secondsUntil("2026-11-21T01:00:29.2Z", now)).toBe(30);
  });

  it("writes durations people can read", () => {
    expect(stopwatch(0)).toBe("0:00");
    expect(stopwatch(754)).toBe("12:34");
    expect(stopwatch(3725)).toBe("1:02:05");
  });
});
