import type { LegParts, PeerLike, WireLike } from "../../src/live/leg";
import { patience } from "../../src/live/patience";
import { Room, type RoomOptions } from "../../src/live/room";
import type { WireEvents } from "../../src/live/wire";
import type { LocalMedia } from "../../src/media/local";
import { readStats, type LinkStats } from "../../src/media/stats";
import type { PeerOptions } from "../../src/media/peer";
import type { CameraLayer, ClientBody, ClientFrame, RelayView, ServerBody } from "../../src/protocol/frame";

/** One connection as the server's end sees it: what came, and frames to play back. */
export class PlayedWire implements WireLike {
  frames: ClientFrame[] = [];
  closed = false;
  silent = 0;

  constructor(private events: WireEvents) {}

  send(body: ClientBody, id = crypto.randomUUID()): void {
    this.frames.push({ v: 1, id, body });
  }

  sendFrame(frame: ClientFrame): void {
    this.frames.push(frame);
  }

  silentMs(): number {
    return this.silent;
  }

  close(): void {
    this.closed = true;
  }

  play(...bodies: ServerBody[]): void {
    for (const body of bodies) this.events.frame(body);
  }

  cut(code = 1006): void {
    this.events.closed(code);
  }

  sent<Type extends ClientBody["type"]>(type: Type): (ClientFrame & { body: Extract<ClientBody, { type: Type }> })[] {
    return this.frames.filter(
      (frame): frame is ClientFrame & { body: Extract<ClientBody, { type: Type }> } => frame.body.type === type,
    );
  }
}

export class PlayedPeer implements PeerLike {
  streams: readonly MediaStream[];
  state: RTCPeerConnectionState = "new";
  closed = false;
  answer: string | undefined;
  counters: LinkStats = readStats([]);

  constructor(
    slots: number,
    readonly relay: RelayView | undefined,
  ) {
    this.streams = Array.from({ length: slots }, (_, id) => ({ id: `s${id}` }) as MediaStream);
  }

  offer = () => Promise.resolve("offer");
  accept = (sdp: string) => {
    this.answer = sdp;
    return Promise.resolve();
  };
  wanted: { layers: readonly CameraLayer[]; idle: boolean } | undefined;
  wantLayers = (layers: readonly CameraLayer[], idle: boolean) => {
    this.wanted = { layers, idle };
  };
  fit = () => undefined;
  stats = () => Promise.resolve(this.counters);

  close(): void {
    this.closed = true;
    this.state = "closed";
  }

  /** The line is up and carries packets; `pictures` are decoded. */
  flow(pictures: number): void {
    this.state = "connected";
    this.counters = { ...this.counters, arrived: this.counters.arrived + 10, framesDecoded: pictures };
  }
}

/** A network in which the test is the server, and the clock moves by `advance` of vitest's fake timers. */
export class PlayedNet implements LegParts {
  wires: PlayedWire[] = [];
  peers: PlayedPeer[] = [];
  tickets = 0;
  /** Tickets are refused with this; "network down" is no answer. */
  refuseTickets: unknown;
  /** Requests for tickets are swallowed, as by a cut line. */
  swallows = false;
  /** Of the swallowed, those that still wait for an answer. */
  unanswered = 0;

  ticket(signal: AbortSignal): Promise<string> {
    this.tickets += 1;
    if (this.swallows) {
      this.unanswered += 1;
      signal.addEventListener("abort", () => (this.unanswered -= 1));
      return new Promise(() => undefined);
    }
    return this.refuseTickets === undefined ? Promise.resolve(`ticket-${this.tickets}`) : Promise.reject(this.refuseTickets);
  }

  answered = (error: unknown) => error !== "network down";

  openWire(_ticket: string, events: WireEvents): PlayedWire {
    const wire = new PlayedWire(events);
    this.wires.push(wire);
    return wire;
  }

  makePeer({ slots, relay }: Pick<PeerOptions, "slots" | "relay">): PlayedPeer {
    const peer = new PlayedPeer(slots, relay);
    this.peers.push(peer);
    return peer;
  }

  /** So long in all the page was not given the processor. */
  starvedMs = 0;
  now = patience(() => performance.now() + this.starvedMs);

  room(local?: LocalMedia, options: Partial<RoomOptions> = {}): Room {
    return new Room(
      {
        ticket: (signal) => this.ticket(signal),
        answered: this.answered,
        openWire: (ticket, events) => this.openWire(ticket, events),
        makePeer: (peer) => this.makePeer(peer),
        now: this.now,
        wallMs: () => Date.now(),
        random: () => 0.5,
        isFinal: (cause) => ("code" in cause ? cause.code === 4403 : cause.error === "signed out"),
      },
      { device: "main", local, simulcast: true, ...options },
    );
  }

  get wire(): PlayedWire {
    return last(this.wires);
  }

  get peer(): PlayedPeer {
    return last(this.peers);
  }
}

function last<T>(all: T[]): T {
  const found = all.at(-1);
  if (!found) throw new Error("none yet");
  return found;
}

export const welcome = (connection: string, slots = 2): ServerBody => ({
  type: "welcome",
  connection,
  point: "xa-a",
  now: new Date().toISOString(),
  server: "test",
  slots,
});

/** The same from a server with a relay. */
export const welcomeWithRelay = (connection: string): ServerBody => ({
  ...(welcome(connection) as Extract<ServerBody, { type: "welcome" }>),
  relay: { urls: ["turns:tcd.vn:443?transport=tcp"], username: connection, credential: "secret" },
});
