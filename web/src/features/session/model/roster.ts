import type { Command } from "@/protocol/command";
import type { PersonId, PointId } from "@/protocol/ids";
import type { Person, PersonRole } from "@/protocol/people";
import type { PointSection, RosterRow } from "@/protocol/section";
import type { Named } from "./names";
import { at, entries } from "./sections";

/** A person of the point with the one act that comes next for them. */
export interface RosterLine {
  id: PersonId;
  person: Named;
  title: string;
  role: PersonRole;
  seat: number | null;
  state: "expected" | "present" | "out";
  firstIn: string | null;
  /** The one this person stands in for. */
  substituteFor: Named | null;
  act: "in" | "out" | "back";
}

const ORDER = { present: 0, out: 1, expected: 2 } as const;

function stateOf(row: RosterRow): RosterLine["state"] {
  return row.state === "present" || row.state === "out" ? row.state : "expected";
}

/** How a row of the roster is called. */
export function namedRow(row: RosterRow | undefined): Named {
  return { name: row?.person.name ?? "", ordinal: row?.ordinal ?? null };
}

/** Those present by seat, then those who stepped out, then those still expected. */
export function rosterLines(point: PointSection | undefined): RosterLine[] {
  const rows = entries(point?.roster);
  return rows
    .map(([id, row]): RosterLine => {
      const state = stateOf(row);
      return {
        id,
        person: namedRow(row),
        title: row.person.title,
        role: row.person.role,
        seat: row.seat,
        state,
        firstIn: row.first_in,
        substituteFor: row.substitute_for === null ? null : namedRow(at(point?.roster, row.substitute_for)),
        act: state === "present" ? "out" : state === "out" ? "back" : "in",
      };
    })
    .sort((a, b) => ORDER[a.state] - ORDER[b.state] || (a.seat ?? 99) - (b.seat ?? 99) || a.person.name.localeCompare(b.person.name, "vi") || (a.person.ordinal ?? 99) - (b.person.ordinal ?? 99));
}

/** The lowest seat nobody sits on. */
export function freeSeat(point: PointSection | undefined): number {
  const taken = new Set(entries(point?.roster).flatMap(([, row]) => (row.state === "present" && row.seat !== null ? [row.seat] : [])));
  let seat = 1;
  while (taken.has(seat)) seat += 1;
  return seat;
}

/** The command of the line's button. */
export function rosterCommand(point: PointSection, line: RosterLine, seat: number): Command | null {
  const row = point.roster[line.id];
  if (!row) return null;
  switch (line.act) {
    case "in":
      return { do: "seat_person", point: point.point, person: row.person, seat, substitute_for: row.substitute_for };
    case "out":
      return { do: "person_out", point: point.point, person: line.id };
    case "back":
      return { do: "person_back", point: point.point, person: line.id, seat };
  }
}

/** Somebody who was not on the list: sits down at once, or is only expected. */
export interface NewPerson {
  name: string;
  title: string;
  role: PersonRole;
  substituteFor: PersonId | null;
}

export function personFrom(form: NewPerson, id: PersonId): Person {
  return {
    id,
    name: form.name.trim().normalize("NFC"),
    role: form.role,
    class: "normal",
    title: form.title.trim(),
    address: "",
    phone: "",
    identity: null,
    user: null,
    on_behalf_of: null,
  };
}

export function seatNew(point: PointId, form: NewPerson, id: PersonId, seat: number): Command {
  return { do: "seat_person", point, person: personFrom(form, id), seat, substitute_for: form.substituteFor };
}
