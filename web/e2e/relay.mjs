// The line of a place: everything between its pages and the server goes through here, TCP for pages and sockets, UDP for
// sound and picture. A line that is cut swallows. Nobody is told: no connection is closed, no packet is refused.
import { createSocket } from "node:dgram";
import { connect, createServer } from "node:net";

const HERE = "127.0.0.1";
/** First byte of a connection that begins with TLS. */
const TLS_HANDSHAKE = 22;
/** How long TCP waits before it sends again what nobody confirmed: data, and the wish to connect (RFC 6298, Linux). */
const AGAIN_MS = { data: 200, connect: 1000 };

/** A place in a call is never this long without a packet; after 3 s the server says that it is lost. */
const PAUSE_MS = 2000;

/**
 * Milliseconds from now until TCP tries again what it could not deliver since `lostAt`: the waits double each time, so
 * after a long cut an old connection stays dead for long when the line is back.
 */
export function untilNextTry(lostAt, now, firstMs) {
  let at = lostAt;
  for (let wait = firstMs; at < now; wait *= 2) at += wait;
  return at - now;
}

/** One direction of one connection. What comes while the line is cut waits for TCP's next try after it is mended. */
class Way {
  held = [];
  lostAt = undefined;
  timer = undefined;

  constructor(line, firstMs = AGAIN_MS.data) {
    this.line = line;
    this.firstMs = firstMs;
  }

  take(act) {
    if (!this.line.isCut && this.held.length === 0) return act();
    this.lostAt ??= Date.now();
    this.held.push(act);
    return undefined;
  }

  mended() {
    clearTimeout(this.timer);
    if (this.held.length === 0) return;
    this.timer = setTimeout(() => {
      if (this.line.isCut) return;
      this.lostAt = undefined;
      this.firstMs = AGAIN_MS.data;
      for (const act of this.held.splice(0)) act();
    }, untilNextTry(this.lostAt, Date.now(), this.firstMs));
  }
}

export class Line {
  isCut = false;
  /**
   * Stretches, milliseconds of the clock on the wall, in which no media of the place went through: `cut` or, where the
   * machine that runs everything had no time for the browser, not.
   */
  pauses = [];
  heardAt = undefined;
  wasCut = false;
  port = 0;
  /** What the place's firewall lets through: `all`, `tcp` (no datagrams), `port` (the pages' port alone), `tls` (TLS to it alone). */
  lets = "all";
  connections = new Set();
  ways = new Set();
  sockets = new Set();
  faces = new Map();

  /** A whole line to the server at that port of this machine. */
  static async to(serverPort) {
    const line = new Line();
    line.serverPort = serverPort;
    line.entrances = [];
    line.port = await line.entrance(serverPort, true);
    return line;
  }

  /** One more TCP port of the server, which a strict firewall does not let through; the port that stands for it. */
  tcp(serverPort) {
    return this.entrance(serverPort, false);
  }

  async entrance(serverPort, isPages) {
    const entrance = createServer((page) => this.connected(page, serverPort, isPages));
    this.entrances.push(entrance);
    await new Promise((resolve) => entrance.listen(0, HERE, resolve));
    return entrance.address().port;
  }

  /** From now on the firewall lets only this through, also of what is open. It swallows: nobody is refused. */
  narrow(lets) {
    this.lets = lets;
    for (const connection of this.connections) connection.lost ||= this.blocks(connection);
  }

  /** A connection that lost something is lost for good. */
  blocks(connection) {
    const { isPages, isTls, lost } = connection;
    connection.lost = lost || (this.lets === "port" && !isPages) || (this.lets === "tls" && !(isPages && isTls !== false));
    return connection.lost;
  }

  cut() {
    this.isCut = true;
    this.wasCut = true;
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

  /** Something came from the place. */
  heard() {
    const now = Date.now();
    if (this.heardAt !== undefined && (this.wasCut || now - this.heardAt >= PAUSE_MS)) {
      this.pauses.push({ from: this.heardAt, to: now, cut: this.wasCut });
    }
    this.wasCut = false;
    this.heardAt = now;
  }

  mend() {
    this.isCut = false;
    for (const way of this.ways) way.mended();
  }

  /** The port that stands for the server's media port; each sender behind it has an address of its own, as behind NAT. */
  async media(serverPort) {
    const known = this.faces.get(serverPort);
    if (known) return known.address().port;
    const face = createSocket("udp4");
    const backs = new Map();
    face.on("message", (bytes, from) => {
      if (this.isCut || this.lets !== "all") return;
      this.heard();
      let back = backs.get(from.port);
      if (!back) {
        back = createSocket("udp4");
        back.on("message", (answer) => this.isCut || this.lets !== "all" || face.send(answer, from.port, from.address));
        back.on("error", () => undefined);
        backs.set(from.port, back);
        this.sockets.add({ destroy: () => back.close() });
      }
      back.send(bytes, serverPort, HERE);
    });
    this.faces.set(serverPort, face);
    this.sockets.add({ destroy: () => face.close() });
    await new Promise((resolve) => face.bind(0, HERE, resolve));
    return face.address().port;
  }

  connected(page, serverPort, isPages) {
    const connection = { isPages, isTls: undefined, lost: false };
    this.connections.add(connection);
    page.on("close", () => this.connections.delete(connection));
    const up = new Way(this, AGAIN_MS.connect);
    const down = new Way(this);
    let server;
    page.setNoDelay(true);
    up.take(() => {
      server = connect({ host: HERE, port: serverPort, noDelay: true });
      up.firstMs = AGAIN_MS.data;
      this.carry(server, page, down, connection);
    });
    page.once("data", (bytes) => (connection.isTls = bytes[0] === TLS_HANDSHAKE));
    this.carry(page, { write: (bytes) => server.write(bytes), end: () => server.end(), destroy: () => server.destroy() }, up, connection);
  }

  carry(from, to, way, connection) {
    this.ways.add(way);
    this.sockets.add(from);
    from.on("data", (bytes) => this.blocks(connection) || way.take(() => to.write(bytes)));
    from.on("end", () => way.take(() => to.end()));
    from.on("error", () => way.take(() => to.destroy()));
    from.on("close", () => {
      this.sockets.delete(from);
      way.take(() => {
        this.ways.delete(way);
        to.end();
      });
    });
  }

  close() {
    this.isCut = true;
    for (const way of this.ways) clearTimeout(way.timer);
    for (const socket of this.sockets) socket.destroy();
    for (const entrance of this.entrances) entrance.close();
  }
}
