import type { ClientBody, ServerBody } from "../protocol/frame";
import type { ClientFrame, ServerFrame } from "../protocol/frame";

export interface WireEvents {
  frame(body: ServerBody): void;
  /** Once; after it nothing more comes. `code` as in the close frame. */
  closed(code: number): void;
}

export const PROTOCOL = "diemcau.v1";

/** One WebSocket with frames of version 1. Answers `ping` by itself and knows how long it has been silent. */
export class Wire {
  private socket: WebSocket;
  private over = false;
  private queue: string[] = [];
  private lastFrameMs: number;

  constructor(
    url: string,
    ticket: string,
    events: WireEvents,
    private now: () => number,
  ) {
    this.lastFrameMs = now();
    this.socket = new WebSocket(url, [PROTOCOL, `ticket.${ticket}`]);
    this.socket.onopen = () => {
      for (const text of this.queue.splice(0)) this.socket.send(text);
    };
    this.socket.onmessage = ({ data }) => {
      this.lastFrameMs = this.now();
      const body = parse(data);
      if (this.over || body === undefined) return;
      if (body.type === "ping") this.send({ type: "pong" });
      else events.frame(body);
    };
    this.socket.onclose = ({ code }) => {
      if (this.over) return;
      this.over = true;
      events.closed(code);
    };
  }

  send(body: ClientBody, id: string = crypto.randomUUID()): void {
    this.sendFrame({ v: 1, id, body });
  }

  sendFrame(frame: ClientFrame): void {
    const text = JSON.stringify(frame);
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(text);
    else if (this.socket.readyState === WebSocket.CONNECTING) this.queue.push(text);
  }

  silentMs(): number {
    return this.now() - this.lastFrameMs;
  }

  close(): void {
    this.over = true;
    this.socket.close(1000);
  }
}

/** A frame that is not ours is dropped: an old page must survive a newer server until it is loaded anew. */
function parse(data: unknown): ServerBody | undefined {
  if (typeof data !== "string") return undefined;
  try {
    const frame = JSON.parse(data) as ServerFrame;
    return frame.v === 1 && typeof frame.body?.type === "string" ? frame.body : undefined;
  } catch {
    return undefined;
  }
}
