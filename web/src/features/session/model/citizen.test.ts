import { describe, expect, it } from "vitest";
import { ID, publicSection } from "../fixture/room";
import { citizenView } from "./citizen";
import type { Room } from "./sections";

const camera = (point: string) => ({ point, picture: "camera", sound: false });

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
  ...more,
});

describe("citizen screen", () => {
  it("says that one is being heard while the presider's picture comes here", () => {
    expect(citizenView(room())).toEqual({ kind: "heard_now", number: 1 });
  });

  it("gives the waiting numbers and who is inside while it does not", () => {
    const seat = { session: ID.session, user: null, point: ID.pointB, device: "citizen_screen" as const };
    expect(citizenView(room({ seat, slots: [] }))).toEqual({ kind: "waiting", numbers: [2], runningNumber: 1 });
  });

  it("tells a restricted visit no number", () => {
    const shared = publicSection({ running_number: null, running_point: null });
    expect(citizenView(room({ public: shared }))).toEqual({ kind: "connected" });
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

  it("welcomes where nobody waits, and before the start whatever pictures come", () => {
    expect(citizenView(room({ slots: [] })).kind).toBe("welcome");
    expect(citizenView(room({ public: publicSection({ status: "ready" }) })).kind).toBe("welcome");
  });

  it("says a pause and the end before anything else", () => {
    expect(citizenView(room({ public: publicSection({ status: "interrupted" }) })).kind).toBe("paused");
    expect(citizenView(room({ public: publicSection({ status: "closed" }) })).kind).toBe("over");
  });
});
