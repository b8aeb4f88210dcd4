import { localDay } from "../../i18n/time";
import type { Command } from "../../protocol/command";
import type { PointId, UserId } from "../../protocol/ids";
import type { SessionFunction } from "../../protocol/people";
import type { Directory } from "../../protocol/rest";
import type { FunctionRow, PublicSection, StaffSection } from "../../protocol/section";
import type { Point } from "../../protocol/units";

/** One thing one account does in the session. */
export interface Duty {
  key: string;
  user: UserId;
  function: SessionFunction;
  row: FunctionRow;
}

/** A line for each thing that somebody does, so that each can be taken back by itself. */
export function duties({ functions }: Pick<StaffSection, "functions">): Duty[] {
  return Object.entries(functions).flatMap(([user, row]) =>
    row.functions.map((of): Duty => ({ key: `${user}/${of}`, user, function: of, row })),
  );
}

export interface Assignment {
  function: SessionFunction;
  user: UserId | null;
  point: PointId | null;
}

/** Name and title go into the record as the directory has them now; nothing while something is not chosen. */
export function assignCommand({ users }: Pick<Directory, "users">, { function: of, user, point }: Assignment): Command | undefined {
  const found = users.find(({ id }) => id === user);
  if (!found || point === null) return undefined;
  return { do: "assign_function", user: found.id, name: found.name, title: found.title, function: of, point };
}

/** Points of the directory that are not in the session and still stand on its day. */
export function pointsToAdd({ points }: Pick<Directory, "points">, shared: PublicSection): Point[] {
  const day = localDay(Date.parse(shared.starts_at));
  return points.filter(({ id, valid_to }) => !(id in shared.points) && (valid_to === null || valid_to >= day));
}

/** Without a central point the first one that is added is it. */
export function addPointCommand({ id, unit, name, address }: Point, shared: PublicSection): Command {
  const role = Object.values(shared.points).some((one) => one.role === "central") ? "component" : "central";
  return { do: "add_point", point: { point: id, unit, role, name, address } };
}
