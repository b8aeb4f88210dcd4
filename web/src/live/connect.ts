import { post, RequestFailed } from "../api/http";
import { Peer } from "../media/peer";
import type { Ticket, TicketRequest } from "../protocol/rest";
import { patience } from "./patience";
import { Room, type RoomOptions } from "./room";
import { Wire } from "./wire";

/** Close codes after which coming back by itself is useless or would push others out: no access, no such session,
 * another device took the place, too many windows. Signed out is not among them: the next ticket is refused then. */
const FINAL_CODES = [4403, 4404, 4409, 4410];
const FINAL_STATUS = [401, 403, 404];
/** No answer at all, or that of a proxy whose server is away. */
const UNANSWERED_STATUS = [0, 502, 504];

/** The room of this page on the real network. */
export function connectRoom(request: TicketRequest, options: Omit<RoomOptions, "device">): Room {
  const url = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`;
  const now = patience(() => performance.now());
  return new Room(
    {
      ticket: async (signal) => (await post<Ticket>("/tickets", request, signal)).token,
      answered: (error) => error instanceof RequestFailed && !UNANSWERED_STATUS.includes(error.status),
      openWire: (ticket, events) => new Wire(url, ticket, events, now),
      makePeer: (peer) => new Peer(peer),
      now,
      wallMs: () => Date.now(),
      random: () => Math.random(),
      isFinal: (cause) =>
        "code" in cause
          ? FINAL_CODES.includes(cause.code)
          : cause.error instanceof RequestFailed && FINAL_STATUS.includes(cause.error.status),
    },
    { ...options, device: request.device },
  );
}
