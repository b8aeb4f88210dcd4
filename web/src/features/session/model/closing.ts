import type { UnitId } from "@/protocol/ids";
import type { ClosingCard } from "@/protocol/visit";

/** The closing card as it is being filled in. */
export interface CardDraft {
  answer: "now" | "later";
  text: string;
  /** `2026-12-31`, as a date field gives it. */
  due: string;
  contact: string;
  unit: UnitId | "";
  unitName: string;
  conclusion: string;
  citizenOpinion: string;
}

/** Fields of the card by the names the server's refusals use. */
export type CardField = "answer.text" | "answer.due" | "answer.contact" | "unit_name" | "conclusion" | "citizen_opinion";

export function emptyCard(unit: UnitId | "", unitName: string): CardDraft {
  return { answer: "later", text: "", due: "", contact: "", unit, unitName, conclusion: "", citizenOpinion: "" };
}

export function draftOf(card: ClosingCard): CardDraft {
  const answer = card.answer;
  return {
    answer: answer.answer,
    text: answer.text,
    due: answer.answer === "later" ? answer.due : "",
    contact: answer.answer === "later" ? answer.contact : "",
    unit: card.unit,
    unitName: card.unit_name,
    conclusion: card.conclusion,
    citizenOpinion: card.citizen_opinion,
  };
}

/**
 * The card as the wire has it, or the field without which it has no shape there: a day and a unit cannot be sent empty.
 * Every other duty is the server's to judge, and its refusal names the field.
 */
export function cardFrom(draft: CardDraft): { card: ClosingCard } | { missing: CardField } {
  if (draft.answer === "later" && !/^\d{4}-\d{2}-\d{2}$/.test(draft.due)) return { missing: "answer.due" };
  if (draft.unit === "") return { missing: "unit_name" };
  return {
    card: {
      answer:
        draft.answer === "now"
          ? { answer: "now", text: draft.text.trim() }
          : { answer: "later", due: draft.due, contact: draft.contact.trim(), text: draft.text.trim() },
      unit: draft.unit,
      unit_name: draft.unitName.trim(),
      conclusion: draft.conclusion.trim(),
      citizen_opinion: draft.citizenOpinion.trim(),
    },
  };
}

const FIELDS: readonly CardField[] = ["answer.text", "answer.due", "answer.contact", "unit_name", "conclusion", "citizen_opinion"];

/** The field a refusal points at; the server may name it with the command's path before it. */
export function fieldOf(refusalField: string | null): CardField | null {
  if (refusalField === null) return null;
  const name = refusalField.replace(/^card\./, "");
  return FIELDS.find((field) => field === name || field === `answer.${name}`) ?? (name === "unit" ? "unit_name" : null);
}
