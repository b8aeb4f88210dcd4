import { expect, test } from "vitest";
import type { User } from "../../protocol/people";
import type { Point } from "../../protocol/units";
import { ID, publicSection, staffSection } from "../session/fixture/room";
import { addPointCommand, assignCommand, duties, pointsToAdd } from "./people";

const user: User = { id: ID.officerB, login: "thay", name: "Ngô Minh Tú", title: "Phó Chủ tịch", disabled: false };
const point = (id: string, valid_to: string | null = null): Point => ({
  id,
  unit: ID.unit,
  name: `Điểm ${id}`,
  address: "Số 1",
  equipment: "",
  phone: "",
  valid_from: "2026-01-01",
  valid_to,
});

test("each thing an account does has a line of its own", () => {
  const { functions } = staffSection();
  const [led] = Object.values(functions);
  if (!led) throw new Error("nobody");
  const both = { [ID.presider]: { ...led, functions: ["presider" as const, "observer" as const] } };
  expect(duties({ functions: both }).map(({ key }) => key)).toEqual([`${ID.presider}/presider`, `${ID.presider}/observer`]);
  expect(duties(staffSection())).toHaveLength(4);
});

test("somebody is assigned under the name the directory has, when all is chosen", () => {
  const chosen = { function: "presider" as const, user: ID.officerB, point: ID.central };
  expect(assignCommand({ users: [user] }, chosen)).toEqual({
    do: "assign_function",
    user: ID.officerB,
    name: "Ngô Minh Tú",
    title: "Phó Chủ tịch",
    function: "presider",
    point: ID.central,
  });
  expect(assignCommand({ users: [user] }, { ...chosen, point: null })).toBeUndefined();
  expect(assignCommand({ users: [user] }, { ...chosen, user: null })).toBeUndefined();
});

test("points that are not in the session and stand on its day can be added", () => {
  const shared = publicSection({ starts_at: "2026-11-20T18:00:00Z" });
  const known = [point(ID.pointA), point("new"), point("gone", "2026-11-20"), point("last-day", "2026-11-21")];
  expect(pointsToAdd({ points: known }, shared).map(({ id }) => id)).toEqual(["new", "last-day"]);
});

test("a point is added as a component, as the central one where there is none", () => {
  expect(addPointCommand(point("new"), publicSection())).toEqual({
    do: "add_point",
    point: { point: "new", unit: ID.unit, role: "component", name: "Điểm new", address: "Số 1" },
  });
  expect(addPointCommand(point("new"), publicSection({ points: {} }))).toMatchObject({ point: { role: "central" } });
});
