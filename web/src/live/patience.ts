/** Of a stretch in which nobody looked at the clock at most this counts. */
const LOOK_MS = 1000;
/** A page that did not look for so long was asleep, and its server has left it, media or none. */
const ASLEEP_MS = 20_000;

/**
 * A clock by which to wait for others, in milliseconds, to be looked at twice a second. A busy machine gives a page no
 * processor for seconds: what came meanwhile has not been looked at either, and must not pass for silence.
 */
export function patience(clock: () => number): () => number {
  let lookedMs = clock();
  let passedMs = 0;
  return () => {
    const nowMs = clock();
    const stretchMs = nowMs - lookedMs;
    lookedMs = nowMs;
    passedMs += stretchMs < ASLEEP_MS ? Math.min(stretchMs, LOOK_MS) : stretchMs;
    return passedMs;
  };
}
