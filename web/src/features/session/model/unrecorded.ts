import type { Room } from "./sections";
import { at } from "./sections";

/** What the person at this screen may do about a recorder that has failed (D154 Điều 24(1): two people and a reason). */
export type UnrecordedTurn =
  /** The presider's act; with a reason when it was asked before and waits for the note-taker. */
  | { turn: "ask"; asked: string | undefined }
  /** The note-taker has the presider's reason before them. */
  | { turn: "agree"; by: string; reason: string }
  /** The note-taker cannot begin it. */
  | { turn: "wait" };

/** Nothing while the recorder does not stand still, and for those whom the question is not put to. */
export function unrecordedTurn({ public: shared, staff, seat }: Pick<Room, "public" | "staff" | "seat">): UnrecordedTurn | undefined {
  if (shared?.recording !== "failed" || seat.user === null) return undefined;
  const held = at(staff?.functions, seat.user)?.functions ?? [];
  const asked = staff?.unrecorded_asked;
  const by = at(staff?.functions, asked?.by);
  // Whoever presides no more cannot have asked for the one who does now.
  const stands = asked && by?.functions.includes("presider") ? asked : undefined;
  if (held.includes("presider")) return { turn: "ask", asked: stands?.reason };
  if (!held.includes("note_taker")) return undefined;
  return stands ? { turn: "agree", by: by?.name ?? "", reason: stands.reason } : { turn: "wait" };
}
