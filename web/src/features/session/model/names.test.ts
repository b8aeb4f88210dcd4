import { expect, it } from "vitest";
import { person } from "../fixture/room";
import { named, nameOf } from "./names";

const t = (key: string, values: Record<string, unknown>) => `${key} ${JSON.stringify(values)}`;

it("calls people by name, and those of a restricted visit by their place in its list", () => {
  expect(nameOf(t, { name: "Lò Thị Mận", ordinal: 1 })).toBe("Lò Thị Mận");
  expect(nameOf(t, { name: "", ordinal: 2 })).toBe('session:person.numbered {"number":2}');
  expect(nameOf(t, { name: "", ordinal: null })).toBe("session:person.unnamed {}");
});

it("tells two nameless people of one visit apart", () => {
  const called = named([person("p1", ""), person("p2", "")]).map((one) => nameOf(t, one));
  expect(new Set(called).size).toBe(2);
  expect(named(undefined)).toEqual([]);
});
