import type { Command } from "@/protocol/command";
import type { VisitId } from "@/protocol/ids";
import type { AgendaRow } from "@/protocol/section";
import type { SessionAct } from "@/protocol/session";
import type { VisitAct } from "@/protocol/visit";
import type { Room } from "./sections";
import { at } from "./sections";

/** What the one big button does now. `card` opens the closing card instead of sending something. */
export type MainAction =
  | { kind: "send"; key: string; command: Command; number?: number }
  | { kind: "start"; key: string; duties: readonly string[] }
  | { kind: "card"; key: string; visit: VisitId }
  | { kind: "none"; key: string };

function moveSession(act: SessionAct, reason = ""): Command {
  return { do: "move_session", act, reason, new_start: null };
}

export function moveVisit(visit: VisitId, act: VisitAct, reason = ""): Command {
  return { do: "move_visit", visit, act, reason };
}

/** Visits put on hold, in the order of the agenda. */
export function heldVisits(room: Room): [VisitId, AgendaRow][] {
  const staff = room.staff;
  if (!staff) return [];
  return staff.agenda.flatMap((id): [VisitId, AgendaRow][] => {
    const row = at(staff.visits, id);
    return row?.status === "held" ? [[id, row]] : [];
  });
}

/**
 * The presider's one button. It only names what usually comes next; whether it may happen is answered by the server.
 */
export function mainAction(room: Room): MainAction {
  const shared = room.public;
  const staff = room.staff;
  if (!shared || !staff) return { kind: "none", key: "main.loading" };
  switch (shared.status) {
    case "tested":
      return { kind: "send", key: "main.open_lobby", command: moveSession("open_lobby") };
    case "connecting":
      return { kind: "send", key: "main.make_ready", command: moveSession("make_ready") };
    case "ready":
      return { kind: "start", key: "main.start", duties: staff.open_duties };
    case "paused":
    case "interrupted":
      return { kind: "send", key: "main.resume", command: moveSession("resume") };
    case "in_progress":
      return inProgress(room);
    case "closed":
    case "minuted":
    case "concluded":
    case "archived":
      return { kind: "none", key: "main.closed" };
    case "postponed":
    case "cancelled":
    case "rejected":
      return { kind: "none", key: "main.off" };
    default:
      return { kind: "none", key: "main.not_yet" };
  }
}

function inProgress(room: Room): MainAction {
  const staff = room.staff;
  if (!staff) return { kind: "none", key: "main.loading" };
  if (room.public?.ends_at != null) return { kind: "send", key: "main.undo_end", command: { do: "undo_end" } };
  const running = at(staff.visits, staff.running);
  if (staff.running !== null && running?.status === "called") {
    return { kind: "send", key: "main.begin", number: running.number, command: moveVisit(staff.running, "begin") };
  }
  if (staff.running !== null && running?.status === "in_session") {
    return { kind: "card", key: "main.conclude", visit: staff.running };
  }
  const next = at(staff.visits, staff.next);
  if (staff.next !== null && next) {
    return { kind: "send", key: "main.call_next", number: next.number, command: { do: "call_next", visit: staff.next } };
  }
  const held = heldVisits(room)[0];
  if (held) {
    return { kind: "send", key: "main.resume_visit", number: held[1].number, command: moveVisit(held[0], "resume") };
  }
  return { kind: "send", key: "main.end", command: { do: "propose_end" } };
}

/** The start with a reason given for duties that are still open. */
export function startCommand(reason: string): Command {
  return moveSession("start", reason.trim());
}

export function pauseCommand(text: string): Command {
  return moveSession("pause", text.trim());
}

/** Early ends of a visit on stage, each with its own paper, in the order the menu lists them. */
export const EARLY_ENDS = ["postpone", "leave", "withdraw", "move_in_person", "refuse"] as const satisfies readonly VisitAct[];

/** What is still open when the presider wants to end: shown before the second step. */
export function openAtEnd(room: Room): [VisitId, AgendaRow][] {
  const staff = room.staff;
  if (!staff) return [];
  const closed: readonly AgendaRow["status"][] = ["ended", "refused", "withdrawn", "left", "no_show", "moved_in_person", "postponed"];
  return staff.agenda.flatMap((id): [VisitId, AgendaRow][] => {
    const row = at(staff.visits, id);
    return row && !closed.includes(row.status) ? [[id, row]] : [];
  });
}
