import { describe, expect, it } from "vitest";
import type { BlockView } from "@/protocol/section";
import { acknowledged, dueAt, isUnsaved, kept, MAX_IN_FLIGHT, published, refused, restored, take, typed, writerFrom } from "./writer";

const view = (text: string, revision: number): BlockView => ({
  block_kind: "content",
  revision,
  text,
  writer: null,
  writer_name: "",
  saved_at: "2026-11-21T01:10:00Z",
});

describe("writing a block", () => {
  it("sends at once, then every 150 ms however fast one types: a throttle, not a debounce", () => {
    let writer = writerFrom(view("", 0));
    const sentAt: number[] = [];
    let longest = 0;
    for (let now = 0; now <= 3000; now += 10) {
      writer = typed(writer, `chữ ${now}`, now);
      const due = dueAt(writer);
      if (due !== null && due <= now) {
        longest = Math.max(longest, now - (writer.unsentSince ?? now));
        const taken = take(writer, `w${now}`, now);
        writer = acknowledged(taken.writer, `w${now}`, "2026-11-21T01:10:01Z");
        sentAt.push(now);
      }
    }
    expect(sentAt[0]).toBe(0);
    expect(longest).toBeLessThanOrEqual(150);
    expect(sentAt.length).toBeGreaterThan(18);
  });

  it("says saved only when the last write is answered", () => {
    const first = take(typed(writerFrom(view("a", 3)), "ab", 0), "w1", 0);
    const second = take(typed(first.writer, "abc", 160), "w2", 160);
    const one = acknowledged(second.writer, "w1", "2026-11-21T01:10:01Z");
    expect([isUnsaved(one), one.savedAt]).toEqual([true, "2026-11-21T01:10:00Z"]);
    const both = acknowledged(one, "w2", "2026-11-21T01:10:02Z");
    expect([isUnsaved(both), both.savedAt]).toEqual([false, "2026-11-21T01:10:02Z"]);
    expect([first.write.base, second.write.base]).toEqual([3, 4]);
  });

  it("sends nothing for a letter typed and taken back, which would count as no revision on the server", () => {
    const back = typed(typed(writerFrom(view("ab", 3)), "abc", 0), "ab", 40);
    expect(dueAt(back)).toBeNull();
    expect(dueAt(typed(back, "abd", 90))).toBe(90);
  });

  it("holds back when too many answers are owed and then sends the newest text", () => {
    let writer = writerFrom(undefined);
    for (let n = 0; n < MAX_IN_FLIGHT; n += 1) {
      writer = take(typed(writer, `${n}`, n * 200), `w${n}`, n * 200).writer;
    }
    writer = typed(writer, "newest", 5000);
    expect(dueAt(writer)).toBeNull();
    writer = acknowledged(writer, "w0", "2026-11-21T01:10:01Z");
    expect(dueAt(writer)).toBe(5000);
    expect(take(writer, "w9", 5000).write.text).toBe("newest");
  });

  it("never rewrites the field while it is focused or composing", () => {
    for (const held of ["focused", "composing"] as const) {
      const writer = { ...writerFrom(view("của tôi", 1)), [held]: true };
      const after = published(writer, view("của người khác", 2));
      expect([after.text, after.revision]).toEqual(["của tôi", 2]);
    }
    expect(published(writerFrom(view("cũ", 1)), view("mới", 2)).text).toBe("mới");
  });

  it("takes no state that is older than what was written here", () => {
    const sent = take(typed(writerFrom(view("cũ", 1)), "mới", 0), "w1", 0);
    const done = acknowledged(sent.writer, "w1", "2026-11-21T01:10:02Z");
    expect(published(done, view("cũ", 1)).text).toBe("mới");
    expect(published(done, view("mới", 2)).text).toBe("mới");
  });

  it("keeps the text and goes back to the server's revision when a write is refused", () => {
    const sent = take(typed(writerFrom(view("a", 3)), "ab", 0), "w1", 0);
    const after = refused(sent.writer, "w1", "block_taken", view("x", 7), 50);
    expect(after).toMatchObject({ text: "ab", revision: 7, refused: "block_taken", unsentSince: 50 });
    expect(published(after, view("y", 8)).text).toBe("ab");
  });

  it("restores unsaved text after a reload as if just typed", () => {
    const lost = take(typed(writerFrom(view("a", 3)), "abc", 0), "w1", 0).writer;
    const keep = kept(lost);
    expect(keep).toEqual({ text: "abc", revision: 4 });
    const back = restored(writerFrom(view("a", 3)), { text: "abc", revision: 4 }, 900);
    expect(back.conflict).toBe(false);
    expect(dueAt(back.writer)).toBe(900);
    expect(restored(writerFrom(view("abc", 4)), { text: "abc", revision: 4 }, 900).writer.unsentSince).toBeNull();
  });

  it("asks a person when somebody else wrote meanwhile", () => {
    expect(restored(writerFrom(view("khác", 9)), { text: "abc", revision: 4 }, 0).conflict).toBe(true);
  });

  it("keeps nothing once all is saved", () => {
    expect(kept(writerFrom(view("a", 1)))).toBeNull();
  });
});
