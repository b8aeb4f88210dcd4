import type { ServerBody } from "../protocol/frame";
import type { SessionId } from "../protocol/ids";

/** A signed head of a session's log as this browser was given it. */
export interface Checkpoint {
  seq: number;
  reason: string;
  /** Signed text and signature, for `diemcau verify --checkpoint`. */
  file: string;
}

const PREFIX = "diemcau.checkpoints.";
/** A session signs a head per visit and three more; beyond this the oldest give way. */
const MOST = 200;
/** Lines of the signed text: what it is, whose, which session. */
const SESSION_LINE = 2;

/** Keeps a head beyond this page: it proves what the log was at that moment to somebody who does not trust the server. */
export function keepCheckpoint({ seq, reason, file }: Extract<ServerBody, { type: "checkpoint" }>): void {
  const session = file.split("\n")[SESSION_LINE];
  if (session === undefined) return;
  const others = keptCheckpoints(session).filter((kept) => kept.seq !== seq);
  const kept = [...others, { seq, reason, file }].sort((a, b) => a.seq - b.seq).slice(-MOST);
  try {
    localStorage.setItem(PREFIX + session, JSON.stringify(kept));
  } catch {
    // A browser without room or storage keeps none; the other points do.
  }
}

/** What this browser kept of a session, oldest first. */
export function keptCheckpoints(session: SessionId): Checkpoint[] {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + session) ?? "[]") as Checkpoint[];
  } catch {
    return [];
  }
}
