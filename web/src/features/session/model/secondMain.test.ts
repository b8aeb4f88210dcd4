import { expect, it } from "vitest";
import { devicesSection, ID, pointSection, staffSection } from "../fixture/room";
import { mayTakeOver, secondMain } from "./secondMain";

it("is told by the server and concerns this very connection", () => {
  const asks = (take_over: string[], connection: string | undefined) =>
    secondMain({ connection, point: pointSection({ take_over }), devices: undefined });
  expect(asks(["c2"], "c2")).toBe("c2");
  expect(asks(["c2"], "c1")).toBeUndefined();
  expect(asks([], "c1")).toBeUndefined();
  expect(asks(["c2"], undefined)).toBeUndefined();
  expect(secondMain({ connection: "c2", point: undefined, devices: undefined })).toBeUndefined();
});

it("is told to a technician with the devices", () => {
  const devices = devicesSection({ take_over: { c2: ID.pointA } });
  expect(secondMain({ connection: "c2", point: undefined, devices })).toBe("c2");
  expect(secondMain({ connection: "c1", point: undefined, devices })).toBeUndefined();
});

it("offers the way on to those who keep the point, and to no agency", () => {
  const may = (user: string | null) =>
    mayTakeOver({ seat: { session: ID.session, user, point: ID.pointA, device: "main" }, staff: staffSection(), devices: undefined });
  expect(may(ID.officerA)).toBe(true);
  expect(may(ID.presider)).toBe(true);
  expect(may(ID.noteTaker)).toBe(true);
  expect(may(null)).toBe(false);
  const staff = staffSection({
    functions: { [ID.officerB]: { name: "Bùi Thị Nga", title: "", functions: ["agency_representative"], point: ID.agency, connected: true } },
  });
  const seat = { session: ID.session, user: ID.officerB, point: ID.agency, device: "main" } as const;
  expect(mayTakeOver({ seat, staff, devices: undefined })).toBe(false);
  expect(mayTakeOver({ seat, staff: undefined, devices: devicesSection() })).toBe(true);
});
