import { expect, it } from "vitest";
import { ID, publicSection, staffSection, visitSection } from "../fixture/room";
import type { Room } from "./sections";
import { waitingFor } from "./waiting";

const key = (more: Parameters<typeof publicSection>[0], visits: Room["visits"] = {}, point: string = ID.pointB, staff?: Room["staff"]) => {
  const room: Room = {
    seat: { session: ID.session, user: null, point, device: "main" },
    public: publicSection(more),
    staff,
    devices: undefined,
    point: undefined,
    visits,
    minutes: {},
    slots: [],
    connection: undefined,
  };
  return waitingFor(room);
};

it("tells a waiting point which number is inside, and nothing of it in a consultation or a restricted visit", () => {
  expect(key({})).toEqual({ key: "waiting.other_visit", number: 1, apart: true });
  expect(key({ running_number: null })).toEqual({ key: "waiting.not_your_turn", number: null, apart: true });
  expect(key({ consultation: true })).toEqual({ key: "waiting.consultation", number: null, apart: true });
  expect(key({ status: "paused" }).key).toBe("waiting.paused");
  expect(key({ status: "ready" }).key).toBe("waiting.before");
  expect(key({ status: "postponed" }).key).toBe("waiting.postponed");
});

it("does not ask those to wait whose own visit is being signed", () => {
  const own = { [ID.visit2]: visitSection({ visit: ID.visit2, citizen_point: ID.pointB, status: "read_back" }) };
  expect(key({}, own).key).toBe("waiting.signing");
  expect(key({}, { [ID.visit1]: visitSection({ status: "read_back" }) }).key).toBe("waiting.other_visit");
});

it("tells those in the running visit that the picture is missing, never that nobody hears them", () => {
  const missing = { key: "waiting.no_picture", number: null, apart: false };
  expect(key({}, {}, ID.pointA)).toEqual(missing);
  expect(key({}, {}, ID.central, staffSection())).toEqual(missing);
  expect(key({}, { [ID.visit1]: visitSection() }, ID.agency, staffSection())).toEqual(missing);
  expect(key({}, {}, ID.agency, staffSection()).key).toBe("waiting.other_visit");
});

it("says between two visits that nobody is being received, to those who lead", () => {
  const between = { running_number: null, running_point: null };
  expect(key(between, {}, ID.central, staffSection({ running: null }))).toEqual({ key: "waiting.nobody_called", number: null, apart: false });
  expect(key(between, {}, ID.pointB, staffSection({ running: null })).key).toBe("waiting.not_your_turn");
});
