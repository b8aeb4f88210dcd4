import { type ReactNode, useEffect, useMemo, useState } from "react";
import { connectRoom } from "../live/connect";
import { LocalMedia } from "../media/local";
import type { DeviceKind } from "../protocol/units";
import { RoomContext } from "./context";
import { useSenses } from "./useSenses";
import { useWakeLock } from "./useWakeLock";

interface Props {
  session: string;
  point: string | null;
  device: DeviceKind;
  /** Three layers of the camera. */
  simulcast?: boolean;
  children: ReactNode;
}

/** Joins the session when mounted, leaves it when unmounted. A `companion` sends nothing, and sounds only where no main device does. */
export function RoomProvider({ session, point, device, simulcast = true, children }: Props) {
  useWakeLock();
  const [local] = useState(() => new LocalMedia());
  const room = useMemo(
    () =>
      connectRoom({ session, point, device }, { local, simulcast }),
    [session, point, device, local, simulcast],
  );
  useEffect(() => {
    room.start();
    const back = () => room.retryNow();
    addEventListener("online", back);
    return () => {
      removeEventListener("online", back);
      room.stop();
    };
  }, [room]);
  useEffect(() => () => local.stop(), [local]);
  useSenses(room, local, device === "main");
  const value = useMemo(() => ({ room, local, session, device }), [room, local, session, device]);
  return <RoomContext value={value}>{children}</RoomContext>;
}
