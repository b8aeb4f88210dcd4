const ZONE = "Asia/Ho_Chi_Minh";

const clockFormat = new Intl.DateTimeFormat("vi-VN", {
  timeZone: ZONE,
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
});

const secondsFormat = new Intl.DateTimeFormat("vi-VN", {
  timeZone: ZONE,
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});

const dateFormat = new Intl.DateTimeFormat("en-CA", { timeZone: ZONE, year: "numeric", month: "2-digit", day: "2-digit" });

/** Local wall clock `08:05`; people see Viet Nam time, whatever the machine is set to. */
export function clock(at: Date | string | number): string {
  return clockFormat.format(new Date(at));
}

/** Local wall clock with seconds, `08:05:09`. */
export function clockSeconds(at: Date | string | number): string {
  return secondsFormat.format(new Date(at));
}

/** Local calendar day as `2026-11-21`, the form of a date field. */
export function localDay(at: Date | string | number): string {
  return dateFormat.format(new Date(at));
}

/** Whole seconds from `since` to `now`, never negative: the two clocks may differ by a little. */
export function secondsSince(since: string, now: number): number {
  return Math.max(0, Math.floor((now - Date.parse(since)) / 1000));
}

/** Whole seconds until `until`, rounded up, never negative. */
export function secondsUntil(until: string, now: number): number {
  return Math.max(0, Math.ceil((Date.parse(until) - now) / 1000));
}

/** `m:ss`, or `h:mm:ss` from an hour on. */
export function stopwatch(seconds: number): string {
  const s = String(seconds % 60).padStart(2, "0");
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${s}`;
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${s}`;
}
