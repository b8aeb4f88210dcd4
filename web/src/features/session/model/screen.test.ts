import { describe, expect, it } from "vitest";
import { screensFor } from "./screen";

describe("which screen a person gets", () => {
  it("lets the device decide before the function", () => {
    expect(screensFor("citizen_screen", ["presider"], "point")).toEqual(["citizen"]);
    expect(screensFor("paper", ["point_officer"], "kiosk")).toEqual(["paper"]);
  });

  it("offers every function once, presider first", () => {
    expect(screensFor("main", ["observer", "assistant", "note_taker", "presider"], "point")).toEqual([
      "presider",
      "note_taker",
      "observer",
    ]);
  });

  it("does not take an interpreter for an agency", () => {
    expect(screensFor("companion", ["interpreter"], "point")).toEqual(["attending"]);
    expect(screensFor("main", ["advising_unit", "agency_representative"], "point")).toEqual(["agency", "attending"]);
  });

  it("lets a paired machine wait for an officer, and an officer work at it", () => {
    expect(screensFor("main", [], "kiosk")).toEqual(["stand_by"]);
    expect(screensFor("main", ["point_officer"], "kiosk")).toEqual(["point_officer"]);
    expect(screensFor("main", [], "point")).toEqual(["point_officer"]);
    expect(screensFor("companion", [], null)).toEqual(["observer"]);
  });
});
