import type { CameraSense, MicrophoneSense } from "../protocol/frame";
import type { LinkStats } from "./stats";

/** Looks that agree before anything is said of a camera: 10 s at one a second. */
const LOOKS = 10;
/** Mean brightness of a covered lens, 0 to 255. */
const BLACK = 10;
/** Readings of a microphone that agree before silence is said: 10 s at four a second. */
const READINGS = 40;
/** Amplitude below which there is no sound at all: an open room is a hundred times louder. */
const NOTHING = 1e-4;
/** An overdriven sample, and how many readings of the last ten seconds may have one. */
const FULL = 0.99;
const CLIPPED = 8;

/** Judges a camera by small pictures of it, one a second. */
export class CameraWatch {
  private dark = 0;
  private still = 0;
  private before: Uint8ClampedArray | undefined;

  /** `pixels`: RGBA. */
  look(pixels: Uint8ClampedArray): void {
    let sum = 0;
    for (let index = 0; index < pixels.length; index += 4) {
      sum += ((pixels[index] ?? 0) + (pixels[index + 1] ?? 0) + (pixels[index + 2] ?? 0)) / 3;
    }
    this.dark = sum / (pixels.length / 4) < BLACK ? this.dark + 1 : 0;
    // A live sensor is never still to the last dot.
    const same = this.before?.length === pixels.length && this.before.every((value, index) => value === pixels[index]);
    this.still = same ? this.still + 1 : 0;
    this.before = pixels.slice();
  }

  get sense(): CameraSense {
    if (this.dark >= LOOKS) return "dark";
    return this.still >= LOOKS ? "frozen" : "fine";
  }
}

/** Judges an open microphone by its loudest sample, four times a second. */
export class MicrophoneWatch {
  private peaks: number[] = [];

  hear(peak: number): void {
    this.peaks.push(peak);
    if (this.peaks.length > READINGS) this.peaks.shift();
  }

  get sense(): MicrophoneSense {
    if (this.peaks.filter((peak) => peak >= FULL).length >= CLIPPED) return "clipping";
    return this.peaks.length >= READINGS && this.peaks.every((peak) => peak < NOTHING) ? "silent" : "fine";
  }
}

/** Share of sound between two readings that the browser made up and that was not silence, per mille. */
export function concealedPermille(before: LinkStats | undefined, after: LinkStats | undefined): number {
  if (!before || !after) return 0;
  const total = after.totalSamples - before.totalSamples;
  const concealed = after.concealedSamples - before.concealedSamples - (after.silentConcealedSamples - before.silentConcealedSamples);
  return total <= 0 || concealed <= 0 ? 0 : Math.min(1000, Math.round((concealed * 1000) / total));
}
