import type { Me, SessionRow } from "../../protocol/rest";
import type { DeviceKind } from "../../protocol/units";
import { deviceOf } from "./sessionWay";

/** Where somebody sits in a session unless they choose otherwise: the paired browser knows, else function and points tell. */
export function seatIn(row: SessionRow, kiosk: Me["kiosk"]): { point: string | null; device: DeviceKind } {
  const point = kiosk && row.my_points.includes(kiosk.point) ? kiosk.point : (row.my_points[0] ?? null);
  return { point, device: kiosk?.device ?? deviceOf(row.functions) };
}

/** The link into the room; without a point it would show buttons and nobody's picture. */
export const entrance = (session: string, { point, device }: { point: string | null; device: DeviceKind }) =>
  ({
    to: "/buoi-tiep/$id",
    params: { id: session },
    search: { ...(point === null ? {} : { diem: point }), may: device },
  }) as const;
