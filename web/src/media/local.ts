export type SourceKind = "camera" | "paper" | "microphone";

/**
 * The own tracks, the same for every connection: a reconnect sends them on without asking for the camera again.
 * The microphone is silent until the server says that it is open.
 */
export class LocalMedia {
  private tracks: Record<SourceKind, MediaStreamTrack | null> = { camera: null, paper: null, microphone: null };
  private microphoneOpen = false;
  private listeners = new Set<() => void>();
  version = 0;

  track(kind: SourceKind): MediaStreamTrack | null {
    return this.tracks[kind];
  }

  /** Replaces a source; the track given before is stopped. */
  set(kind: SourceKind, track: MediaStreamTrack | null): void {
    const before = this.tracks[kind];
    if (before === track) return;
    before?.stop();
    if (track && kind === "microphone") track.enabled = this.microphoneOpen;
    if (track && kind !== "microphone") track.contentHint = kind === "paper" ? "detail" : "motion";
    this.tracks[kind] = track;
    this.tell();
  }

  setMicrophoneOpen(open: boolean): void {
    this.microphoneOpen = open;
    if (this.tracks.microphone) this.tracks.microphone.enabled = open;
  }

  stop(): void {
    for (const kind of ["camera", "paper", "microphone"] as const) this.set(kind, null);
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  private tell(): void {
    this.version += 1;
    for (const listener of this.listeners) listener();
  }
}
