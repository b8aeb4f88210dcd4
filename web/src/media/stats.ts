/** What one `getStats` says, in sums over the connection. */
export interface LinkStats {
  /**
   * Grows while the line lives, at least once a second by the server's reports: packets of any kind that arrived and
   * answers to checks; bytes with browsers that count no packets there (Firefox). Falls when the browser gives up a way.
   */
  arrived: number;
  framesDecoded: number;
  framesSent: number;
  packetsReceived: number;
  packetsLost: number;
  bytesSent: number;
  bytesReceived: number;
  rttMs: number | undefined;
  /** Bits per second that the browser believes its line takes, all it sends together; not every browser says. */
  outgoing: number | undefined;
  jitterMs: number;
  freezes: number;
  concealedSamples: number;
  silentConcealedSamples: number;
  totalSamples: number;
  /** How the packets travel; `undefined` before a way is chosen. */
  rung: Rung | undefined;
}

/** Ways through a network, best first: datagrams, ICE over TCP, the server's relay. */
export type Rung = "udp" | "tcp" | "relay";

const EMPTY: LinkStats = {
  arrived: 0,
  framesDecoded: 0,
  framesSent: 0,
  packetsReceived: 0,
  packetsLost: 0,
  bytesSent: 0,
  bytesReceived: 0,
  rttMs: undefined,
  outgoing: undefined,
  jitterMs: 0,
  freezes: 0,
  concealedSamples: 0,
  silentConcealedSamples: 0,
  totalSamples: 0,
  rung: undefined,
};

type Row = Record<string, unknown> & { type: string };

/** Reads a W3C statistics report (webrtc-stats §6). */
export function readStats(report: { forEach(each: (row: Row) => void): void }): LinkStats {
  const sum = { ...EMPTY };
  let reported: number | undefined;
  let checks = 0;
  const local = new Map<unknown, Row>();
  const nominated = new Map<unknown, unknown>();
  let selected: unknown;
  report.forEach((row) => {
    const value = (name: string) => (typeof row[name] === "number" ? row[name] : 0);
    if (row.type === "remote-inbound-rtp") {
      if (typeof row["roundTripTime"] === "number") reported = Math.round(row["roundTripTime"] * 1000);
    } else if (row.type === "candidate-pair") {
      checks += value("responsesReceived");
      sum.arrived += (value("packetsReceived") || value("bytesReceived")) + value("responsesReceived");
      if (row["nominated"] === true && typeof row["currentRoundTripTime"] === "number") {
        sum.rttMs = Math.round(row["currentRoundTripTime"] * 1000);
      }
      if (row["nominated"] === true && typeof row["availableOutgoingBitrate"] === "number") {
        sum.outgoing = row["availableOutgoingBitrate"];
      }
      if (row["nominated"] === true && row["state"] === "succeeded") nominated.set(row["id"], row["localCandidateId"]);
    } else if (row.type === "local-candidate") {
      local.set(row["id"], row);
    } else if (row.type === "transport") {
      selected = row["selectedCandidatePairId"];
    } else if (row.type === "inbound-rtp") {
      sum.framesDecoded += value("framesDecoded");
      sum.packetsReceived += value("packetsReceived");
      sum.packetsLost += value("packetsLost");
      sum.bytesReceived += value("bytesReceived");
      sum.freezes += value("freezeCount");
      sum.concealedSamples += value("concealedSamples");
      sum.silentConcealedSamples += value("silentConcealedSamples");
      sum.totalSamples += value("totalSamplesReceived");
      sum.jitterMs = Math.max(sum.jitterMs, Math.round(value("jitter") * 1000));
    } else if (row.type === "outbound-rtp") {
      sum.framesSent += value("framesSent");
      sum.bytesSent += value("bytesSent");
    }
  });
  // Firefox shows the first check of all alone: what the server's reports say is of now.
  if (checks <= 1 && reported !== undefined) sum.rttMs = reported;
  // A way that was left stays nominated; browsers that do not say which is in use list the newest last.
  const way = local.get(nominated.get(selected) ?? [...nominated.values()].at(-1));
  if (way) sum.rung = way["candidateType"] === "relay" ? "relay" : way["protocol"] === "tcp" ? "tcp" : "udp";
  return sum;
}

/** Share of packets that did not arrive between two readings, per mille. */
export function lossPermille(before: LinkStats, after: LinkStats): number {
  const lost = Math.max(0, after.packetsLost - before.packetsLost);
  const received = Math.max(0, after.packetsReceived - before.packetsReceived);
  return lost + received === 0 ? 0 : Math.round((lost * 1000) / (lost + received));
}
