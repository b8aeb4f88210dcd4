// Networks that let little through: no datagrams, one port alone, TLS on that port alone. Joined anew, and narrowed in
// mid-call.
//   DIEMCAU_BIN=target/debug/diemcau node e2e/through.test.mjs
import { createHash, X509Certificate } from "node:crypto";
import { createSocket } from "node:dgram";
import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { chromium } from "playwright-core";
import { check, FLAGS, flowsAgain, layersSent, mediaStats, newPage, picturesFlow, rungOf, signIn, until } from "./lib.mjs";
import { PointOfficer, Presider } from "./people.mjs";
import { province, TLS } from "./province.mjs";
import { Line } from "./relay.mjs";

/** What is promised, with threefold head-room for a machine that does other things beside. */
const CONNECTED_MS = 3 * 8000;
const HERE = "127.0.0.1";

/** A port that nobody has. */
const free = async (make, open) => {
  const socket = make();
  await new Promise((resolve) => open(socket, resolve));
  const { port } = socket.address();
  await new Promise((resolve) => socket.close(resolve));
  return port;
};
const udp = await free(() => createSocket("udp4"), (socket, then) => socket.bind(0, HERE, then));
const tcp = await free(() => createServer(), (server, then) => server.listen(0, HERE, then));

const demo = await province();
const line = await Line.to(demo.port);
const [face, side] = [await line.media(udp), await line.tcp(tcp)];
const at = (port) => `${HERE}:${port}`;
await demo.serveSecured({
  listen: at(udp),
  // The office is where the server is, the commune behind its line.
  advertised: [at(udp), at(face)],
  tcp_listen: at(tcp),
  tcp_advertised: [at(side), at(line.port)],
  relay: [`turns:localhost:${line.port}?transport=tcp`],
});
const certificate = new X509Certificate(await readFile(TLS.certificate));
const key = createHash("sha256").update(certificate.publicKey.export({ type: "spki", format: "der" })).digest("base64");
const hostOf = (login) => new URL(demo.links.find((link) => link.role === login).link).hostname;
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: [...FLAGS, `--ignore-certificate-errors-spki-list=${key}`, `--host-resolver-rules=MAP ${hostOf("xa-a")} ${HERE}:${line.port}`],
});

let presider;
let a;
try {
  const open = async (Kind, login, more) => {
    const page = await newPage(browser, { name: login, ...more });
    await signIn(page, demo.url, await demo.link(login));
    return new Kind(page, login);
  };
  presider = await open(Presider, "chu-tri", { reaches: [udp] });
  a = await open(PointOfficer, "xa-a", { reaches: [face, side, line.port] });
  await Promise.all([presider.enter(), a.enter()]);
  await presider.openLobby();
  await Promise.all([picturesFlow(a.page), picturesFlow(presider.page)]);
  check("where nothing is in the way packets are datagrams", (await rungOf(a.page)) === "udp");

  const both = async (what, wanted) => {
    await Promise.all([picturesFlow(a.page), picturesFlow(presider.page)]);
    check(`${what}: pictures both ways by ${wanted}`, (await rungOf(a.page)) === wanted);
  };

  /** The firewall's rules change while people talk. */
  async function narrowed(what, lets, wanted) {
    const watch = [flowsAgain(a.page, { sound: false }), flowsAgain(presider.page, { sound: false })];
    await line.narrow(lets);
    await until(`${what}: by ${wanted}`, async () => (await rungOf(a.page)) === wanted, { timeout: 60_000 });
    await Promise.all(watch);
    await both(`${what}, in mid-call`, wanted);
  }

  /** A page is opened behind such a firewall. */
  async function joined(what, lets, wanted) {
    await line.narrow(lets);
    await a.reload();
    await until(`${what}: connected`, async () => (await rungOf(a.page)) === wanted, { timeout: 60_000 });
    const [first, ms] = await a.page.evaluate(() => {
      const peer = window.peers.find((one) => one.connectedMs !== undefined);
      return [window.peers[0].madeAt, Math.round(peer.madeAt + peer.connectedMs)];
    });
    const tookMs = Math.round(ms - first);
    console.log(`figure: ${what}: connected ${tookMs} ms after the first attempt`);
    check(`${what}: connected in time`, tookMs <= CONNECTED_MS);
    await both(what, wanted);
  }

  await narrowed("no datagrams", "tcp", "tcp");
  await joined("no datagrams", "tcp", "tcp");
  await joined("one port alone", "port", "tcp");
  await narrowed("TLS on one port alone", "tls", "relay");
  await joined("TLS on one port alone", "tls", "relay");
  const problems = [presider, a].flatMap(({ page }) => page.problems);
  for (const problem of problems) console.error(problem);
  check("the pages had no errors", problems.length === 0);
} catch (error) {
  for (const page of [presider, a].flatMap((somebody) => somebody?.page ?? [])) {
    for (const problem of page.problems) console.error(problem);
    console.error(JSON.stringify({ rung: await rungOf(page), media: await mediaStats(page), layers: await layersSent(page) }));
  }
  throw error;
} finally {
  await browser.close();
  await demo.close();
  line.close();
}
check("every chain verifies", (await demo.verify()) === 0);
await demo.remove();
