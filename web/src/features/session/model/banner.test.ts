import { describe, expect, it } from "vitest";
import { alarmLines, bannerLines, ownLine, recordingLine, shownAlarms } from "./banner";
import type { RecordingView } from "@/protocol/section";
import { ID, publicSection } from "../fixture/room";

const NOW = Date.parse("2026-11-21T01:30:00Z");

describe("banner", () => {
  it("is empty while all is well", () => {
    expect(bannerLines(publicSection(), "open", NOW)).toEqual([]);
  });

  it("puts the lost wire first and says the presider's words of a pause", () => {
    const lines = bannerLines(publicSection({ status: "paused", notice: "Nghỉ 10 phút" }), "lost", NOW);
    expect(lines.map((line) => line.key)).toEqual(["banner.wire_lost", "banner.paused"]);
    expect(lines[1]?.text).toBe("Nghỉ 10 phút");
  });

  it("says in words that the recorder stopped the session", () => {
    const paused = (recording: "failed" | "running") => bannerLines(publicSection({ status: "paused", notice: "recorder_failed", recording }), "open", NOW)[0];
    expect(paused("failed")).toEqual(expect.objectContaining({ key: "banner.paused_recorder", tone: "alarm" }));
    expect(paused("running")).toEqual(expect.objectContaining({ key: "banner.paused", tone: "warn" }));
    expect(paused("failed")?.text ?? paused("running")?.text).toBeUndefined();
  });

  it("counts down a proposed end", () => {
    const lines = bannerLines(publicSection({ ends_at: "2026-11-21T01:30:24Z" }), "open", NOW);
    expect(lines).toEqual([expect.objectContaining({ key: "banner.ending", params: { seconds: 24 } })]);
  });

  it("never takes a failed recorder for a running one", () => {
    const line = (recording: RecordingView) => recordingLine(publicSection({ recording }));
    expect(line("failed").tone).toBe("alarm");
    expect(line("running").key).not.toBe(line("waived").key);
  });

  it("does not say that a session is recorded while it stands or consults", () => {
    const keys = [{ status: "paused" }, { status: "interrupted" }, { consultation: true }] as const;
    for (const more of keys) expect(recordingLine(publicSection(more)).key).toBe("recording.stands");
    expect(recordingLine(publicSection()).key).toBe("recording.running");
  });

  it("says on every screen that all points look on, and to when a session was put off", () => {
    expect(bannerLines(publicSection({ room_wide: true }), "open", NOW).map((line) => line.key)).toEqual(["banner.room_wide"]);
    const [line] = bannerLines(publicSection({ status: "postponed", starts_at: "2026-11-25T01:00:00Z", notice: "Mưa bão" }), "open", NOW);
    expect(line).toMatchObject({ key: "banner.postponed", at: "2026-11-25T01:00:00Z", text: "Mưa bão" });
  });

  it("names what is wrong, and no place where none is told", () => {
    const nothing = { point: null, source: null, with: null, disk: null };
    const [pointA, pointB] = [publicSection().points[ID.pointA]?.name, publicSection().points[ID.pointB]?.name];
    const lines = alarmLines(
      [
        { ...nothing, code: "recorder_disk_full" },
        { ...nothing, code: "disk_stalled", disk: 2 },
        { ...nothing, code: "source_muted", point: ID.pointA, source: "microphone" },
        { ...nothing, code: "source_stopped", source: "camera" },
        { ...nothing, code: "two_microphones", point: ID.pointA, source: "microphone", with: ID.pointB },
      ],
      publicSection(),
    );
    expect(lines.map(({ key, tone, params, terms }) => [key, tone, params, terms])).toEqual([
      ["alarm.recorder_disk_full", "alarm", {}, {}],
      ["alarm.disk_stalled", "warn", { disk: 2 }, {}],
      ["alarm.source_muted", "alarm", { point: pointA }, { source: "alarm.source.microphone" }],
      ["alarm.source_stopped_picture", "alarm", {}, { source: "alarm.source.camera", point: "alarm.a_point" }],
      ["alarm.two_microphones", "warn", { point: pointA, with: pointB }, { source: "alarm.source.microphone" }],
    ]);
    expect(shownAlarms(lines, true).map((line) => line.tone)).toEqual(["alarm", "alarm", "alarm", "warn", "warn"]);
    expect(shownAlarms(lines, false).map((line) => line.key)).toEqual(["alarm.recorder_disk_full", "alarm.more"]);
    expect(shownAlarms(lines.slice(0, 2), false)).toHaveLength(2);
    expect(alarmLines(undefined, undefined)).toEqual([]);
  });

  it("tells a point of its own poor line and nobody of a good one", () => {
    const room = publicSection();
    const [good, bad] = [room.points[ID.pointA], room.points[ID.pointB]];
    if (!good || !bad) throw new Error("the fixture has both");
    bad.line = "bad";
    expect(ownLine(room, ID.pointA)).toEqual([]);
    expect(ownLine(room, ID.pointB).map((line) => line.key)).toEqual(["banner.line_bad"]);
    expect(ownLine(room, null)).toEqual([]);
  });
});
