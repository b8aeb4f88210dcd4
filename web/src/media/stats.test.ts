import { expect, test } from "vitest";
import { lossPermille, readStats } from "./stats";

test("sums over streams, and counts checks as signs of life", () => {
  const stats = readStats([
    { type: "candidate-pair", nominated: true, currentRoundTripTime: 0.0123, availableOutgoingBitrate: 250_000, packetsReceived: 90, responsesReceived: 2 },
    { type: "inbound-rtp", kind: "video", framesDecoded: 30, packetsReceived: 60, packetsLost: 1, freezeCount: 1, jitter: 0.004 },
    { type: "inbound-rtp", kind: "audio", packetsReceived: 30, packetsLost: 0, jitter: 0.011 },
    { type: "outbound-rtp", framesSent: 15, bytesSent: 1000 },
    { type: "codec" },
  ]);
  expect(stats).toMatchObject({ arrived: 92, framesDecoded: 30, framesSent: 15, packetsReceived: 90, rttMs: 12, outgoing: 250_000, jitterMs: 11 });
});

test("a browser that counts no packets of its line counts their bytes, and its line lives too", () => {
  const line = (bytesReceived: number) => readStats([{ type: "candidate-pair", nominated: true, bytesReceived, responsesReceived: 1 }]).arrived;
  expect(line(2000)).toBeGreaterThan(line(1000));
});

test("the delay is that of the checks, or of the server's reports where only the first check is told", () => {
  const delay = (responsesReceived: number) =>
    readStats([
      { type: "candidate-pair", nominated: true, currentRoundTripTime: 0.012, responsesReceived },
      { type: "remote-inbound-rtp", roundTripTime: 0.087 },
    ]).rttMs;
  expect([delay(1), delay(9)]).toEqual([87, 12]);
});

test("the way of the chosen pair is told", () => {
  const way = (candidateType: string, protocol: string) =>
    readStats([
      { type: "candidate-pair", id: "p", state: "succeeded", nominated: true, localCandidateId: "a" },
      { type: "candidate-pair", id: "q", state: "succeeded", nominated: true, localCandidateId: "b" },
      { type: "local-candidate", id: "a", candidateType: "host", protocol: "udp" },
      { type: "local-candidate", id: "b", candidateType, protocol },
    ]).rung;
  const left = readStats([
    { type: "transport", selectedCandidatePairId: "p" },
    { type: "candidate-pair", id: "p", state: "succeeded", nominated: true, localCandidateId: "a" },
    { type: "candidate-pair", id: "q", state: "succeeded", nominated: true, localCandidateId: "b" },
    { type: "local-candidate", id: "a", candidateType: "relay", protocol: "udp" },
    { type: "local-candidate", id: "b", candidateType: "host", protocol: "udp" },
  ]);
  expect(left.rung).toBe("relay");
  expect([way("host", "udp"), way("host", "tcp"), way("relay", "udp")]).toEqual(["udp", "tcp", "relay"]);
  expect(readStats([]).rung).toBeUndefined();
});

test("loss is that between two readings, and a repaired packet makes it no less than nothing", () => {
  const before = readStats([{ type: "inbound-rtp", packetsReceived: 100, packetsLost: 5 }]);
  const after = readStats([{ type: "inbound-rtp", packetsReceived: 197, packetsLost: 8 }]);
  expect(lossPermille(before, after)).toBe(30);
  expect(lossPermille(after, before)).toBe(0);
});
