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

interface Waiting {
  frame: ClientFrame;
  settle: (result: CommandResult) => void;
}

/**
 * Commands without an answer yet, oldest first. The same id goes out again on the next wire: the server
 * knows it and acts once.
 */
export class Outbox {
  private waiting = new Map<string, Waiting>();

  constructor(private newId: () => string = () => crypto.randomUUID()) {}

  add(command: Command): { frame: ClientFrame; result: Promise<CommandResult> } {
    const frame: ClientFrame = { v: 1, id: this.newId(), body: { type: "command", command } };
    const result = new Promise<CommandResult>((settle) => this.waiting.set(frame.id, { frame, settle }));
    return { frame, result };
  }

  /** All that must be sent again on a new wire, in the order of the acts. */
  unanswered(): ClientFrame[] {
    return [...this.waiting.values()].map(({ frame }) => frame);
  }

  take(body: Extract<ServerBody, { type: "done" | "refused" }>): void {
    const waiting = this.waiting.get(body.re);
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
