import { type CommandResult, LINE_LOST } from "@/live/outbox";
import type { Unsent } from "@/live/unsent";
import type { Command } from "@/protocol/command";
import type { BlockView } from "@/protocol/section";
import type { BlockKind } from "@/protocol/visit";
import type { Writer } from "../model/writer";
import { acknowledged, dueAt, isUnsaved, kept, left, type Merged, needsLease, published, refused, restored, take, typed, writerFrom } from "../model/writer";

export interface BlockParts {
  visit: string;
  block: string;
  kind: BlockKind;
  send: (command: Command) => Promise<CommandResult>;
  keep: (unsent: Unsent) => Promise<void>;
  forget: () => Promise<void>;
  /** Milliseconds that never jump. */
  now: () => number;
  /** Server time as RFC 3339. */
  serverTime: () => string;
}

export interface BlockState {
  writer: Writer;
  /** Sentence of the refusal that stopped the writing. */
  refusal: { vi: string; en: string } | null;
  /** Text written here that stands beside what somebody else wrote meanwhile; a person decides. */
  lost: string | null;
}

/** Refused writes are tried again by themselves this often: a write sent before a refused one is no person's fault. */
const RETRIES = 3;
const RETRY_MS = 300;

/**
 * One block while it is written in this browser. It lives as long as the screen, not as long as its field, so that
 * answers find it after the writer has turned to another visit.
 */
export class BlockWriter {
  state: BlockState;
  private view: BlockView | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private retries = 0;
  private sent = 0;
  private listeners = new Set<() => void>();
  private storage: Promise<unknown> = Promise.resolve();

  constructor(
    private parts: BlockParts,
    view: BlockView | undefined,
  ) {
    this.view = view;
    this.state = { writer: writerFrom(view), refusal: null, lost: null };
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  get unsaved(): boolean {
    return isUnsaved(this.state.writer);
  }

  input(text: string): void {
    this.retries = 0;
    this.become(typed(this.state.writer, text, this.parts.now()), null);
    this.keep();
    if (needsLease(this.state.writer, this.parts.now())) this.lease();
    this.arm();
  }

  focus(): void {
    this.become({ ...this.state.writer, focused: true });
    this.lease();
  }

  blur(): void {
    this.flush();
    this.become(left(this.state.writer, this.parts.now()));
    const { visit, block } = this.parts;
    void this.parts.send({ do: "leave_block", visit, block });
    this.merge();
  }

  compose(composing: boolean): void {
    this.become({ ...this.state.writer, composing });
    // The last letters of what was composed may come in an event after its end.
    if (!composing) setTimeout(() => this.merge());
  }

  published(view: BlockView): void {
    this.view = view;
    this.merge();
  }

  private merge(): void {
    if (this.view) this.settle(published(this.state.writer, this.view));
  }

  private settle({ writer, conflict }: Merged): void {
    if (writer === this.state.writer && conflict === null) return;
    // Two conflicts in a row: both texts stay to be decided on.
    if (conflict !== null) this.state = { ...this.state, lost: [this.state.lost, conflict].filter((text) => text !== null).join("\n") };
    this.become(writer, writer.refused === null ? null : this.state.refusal);
    this.keep();
    this.forget();
  }

  /** Text an earlier page left behind. */
  restore(unsent: Unsent): void {
    this.state = { ...this.state, lost: unsent.lost };
    if (unsent.unsaved) this.settle(restored(this.state.writer, unsent.unsaved, this.parts.now()));
    this.become(this.state.writer);
    this.forget();
    this.arm();
  }

  /** The person's answer to a conflict: write the kept text after the one that stands, or drop it. */
  settleLost(use: boolean): void {
    const { lost, writer } = this.state;
    this.state = { ...this.state, lost: null };
    if (use && lost !== null) this.input(writer.text === "" ? lost : `${writer.text}\n${lost}`);
    else {
      this.forget();
      this.become(writer);
    }
  }

  /** Sends at once what is unsent. */
  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (dueAt(this.state.writer, this.parts.now()) !== null) void this.push();
    else this.arm();
  }

  private arm(): void {
    const due = dueAt(this.state.writer, this.parts.now());
    if (this.timer !== undefined || due === null || this.state.writer.refused !== null) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      void this.push();
    }, Math.max(0, due - this.parts.now()));
  }

  private async push(): Promise<void> {
    this.sent += 1;
    const id = String(this.sent);
    const { visit, block, kind } = this.parts;
    const taken = take(this.state.writer, id, this.parts.now());
    this.become(taken.writer);
    const result = await this.parts.send({ do: "write_block", visit, block, block_kind: kind, ...taken.write });
    if (result.done) this.stored(id);
    else this.stopped(id, result);
  }

  private stored(id: string): void {
    this.retries = 0;
    this.become(acknowledged(this.state.writer, id, this.parts.serverTime()), null);
    this.merge();
    this.forget();
    this.arm();
  }

  private stopped(id: string, refusal: { code: string; vi: string; en: string }): void {
    const lineLost = refusal.code === LINE_LOST;
    this.become(refused(this.state.writer, id, refusal.code, this.parts.now()), lineLost ? null : refusal);
    this.merge();
    if (this.state.writer.refused === null || this.state.writer.inFlight.length > 0) return;
    // A broken line is no refusal: the text waits for the next one, however often that takes.
    if (!lineLost && this.retries >= RETRIES) return;
    if (!lineLost) this.retries += 1;
    setTimeout(() => {
      this.merge();
      if (this.state.writer.refused !== null) this.become({ ...this.state.writer, refused: null });
      this.arm();
    }, RETRY_MS);
  }

  private lease(): void {
    const { visit, block, kind } = this.parts;
    this.become({ ...this.state.writer, leasedAt: this.parts.now() });
    void this.parts.send({ do: "lease_block", visit, block, block_kind: kind });
  }

  private keep(): void {
    const { lost, writer } = this.state;
    const { visit, block, kind } = this.parts;
    const keep = kept(writer);
    if (keep || lost !== null) this.store(() => this.parts.keep({ visit, block, block_kind: kind, unsaved: keep, lost }));
  }

  /** Unless something is still owed. */
  private forget(): void {
    this.store(() => (this.unsaved || this.state.lost !== null ? Promise.resolve() : this.parts.forget()));
  }

  /** One after the other: a late keep must not bring back what was forgotten. A browser without storage keeps the page. */
  private store(act: () => Promise<void>): void {
    this.storage = this.storage.then(act).catch(() => undefined);
  }

  private become(writer: Writer, refusal: BlockState["refusal"] = this.state.refusal): void {
    this.state = { ...this.state, writer, refusal };
    for (const listener of this.listeners) listener();
  }
}
