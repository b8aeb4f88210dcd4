import { secondMain } from "./secondMain";
import type { Room } from "./sections";
import { at, entries } from "./sections";

/** What stands where a picture would be. */
export interface Waiting {
  /** Of the sentence. */
  key: string;
  /** Which number is being received. */
  number: number | null;
  /** Nobody sees or hears this point now. */
  apart: boolean;
}

/** Why there is no picture now. */
export function waitingFor(room: Room): Waiting {
  const { key, number = null, apart = true } = reason(room);
  // A companion sees less than the main device beside it, and the central point takes part in everything.
  return { key, number, apart: apart && room.seat.device === "main" && !isCentral(room) };
}

function reason(room: Room): Pick<Waiting, "key"> & Partial<Waiting> {
  const shared = room.public;
  if (!shared) return { key: "waiting.loading", apart: false };
  // The point may be on stage all the same, by its main device.
  if (secondMain(room) !== undefined) return { key: "waiting.second_main", apart: false };
  if (room.seat.device === "companion" && room.receives === 0) return { key: "waiting.companion", apart: false };
  switch (shared.status) {
    case "in_progress":
      if (shared.consultation) return { key: "waiting.consultation" };
      if (takesPart(room)) return { key: "waiting.no_picture", apart: false };
      if (atTheTable(room)) return { key: "waiting.signing", number: shared.running_number };
      if (isCentral(room)) return { key: "waiting.nobody_called", apart: false };
      // Of a restricted visit nothing is told, so that between two visits and during one reads the same.
      if (shared.running_number === null) return { key: "waiting.not_your_turn" };
      return { key: "waiting.other_visit", number: shared.running_number };
    case "paused":
      return { key: "waiting.paused" };
    case "interrupted":
      return { key: "waiting.interrupted" };
    case "closed":
    case "minuted":
    case "concluded":
    case "archived":
      return { key: "waiting.closed" };
    case "postponed":
    case "cancelled":
      return { key: `waiting.${shared.status}` };
    default:
      return { key: "waiting.before" };
  }
}

const isCentral = ({ public: shared, seat }: Room): boolean => at(shared?.points, seat.point)?.role === "central";

/** The running visit is heard by this point too; only the picture is missing. */
function takesPart(room: Room): boolean {
  const { seat, staff } = room;
  if (at(room.public?.points, seat.point)?.on_stage) return true;
  const running = at(room.visits, staff?.running);
  if (isCentral(room)) return staff?.running != null;
  return seat.point !== null && running?.agency_points.includes(seat.point) === true;
}

/** A visit of this point has been heard and its paper is being finished here, while another one runs. */
function atTheTable(room: Room): boolean {
  return entries(room.visits).some(
    ([, visit]) => visit.citizen_point === room.seat.point && ["heard", "recorded", "read_back"].includes(visit.status),
  );
}
