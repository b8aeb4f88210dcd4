import { describe, expect, it } from "vitest";
import { bannerLines, recordingLine } from "./banner";
import { publicSection } from "../fixture/room";

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
    expect(recordingLine("failed").tone).toBe("alarm");
    expect(recordingLine("running").key).not.toBe(recordingLine("waived").key);
  });
});
