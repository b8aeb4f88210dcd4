import type { PublicSection } from "@/protocol/section";
import { secondMain } from "./secondMain";
import type { Room } from "./sections";
import { at, entries } from "./sections";

/** Why there is no picture now. */
export interface Waiting {
  /** Of the sentence. */
  key: string;
  /** What is being received. */
  number: number | null;
  /** Nobody sees or hears this point meanwhile. */
  unheard: boolean;
}

export function waitingPicture(room: Room): Waiting {
  const shared = room.public;
  if (!shared) return { key: "waiting.loading", number: null, unheard: false };
  // The point may be on stage all the same, by its main device.
  if (secondMain(room) !== undefined) return { key: "waiting.second_main", number: null, unheard: false };
  if (room.seat.device === "companion" && room.receives === 0) return { key: "waiting.companion", number: null, unheard: false };
  const own = at(shared.points, room.seat.point);
  // Its own visit runs: what is missing is a picture, not the turn.
  if (shared.status === "in_progress" && own?.on_stage === true) return { key: "waiting.on_stage", number: null, unheard: false };
  // A companion sees less than the main device beside it, and the central point takes part in everything.
  return { ...ofSession(room, shared), unheard: room.seat.device === "main" && own?.role !== "central" };
}

function ofSession(room: Room, shared: PublicSection): Omit<Waiting, "unheard"> {
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
