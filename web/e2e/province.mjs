// The fictional province of `diemcau demo` as a process of its own, for scripts.
import { execFile, spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const tlsFile = (name) => fileURLToPath(new URL(`../../tests/support/tls/${name}.pem`, import.meta.url));
/** Certificate of `localhost` and all below it, for tests alone. */
export const TLS = { certificate: tlsFile("certificate"), key: tlsFile("key") };

/** The program in a folder of its own, always at the same address; it can be killed and started again over its data. */
class Province {
  constructor(program, folder, more) {
    Object.assign(this, { program, folder, more });
    this.config = join(folder, "diemcau.toml");
    this.recordings = join(folder, "recordings");
  }

  get port() {
    return Number(new URL(this.url).port);
  }

  /** Serves, and knows its address and fresh links, once this resolves. */
  async start() {
    const listen = this.url ? new URL(this.url).host : "127.0.0.1:0";
    this.server = spawn(this.program, ["demo", "--json", ...this.more, "--listen", listen, "--data", this.folder], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.ended = new Promise((resolve) => this.server.once("exit", resolve));
    let line = "";
    this.server.stdout.setEncoding("utf8");
    for await (const chunk of this.server.stdout) {
      line += chunk;
      if (line.includes("\n")) break;
    }
    if (!line.includes("\n")) throw new Error("the program ended before it served");
    Object.assign(this, JSON.parse(line));
  }

  /**
   * Serves again as an installation with its own certificate does: over TLS, by its configuration, with these settings
   * of `[media]`.
   */
  async serveSecured(media) {
    await this.close();
    const settings = Object.entries(media).map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`);
    const tls = `[http.tls]\ncertificate = "${TLS.certificate}"\nkey = "${TLS.key}"\n`;
    const before = (await readFile(this.config, "utf8")).replaceAll("http://", "https://");
    await writeFile(this.config, `${before.replace(/\[media\][^[]*/, `[media]\n${settings.join("")}\n`)}\n${tls}\n[log]\nlevel = "warn,rtc_dtls=error"\n`);
    this.server = spawn(this.program, ["serve", "--config", this.config], { stdio: ["ignore", "pipe", "inherit"] });
    this.ended = new Promise((resolve) => this.server.once("exit", resolve));
    const said = await new Promise((resolve) => this.server.stdout.once("data", resolve));
    if (!String(said).includes(String(this.port))) throw new Error(`the program does not serve: ${said}`);
    this.links = this.links.map((one) => ({ ...one, link: one.link.replace("http://", "https://") }));
    this.url = this.url.replace("http://", "https://");
  }

  /** A second way in for somebody: links sign in once. */
  async link(login) {
    const { stdout } = await promisify(execFile)(this.program, ["admin", "--config", this.config, "sign-in-link", login]);
    const [, token] = /#(\S+)/.exec(stdout) ?? [];
    if (token === undefined) throw new Error(`no link in: ${stdout}`);
    return `${this.links.find((one) => one.role === login).link.split("#")[0]}#${token}`;
  }

  /** As when the power goes: nothing is closed, nothing is said. */
  async kill() {
    this.server.kill("SIGKILL");
    await this.ended;
  }

  async close() {
    this.server.kill("SIGTERM");
    await this.ended;
  }

  /** `diemcau verify` over what is there now, and over texts of QR codes of papers; 0 when everything is proven. */
  verify(papers = []) {
    return new Promise((resolve) => {
      const more = papers.flatMap((qr) => ["--paper", qr]);
      const proof = spawn(this.program, ["verify", "--config", this.config, ...more], { stdio: "inherit" });
      proof.once("exit", resolve);
    });
  }

  remove() {
    return rm(this.folder, { recursive: true, force: true });
  }
}

/** A province that serves. `prepare` gets it before its first start, when only its empty folder is there. */
export async function province({ more = ["--by-hand"], prepare = async () => undefined } = {}) {
  const program = process.env.DIEMCAU_BIN;
  if (!program) throw new Error("DIEMCAU_BIN names the program, or an argument the file of links");
  const made = new Province(program, await mkdtemp(join(tmpdir(), "diemcau-day-")), more);
  await mkdir(made.recordings);
  await prepare(made);
  await made.start();
  return made;
}
