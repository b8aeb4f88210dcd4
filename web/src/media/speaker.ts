/** On the given loudspeaker, or on the browser's default one while that is not there: sound somewhere beats none. */
export async function playOn(element: HTMLMediaElement, speaker: string | null): Promise<void> {
  if (!("setSinkId" in element)) return;
  await element.setSinkId(speaker ?? "").catch(() => element.setSinkId("").catch(() => undefined));
}

/**
 * Where the sound of a context goes to be heard on `speaker`. By an element, because every browser can send those to a
 * loudspeaker of choice, and not every one a context: what is heard here is heard in the session. Rejects when the
 * browser wants a click first.
 */
export async function outlet(context: AudioContext, speaker: string | null): Promise<AudioNode> {
  if (speaker === null) return context.destination;
  const stream = new MediaStreamAudioDestinationNode(context);
  const element = new Audio();
  element.srcObject = stream.stream;
  await playOn(element, speaker);
  await element.play();
  return stream;
}
