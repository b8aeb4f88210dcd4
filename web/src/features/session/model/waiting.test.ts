import { expect, it } from "vitest";
import { ID, pointSection, publicSection, visitSection } from "../fixture/room";
import type { Room } from "./sections";
import { waitingPicture } from "./waiting";

const key = (more: Parameters<typeof publicSection>[0], visits: Room["visits"] = {}, here: Partial<Room> = {}) => {
  const room: Room = {
    seat: { session: ID.session, user: null, point: ID.pointB, device: "main" },
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
  return waitingPicture({ ...room, ...here });
};

it("tells a waiting point which number is inside, and nothing of it in a consultation or a restricted visit", () => {
  expect(key({})).toEqual({ key: "waiting.other_visit", number: 1, unheard: true });
  expect(key({ running_number: null })).toEqual({ key: "waiting.other_visit", number: null, unheard: true });
  expect(key({ consultation: true })).toEqual({ key: "waiting.consultation", number: null, unheard: true });
  expect(key({ status: "paused" }).key).toBe("waiting.paused");
  expect(key({ status: "ready" }).key).toBe("waiting.before");
  expect(key({ status: "postponed" }).key).toBe("waiting.postponed");
});

it("does not ask those to wait whose own visit is being signed", () => {
  const own = { [ID.visit2]: visitSection({ visit: ID.visit2, citizen_point: ID.pointB, status: "read_back" }) };
  expect(key({}, own).key).toBe("waiting.signing");
  expect(key({}, { [ID.visit1]: visitSection({ status: "read_back" }) }).key).toBe("waiting.other_visit");
});

it("says of a second main device that the picture is at the first, and not that nobody hears the point", () => {
  const here = { connection: "c2", point: pointSection({ take_over: ["c2"] }) };
  expect(key({}, {}, here)).toEqual({ key: "waiting.second_main", number: null, unheard: false });
});

it("sends whoever looks at a companion without pictures to the main device", () => {
  const seat = { session: ID.session, user: ID.officerB, point: ID.pointB, device: "companion" } as const;
  expect(key({}, {}, { seat, receives: 0 })).toEqual({ key: "waiting.companion", number: null, unheard: false });
  // One that is sent pictures waits for them as the main device does, and cannot say who hears the point.
  expect(key({}, {}, { seat, receives: 4 })).toEqual({ key: "waiting.other_visit", number: 1, unheard: false });
});

it("does not ask a point to wait whose visit runs, nor says of the centre that nobody hears it", () => {
  const seat = (point: string) => ({ session: ID.session, user: ID.officerA, point, device: "main" }) as const;
  expect(key({}, {}, { seat: seat(ID.pointA) })).toEqual({ key: "waiting.on_stage", number: null, unheard: false });
  expect(key({}, {}, { seat: seat(ID.central) }).unheard).toBe(false);
});
