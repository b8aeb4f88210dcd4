import type { Outcome, Petition, PetitionKind } from "@/protocol/cases";
import type { VisitSection } from "@/protocol/section";

export const PETITION_KINDS: readonly PetitionKind[] = ["complaint", "denunciation", "feedback_petition"];

export const OUTCOMES: readonly Outcome[] = [
  "answered_on_spot",
  "accepted_for_proposal",
  "guided",
  "forwarded",
  "urged",
  "explained_final",
  "split_required",
  "supplement_required",
];

/** Outcomes that name an agency the citizen or the paper goes to. */
export function hasAddressee(outcome: Outcome): boolean {
  return outcome === "guided" || outcome === "forwarded" || outcome === "urged";
}

export function newPetition(id: string, visit: VisitSection | undefined): Petition {
  return {
    id,
    kind: visit?.presented_as ?? "complaint",
    content: visit?.summary ?? "",
    request: "",
    outcome: visit?.card?.answer.answer === "now" ? "answered_on_spot" : "accepted_for_proposal",
    addressee: "",
  };
}

/** One paper with several contents becomes several petitions, each classified by itself. */
export function edited(list: readonly Petition[], id: string, change: Partial<Petition>): Petition[] {
  return list.map((petition) => {
    if (petition.id !== id) return petition;
    const next = { ...petition, ...change };
    return hasAddressee(next.outcome) ? next : { ...next, addressee: "" };
  });
}
