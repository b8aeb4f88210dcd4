import type { ConnectionId } from "@/protocol/ids";
import type { Room } from "./sections";

/**
 * The connection of this page where another machine is the point's main device: then this one sees and neither sounds
 * nor is heard, until somebody makes it the main one.
 */
export function secondMain({ connection, point }: Pick<Room, "connection" | "point">): ConnectionId | undefined {
  return connection !== undefined && point?.take_over.includes(connection) ? connection : undefined;
}
