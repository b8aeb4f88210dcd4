import type { PointId } from "@/protocol/ids";
import type { DeviceRow, DevicesSection, LineHistory, PublicSection } from "@/protocol/section";
import { at, entries } from "./sections";

/** Quality in four steps: good below 3 % loss, fair below 8 %, poor below 15 % or above 400 ms, bad from there. */
export type Quality = "good" | "fair" | "poor" | "bad" | "silent" | "none";

const WORST_FIRST: readonly Quality[] = ["silent", "bad", "poor", "fair", "none", "good"];

export function qualityOf(row: DeviceRow): Quality {
  if (row.media === "none") return "none";
  if (row.media === "silent") return "silent";
  if (row.loss_permille >= 150) return "bad";
  if (row.loss_permille >= 80 || (row.rtt_ms ?? 0) > 400) return "poor";
  return row.loss_permille >= 30 ? "fair" : "good";
}

export interface DeviceLine {
  connection: string;
  pointName: string;
  row: DeviceRow;
  quality: Quality;
}

/** Every wire, the worst first. */
export function deviceLines(devices: DevicesSection | undefined, shared: PublicSection | undefined): DeviceLine[] {
  return entries(devices?.connections)
    .map(([connection, row]) => ({ connection, pointName: nameOf(shared, row.point), row, quality: qualityOf(row) }))
    .sort(
      (a, b) =>
        WORST_FIRST.indexOf(a.quality) - WORST_FIRST.indexOf(b.quality) ||
        a.pointName.localeCompare(b.pointName, "vi") ||
        a.connection.localeCompare(b.connection),
    );
}

function nameOf(shared: PublicSection | undefined, point: PointId | null): string {
  return at(shared?.points, point)?.name ?? "";
}

/** Points nobody is connected from: what the technician telephones first. */
export function missingPoints(shared: PublicSection | undefined): { point: PointId; name: string; link: "absent" | "lost" }[] {
  return entries(shared?.points).flatMap(([point, view]) =>
    view.link === "absent" || view.link === "lost" ? [{ point, name: view.name, link: view.link }] : [],
  );
}

/** Second main devices that ask to become the one. */
export function takeOvers(devices: DevicesSection | undefined, shared: PublicSection | undefined): { connection: string; pointName: string; point: PointId }[] {
  return entries(devices?.take_over).map(([connection, point]) => ({ connection, point, pointName: nameOf(shared, point) }));
}

/** Loss as people write it, `9,4 %`. */
export function percent(permille: number): string {
  return `${(permille / 10).toLocaleString("vi-VN", { maximumFractionDigits: 1 })}\u00a0%`;
}

export interface PointHistory {
  point: PointId;
  name: string;
  loss: number[];
  rtt: number[];
}

/** Numbers of a text such as `0 12 31`. */
export function samples(text: string): number[] {
  return text.split(" ").filter((word) => word !== "").map(Number);
}

/** Lines of the last quarter of an hour, the worst first. */
export function histories(devices: DevicesSection | undefined, shared: PublicSection | undefined): PointHistory[] {
  const rows = entries(devices?.history).map(([point, line]: [string, LineHistory]) => ({ point, name: nameOf(shared, point), loss: samples(line.loss), rtt: samples(line.rtt) }));
  const worst = (row: PointHistory) => Math.max(0, ...row.loss);
  return rows.toSorted((a, b) => worst(b) - worst(a) || a.name.localeCompare(b.name, "vi"));
}
