import { describe, expect, it } from "vitest";
import { agendaRow, ID, publicSection, staffSection } from "../fixture/room";
import { mainAction, openAtEnd, sessionTools } from "./presider";
import type { Room } from "./sections";

function room(more: Partial<Room>): Room {
  return {
    seat: { session: ID.session, user: ID.presider, point: ID.central, device: "main" },
    public: publicSection(),
    staff: staffSection(),
    devices: undefined,
    point: undefined,
    visits: {},
    minutes: {},
    slots: [],
    connection: undefined,
    receives: undefined,
    ...more,
  };
}

const visits = (status: "called" | "in_session" | "held" | "ended") => ({ [ID.visit1]: agendaRow({ status }) });

describe("session tools", () => {
  const tools = (more: Parameters<typeof publicSection>[0]) => sessionTools(room({ public: publicSection(more) }));

  it("offers another day only where a session may be put off", () => {
    expect(tools({ status: "interrupted" })).toContain("postpone");
    expect(tools({ status: "ready" })).toContain("postpone");
    expect(tools({ status: "in_progress" })).not.toContain("postpone");
    expect(tools({ status: "in_progress" })).toContain("interrupt");
  });

  it("has nothing while the end is counted down, and none that begins what is on", () => {
    expect(tools({ ends_at: "2026-11-21T03:00:30Z" })).toEqual([]);
    expect(tools({ consultation: true })).toContain("end_consultation");
    expect(tools({ consultation: true })).not.toContain("consultation");
    expect(tools({ status: "closed" })).toEqual([]);
  });
});

describe("the one button", () => {
  it("follows the session from lobby to start", () => {
    const key = (status: "approved" | "tested" | "connecting" | "ready") =>
      mainAction(room({ public: publicSection({ status }) })).key;
    expect([key("approved"), key("tested"), key("connecting"), key("ready")]).toEqual([
      "main.not_yet",
      "main.open_lobby",
      "main.make_ready",
      "main.start",
    ]);
  });

  it("names the open duties at the start instead of hiding the button", () => {
    const action = mainAction(room({ public: publicSection({ status: "ready" }), staff: staffSection({ open_duties: ["duty.roll_call"] }) }));
    expect(action).toEqual({ kind: "start", key: "main.start", duties: ["duty.roll_call"] });
  });

  it("calls the visit the presider sees as next, so that two clicks make one call", () => {
    const action = mainAction(room({ staff: staffSection({ running: null }) }));
    expect(action).toMatchObject({ key: "main.call_next", number: 2, command: { do: "call_next", visit: ID.visit2 } });
  });

  it("begins a called visit and concludes a running one", () => {
    const called = mainAction(room({ staff: staffSection({ visits: visits("called") }) }));
    expect(called).toMatchObject({ key: "main.begin", command: { do: "move_visit", act: "begin", visit: ID.visit1 } });
    const running = mainAction(room({ staff: staffSection({ visits: visits("in_session") }) }));
    expect(running).toEqual({ kind: "card", key: "main.conclude", visit: ID.visit1 });
  });

  it("takes up a held visit when nobody else waits, and ends when nothing is left", () => {
    const held = mainAction(room({ staff: staffSection({ running: null, next: null, visits: visits("held") }) }));
    expect(held).toMatchObject({ key: "main.resume_visit", command: { act: "resume" } });
    const done = mainAction(room({ staff: staffSection({ running: null, next: null, visits: visits("ended") }) }));
    expect(done).toMatchObject({ key: "main.end", command: { do: "propose_end" } });
  });

  it("turns into the undo while an end is proposed", () => {
    const action = mainAction(room({ public: publicSection({ ends_at: "2026-11-21T03:00:30Z" }) }));
    expect(action).toMatchObject({ key: "main.undo_end", command: { do: "undo_end" } });
  });

  it("lists what is still open before the session ends", () => {
    expect(openAtEnd(room({})).map(([, row]) => row.number)).toEqual([1, 2, 3]);
    expect(openAtEnd(room({ staff: staffSection({ visits: visits("ended") }) }))).toEqual([]);
  });
});
