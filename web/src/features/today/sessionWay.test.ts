import { expect, it } from "vitest";
import { deviceOf, devicesOf } from "./sessionWay";

it("lets everybody with a seat say what the machine is, and the point officer equip the point", () => {
  expect(devicesOf(["point_officer"])).toEqual(["main", "citizen_screen", "paper", "companion"]);
  for (const seated of ["presider", "note_taker", "assistant", "advising_unit", "agency_representative", "interpreter", "observer"] as const) {
    expect(devicesOf([seated])).toEqual(["main", "companion"]);
  }
  expect(devicesOf(["technician"])).toEqual([]);
  expect(devicesOf([])).toEqual([]);
});

it("begins with a device that may be chosen", () => {
  for (const seated of ["presider", "note_taker", "point_officer", "interpreter", "observer"] as const) {
    expect(devicesOf([seated])).toContain(deviceOf([seated]));
  }
});
