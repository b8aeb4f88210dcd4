import type { BrowserContext, Page } from "playwright-core";
import { playedMedia } from "./media";
import type { Command } from "../../src/protocol/command";
import type { ClientFrame, ServerBody, SlotView } from "../../src/protocol/frame";

export interface Played {
  /** Answers of `GET` by path, without query; a missing one is 404. */
  api: Record<string, unknown>;
  /** Sections that a joining client gets. */
  sections: Record<string, unknown>;
  point: string | null;
  /** What feeds the receive slots; with it the page gets played pictures. */
  slots?: SlotView[];
  /** Answer to every act, instead of `done`. */
  refused?: Omit<Extract<ServerBody, { type: "refused" }>, "type" | "re">;
  /** The server's clock at the join. */
  now?: string;
}

/** A page at play: the acts it has sent, and a way to tell it something more. */
export interface Play {
  sent: Command[];
  say: (body: ServerBody) => void;
}

/** Answers the page's requests and its socket from recorded values; acts are all accepted, and told in `sent`. */
export async function play(page: Page | BrowserContext, { api, sections, point, slots, refused, now }: Played): Promise<Play> {
  const sent: Command[] = [];
  let newest: ((body: ServerBody) => void) | undefined;
  if (slots) await page.addInitScript(playedMedia);
  await page.route("**/api/v1/**", (route) => {
    const path = new URL(route.request().url()).pathname.replace("/api/v1", "");
    if (route.request().method() !== "GET") return route.fulfill({ json: { token: "ticket", seq: 1 } });
    return path in api ? route.fulfill({ json: api[path] }) : route.fulfill({ status: 404, json: {} });
  });
  await page.routeWebSocket("**/ws", (socket) => {
    const say = (body: ServerBody) => socket.send(JSON.stringify({ v: 1, body }));
    newest = say;
    socket.onMessage((text) => {
      const frame = JSON.parse(String(text)) as ClientFrame;
      if (frame.body.type === "hello") {
        say({ type: "welcome", connection: "c1", point, now: now ?? new Date().toISOString(), server: "player", slots: slots?.length ?? 2 });
        for (const [section, state] of Object.entries(sections)) {
          say({ type: "snapshot", section, seq: 1, hash: `${section}-1`, state });
        }
      } else if (frame.body.type === "offer" && slots) {
        say({ type: "answer", re: frame.id, sdp: "v=0", slots: slots.length });
        say({ type: "slots", slots });
      } else if (frame.body.type === "command") {
        sent.push(frame.body.command);
        say(refused ? { type: "refused", re: frame.id, ...refused } : { type: "done", re: frame.id, seq: 2 });
      }
    });
    const timer = setInterval(() => say({ type: "ping" }), 2000);
    // A page that is closed at once may not tell; the player must still come to its end.
    timer.unref();
    socket.onClose(() => clearInterval(timer));
  });
  return { sent, say: (body) => newest?.(body) };
}
