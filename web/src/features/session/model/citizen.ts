import type { VisitSection } from "@/protocol/section";
import type { Room } from "./sections";
import { entries } from "./sections";

/** What the second screen before the citizen says. It never says a name. */
export type CitizenView =
  | { kind: "welcome" }
  | { kind: "waiting"; number: number | null; place: number; runningNumber: number | null }
  | { kind: "called"; number: number }
  | { kind: "heard_now"; number: number; since: string | null }
  | { kind: "held"; number: number }
  | { kind: "paper"; number: number }
  | { kind: "paused" }
  | { kind: "over" };

function ownVisits(room: Room): VisitSection[] {
  return entries(room.visits)
    .map(([, visit]) => visit)
    .filter((visit) => visit.citizen_point === room.seat.point)
    .sort((a, b) => a.number - b.number);
}

/** The screen's one sentence, from what this point may know. */
export function citizenView(room: Room): CitizenView {
  const shared = room.public;
  if (!shared) return { kind: "welcome" };
  if (["closed", "minuted", "concluded", "archived", "cancelled", "postponed"].includes(shared.status)) return { kind: "over" };
  if (shared.status === "paused" || shared.status === "interrupted") return { kind: "paused" };
  const own = ownVisits(room);
  const heard = own.find((visit) => visit.status === "in_session");
  if (heard) return { kind: "heard_now", number: heard.number, since: heard.began_at };
  const called = own.find((visit) => visit.status === "called");
  if (called) return { kind: "called", number: called.number };
  const held = own.find((visit) => visit.status === "held");
  if (held) return { kind: "held", number: held.number };
  const paper = own.find((visit) => ["heard", "recorded", "read_back"].includes(visit.status));
  if (paper) return { kind: "paper", number: paper.number };
  const queue = (room.point?.visits ?? []).map((id) => room.visits[id]);
  const first = queue.findIndex((visit) => visit === undefined || ["registered", "arrived", "identified", "waiting"].includes(visit.status));
  if (first < 0) return { kind: "welcome" };
  return { kind: "waiting", number: queue[first]?.number ?? null, place: first + 1, runningNumber: shared.running_number };
}
