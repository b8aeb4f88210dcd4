import { expect, it } from "vitest";
import { ID, publicSection, staffSection } from "../fixture/room";
import { unrecordedTurn } from "./unrecorded";

const asked = { by: ID.presider, reason: "Ổ ghi hỏng, bốn công dân chờ từ sáng" };
const turn = (user: string | null, unrecorded_asked: typeof asked | null, more: Parameters<typeof staffSection>[0] = {}) =>
  unrecordedTurn({
    public: publicSection({ status: "paused", recording: "failed" }),
    staff: staffSection({ unrecorded_asked, ...more }),
    seat: { session: ID.session, user, point: ID.central, device: "main" },
  });

it("begins with the presider and is decided by the note-taker, on the presider's reason", () => {
  expect(turn(ID.presider, null)).toEqual({ turn: "ask", asked: undefined });
  expect(turn(ID.noteTaker, null)).toEqual({ turn: "wait" });
  expect(turn(ID.presider, asked)).toEqual({ turn: "ask", asked: asked.reason });
  expect(turn(ID.noteTaker, asked)).toEqual({ turn: "agree", by: "Vũ Quang Lâm", reason: asked.reason });
});

it("asks nobody else: officers, paired machines, assistants", () => {
  expect(turn(ID.officerA, asked)).toBeUndefined();
  expect(turn(null, asked)).toBeUndefined();
  const { functions } = staffSection();
  const { [ID.noteTaker]: secretary } = functions;
  if (!secretary) throw new Error("no note-taker");
  expect(turn(ID.noteTaker, asked, { functions: { ...functions, [ID.noteTaker]: { ...secretary, functions: ["assistant"] } } })).toBeUndefined();
});

it("is over when the recorder works or was waived", () => {
  for (const recording of ["running", "waived", "off"] as const) {
    const seat = { session: ID.session, user: ID.noteTaker, point: ID.central, device: "main" } as const;
    expect(unrecordedTurn({ public: publicSection({ recording }), staff: staffSection({ unrecorded_asked: asked }), seat })).toBeUndefined();
  }
});

it("falls with the presider who asked", () => {
  const { functions } = staffSection();
  const [led, leads] = [functions[ID.presider], functions[ID.officerB]];
  if (!led || !leads) throw new Error("nobody");
  const handed = { ...functions, [ID.presider]: { ...led, functions: [] }, [ID.officerB]: { ...leads, functions: ["presider" as const] } };
  expect(turn(ID.noteTaker, asked, { functions: handed })).toEqual({ turn: "wait" });
  expect(turn(ID.officerB, asked, { functions: handed })).toEqual({ turn: "ask", asked: undefined });
});
