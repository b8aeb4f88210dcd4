import type { BlockId, VisitId } from "../protocol/ids";
import type { BlockKind } from "../protocol/visit";
import type { Command } from "../protocol/command";
import type { CommandResult, Refused } from "./outbox";
import type { Unsent } from "./unsent";

export interface DraftOptions {
  visit: VisitId;
  block: BlockId;
  block_kind: BlockKind;
  /** Revision and text the server has. */
  base: number;
  text: string;
  send(command: Command): Promise<CommandResult>;
  keep(unsent: Unsent): Promise<void>;
  forget(): Promise<void>;
}

export interface DraftView {
  text: string;
  state: "saved" | "saving" | "refused";
  refusal: Refused | undefined;
}

/** Longest time between the first unsent change and its sending: a throttle, so that steady typing is saved too. */
const THROTTLE_MS = 150;

/**
 * One block while it is written here. At most one `write_block` is on its way; what was typed meanwhile goes out
 * when it is answered. A refused text stays in the browser's keep and in the field.
 */
export class BlockDraft {
  view: DraftView;
  private stored: string;
  private base: number;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private busy = false;
  private listeners = new Set<() => void>();

  constructor(private options: DraftOptions) {
    this.stored = options.text;
    this.base = options.base;
    this.view = { text: options.text, state: "saved", refusal: undefined };
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  write(text: string): void {
    if (text === this.view.text) return;
    const { visit, block, block_kind } = this.options;
    this.show({ text, state: "saving", refusal: undefined });
    void this.options.keep({ visit, block, block_kind, base: this.base, text }).catch(() => undefined);
    this.timer ??= setTimeout(() => this.flush(), THROTTLE_MS);
  }

  /** The server's state of the block: taken over unless something is unsent here. */
  receive(revision: number, text: string): void {
    if (revision <= this.base) return;
    this.base = revision;
    this.stored = text;
    if (this.view.state === "saved") this.show({ text, state: "saved", refusal: undefined });
  }

  /** Sends at once what is unsent; leaving a field or a page calls it. */
  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (!this.busy && this.view.text !== this.stored) void this.push();
  }

  private async push(): Promise<void> {
    const { visit, block, block_kind } = this.options;
    const text = this.view.text;
    this.busy = true;
    const result = await this.options.send({ do: "write_block", visit, block, block_kind, base: this.base, text });
    this.busy = false;
    if (!result.done) {
      this.show({ ...this.view, state: "refused", refusal: result });
      return;
    }
    this.stored = text;
    if (this.view.text !== text) {
      this.flush();
      return;
    }
    this.show({ text, state: "saved", refusal: undefined });
    await this.options.forget().catch(() => undefined);
  }

  private show(view: DraftView): void {
    this.view = view;
    for (const listener of this.listeners) listener();
  }
}
