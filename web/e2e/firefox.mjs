// Firefox in a call with Chromium: the officer of a point goes on at a machine that has another browser.
//   DIEMCAU_BIN=target/debug/diemcau node e2e/firefox.mjs
import { check, keepPeers, mediaStats, picturesFlow, smallCapture, soundDuring, until } from "./lib.mjs";
import { FirefoxPage } from "./bidi.mjs";
import { scene } from "./scene.mjs";

/** Presses what a person would, once it is there. */
const press = (page, selector, words = "") =>
  until(`${selector} ${words}`, () =>
    page.evaluate(
      ([what, text]) => {
        const found = [...document.querySelectorAll(what)].find((one) => one.textContent.includes(text) && !one.disabled);
        found?.click();
        return found !== undefined;
      },
      [selector, words],
    ),
  );

/** What protects the page's newest living connection, and the codecs that come in. */
const secured = (page) =>
  page.evaluate(async () => {
    const peer = window.peers.findLast((one) => one.connectionState === "connected");
    const rows = [...((await peer?.getStats())?.values() ?? [])];
    const codecs = new Set(rows.filter((row) => row.type === "inbound-rtp").map((row) => rows.find((one) => one.id === row.codecId)?.mimeType));
    return { cipher: rows.find((row) => row.type === "transport")?.srtpCipher, codecs: [...codecs].filter(Boolean).toSorted() };
  });

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const signedIn = async (page, link) => {
  await page.goto(link);
  await until("Firefox has signed in", () => page.evaluate(() => document.querySelector("main a") !== null));
};

/** Longer than any silence of a line is borne. */
const SILENCE_MS = 8000;
const connected = (page) => until("Firefox is connected", async () => (await mediaStats(page)).connected, { timeout: 60_000 });
const joinedOnce = (page) => page.evaluate(() => window.peers.length === 1 && window.peers[0].connectionState === "connected");

const demo = await scene({}, async ({ demo: province, day }) => {
  const { presider, a } = day;
  const [noteLink, link] = await Promise.all(["thu-ky", "xa-a"].map((login) => province.link(login)));
  const page = await FirefoxPage.launch({ origins: [noteLink, link].map((one) => new URL(one).origin) });
  try {
    console.log(`Firefox ${page.version}`);
    await page.addInitScript(keepPeers);
    await page.addInitScript(smallCapture, { width: 320, height: 180 });

    // The note-taker's machine sends nothing, and nobody is there to be shown yet.
    await signedIn(page, noteLink);
    await press(page, "a", "Vào buổi tiếp");
    await connected(page);
    await pause(SILENCE_MS);
    check("a line on which nothing is sent is no broken line: joined once", await joinedOnce(page));

    await day.open();
    await day.beginVisit(a);
    await signedIn(page, link);
    await a.page.close();
    await press(page, "a", "Vào buổi tiếp");
    await connected(page);
    const since = Date.now();
    await picturesFlow(page);
    const { slots } = await mediaStats(page);
    check(`Firefox decodes pictures: ${Math.max(...slots.map((slot) => slot.framesDecoded))} frames, ${Math.max(...slots.map((slot) => slot.width))} wide`, true);
    await until("Firefox hears the presider", async () => (await soundDuring(page, 1000)) > 1e-6);
    check("Firefox decodes sound", true);

    await picturesFlow(presider.page);
    const slot = Number(await presider.tile(a).getAttribute("data-slot"));
    const before = (await mediaStats(presider.page)).slots[slot].framesDecoded;
    await until("the presider sees Firefox's picture", async () => (await mediaStats(presider.page)).slots[slot].framesDecoded >= before + 15);
    check("Chromium decodes Firefox's picture", true);
    const energy = async () => (await mediaStats(presider.page)).slots[slot].audioEnergy;
    const silence = await energy();
    // Chromium's was open, and is closed for the new machine at the place.
    await press(page, "[data-testid=microphone][aria-pressed=false]");
    await until("the presider hears Firefox", async () => (await energy()) > silence + 1e-6);
    check("Chromium decodes Firefox's sound", true);
    await pause(since + SILENCE_MS - Date.now());
    check("Firefox has joined once", await joinedOnce(page));
    const found = await secured(page);
    console.log(`figure: Firefox ${page.version}: ${JSON.stringify(found)}`);
    check("Firefox's page had no errors", page.problems.length === 0);
  } catch (error) {
    for (const problem of page.problems) console.error(problem);
    throw error;
  } finally {
    await page.close();
  }
});
await demo.remove();
