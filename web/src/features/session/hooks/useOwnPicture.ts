import { useMemo, useSyncExternalStore } from "react";
import type { SourceKind } from "@/media/local";
import { useRoomContext } from "@/room/context";

/** The own camera (or paper camera) as a stream to show on this screen; `null` while there is none. */
export function useOwnPicture(kind: SourceKind): MediaStream | null {
  const { local } = useRoomContext();
  const version = useSyncExternalStore(local.subscribe, () => local.version);
  // oxlint-disable-next-line react-hooks/exhaustive-deps -- the version tells that the track may be another one
  return useMemo(() => {
    const track = local.track(kind);
    return track ? new MediaStream([track]) : null;
  }, [local, kind, version]);
}
