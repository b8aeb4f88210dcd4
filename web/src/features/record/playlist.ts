import type { SegmentRow } from "../../protocol/rest";

/** What one place sent in one visit (or in the session's own part), ready to play. */
export interface Reel {
  key: string;
  visit: string | null;
  point: string;
  /** The files that carry the time line: pictures where there are any, else sound. */
  main: SegmentRow[];
  /** Sound beside the pictures. */
  sound: SegmentRow[];
}

const begin = (segment: SegmentRow) => Date.parse(segment.began_at);
const end = (segment: SegmentRow) => begin(segment) + segment.duration_ms;

/** Segments grouped to reels, in the order in which they began. Papers are reels of their own without sound. */
export function reels(segments: readonly SegmentRow[]): Reel[] {
  const groups = new Map<string, SegmentRow[]>();
  for (const segment of segments.toSorted((a, b) => begin(a) - begin(b))) {
    const key = `${segment.visit ?? ""}/${segment.point}/${segment.source === "paper" ? "paper" : "call"}`;
    groups.set(key, [...(groups.get(key) ?? []), segment]);
  }
  return [...groups].map(([key, all]) => {
    const pictures = all.filter(({ source }) => source !== "microphone");
    const sound = all.filter(({ source }) => source === "microphone");
    const [first] = all;
    return {
      key,
      visit: first?.visit ?? null,
      point: first?.point ?? "",
      main: pictures.length > 0 ? pictures : sound,
      sound: pictures.length > 0 ? sound : [],
    };
  });
}

/** The sound file of a moment and the place in it, in seconds; `undefined` where the microphone was closed. */
export function soundAt(sound: readonly SegmentRow[], atMs: number): { segment: SegmentRow; seconds: number } | undefined {
  const segment = sound.find((one) => begin(one) <= atMs && atMs < end(one));
  return segment && { segment, seconds: (atMs - begin(segment)) / 1000 };
}

export const momentOf = (segment: SegmentRow, seconds: number): number => begin(segment) + seconds * 1000;

export const lengthMs = (segments: readonly SegmentRow[]): number =>
  segments.reduce((sum, { duration_ms }) => sum + duration_ms, 0);
