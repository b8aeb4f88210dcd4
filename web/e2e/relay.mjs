// The line of a place: everything between its pages and the server goes through `diemcau line`, TCP for pages and sockets,
// UDP for sound and picture. A line that is cut swallows. Nobody is told: no connection is closed, no packet is refused.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

const HERE = "127.0.0.1";
const portOf = (address) => Number(address.split(":").at(-1));

export class Line {
  /**
   * Stretches, milliseconds of the clock on the wall, in which no media of the place went through: `cut` or, where the
   * machine that runs everything had no time for the browser, not.
   */
  pauses = [];
  port = 0;
  faces = new Map();
  /** Who waits for the answers to commands, in their order. */
  asking = [];

  /** A line to the server at that port of this machine: whole, or as `diemcau line --line` takes it. */
  static async to(serverPort, { line = "perfect", seed = 1 } = {}) {
    const made = new Line();
    const program = process.env.DIEMCAU_BIN;
    if (!program) throw new Error("DIEMCAU_BIN names the program");
    const server = `${HERE}:${serverPort}`;
    made.relay = spawn(program, ["line", "--server", server, "--line", line, "--seed", String(seed)], { stdio: ["pipe", "pipe", "inherit"] });
    const ready = new Promise((answered, failed) => made.asking.push({ answered, failed }));
    made.relay.once("exit", () => made.asking.splice(0).forEach(({ failed }) => failed(new Error("the line is gone"))));
    made.relay.stdin.on("error", () => undefined);
    createInterface({ input: made.relay.stdout }).on("line", (said) => made.told(JSON.parse(said)));
    made.port = portOf((await ready).pages);
    return made;
  }

  told({ tell, ...more }) {
    if (tell === "pause") {
      this.pauses.push({ from: more.from_ms, to: more.to_ms, cut: more.cut });
      return;
    }
    const { answered, failed } = this.asking.shift();
    if (tell === "wrong") failed(new Error(`the line says: ${more.why}`));
    else answered(more);
  }

  ask(command) {
    return new Promise((answered, failed) => {
      this.asking.push({ answered, failed });
      this.relay.stdin.write(`${JSON.stringify(command)}\n`);
    });
  }

  /** Another line from now on. */
  become(line) {
    return this.ask({ do: "line", line });
  }

  /** One more TCP port of the server, which a strict firewall does not let through; the port that stands for it. */
  async tcp(serverPort) {
    return portOf((await this.ask({ do: "streams", to: `${HERE}:${serverPort}` })).at);
  }

  /** The port that stands for the server's media port; each sender behind it has an address of its own, as behind NAT. */
  media(serverPort) {
    const known = this.faces.get(serverPort) ?? this.ask({ do: "datagrams", to: `${HERE}:${serverPort}` });
    this.faces.set(serverPort, known);
    return known.then(({ at }) => portOf(at));
  }

  /**
   * What the place's firewall lets through from now on, also of what is open: `all`, `tcp` (no datagrams), `port` (the
   * pages' port alone), `tls` (TLS to it alone). It swallows: nobody is refused.
   */
  narrow(lets) {
    return this.ask({ do: "narrow", lets });
  }

  cut() {
    return this.ask({ do: "cut" });
  }

  mend() {
    return this.ask({ do: "mend" });
  }

  /** The server sees another source address from now on. */
  rebind() {
    return this.ask({ do: "rebind" });
  }

  /** What became of packets, `up` and `down`. */
  stats() {
    return this.ask({ do: "stats" });
  }

  /**
   * The gaps the record has of this place, beside what really happened on its line. A machine that has no time for a
   * browser for 3 s has lost its place, so a gap may stand for that too; for nothing else.
   */
  explain(record, point) {
    const gaps = record.gaps.filter((gap) => gap.point === point).map(({ from, to }) => ({ from: Date.parse(from), to: Date.parse(to) }));
    const during = (pause) => gaps.filter((gap) => gap.from <= pause.to && gap.to >= pause.from);
    const stray = gaps.filter((gap) => !this.pauses.some((pause) => during(pause).includes(gap)));
    const cuts = this.pauses.filter((pause) => pause.cut).map(during);
    if (gaps.length !== cuts.length) console.log(`pauses of the line: ${JSON.stringify(this.pauses)}; gaps: ${JSON.stringify(gaps)}`);
    return { gaps, cuts, stray };
  }

  close() {
    this.relay.stdin.end();
  }
}
