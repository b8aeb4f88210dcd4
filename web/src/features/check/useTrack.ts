import { useEffect, useState } from "react";
import { troubleOf, type Trouble } from "../../media/devices";

export interface Opened {
  track: MediaStreamTrack | null;
  trouble: Trouble | null;
}

/** Holds one device open while mounted; opens anew when `key` changes. */
export function useTrack(key: string, open: () => Promise<MediaStreamTrack>): Opened {
  const [opened, setOpened] = useState<Opened>({ track: null, trouble: null });
  useEffect(() => {
    let here = true;
    let held: MediaStreamTrack | undefined;
    setOpened({ track: null, trouble: null });
    open().then(
      (track) => {
        held = track;
        if (here) setOpened({ track, trouble: null });
        else track.stop();
      },
      (error: unknown) => here && setOpened({ track: null, trouble: troubleOf(error) }),
    );
    return () => {
      here = false;
      held?.stop();
    };
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- `key` says what `open` opens
  }, [key]);
  return opened;
}
