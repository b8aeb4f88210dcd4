import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { keepCheckpoint, keptCheckpoints } from "./checkpoints";

const head = (session: string, seq: number) =>
  ({ type: "checkpoint", seq, reason: "frozen", file: `diemcau-checkpoint-1\ninstallation\n${session}\n${seq}\nsignature\n` }) as const;

let full = false;

/** The browser's storage: text by name, until it is full. */
beforeEach(() => {
  full = false;
  const kept = new Map<string, string>();
  vi.stubGlobal("localStorage", {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, text: string) => {
      if (full) throw new Error("full");
      kept.set(key, text);
    },
  });
});

afterEach(() => {
  vi.unstubAllGlobals();
});

test("keeps each head once, by session and in order", () => {
  for (const seq of [9, 4, 9]) keepCheckpoint(head("s1", seq));
  keepCheckpoint(head("s2", 1));
  expect(keptCheckpoints("s1").map(({ seq }) => seq)).toEqual([4, 9]);
  expect(keptCheckpoints("s1")[0]?.file).toContain("signature");
  expect(keptCheckpoints("s2")).toHaveLength(1);
  expect(keptCheckpoints("nobody")).toEqual([]);
});

test("the newest stay when there are too many, and a full browser breaks nothing", () => {
  for (let seq = 0; seq < 205; seq++) keepCheckpoint(head("s1", seq));
  expect(keptCheckpoints("s1").map(({ seq }) => seq).slice(0, 1)).toEqual([5]);
  full = true;
  keepCheckpoint(head("s1", 300));
  expect(keptCheckpoints("s1").at(-1)?.seq).toBe(204);
});
