// What the recorder gets is not what is heard and seen: the camera of a point stops, and somebody speaks whose packets
// hold silence. A browser does both for real: the alarm on every staff screen, the call untouched, the gap in the record.
//   DIEMCAU_BIN=target/debug/diemcau node e2e/sources.test.mjs
import { execFile, execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { check, picturesFlow, soundDuring, until } from "./lib.mjs";
import { scene } from "./scene.mjs";

const run = promisify(execFile);
const ALARM_MS = 5000;
const WORKER = "/silent-sound.js";

/** Runs in a worker of the page: while it is told to, every packet of sound becomes 20 ms of silence. Its level stays. */
function silence() {
  let silent = false;
  self.onmessage = ({ data }) => {
    silent = data;
  };
  self.onrtctransform = ({ transformer }) => {
    const through = new TransformStream({
      transform(frame, out) {
        const bytes = new Uint8Array(frame.data);
        // With redundancy (RFC 2198) the payload type of the last block stands in front of it.
        const redundant = (frame.getMetadata().mimeType ?? "").endsWith("red");
        let last = 0;
        while (redundant && bytes[last] & 0x80) last += 4;
        if (silent) frame.data = new Uint8Array([...(redundant ? [bytes[last]] : []), 0xf8, 0xff, 0xfe]).buffer;
        out.enqueue(frame);
      },
    });
    transformer.readable.pipeThrough(through).pipeTo(transformer.writable);
  };
}

/** Puts that worker behind the page's microphone; the page's own policy of trusted addresses knows its own script alone. */
function behindTheMicrophone(address) {
  const policy = trustedTypes.createPolicy.bind(trustedTypes);
  let trusted;
  trustedTypes.createPolicy = (name, rules) => {
    const made = policy(name, { ...rules, createScriptURL: (asked) => (asked === address ? asked : rules.createScriptURL(asked)) });
    trusted = made.createScriptURL(address);
    return made;
  };
  const Native = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Native {
    addTransceiver(kind, options) {
      const transceiver = super.addTransceiver(kind, options);
      if (options.direction === "sendonly" && transceiver.receiver.track.kind === "audio") {
        window.silencer ??= new Worker(trusted);
        transceiver.sender.transform = new RTCRtpScriptTransform(window.silencer);
      }
      return transceiver;
    }
  };
}

/** The camera of the page's living connection stops, or goes on. */
const camera = (page, goesOn) =>
  page.evaluate(async (on) => {
    const peer = window.peers.findLast((one) => one.connectionState === "connected");
    const { sender } = peer.getTransceivers().find((one) => one.direction === "sendonly" && one.receiver.track.kind === "video");
    window.stopped ??= sender.track;
    await sender.replaceTrack(on ? window.stopped : null);
  }, goesOn);

const silent = (page, on) => page.evaluate((is) => window.silencer.postMessage(is), on);

const folder = await mkdtemp(join(tmpdir(), "diemcau-tone-"));
const voice = join(folder, "voice.wav");
await run("ffmpeg", ["-v", "error", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000:duration=20", "-af", "volume=2", voice]);

let session;
let point;
const plain = { width: 320, height: 180, plainSound: true };
const demo = await scene({ captures: { "xa-a": plain }, devices: [`--use-file-for-fake-audio-capture=${voice}`] }, async ({ day }) => {
  const { presider, noteTaker, a, b } = day;
  await a.page.route(`**${WORKER}`, (route) => route.fulfill({ contentType: "text/javascript", body: `(${silence})()` }));
  await a.page.addInitScript(behindTheMicrophone, WORKER);
  await a.page.reload();
  await day.open();
  await day.beginVisit(a);
  [session, point] = [presider.session, a.point];
  // One microphone: the same made-up voice in two would be another alarm.
  await presider.microphone("closed");
  const untouched = await Promise.all([a.connections(), b.connections(), presider.connections()]);
  const files = async () => (await presider.record()).segments.length;
  await until("the visit recorded", async () => (await files()) > 2);
  const alarm = async (words, act) => {
    const began = Date.now();
    await act();
    const shown = [presider, noteTaker].map(async ({ page }) => {
      await page.getByText(words).first().waitFor();
      return Date.now() - began;
    });
    return Promise.all(shown);
  };
  const over = (words) => Promise.all([presider, noteTaker].map(({ page }) => page.getByText(words).first().waitFor({ state: "detached" })));
  const gapOf = async (source, cause) => (await presider.record()).recording_gaps.find((gap) => gap.point === point && gap.source === source && gap.cause === cause && gap.to !== null);

  // --- the camera stops, its line stands
  const stopped = /^Hình của .* ngừng đến máy chủ\. Bản ghi thiếu phần này/;
  const seen = await alarm(stopped, () => camera(a.page, false));
  console.log(`figure: camera stopped: alarm on the presider's screen after ${seen[0]} ms, on the note-taker's after ${seen[1]} ms`);
  check("a camera that stopped is told in time", Math.max(...seen) <= 3 * ALARM_MS);
  check("its sound goes on", (await soundDuring(presider.page, 1500)) > 1e-6);
  await picturesFlow(a.page);
  check("the centre's picture goes on at the point", true);
  await camera(a.page, true);
  await over(stopped);
  await picturesFlow(presider.page);
  check("it comes back by itself", true);
  await until("the gap of the picture", () => gapOf("camera", "stopped"));
  check("what is missing is named in the record", true);

  // --- somebody speaks, and the packets hold silence
  const muted = /^Có người nói ở .* nhưng bản ghi không có tiếng/;
  const heard = await alarm(muted, () => silent(a.page, true));
  console.log(`figure: silent packets: alarm on the presider's screen after ${heard[0]} ms, on the note-taker's after ${heard[1]} ms`);
  check("silent packets are told in time", Math.max(...heard) <= 3 * ALARM_MS);
  await picturesFlow(presider.page);
  check("its picture goes on", true);
  await silent(a.page, false);
  await over(muted);
  await until("the point heard again", async () => (await soundDuring(presider.page, 1000)) > 1e-6);
  await until("the gap of the sound", () => gapOf("microphone", "muted"));
  check("the silence is named in the record", true);
  check("nobody joined anew", (await Promise.all([a.connections(), b.connections(), presider.connections()])).join() === untouched.join());

  await a.microphone("closed");
  await presider.conclude({ due: day.inDays(20), contact: "Ông Lò Văn Nghiệp", conclusion: "Giao kiểm tra, trả lời công dân." });
});

// --- every file of the point plays to its end
const bundle = join(folder, "bundle");
await run(process.env.DIEMCAU_BIN, ["export", "--config", demo.config, "--session", session, "--out", bundle, "--no-film"]);
const listed = JSON.parse(await readFile(join(bundle, "recordings.json"), "utf8")).filter((one) => one.point === point);
const kinds = new Set(listed.map((one) => one.source));
for (const { segment } of listed) execFileSync("ffmpeg", ["-v", "error", "-xerror", "-i", join(bundle, "recordings", `${segment}.webm`), "-f", "null", "-"]);
check(`all ${listed.length} files of the point play`, kinds.has("camera") && kinds.has("microphone"));
await rm(folder, { recursive: true, force: true });
await demo.remove();
