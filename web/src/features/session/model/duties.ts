import type { SessionStep } from "@/protocol/session";
import type { PointId } from "@/protocol/ids";

const STEPS: readonly SessionStep[] = ["publication", "notice", "trial_call", "seen_and_heard", "roll_call", "rules_read"];
/** Steps the presider can take in the room, minutes before the start. */
const IN_THE_ROOM: readonly SessionStep[] = ["seen_and_heard", "roll_call", "rules_read"];

/** Duty codes are `step` or `step:point`, with or without `duty.` before them. */
export function dutyStep(code: string): { step: SessionStep; point: PointId | null; now: boolean } | null {
  const [name = "", point] = code.replace(/^duty\./, "").split(":");
  const step = STEPS.find((known) => known === name);
  if (step === undefined) return null;
  return { step, point: point ?? null, now: IN_THE_ROOM.includes(step) };
}

/** The point a duty is about, where it is about one. */
export function dutyPoint(code: string): PointId | null {
  return code.split(":")[1] ?? null;
}

/** Key of the sentence of a duty; the point is its parameter. */
export function dutyKey(code: string): string {
  return `duty.${code.replace(/^duty\./, "").split(":")[0] ?? ""}`;
}
