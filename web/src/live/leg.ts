import type { LocalMedia } from "../media/local";
import type { PeerOptions } from "../media/peer";
import type { LinkStats, Rung } from "../media/stats";
import type { CameraLayer, ClientBody, ClientFrame, ServerBody, SlotView } from "../protocol/frame";
import type { DeviceKind } from "../protocol/units";
import type { WireEvents } from "./wire";

export interface WireLike {
  send(body: ClientBody, id?: string): void;
  sendFrame(frame: ClientFrame): void;
  silentMs(): number;
  close(): void;
}

export interface PeerLike {
  readonly streams: readonly MediaStream[];
  readonly state: RTCPeerConnectionState;
  offer(): Promise<string>;
  accept(sdp: string): Promise<void>;
  wantLayers(layers: readonly CameraLayer[], idle: boolean): void;
  fit(outgoing: number | undefined): void;
  stats(): Promise<LinkStats>;
  close(): void;
}

/** What a leg is made of; tests put their own here. */
export interface LegParts {
  /** Rejects where the server refuses or nobody answers; given up by `signal`. */
  ticket(signal: AbortSignal): Promise<string>;
  /** Whether a ticket that failed was refused by the server; false where nobody answered. */
  answered(error: unknown): boolean;
  openWire(ticket: string, events: WireEvents): WireLike;
  makePeer(options: PeerOptions): PeerLike;
  /** Milliseconds of the page's patience. */
  now(): number;
}

export interface LegOptions {
  device: DeviceKind;
  /** Absent: this device neither sends nor receives sound and picture. */
  local: LocalMedia | undefined;
  simulcast: boolean;
  /** Use the server's relay if it has one: the direct ways did not lead through. */
  relay: boolean;
  have: () => Record<string, string>;
  /** Somebody waits for an answer that may come over this leg. */
  awaited: () => boolean;
}

export type Welcome = Extract<ServerBody, { type: "welcome" }>;

export interface LegEvents {
  welcome(leg: Leg, welcome: Welcome): void;
  frame(leg: Leg, body: ServerBody): void;
  /** The wire is gone; media may still flow. */
  lost(leg: Leg, cause: { code: number } | { error: unknown }): void;
}

/** Longest silence of the wire before it counts as lost; the server pings every 2 s. */
const WIRE_SILENT_MS = 6000;
/** The same while media arrives and nobody waits for an answer: a full line repeats segments for long, and coming back closes the microphone. */
const WIRE_SILENT_IN_MEDIA_MS = 20_000;
/** No packet of any kind for this long: a new join begins beside this one. */
const MEDIA_SILENT_MS = 3000;
/** A server that can be reached gives a ticket, or refuses it, within this; otherwise the next attempt begins. */
const ANSWER_MS = 4000;
/** From the ticket to the welcome, and from there to connected media: less than this each, even with lost flights. */
const SETUP_MS = 8000;
/** Without the relay media is connected within this, or the network lets only the relay through. */
const DIRECT_MS = 4000;
/** With nothing to decode a connected leg is good enough after this. */
const SETTLE_MS = 1500;

/** One connection: a socket and the media that was joined over it. Never repaired, only replaced. */
export class Leg {
  private wire: WireLike | undefined;
  peer: PeerLike | undefined;
  welcome: Welcome | undefined;
  slots: SlotView[] = [];
  /** Why the server ends this connection, as it said before closing. */
  farewell: string | undefined;
  private ended = false;
  private wireGone = false;
  readonly bornMs: number;
  private answeredMs: number | undefined;
  private welcomedMs = 0;
  private connectedMs: number | undefined;
  private arrived = 0;
  private arrivedMs: number;
  private decoded = false;
  /** How media travels, once it does. */
  rung: Rung | undefined;
  private offerId = "";
  private asking = new AbortController();

  constructor(
    private parts: LegParts,
    private options: LegOptions,
    private events: LegEvents,
  ) {
    this.bornMs = this.arrivedMs = parts.now();
    void this.open();
  }

  private async open(): Promise<void> {
    try {
      const ticket = await this.parts.ticket(this.asking.signal);
      if (this.ended) return;
      this.answeredMs = this.parts.now();
      this.wire = this.parts.openWire(ticket, {
        frame: (body) => void this.take(body),
        closed: (code) => this.loseWire({ code }),
      });
      this.wire.send({ type: "hello", device: this.options.device, have: this.options.have() });
    } catch (error) {
      if (this.parts.answered(error)) this.answeredMs = this.parts.now();
      this.loseWire({ error });
    }
  }

  private async take(body: ServerBody): Promise<void> {
    if (this.ended) return;
    if (body.type === "welcome") {
      this.welcome = body;
      this.welcomedMs = this.parts.now();
      const { local, simulcast, device, relay } = this.options;
      // Papers and rosters need no media; a note-taker's machine receives pictures and sends nothing.
      if (local && (body.slots > 0 || device === "main" || device === "paper")) {
        this.peer = this.parts.makePeer({ slots: body.slots, local, simulcast, relay: relay ? body.relay : undefined });
      }
      this.events.welcome(this, body);
      await this.join();
    } else if (body.type === "answer") {
      if (body.re === this.offerId) await this.peer?.accept(body.sdp).catch((error) => this.loseWire({ error }));
    } else if (body.type === "layers") {
      this.peer?.wantLayers(body.layers, body.idle);
    } else {
      if (body.type === "slots") this.slots = body.slots;
      if (body.type === "bye") this.farewell = body.reason;
      this.events.frame(this, body);
    }
  }

  private async join(): Promise<void> {
    const sdp = await this.peer?.offer();
    if (sdp === undefined || this.ended) return;
    this.offerId = crypto.randomUUID();
    this.wire?.send({ type: "offer", sdp }, this.offerId);
  }

  private loseWire(cause: { code: number } | { error: unknown }): void {
    if (this.ended || this.wireGone) return;
    this.wireGone = true;
    this.events.lost(this, cause);
  }

  /** To be called twice a second: looks at the counters of the media. */
  async look(): Promise<void> {
    const peer = this.peer;
    if (!peer || this.ended) return;
    const stats = await peer.stats().catch(() => undefined);
    const now = this.parts.now();
    if (peer.state === "connected") this.connectedMs ??= now;
    if (!stats) return;
    // Less than before: the browser has given up a way and no longer counts what came on it.
    if (stats.arrived > this.arrived) this.arrivedMs = now;
    this.arrived = stats.arrived;
    peer.fit(stats.outgoing);
    this.decoded ||= stats.framesDecoded > 0;
    this.rung = stats.rung;
  }

  /** The socket serves: commands and sections go over it. */
  get wireAlive(): boolean {
    return this.wireSilentLessThan(WIRE_SILENT_MS);
  }

  private wireSilentLessThan(ms: number): boolean {
    return !this.wireGone && !this.ended && this.welcome !== undefined && (this.wire?.silentMs() ?? 0) < ms;
  }

  /** Nothing is wrong with socket or media, as far as can be seen from here. */
  get healthy(): boolean {
    if (this.welcome !== undefined) {
      const patient = this.mediaFlows && !this.options.awaited();
      return this.wireSilentLessThan(patient ? WIRE_SILENT_IN_MEDIA_MS : WIRE_SILENT_MS) && this.mediaHealthy;
    }
    const [sinceMs, limitMs] = this.answeredMs === undefined ? [this.bornMs, ANSWER_MS] : [this.answeredMs, SETUP_MS];
    return !this.wireGone && this.parts.now() - sinceMs < limitMs;
  }

  /** The server said something, if only no. */
  get answered(): boolean {
    return this.answeredMs !== undefined;
  }

  get mediaFlows(): boolean {
    return this.connectedMs !== undefined && this.mediaHealthy;
  }

  /** No direct way led through, and there is a relay that was not tried. */
  get wantsRelay(): boolean {
    const untried = !this.options.relay && this.welcome?.relay !== undefined;
    return untried && this.peer !== undefined && this.connectedMs === undefined && !this.mediaHealthy;
  }

  private get mediaHealthy(): boolean {
    if (!this.peer) return true;
    const now = this.parts.now();
    const state = this.peer?.state;
    if (state === "failed" || state === "closed") return false;
    const limitMs = this.options.relay || this.welcome?.relay === undefined ? SETUP_MS : DIRECT_MS;
    if (this.connectedMs === undefined) return now - this.welcomedMs < limitMs;
    return now - this.arrivedMs < MEDIA_SILENT_MS;
  }

  /** May take the place of the leg before it: it shows pictures, or there are none to show. */
  get ready(): boolean {
    if (!this.wireAlive) return false;
    if (!this.peer) return true;
    if (this.connectedMs === undefined) return false;
    const fed = this.slots.some(({ picture }) => picture !== null);
    return this.decoded || (!fed && this.parts.now() - this.connectedMs > SETTLE_MS);
  }

  send(body: ClientBody): void {
    this.wire?.send(body);
  }

  sendFrame(frame: ClientFrame): void {
    this.wire?.sendFrame(frame);
  }

  end(): void {
    this.ended = true;
    // Browsers keep six requests per host: those that nobody will answer must not stand before the next attempt.
    this.asking.abort();
    this.wire?.close();
    this.peer?.close();
  }
}
