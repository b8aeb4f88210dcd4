import type { ConnectionId } from "@/protocol/ids";
import type { SessionFunction } from "@/protocol/people";
import { functionsOf } from "./screen";
import type { Room } from "./sections";
import { at } from "./sections";

/**
 * The connection of this page where another machine is the point's main device: then this one is neither seen nor heard
 * and gets nothing, until somebody makes it the main one.
 */
export function secondMain({ connection, point, devices }: Pick<Room, "connection" | "point" | "devices">): ConnectionId | undefined {
  if (connection === undefined) return undefined;
  const waits = point?.take_over.includes(connection) === true || at(devices?.take_over, connection) !== undefined;
  return waits ? connection : undefined;
}

/** Who is offered the way to become the main one; the server's `take_over` has the last word. */
const TAKE_OVER: readonly SessionFunction[] = ["presider", "note_taker", "point_officer", "technician"];

export function mayTakeOver(room: Pick<Room, "staff" | "devices" | "seat">): boolean {
  return (functionsOf(room) ?? []).some((held) => TAKE_OVER.includes(held));
}
