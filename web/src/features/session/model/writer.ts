import type { BlockView } from "@/protocol/section";

/** A change leaves the browser at the latest this long after the first unsent keystroke. */
export const SEND_WITHIN_MS = 150;
/** Writes under way at once; beyond it the text waits for an answer and goes whole. */
export const MAX_IN_FLIGHT = 8;
/** A lease lasts 10 s on the server and is renewed by typing; ask again when it may have run out. */
export const LEASE_RENEW_MS = 8_000;

/**
 * One block of text as its writer has it. The field belongs to the writer while it is focused, composing or not yet
 * saved: what comes from the server then only updates the revision, never the text.
 */
export interface Writer {
  text: string;
  /** The text that was sent last: typing back to it leaves nothing to send. */
  sent: string;
  /** Highest revision known or predicted: each write sent counts one. */
  revision: number;
  focused: boolean;
  composing: boolean;
  /** Time of the first keystroke that has not been sent; `null` when everything was sent. */
  unsentSince: number | null;
  lastSentAt: number;
  leasedAt: number;
  /** Writes sent and not yet answered, oldest first. */
  inFlight: readonly string[];
  /** Server time at which the whole text was stored. */
  savedAt: string | null;
  /** Code of the refusal that stopped the writing. */
  refused: string | null;
}

export interface Write {
  base: number;
  text: string;
}

export function writerFrom(view: BlockView | undefined): Writer {
  return {
    text: view?.text ?? "",
    sent: view?.text ?? "",
    revision: view?.revision ?? 0,
    focused: false,
    composing: false,
    unsentSince: null,
    lastSentAt: Number.NEGATIVE_INFINITY,
    leasedAt: Number.NEGATIVE_INFINITY,
    inFlight: [],
    savedAt: view?.saved_at ?? null,
    refused: null,
  };
}

/** Whether the field holds something the server has not acknowledged. */
export function isUnsaved(writer: Writer): boolean {
  return writer.unsentSince !== null || writer.inFlight.length > 0;
}

export function typed(writer: Writer, text: string, now: number): Writer {
  if (text === writer.text) return writer;
  return { ...writer, text, unsentSince: text === writer.sent ? null : (writer.unsentSince ?? now), refused: null };
}

/** When the next write is due: `null` while there is nothing to send or too many answers are owed. */
export function dueAt(writer: Writer): number | null {
  if (writer.unsentSince === null || writer.inFlight.length >= MAX_IN_FLIGHT) return null;
  return Math.max(writer.unsentSince, writer.lastSentAt + SEND_WITHIN_MS);
}

/** Takes the whole text out as one write under the given id. */
export function take(writer: Writer, id: string, now: number): { writer: Writer; write: Write } {
  return {
    write: { base: writer.revision, text: writer.text },
    writer: {
      ...writer,
      sent: writer.text,
      revision: writer.revision + 1,
      unsentSince: null,
      lastSentAt: now,
      leasedAt: now,
      inFlight: [...writer.inFlight, id],
    },
  };
}

/** The server has stored the write: what is on screen is safe when nothing else is owed. */
export function acknowledged(writer: Writer, id: string, at: string): Writer {
  const inFlight = writer.inFlight.filter((sent) => sent !== id);
  const next = { ...writer, inFlight, refused: null };
  return isUnsaved(next) ? next : { ...next, savedAt: at };
}

/** The write was refused: the text stays in the field and is unsent again, from the revision the server has. */
export function refused(writer: Writer, id: string, code: string, view: BlockView | undefined, now: number): Writer {
  const inFlight = writer.inFlight.filter((sent) => sent !== id);
  return {
    ...writer,
    inFlight,
    sent: view?.text ?? "",
    refused: code,
    revision: inFlight.length === 0 ? (view?.revision ?? 0) : writer.revision,
    unsentSince: writer.unsentSince ?? now,
  };
}

/** A new state of the block from the server. */
export function published(writer: Writer, view: BlockView): Writer {
  const revision = Math.max(writer.revision, view.revision);
  const mine = writer.focused || writer.composing || isUnsaved(writer) || writer.refused !== null;
  // An older state than what was written here is on its way behind the answer; it must not undo the text.
  if (mine || view.revision < writer.revision) return revision === writer.revision ? writer : { ...writer, revision };
  if (view.text === writer.text && view.saved_at === writer.savedAt && revision === writer.revision) return writer;
  return { ...writer, revision, text: view.text, sent: view.text, savedAt: view.saved_at };
}

export function needsLease(writer: Writer, now: number): boolean {
  return now - writer.leasedAt >= LEASE_RENEW_MS;
}

/** Unsaved text as it is kept in the browser over a reload. */
export interface KeptText {
  text: string;
  /** Highest revision the lost page had sent itself: newer ones were written by somebody else. */
  revision: number;
}

export function kept(writer: Writer): KeptText | null {
  return isUnsaved(writer) || writer.refused !== null ? { text: writer.text, revision: writer.revision } : null;
}

/**
 * Brings kept text back after a reload. It goes on as if it had just been typed, unless somebody else has written the
 * block meanwhile: then both texts are shown and a person decides.
 */
export function restored(writer: Writer, keep: KeptText, now: number): { writer: Writer; conflict: boolean } {
  if (keep.text === writer.text) return { writer, conflict: false };
  if (writer.revision > keep.revision) return { writer, conflict: true };
  return { writer: { ...writer, text: keep.text, unsentSince: now }, conflict: false };
}
