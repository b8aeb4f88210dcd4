import { describe, expect, it } from "vitest";
import { ID, pointSection, publicSection } from "../fixture/room";
import { isMicrophoneKey, lampOf, mayLearn } from "./microphone";

const press = (code: string, more = {}) => ({ code, repeat: false, ctrlKey: false, altKey: false, metaKey: false, ...more });

describe("microphone", () => {
  it("tells closed, allowed and open apart, and a lost wire is closed", () => {
    const lamp = (may_speak: boolean, microphone_open: boolean, linked = true) =>
      lampOf(pointSection({ may_speak, microphone_open }), publicSection(), ID.pointA, linked);
    expect([lamp(false, false), lamp(true, false), lamp(true, true), lamp(true, true, false)]).toEqual([
      "closed",
      "allowed",
      "open",
      "unlinked",
    ]);
  });

  it("reads the floor where the roster is not told, as to an interpreter", () => {
    const { floor } = publicSection();
    const quiet = (point: string) => publicSection({ points: {}, floor: { ...floor, point } });
    expect(lampOf(undefined, quiet(ID.pointA), ID.pointA, true)).toBe("allowed");
    expect(lampOf(undefined, quiet(ID.pointB), ID.pointA, true)).toBe("closed");
    expect(lampOf(undefined, undefined, null, true)).toBe("closed");
  });

  it("takes F8 always and a learnt foot switch, once per press", () => {
    expect(isMicrophoneKey(press("F8"), "F13")).toBe(true);
    expect(isMicrophoneKey(press("F13"), "F13")).toBe(true);
    expect(isMicrophoneKey(press("F8", { repeat: true }), "F13")).toBe(false);
    expect(isMicrophoneKey(press("F8", { ctrlKey: true }), "F13")).toBe(false);
    expect(isMicrophoneKey(press("F9"), "F13")).toBe(false);
  });

  it("never learns a key one needs for typing or moving", () => {
    expect(["Tab", "Space", "KeyA", "Digit5", "ArrowUp"].filter(mayLearn)).toEqual([]);
    expect(["F13", "PageDown", "NumpadEnter"].filter(mayLearn)).toHaveLength(3);
  });
});
