import { useMemo, useSyncExternalStore } from "react";
import type { Room as LiveRoom, RoomView } from "@/live/room";
import type { SectionName, SectionOf } from "@/live/sections";
import { useRoomContext, useRoomView } from "@/room/context";
import type { Room, Seat } from "../model/sections";

interface Published {
  public: Room["public"];
  staff: Room["staff"];
  devices: Room["devices"];
  point: Room["point"];
  visits: Record<string, SectionOf<`visit:${string}`>>;
  minutes: Record<string, SectionOf<`minutes:${string}`>>;
}

/** All sections as one value that keeps its identity while nothing in it has changed. */
function reader(room: LiveRoom, point: string | null): () => Published {
  let held: readonly unknown[] = [];
  let last: Published | undefined;
  const part = <Name extends SectionName>(name: Name) => room.sections.get(name);
  return () => {
    const names = room.sections.names();
    const states = names.flatMap((name) => [name, part(name as SectionName)]);
    if (last && states.length === held.length && states.every((state, index) => state === held[index])) return last;
    held = states;
    last = {
      public: part("public"),
      staff: part("staff"),
      devices: part("devices"),
      point: point === null ? undefined : part(`point:${point}`),
      visits: keyed(names, "visit:", (name) => part(name as `visit:${string}`)),
      minutes: keyed(names, "minutes:", (name) => part(name as `minutes:${string}`)),
    };
    return last;
  };
}

function keyed<T>(names: readonly string[], prefix: string, read: (name: string) => T | undefined): Record<string, T> {
  const found: Record<string, T> = {};
  for (const name of names) {
    const state = name.startsWith(prefix) ? read(name) : undefined;
    if (state !== undefined) found[name.slice(prefix.length)] = state;
  }
  return found;
}

/** The session as the view models read it. */
export function useSessionRoom(user: string | null): Room {
  const { room, session, device } = useRoomContext();
  const view: RoomView = useRoomView();
  const read = useMemo(() => reader(room, view.point), [room, view.point]);
  const published = useSyncExternalStore(room.sections.subscribe, read);
  return useMemo(() => {
    const seat: Seat = { session, user, point: view.point, device };
    return { ...published, seat, slots: view.slots, connection: view.connection, receives: view.receives };
  }, [published, session, user, device, view]);
}
