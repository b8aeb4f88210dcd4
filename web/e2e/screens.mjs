// Pictures of every in-session screen with sections played from the fixture: `node e2e/screens.mjs [folder] [name…]`.
// No server: the page's requests, socket and peer connection are answered here.
import { mkdir } from "node:fs/promises";
import { createServer } from "vite";
import { launch } from "./lib.mjs";
import { scenes } from "./scenes.mjs";

const [folder = "screens", ...only] = process.argv.slice(2);
const SIZES = [
  [1920, 1080],
  [1366, 768],
  [390, 844],
];

/** Stands for the peer connection: slots get drawn pictures, and the counters say that they flow. */
function playedMedia() {
  const draw = (index) => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 640, height: 360 });
    const pen = canvas.getContext("2d");
    const paint = () => {
      const hue = (index * 67 + 190) % 360;
      pen.fillStyle = `hsl(${hue} 28% 82%)`;
      pen.fillRect(0, 0, 640, 360);
      pen.fillStyle = `hsl(${hue} 30% 36%)`;
      pen.beginPath();
      pen.arc(320, 150, 58, 0, 7);
      pen.ellipse(320, 330, 135, 110, 0, 0, 7);
      pen.fill();
      pen.fillStyle = "#5a4634";
      pen.fillRect(0, 310, 640, 50);
    };
    paint();
    setInterval(paint, 100);
    return canvas.captureStream(10).getVideoTracks()[0];
  };
  let slots = 0;
  window.RTCPeerConnection = class {
    connectionState = "new";
    packets = 0;
    addTransceiver(kind, { direction } = {}) {
      const track = kind === "audio" ? new AudioContext().createMediaStreamDestination().stream.getAudioTracks()[0] : draw(slots++);
      const sender = { track: null, replaceTrack: async (next) => void (sender.track = next) };
      return { direction, sender, receiver: { track }, setCodecPreferences() {} };
    }
    createOffer = async () => ({ type: "offer", sdp: "v=0\r\n" });
    setLocalDescription = async () => undefined;
    setRemoteDescription = async () => void (this.connectionState = "connected");
    getStats = async () => {
      this.packets += 20;
      return new Map([
        ["pair", { type: "candidate-pair", packetsReceived: this.packets, responsesReceived: 1 }],
        ["in", { type: "inbound-rtp", framesDecoded: this.packets }],
      ]);
    };
    close() {
      this.connectionState = "closed";
    }
  };
}

async function play(page, scene) {
  const { ID } = scene;
  await page.addInitScript(playedMedia);
  const answer = (body) => (route) => route.fulfill({ contentType: "application/json", body: JSON.stringify(body) });
  await page.route("**/api/v1/**", answer({}));
  await page.route("**/api/v1/me", answer({ user: { id: scene.user, login: "a", name: scene.name, title: "", disabled: false }, roles: [], points: [], kiosk: null }));
  await page.route("**/api/v1/directory", answer({ units: scene.units, points: [], users: [] }));
  await page.route("**/api/v1/tickets", answer({ token: "t" }));
  await page.routeWebSocket("**/ws", (socket) => {
    const say = (body) => socket.send(JSON.stringify({ v: 1, body }));
    socket.onMessage((text) => {
      const { id, body } = JSON.parse(String(text));
      if (body.type === "hello") {
        say({ type: "welcome", connection: "c1", point: scene.point, now: scene.now, server: "played", slots: scene.slots.length });
        for (const [section, state] of Object.entries(scene.sections)) say({ type: "snapshot", section, seq: 1, hash: section, state });
      } else if (body.type === "offer") {
        say({ type: "answer", re: id, sdp: "v=0", slots: scene.slots.length });
        say({ type: "slots", slots: scene.slots });
      } else if (body.type === "command") {
        if (scene.refuse) say({ type: "refused", re: id, ...scene.refuse });
        else say({ type: "done", re: id, seq: 2 });
      }
    });
    const beat = setInterval(() => say({ type: "ping" }), 2000);
    socket.onClose(() => clearInterval(beat));
  });
  const query = new URLSearchParams({ ...(scene.point ? { diem: scene.point } : {}), may: scene.device });
  await page.goto(`${scene.base}/buoi-tiep/${ID.session}?${query}`);
  await page.locator("main").first().waitFor();
  await page.waitForTimeout(1200);
  await scene.then?.(page);
}

const vite = await createServer({ root: new URL("..", import.meta.url).pathname, server: { port: 0, hmr: false }, logLevel: "error" });
await vite.listen();
const base = `http://127.0.0.1:${vite.httpServer.address().port}`;
const fixture = await vite.ssrLoadModule("/src/features/session/fixture/room.ts");
await mkdir(folder, { recursive: true });
const browser = await launch();
let failed = false;
for (const scene of scenes(fixture)) {
  if (only.length > 0 && !only.includes(scene.file)) continue;
  for (const [width, height] of scene.sizes ?? SIZES) {
    const context = await browser.newContext({ viewport: { width, height }, locale: "vi-VN", timezoneId: "Asia/Ho_Chi_Minh", serviceWorkers: "block" });
    const page = await context.newPage();
    page.on("pageerror", (error) => {
      failed = true;
      console.error(`${scene.file}: ${error.message}`);
    });
    await play(page, { ...scene, base, ID: fixture.ID });
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (wider > 0) {
      failed = true;
      console.error(`${scene.file} ${width}×${height}: ${wider} px wider than the window`);
    }
    await page.screenshot({ path: `${folder}/${scene.file}-${width}x${height}.png` });
    await context.close();
  }
}
await browser.close();
await vite.close();
if (failed) process.exitCode = 1;
