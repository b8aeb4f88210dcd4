import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { ServerBody } from "../protocol/frame";
import { Wire } from "./wire";

/** The browser's socket as far as `Wire` uses it. */
class PlayedSocket {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static last: PlayedSocket;
  readyState = 0;
  sent: { v: number; id: string; body: { type: string } }[] = [];
  onopen?: () => void;
  onmessage?: (event: { data: unknown }) => void;
  onclose?: (event: { code: number }) => void;

  constructor(
    readonly url: string,
    readonly protocols: string[],
  ) {
    PlayedSocket.last = this;
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  close(): void {
    this.readyState = 3;
  }

  open(): void {
    this.readyState = 1;
    this.onopen?.();
  }
}

let nowMs = 0;
const frame = vi.fn<(body: ServerBody) => void>();
const closed = vi.fn<(code: number) => void>();

beforeEach(() => {
  vi.stubGlobal("WebSocket", PlayedSocket);
  frame.mockClear();
  closed.mockClear();
});

afterEach(() => vi.unstubAllGlobals());

function wire(): { wire: Wire; socket: PlayedSocket } {
  const made = new Wire("ws://x/ws", "abc", { frame, closed }, () => nowMs);
  return { wire: made, socket: PlayedSocket.last };
}

const say = (socket: PlayedSocket, body: unknown, v = 1) => socket.onmessage?.({ data: JSON.stringify({ v, body }) });

test("the ticket travels beside the protocol's name, never in the address", () => {
  const { socket } = wire();
  expect(socket.protocols).toEqual(["diemcau.v1", "ticket.abc"]);
  expect(socket.url).not.toContain("abc");
});

test("what is said before the socket is open goes out first, in order", () => {
  const { wire: made, socket } = wire();
  made.send({ type: "hello", device: "main", have: {} }, "1");
  made.send({ type: "pong" }, "2");
  expect(socket.sent).toEqual([]);
  socket.open();
  made.send({ type: "pong" }, "3");
  expect(socket.sent.map(({ id }) => id)).toEqual(["1", "2", "3"]);
});

test("a ping is answered and not passed on", () => {
  const { socket } = wire();
  socket.open();
  say(socket, { type: "ping" });
  expect(socket.sent.map(({ body }) => body.type)).toEqual(["pong"]);
  expect(frame).not.toHaveBeenCalled();
});

test("frames of another version, without type or not JSON are dropped, the next one is heard", () => {
  const { socket } = wire();
  socket.open();
  say(socket, { type: "forget", section: "staff" }, 2);
  say(socket, {});
  socket.onmessage?.({ data: "{" });
  socket.onmessage?.({ data: new ArrayBuffer(1) });
  say(socket, { type: "forget", section: "staff" });
  expect(frame.mock.calls).toEqual([[{ type: "forget", section: "staff" }]]);
});

test("an end is told once, and not at all when it was our own", () => {
  const first = wire();
  first.socket.onclose?.({ code: 4404 });
  first.socket.onclose?.({ code: 1006 });
  expect(closed.mock.calls).toEqual([[4404]]);
  const second = wire();
  second.wire.close();
  second.socket.onclose?.({ code: 1000 });
  expect(closed).toHaveBeenCalledTimes(1);
});

test("silence counts from the last frame, and a ping is one", () => {
  const { wire: made, socket } = wire();
  nowMs += 2000;
  expect(made.silentMs()).toBe(2000);
  say(socket, { type: "ping" });
  nowMs += 500;
  expect(made.silentMs()).toBe(500);
});
