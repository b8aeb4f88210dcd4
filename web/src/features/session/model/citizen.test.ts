import { describe, expect, it } from "vitest";
import { ID, pointSection, publicSection, visitSection } from "../fixture/room";
import { citizenView } from "./citizen";
import type { Room } from "./sections";

const room = (more: Partial<Room> = {}): Room => ({
  seat: { session: ID.session, user: null, point: ID.pointA, device: "citizen_screen" },
  public: publicSection(),
  staff: undefined,
  devices: undefined,
  point: pointSection(),
  visits: { [ID.visit1]: visitSection() },
  minutes: {},
  slots: [],
  connection: undefined,
  ...more,
});

describe("citizen screen", () => {
  it("says that one is being heard, with a friendly clock", () => {
    expect(citizenView(room())).toEqual({ kind: "heard_now", number: 1, since: "2026-11-21T01:11:30Z" });
  });

  it("gives the waiting number and who is inside, and never a name", () => {
    const view = citizenView(room({ visits: { [ID.visit1]: visitSection({ number: 4, status: "waiting" }) } }));
    expect(view).toEqual({ kind: "waiting", number: 4, place: 1, runningNumber: 1 });
    expect(JSON.stringify(view)).not.toMatch(/Mận|Lò/);
  });

  it("takes no other point's visit for the own", () => {
    const view = citizenView(room({ visits: { [ID.visit1]: visitSection({ citizen_point: ID.pointB }) }, point: pointSection({ visits: [] }) }));
    expect(view.kind).toBe("welcome");
  });

  it("still counts the place while the visit itself is not published here", () => {
    expect(citizenView(room({ visits: {} }))).toEqual({ kind: "waiting", number: null, place: 1, runningNumber: 1 });
  });

  it("says a pause and the end before anything else", () => {
    expect(citizenView(room({ public: publicSection({ status: "interrupted" }) })).kind).toBe("paused");
    expect(citizenView(room({ public: publicSection({ status: "closed" }) })).kind).toBe("over");
  });
});
