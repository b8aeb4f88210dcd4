export interface LevelMeter {
  /** Loudness now, 0 (silence) to 1 (as loud as the device can). */
  read(): number;
  stop(): void;
}

/** Quietest level that moves the bar, in dB below full scale. */
const FLOOR_DB = -60;

/** 0 to 1 on a scale as the ear hears it. */
export function levelOf(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  const db = 10 * Math.log10(sum / Math.max(1, samples.length) + 1e-12);
  return Math.min(1, Math.max(0, 1 - db / FLOOR_DB));
}

/**
 * The same scale for loudness as the server sends it, in dB below full scale: 0 (loud) to 127 (silence), RFC 6464.
 * A point it says nothing of is silent.
 */
export function loudnessOf(below: number | undefined): number {
  return below === undefined ? 0 : Math.min(1, Math.max(0, 1 + below / FLOOR_DB));
}

/** Measures a track without sending or playing it. */
export function measure(track: MediaStreamTrack): LevelMeter {
  const context = new AudioContext();
  const analyser = new AnalyserNode(context, { fftSize: 1024 });
  context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
  if (context.state === "suspended") void context.resume();
  const samples = new Float32Array(analyser.fftSize);
  return {
    read() {
      analyser.getFloatTimeDomainData(samples);
      return levelOf(samples);
    },
    stop: () => void context.close(),
  };
}
