import { describe, expect, it } from "vitest";
import { devicesSection, ID, publicSection } from "../fixture/room";
import { deviceLines, histories, missingPoints, percent, qualityOf, takeOvers } from "./devices";

const row = (loss_permille: number, rtt_ms: number | null = 20, media = "connected") => ({
  point: ID.pointA,
  device: "main" as const,
  media,
  sending: [],
  loss_permille,
  rtt_ms,
  jitter_ms: 0,
  layer: null,
  concealed_permille: null,
  up_kbps: 0,
  down_kbps: 0,
  rung: "udp",
});

describe("the technician's board", () => {
  it("grades a wire by loss and round trip", () => {
    expect([row(29), row(30), row(80), row(150), row(0, 401), row(0, null, "silent"), row(0, null, "none")].map(qualityOf)).toEqual([
      "good",
      "fair",
      "poor",
      "bad",
      "poor",
      "silent",
      "none",
    ]);
  });

  it("shows the worst first, by the point's name", () => {
    const lines = deviceLines(devicesSection(), publicSection());
    expect(lines.map((line) => [line.quality, line.pointName])).toEqual([
      ["silent", "UBND phường Cầu Đá"],
      ["poor", "UBND xã Suối Mây"],
      ["good", "Trụ sở Tiếp công dân tỉnh"],
      ["good", "UBND xã Suối Mây"],
    ]);
  });

  it("shows the quarter of an hour of the worst line first", () => {
    const rows = histories(devicesSection(), publicSection());
    expect(rows.map((row) => row.name)).toEqual(["UBND xã Suối Mây", "Trụ sở Tiếp công dân tỉnh"]);
    expect(rows[0]?.loss).toEqual([12, 31, 86, 120, 104, 94]);
    expect(histories(devicesSection({ history: { [ID.pointB]: { loss: "", rtt: "" } } }), undefined)).toEqual([{ point: ID.pointB, name: "", loss: [], rtt: [] }]);
  });

  it("names points to telephone and devices that ask to take over", () => {
    const shared = publicSection();
    shared.points[ID.pointB] = { name: "UBND phường Cầu Đá", role: "component", link: "absent", microphone_open: false, hand_raised: false, waiting: [], line: null, on_stage: false };
    expect(missingPoints(shared)).toEqual([{ point: ID.pointB, name: "UBND phường Cầu Đá", link: "absent" }]);
    expect(takeOvers(devicesSection({ take_over: { c9: ID.pointA } }), shared)).toEqual([
      { connection: "c9", point: ID.pointA, pointName: "UBND xã Suối Mây" },
    ]);
  });

  it("writes loss the Vietnamese way", () => {
    expect(percent(94)).toBe("9,4\u00a0%");
  });
});
