import { expect, it } from "vitest";
import { ID, pointSection, publicSection, staffSection, visitSection } from "../fixture/room";
import type { Room } from "./sections";
import { waitingFor } from "./waiting";

const key = (more: Parameters<typeof publicSection>[0], visits: Room["visits"] = {}, point: string = ID.pointB, here: Partial<Room> = {}) => {
  const room: Room = {
    seat: { session: ID.session, user: null, point, device: "main" },
    public: publicSection(more),
    staff: undefined,
    devices: undefined,
    point: undefined,
    visits,
    minutes: {},
    slots: [],
    connection: undefined,
    receives: undefined,
  };
  return waitingFor({ ...room, ...here });
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
  expect(key({}, {}, ID.central, { staff: staffSection() })).toEqual(missing);
  expect(key({}, { [ID.visit1]: visitSection() }, ID.agency, { staff: staffSection() })).toEqual(missing);
  expect(key({}, {}, ID.agency, { staff: staffSection() }).key).toBe("waiting.other_visit");
});

it("says between two visits that nobody is being received, to those who lead", () => {
  const between = { running_number: null, running_point: null };
  expect(key(between, {}, ID.central, { staff: staffSection({ running: null }) })).toEqual({ key: "waiting.nobody_called", number: null, apart: false });
  expect(key(between, {}, ID.pointB, { staff: staffSection({ running: null }) }).key).toBe("waiting.not_your_turn");
});

it("says of a second main device that the picture is at the first, and not that nobody hears the point", () => {
  const here = { connection: "c2", point: pointSection({ take_over: ["c2"] }) };
  expect(key({}, {}, ID.pointB, here)).toEqual({ key: "waiting.second_main", number: null, apart: false });
});

it("sends whoever looks at a companion without pictures to the main device", () => {
  const seat = { session: ID.session, user: ID.officerB, point: ID.pointB, device: "companion" } as const;
  expect(key({}, {}, ID.pointB, { seat, receives: 0 })).toEqual({ key: "waiting.companion", number: null, apart: false });
  // One that is sent pictures waits for them as the main device does, and cannot say who hears the point.
  expect(key({}, {}, ID.pointB, { seat, receives: 4 })).toEqual({ key: "waiting.other_visit", number: 1, apart: false });
});
