import type { PersonId } from "@/protocol/ids";
import type { Person } from "@/protocol/people";

/** Somebody as a section tells of them: of a restricted visit without name, and then by their place among its people. */
export interface Named {
  name: string;
  /** From 1; `null` for whoever is in no list of a visit. */
  ordinal: number | null;
}

type Translate = (key: string, values: Record<string, unknown>) => string;

/** What stands for a person wherever a screen names one: never nothing, so that two nameless ones are told apart. */
export function nameOf(t: Translate, { name, ordinal }: Named): string {
  if (name !== "") return name;
  return ordinal === null ? t("session:person.unnamed", {}) : t("session:person.numbered", { number: ordinal });
}

/** The people of a visit in its order, each with what stands for them. */
export function named(persons: readonly Person[] | undefined): (Named & { id: PersonId })[] {
  return (persons ?? []).map(({ id, name }, index) => ({ id, name, ordinal: index + 1 }));
}
