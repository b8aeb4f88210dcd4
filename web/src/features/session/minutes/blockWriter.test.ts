import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { CommandResult } from "@/live/outbox";
import type { Unsent } from "@/live/unsent";
import type { Command } from "@/protocol/command";
import type { BlockView } from "@/protocol/section";
import { BlockWriter } from "./blockWriter";

const block: BlockView = { block_kind: "content", revision: 2, text: "Bà trình bày", writer: null, writer_name: "", saved_at: "2026-11-21T01:00:00Z" };
const NO: CommandResult = { done: false, code: "block_revision", field: null, citation: null, vi: "Văn bản đã đổi.", en: "The text has changed." };

function world(answer: (command: Command) => CommandResult | Promise<CommandResult> = () => ({ done: true, seq: 1 })) {
  const sent: Command[] = [];
  const storage: { unsent: Unsent | null } = { unsent: null };
  const writer = new BlockWriter(
    {
      visit: "v",
      block: "b",
      kind: "content",
      send: async (command) => {
        sent.push(command);
        return answer(command);
      },
      keep: async (unsent) => {
        storage.unsent = unsent;
      },
      forget: async () => {
        storage.unsent = null;
      },
      now: () => Date.now(),
      serverTime: () => "2026-11-21T01:05:00Z",
    },
    block,
  );
  const writes = () => sent.flatMap((command) => (command.do === "write_block" ? [command] : []));
  return { writer, sent, writes, storage };
}

describe("block writer", () => {
  beforeEach(() => vi.useFakeTimers({ now: 1_000_000 }));
  afterEach(() => vi.useRealTimers());

  it("leases on focus, sends while one types, leaves on blur with nothing owed", async () => {
    const { writer, sent, writes, storage } = world();
    writer.focus();
    writer.input("Bà trình bày: đ");
    writer.input("Bà trình bày: đất");
    expect(storage.unsent ?? "kept soon").toBeTruthy();
    await vi.advanceTimersByTimeAsync(150);
    expect(writes().at(-1)?.text).toBe("Bà trình bày: đất");
    writer.blur();
    await vi.advanceTimersByTimeAsync(10);
    expect(sent.map((command) => command.do)).toContain("lease_block");
    expect(sent.at(-1)?.do).toBe("leave_block");
    expect(writer.unsaved).toBe(false);
    expect(writer.state.writer.savedAt).toBe("2026-11-21T01:05:00Z");
    expect(storage.unsent).toBeNull();
  });

  it("keeps the text in the browser as long as the server has not answered", async () => {
    const { writer, storage } = world(() => new Promise(() => undefined));
    writer.input("chưa gửi");
    await vi.advanceTimersByTimeAsync(1000);
    expect(storage.unsent).toMatchObject({ unsaved: { text: "chưa gửi", base: 2 }, lost: null });
    expect(writer.state.writer.savedAt).toBe("2026-11-21T01:00:00Z");
  });

  it("tries a refused write again by itself and then tells the person, with the text still in the field", async () => {
    let refusals = 0;
    const once = world((command) => (command.do === "write_block" && (refusals += 1) === 1 ? NO : { done: true, seq: 2 }));
    once.writer.input("mới");
    await vi.advanceTimersByTimeAsync(1000);
    expect(once.writes()).toHaveLength(2);
    expect(once.writer.state.refusal).toBeNull();

    const always = world((command) => (command.do === "write_block" ? NO : { done: true, seq: 2 }));
    always.writer.input("mới");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(always.writes()).toHaveLength(4);
    expect(always.writer.state.refusal?.vi).toBe("Văn bản đã đổi.");
    expect(always.writer.state.writer.text).toBe("mới");
    expect(always.storage.unsent?.unsaved?.text).toBe("mới");
  });

  it("waits for the next line, however long, and counts that as no refusal", async () => {
    let lost = 30;
    const { writer, storage } = world((command) =>
      command.do === "write_block" && (lost -= 1) > 0 ? { ...NO, code: "line_lost" } : { done: true, seq: 2 },
    );
    writer.input("mới");
    await vi.advanceTimersByTimeAsync(5000);
    expect([writer.unsaved, writer.state.refusal]).toEqual([true, null]);
    await vi.advanceTimersByTimeAsync(30_000);
    expect([writer.unsaved, storage.unsent]).toEqual([false, null]);
  });

  it("sends restored text on its own, and asks when somebody else has written", async () => {
    const { writer, writes } = world();
    const kept = { visit: "v", block: "b", block_kind: "content", lost: null } as const;
    writer.restore({ ...kept, unsaved: { base: 2, text: "Bà trình bày: 420 m²", written: [] } });
    await vi.advanceTimersByTimeAsync(200);
    expect(writes()[0]).toMatchObject({ text: "Bà trình bày: 420 m²", base: 2 });

    const other = world();
    other.writer.restore({ ...kept, unsaved: { base: 1, text: "bản cũ", written: [] } });
    await vi.advanceTimersByTimeAsync(200);
    expect(other.writes()).toHaveLength(0);
    expect(other.writer.state.lost).toBe("bản cũ");
    expect(other.storage.unsent).toMatchObject({ unsaved: null, lost: "bản cũ" });
    other.writer.settleLost(true);
    await vi.advanceTimersByTimeAsync(200);
    expect(other.writes()[0]?.text).toBe("Bà trình bày\nbản cũ");
    expect(other.storage.unsent).toBeNull();
  });
});
