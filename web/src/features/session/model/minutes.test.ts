import { describe, expect, it } from "vitest";
import { agendaRow, ID, minutesSection, publicSection, staffSection, visitSection } from "../fixture/room";
import { blockFor, blockIdOf, BLOCKS, closingList, otherWriter, paperStep, signatures, visitsToWrite } from "./minutes";
import type { Room } from "./sections";

function room(visits: Record<string, ReturnType<typeof agendaRow>>, running: string | null): Room {
  return {
    seat: { session: ID.session, user: ID.noteTaker, point: ID.central, device: "main" },
    public: publicSection(),
    staff: staffSection({ visits, running }),
    devices: undefined,
    point: undefined,
    visits: {},
    minutes: {},
    slots: [],
    connection: undefined,
    receives: undefined,
  };
}

describe("the note-taker's work", () => {
  it("lists the running visit first, then paper owed, then those who may be called, never the finished", () => {
    const list = visitsToWrite(
      room(
        {
          [ID.visit1]: agendaRow({ number: 1, status: "ended" }),
          [ID.visit2]: agendaRow({ number: 2, status: "read_back" }),
          [ID.visit3]: agendaRow({ number: 3, status: "in_session" }),
        },
        ID.visit3,
      ),
    );
    expect(list.map(([, row]) => row.number)).toEqual([3, 2]);
  });

  it("walks freeze, read back, signature, classification, end", () => {
    const keys = (["in_session", "heard", "recorded", "read_back", "confirmed", "classified", "ended"] as const).map((status) => {
      const step = paperStep(ID.visit1, status);
      return step.kind === "send" ? step.command.do : step.kind;
    });
    expect(keys).toEqual(["write", "freeze_text", "read_back", "wait", "classify", "end_visit", "done"]);
  });

  it("names one block for one part, the same in every browser and unlike any id of the server", () => {
    const ids = BLOCKS.map((kind) => blockIdOf(ID.visit1, kind));
    expect(new Set(ids).size).toBe(BLOCKS.length);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/);
    expect(blockIdOf(ID.visit1, "content")).toBe(blockIdOf(ID.visit1, "content"));
    expect(blockIdOf(ID.visit2, "content")).not.toBe(ids[0]);
  });

  it("writes into an existing block of the kind", () => {
    const minutes = minutesSection();
    const content = blockFor(minutes, ID.visit1, "content");
    expect(content.view?.revision).toBe(14);
    expect(blockFor(minutes, ID.visit1, "requests")).toEqual({ id: blockIdOf(ID.visit1, "requests"), view: undefined });
    expect(otherWriter(content.view, ID.noteTaker)).toBeNull();
    expect(otherWriter(content.view, ID.officerA)).toBe("Trịnh Thu Hà");
  });

  it("tells who has signed, who will not, who still has to", () => {
    const visit = visitSection({ confirmed: { [ID.citizen1]: "fingerprint" }, refused: {} });
    expect(signatures(visit).map((row) => row.state)).toEqual(["confirmed", "owed"]);
  });

  it("lists what is open before the end", () => {
    const list = closingList(
      room(
        {
          [ID.visit1]: agendaRow({ number: 1, status: "ended" }),
          [ID.visit2]: agendaRow({ number: 2, status: "read_back" }),
          [ID.visit3]: agendaRow({ number: 3, status: "waiting" }),
        },
        null,
      ),
    );
    expect(list.map((item) => [item.number, item.key])).toEqual([
      [2, "open.unsigned"],
      [3, "open.not_called"],
    ]);
  });

  it("turns to what can be written, and only names a visit whose citizen was never there", () => {
    const list = closingList(
      room(
        {
          [ID.visit1]: agendaRow({ number: 1, status: "registered" }),
          [ID.visit2]: agendaRow({ number: 2, status: "appointment" }),
          [ID.visit3]: agendaRow({ number: 3, status: "identified" }),
        },
        null,
      ),
    );
    expect(list.map((item) => [item.number, item.key, item.writable])).toEqual([
      [1, "open.not_called", false],
      [2, "open.not_called", false],
      [3, "open.not_called", true],
    ]);
  });
});
