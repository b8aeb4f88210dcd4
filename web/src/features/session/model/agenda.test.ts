import { expect, test } from "vitest";
import { agendaRow, ID, publicSection, staffSection } from "../fixture/room";
import { moved, toCome, visitPoints } from "./agenda";

const held = { ...staffSection(), visits: { ...staffSection().visits, [ID.visit1]: agendaRow({ status: "held" }) } };

test("only visits whose turn is to come change places", () => {
  expect(toCome(staffSection())).toEqual([ID.visit2, ID.visit3]);
  expect(moved(staffSection(), ID.visit1, 1)).toBeUndefined();
  expect(moved(staffSection(), ID.visit2, -1), "the one before it is running").toBeUndefined();
  expect(moved(staffSection(), ID.visit3, 1), "nobody comes after it").toBeUndefined();
});

test("a visit changes places with its neighbour and every other keeps its own", () => {
  expect(moved(staffSection(), ID.visit3, -1)).toEqual([ID.visit1, ID.visit3, ID.visit2]);
  expect(moved(held, ID.visit1, 1)).toEqual([ID.visit2, ID.visit1, ID.visit3]);
  const between = { agenda: [ID.visit2, ID.visit1, ID.visit3], visits: staffSection().visits };
  expect(moved(between, ID.visit2, 1), "over the one that runs").toEqual([ID.visit3, ID.visit1, ID.visit2]);
});

test("the centre and the citizen's point cannot be left out of a visit", () => {
  const points = visitPoints({ public: publicSection() }, ID.pointA);
  expect(points.filter(({ always }) => always).map(({ point }) => point)).toEqual([ID.central, ID.pointA]);
  expect(points).toHaveLength(4);
});
