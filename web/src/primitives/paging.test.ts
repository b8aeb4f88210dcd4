import { expect, test } from "vitest";
import { pageOf } from "./paging";

test("fifty rows a page, every row on one of them", () => {
  expect(pageOf(50, 0)).toEqual({ page: 0, from: 0, to: 50, last: 0 });
  expect([0, 1, 2, 3].map((page) => pageOf(180, page)).map(({ from, to }) => [from, to])).toEqual([
    [0, 50],
    [50, 100],
    [100, 150],
    [150, 180],
  ]);
});

test("a list that shrinks shows its last page, an empty one nothing", () => {
  expect(pageOf(60, 3)).toEqual({ page: 1, from: 50, to: 60, last: 1 });
  expect(pageOf(0, 2)).toEqual({ page: 0, from: 0, to: 0, last: 0 });
});
