import type { CommandResult } from "@/live/outbox";
import type { Unsent } from "@/live/unsent";
import type { Command } from "@/protocol/command";
import type { BlockView } from "@/protocol/section";
import type { BlockKind } from "@/protocol/visit";
import type { Writer } from "../model/writer";
import { acknowledged, dueAt, isUnsaved, kept, needsLease, published, refused, restored, take, typed, writerFrom } from "../model/writer";

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
  /** Kept text of a page that died while somebody else wrote on. */
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
    this.become({ ...this.state.writer, focused: false, composing: false });
    this.flush();
    const { visit, block } = this.parts;
    void this.parts.send({ do: "leave_block", visit, block });
    if (this.view) this.published(this.view);
  }

  compose(composing: boolean): void {
    this.become({ ...this.state.writer, composing });
  }

  published(view: BlockView): void {
    this.view = view;
    const next = published(this.state.writer, view);
    if (next !== this.state.writer) this.become(next);
  }

  /** Text an earlier page left behind. */
  restore(unsent: Unsent): void {
    const { writer, conflict } = restored(this.state.writer, { text: unsent.text, revision: unsent.base }, this.parts.now());
    this.state = { ...this.state, lost: conflict ? unsent.text : null };
    this.become(writer);
    if (!conflict && writer.unsentSince === null) this.forget();
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
    if (this.state.writer.unsentSince !== null && dueAt(this.state.writer) !== null) void this.push();
    else this.arm();
  }

  private arm(): void {
    const due = dueAt(this.state.writer);
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
    if (!this.unsaved) this.forget();
    this.arm();
  }

  private stopped(id: string, refusal: { code: string; vi: string; en: string }): void {
    this.become(refused(this.state.writer, id, refusal.code, this.view, this.parts.now()), refusal);
    if (this.state.writer.inFlight.length > 0 || this.retries >= RETRIES) return;
    this.retries += 1;
    setTimeout(() => {
      if (this.state.writer.refused === null) return;
      this.become({ ...this.state.writer, refused: null, revision: this.view?.revision ?? 0 });
      this.arm();
    }, RETRY_MS);
  }

  private lease(): void {
    const { visit, block, kind } = this.parts;
    this.become({ ...this.state.writer, leasedAt: this.parts.now() });
    void this.parts.send({ do: "lease_block", visit, block, block_kind: kind });
  }

  private keep(): void {
    const keep = kept(this.state.writer);
    const { visit, block, kind } = this.parts;
    if (keep) this.store(() => this.parts.keep({ visit, block, block_kind: kind, base: keep.revision, text: keep.text }));
  }

  private forget(): void {
    this.store(() => (this.unsaved ? Promise.resolve() : this.parts.forget()));
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
