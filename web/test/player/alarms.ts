import { ID, publicSection, staffSection } from "../../src/features/session/fixture/room";
import type { LineLevel } from "../../src/protocol/section";

// A session in which much is wrong at once: what everybody sees of it and what staff are told.

const lined = (point: string, line: LineLevel) => {
  const before = publicSection().points[point];
  return before ? { [point]: { ...before, line } } : {};
};

export const ALARMED = {
  public: publicSection({ points: { ...publicSection().points, ...lined(ID.pointA, "bad"), ...lined(ID.central, "poor") } }),
  staff: staffSection({
    alarms: [
      { code: "disk_stalled", point: null, source: null, with: null, disk: 2 },
      { code: "source_muted", point: ID.pointA, source: "microphone", with: null, disk: null },
      { code: "two_microphones", point: ID.central, source: "microphone", with: ID.agency, disk: null },
      { code: "camera_dark", point: ID.pointB, source: "camera", with: null, disk: null },
    ],
  }),
};
