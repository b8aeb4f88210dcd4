// Firefox by WebDriver BiDi: one process, one page, spoken to over a plain WebSocket.
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

/** Made-up devices without a question, ICE on the loopback, and nothing asked of the maker's servers. */
const SETTINGS = {
  "media.navigator.streams.fake": true,
  "media.navigator.permission.disabled": true,
  "media.peerconnection.ice.loopback": true,
  "media.autoplay.default": 0,
  "intl.locale.requested": "vi",
  "browser.shell.checkDefaultBrowser": false,
  "browser.startup.page": 0,
  "datareporting.policy.dataSubmissionEnabled": false,
  "toolkit.telemetry.server": "",
  "app.normandy.enabled": false,
  "app.update.disabledForTesting": true,
  "services.settings.server": "",
  "network.connectivity-service.enabled": false,
  "network.captive-portal-service.enabled": false,
  "browser.safebrowsing.malware.enabled": false,
  "browser.safebrowsing.phishing.enabled": false,
  "extensions.update.enabled": false,
};

const [TEXT, CLOSE, PING, PONG] = [1, 8, 9, 10];

/** A WebSocket client (RFC 6455) as far as text messages need it. */
class Socket {
  rest = Buffer.alloc(0);
  parts = [];

  static open(address, said) {
    return new Promise((resolve, reject) => {
      const { hostname, port, pathname } = new URL(address);
      const headers = { Connection: "Upgrade", Upgrade: "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": randomBytes(16).toString("base64") };
      const asked = request({ host: hostname, port, path: pathname, headers });
      asked.once("error", reject);
      asked.once("response", ({ statusCode }) => reject(new Error(`no socket: ${statusCode}`)));
      asked.once("upgrade", (_answer, stream, head) => {
        const made = Object.assign(new Socket(), { stream, said });
        stream.on("data", (bytes) => made.took(bytes));
        stream.on("error", () => undefined);
        made.took(head);
        resolve(made);
      });
      asked.end();
    });
  }

  took(bytes) {
    this.rest = Buffer.concat([this.rest, bytes]);
    for (;;) {
      if (this.rest.length < 2) return;
      const short = this.rest[1] & 127;
      const wide = { 126: 2, 127: 8 }[short] ?? 0;
      if (this.rest.length < 2 + wide) return;
      const length = { 0: () => short, 2: () => this.rest.readUInt16BE(2), 8: () => Number(this.rest.readBigUInt64BE(2)) }[wide]();
      if (this.rest.length < 2 + wide + length) return;
      const [kind, last] = [this.rest[0] & 15, (this.rest[0] & 128) !== 0];
      const body = this.rest.subarray(2 + wide, 2 + wide + length);
      this.rest = this.rest.subarray(2 + wide + length);
      if (kind === PING) this.frame(PONG, body);
      else if (kind === CLOSE) this.stream.end();
      else {
        this.parts.push(body);
        if (last) this.said(Buffer.concat(this.parts.splice(0)).toString());
      }
    }
  }

  frame(kind, body) {
    const wide = body.length < 126 ? 0 : body.length < 65_536 ? 2 : 8;
    const head = Buffer.alloc(2 + wide);
    head[0] = 128 | kind;
    head[1] = 128 | { 0: body.length, 2: 126, 8: 127 }[wide];
    if (wide === 2) head.writeUInt16BE(body.length, 2);
    if (wide === 8) head.writeBigUInt64BE(BigInt(body.length), 2);
    const mask = randomBytes(4);
    this.stream.write(Buffer.concat([head, mask, body.map((byte, place) => byte ^ mask[place % 4])]));
  }

  send(text) {
    this.frame(TEXT, Buffer.from(text));
  }
}

/** A page of Firefox with as much of playwright's page as the counters of `lib.mjs` need. */
export class FirefoxPage {
  problems = [];
  asked = 0;
  waiting = new Map();

  /** `origins`: whose pages may use camera and microphone. Firefox tells a page without that right no address but the one to the outside. */
  static async launch({ origins, executablePath = process.env.FIREFOX ?? "/usr/bin/firefox-esr", name = "firefox" }) {
    const made = Object.assign(new FirefoxPage(), { name });
    made.profile = await mkdtemp(join(tmpdir(), "diemcau-firefox-"));
    const rights = join(made.profile, "rights");
    await writeFile(rights, origins.flatMap((origin) => ["camera", "microphone"].map((device) => `origin\t${device}\t1\t${origin}\n`)).join(""));
    const settings = { ...SETTINGS, "permissions.manager.defaultsUrl": pathToFileURL(rights).href };
    const lines = Object.entries(settings).map(([key, value]) => `user_pref(${JSON.stringify(key)}, ${JSON.stringify(value)});\n`);
    await writeFile(join(made.profile, "user.js"), lines.join(""));
    made.browser = spawn(executablePath, ["--headless", "--remote-debugging-port=0", "--no-remote", "--profile", made.profile, "about:blank"], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    made.ended = new Promise((resolve) => made.browser.once("exit", resolve));
    const address = await new Promise((resolve, reject) => {
      made.browser.once("error", reject);
      made.ended.then(() => reject(new Error("Firefox ended before it listened")));
      createInterface({ input: made.browser.stderr }).on("line", (line) => {
        const [, found] = /WebDriver BiDi listening on (ws:\S+)/.exec(line) ?? [];
        if (found) resolve(found);
      });
    });
    made.socket = await Socket.open(`${address}/session`, (text) => made.told(JSON.parse(text)));
    const { capabilities } = await made.send("session.new", { capabilities: {} });
    made.version = capabilities.browserVersion;
    await made.send("session.subscribe", { events: ["log.entryAdded"] });
    ({ context: made.context } = await made.send("browsingContext.create", { type: "tab" }));
    await made.send("browsingContext.setViewport", { context: made.context, viewport: { width: 1366, height: 768 } });
    return made;
  }

  told({ id, type, result, message, method, params }) {
    if (method === "log.entryAdded" && params.level === "error") this.problems.push(`${this.name}: ${params.text}`);
    const wait = this.waiting.get(id);
    if (!wait) return;
    this.waiting.delete(id);
    if (type === "success") wait.resolve(result);
    else wait.reject(new Error(message));
  }

  send(method, params) {
    this.asked += 1;
    const id = this.asked;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.socket.send(JSON.stringify({ id, method, params }));
    });
  }

  /** Runs before every page's own scripts, as playwright has it. */
  async addInitScript(script, argument) {
    await this.send("script.addPreloadScript", { functionDeclaration: `() => { (${script})(${JSON.stringify(argument)}); }` });
  }

  async goto(url) {
    await this.send("browsingContext.navigate", { context: this.context, url, wait: "complete" });
  }

  /** What the function gives for that argument, both as JSON. */
  async evaluate(script, argument) {
    const functionDeclaration = `async (given) => JSON.stringify(await (${script})(given === "" ? undefined : JSON.parse(given)))`;
    const given = { type: "string", value: argument === undefined ? "" : JSON.stringify(argument) };
    const said = await this.send("script.callFunction", {
      functionDeclaration,
      arguments: [given],
      awaitPromise: true,
      target: { context: this.context },
    });
    if (said.type === "exception") throw new Error(said.exceptionDetails.text);
    return said.result.type === "undefined" ? undefined : JSON.parse(said.result.value);
  }

  async close() {
    await this.send("browser.close", {}).catch(() => undefined);
    const stop = setTimeout(() => this.browser.kill("SIGKILL"), 10_000);
    await this.ended;
    clearTimeout(stop);
    await rm(this.profile, { recursive: true, force: true });
  }
}
