import type { Room } from "./sections";
import { entries } from "./sections";

/** Why this point has no picture now, as the key of a sentence, and which number is being received. */
export function waitingKey(room: Room): { key: string; number: number | null } {
  const shared = room.public;
  if (!shared) return { key: "waiting.loading", number: null };
  switch (shared.status) {
    case "in_progress":
      if (shared.consultation) return { key: "waiting.consultation", number: null };
      return { key: atTheTable(room) ? "waiting.signing" : "waiting.other_visit", number: shared.running_number };
    case "paused":
      return { key: "waiting.paused", number: null };
    case "interrupted":
      return { key: "waiting.interrupted", number: null };
    case "closed":
    case "minuted":
    case "concluded":
    case "archived":
      return { key: "waiting.closed", number: null };
    case "postponed":
    case "cancelled":
      return { key: `waiting.${shared.status}`, number: null };
    default:
      return { key: "waiting.before", number: null };
  }
}

/** A visit of this point has been heard and its paper is being finished here, while another one runs. */
function atTheTable(room: Room): boolean {
  return entries(room.visits).some(
    ([, visit]) => visit.citizen_point === room.seat.point && ["heard", "recorded", "read_back"].includes(visit.status),
  );
}
