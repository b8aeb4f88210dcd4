import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { PlayedNet, welcome, welcomeWithRelay } from "../../test/player/fakeNet";
import { LocalMedia } from "../media/local";
import type { Room } from "./room";

let net: PlayedNet;
let room: Room;

beforeEach(() => {
  vi.useFakeTimers();
  net = new PlayedNet();
});

afterEach(() => {
  room.stop();
  vi.useRealTimers();
});

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

async function join(local?: LocalMedia): Promise<void> {
  room = net.room(local);
  room.start();
  await pass(0);
  net.wire.play(welcome("c1"));
  await pass(0);
}

/** Joined with picture: the first leg is up and decodes. */
async function joinWithPicture(local = new LocalMedia()): Promise<void> {
  await join(local);
  net.wire.play({ type: "slots", slots: [{ point: "tt", picture: "camera", sound: true, paused: false, undecoded: false }] });
  net.peer.flow(5);
  await pass(500);
}

test("the server says which layers of the camera it wants", async () => {
  await joinWithPicture();
  net.wire.play({ type: "layers", layers: ["quarter"], idle: true });
  await pass(0);
  expect(net.peer.wanted).toEqual({ layers: ["quarter"], idle: true });
});

const publicSection = (hash: string, state: unknown) =>
  ({ type: "snapshot", section: "public", seq: 1, hash, state }) as const;

test("joins: hello first, then one offer, the answer is accepted", async () => {
  await joinWithPicture();
  expect(net.wire.frames.map(({ body }) => body.type)).toEqual(["hello", "offer"]);
  net.wire.play({ type: "answer", re: net.wire.sent("offer")[0]?.id ?? "", sdp: "answer", slots: 2 });
  expect(net.peer.answer).toBe("answer");
  expect(room.view).toMatchObject({ status: "live", connection: "c1", point: "xa-a", receives: 2, mediaFlows: true });
  expect(room.view.streams).toHaveLength(2);
});

test("a command without an answer goes out again with the same id, and settles once", async () => {
  await join();
  const result = room.command({ do: "lower_hand" });
  const [first] = net.wire.sent("command");
  net.wire.cut();
  await pass(500);
  net.wire.play(welcome("c2"));
  const [again] = net.wire.sent("command");
  expect(again?.id).toBe(first?.id);
  net.wire.play({ type: "done", re: first?.id ?? "", seq: 7 }, { type: "done", re: first?.id ?? "", seq: 7 });
  expect(await result).toEqual({ done: true, seq: 7 });
  net.wire.cut();
  await pass(1000);
  net.wire.play(welcome("c3"));
  expect(net.wire.sent("command")).toEqual([]);
});

test("what was meant for its moment is not done later: a microphone, a floor, a text of an old revision", async () => {
  await join();
  const before = room.command({ do: "microphone", open: true });
  net.wire.cut();
  expect(await before).toMatchObject({ done: false, code: "line_lost" });
  expect(await room.command({ do: "microphone", open: true })).toMatchObject({ done: false, code: "line_lost" });
  void room.command({ do: "microphone", open: false });
  await pass(500);
  net.wire.play(welcome("c2"));
  expect(net.wire.sent("command").map(({ body }) => body.command)).toEqual([{ do: "microphone", open: false }]);
});

test("an answer over the old wire counts while the new one is only being joined", async () => {
  await joinWithPicture();
  const [oldWire, oldPeer] = [net.wire, net.peer];
  const result = room.command({ do: "give_floor", point: "xa-b", person: null });
  await pass(5000);
  expect(net.wires).toHaveLength(2);
  oldPeer.flow(20);
  await pass(500);
  net.wire.play(welcome("c2"));
  const re = oldWire.sent("command")[0]?.id ?? "";
  oldWire.play({ type: "done", re, seq: 3 });
  expect(await result).toEqual({ done: true, seq: 3 });
});

test("a final word to the leg that is being replaced does not end the one that replaces it", async () => {
  await joinWithPicture();
  const old = net.wire;
  await pass(5000);
  expect(net.wires).toHaveLength(2);
  net.wire.play(welcome("c2"));
  old.cut(4403);
  await pass(1000);
  expect(room.view).toMatchObject({ status: "live", connection: "c2" });
});

test("the old leg feeds until the server has answered the new one", async () => {
  await joinWithPicture();
  const old = net.wire;
  old.play(publicSection("h1", { title: "A", points: {} }));
  await pass(5000);
  expect(net.wires).toHaveLength(2);
  old.play({ type: "patch", section: "public", seq: 2, base: "h1", hash: "h2", patch: [{ op: "replace", path: "/title", value: "B" }] });
  expect(room.sections.get("public")?.title).toBe("B");
});

test("a refusal carries its sentences", async () => {
  await join();
  const result = room.command({ do: "lower_hand" });
  const re = net.wire.sent("command")[0]?.id ?? "";
  net.wire.play({ type: "refused", re, code: "no_hand", field: null, citation: null, vi: "Chưa giơ tay.", en: "No hand." });
  expect(await result).toMatchObject({ done: false, code: "no_hand", vi: "Chưa giơ tay." });
});

test("comes back with what it holds, and says so meanwhile", async () => {
  await join();
  net.wire.play(publicSection("h1", { title: "A", points: {} }));
  net.wire.cut();
  expect(room.view.status).toBe("reconnecting");
  await pass(500);
  expect(net.wires).toHaveLength(2);
  expect(net.wire.sent("hello")[0]?.body.have).toEqual({ public: "h1" });
  net.wire.play(welcome("c2"));
  await pass(500);
  expect(room.view).toMatchObject({ status: "live", connection: "c2" });
  expect(room.sections.get("public")?.title).toBe("A");
});

test("a patch that does not fit brings a new leg that asks for the section whole, the old one serves meanwhile", async () => {
  await join();
  net.wire.play(publicSection("h1", { title: "A", points: {} }));
  const first = net.wire;
  first.play({ type: "patch", section: "public", seq: 3, base: "h9", hash: "h10", patch: [] });
  expect(first.closed).toBe(false);
  expect(room.sections.get("public")?.title).toBe("A");
  await pass(500);
  expect(net.wire.sent("hello")[0]?.body.have).toEqual({});
  net.wire.play(welcome("c2"), publicSection("h10", { title: "B", points: {} }));
  await pass(500);
  expect(first.closed).toBe(true);
  expect(room.sections.get("public")?.title).toBe("B");
});

test("keeps trying for ever, with growing waits where the server refuses", async () => {
  net.refuseTickets = "server busy";
  room = net.room();
  room.start();
  await pass(60_000);
  const inAMinute = net.tickets;
  expect(inAMinute).toBeGreaterThanOrEqual(8);
  expect(inAMinute).toBeLessThanOrEqual(14);
  await pass(600_000);
  expect(net.tickets).toBeGreaterThan(inAMinute + 50);
  net.refuseTickets = undefined;
  await pass(11_000);
  net.wire.play(welcome("c1"));
  await pass(0);
  expect(room.view.status).toBe("live");
});

test("a server that nobody can reach is asked every two seconds, however long it was away", async () => {
  net.refuseTickets = "network down";
  room = net.room();
  room.start();
  await pass(120_000);
  const before = net.tickets;
  await pass(10_000);
  expect(net.tickets - before).toBeGreaterThanOrEqual(4);
  expect(net.tickets - before).toBeLessThanOrEqual(6);
});

test("on a line that swallows, the next attempt begins every four seconds and the one before is given up", async () => {
  net.swallows = true;
  room = net.room();
  room.start();
  await pass(120_000);
  const before = net.tickets;
  await pass(20_000);
  expect(net.tickets - before).toBeGreaterThanOrEqual(4);
  expect(net.tickets - before).toBeLessThanOrEqual(5);
  expect(net.unanswered).toBe(1);
});

test("a slow line has eight seconds for the welcome and eight more for the media", async () => {
  room = net.room(new LocalMedia());
  room.start();
  await pass(7500);
  net.wire.play(welcome("c1"));
  await pass(7500);
  expect(net.wires).toHaveLength(1);
  net.peer.flow(1);
  await pass(500);
  expect(room.view).toMatchObject({ connection: "c1", mediaFlows: true });
});

test("stops for good when it has no business there", async () => {
  await join();
  net.wire.play({ type: "bye", code: 4403, reason: "not_allowed", retry_ms: 0 });
  net.wire.cut(4403);
  expect(room.view).toMatchObject({ status: "ended", end: { code: 4403, reason: "not_allowed" } });
  await pass(30_000);
  expect(net.wires).toHaveLength(1);
});

test("media silent for 3 s: a new leg beside the old one, which goes only when the new one decodes", async () => {
  await joinWithPicture();
  const [oldWire, oldPeer] = [net.wire, net.peer];
  for (let second = 0; second < 6; second += 1) {
    oldPeer.flow(6 + second);
    await pass(500);
  }
  expect(net.wires).toHaveLength(1);
  await pass(4500);
  expect(net.wires).toHaveLength(2);
  expect(oldPeer.closed).toBe(false);

  // The old line carries packets again: it stays in sight until there is something better.
  oldPeer.flow(20);
  await pass(500);
  net.wire.play(welcome("c2"), { type: "slots", slots: [{ point: "tt", picture: "camera", sound: true, paused: false, undecoded: false }] });
  await pass(500);
  oldPeer.flow(21);
  await pass(500);
  expect(oldWire.closed).toBe(false);
  expect(room.view.connection).toBe("c1");

  net.peer.flow(1);
  oldPeer.flow(22);
  await pass(500);
  expect(oldPeer.closed).toBe(true);
  expect(oldWire.closed).toBe(true);
  expect(room.view).toMatchObject({ status: "live", connection: "c2" });
});

test("a page that was not given the processor for four seconds does not take that for silence", async () => {
  await joinWithPicture();
  for (let time = 0; time < 4; time += 1) {
    net.starvedMs += 4000;
    await pass(500);
    net.peer.flow(6 + time);
    await pass(500);
  }
  expect(net.wires).toHaveLength(1);
  expect(room.view).toMatchObject({ status: "live", mediaFlows: true });
});

test("a way that the browser no longer counts is not silence", async () => {
  await joinWithPicture();
  net.peer.counters = { ...net.peer.counters, arrived: 5000 };
  await pass(500);
  net.peer.counters = { ...net.peer.counters, arrived: 0 };
  for (let time = 0; time < 10; time += 1) {
    net.peer.flow(6 + time);
    await pass(500);
  }
  expect(net.wires).toHaveLength(1);
});

test("a socket silent for 6 s is left even though it never closed", async () => {
  await join();
  net.wire.silent = 6500;
  await pass(1000);
  expect(net.wires).toHaveLength(2);
  net.wire.play(welcome("c2"));
  await pass(0);
  expect(room.view.connection).toBe("c2");
});

test("a socket behind a full line is left after 20 s where media arrives, at once where somebody acts meanwhile", async () => {
  for (const [command, leftAfterMs] of [
    [undefined, 20_000],
    [{ do: "lower_hand" }, 8000],
    [{ do: "microphone", open: true }, 8000],
  ] as const) {
    net = new PlayedNet();
    await joinWithPicture();
    let silentMs = 0;
    for (; net.wires.length === 1 && silentMs < 30_000; silentMs += 500) {
      net.wire.silent = silentMs;
      net.peer.flow(6 + silentMs);
      if (silentMs === 8000 && command) void room.command(command);
      await pass(500);
    }
    room.stop();
    expect(silentMs).toBeGreaterThanOrEqual(leftAfterMs);
    expect(silentMs).toBeLessThanOrEqual(leftAfterMs + 1000);
  }
});

test("the own microphone sounds only while the server says that it is open, and never while the line is gone", async () => {
  const track = { enabled: true, stop: vi.fn() } as unknown as MediaStreamTrack;
  const local = new LocalMedia();
  local.set("microphone", track);
  expect(track.enabled).toBe(false);
  await joinWithPicture(local);
  const open = (microphone_open: boolean) => ({ points: { "xa-a": { microphone_open } } });
  net.wire.play(publicSection("h1", open(true)));
  expect(track.enabled).toBe(true);
  net.wire.cut();
  expect(track.enabled).toBe(false);
  await pass(500);
  net.wire.play(welcome("c2"), publicSection("h2", open(false)));
  net.peer.flow(1);
  await pass(2500);
  expect(room.view.status).toBe("live");
  expect(track.enabled).toBe(false);
});

test("where no direct way leads through, the next leg uses the relay beside the old one, and so do those after it", async () => {
  room = net.room(new LocalMedia());
  room.start();
  await pass(0);
  net.wire.play(welcomeWithRelay("c1"));
  await pass(3500);
  expect(net.peers.map(({ relay }) => relay?.username)).toEqual([undefined]);
  await pass(1500);
  net.wire.play(welcomeWithRelay("c2"));
  await pass(0);
  expect(net.peers.map(({ relay }) => relay?.username)).toEqual([undefined, "c2"]);
  net.peer.counters = { ...net.peer.counters, rung: "relay" };
  net.peer.flow(5);
  await pass(500);
  expect(room.view).toMatchObject({ connection: "c2", mediaFlows: true });
  // The line of the relay breaks: the way that led through last is the first to be tried.
  await pass(4000);
  net.wire.play(welcomeWithRelay("c3"));
  await pass(0);
  expect(net.peer.relay?.username).toBe("c3");
  // Another network, which lets datagrams through.
  net.peer.counters = { ...net.peer.counters, rung: "udp" };
  net.peer.flow(5);
  await pass(1000);
  await pass(4000);
  net.wire.play(welcomeWithRelay("c4"));
  await pass(0);
  expect(net.peer.relay).toBeUndefined();
});

test("a server without a relay is given its whole time", async () => {
  room = net.room(new LocalMedia());
  room.start();
  await pass(0);
  net.wire.play(welcome("c1"));
  await pass(7000);
  expect(net.peers).toHaveLength(1);
  await pass(2000);
  expect(net.wires).toHaveLength(2);
});
