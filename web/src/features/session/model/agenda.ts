import type { PointId, VisitId } from "@/protocol/ids";
import type { StaffSection, VisitSection } from "@/protocol/section";
import type { VisitStatus } from "@/protocol/visit";
import type { Room } from "./sections";
import { at, entries } from "./sections";

const TO_COME: readonly VisitStatus[] = ["registered", "appointment", "arrived", "identified", "waiting", "held"];

/** Visits whose turn is still to come, in their order: only these change places. */
export function toCome(staff: Pick<StaffSection, "agenda" | "visits">): VisitId[] {
  return staff.agenda.filter((id) => TO_COME.includes(at(staff.visits, id)?.status ?? "ended"));
}

/** The whole agenda with a visit one turn earlier or later; `undefined` where there is none before or after it. */
export function moved(staff: Pick<StaffSection, "agenda" | "visits">, visit: VisitId, by: -1 | 1): VisitId[] | undefined {
  const turns = toCome(staff);
  const place = turns.indexOf(visit);
  const other = place < 0 ? undefined : turns[place + by];
  if (other === undefined) return undefined;
  const swapped: Record<VisitId, VisitId> = { [visit]: other, [other]: visit };
  return staff.agenda.map((id) => swapped[id] ?? id);
}

/** The visits an agency was asked to, the running one first, then by number. */
export function visitsAsked({ visits, staff }: Pick<Room, "visits" | "staff">): VisitSection[] {
  const rank = ({ visit }: VisitSection) => (visit === staff?.running ? 0 : 1);
  return entries(visits)
    .map(([, visit]) => visit)
    .toSorted((a, b) => rank(a) - rank(b) || a.number - b.number);
}

/** Names of those who are received and of those beside them, as far as this audience is told them. */
export const namesOf = ({ persons }: Pick<VisitSection, "persons">): string =>
  persons
    .filter(({ name }) => name !== "")
    .map(({ title, name }) => `${title} ${name}`.trim())
    .join(", ");

/** A point that a visit may be opened to; the centre and the citizen's point always see and hear it. */
export interface VisitPoint {
  point: PointId;
  name: string;
  always: boolean;
}

export function visitPoints(room: Pick<Room, "public">, citizenPoint: PointId): VisitPoint[] {
  return entries(room.public?.points).map(([point, { name, role }]) => ({
    point,
    name,
    always: role === "central" || point === citizenPoint,
  }));
}
