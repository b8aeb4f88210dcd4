import type { Command } from "@/protocol/command";
import type { VisitId } from "@/protocol/ids";
import type { AgendaRow } from "@/protocol/section";
import type { SessionAct } from "@/protocol/session";
import type { VisitAct, VisitStatus } from "@/protocol/visit";
import type { Room } from "./sections";
import { at } from "./sections";

/** What the one big button does now. `card` opens the closing card instead of sending something. */
export type MainAction =
  | { kind: "send"; key: string; command: Command; number?: number }
  | { kind: "start"; key: string; duties: readonly string[] }
  | { kind: "card"; key: string; visit: VisitId }
  /** D154 Điều 25(2): the conclusion of the whole reception, in words. */
  | { kind: "conclude"; key: string }
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
    case "minuted":
      return { kind: "conclude", key: "main.conclude_session" };
    case "closed":
    case "concluded":
    case "archived":
      return { kind: "none", key: "main.closed" };
    case "postponed":
      return { kind: "none", key: "main.postponed" };
    case "cancelled":
    case "rejected":
      return { kind: "none", key: "main.off" };
    default:
      return { kind: "none", key: "main.not_yet" };
  }
}

/** The minutes of all visits are complete: the session can be called minuted. */
export function minuteCommand(): Command {
  return moveSession("minute");
}

export function concludeCommand(conclusion: string): Command {
  return moveSession("conclude", conclusion);
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

export function interruptCommand(reason: string): Command {
  return moveSession("interrupt", reason.trim());
}

/** What the presider may want besides the one button, in the order it is shown. */
export type Tool = "pause" | "interrupt" | "consultation" | "end_consultation" | "room_wide" | "hand_over" | "postpone" | "end";

/** Tools by the state of the session; while its end is counted down there are none, the undo stands on the one button. */
export function sessionTools(room: Room): Tool[] {
  const shared = room.public;
  if (!shared || shared.ends_at !== null) return [];
  const consultation: Tool = shared.consultation ? "end_consultation" : "consultation";
  switch (shared.status) {
    case "tested":
    case "connecting":
    case "ready":
      return ["hand_over", "postpone"];
    case "in_progress":
      return ["pause", consultation, "room_wide", "hand_over", "interrupt", "end"];
    case "paused":
      return [consultation, "room_wide", "hand_over"];
    case "interrupted":
      return [consultation, "hand_over", "postpone"];
    default:
      return [];
  }
}

/** Still to be heard: it can be put off or end otherwise, each with its own paper. */
export function isBeforeHeard(status: VisitStatus): boolean {
  return ["registered", "appointment", "arrived", "identified", "waiting", "called", "in_session", "held"].includes(status);
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
