import { outlet } from "./speaker";

interface Tone {
  hertz: number;
  /** Seconds from the begin of the signal, and how long it sounds. */
  at: number;
  lasts: number;
}

const RISE_S = 0.03;
/** A context that may not sound yet does not start; a signal that comes late would say something wrong. */
const START_MS = 500;

/** Plays tones on a loudspeaker, or on the browser's own where there is none chosen; resolves when they are over. */
async function sound(tones: readonly Tone[], speaker: string | null): Promise<void> {
  const context = new AudioContext();
  try {
    await Promise.race([context.resume(), passed(START_MS)]);
    if (context.state !== "running") return;
    const heard = await outlet(context, speaker).catch(() => undefined);
    if (!heard) return;
    let over = 0;
    for (const { hertz, at, lasts } of tones) {
      const begin = context.currentTime + 0.15 + at;
      const tone = new OscillatorNode(context, { frequency: hertz });
      const gain = new GainNode(context, { gain: 0 });
      gain.gain.setValueAtTime(0, begin);
      gain.gain.linearRampToValueAtTime(0.35, begin + RISE_S);
      gain.gain.setValueAtTime(0.35, begin + lasts - RISE_S);
      gain.gain.linearRampToValueAtTime(0, begin + lasts);
      tone.connect(gain).connect(heard);
      tone.start(begin);
      tone.stop(begin + lasts + 0.02);
      over = Math.max(over, at + lasts);
    }
    await passed(300 + over * 1000);
  } finally {
    await context.close();
  }
}

const passed = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

/** `count` short tones of one pitch, to be counted. */
export function playTones(count: number, speaker: string | null): Promise<void> {
  return sound(
    Array.from({ length: count }, (_, index) => ({ hertz: 660, at: index * 0.55, lasts: 0.3 })),
    speaker,
  );
}

/** Two tones, high and low, as a door bell has them: somebody is called. */
export function playCall(speaker: string | null): Promise<void> {
  return sound(
    [
      { hertz: 784, at: 0, lasts: 0.45 },
      { hertz: 587, at: 0.5, lasts: 0.7 },
    ],
    speaker,
  );
}
