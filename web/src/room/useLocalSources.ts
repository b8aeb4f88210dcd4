import { useCallback, useEffect, useState, useSyncExternalStore } from "react";
import { loadChoice, openCamera, openMicrophone, openPaperCamera, openScreen, troubleOf, type Trouble } from "../media/devices";
import type { SourceKind } from "../media/local";
import { useRoomContext } from "./context";

export interface LocalSources {
  camera: MediaStreamTrack | null;
  paper: MediaStreamTrack | null;
  microphone: MediaStreamTrack | null;
  /** What could not be opened, and why. */
  trouble: Partial<Record<SourceKind, Trouble>>;
  /** Opens camera and microphone again, after a cable was put back or a permission given. */
  reopen: () => void;
  showPaper: (from: "camera" | "screen") => Promise<void>;
  hidePaper: () => void;
}

/**
 * Opens the devices chosen at the device check for this device of the point and hands them to the room.
 * Call once per screen, with `send` false for devices that only receive.
 */
export function useLocalSources(send = true): LocalSources {
  const { local, device } = useRoomContext();
  useSyncExternalStore(local.subscribe, () => local.version);
  const [trouble, setTrouble] = useState<LocalSources["trouble"]>({});
  const [round, setRound] = useState(0);

  const open = useCallback(
    async (kind: SourceKind, opening: Promise<MediaStreamTrack>, wanted: () => boolean = () => true) => {
      try {
        const track = await opening;
        if (!wanted()) return track.stop();
        track.addEventListener("ended", () => local.track(kind) === track && setTrouble((all) => ({ ...all, [kind]: "missing" })));
        local.set(kind, track);
        setTrouble(({ [kind]: _solved, ...others }) => others);
      } catch (error) {
        if (wanted()) setTrouble((all) => ({ ...all, [kind]: troubleOf(error) }));
      }
    },
    [local],
  );

  useEffect(() => {
    if (!send || device === "citizen_screen" || device === "companion") return;
    let here = true;
    const choice = loadChoice();
    const wanted = () => here;
    if (device === "paper") void open("paper", openPaperCamera(choice.paper ?? choice.camera ?? ""), wanted);
    else {
      void open("camera", openCamera(choice.camera), wanted);
      void open("microphone", openMicrophone(choice.microphone), wanted);
    }
    return () => {
      here = false;
    };
  }, [send, device, open, round]);

  return {
    camera: local.track("camera"),
    paper: local.track("paper"),
    microphone: local.track("microphone"),
    trouble,
    reopen: () => setRound((count) => count + 1),
    showPaper: (from) => open("paper", from === "screen" ? openScreen() : openPaperCamera(loadChoice().paper ?? "")),
    hidePaper: () => local.set("paper", null),
  };
}
