import { at } from "./sections";
import type { Room } from "./sections";
import { citizenPictures } from "./stage";

/** What the second screen before the citizen says. It never says a name: the server sends it none. */
export type CitizenView =
  | { kind: "welcome" }
  | { kind: "under_way" }
  | { kind: "waiting"; numbers: readonly number[]; runningNumber: number | null }
  | { kind: "connected" }
  | { kind: "heard_now"; number: number | null }
  | { kind: "watching"; number: number; numbers: readonly number[] }
  | { kind: "paused" }
  | { kind: "postponed"; to: string }
  | { kind: "cancelled" }
  | { kind: "over" };

const OVER = ["closed", "minuted", "concluded", "archived"];

/**
 * The screen's one sentence. That its people are being heard is told by the server, not by the picture of who presides:
 * a dark camera does not end a hearing.
 */
export function citizenView(room: Room): CitizenView {
  const shared = room.public;
  if (!shared) return { kind: "welcome" };
  if (OVER.includes(shared.status)) return { kind: "over" };
  if (shared.status === "postponed") return { kind: "postponed", to: shared.starts_at };
  if (shared.status === "cancelled") return { kind: "cancelled" };
  if (shared.status === "paused" || shared.status === "interrupted") return { kind: "paused" };
  const own = at(shared.points, room.seat.point);
  const numbers = own?.waiting ?? [];
  const number = shared.running_number;
  if (shared.status !== "in_progress") return numbers.length > 0 ? { kind: "waiting", numbers, runningNumber: number } : { kind: "welcome" };
  const runsHere = number !== null && shared.running_point === room.seat.point;
  // A visit of another point may be seen here too: one must not be told to be heard because one looks on.
  if (own?.on_stage === true || runsHere) return { kind: "heard_now", number: runsHere ? number : null };
  const pictured = citizenPictures(room).large !== null;
  if (pictured && number !== null) return { kind: "watching", number, numbers };
  if (numbers.length > 0) return { kind: "waiting", numbers, runningNumber: number };
  return { kind: pictured ? "connected" : "under_way" };
}
