import { at } from "./sections";
import type { Room } from "./sections";
import { citizenPictures } from "./stage";

/** What the second screen before the citizen says. It never says a name: the server sends it none. */
export type CitizenView =
  | { kind: "welcome" }
  | { kind: "waiting"; numbers: readonly number[]; runningNumber: number | null }
  | { kind: "connected" }
  | { kind: "heard_now"; number: number }
  | { kind: "watching"; number: number; numbers: readonly number[] }
  | { kind: "paused" }
  | { kind: "postponed"; to: string }
  | { kind: "cancelled" }
  | { kind: "over" };

const OVER = ["closed", "minuted", "concluded", "archived"];

/** The screen's one sentence. That this point is on stage is known from the presider's picture being sent here. */
export function citizenView(room: Room): CitizenView {
  const shared = room.public;
  if (!shared) return { kind: "welcome" };
  if (OVER.includes(shared.status)) return { kind: "over" };
  if (shared.status === "postponed") return { kind: "postponed", to: shared.starts_at };
  if (shared.status === "cancelled") return { kind: "cancelled" };
  if (shared.status === "paused" || shared.status === "interrupted") return { kind: "paused" };
  const numbers = at(shared.points, room.seat.point)?.waiting ?? [];
  const onStage = shared.status === "in_progress" && citizenPictures(room).large !== null;
  if (onStage && shared.running_number !== null) {
    // A visit of another point may be seen here too: one must not be told to be heard because one looks on.
    if (shared.running_point === room.seat.point) return { kind: "heard_now", number: shared.running_number };
    return { kind: "watching", number: shared.running_number, numbers };
  }
  if (numbers.length > 0) return { kind: "waiting", numbers, runningNumber: shared.running_number };
  return { kind: onStage ? "connected" : "welcome" };
}
