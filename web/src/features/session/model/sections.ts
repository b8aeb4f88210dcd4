import type {
  BlockId,
  ConnectionId,
  PersonId,
  PointId,
  SessionId,
  UserId,
  VisitId,
} from "@/protocol/ids";
import type { SlotView } from "@/protocol/frame";
import type {
  DevicesSection,
  MinutesSection,
  PointSection,
  PublicSection,
  StaffSection,
  VisitSection,
} from "@/protocol/section";
import type { DeviceKind } from "@/protocol/units";

/** Who sits before this screen, and on what. */
export interface Seat {
  session: SessionId;
  user: UserId | null;
  point: PointId | null;
  device: DeviceKind;
}

/**
 * Everything the server has published to this connection, as the screens read it.
 * What an audience may not see is absent, so every part but `public` may be missing for good.
 */
export interface Room {
  seat: Seat;
  public: PublicSection | undefined;
  staff: StaffSection | undefined;
  devices: DevicesSection | undefined;
  point: PointSection | undefined;
  visits: Readonly<Record<VisitId, VisitSection>>;
  minutes: Readonly<Record<VisitId, MinutesSection>>;
  slots: readonly SlotView[];
  connection: ConnectionId | undefined;
  /** Pictures this connection may be sent at once; `undefined` until it is welcomed. */
  receives: number | undefined;
}

/** Collections travel as objects keyed by id; a missing key is an ordinary answer. */
export function at<T>(map: { [key in string]?: T } | undefined, key: string | null | undefined): T | undefined {
  return key == null ? undefined : map?.[key];
}

/** Entries of a keyed collection without the `undefined` that TypeScript adds to optional keys. */
export function entries<T>(map: { [key in string]?: T } | undefined): [string, T][] {
  return Object.entries(map ?? {}).filter((entry): entry is [string, T] => entry[1] !== undefined);
}

export type { BlockId, PersonId, PointId, VisitId };
