import { describe, expect, it } from "vitest";
import { ID, publicSection, staffSection } from "../fixture/room";
import type { Room } from "./sections";
import { citizenPictures, stageOf } from "./stage";

function room(more: Partial<Room> = {}): Room {
  return {
    seat: { session: ID.session, user: ID.presider, point: ID.central, device: "main" },
    public: publicSection(),
    staff: staffSection(),
    devices: undefined,
    point: undefined,
    visits: {},
    minutes: {},
    slots: [
      { point: ID.agency, picture: "camera", sound: true, paused: false, undecoded: false },
      { point: ID.pointA, picture: "camera", sound: true, paused: false, undecoded: false },
      { point: ID.pointA, picture: "paper", sound: false, paused: false, undecoded: false },
      { point: null, picture: null, sound: false, paused: false, undecoded: false },
    ],
    connection: undefined,
    receives: undefined,
    ...more,
  };
}

describe("stage", () => {
  it("puts the point with the floor large and its papers beside", () => {
    const stage = stageOf(room());
    expect(stage.large).toMatchObject({ point: ID.pointA, slot: 1, floor: true, citizen: true });
    expect(stage.small.map((tile) => tile.point)).toEqual([ID.agency]);
    expect(stage.papers).toEqual([expect.objectContaining({ point: ID.pointA, slot: 2, paper: true })]);
  });

  it("falls back to the citizen's point when nobody has the floor", () => {
    const shared = publicSection({ floor: { point: null, person: null, since: null, hands: [] } });
    expect(stageOf(room({ public: shared })).large?.point).toBe(ID.pointA);
  });

  it("knows the citizen's point from the visit where there is no agenda", () => {
    const stage = stageOf(room({ staff: undefined, public: publicSection({ floor: { point: null, person: null, since: null, hands: [] } }) }));
    expect(stage.large?.point).toBe(ID.agency);
  });

  it("keeps a place for points that send no picture here, with their link", () => {
    const lost = publicSection();
    lost.points[ID.pointB] = { name: "UBND phường Cầu Đá", role: "component", link: "lost", microphone_open: false, hand_raised: false, waiting: [], line: null, on_stage: false };
    const stage = stageOf(room({ public: lost }));
    expect(stage.waiting.map((tile) => [tile.point, tile.link, tile.slot])).toEqual([
      [ID.central, "connected", null],
      [ID.pointB, "lost", null],
    ]);
  });

  it("puts who asks for the floor before all others that have no picture here", () => {
    const asking = publicSection();
    asking.points[ID.pointB] = { name: "UBND phường Cầu Đá", role: "component", link: "connected", microphone_open: false, hand_raised: true, waiting: [], line: null, on_stage: false };
    expect(stageOf(room({ public: asking })).waiting.map((tile) => tile.point)).toEqual([ID.pointB, ID.central]);
  });

  it("draws nothing before the first snapshot", () => {
    expect(stageOf(room({ public: undefined }))).toEqual({ large: undefined, small: [], papers: [], waiting: [] });
  });
});

describe("citizen's pictures", () => {
  const camera = (point: string) => ({ point, picture: "camera", sound: false, paused: false, undecoded: false });

  it("shows the central point large and the own point small, wherever the server puts them", () => {
    const seat = { session: ID.session, user: null, point: ID.pointA, device: "citizen_screen" as const };
    expect(citizenPictures(room({ seat, slots: [camera(ID.pointA), camera(ID.central)] }))).toEqual({ large: 1, own: 0 });
    expect(citizenPictures(room({ seat, slots: [camera(ID.agency), camera(ID.central)] }))).toEqual({ large: 1, own: null });
    expect(citizenPictures(room({ seat, slots: [{ point: null, picture: null, sound: false, paused: false, undecoded: false }] }))).toEqual({ large: null, own: null });
  });
});
