import { useParams, useSearch } from "@tanstack/react-router";
import { useMe } from "@/app/useMe";
import type { DeviceKind } from "@/protocol/units";
import { RoomProvider } from "@/room/RoomProvider";
import { SessionFrame } from "./frame/SessionFrame";

const DEVICES: readonly DeviceKind[] = ["main", "citizen_screen", "paper", "companion"];

/** The in-session page: `/buoi-tiep/{id}?diem={point}&may={device}`. A paired browser knows both by itself. */
export function SessionScreen() {
  const { id } = useParams({ strict: false });
  const { diem, may } = useSearch({ strict: false });
  const me = useMe();
  if (id === undefined) return null;
  const point = me.kiosk?.point ?? diem ?? null;
  const device = me.kiosk?.device ?? DEVICES.find((kind) => kind === may) ?? (point === null ? "companion" : "main");
  return (
    <RoomProvider key={`${id}/${point}/${device}`} session={id} point={point} device={device}>
      <SessionFrame user={me.user?.id ?? null} kiosk={me.kiosk !== null} />
    </RoomProvider>
  );
}
