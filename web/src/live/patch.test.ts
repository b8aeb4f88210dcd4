import { expect, test } from "vitest";
import { applyPatch, PatchError, type Json, type Operation } from "./patch";

const apply = (document: Json, ...operations: Operation[]) => applyPatch(document, operations);

test("adds, replaces and removes in objects and lists", () => {
  const before = { a: 1, list: ["x", "y"] };
  expect(apply(before, { op: "add", path: "/b", value: { c: null } })).toEqual({ a: 1, list: ["x", "y"], b: { c: null } });
  expect(apply(before, { op: "replace", path: "/a", value: 2 })).toEqual({ a: 2, list: ["x", "y"] });
  expect(apply(before, { op: "remove", path: "/list/0" })).toEqual({ a: 1, list: ["y"] });
  expect(apply(before, { op: "add", path: "/list/1", value: "z" })).toEqual({ a: 1, list: ["x", "z", "y"] });
  expect(apply(before, { op: "add", path: "/list/-", value: "z" })).toEqual({ a: 1, list: ["x", "y", "z"] });
  expect(before).toEqual({ a: 1, list: ["x", "y"] });
});

test("moves, copies, tests, and replaces the whole document", () => {
  expect(apply({ a: 1 }, { op: "move", from: "/a", path: "/b" })).toEqual({ b: 1 });
  expect(apply({ a: [1] }, { op: "copy", from: "/a", path: "/b" })).toEqual({ a: [1], b: [1] });
  expect(apply({ a: 1 }, { op: "test", path: "/a", value: 1 })).toEqual({ a: 1 });
  expect(() => apply({ a: 1 }, { op: "test", path: "/a", value: 2 })).toThrow(PatchError);
  expect(apply({ a: 1 }, { op: "replace", path: "", value: null })).toEqual(null);
});

test("keys with slash and tilde, and a null that is there", () => {
  expect(apply({ "a/b": 1, "m~n": 2 }, { op: "replace", path: "/a~1b", value: 3 })).toEqual({ "a/b": 3, "m~n": 2 });
  expect(apply({ "~1": 1 }, { op: "remove", path: "/~01" })).toEqual({});
  expect(apply({ a: null }, { op: "replace", path: "/a", value: 1 })).toEqual({ a: 1 });
});

test("what is not there is an error, never a guess", () => {
  const wrong: Operation[] = [
    { op: "replace", path: "/b", value: 1 },
    { op: "remove", path: "/b" },
    { op: "add", path: "/b/c", value: 1 },
    { op: "add", path: "/list/3", value: 1 },
    { op: "replace", path: "/list/01", value: 1 },
    { op: "add", path: "a", value: 1 },
    { op: "remove", path: "/toString" },
  ];
  for (const operation of wrong) expect(() => apply({ a: 1, list: [1] }, operation), operation.path).toThrow(PatchError);
});

test("branches that did not change keep their identity", () => {
  const before = { visits: { v1: { name: "A" }, v2: { name: "B" } }, floor: {} };
  const after = apply(before, { op: "replace", path: "/visits/v1/name", value: "C" }) as typeof before;
  expect(after.visits.v2).toBe(before.visits.v2);
  expect(after.floor).toBe(before.floor);
  expect(after.visits.v1).not.toBe(before.visits.v1);
});
