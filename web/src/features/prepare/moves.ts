import type { SessionAct, SessionStatus } from "../../protocol/session";

/** The next step of a session on the way to its day; the server decides whether it may be taken. */
export const FORWARD: Partial<Record<SessionStatus, SessionAct>> = {
  approved: "publish",
  published: "notify",
  notified: "test",
  tested: "open_lobby",
  connecting: "make_ready",
};

const BEFORE_START: SessionStatus[] = ["proposed", "approved", "published", "notified", "tested", "connecting", "ready"];

/** Acts that need a reason, and for two of them a new time. */
export function exitsOf(status: SessionStatus): SessionAct[] {
  if (status === "postponed") return ["reschedule"];
  if (status === "interrupted") return ["postpone"];
  return BEFORE_START.includes(status) ? ["postpone", "cancel"] : [];
}

export const needsNewStart = (act: SessionAct): boolean => act === "postpone" || act === "reschedule";
export const needsReason = (act: SessionAct): boolean => act !== "reschedule";
