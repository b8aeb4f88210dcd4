import type { AlarmView, PublicSection, RecordingView } from "@/protocol/section";
import { at } from "./sections";
import { secondsUntil } from "./time";

/** How the wire to the server is, as the shell's socket tells it. */
export type WireState = "connecting" | "open" | "lost";

export type Tone = "calm" | "live" | "warn" | "alarm";

/** A line of the banner: `key` names the sentence, `icon` repeats the tone for those who do not see colour. */
export interface Line {
  id: string;
  tone: Tone;
  icon: "dot" | "pause" | "warning" | "stop" | "link" | "clock" | "circle" | "eye";
  key: string;
  params?: Record<string, string | number>;
  /** A moment the sentence names, as day and hour. */
  at?: string;
  /** Parts of the sentence that are sentences of their own, by parameter. */
  terms?: Record<string, string>;
  /** The presider's own words, shown after the sentence. */
  text?: string;
}

const RECORDING: Record<RecordingView, Pick<Line, "tone" | "icon" | "key">> = {
  off: { tone: "calm", icon: "circle", key: "recording.off" },
  running: { tone: "live", icon: "dot", key: "recording.running" },
  failed: { tone: "alarm", icon: "warning", key: "recording.failed" },
  waived: { tone: "warn", icon: "stop", key: "recording.waived" },
};

/** The recorder's state, which is always on screen. While the session stands and in a consultation it writes nothing. */
export function recordingLine({ recording, status, consultation }: Pick<PublicSection, "recording" | "status" | "consultation">): Line {
  const stands = recording === "running" && (status !== "in_progress" || consultation);
  return stands
    ? { id: "recording", tone: "warn", icon: "pause", key: "recording.stands" }
    : { id: "recording", ...RECORDING[recording] };
}

/** Everything that concerns the whole session now, the most urgent first; empty in a calm session. */
export function bannerLines(room: PublicSection | undefined, wire: WireState, now: number): Line[] {
  const lines: Line[] = [];
  if (wire === "lost") lines.push({ id: "wire", tone: "alarm", icon: "link", key: "banner.wire_lost" });
  if (wire === "connecting") lines.push({ id: "wire", tone: "warn", icon: "link", key: "banner.wire_connecting" });
  if (!room) return lines;
  const notice = room.notice === "" ? {} : { text: room.notice };
  if (room.status === "interrupted") {
    lines.push({ id: "status", tone: "alarm", icon: "warning", key: "banner.interrupted", ...notice });
  } else if (room.status === "paused") {
    const failed = room.recording === "failed";
    const said = room.notice === "recorder_failed" ? {} : notice;
    lines.push({ id: "status", tone: failed ? "alarm" : "warn", icon: "pause", key: failed ? "banner.paused_recorder" : "banner.paused", ...said });
  } else if (room.status === "postponed") {
    lines.push({ id: "status", tone: "warn", icon: "clock", key: "banner.postponed", at: room.starts_at, ...notice });
  } else if (room.status === "cancelled") {
    lines.push({ id: "status", tone: "warn", icon: "stop", key: "banner.cancelled", ...notice });
  } else if (room.notice !== "") {
    lines.push({ id: "notice", tone: "calm", icon: "circle", key: "banner.notice", text: room.notice });
  }
  if (room.ends_at !== null) {
    const seconds = secondsUntil(room.ends_at, now);
    lines.push({ id: "end", tone: "warn", icon: "clock", key: "banner.ending", params: { seconds } });
  }
  if (room.consultation) lines.push({ id: "consultation", tone: "warn", icon: "circle", key: "banner.consultation" });
  if (room.room_wide) lines.push({ id: "room_wide", tone: "warn", icon: "eye", key: "banner.room_wide" });
  return lines;
}

/** What is a matter of quality and no failure of the recorder. */
const WARNINGS: readonly string[] = [
  "two_microphones",
  "camera_dark",
  "camera_frozen",
  "microphone_silent",
  "microphone_clipping",
  "disk_full",
  "disk_error",
  "disk_stalled",
];

/** What of sound, picture and recording is not as it should be, for staff. A place that is not told is "a point". */
export function alarmLines(alarms: readonly AlarmView[] | undefined, room: PublicSection | undefined): Line[] {
  return (alarms ?? []).map(({ code, point, source, with: other, disk }) => {
    const stopped = code === "source_stopped" ? (source === "microphone" ? "_sound" : "_picture") : "";
    const params: Line["params"] = disk === null ? {} : { disk };
    const terms: Line["terms"] = source === null ? {} : { source: `alarm.source.${source}` };
    const place = (param: string, id: typeof point) => {
      const name = at(room?.points, id)?.name;
      if (name === undefined) terms[param] = "alarm.a_point";
      else params[param] = name;
    };
    if (source !== null) place("point", point);
    if (code === "two_microphones") place("with", other);
    return {
      id: ["alarm", code, disk ?? "", point ?? "", source ?? "", other ?? ""].join(":"),
      tone: WARNINGS.includes(code) ? "warn" : "alarm",
      icon: "warning",
      key: `alarm.${code}${stopped}`,
      params,
      terms,
    };
  });
}

/** What the people of a point can do about their own line. */
export function ownLine(room: PublicSection | undefined, point: string | null): Line[] {
  const line = at(room?.points, point)?.line;
  return line === "poor" || line === "bad" ? [{ id: "own_line", tone: "warn", icon: "link", key: `banner.line_${line}` }] : [];
}

/** The worst first, and on screens that have other things to show only the worst of several: the technician sees all. */
export function shownAlarms(lines: readonly Line[], all: boolean): Line[] {
  const sorted = lines.toSorted((a, b) => Number(b.tone === "alarm") - Number(a.tone === "alarm"));
  if (all || sorted.length <= 2) return sorted;
  const count = sorted.length - 1;
  return [...sorted.slice(0, 1), { id: "more_alarms", tone: "warn", icon: "warning", key: "alarm.more", params: { count } }];
}
