import { useTranslation } from "react-i18next";

/** Official time of the country; people never see UTC. */
export const ZONE = "Asia/Ho_Chi_Minh";

function parts(at: string | number, options: Intl.DateTimeFormatOptions, language: string): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return "";
  return new Intl.DateTimeFormat(language === "en" ? "en-GB" : "vi-VN", { timeZone: ZONE, ...options }).format(date);
}

export interface Times {
  /** 08:05 */
  clock: (at: string | number) => string;
  /** 08:05:09 */
  seconds: (at: string | number) => string;
  /** 21/11/2026 */
  day: (at: string | number) => string;
  /** Thứ Bảy, 21 tháng 11, 2026 */
  longDay: (at: string | number) => string;
}

/** Local times in the reader's language, from RFC 3339 or milliseconds. */
export function useTimes(): Times {
  const { language } = useTranslation().i18n;
  const clock = { hour: "2-digit", minute: "2-digit", hour12: false } as const;
  return {
    clock: (at) => parts(at, clock, language),
    seconds: (at) => parts(at, { ...clock, second: "2-digit" }, language),
    day: (at) => parts(at, { day: "2-digit", month: "2-digit", year: "numeric" }, language),
    longDay: (at) => parts(at, { weekday: "long", day: "numeric", month: "long", year: "numeric" }, language),
  };
}

/** Day in the zone as `YYYY-MM-DD`. */
export function localDay(at: number): string {
  return new Intl.DateTimeFormat("en-CA", { timeZone: ZONE }).format(at);
}

/** RFC 3339 of a wall-clock time in the zone, which has no summer time. */
export function atZone(day: string, time: string): string {
  return `${day}T${time}:00+07:00`;
}

/** 1:05 or 1:02:05 of a duration in milliseconds. */
export function duration(ms: number): string {
  const all = Math.max(0, Math.floor(ms / 1000));
  const two = (n: number) => String(n).padStart(2, "0");
  const hours = Math.floor(all / 3600);
  const minutes = Math.floor(all / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(all % 60)}` : `${minutes}:${two(all % 60)}`;
}
