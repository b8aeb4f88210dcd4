import { atZone } from "../../i18n/time";
import type { PetitionKind } from "../../protocol/cases";
import type { Registration, SessionPoint } from "../../protocol/event";
import type { PointId, SessionId, UserId } from "../../protocol/ids";
import type { Class, IdentityKind, Person, PersonRole, SessionFunction } from "../../protocol/people";
import type { NewSession } from "../../protocol/rest";
import type { EligibilityGround, ReceptionKind } from "../../protocol/session";
import type { Point, PointRole } from "../../protocol/units";

export interface FunctionDraft {
  key: string;
  user: UserId | null;
  function: SessionFunction;
  point: PointId | null;
}

export interface PersonDraft {
  id: string;
  role: PersonRole;
  title: string;
  name: string;
  address: string;
  phone: string;
  identityKind: IdentityKind | "none";
  identityNumber: string;
}

export interface VisitDraft {
  id: string;
  /** Whose visit it is. */
  main: PersonDraft;
  /** Who comes with them: others of a group, interpreter, lawyer. */
  others: PersonDraft[];
  presentedAs: PetitionKind;
  summary: string;
  class: Class;
  /** Answer of a denouncer to the question about secrecy; `null` while not asked. */
  secrecyRequested: boolean | null;
  citizenPoint: PointId | null;
  agencyPoints: PointId[];
  groupSize: string;
}

/** A session while it is being filled in. */
export interface SessionDraft {
  id: SessionId;
  unit: string | null;
  title: string;
  kind: ReceptionKind;
  day: string;
  time: string;
  grounds: EligibilityGround[];
  central: PointId | null;
  components: PointId[];
  functions: FunctionDraft[];
  visits: VisitDraft[];
}

/** What may be assigned, in the order it is offered. */
export const FUNCTIONS: readonly SessionFunction[] = [
  "presider",
  "note_taker",
  "assistant",
  "advising_unit",
  "point_officer",
  "agency_representative",
  "interpreter",
  "observer",
  "technician",
];

const newKey = () => crypto.randomUUID();

export const newFunction = (of: SessionFunction): FunctionDraft => ({ key: newKey(), user: null, function: of, point: null });

/** Parts of those who are received (Điều 7, 13 and 29 of the law), and of those who stand beside them. */
export const RECEIVED: readonly PersonRole[] = ["citizen", "representative", "authorised_person"];
export const ROLES: readonly PersonRole[] = [...RECEIVED, "interpreter", "lawyer", "legal_aid_officer"];

export const newPerson = (role: PersonRole): PersonDraft => ({
  id: newKey(),
  role,
  title: "",
  name: "",
  address: "",
  phone: "",
  identityKind: "none",
  identityNumber: "",
});

export const newVisit = (citizenPoint: PointId | null): VisitDraft => ({
  id: newKey(),
  main: newPerson("citizen"),
  others: [],
  presentedAs: "feedback_petition",
  summary: "",
  class: "normal",
  secrecyRequested: null,
  citizenPoint,
  agencyPoints: [],
  groupSize: "1",
});

export const emptyDraft = (day: string): SessionDraft => ({
  id: newKey(),
  unit: null,
  title: "",
  kind: "periodic",
  day,
  time: "08:00",
  grounds: [],
  central: null,
  components: [],
  functions: [newFunction("presider"), newFunction("note_taker"), newFunction("point_officer")],
  visits: [],
});

export const pointsOf = ({ central, components }: Pick<SessionDraft, "central" | "components">): PointId[] => [
  ...(central === null ? [] : [central]),
  ...components.filter((point) => point !== central),
];

/** What hinders sending: `code` is a key of `office:create.missing`. */
export interface Missing {
  code: string;
  number?: number;
}

export function missing(draft: SessionDraft): Missing[] {
  const points = pointsOf(draft);
  const filled = ({ user, point }: FunctionDraft) => user !== null && point !== null && points.includes(point);
  const has = (wanted: SessionFunction) => draft.functions.some((one) => one.function === wanted && filled(one));
  const rules: [boolean, string][] = [
    [draft.unit !== null, "unit"],
    [draft.title.trim() !== "", "title"],
    [draft.day !== "" && draft.time !== "", "start"],
    [draft.grounds.length > 0, "grounds"],
    [draft.central !== null, "central"],
    [points.length > 1, "component"],
    [has("presider"), "presider"],
    [has("note_taker"), "note_taker"],
    [draft.functions.every(filled), "function"],
  ];
  return [
    ...rules.filter(([holds]) => !holds).map(([, code]) => ({ code })),
    ...draft.visits.flatMap((visit, index) => (isComplete(visit, points) ? [] : [{ code: "visit", number: index + 1 }])),
  ];
}

export const isComplete = ({ main, others, summary, citizenPoint }: VisitDraft, points: readonly PointId[]): boolean =>
  [main, ...others].every(({ name }) => name.trim() !== "") && summary.trim() !== "" && citizenPoint !== null && points.includes(citizenPoint);

/** The body of `POST /sessions`; the draft has nothing missing. */
export function toNewSession(draft: SessionDraft, known: readonly Point[]): NewSession {
  const roleOf = (point: PointId): PointRole => (point === draft.central ? "central" : "component");
  const points = pointsOf(draft).flatMap((id): SessionPoint[] => {
    const point = known.find((one) => one.id === id);
    return point ? [{ point: id, unit: point.unit, role: roleOf(id), name: point.name, address: point.address }] : [];
  });
  return {
    id: draft.id,
    unit: draft.unit ?? "",
    title: draft.title.trim().normalize("NFC"),
    kind: draft.kind,
    starts_at: atZone(draft.day, draft.time),
    grounds: draft.grounds,
    points,
    functions: draft.functions.flatMap(({ user, function: of, point }) =>
      user === null || point === null ? [] : [{ user, function: of, point }],
    ),
    visits: draft.visits.map((visit, index) => toRegistration(visit, index + 1)),
  };
}

const text = (value: string) => value.trim().normalize("NFC");

function toPerson({ identityKind, identityNumber, ...person }: PersonDraft, level: Class, besides: string | null): Person {
  return {
    id: person.id,
    name: text(person.name),
    role: person.role,
    class: level,
    title: text(person.title),
    address: text(person.address),
    phone: text(person.phone),
    identity: identityKind === "none" ? null : { kind: identityKind, number: text(identityNumber), issued_on: null, issued_by: "" },
    user: null,
    on_behalf_of: besides,
  };
}

export function toRegistration(visit: VisitDraft, number: number): Registration {
  const others = visit.agencyPoints.filter((point) => point !== visit.citizenPoint);
  return {
    visit: visit.id,
    number,
    class: visit.class,
    presented_as: visit.presentedAs,
    citizen_point: visit.citizenPoint ?? "",
    agency_points: others,
    summary: text(visit.summary),
    persons: [
      toPerson(visit.main, visit.class, null),
      // A further citizen of a group speaks for themselves.
      ...visit.others.map((person) => toPerson(person, visit.class, person.role === "citizen" ? null : visit.main.id)),
    ],
    group_size: Math.max(1, Number.parseInt(visit.groupSize, 10) || 1),
    case: null,
    ...(visit.presentedAs === "denunciation" && visit.secrecyRequested !== null && { secrecy_requested: visit.secrecyRequested }),
  };
}
