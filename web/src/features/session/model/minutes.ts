import type { Command } from "@/protocol/command";
import type { BlockId, UserId, VisitId } from "@/protocol/ids";
import type { AgendaRow, BlockView, MinutesSection, VisitSection } from "@/protocol/section";
import type { PersonRole } from "@/protocol/people";
import type { BlockKind, VisitStatus } from "@/protocol/visit";
import type { Named } from "./names";
import { named } from "./names";
import type { Room } from "./sections";
import { at, entries } from "./sections";

/** Every part of the minutes, in the order of the paper. */
export const BLOCKS: readonly BlockKind[] = ["content", "requests", "documents", "opinions", "conclusion", "citizen_opinion"];

const OPEN: readonly VisitStatus[] = ["identified", "waiting", "called", "in_session", "held", "heard"];
const PAPERWORK: readonly VisitStatus[] = ["recorded", "read_back", "confirmed", "refused_to_sign", "classified"];

/** Whether the text of a visit can be written, as the server's rule has it. */
export function textIsOpen(status: VisitStatus): boolean {
  return OPEN.includes(status);
}

/** Visits a note-taker has to do with: the running one first, then those whose paper is not finished, then the next. */
export function visitsToWrite(room: Room): [VisitId, AgendaRow][] {
  const staff = room.staff;
  if (!staff) return [];
  const rank = (id: VisitId, status: VisitStatus): number => {
    if (id === staff.running) return 0;
    if (status === "heard" || PAPERWORK.includes(status)) return 1;
    return OPEN.includes(status) ? 2 : 3;
  };
  return staff.agenda
    .flatMap((id): [VisitId, AgendaRow, number][] => {
      const row = at(staff.visits, id);
      if (!row) return [];
      const order = rank(id, row.status);
      return order < 3 ? [[id, row, order]] : [];
    })
    .sort((a, b) => a[2] - b[2])
    .map(([id, row]) => [id, row]);
}

/**
 * Id of the first block of a kind. Derived from the visit, so that two browsers or a reloaded page mean the same block:
 * a version 8 UUID (RFC 9562 section 5.8), which no server-made version 7 id can equal.
 */
export function blockIdOf(visit: VisitId, kind: BlockKind): BlockId {
  const place = BLOCKS.indexOf(kind) + 1;
  const last = (Number.parseInt(visit.slice(-2), 16) ^ place).toString(16).padStart(2, "0");
  return `${visit.slice(0, 14)}8${visit.slice(15, -2)}${last}`;
}

/** The block of a kind as the server has it, with the id to write it under. */
export function blockFor(minutes: MinutesSection | undefined, visit: VisitId, kind: BlockKind): { id: BlockId; view: BlockView | undefined } {
  const own = blockIdOf(visit, kind);
  const view = at(minutes?.blocks, own);
  if (view) return { id: own, view };
  const other = entries(minutes?.blocks).find(([, block]) => block.block_kind === kind);
  return other ? { id: other[0], view: other[1] } : { id: own, view: undefined };
}

/** Name of somebody else who holds the block now. */
export function otherWriter(view: BlockView | undefined, me: UserId | null): string | null {
  return view && view.writer !== null && view.writer !== me ? view.writer_name : null;
}

/** What the note-taker's button does next for a visit; `classify` opens the form. */
export type PaperStep =
  | { kind: "write" }
  | { kind: "send"; key: string; command: Command }
  | { kind: "wait"; key: string }
  | { kind: "classify"; key: string }
  | { kind: "done"; key: string };

export function paperStep(visit: VisitId, status: VisitStatus): PaperStep {
  switch (status) {
    case "heard":
      return { kind: "send", key: "paper.freeze", command: { do: "freeze_text", visit } };
    case "recorded":
      return { kind: "send", key: "paper.read_back", command: { do: "read_back", visit } };
    case "read_back":
      return { kind: "wait", key: "paper.wait_signature" };
    case "confirmed":
    case "refused_to_sign":
      return { kind: "classify", key: "paper.classify" };
    case "classified":
      return { kind: "send", key: "paper.end", command: { do: "end_visit", visit } };
    case "ended":
      return { kind: "done", key: "paper.ended" };
    default:
      return { kind: "write" };
  }
}

/** Those received sign what was read back, and the interpreter who spoke for them; lawyer and witness do not. */
export const SIGNS: readonly PersonRole[] = ["citizen", "representative", "authorised_person", "interpreter"];

/** Who of those received has confirmed, who has refused, who still has to answer. */
export function signatures(visit: VisitSection): { id: string; person: Named; state: "confirmed" | "refused" | "owed"; detail: string }[] {
  const asked = new Set(visit.persons.filter(({ role }) => SIGNS.includes(role)).map(({ id }) => id));
  return named(visit.persons).filter(({ id }) => asked.has(id)).map((person) => {
    const how = at(visit.confirmed, person.id);
    const reason = at(visit.refused, person.id);
    if (how !== undefined) return { id: person.id, person, state: "confirmed", detail: how };
    if (reason !== undefined) return { id: person.id, person, state: "refused", detail: reason };
    return { id: person.id, person, state: "owed", detail: "" };
  });
}

/** Things still open in the session, as the note-taker's closing list names them. */
export interface OpenItem {
  visit: VisitId;
  number: number;
  key: string;
  /** The note-taker's page can turn to it. */
  writable: boolean;
}

export function closingList(room: Room): OpenItem[] {
  const staff = room.staff;
  if (!staff) return [];
  const writable = new Set(visitsToWrite(room).map(([id]) => id));
  return staff.agenda.flatMap((id): OpenItem[] => {
    const row = at(staff.visits, id);
    const key = row && openKey(row.status);
    return row && key ? [{ visit: id, number: row.number, key, writable: writable.has(id) }] : [];
  });
}

function openKey(status: VisitStatus): string | null {
  if (status === "heard") return "open.not_frozen";
  if (status === "recorded") return "open.not_read";
  if (status === "read_back") return "open.unsigned";
  if (status === "confirmed" || status === "refused_to_sign") return "open.unclassified";
  if (status === "classified") return "open.not_ended";
  if (status === "held") return "open.held";
  if (status === "called" || status === "in_session") return "open.running";
  return ["registered", "appointment", "arrived", "identified", "waiting"].includes(status) ? "open.not_called" : null;
}
