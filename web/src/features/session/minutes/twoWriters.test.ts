import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { type CommandResult, LINE_LOST } from "@/live/outbox";
import type { Command } from "@/protocol/command";
import type { BlockView } from "@/protocol/section";
import { BlockWriter } from "./blockWriter";

// Two people write one block over bad lines. Whatever happens, every sentence typed ends up in the stored text or in
// front of a person who decides.

const LEASE_MS = 10_000;
const LOST: CommandResult = { done: false, code: LINE_LOST, field: null, citation: null, vi: "", en: "" };

/** The server's rule for a block (`room::decide::minutes`): one writer at a time, from the newest revision only. */
class Server {
  revision = 0;
  text = "";
  private holder: { who: number; until: number } | undefined;
  private answered = new Map<string, CommandResult>();

  take(who: number, id: string, command: Command): CommandResult {
    const known = this.answered.get(id);
    if (known) return known;
    const result = this.decide(who, command);
    this.answered.set(id, result);
    return result;
  }

  private decide(who: number, command: Command): CommandResult {
    const no = (code: string): CommandResult => ({ done: false, code, field: null, citation: null, vi: code, en: code });
    const free = this.holder === undefined || this.holder.who === who || this.holder.until <= Date.now();
    if (command.do === "leave_block") {
      if (this.holder?.who === who) this.holder = undefined;
      return { done: true, seq: 0 };
    }
    if (!free) return no("block_taken");
    if (command.do === "write_block" && command.text !== this.text) {
      if (command.base !== this.revision) return no("text_changed_elsewhere");
      this.revision += 1;
      this.text = command.text;
    }
    this.holder = { who, until: Date.now() + LEASE_MS };
    return { done: true, seq: 0 };
  }

  view(): BlockView {
    return { block_kind: "content", revision: this.revision, text: this.text, writer: null, writer_name: "", saved_at: "2026-11-21T01:00:00Z" };
  }
}

function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}

/**
 * A person with a line that can break. It carries in order, as a socket does: a break loses the later part of what is
 * under way, and the answers to all of it.
 */
class Person {
  readonly typed: string[] = [];
  readonly shown: string[] = [];
  connected = true;
  writer: BlockWriter;
  private sent = 0;
  private pending = new Set<() => void>();
  private later: (() => void)[] = [];
  private lastArrival = 0;
  private line = { lostFrom: Number.POSITIVE_INFINITY };

  constructor(
    private who: number,
    private server: Server,
    private chance: () => number,
  ) {
    this.writer = new BlockWriter(
      {
        visit: "v",
        block: "b",
        kind: "content",
        send: (command) => this.send(command),
        keep: () => Promise.resolve(),
        forget: () => Promise.resolve(),
        now: () => Date.now(),
        serverTime: () => "2026-11-21T01:00:00Z",
      },
      server.view(),
    );
  }

  private send(command: Command): Promise<CommandResult> {
    const id = `${this.who}/${(this.sent += 1)}`;
    return new Promise((settle) => {
      const go = () => this.carry(id, command, settle);
      if (this.connected) go();
      else if (command.do === "leave_block") this.later.push(go);
      else settle(LOST);
    });
  }

  private carry(id: string, command: Command, settle: (result: CommandResult) => void): void {
    const lose = () => {
      this.pending.delete(lose);
      settle(LOST);
    };
    this.pending.add(lose);
    const { line } = this;
    this.lastArrival = Math.max(this.lastArrival, Date.now() + 20 + this.chance() * 400);
    setTimeout(() => {
      if (!this.pending.has(lose) && Date.now() >= line.lostFrom) return;
      const result = this.server.take(this.who, id, command);
      setTimeout(() => this.pending.delete(lose) && settle(result), 20 + this.chance() * 200);
    }, this.lastArrival - Date.now());
  }

  cut(): void {
    if (this.connected) this.line.lostFrom = Date.now() + this.chance() * 400;
    this.connected = false;
    for (const lose of this.pending) lose();
  }

  mend(): void {
    if (!this.connected) this.line = { lostFrom: Number.POSITIVE_INFINITY };
    this.connected = true;
    for (const go of this.later.splice(0)) go();
  }

  type(sentence: string): void {
    if (!this.writer.state.writer.focused) this.writer.focus();
    this.typed.push(sentence);
    this.writer.input(`${this.writer.state.writer.text}${sentence} `);
  }

  look(): void {
    if (this.connected) this.writer.published(this.server.view());
    if (this.writer.state.lost !== null) {
      this.shown.push(this.writer.state.lost);
      this.writer.settleLost(this.chance() < 0.5);
    }
  }
}

beforeEach(() => vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => vi.useRealTimers());

it.each(Array.from({ length: 100 }, (_, seed) => seed + 1))("loses no sentence, seed %i", async (seed) => {
  const chance = random(seed);
  const server = new Server();
  const people = [new Person(1, server, chance), new Person(2, server, chance)];
  const stored: string[] = [];
  for (let step = 0; step < 400; step += 1) {
    const person = people[chance() < 0.5 ? 0 : 1] as Person;
    const what = chance();
    if (what < 0.35) person.type(`s${step}`);
    else if (what < 0.42) person.writer.blur();
    else if (what < 0.47) person.cut();
    else if (what < 0.6) person.mend();
    else if (what < 0.9) person.look();
    await vi.advanceTimersByTimeAsync(chance() < 0.06 ? 12_000 : chance() * 300);
    stored.push(server.text);
  }
  for (let round = 0; round < 12; round += 1) {
    for (const person of people) {
      person.mend();
      person.look();
      person.writer.blur();
      await vi.advanceTimersByTimeAsync(11_000);
    }
  }
  const seen = [server.text, ...people.flatMap(({ shown }) => shown)].join(" ");
  const typed = people.flatMap((person) => person.typed);
  expect(typed.filter((sentence) => !seen.includes(`${sentence} `))).toEqual([]);
  expect(people.map(({ writer }) => writer.unsaved)).toEqual([false, false]);
  // The test would be worth nothing if the two never met.
  expect(new Set(stored).size).toBeGreaterThan(20);
});
