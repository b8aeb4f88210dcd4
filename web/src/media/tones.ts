/** Plays `count` short tones on a loudspeaker; resolves when they are over. */
export async function playTones(count: number, speaker: string | null): Promise<void> {
  const context = new AudioContext();
  const sink = context as AudioContext & { setSinkId?: (id: string) => Promise<void> };
  if (speaker && sink.setSinkId) await sink.setSinkId(speaker).catch(() => undefined);
  await context.resume();
  for (let index = 0; index < count; index += 1) {
    const begin = context.currentTime + 0.15 + index * 0.55;
    const tone = new OscillatorNode(context, { frequency: 660 });
    const gain = new GainNode(context, { gain: 0 });
    gain.gain.setValueAtTime(0, begin);
    gain.gain.linearRampToValueAtTime(0.35, begin + 0.03);
    gain.gain.setValueAtTime(0.35, begin + 0.27);
    gain.gain.linearRampToValueAtTime(0, begin + 0.3);
    tone.connect(gain).connect(context.destination);
    tone.start(begin);
    tone.stop(begin + 0.32);
  }
  await new Promise((resolve) => setTimeout(resolve, 300 + count * 550));
  await context.close();
}
