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
      const due = dueAt(writer, now);
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
    const held = { ...writerFrom(view("a", 3)), heldUntil: 8000 };
    const first = take(typed(held, "ab", 0), "w1", 0);
    const second = take(typed(first.writer, "abc", 160), "w2", 160);
    const one = acknowledged(second.writer, "w1", "2026-11-21T01:10:01Z");
    expect([isUnsaved(one), one.savedAt]).toEqual([true, "2026-11-21T01:10:00Z"]);
    const both = acknowledged(one, "w2", "2026-11-21T01:10:02Z");
    expect([isUnsaved(both), both.savedAt]).toEqual([false, "2026-11-21T01:10:02Z"]);
    expect([first.write.base, second.write.base]).toEqual([3, 4]);
  });

  it("sends nothing for a letter typed and taken back, which would count as no revision on the server", () => {
    const back = typed(typed(writerFrom(view("ab", 3)), "abc", 0), "ab", 40);
    expect(dueAt(back, 40)).toBeNull();
    expect(dueAt(typed(back, "abd", 90), 90)).toBe(90);
  });

  it("lets writes build on each other only while the block is surely held", () => {
    let writer = take(typed(writerFrom(undefined), "0", 0), "w0", 0).writer;
    writer = typed(writer, "1", 200);
    expect(dueAt(writer, 200)).toBeNull();
    writer = acknowledged(writer, "w0", "2026-11-21T01:10:01Z");
    expect(dueAt(writer, 300)).toBe(200);
    for (let n = 1; n <= MAX_IN_FLIGHT; n += 1) writer = take(typed(writer, `t${n}`, n * 200), `w${n}`, n * 200).writer;
    writer = typed(writer, "newest", 5000);
    expect(dueAt(writer, 5000)).toBeNull();
    writer = acknowledged(writer, "w1", "2026-11-21T01:10:01Z");
    expect(dueAt(writer, 5000)).toBe(5000);
    expect(dueAt(writer, 9000)).toBeNull();
    expect(take(writer, "w9", 5000).write.text).toBe("newest");
  });

  it("shows what others wrote when nothing here is unsaved, also under the cursor", () => {
    const after = published({ ...writerFrom(view("cũ", 1)), focused: true }, view("của người khác", 2));
    expect([after.writer.text, after.writer.revision, after.conflict]).toEqual(["của người khác", 2, null]);
  });

  it("never writes over somebody else: both texts stay until a person decides", () => {
    const after = published(typed(writerFrom(view("cũ", 1)), "của tôi", 0), view("của người khác", 2));
    expect([after.writer.text, after.conflict, isUnsaved(after.writer)]).toEqual(["của người khác", "của tôi", false]);
    const composing = { ...typed(writerFrom(view("cũ", 1)), "của tô", 0), composing: true };
    expect(published(composing, view("của người khác", 2))).toEqual({ writer: composing, conflict: null });
  });

  it("takes no state that is older than what was written here", () => {
    const sent = take(typed(writerFrom(view("cũ", 1)), "mới", 0), "w1", 0);
    const done = acknowledged(sent.writer, "w1", "2026-11-21T01:10:02Z");
    expect(published(done, view("cũ", 1)).writer.text).toBe("mới");
    expect(published(done, view("mới", 2)).writer.text).toBe("mới");
    const back = typed(done, "cũ", 500);
    expect(isUnsaved(published(back, view("cũ", 1)).writer)).toBe(true);
  });

  it("keeps the text and goes back to where it began when a write is refused", () => {
    const sent = take(typed(writerFrom(view("a", 3)), "ab", 0), "w1", 0);
    const after = refused(sent.writer, "w1", "block_taken", 50);
    expect(after).toMatchObject({ text: "ab", revision: 3, refused: "block_taken", unsentSince: 50 });
    expect(isUnsaved(typed(typed(after, "abc", 60), "ab", 70))).toBe(true);
    const { writer, conflict } = published(after, view("y", 8));
    expect([writer.text, writer.refused, conflict]).toEqual(["y", null, "ab"]);
  });

  it("knows its own text again when the answer was lost with the line", () => {
    const sent = take(typed(writerFrom(view("a", 3)), "ab", 0), "w1", 0);
    const lost = refused(typed(sent.writer, "abc", 40), "w1", "line_lost", 50);
    const { writer, conflict } = published(lost, view("ab", 4));
    expect([writer.text, writer.revision, conflict]).toEqual(["abc", 4, null]);
    const whole = published(refused(sent.writer, "w1", "line_lost", 50), view("ab", 4));
    expect([isUnsaved(whole.writer), whole.writer.refused, whole.conflict]).toEqual([false, null, null]);
  });

  it("restores unsaved text after a reload as if just typed", () => {
    const lost = take(typed(writerFrom(view("a", 3)), "abc", 0), "w1", 0).writer;
    const keep = kept(typed(lost, "abcd", 90));
    expect(keep).toEqual({ text: "abcd", base: 3, written: ["abc"] });
    for (const stored of [view("a", 3), view("abc", 4)]) {
      const back = restored(writerFrom(stored), { text: "abcd", base: 3, written: ["abc"] }, 900);
      expect([back.conflict, dueAt(back.writer, 900)]).toEqual([null, 900]);
    }
    expect(restored(writerFrom(view("abcd", 5)), { text: "abcd", base: 3, written: ["abc"] }, 900).writer.unsentSince).toBeNull();
  });

  it("asks a person when somebody else wrote meanwhile, even at the revision that was counted on", () => {
    expect(restored(writerFrom(view("khác", 4)), { text: "abc", base: 3, written: ["abc"] }, 0).conflict).toBe("abc");
  });

  it("keeps nothing once all is saved", () => {
    expect(kept(writerFrom(view("a", 1)))).toBeNull();
  });
});
