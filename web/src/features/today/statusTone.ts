import type { Tone } from "../../primitives/Notice";
import type { SessionStatus } from "../../protocol/session";

export function statusTone(status: SessionStatus): Tone {
  if (status === "in_progress" || status === "ready") return "good";
  if (status === "interrupted" || status === "cancelled" || status === "rejected") return "bad";
  if (status === "paused" || status === "postponed" || status === "proposed") return "warn";
  return "info";
}
