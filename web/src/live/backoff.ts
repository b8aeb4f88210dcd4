const STEPS_MS = [0, 500, 1000, 2000, 4000, 8000, 10_000];

/** Wait before attempt n (0 is the first) in milliseconds; for ever, with ±20 % so that 300 points do not come back in one instant. */
export function backoff(attempt: number, random: number): number {
  const step = STEPS_MS[Math.min(attempt, STEPS_MS.length - 1)] ?? 10_000;
  return Math.round(step * (0.8 + 0.4 * random));
}
