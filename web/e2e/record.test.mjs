// The record of finished sessions in a real browser: every recording plays, sound and picture, is sought in, and is heard
// only by those who may. The province of `diemcau demo` is made in a folder of its own; its past sessions were recorded.
//   DIEMCAU_BIN=target/debug/diemcau node e2e/record.test.mjs
import { check, launch, newPage, signIn, until } from "./lib.mjs";
import { province } from "./province.mjs";

const demo = await province();
const browser = await launch({ flags: ["--autoplay-policy=no-user-gesture-required"] });
const pages = [];

async function person(role) {
  const { link } = demo.links.find((one) => one.role === role);
  const page = await newPage(browser, { name: role });
  pages.push(page);
  await signIn(page, demo.url, link);
  return page;
}

/** `fetch` by the page, which has the cookie: status, headers, number of bytes, and the JSON there may be. */
const get = (page, path, range) =>
  page.evaluate(
    async ([address, bytes]) => {
      const answer = await fetch(address, bytes ? { headers: { range: bytes } } : undefined);
      const type = answer.headers.get("content-type") ?? "";
      const body = new Uint8Array(await answer.arrayBuffer());
      const json = type.includes("json") ? JSON.parse(new TextDecoder().decode(body)) : undefined;
      return { status: answer.status, type, range: answer.headers.get("content-range"), first: Array.from(body.subarray(0, 4)), bytes: body.length, json };
    },
    [path, range],
  );

const recordOf = async (page, session) => (await get(page, `/api/v1/sessions/${session}/record`)).json;
const recordingAt = (session, segment) => `/api/v1/sessions/${session}/recordings/${segment}`;

/** The concluded session of a day of the past. */
async function concluded(page, days) {
  for (const day of days) {
    const { json } = await get(page, `/api/v1/sessions?day=${day}`);
    const found = json.rows.find((row) => row.status === "concluded");
    if (found) return found.id;
  }
  throw new Error(`no concluded session on ${days}`);
}

/** The days from the twelfth of last month on, of which the first working day has a session. */
function lastMonth() {
  const now = new Date();
  const day = (number) => new Date(Date.UTC(now.getFullYear(), now.getMonth() - 1, number)).toISOString().slice(0, 10);
  return [12, 13, 14].map(day);
}

/** What the player of the page does now: the picture in front, and the file of every sound that runs. */
const seen = (page) =>
  page.evaluate(() => {
    const file = (media) => media.getAttribute("src")?.split("/").at(-1);
    const of = (media) => media && { file: file(media), ready: media.readyState, at: media.currentTime, length: media.duration, seeking: media.seeking };
    const picture = document.querySelector("main video[data-front=true]");
    const sounds = [...document.querySelectorAll("main audio[data-front=true]")].filter((one) => !one.paused);
    const frames = picture?.getVideoPlaybackQuality().totalVideoFrames ?? 0;
    const heard = sounds.reduce((sum, one) => sum + (one.webkitAudioDecodedByteCount ?? 0), 0);
    return { picture: of(picture), sounds: sounds.map(of), frames, heard, width: picture?.videoWidth ?? 0 };
  });

const startOf = (segment) => Date.parse(segment.began_at);

/** Plays on where the end was reached. */
async function play(page) {
  const stopped = page.getByTestId("player-play").filter({ hasText: "Phát tiếp" });
  if (await stopped.count()) await stopped.click();
}

/** `picture` and `voice` are the files of a place, `from` the first moment of the visit: what 0 is on the bar. */
async function plays(page, name, { picture, voice, from }) {
  await play(page);
  const playing = await until(`${name} plays`, async () => {
    const now = await seen(page);
    const runs = now.picture?.file === picture.segment && now.picture.ready >= 3 && now.picture.at > 0.3 && now.frames > 0;
    return runs && (!voice || now.heard > 0) ? now : undefined;
  });
  check(`${name}: ${playing.frames} pictures decoded, ${playing.width} wide${voice ? `, ${playing.heard} bytes of sound` : ""}`, playing.width === 320);
  check(`${name}: its length is known`, Number.isFinite(playing.picture.length) && playing.picture.length > 5);
  for (const share of [0.5, 0.1]) {
    const begins = (startOf(picture) - from) / 1000;
    const second = Math.ceil(begins + playing.picture.length * share);
    await page.getByTestId("player-seek").fill(String(second));
    const { at, frames } = await until(`${name} goes to ${share}`, async () => {
      const now = await seen(page);
      return !now.picture.seeking && Math.abs(now.picture.at - (second - begins)) < 2 ? { at: now.picture.at, frames: now.frames } : undefined;
    });
    await play(page);
    await until(`${name} goes on from ${share}`, async () => {
      const now = await seen(page);
      const own = voice && now.sounds.find((one) => one.file === voice.segment);
      const apart = own && startOf(voice) + own.at * 1000 - (startOf(picture) + now.picture.at * 1000);
      return now.picture.at > at + 0.2 && now.frames > frames && (!voice || (own && own.ready >= 2 && Math.abs(apart) < 300));
    });
  }
  check(`${name}: goes to the middle and back${voice ? ", the sound with it" : ""}`, true);
}

try {
  const presider = await person("chu-tri");
  const sessions = [await concluded(presider, ["2025-02-14"]), await concluded(presider, lastMonth())];
  let played = 0;
  for (const session of sessions) {
    const record = await recordOf(presider, session);
    await presider.goto(new URL(`/buoi-tiep/${session}/ho-so`, presider.url()).href);
    await presider.getByRole("tab", { name: "Bản ghi" }).click();
    const buttons = presider.getByRole("button", { name: "Phát", exact: true });
    await buttons.first().waitFor();
    const rows = presider.getByRole("table", { name: "Bản ghi" }).getByRole("row");
    const names = await rows.evaluateAll((all) => all.map((row) => [...row.children].slice(0, 2).map((one) => one.textContent).join(", ")).slice(1));
    const points = new Set(record.segments.map((one) => `${one.visit}/${one.point}`));
    check(`${await buttons.count()} rows for ${record.segments.length} files`, (await buttons.count()) === points.size);
    for (let row = 0; row < names.length; row += 1) {
      const visit = record.visits.find((one) => names[row].startsWith(`Lượt số ${one.number},`)).visit;
      const point = record.points.find((one) => names[row].endsWith(`, ${one.name}`)).point;
      const files = record.segments.filter((one) => one.visit === visit && one.point === point);
      await buttons.nth(row).click();
      await presider.getByRole("heading", { name: `Đang phát: ${names[row]}` }).waitFor();
      // A place where two spoke has a file for each; the picture that goes with the own voice is played.
      const voice = files.find((one) => one.source === "microphone");
      const pictures = files.filter((one) => one.source === "camera");
      const nearest = voice ? pictures.toSorted((a, b) => Math.abs(startOf(a) - startOf(voice)) - Math.abs(startOf(b) - startOf(voice)))[0] : pictures[0];
      if (pictures.length > 1) {
        const order = pictures.toSorted((a, b) => startOf(a) - startOf(b)).indexOf(nearest);
        await presider.getByTestId("player-files").getByRole("button").nth(order).click();
        const address = recordingAt(session, nearest.segment);
        await until("the chosen file", () => presider.evaluate((path) => document.querySelector("main video[data-front=true]").getAttribute("src") === path, address));
      }
      const from = Math.min(...record.segments.filter((one) => one.visit === visit).map(startOf));
      await plays(presider, names[row], { picture: nearest, voice, from });
      played += 1;
    }
  }
  check(`${played} places of two sessions played`, played >= 4 + 10);

  // --- ranges
  const [, session] = sessions;
  const record = await recordOf(presider, session);
  const restricted = record.visits.find((one) => one.class === "restricted");
  const open = record.segments.find((one) => one.visit !== restricted.visit && one.source === "camera");
  const hidden = record.segments.find((one) => one.visit === restricted.visit);
  const whole = await get(presider, recordingAt(session, open.segment));
  check("a recording is WebM", whole.status === 200 && whole.type.startsWith("video/webm") && whole.first.join() === "26,69,223,163");
  const part = await get(presider, recordingAt(session, open.segment), "bytes=100-199");
  check("a range is a range", part.status === 206 && part.bytes === 100 && part.range === `bytes 100-199/${whole.bytes}`);
  const last = await get(presider, recordingAt(session, open.segment), "bytes=-50");
  check("the last bytes are the last", last.status === 206 && last.range === `bytes ${whole.bytes - 50}-${whole.bytes - 1}/${whole.bytes}`);
  check("beyond the end is 416", (await get(presider, recordingAt(session, open.segment), `bytes=${whole.bytes}-`)).status === 416);

  // --- who may
  const secretary = await person("thu-ky");
  for (const segment of [open, hidden]) {
    check(`the note-taker hears the ${segment === open ? "open" : "restricted"} visit`, (await get(secretary, recordingAt(session, segment.segment))).status === 200);
  }
  for (const role of ["so", "phuong-b", "xa-a", "co-so-2", "ky-thuat", "quan-tri"]) {
    const page = await person(role);
    for (const segment of [open, hidden]) {
      const { status, json } = await get(page, recordingAt(session, segment.segment));
      check(`${role} gets nothing of the ${segment === open ? "open" : "restricted"} visit`, status === 404 && json.code === "not_found");
    }
    const known = await recordOf(page, session);
    check(`${role} is shown no file that would not play`, known.segments === undefined || known.segments.length === 0);
    const told = JSON.stringify(known);
    check(`${role} reads no name of the restricted visit`, !told.includes("Lường Thị Ngát") || role === "co-so-2");
  }
  const nobody = await get(presider, recordingAt(sessions[0], hidden.segment));
  check("a recording of another session is not there", nobody.status === 404);
  // The 404s above are asked for; the pages report them as failed loads.
  const problems = pages.flatMap((page) => page.problems).filter((one) => !/status of (404|416)/.test(one));
  check(`the pages had no errors${problems.length ? `: ${problems.join("; ")}` : ""}`, problems.length === 0);
} finally {
  await browser.close();
  await demo.close();
}
check("the chain of every session verifies, and its recordings with it", (await demo.verify()) === 0);
await demo.remove();
