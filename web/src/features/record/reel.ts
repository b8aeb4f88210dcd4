import type { SegmentRow } from "../../protocol/rest";

/** Files of one source of one place that follow one another. */
export interface Track {
  key: string;
  point: string;
  source: string;
  /** Above 0 where a second machine of the place sent the same kind at the same time. */
  lane: number;
  segments: SegmentRow[];
}

/** Everything recorded of one visit (or of the session's own part), on one line of time. */
export interface Reel {
  visit: string | null;
  /** Milliseconds of the wall clock: the first moment of any source and the last one. */
  fromMs: number;
  toMs: number;
  pictures: Track[];
  sounds: Track[];
}

/** One place in one visit: what a row of the list plays. */
export interface Place {
  key: string;
  visit: string | null;
  point: string;
  sources: string[];
  fromMs: number;
  toMs: number;
}

/** Files of one machine may overlap by the end of a packet. */
const TOUCH_MS = 1000;

export const beginMs = (segment: SegmentRow): number => Date.parse(segment.began_at);
export const endMs = (segment: SegmentRow): number => beginMs(segment) + segment.duration_ms;

const byBegin = (segments: readonly SegmentRow[]) => segments.toSorted((a, b) => beginMs(a) - beginMs(b));

function grouped<Row>(rows: readonly Row[], keyOf: (row: Row) => string): [string, Row[]][] {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const key = keyOf(row);
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  return [...groups];
}

function span(segments: readonly SegmentRow[]): { fromMs: number; toMs: number } {
  return {
    fromMs: segments.reduce((first, one) => Math.min(first, beginMs(one)), Infinity),
    toMs: segments.reduce((last, one) => Math.max(last, endMs(one)), 0),
  };
}

/** Each file goes to the first lane that is over when it begins. */
function tracks(segments: readonly SegmentRow[]): Track[] {
  return grouped(segments, ({ point, source }) => `${point}/${source}`).flatMap(([name, rows]) => {
    const lanes: SegmentRow[][] = [];
    for (const row of rows) {
      const free = lanes.find((lane) => lane.every((one) => endMs(one) <= beginMs(row) + TOUCH_MS));
      if (free) free.push(row);
      else lanes.push([row]);
    }
    const [first] = rows;
    return lanes.map((lane, index): Track => ({
      key: `${name}/${index}`,
      point: first?.point ?? "",
      source: first?.source ?? "",
      lane: index,
      segments: lane,
    }));
  });
}

/** One reel for each visit, in the order in which they began. */
export function reels(segments: readonly SegmentRow[]): Reel[] {
  return grouped(byBegin(segments), ({ visit }) => visit ?? "").map(([, rows]) => {
    const all = tracks(rows);
    return {
      visit: rows[0]?.visit ?? null,
      ...span(rows),
      pictures: all.filter(({ source }) => source !== "microphone"),
      sounds: all.filter(({ source }) => source === "microphone"),
    };
  });
}

/** The places of all visits, in the order in which they were first recorded. */
export function places(segments: readonly SegmentRow[]): Place[] {
  return grouped(byBegin(segments), ({ visit, point }) => `${visit ?? ""}/${point}`).map(([key, rows]) => ({
    key,
    visit: rows[0]?.visit ?? null,
    point: rows[0]?.point ?? "",
    sources: [...new Set(rows.map(({ source }) => source))].toSorted(),
    ...span(rows),
  }));
}

/** The file of a track at a moment and the place in it, in seconds; `undefined` where nothing was recorded. */
export function fileAt(track: Track, atMs: number): { segment: SegmentRow; seconds: number } | undefined {
  const segment = track.segments.findLast((one) => beginMs(one) <= atMs && atMs < endMs(one));
  return segment && { segment, seconds: (atMs - beginMs(segment)) / 1000 };
}

/** The file of a track that begins after a moment. */
export const fileAfter = (track: Track, atMs: number): SegmentRow | undefined => track.segments.find((one) => beginMs(one) > atMs);

/** The next moment at which something was recorded, where nothing is now. */
export function nextMs({ pictures, sounds }: Reel, atMs: number): number | undefined {
  const all = [...pictures, ...sounds];
  if (all.some((track) => fileAt(track, atMs))) return undefined;
  const begins = all.flatMap((track) => fileAfter(track, atMs) ?? []).map(beginMs);
  return begins.length > 0 ? Math.min(...begins) : undefined;
}

/** The picture shown first for a place: its camera, else its papers, else whoever has one. */
export function pictureOf({ pictures }: Reel, point: string): Track | undefined {
  const own = pictures.filter((track) => track.point === point);
  return own.find(({ source }) => source === "camera") ?? own[0] ?? pictures[0];
}

/** Files in the order of time, each with its track: places to jump to. */
export const filesOf = (all: readonly Track[]): { track: Track; segment: SegmentRow }[] =>
  all
    .flatMap((track) => track.segments.map((segment) => ({ track, segment })))
    .toSorted((a, b) => beginMs(a.segment) - beginMs(b.segment));
