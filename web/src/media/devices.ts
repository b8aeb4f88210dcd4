import { samplePicture, sampleSound } from "./sample";

/** Which devices this browser uses. `sample` stands for the drawn picture and the made sound. */
export interface DeviceChoice {
  camera: string | "sample" | null;
  microphone: string | "sample" | null;
  speaker: string | null;
  /** Second camera for papers. */
  paper: string | null;
}

export const DEFAULT_CHOICE: DeviceChoice = { camera: null, microphone: null, speaker: null, paper: null };

const STORED_AS = "diemcau.devices";

/** The choice made at the device check; `null` fields mean the browser's default device. */
export function loadChoice(): DeviceChoice {
  try {
    return { ...DEFAULT_CHOICE, ...(JSON.parse(localStorage.getItem(STORED_AS) ?? "{}") as Partial<DeviceChoice>) };
  } catch {
    return DEFAULT_CHOICE;
  }
}

export function saveChoice(choice: DeviceChoice): void {
  localStorage.setItem(STORED_AS, JSON.stringify(choice));
}

/** Why a device could not be opened; key of the text catalogue `device:trouble.*`. */
export type Trouble = "denied" | "missing" | "busy" | "unsupported" | "unknown";

export function troubleOf(error: unknown): Trouble {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") return "denied";
  if (name === "NotFoundError" || name === "OverconstrainedError") return "missing";
  if (name === "NotReadableError" || name === "AbortError") return "busy";
  return navigator.mediaDevices ? "unknown" : "unsupported";
}

const exactly = (id: string | null): { deviceId?: ConstrainDOMString } => (id ? { deviceId: { exact: id } } : {});

/** 1280×720 at 15 pictures a second, or the drawn sample. Rejects with the browser's error: see `troubleOf`. */
export async function openCamera(id: DeviceChoice["camera"]): Promise<MediaStreamTrack> {
  if (id === "sample") return samplePicture();
  const video = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 15, max: 30 }, ...exactly(id) };
  return only((await navigator.mediaDevices.getUserMedia({ video })).getVideoTracks());
}

/** A still, sharp picture matters more than movement. Wished for, not demanded: few cameras have so slow a mode. */
export async function openPaperCamera(id: string): Promise<MediaStreamTrack> {
  const video = { width: { ideal: 1920 }, height: { ideal: 1080 }, frameRate: { ideal: 8 }, ...exactly(id) };
  return only((await navigator.mediaDevices.getUserMedia({ video })).getVideoTracks());
}

export async function openMicrophone(id: DeviceChoice["microphone"]): Promise<MediaStreamTrack> {
  if (id === "sample") return sampleSound();
  const audio = { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1, ...exactly(id) };
  const track = only((await navigator.mediaDevices.getUserMedia({ audio })).getAudioTracks());
  for (const listener of microphoneAllowed) listener();
  return track;
}

function only(tracks: MediaStreamTrack[]): MediaStreamTrack {
  const [track] = tracks;
  if (!track) throw new DOMException("no track", "NotFoundError");
  return track;
}

/** Devices by kind; labels are empty until one device was allowed. */
export async function listDevices(): Promise<Record<MediaDeviceKind, MediaDeviceInfo[]>> {
  const all = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
  const of = (kind: MediaDeviceKind) => all.filter((device) => device.kind === kind && device.deviceId !== "");
  return { videoinput: of("videoinput"), audioinput: of("audioinput"), audiooutput: of("audiooutput") };
}

/** A cable was plugged or pulled. */
export function onDevicesChanged(listener: () => void): () => void {
  navigator.mediaDevices?.addEventListener("devicechange", listener);
  return () => navigator.mediaDevices?.removeEventListener("devicechange", listener);
}

const microphoneAllowed = new Set<() => void>();

/** The same, and a microphone was opened: only then some browsers list loudspeakers and let one be chosen. */
export function onLoudspeakersChanged(listener: () => void): () => void {
  const stop = onDevicesChanged(listener);
  microphoneAllowed.add(listener);
  return () => {
    stop();
    microphoneAllowed.delete(listener);
  };
}
