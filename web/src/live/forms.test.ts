import "fake-indexeddb/auto";
import { expect, test } from "vitest";
import { findForm, forgetForm, keepForm } from "./forms";
import { findUnsent, keepUnsent } from "./unsent";

const DAY = 24 * 3600 * 1000;
const owner = { user: "u1", session: "s1" };
const unsent = { visit: "v1", block: "b1", block_kind: "content", unsaved: { base: 1, text: "x", written: [] }, lost: null } as const;

test("a form is found by its name until it is forgotten", async () => {
  await keepForm("u1/s1/closing/v1", { conclusion: "Giao Sở" });
  await keepForm("u1/s1/closing/v1", { conclusion: "Giao Sở kiểm tra" });
  await keepForm("u2/s1/closing/v1", { conclusion: "khác" });
  expect(await findForm("u1/s1/closing/v1")).toEqual({ conclusion: "Giao Sở kiểm tra" });
  await forgetForm("u1/s1/closing/v1");
  expect(await findForm("u1/s1/closing/v1")).toBeUndefined();
  expect(await findForm("u2/s1/closing/v1")).toEqual({ conclusion: "khác" });
});

test("what nobody came back to for a week is gone, minutes that were not sent are not", async () => {
  await keepUnsent(owner, unsent);
  await keepForm("u1/old", { a: 1 }, Date.now() - 8 * DAY);
  await keepForm("u1/new", { a: 2 }, Date.now() - 6 * DAY);
  expect(await findForm("u1/old")).toBeUndefined();
  expect(await findForm("u1/new")).toEqual({ a: 2 });
  expect(await findForm("u1/old", Date.now() - 7 * DAY), "it is not only hidden").toBeUndefined();
  expect(await findUnsent(owner)).toEqual([unsent]);
  expect(await findUnsent({ ...owner, user: "u2" }), "nobody else at this machine sends it as their own").toEqual([]);
});
