import type { SessionFunction } from "../../protocol/people";
import type { SessionStatus } from "../../protocol/session";
import type { DeviceKind } from "../../protocol/units";

/** Where the one big button of a session leads. */
export type Way = "prepare" | "enter" | "record" | "none";

const WAYS: Record<SessionStatus, Way> = {
  proposed: "prepare",
  approved: "prepare",
  rejected: "none",
  published: "prepare",
  notified: "prepare",
  tested: "enter",
  connecting: "enter",
  ready: "enter",
  in_progress: "enter",
  paused: "enter",
  interrupted: "enter",
  closed: "enter",
  minuted: "record",
  concluded: "record",
  archived: "record",
  postponed: "prepare",
  cancelled: "none",
};

export const wayOf = (status: SessionStatus): Way => WAYS[status];

/** The room can be entered, to test or to wait, from the decision until the minutes are done. */
export const mayEnter = (status: SessionStatus): boolean =>
  WAYS[status] === "enter" || ["approved", "published", "notified"].includes(status);

export const hasRecord = (status: SessionStatus): boolean =>
  ["in_progress", "paused", "interrupted", "closed", "minuted", "concluded", "archived"].includes(status);

/** Those with a seat at the table speak through the point's main device; who writes or tends devices sits beside it. */
const AT_THE_TABLE: readonly SessionFunction[] = ["presider", "point_officer", "agency_representative"];

/** What a machine may be for somebody with these functions; a technician has no seat at a point. */
export function devicesOf(functions: readonly SessionFunction[]): readonly DeviceKind[] {
  if (functions.includes("point_officer")) return ["main", "citizen_screen", "paper", "companion"];
  return functions.some((one) => one !== "technician") ? ["main", "companion"] : [];
}

export const deviceOf = (functions: readonly SessionFunction[]): DeviceKind =>
  functions.some((one) => AT_THE_TABLE.includes(one)) ? "main" : "companion";
