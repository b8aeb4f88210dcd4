import type { Unsaved } from "@/live/unsent";
import type { BlockView } from "@/protocol/section";

/** A change leaves the browser at the latest this long after the first unsent keystroke. */
export const SEND_WITHIN_MS = 150;
/** Writes under way at once while the block is surely ours; beyond it the text waits for an answer and goes whole. */
export const MAX_IN_FLIGHT = 8;
/** A lease lasts 10 s on the server and is renewed by each write; ask again when it may have run out. */
export const LEASE_RENEW_MS = 8_000;
/** Own texts remembered to know them again when the server publishes them. */
const REMEMBERED = 16;

/** A write on its way, from the revision it builds on. */
interface Flying {
  id: string;
  base: number;
  at: number;
}

/**
 * One block of text as its writer has it. What the server publishes replaces it only when nothing here is unsaved; a
 * text of somebody else is never written over without a person having seen both (`conflict`).
 */
export interface Writer {
  text: string;
  /** The text that was sent or shown last: typing back to it leaves nothing to send. `null` after a refusal. */
  sent: string | null;
  /** Revision `sent` is: own writes under way are counted as if they had arrived. */
  revision: number;
  focused: boolean;
  composing: boolean;
  /** Time of the first keystroke that has not been sent; `null` when everything was sent. */
  unsentSince: number | null;
  lastSentAt: number;
  leasedAt: number;
  /** Until then nobody else can write the block: the lease that the last stored write renewed. */
  heldUntil: number;
  /** When the block was last left: the answer to an older write holds nothing. */
  leftAt: number;
  /** Writes sent and not yet answered, oldest first. */
  inFlight: readonly Flying[];
  /** Texts this field held that the server has or may have, newest last. */
  own: readonly string[];
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
    heldUntil: Number.NEGATIVE_INFINITY,
    leftAt: Number.NEGATIVE_INFINITY,
    inFlight: [],
    own: [view?.text ?? ""],
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
export function dueAt(writer: Writer, now: number): number | null {
  // Several writes may build on each other only while nobody can come between them: otherwise the first is refused
  // because somebody else wrote, and the second, counted one further, fits that person's text and replaces it.
  const most = now < writer.heldUntil ? MAX_IN_FLIGHT : 1;
  if (writer.unsentSince === null || writer.inFlight.length >= most) return null;
  return Math.max(writer.unsentSince, writer.lastSentAt + SEND_WITHIN_MS);
}

/** Takes the whole text out as one write under the given id. */
export function take(writer: Writer, id: string, now: number): { writer: Writer; write: Write } {
  const base = writer.revision;
  return {
    write: { base, text: writer.text },
    writer: {
      ...writer,
      sent: writer.text,
      revision: base + 1,
      unsentSince: null,
      lastSentAt: now,
      leasedAt: now,
      inFlight: [...writer.inFlight, { id, base, at: now }],
      own: remember(writer, writer.text),
    },
  };
}

/** The server has stored the write: what is on screen is safe when nothing else is owed. */
export function acknowledged(writer: Writer, id: string, at: string): Writer {
  const answered = writer.inFlight.find((flying) => flying.id === id);
  const inFlight = writer.inFlight.filter((flying) => flying !== answered);
  const holds = answered !== undefined && answered.at > writer.leftAt;
  const heldUntil = holds ? Math.max(writer.heldUntil, answered.at + LEASE_RENEW_MS) : writer.heldUntil;
  const next = { ...writer, inFlight, heldUntil, refused: null };
  return isUnsaved(next) ? next : { ...next, savedAt: at };
}

/** The write was refused, or its answer never came: the text stays in the field and is unsent again. */
export function refused(writer: Writer, id: string, code: string, now: number): Writer {
  const answered = writer.inFlight.find((flying) => flying.id === id);
  return {
    ...writer,
    inFlight: writer.inFlight.filter((flying) => flying !== answered),
    refused: code,
    sent: null,
    revision: Math.min(writer.revision, answered?.base ?? writer.revision),
    heldUntil: Number.NEGATIVE_INFINITY,
    unsentSince: writer.unsentSince ?? now,
  };
}

/** What the server's state makes of the text here; `conflict` is the text of this page that now stands beside another's. */
export interface Merged {
  writer: Writer;
  conflict: string | null;
}

/** A state of the block from the server, looked at again whenever an answer came. */
export function published(writer: Writer, view: BlockView): Merged {
  const stays = { writer, conflict: null };
  // Answers first: they tell whether what is published came before or after what is on its way.
  if (writer.inFlight.length > 0) return stays;
  if (!isUnsaved(writer) && writer.refused === null && !writer.composing) return { ...stays, writer: shown(writer, view) };
  if (view.text === writer.text && view.revision >= writer.revision) return { ...stays, writer: adopted(writer, view) };
  if (writer.own.includes(view.text)) {
    // Nothing of anybody else is lost by writing on from a text of our own. After a refusal the server's count is right.
    const revision = writer.refused === null ? Math.max(writer.revision, view.revision) : view.revision;
    return { ...stays, writer: revision === writer.revision ? writer : { ...writer, revision } };
  }
  // The text under an input method is not taken away in mid-word; the end of composing looks again.
  if (view.revision <= writer.revision || writer.composing) return stays;
  return { writer: adopted(writer, view), conflict: writer.text };
}

/** Nothing is unsaved: the field shows what is stored, but for states older than what was written here. */
function shown(writer: Writer, view: BlockView): Writer {
  const same = view.revision === writer.revision && view.text === writer.text && view.saved_at === writer.savedAt;
  return same || view.revision < writer.revision ? writer : adopted(writer, view);
}

function adopted(writer: Writer, view: BlockView): Writer {
  return {
    ...writer,
    text: view.text,
    sent: view.text,
    revision: view.revision,
    unsentSince: null,
    own: remember(writer, view.text),
    savedAt: view.saved_at,
    refused: null,
  };
}

function remember({ own }: Writer, text: string): readonly string[] {
  return own.at(-1) === text ? own : [...own.slice(1 - REMEMBERED), text];
}

/** The block is left: others may write it from now on. */
export function left(writer: Writer, now: number): Writer {
  return { ...writer, focused: false, composing: false, heldUntil: Number.NEGATIVE_INFINITY, leftAt: now };
}

export function needsLease(writer: Writer, now: number): boolean {
  return now - writer.leasedAt >= LEASE_RENEW_MS;
}

/** What must outlive the page. */
export function kept(writer: Writer): Unsaved | null {
  if (!isUnsaved(writer) && writer.refused === null) return null;
  const doubtful = writer.refused === null ? writer.inFlight.length : MAX_IN_FLIGHT;
  const written = doubtful === 0 ? [] : writer.own.slice(-doubtful);
  return { text: writer.text, base: writer.inFlight[0]?.base ?? writer.revision, written };
}

/**
 * Brings kept text back after a reload. It goes on as if it had just been typed, unless somebody else has written the
 * block meanwhile: then both texts are shown and a person decides.
 */
export function restored(writer: Writer, keep: Unsaved, now: number): Merged {
  if (keep.text === writer.text) return { writer, conflict: null };
  const mine = writer.revision <= keep.base || keep.written.includes(writer.text);
  if (!mine) return { writer, conflict: keep.text };
  return { writer: { ...writer, text: keep.text, unsentSince: now, own: [...writer.own, ...keep.written] }, conflict: null };
}
