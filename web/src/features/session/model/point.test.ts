import { describe, expect, it } from "vitest";
import { agendaRow, ID, pointSection, publicSection, staffSection, visitSection } from "../fixture/room";
import { currentVisit, nextInQueue, owesSignature, pointVisits, unseen, visitStep, type PointVisit } from "./point";
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
  ...more,
});

const visit = (status: PointVisit["status"]): PointVisit => ({
  id: ID.visit1,
  number: 1,
  status,
  name: "",
  summary: "",
  section: visitSection({ status }),
});

describe("visits of a point", () => {
  it("shows the one on stage as current and the next in the queue after it", () => {
    const visits = pointVisits(room());
    expect(visits.map((row) => row.number)).toEqual([3, 1]);
    const current = currentVisit(visits);
    expect(current?.id).toBe(ID.visit1);
    expect(nextInQueue(visits, current)?.id).toBe(ID.visit3);
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
