import { expect, test } from "vitest";
import { agendaRow, ID, person, publicSection, staffSection, visitSection } from "../fixture/room";
import { moved, namesOf, toCome, visitPoints, visitsAsked } from "./agenda";

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

test("an agency reads the running visit first, then the others by their numbers", () => {
  const visits = {
    [ID.visit2]: visitSection({ visit: ID.visit2, number: 2 }),
    [ID.visit1]: visitSection({ visit: ID.visit1, number: 1 }),
    [ID.visit3]: visitSection({ visit: ID.visit3, number: 3 }),
  };
  const order = (running: string | null) => visitsAsked({ visits, staff: staffSection({ running }) }).map(({ number }) => number);
  expect(order(null)).toEqual([1, 2, 3]);
  expect(order(ID.visit3)).toEqual([3, 1, 2]);
});

test("an agency is told whose matter it is, unless the names are kept from it", () => {
  expect(namesOf(visitSection())).toBe("Bà Lò Thị Mận, Bà Lò Thị Hoa");
  expect(namesOf(visitSection({ persons: [person(ID.citizen1, "")] }))).toBe("");
});
