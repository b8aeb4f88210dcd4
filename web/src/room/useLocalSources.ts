import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from "react";
import { loadChoice, onDevicesChanged, openCamera, openMicrophone, openPaperCamera, troubleOf, type Trouble } from "../media/devices";
import type { SourceKind } from "../media/local";
import { useRoomContext } from "./context";

export interface LocalSources {
  camera: MediaStreamTrack | null;
  paper: MediaStreamTrack | null;
  microphone: MediaStreamTrack | null;
  /** What could not be opened, and why. */
  trouble: Partial<Record<SourceKind, Trouble>>;
  /** Name of the device that is used because the chosen one is not there. */
  instead: Partial<Record<SourceKind, string>>;
  /** Opens again what is in trouble; what works is left alone. */
  reopen: () => void;
  showPaper: () => Promise<void>;
  hidePaper: () => void;
}

interface Opened {
  track: MediaStreamTrack;
  /** The chosen device is not there, another took its place. */
  instead: boolean;
}

/** The chosen device, or the browser's default one when it is gone: a replaced camera must not end a session. */
async function openChosen(kind: SourceKind): Promise<Opened> {
  const choice = loadChoice();
  const chosen = kind === "microphone" ? choice.microphone : kind === "paper" ? (choice.paper ?? choice.camera) : choice.camera;
  const open = (id: string | null): Promise<MediaStreamTrack> =>
    kind === "microphone" ? openMicrophone(id) : kind === "paper" ? openPaperCamera(id ?? "") : openCamera(id);
  try {
    return { track: await open(chosen), instead: false };
  } catch (error) {
    if (chosen === null || troubleOf(error) !== "missing") throw error;
    return { track: await open(null), instead: true };
  }
}

/**
 * Opens the devices chosen at the device check for this device of the point and hands them to the room.
 * Call once per screen, with `send` false for devices that only receive.
 */
export function useLocalSources(send = true): LocalSources {
  const { local, device } = useRoomContext();
  useSyncExternalStore(local.subscribe, () => local.version);
  const [trouble, setTrouble] = useState<LocalSources["trouble"]>({});
  const [instead, setInstead] = useState<LocalSources["instead"]>({});
  const here = useRef(true);

  const open = useCallback(
    async (kind: SourceKind) => {
      try {
        const opened = await openChosen(kind);
        if (!here.current) return opened.track.stop();
        opened.track.addEventListener("ended", () => {
          if (local.track(kind) !== opened.track) return;
          // A dead track would go on showing its last picture.
          local.set(kind, null);
          setTrouble((all) => ({ ...all, [kind]: "missing" }));
        });
        local.set(kind, opened.track);
        setTrouble(({ [kind]: _solved, ...others }) => others);
        setInstead(({ [kind]: _before, ...others }) => (opened.instead ? { ...others, [kind]: opened.track.label } : others));
      } catch (error) {
        if (here.current) setTrouble((all) => ({ ...all, [kind]: troubleOf(error) }));
      }
    },
    [local],
  );

  useEffect(() => {
    here.current = true;
    if (send && device === "paper") void open("paper");
    else if (send && device === "main") {
      void open("camera");
      void open("microphone");
    }
    return () => {
      here.current = false;
    };
  }, [send, device, open]);

  const troubled = useRef<SourceKind[]>([]);
  troubled.current = Object.keys(trouble) as SourceKind[];
  const reopen = useCallback(() => {
    for (const kind of troubled.current) void open(kind);
  }, [open]);
  // A cable that was put back needs no button.
  useEffect(() => onDevicesChanged(reopen), [reopen]);

  return {
    camera: local.track("camera"),
    paper: local.track("paper"),
    microphone: local.track("microphone"),
    trouble,
    instead,
    reopen,
    showPaper: () => open("paper"),
    hidePaper: () => {
      local.set("paper", null);
      setTrouble(({ paper: _given_up, ...others }) => others);
    },
  };
}
