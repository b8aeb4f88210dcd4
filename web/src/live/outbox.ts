import type { Command } from "../protocol/command";
import type { ClientFrame, ServerBody } from "../protocol/frame";

export interface Done {
  done: true;
  seq: number;
}

/** The server's no. `vi` and `en` are whole sentences to show. */
export interface Refused {
  done: false;
  code: string;
  field: string | null;
  citation: string | null;
  vi: string;
  en: string;
}

export type CommandResult = Done | Refused;

/** Code of a refusal by this page: there was no wire, or it broke before an answer. */
export const LINE_LOST = "line_lost";

const LOST: Refused = { done: false, code: LINE_LOST, field: null, citation: null, vi: "", en: "" };

/**
 * Acts that are sent once and over the wire of their moment. A microphone must not open half a minute after its key was
 * pressed. A text is sent anew by its writer, from what the server then has: what was counted on before the break could
 * pass over what somebody else wrote meanwhile.
 */
function isOfItsMoment(command: Command): boolean {
  switch (command.do) {
    case "microphone":
      // Closing may come late: it is still what was wanted.
      return command.open;
    case "give_floor":
    case "raise_hand":
    case "lease_block":
    case "write_block":
      return true;
    default:
      return false;
  }
}

interface Waiting {
  frame: ClientFrame;
  command: Command;
  settle: (result: CommandResult) => void;
  /** Over which wire it went; `undefined`: over none yet. */
  via: CommandWire | undefined;
}

/** What carries commands. */
export interface CommandWire {
  readonly wireAlive: boolean;
  sendFrame(frame: ClientFrame): void;
}

/**
 * Commands without an answer yet, oldest first. The same id goes out again on the next wire: the server
 * knows it and acts once.
 */
export class Outbox {
  private waiting = new Map<string, Waiting>();
  /** Something of its moment found no wire, and none has served since. */
  private missed = false;

  constructor(private newId: () => string = () => crypto.randomUUID()) {}

  /** Somebody has acted and waits: for an answer, or for a wire to act over. */
  get awaits(): boolean {
    return this.missed || this.waiting.size > 0;
  }

  /** Sends at once over a living wire; otherwise what can wait goes with the next one. */
  send(command: Command, wire: CommandWire | undefined): Promise<CommandResult> {
    const via = wire?.wireAlive ? wire : undefined;
    if (!via && isOfItsMoment(command)) {
      this.missed = true;
      return Promise.resolve(LOST);
    }
    const frame: ClientFrame = { v: 1, id: this.newId(), body: { type: "command", command } };
    const result = new Promise<CommandResult>((settle) => this.waiting.set(frame.id, { frame, command, settle, via }));
    via?.sendFrame(frame);
    return result;
  }

  /** A new wire serves: all that has no answer goes over it, in the order of the acts. */
  resend(wire: CommandWire): void {
    this.missed = false;
    for (const [id, waiting] of this.waiting) {
      // Its own wire may still bring the answer; `wireEnded` says when not.
      if (waiting.via !== undefined && isOfItsMoment(waiting.command)) continue;
      this.waiting.set(id, { ...waiting, via: wire });
      wire.sendFrame(waiting.frame);
    }
  }

  /** No answer comes over this wire any more. */
  wireEnded(wire: CommandWire): void {
    for (const [id, { via, command, settle }] of this.waiting) {
      if (via !== wire || !isOfItsMoment(command)) continue;
      this.waiting.delete(id);
      settle(LOST);
    }
  }

  take(body: Extract<ServerBody, { type: "done" | "refused" }>): void {
    const waiting = this.waiting.get(body.re);
    this.missed = false;
    if (!waiting) return;
    this.waiting.delete(body.re);
    waiting.settle(
      body.type === "done"
        ? { done: true, seq: body.seq }
        : {
            done: false,
            code: body.code,
            field: body.field,
            citation: body.citation,
            vi: body.vi,
            en: body.en,
          },
    );
  }
}
