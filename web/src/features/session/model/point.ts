import type { Command } from "@/protocol/command";
import type { PersonId, VisitId } from "@/protocol/ids";
import type { IdentityCheck } from "@/protocol/people";
import type { VisitSection } from "@/protocol/section";
import type { Confirmation, VisitStatus } from "@/protocol/visit";
import { SIGNS } from "./minutes";
import type { Named } from "./names";
import { named } from "./names";
import type { Room } from "./sections";
import { at } from "./sections";

/** Ways an officer beside the person checks who it is (D154 Điều 12), the usual one first. */
export const IDENTITY_CHECKS: readonly IdentityCheck[] = ["document_seen", "qr_scanned", "chip_read", "vneid", "known_to_officer", "stated"];

/** Ways of confirming what was read back, on paper first. */
export const CONFIRMATIONS: readonly Confirmation[] = ["signature", "fingerprint", "digital_signature", "verbal"];

/** A visit of the own point as far as this screen knows it. */
export interface PointVisit {
  id: VisitId;
  number: number;
  status: VisitStatus;
  restricted: boolean;
  /** Whom the visit is called after. */
  main: Named;
  summary: string;
  section: VisitSection | undefined;
}

/** The point's visits, first in the queue first. */
export function pointVisits(room: Room): PointVisit[] {
  return (room.point?.visits ?? []).flatMap((id): PointVisit[] => {
    const section = room.visits[id];
    const row = at(room.staff?.visits, id);
    const known = section ?? row;
    if (!known) return [];
    return [
      {
        id,
        number: known.number,
        status: known.status,
        restricted: known.class === "restricted",
        main: named(section?.persons)[0] ?? { name: row?.name ?? "", ordinal: 1 },
        summary: known.summary,
        section,
      },
    ];
  });
}

const ON_STAGE: readonly VisitStatus[] = ["called", "in_session"];
/** Signed or refused to sign: what is left is the note-taker's. */
const DONE_HERE: readonly VisitStatus[] = ["confirmed", "refused_to_sign", "classified"];

export function isOnStage({ status }: Pick<PointVisit, "status">): boolean {
  return ON_STAGE.includes(status);
}

/**
 * The visit that lies open before the officer: the one chosen, as long as it is not ended; else the one on stage, the
 * one that waits for signatures, the first that is not done at this point.
 */
export function openVisit(visits: readonly PointVisit[], chosen: VisitId | undefined): PointVisit | undefined {
  return (
    visits.find((visit) => visit.id === chosen) ??
    visits.find(isOnStage) ??
    visits.find((visit) => visit.status === "read_back") ??
    visits.find((visit) => !DONE_HERE.includes(visit.status)) ??
    visits[0]
  );
}

/** The step an officer takes with a visit: `key` names the button or, for `wait`, the sentence. */
export type VisitStep =
  | { kind: "send"; key: string; command: Command }
  | { kind: "identify"; key: string; owed: Named[]; command: Command }
  | { kind: "wait"; key: string }
  | { kind: "sign"; key: string };

export function visitStep(visit: PointVisit): VisitStep {
  const move = (act: "arrive" | "identify" | "wait"): Command => ({ do: "move_visit", visit: visit.id, act, reason: "" });
  switch (visit.status) {
    case "registered":
    case "appointment":
      return { kind: "send", key: "step.arrive", command: move("arrive") };
    case "arrived":
      return { kind: "identify", key: "step.identify", owed: unseen(visit.section), command: move("identify") };
    case "identified":
      return { kind: "send", key: "step.wait", command: move("wait") };
    case "waiting":
      return { kind: "wait", key: "step.waiting" };
    case "called":
      return { kind: "wait", key: "step.called" };
    case "in_session":
      return { kind: "wait", key: "step.in_session" };
    case "held":
      return { kind: "wait", key: "step.held" };
    case "heard":
    case "recorded":
      return { kind: "wait", key: "step.paper" };
    case "read_back":
      return { kind: "sign", key: "step.sign" };
    default:
      return { kind: "wait", key: "step.done" };
  }
}

/** Those received whose identity nobody has looked at yet. */
export function unseen(visit: VisitSection | undefined): (Named & { id: PersonId })[] {
  return named(visit?.persons).filter((person) => at(visit?.identity_seen, person.id) === undefined);
}

/** Those who still have to sign or refuse. */
export function owesSignature(visit: VisitSection): PersonId[] {
  return visit.persons
    .filter((person) => SIGNS.includes(person.role) && at(visit.confirmed, person.id) === undefined && at(visit.refused, person.id) === undefined)
    .map((person) => person.id);
}
