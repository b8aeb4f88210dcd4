import type { SlotView } from "@/protocol/frame";
import type { LinkView, PublicSection } from "@/protocol/section";
import type { PointId } from "@/protocol/ids";
import type { Room } from "./sections";
import { at, entries } from "./sections";

/** One picture on the stage, or the place of a point without one. */
export interface Tile {
  key: string;
  point: PointId;
  name: string;
  central: boolean;
  /** Index of the receive slot whose picture this tile shows; `null` where the server sends none. */
  slot: number | null;
  paper: boolean;
  link: LinkView;
  /** A line that others notice, in words; nothing while it is good enough. */
  line: "poor" | "bad" | undefined;
  microphone: boolean;
  hand: boolean;
  floor: boolean;
  /** The citizen of the running visit sits here. */
  citizen: boolean;
  /** The own point: its picture comes from the own camera. */
  own: boolean;
}

export interface Stage {
  large: Tile | undefined;
  small: Tile[];
  papers: Tile[];
  /** Points of the session that send this screen no picture: who asks for the floor first, among hundreds of others. */
  waiting: Tile[];
}

/** Small pictures beside the large one. */
export const SMALL_TILES = 8;

function tile(room: PublicSection, seat: PointId | null, point: PointId, citizen: PointId | undefined): Tile | undefined {
  const view = at(room.points, point);
  if (!view) return undefined;
  return {
    key: point,
    point,
    name: view.name,
    central: view.role === "central",
    slot: null,
    paper: false,
    link: view.link,
    line: view.line === "poor" || view.line === "bad" ? view.line : undefined,
    microphone: view.microphone_open,
    hand: view.hand_raised,
    floor: room.floor.point === point,
    citizen: citizen === point,
    own: seat === point,
  };
}

/** Who is large: the point with the floor, else the citizen, else the centre, else whoever has a picture. */
function rank(candidate: Tile): number {
  if (candidate.own) return 4;
  if (candidate.floor) return 0;
  if (candidate.citizen) return 1;
  if (candidate.central) return 2;
  return 3;
}

/**
 * Arranges what the server has put into the slots. Who may be seen is decided there; here only what is large and what
 * is small.
 */
export function stageOf(room: Room): Stage {
  const shared = room.public;
  if (!shared) return { large: undefined, small: [], papers: [], waiting: [] };
  const citizen = at(room.staff?.visits, room.staff?.running)?.citizen_point ?? runningCitizenPoint(room);
  const cameras: Tile[] = [];
  const papers: Tile[] = [];
  room.slots.forEach((slot: SlotView, index) => {
    if (slot.point === null || slot.picture === null) return;
    const base = tile(shared, room.seat.point, slot.point, citizen);
    if (!base) return;
    if (slot.picture === "paper") papers.push({ ...base, key: `${slot.point}:paper`, slot: index, paper: true });
    else cameras.push({ ...base, slot: index });
  });
  const seen = new Set(cameras.map((shown) => shown.point));
  const waiting = entries(shared.points)
    .map(([point]) => point)
    .filter((point) => !seen.has(point))
    .map((point) => tile(shared, room.seat.point, point, citizen))
    .filter((shown): shown is Tile => shown !== undefined)
    .sort((a, b) => Number(b.hand) - Number(a.hand));
  const ordered = [...cameras].sort((a, b) => rank(a) - rank(b) || (a.slot ?? 0) - (b.slot ?? 0));
  return { large: ordered[0], small: ordered.slice(1, 1 + SMALL_TILES), papers, waiting };
}

/** The citizen's point of the running visit as far as this connection may know it. */
function runningCitizenPoint(room: Room): PointId | undefined {
  return entries(room.visits)
    .map(([, visit]) => visit)
    .find((visit) => visit.status === "in_session" || visit.status === "called")?.citizen_point;
}

/** Sentence for a point's link, in the words the office uses on the telephone. */
export function linkKey(link: LinkView): string {
  return `link.${link}`;
}

/** Slots of the citizen's screen: whoever receives large, the own point small. */
export function citizenPictures(room: Room): { large: number | null; own: number | null } {
  let large: number | null = null;
  let own: number | null = null;
  room.slots.forEach((slot, index) => {
    if (slot.point === null || slot.picture !== "camera") return;
    if (slot.point === room.seat.point) own ??= index;
    else if (large === null || at(room.public?.points, slot.point)?.role === "central") large = index;
  });
  return { large, own };
}
