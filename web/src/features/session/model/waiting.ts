import type { Room } from "./sections";

/** Why this point has no picture now, as the key of a sentence, and which number is being received. */
export function waitingKey(room: Room): { key: string; number: number | null } {
  const shared = room.public;
  if (!shared) return { key: "waiting.loading", number: null };
  switch (shared.status) {
    case "in_progress":
      return shared.consultation
        ? { key: "waiting.consultation", number: null }
        : { key: "waiting.other_visit", number: shared.running_number };
    case "paused":
      return { key: "waiting.paused", number: null };
    case "interrupted":
      return { key: "waiting.interrupted", number: null };
    case "closed":
    case "minuted":
    case "concluded":
    case "archived":
      return { key: "waiting.closed", number: null };
    default:
      return { key: "waiting.before", number: null };
  }
}
