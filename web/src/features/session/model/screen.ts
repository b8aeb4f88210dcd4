import type { SessionFunction } from "@/protocol/people";
import type { DeviceKind } from "@/protocol/units";
import type { Room } from "./sections";
import { at } from "./sections";

/** The in-session screens. */
export type ScreenKind =
  | "presider"
  | "note_taker"
  | "point_officer"
  | "agency"
  /** The agency's screen by another name: sees, hears, may be given the floor. */
  | "attending"
  | "technician"
  | "observer"
  | "citizen"
  | "paper"
  | "stand_by";

/** Which screen serves which function, the one with most to do first. */
const SCREEN_OF: readonly (readonly [SessionFunction, ScreenKind])[] = [
  ["presider", "presider"],
  ["note_taker", "note_taker"],
  ["assistant", "note_taker"],
  ["point_officer", "point_officer"],
  ["agency_representative", "agency"],
  ["advising_unit", "attending"],
  ["interpreter", "attending"],
  ["technician", "technician"],
  ["observer", "observer"],
];

/**
 * What somebody does in the session, as far as it is told: a technician is told of devices and never of the agenda,
 * where functions are listed.
 */
export function functionsOf({ staff, devices, seat }: Pick<Room, "staff" | "devices" | "seat">): readonly SessionFunction[] | undefined {
  return at(staff?.functions, seat.user)?.functions ?? (devices && !staff ? TECHNICIAN : undefined);
}

const TECHNICIAN: readonly SessionFunction[] = ["technician"];

/**
 * Screens a person may switch between, the preset one first. A paired machine whose account has no function waits for
 * an officer. The device decides before the function does: a screen
 * that citizens look at never shows anything else.
 */
export function screensFor(device: DeviceKind, functions: readonly SessionFunction[], at: "point" | "kiosk" | null): ScreenKind[] {
  if (device === "citizen_screen") return ["citizen"];
  if (device === "paper") return ["paper"];
  const screens: ScreenKind[] = [];
  for (const [held, screen] of SCREEN_OF) {
    if (functions.includes(held) && !screens.includes(screen)) screens.push(screen);
  }
  if (screens.length > 0) return screens;
  if (at === "kiosk") return ["stand_by"];
  return [at === "point" ? "point_officer" : "observer"];
}
