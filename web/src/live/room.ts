import type { LocalMedia } from "../media/local";
import type { LinkStats } from "../media/stats";
import type { Command } from "../protocol/command";
import type { ClientBody, ServerBody, SlotView } from "../protocol/frame";
import type { DeviceKind } from "../protocol/units";
import { keepCheckpoint } from "./checkpoints";
import { backoff } from "./backoff";
import { Leg, type LegParts, type Welcome } from "./leg";
import { Outbox, type CommandResult } from "./outbox";
import { Sections } from "./sections";

export type RoomStatus =
  /** First join under way. */
  | "joining"
  | "live"
  /** Coming back; what is shown may be old. */
  | "reconnecting"
  /** For good: `end` says why. */
  | "ended";

/** What screens draw of the connection itself. A new object whenever something changed. */
export interface RoomView {
  status: RoomStatus;
  connection: string | undefined;
  point: string | null;
  /** What feeds slot k, and the stream that shows it. */
  slots: readonly SlotView[];
  /** How many slots there are, from the welcome. */
  receives: number | undefined;
  streams: readonly MediaStream[];
  mediaFlows: boolean;
  /** `reason` as in the catalogue's `server:close.<reason>`. */
  end: { code: number; reason?: string; error?: unknown } | undefined;
}

export interface RoomOptions {
  device: DeviceKind;
  local: LocalMedia | undefined;
  simulcast: boolean;
}

export interface RoomParts extends LegParts {
  random(): number;
  /** Milliseconds of the wall clock, for the difference to the server's. */
  wallMs(): number;
  /** True when a failed attempt must not be repeated (signed out, no access). */
  isFinal(cause: { code: number } | { error: unknown }): boolean;
}

type TypingFrame = Extract<ServerBody, { type: "typing" }>;

const NO_SLOTS: readonly SlotView[] = [];
const NO_STREAMS: readonly MediaStream[] = [];
const TICK_MS = 500;
/** A leg that lived this long has proved the way; the next loss starts counting anew. */
const PROVEN_MS = 5000;

/**
 * A session seen from this device. Legs come and go beneath it: when one falls silent a new one is joined beside
 * it, and takes over when it decodes. Commands wait in the outbox, sections are kept, tracks go on.
 */
export class Room {
  readonly sections = new Sections();
  private outbox = new Outbox();
  private current: Leg | undefined;
  private next: Leg | undefined;
  private promotedMs = 0;
  private attempt = 0;
  /** Only the relay led through lately: the next leg may use it at once. */
  private relay = false;
  private retryAtMs: number | undefined;
  private timer: ReturnType<typeof setInterval> | undefined;
  private listeners = new Set<() => void>();
  private levelListeners = new Set<() => void>();
  private typingListeners = new Set<(frame: TypingFrame) => void>();
  levels: { [point: string]: number } = {};
  clockOffsetMs = 0;
  view: RoomView;

  constructor(
    private parts: RoomParts,
    private options: RoomOptions,
  ) {
    this.view = {
      status: "joining",
      connection: undefined,
      point: null,
      slots: NO_SLOTS,
      receives: undefined,
      streams: NO_STREAMS,
      mediaFlows: false,
      end: undefined,
    };
    this.sections.subscribe(() => this.gateMicrophone());
  }

  start(): void {
    if (this.timer !== undefined) return;
    this.timer = setInterval(() => void this.tick(), TICK_MS);
    this.join();
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.current?.end();
    this.next?.end();
    this.current = this.next = undefined;
  }

  /**
   * Resolves when the server has committed or refused. Survives reconnects, but for acts of their moment: those are
   * refused with `line_lost` when their wire breaks.
   */
  command(command: Command): Promise<CommandResult> {
    return this.outbox.send(command, this.speaker());
  }

  /** Sends what needs no answer; lost when there is no wire. */
  tell(body: ClientBody): void {
    this.speaker()?.send(body);
  }

  /** Counters of the connection that is shown; `undefined` before media is joined. */
  async linkStats(): Promise<LinkStats | undefined> {
    return this.current?.peer?.stats().catch(() => undefined);
  }

  /** Now, by the server's clock, in milliseconds since 1970. */
  serverNowMs(): number {
    return this.parts.wallMs() + this.clockOffsetMs;
  }

  subscribe = (listener: () => void): (() => void) => add(this.listeners, listener);
  subscribeLevels = (listener: () => void): (() => void) => add(this.levelListeners, listener);
  subscribeTyping = (listener: (frame: TypingFrame) => void): (() => void) => add(this.typingListeners, listener);

  /** Tries at once, without waiting for the next attempt: the network said that it is back. */
  retryNow(): void {
    if (this.view.status === "reconnecting" && !this.next) this.join();
  }

  private join(): void {
    this.retryAtMs = undefined;
    this.next = new Leg(
      this.parts,
      { ...this.options, relay: this.relay, have: () => this.sections.have(), awaited: () => this.outbox.awaits },
      {
        welcome: (leg, welcome) => this.welcomed(leg, welcome),
        frame: (leg, body) => this.take(leg, body),
        lost: (leg, cause) => this.lost(leg, cause),
      },
    );
  }

  private welcomed(leg: Leg, welcome: Welcome): void {
    this.clockOffsetMs = Date.parse(welcome.now) - this.parts.wallMs() || 0;
    this.outbox.resend(leg);
    // Nothing worth keeping: the picture of the new leg may build up in sight.
    if (leg === this.next && !this.current?.mediaFlows) this.promote(leg);
    else this.refresh();
  }

  private promote(leg: Leg): void {
    const before = this.current;
    this.current = leg;
    if (this.next === leg) this.next = undefined;
    this.promotedMs = this.parts.now();
    if (before) this.endLeg(before);
    this.refresh();
  }

  private endLeg(leg: Leg): void {
    leg.end();
    this.outbox.wireEnded(leg);
  }

  private lost(leg: Leg, cause: { code: number } | { error: unknown }): void {
    this.outbox.wireEnded(leg);
    // What is said to a leg that is being replaced does not concern the one that replaces it.
    const replaced = leg === this.current && this.next?.welcome !== undefined;
    if (this.parts.isFinal(cause) && !replaced) {
      const reason = leg.farewell === undefined ? {} : { reason: leg.farewell };
      this.finish("code" in cause ? { code: cause.code, ...reason } : { code: 0, error: cause.error });
      return;
    }
    if (leg === this.next) this.abandonNext();
    else if (leg === this.current) this.replace();
    this.refresh();
  }

  private abandonNext(): void {
    const failed = this.next;
    if (failed) this.endLeg(failed);
    this.next = undefined;
    if (failed && !failed.answered) this.wait({ sinceMs: failed.bornMs, answered: false });
    else this.wait();
  }

  /** The next attempt is due so long after `sinceMs`: an attempt that nobody answered was a wait already. */
  private wait({ atLeastMs = 0, sinceMs = this.parts.now(), answered = true } = {}): void {
    if (this.retryAtMs !== undefined) return;
    this.retryAtMs = sinceMs + Math.max(atLeastMs, backoff(this.attempt, this.parts.random(), answered));
    this.attempt += 1;
  }

  private replace(atLeastMs = 0): void {
    if (!this.next) this.wait({ atLeastMs });
  }

  private finish(end: RoomView["end"]): void {
    this.stop();
    this.view = { ...this.view, status: "ended", streams: NO_STREAMS, slots: NO_SLOTS, end };
    tellAll(this.listeners);
  }

  /** The leg whose frames count: the newest that the server answered. Until then the old one goes on feeding. */
  private feeder(): Leg | undefined {
    return this.next?.welcome ? this.next : this.current;
  }

  private speaker(): Leg | undefined {
    return this.next?.wireAlive ? this.next : this.current;
  }

  private take(leg: Leg, body: ServerBody): void {
    switch (body.type) {
      case "done":
      case "refused":
        this.outbox.take(body);
        return;
      case "snapshot":
      case "patch":
      case "forget":
        if (leg === this.feeder() && this.sections.take(body) === "gap") this.resync(leg, body.section);
        return;
      case "slots":
        if (leg === this.current) this.refresh();
        return;
      case "levels":
        this.levels = body.levels;
        tellAll(this.levelListeners);
        return;
      case "checkpoint":
        keepCheckpoint(body);
        return;
      case "typing":
        for (const listener of this.typingListeners) listener(body);
        return;
      case "bye":
        if (leg === this.current) this.replace(body.retry_ms);
        return;
      default:
    }
  }

  /** A patch that does not fit: the section is asked for anew on a new leg; media stays up meanwhile. */
  private resync(leg: Leg, section: string): void {
    this.sections.distrust(section);
    if (leg === this.next) this.abandonNext();
    else this.replace();
  }

  private async tick(): Promise<void> {
    await Promise.all([this.current?.look(), this.next?.look()]);
    if (this.timer === undefined) return;
    const now = this.parts.now();
    this.climb();
    if (this.next?.ready) this.promote(this.next);
    else if (this.next && !this.next.healthy) this.abandonNext();
    if (this.current && !this.current.healthy) this.replace();
    else if (this.current && now - this.promotedMs > PROVEN_MS) this.attempt = 0;
    if (this.retryAtMs !== undefined && now >= this.retryAtMs && !this.next) this.join();
    this.refresh();
  }

  /** Down to the relay where nothing else leads through, up again as soon as something else does. */
  private climb(): void {
    if (this.current?.wantsRelay || this.next?.wantsRelay) this.relay = true;
    else if (this.current?.mediaFlows && this.current.rung !== undefined) this.relay = this.current.rung === "relay";
  }

  /** The own microphone sounds only while the server says so, and never over a line it cannot be heard on. */
  private gateMicrophone(): void {
    const { point, connection, status } = this.view;
    const own = point === null ? undefined : this.sections.get("public")?.points[point];
    const second = point !== null && connection !== undefined && this.sections.get(`point:${point}`)?.take_over.includes(connection);
    this.options.local?.setMicrophoneOpen(status === "live" && own?.microphone_open === true && second !== true);
  }

  private refresh(): void {
    const leg = this.current;
    const status: RoomStatus = leg?.healthy ? "live" : this.view.status === "joining" ? "joining" : "reconnecting";
    const changes: Omit<RoomView, "end"> = {
      status,
      connection: leg?.welcome?.connection,
      point: leg?.welcome?.point ?? this.view.point,
      slots: leg?.slots ?? NO_SLOTS,
      receives: leg?.welcome?.slots ?? this.view.receives,
      streams: leg?.peer?.streams ?? NO_STREAMS,
      mediaFlows: leg?.mediaFlows ?? false,
    };
    const keys = Object.keys(changes) as (keyof typeof changes)[];
    if (keys.every((key) => changes[key] === this.view[key])) return;
    this.view = { ...this.view, ...changes };
    this.gateMicrophone();
    tellAll(this.listeners);
  }
}

function add<T>(set: Set<T>, listener: T): () => void {
  set.add(listener);
  return () => set.delete(listener);
}

function tellAll(listeners: Set<() => void>): void {
  for (const listener of listeners) listener();
}
