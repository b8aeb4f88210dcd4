import type { Room } from "./sections";
import { secondMain } from "./secondMain";
import { at } from "./sections";

/** Whether the citizen of this point is on stage; `undefined` while the server has not said it. */
export function isHeardHere({ public: shared, seat }: Pick<Room, "public" | "seat">): boolean | undefined {
  return at(shared?.points, seat.point)?.on_stage;
}

/**
 * Whether this machine gives the signal of a call: it came while the page was looking on, and this is the machine that
 * sounds at its point. A page that is loaded into a running visit is silent.
 */
export function isCalled(before: boolean | undefined, room: Pick<Room, "public" | "seat" | "connection" | "point" | "devices">): boolean {
  if (room.seat.device !== "main" || secondMain(room) !== undefined) return false;
  return before === false && isHeardHere(room) === true;
}
