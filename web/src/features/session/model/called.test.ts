import { expect, it } from "vitest";
import { ID, pointSection, publicSection } from "../fixture/room";
import { isCalled, isHeardHere } from "./called";
import type { Room } from "./sections";

const room = (more: Partial<Room> = {}) => ({
  seat: { session: ID.session, user: ID.officerA, point: ID.pointA, device: "main" as const },
  public: publicSection(),
  point: undefined,
  devices: undefined,
  connection: "c1",
  ...more,
});

it("signals when the point comes on stage, once", () => {
  expect(isCalled(false, room())).toBe(true);
  expect(isCalled(true, room())).toBe(false);
  expect(isCalled(false, room({ public: publicSection({ running_point: null }) }))).toBe(false);
});

it("is silent where a page is loaded into a running visit", () => {
  expect(isHeardHere(room({ public: undefined }))).toBeUndefined();
  expect(isCalled(undefined, room())).toBe(false);
});

it("sounds at the called point's main device alone", () => {
  const seat = { session: ID.session, user: ID.officerA, point: ID.pointA };
  expect(isCalled(false, room({ seat: { ...seat, point: ID.pointB, device: "main" } }))).toBe(false);
  expect(isCalled(false, room({ seat: { ...seat, device: "companion" } }))).toBe(false);
  expect(isCalled(false, room({ seat: { ...seat, device: "citizen_screen" } }))).toBe(false);
  expect(isCalled(false, room({ point: pointSection({ take_over: ["c1"] }) }))).toBe(false);
});
