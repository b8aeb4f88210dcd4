import { at } from "./sections";
import type { Room } from "./sections";
import { citizenPictures } from "./stage";

/** What the second screen before the citizen says. It never says a name: the server sends it none. */
export type CitizenView =
  | { kind: "welcome" }
  | { kind: "waiting"; numbers: readonly number[]; runningNumber: number | null }
  | { kind: "connected" }
  | { kind: "heard_now"; number: number }
  | { kind: "paused" }
  | { kind: "over" };

const OVER = ["closed", "minuted", "concluded", "archived", "cancelled", "postponed"];

/** The screen's one sentence. That this point is on stage is known from the presider's picture being sent here. */
export function citizenView(room: Room): CitizenView {
  const shared = room.public;
  if (!shared) return { kind: "welcome" };
  if (OVER.includes(shared.status)) return { kind: "over" };
  if (shared.status === "paused" || shared.status === "interrupted") return { kind: "paused" };
  const numbers = at(shared.points, room.seat.point)?.waiting ?? [];
  const onStage = shared.status === "in_progress" && citizenPictures(room).large !== null;
  if (onStage && shared.running_number !== null && !numbers.includes(shared.running_number)) {
    return { kind: "heard_now", number: shared.running_number };
  }
  if (numbers.length > 0) return { kind: "waiting", numbers, runningNumber: shared.running_number };
  return { kind: onStage ? "connected" : "welcome" };
}
