import { describe, expect, it } from "vitest";
import { screensFor } from "./screen";

describe("which screen a person gets", () => {
  it("lets the device decide before the function", () => {
    expect(screensFor("citizen_screen", ["presider"], true)).toEqual(["citizen"]);
    expect(screensFor("paper", ["point_officer"], true)).toEqual(["paper"]);
  });

  it("offers every function once, presider first", () => {
    expect(screensFor("main", ["observer", "assistant", "note_taker", "presider"], true)).toEqual([
      "presider",
      "note_taker",
      "observer",
    ]);
  });

  it("gives a kiosk without an account's function the point's screen", () => {
    expect(screensFor("main", [], true)).toEqual(["point_officer"]);
    expect(screensFor("companion", [], false)).toEqual(["observer"]);
  });
});
