import { expect, test, vi } from "vitest";
import { Sections } from "./sections";

const snapshot = (hash: string, state: unknown) =>
  ({ type: "snapshot", section: "public", seq: 1, hash, state }) as const;
const patch = (base: string, hash: string, operations: unknown) =>
  ({ type: "patch", section: "public", seq: 2, base, hash, patch: operations }) as const;
const rename = (title: string) => [{ op: "replace", path: "/title", value: title }];

test("a patch on the held state is applied and told once", () => {
  const sections = new Sections();
  const heard = vi.fn();
  sections.take(snapshot("h1", { title: "A" }));
  sections.subscribe(heard);
  expect(sections.take(patch("h1", "h2", rename("B")))).toBe("applied");
  expect(sections.get("public")?.title).toBe("B");
  expect(sections.have()).toEqual({ public: "h2" });
  expect(heard).toHaveBeenCalledTimes(1);
});

test("a patch that was applied already is known, not a gap", () => {
  const sections = new Sections();
  sections.take(snapshot("h2", { title: "B" }));
  expect(sections.take(patch("h1", "h2", rename("B")))).toBe("known");
});

test("another base, an unknown section or an impossible patch is a gap and changes nothing", () => {
  const sections = new Sections();
  expect(sections.take(patch("h1", "h2", rename("B")))).toBe("gap");
  sections.take(snapshot("h1", { title: "A" }));
  expect(sections.take(patch("h0", "h2", rename("B")))).toBe("gap");
  expect(sections.take(patch("h1", "h2", [{ op: "remove", path: "/nothing" }]))).toBe("gap");
  expect(sections.get("public")?.title).toBe("A");
  expect(sections.have()).toEqual({ public: "h1" });
});

test("a forgotten section is gone", () => {
  const sections = new Sections();
  sections.take({ ...snapshot("h1", { visit: "v1" }), section: "visit:v1" });
  sections.take({ type: "forget", section: "visit:v1" });
  expect(sections.get("visit:v1")).toBeUndefined();
  expect(sections.have()).toEqual({});
});
