import { afterAll, beforeAll, expect, test } from "vitest";
import type { Page } from "playwright-core";
import type { LocalMedia } from "../src/media/local";
import type { Peer } from "../src/media/peer";
import type { samplePicture } from "../src/media/sample";
import { openPages, openProbe, type Pages } from "./browser";

// The peer in a real Chromium: what it offers, and pictures through a second connection that answers like a server.

/** The parts under test, as the page's scripts see them. */
declare const parts: { Peer: typeof Peer; LocalMedia: typeof LocalMedia; samplePicture: typeof samplePicture };

const PROBE = `<script type="module">
  import { LocalMedia } from "/src/media/local.ts";
  import { Peer } from "/src/media/peer.ts";
  import { samplePicture } from "/src/media/sample.ts";
  window.parts = { LocalMedia, Peer, samplePicture };
</script>`;

let pages: Pages;
let page: Page;

beforeAll(async () => {
  pages = await openPages();
  page = await openProbe(pages, PROBE);
}, 60_000);

afterAll(() => pages?.close());

interface Offered {
  kinds: string[];
  directions: string[];
  simulcast: string[];
  codecs: string[];
  /** Codecs of each line for pictures, without repairs, and the kinds of H.264 among them. */
  pictures: string[][];
  formats: string[];
  bytes: number;
}

function offer(slots: number, simulcast: boolean): Promise<Offered> {
  return page.evaluate(
    async ([count, layers]) => {
      const peer = new parts.Peer({ slots: count, simulcast: layers, local: new parts.LocalMedia() });
      const sdp = await peer.offer();
      peer.close();
      const sections = sdp.split("\r\nm=").slice(1);
      return {
        kinds: sections.map((one) => one.split(" ")[0] ?? ""),
        directions: sections.map((one) => /a=(sendonly|recvonly|sendrecv|inactive)/.exec(one)?.[1] ?? ""),
        simulcast: sections.map((one) => /a=simulcast:(.*)/.exec(one)?.[1] ?? ""),
        codecs: [...new Set([...sdp.matchAll(/a=rtpmap:\d+ (\S+)/g)].map(([, codec]) => codec ?? ""))],
        pictures: sections.filter((one) => one.startsWith("video")).map((one) => [...one.matchAll(/a=rtpmap:\d+ (VP8|H264)/g)].map(([, codec]) => codec ?? "")),
        formats: [...new Set([...sdp.matchAll(/a=fmtp:\d+ (.*profile-level-id=.*)\r/g)].map(([, format]) => format ?? ""))],
        bytes: JSON.stringify(sdp).length,
      };
    },
    [slots, simulcast] as const,
  );
}

test("one offer: camera in three layers, paper, microphone, then pairs of slots", async () => {
  const { kinds, directions, simulcast, codecs, pictures, formats } = await offer(2, true);
  expect(kinds).toEqual(["video", "video", "audio", "video", "audio", "video", "audio"]);
  expect(directions).toEqual(["sendonly", "sendonly", "sendonly", "recvonly", "recvonly", "recvonly", "recvonly"]);
  expect(simulcast[0]).toBe("send q;h;f");
  expect(simulcast.slice(1).join("")).toBe("");
  expect(codecs.toSorted()).toEqual(["H264/90000", "VP8/90000", "opus/48000/2", "red/48000/2", "rtx/90000"]);
  // A page sends VP8 alone; its slots take what encoders send too, of one kind.
  expect(pictures).toEqual([["VP8"], ["VP8"], ["VP8", "H264"], ["VP8", "H264"]]);
  expect(formats).toEqual(["level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"]);
});

test("without layers the camera is one stream", async () => {
  expect((await offer(2, false)).simulcast.join("")).toBe("");
});

test("the offer of a technician's wall fits into a frame", async () => {
  const wall = await offer(25, true);
  expect(wall.kinds).toHaveLength(53);
  expect(wall.bytes).toBeLessThan(60 * 1024);
});

test("pictures flow both ways through one offer and one answer, and a source can come later", async () => {
  const seen = await page.evaluate(async () => {
    const local = new parts.LocalMedia();
    const peer = new parts.Peer({ slots: 1, simulcast: false, local });
    const server = new RTCPeerConnection();
    await server.setRemoteDescription({ type: "offer", sdp: await peer.offer() });
    const slot = server.getTransceivers()[3];
    if (!slot) throw new Error("no slot");
    slot.direction = "sendonly";
    await slot.sender.replaceTrack(parts.samplePicture());
    await server.setLocalDescription();
    await new Promise<void>((done) => {
      if (server.iceGatheringState === "complete") done();
      server.onicegatheringstatechange = () => server.iceGatheringState === "complete" && done();
    });
    await peer.accept(server.localDescription?.sdp ?? "");
    local.set("camera", parts.samplePicture());
    const until = performance.now() + 15_000;
    let stats = await peer.stats();
    while (performance.now() < until && (stats.framesDecoded < 5 || stats.framesSent < 5)) {
      await new Promise((next) => setTimeout(next, 100));
      stats = await peer.stats();
    }
    const inbound = [...(await server.getStats()).values()].filter((row) => row.type === "inbound-rtp");
    const decoded = inbound.reduce((sum, row) => sum + (row.framesDecoded ?? 0), 0);
    const result = { state: peer.state, stats, decoded, tracks: peer.streams[0]?.getTracks().map(({ kind }) => kind) ?? [] };
    peer.close();
    server.close();
    local.stop();
    return result;
  });
  expect(seen.state).toBe("connected");
  expect(seen.tracks.toSorted()).toEqual(["audio", "video"]);
  expect(seen.stats.framesDecoded).toBeGreaterThanOrEqual(5);
  expect(seen.decoded).toBeGreaterThan(0);
  expect(seen.stats.arrived).toBeGreaterThan(5);
}, 30_000);

test("layers that nobody watches, or a narrow line has no room for, are switched off in the browser, and on again", async () => {
  const seen = await page.evaluate(async () => {
    const peer = new parts.Peer({ slots: 0, simulcast: true, local: new parts.LocalMedia() });
    const server = new RTCPeerConnection();
    await server.setRemoteDescription({ type: "offer", sdp: await peer.offer() });
    await server.setLocalDescription();
    // A browser answers no layers; a media server does.
    const layers = "a=rid:q recv\r\na=rid:h recv\r\na=rid:f recv\r\na=simulcast:recv q;h;f\r\n";
    const answer = (server.localDescription?.sdp ?? "").replace(/(m=video[^]*?)(?=m=)/, `$1${layers}`);
    await peer.accept(answer);
    const [camera, , microphone] = (peer as unknown as { pc: RTCPeerConnection }).pc.getSenders();
    const sent = () => (camera?.getParameters().encodings ?? []).map(({ rid, active, maxFramerate }) => `${rid}:${active}:${maxFramerate}`);
    const until = async (wanted: string) => {
      const end = performance.now() + 10_000;
      while (performance.now() < end && sent().join(" ") !== wanted) await new Promise((next) => setTimeout(next, 50));
      return sent().join(" ");
    };
    peer.wantLayers(["quarter", "half", "full"], true);
    peer.wantLayers(["quarter"], true);
    const idle = await until("q:true:5 h:false:5 f:false:5");
    peer.wantLayers(["quarter", "full"], false);
    const watched = await until("q:true:undefined h:false:undefined f:true:undefined");
    const rates = () => [camera, microphone].map((sender) => sender?.getParameters().encodings[0]?.maxBitrate).join(" ");
    peer.fit(120_000);
    const narrow = [await until("q:true:undefined h:false:undefined f:false:undefined"), rates()];
    peer.fit(300_000);
    const wide = [await until("q:true:undefined h:false:undefined f:true:undefined"), rates()];
    peer.close();
    server.close();
    return { idle, watched, narrow, wide };
  });
  expect(seen.idle).toBe("q:true:5 h:false:5 f:false:5");
  expect(seen.watched).toBe("q:true:undefined h:false:undefined f:true:undefined");
  expect(seen.narrow).toEqual(["q:true:undefined h:false:undefined f:false:undefined", "30000 30000"]);
  expect(seen.wide).toEqual(["q:true:undefined h:false:undefined f:true:undefined", "150000 40000"]);
}, 30_000);
