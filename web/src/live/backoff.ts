const STEPS_MS = [0, 500, 1000, 2000, 4000, 8000, 10_000];
/** Where nobody answers nobody is spared by waiting: a place is back this soon after its line or the server is. */
const UNANSWERED_MS = 2000;

/**
 * Wait before attempt n (0 is the first) in milliseconds; for ever, with ±20 % so that 300 points do not come back in
 * one instant. It grows for a server that refuses; less for a line on which the last attempt was not `answered`.
 */
export function backoff(attempt: number, random: number, answered = true): number {
  const step = STEPS_MS[Math.min(attempt, STEPS_MS.length - 1)] ?? 10_000;
  return Math.round((answered ? step : Math.min(step, UNANSWERED_MS)) * (0.8 + 0.4 * random));
}
