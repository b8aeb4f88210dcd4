import { describe, expect, it } from "vitest";
import { ID, publicSection } from "../fixture/room";
import { citizenView } from "./citizen";
import type { Room } from "./sections";

const camera = (point: string) => ({ point, picture: "camera", sound: false, paused: false, undecoded: false });

const room = (more: Partial<Room> = {}): Room => ({
  seat: { session: ID.session, user: null, point: ID.pointA, device: "citizen_screen" },
  public: publicSection(),
  staff: undefined,
  devices: undefined,
  point: undefined,
  visits: {},
  minutes: {},
  slots: [camera(ID.central), camera(ID.pointA)],
  connection: undefined,
  receives: undefined,
  ...more,
});

describe("citizen screen", () => {
  it("says that one is being heard because the server says so, with and without a picture", () => {
    expect(citizenView(room())).toEqual({ kind: "heard_now", number: 1 });
    expect(citizenView(room({ slots: [] }))).toEqual({ kind: "heard_now", number: 1 });
    expect(citizenView(room({ slots: [camera(ID.pointA)] }))).toEqual({ kind: "heard_now", number: 1 });
  });

  it("gives the waiting numbers and who is inside while it does not", () => {
    const seat = { session: ID.session, user: null, point: ID.pointB, device: "citizen_screen" as const };
    expect(citizenView(room({ seat, slots: [] }))).toEqual({ kind: "waiting", numbers: [2], runningNumber: 1 });
  });

  it("tells a restricted visit no number, and those who take no part in it nothing", () => {
    const { points } = publicSection();
    const restricted = { running_number: null, running_point: null };
    expect(citizenView(room({ public: publicSection({ ...restricted, points }), slots: [] }))).toEqual({ kind: "heard_now", number: null });
    expect(citizenView(room({ public: publicSection(restricted), slots: [] }))).toEqual({ kind: "under_way" });
  });

  it("never tells those who look on that they are heard", () => {
    const seat = { session: ID.session, user: null, point: ID.pointB, device: "citizen_screen" as const };
    const slots = [camera(ID.central), camera(ID.pointB)];
    expect(citizenView(room({ seat, slots, public: publicSection({ room_wide: true }) }))).toEqual({
      kind: "watching",
      number: 1,
      numbers: [2],
    });
  });

  it("names the new time of a session that was put off, and does not call it over", () => {
    const to = "2026-11-25T01:00:00Z";
    expect(citizenView(room({ public: publicSection({ status: "postponed", starts_at: to }) }))).toEqual({ kind: "postponed", to });
    expect(citizenView(room({ public: publicSection({ status: "cancelled" }) })).kind).toBe("cancelled");
  });

  it("welcomes before the start whatever pictures come, and does not promise a start to a session under way", () => {
    expect(citizenView(room({ public: publicSection({ status: "ready" }) })).kind).toBe("welcome");
    const between = publicSection({ running_number: null, running_point: null });
    expect(citizenView(room({ public: between })).kind).toBe("connected");
    expect(citizenView(room({ public: between, slots: [] })).kind).toBe("under_way");
  });

  it("says a pause and the end before anything else", () => {
    expect(citizenView(room({ public: publicSection({ status: "interrupted" }) })).kind).toBe("paused");
    expect(citizenView(room({ public: publicSection({ status: "closed" }) })).kind).toBe("over");
  });
});
