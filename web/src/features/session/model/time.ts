/** Whole seconds from `since` to `now`, never negative: the two clocks may differ by a little. */
export function secondsSince(since: string, now: number): number {
  return Math.max(0, Math.floor((now - Date.parse(since)) / 1000));
}

/** Whole seconds until `until`, rounded up, never negative. */
export function secondsUntil(until: string, now: number): number {
  return Math.max(0, Math.ceil((Date.parse(until) - now) / 1000));
}
