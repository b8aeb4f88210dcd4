import i18next from "i18next";
import { createContext, use, useCallback, useState, useSyncExternalStore } from "react";
import { type CommandResult, LINE_LOST } from "../live/outbox";
import type { Room, RoomView } from "../live/room";
import type { SectionName, SectionOf } from "../live/sections";
import type { LocalMedia } from "../media/local";
import type { Command } from "../protocol/command";
import type { DeviceKind } from "../protocol/units";

export interface RoomContextValue {
  room: Room;
  local: LocalMedia;
  session: string;
  device: DeviceKind;
}

export const RoomContext = createContext<RoomContextValue | undefined>(undefined);

export function useRoomContext(): RoomContextValue {
  const value = use(RoomContext);
  if (!value) throw new Error("used outside a room");
  return value;
}

export const useRoom = (): Room => useRoomContext().room;

/** State of the connection: status, own point, slots and their streams. */
export function useRoomView(): RoomView {
  const room = useRoom();
  return useSyncExternalStore(room.subscribe, () => room.view);
}

/** A published section; `undefined` while this device has not got it or may not see it. */
export function useSection<Name extends SectionName>(name: Name | undefined): SectionOf<Name> | undefined {
  const { sections } = useRoom();
  return useSyncExternalStore(sections.subscribe, () => (name === undefined ? undefined : sections.get(name)));
}

/** Sound levels by point, 0 (loud) to 127 (silence). Changes five times a second: only small components should read it. */
export function useLevels(): { [point: string]: number } {
  const room = useRoom();
  return useSyncExternalStore(room.subscribeLevels, () => room.levels);
}

export interface CommandState {
  /** Sends one act; the promise settles when it is committed or refused. */
  run: (command: Command) => Promise<CommandResult>;
  /** An act of this hook has no answer yet. */
  pending: boolean;
  /** The last answer, when it was a refusal: show its sentence with `useSentence`. */
  refusal: Extract<CommandResult, { done: false }> | undefined;
  clear: () => void;
}

/** A refusal of the page itself gets its sentences here: `live/` knows none. */
function worded(result: CommandResult): CommandResult {
  if (result.done || result.code !== LINE_LOST) return result;
  const [vi, en] = ["vi", "en"].map((language) => i18next.getFixedT(language)("common:failure.line_lost"));
  return { ...result, vi: vi ?? "", en: en ?? "" };
}

export function useCommand(): CommandState {
  const room = useRoom();
  const [pending, setPending] = useState(0);
  const [refusal, setRefusal] = useState<CommandState["refusal"]>();
  const run = useCallback(
    async (command: Command) => {
      setPending((count) => count + 1);
      setRefusal(undefined);
      const result = worded(await room.command(command));
      setPending((count) => count - 1);
      if (!result.done) setRefusal(result);
      return result;
    },
    [room],
  );
  return { run, pending: pending > 0, refusal, clear: useCallback(() => setRefusal(undefined), []) };
}
