import { describe, expect, it } from "vitest";
import { agendaRow, ID, person, pointSection, publicSection, staffSection, visitSection } from "../fixture/room";
import { openVisit, owesSignature, pointVisits, unseen, visitStep, type PointVisit } from "./point";
import type { Room } from "./sections";

const room = (more: Partial<Room> = {}): Room => ({
  seat: { session: ID.session, user: ID.officerA, point: ID.pointA, device: "main" },
  public: publicSection(),
  staff: staffSection(),
  devices: undefined,
  point: pointSection({ visits: [ID.visit3, ID.visit1] }),
  visits: { [ID.visit1]: visitSection() },
  minutes: {},
  slots: [],
  connection: undefined,
  receives: undefined,
  ...more,
});

const visit = (status: PointVisit["status"]): PointVisit => ({
  id: ID.visit1,
  number: 1,
  status,
  restricted: false,
  main: { name: "", ordinal: 1 },
  summary: "",
  section: visitSection({ status }),
});

describe("visits of a point", () => {
  it("opens the one on stage, else the one to be signed, else the first that is not done here", () => {
    const opened = (...statuses: PointVisit["status"][]) => {
      const visits = statuses.map((status, index) => ({ ...visit(status), id: `v${index}` }));
      return openVisit(visits, undefined)?.id;
    };
    expect(opened("registered", "arrived", "in_session")).toBe("v2");
    expect(opened("read_back", "waiting", "called")).toBe("v2");
    expect(opened("registered", "arrived", "read_back")).toBe("v2");
    // One that is signed and waits for the note-taker does not stand before those who are still to be received.
    expect(opened("confirmed", "classified", "registered", "arrived")).toBe("v2");
    expect(opened("refused_to_sign", "confirmed")).toBe("v0");
    expect(opened()).toBeUndefined();
  });

  it("keeps the chosen one open whatever the others do, until it is ended", () => {
    const visits = pointVisits(room());
    expect(visits.map((row) => row.number)).toEqual([3, 1]);
    expect(openVisit(visits, ID.visit3)?.number).toBe(3);
    expect(openVisit(visits, "ended and gone")?.number).toBe(1);
  });

  it("says of a restricted visit that it is one, and calls it after a place in its list", () => {
    const section = visitSection({ class: "restricted", summary: "", persons: [person(ID.citizen1, ""), person(ID.daughter1, "")] });
    const [row] = pointVisits(room({ point: pointSection({ visits: [ID.visit1] }), visits: { [ID.visit1]: section } }));
    expect(row).toMatchObject({ restricted: true, main: { name: "", ordinal: 1 } });
    expect(unseen(section)).toEqual([{ id: ID.daughter1, name: "", ordinal: 2 }]);
  });

  it("leaves out a visit this point knows nothing of", () => {
    expect(pointVisits(room({ point: pointSection({ visits: ["unknown"] }) }))).toEqual([]);
  });

  it("reads number and state from the agenda until the visit itself is published", () => {
    const staff = staffSection({ visits: { [ID.visit3]: agendaRow({ number: 3, status: "arrived" }) } });
    expect(pointVisits(room({ staff, visits: {} }))[0]).toMatchObject({ number: 3, status: "arrived", section: undefined });
  });

  it("walks arrive, identify, wait, then waits for the presider, then signs", () => {
    const steps = (["registered", "arrived", "identified", "waiting", "in_session", "read_back", "ended"] as const).map(
      (status) => visitStep(visit(status)).key,
    );
    expect(steps).toEqual(["step.arrive", "step.identify", "step.wait", "step.waiting", "step.in_session", "step.sign", "step.done"]);
  });

  it("names whose identity and whose signature is still owed", () => {
    const section = visitSection({ confirmed: { [ID.daughter1]: "signature" } });
    expect(unseen(section).map((person) => person.id)).toEqual([ID.daughter1]);
    expect(owesSignature(section)).toEqual([ID.citizen1]);
  });
});
