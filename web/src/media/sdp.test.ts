import { expect, test } from "vitest";
import { compactOffer } from "./sdp";

test("candidates and unused extensions go, everything the server binds by stays", () => {
  const lines = [
    "v=0",
    "a=group:BUNDLE 0",
    "a=extmap-allow-mixed",
    "m=video 9 UDP/TLS/RTP/SAVPF 96",
    "a=candidate:1 1 udp 2113937151 abc.local 54321 typ host",
    "a=mid:0",
    "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid",
    "a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
    "a=extmap:3 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
    "a=rid:q send",
    "a=simulcast:send q;h;f",
    "",
  ];
  expect(compactOffer(lines.join("\r\n")).split("\r\n")).toEqual(
    lines.filter((line) => !/candidate|abs-send|allow-mixed/.test(line)),
  );
});
