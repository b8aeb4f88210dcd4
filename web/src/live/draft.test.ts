import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Command } from "../protocol/command";
import { BlockDraft } from "./draft";
import type { CommandResult } from "./outbox";

type Write = Extract<Command, { do: "write_block" }>;

let sent: { command: Write; answer: (result: CommandResult) => void }[];
const keep = vi.fn(() => Promise.resolve());
const forget = vi.fn(() => Promise.resolve());

function draft(): BlockDraft {
  return new BlockDraft({
    visit: "v1",
    block: "b1",
    block_kind: "content",
    base: 3,
    text: "cũ",
    send: (command) => new Promise((answer) => sent.push({ command: command as Write, answer })),
    keep,
    forget,
  });
}

const done: CommandResult = { done: true, seq: 1 };
const texts = () => sent.map(({ command }) => command.text);

beforeEach(() => {
  vi.useFakeTimers();
  sent = [];
  keep.mockClear();
  forget.mockClear();
});

afterEach(() => vi.useRealTimers());

test("steady typing is sent within 150 ms of the first change, not after the last", async () => {
  const block = draft();
  for (const text of ["a", "ab", "abc"]) {
    block.write(text);
    await vi.advanceTimersByTimeAsync(60);
  }
  expect(texts()).toEqual(["abc"]);
  expect(sent[0]?.command.base).toBe(3);
});

test("one write at a time; what came meanwhile follows the answer", async () => {
  const block = draft();
  block.write("a");
  await vi.advanceTimersByTimeAsync(150);
  block.write("ab");
  await vi.advanceTimersByTimeAsync(500);
  expect(texts()).toEqual(["a"]);
  sent[0]?.answer(done);
  await vi.advanceTimersByTimeAsync(0);
  expect(texts()).toEqual(["a", "ab"]);
  expect(block.view.state).toBe("saving");
  expect(forget).not.toHaveBeenCalled();
  sent[1]?.answer(done);
  await vi.advanceTimersByTimeAsync(0);
  expect(block.view.state).toBe("saved");
  expect(forget).toHaveBeenCalledTimes(1);
});

test("each change is kept in the browser before it is acknowledged", () => {
  const block = draft();
  block.write("a");
  expect(keep).toHaveBeenCalledWith({ visit: "v1", block: "b1", block_kind: "content", base: 3, text: "a" });
});

test("a refused text stays in the field and in the keep", async () => {
  const block = draft();
  block.write("a");
  await vi.advanceTimersByTimeAsync(150);
  sent[0]?.answer({ done: false, code: "block_leased", field: null, citation: null, vi: "", en: "" });
  await vi.advanceTimersByTimeAsync(0);
  expect(block.view).toMatchObject({ text: "a", state: "refused", refusal: { code: "block_leased" } });
  expect(forget).not.toHaveBeenCalled();
});

test("the server's newer text is taken over only while nothing is unsent", async () => {
  const block = draft();
  block.receive(4, "mới");
  expect(block.view.text).toBe("mới");
  block.write("mới hơn");
  block.receive(5, "của người khác");
  expect(block.view.text).toBe("mới hơn");
  await vi.advanceTimersByTimeAsync(150);
  expect(sent[0]?.command).toMatchObject({ base: 5, text: "mới hơn" });
});
