import type { PointSection, PublicSection } from "@/protocol/section";
import type { PointId } from "@/protocol/ids";
import { at } from "./sections";

/** The key that every keyboard has; a foot switch is any other key, learnt once. */
export const DEFAULT_KEY = "F8";

export type Lamp = "closed" | "allowed" | "open" | "unlinked";

/** What the lamp says. The server decides who may speak; a lost wire is closed whatever was open before. */
export function lampOf(point: PointSection | undefined, shared: PublicSection | undefined, seat: PointId | null, linked: boolean): Lamp {
  if (!linked) return "unlinked";
  const open = point?.microphone_open ?? at(shared?.points, seat)?.microphone_open ?? false;
  if (open) return "open";
  // An interpreter is told nothing of the roster: the floor is public.
  const allowed = point?.may_speak ?? (seat !== null && shared?.floor.point === seat);
  return allowed ? "allowed" : "closed";
}

interface Press {
  code: string;
  repeat: boolean;
  ctrlKey: boolean;
  altKey: boolean;
  metaKey: boolean;
}

/** Whether the key event is the microphone key: held keys repeat and must not open and close in turn. */
export function isMicrophoneKey(press: Press, learnt: string): boolean {
  if (press.repeat || press.ctrlKey || press.altKey || press.metaKey) return false;
  return press.code === DEFAULT_KEY || press.code === learnt;
}

const NEVER = ["Tab", "Enter", "Escape", "Space", "ShiftLeft", "ShiftRight", "ControlLeft", "ControlRight", "AltLeft", "AltRight", "MetaLeft", "MetaRight"];

/** Keys a foot switch may send: one that is needed to type or to move between controls would lock the keyboard user out. */
export function mayLearn(code: string): boolean {
  return code !== "" && !NEVER.includes(code) && !/^(Key[A-Z]|Digit\d|Arrow\w+)$/.test(code);
}
