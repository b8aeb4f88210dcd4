// What the server never uses is cut from the copy of the offer that travels: the frame limit is 64 KiB and a
// technician's wall has 53 m-lines. The local description stays whole.

const WANTED_EXTENSIONS = [
  "urn:ietf:params:rtp-hdrext:sdes:mid",
  "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
  "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
  "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
  "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
];

/** Offer without candidates (the server is ICE-lite and learns our address from the first check) and without unused header extensions. */
export function compactOffer(sdp: string): string {
  return sdp
    .split("\r\n")
    .filter((line) => !line.startsWith("a=candidate:"))
    .filter((line) => !line.startsWith("a=extmap:") || WANTED_EXTENSIONS.some((uri) => line.split(" ")[1] === uri))
    .filter((line) => line !== "a=extmap-allow-mixed")
    .join("\r\n");
}

/** What a page sends: VP8 and its repair, Opus and its redundancy (RFC 2198); an empty list means the browser offers what it has. */
export function roomCodecs(kind: "audio" | "video"): RTCRtpCodec[] {
  const wanted = kind === "video" ? ["video/vp8", "video/rtx"] : ["audio/opus", "audio/red"];
  return (RTCRtpReceiver.getCapabilities(kind)?.codecs ?? []).filter(({ mimeType }) =>
    wanted.includes(mimeType.toLowerCase()),
  );
}

/** What a slot takes: the same, and after it the one kind of H.264 that encoders send, where this browser decodes it. */
export function slotCodecs(kind: "audio" | "video"): RTCRtpCodec[] {
  const codecs = roomCodecs(kind);
  if (kind === "audio" || codecs.length === 0) return codecs;
  const baseline = (RTCRtpReceiver.getCapabilities(kind)?.codecs ?? []).filter(
    ({ mimeType, sdpFmtpLine = "" }) =>
      mimeType.toLowerCase() === "video/h264" && /packetization-mode=1/.test(sdpFmtpLine) && /profile-level-id=42/i.test(sdpFmtpLine),
  );
  const constrained = baseline.filter(({ sdpFmtpLine = "" }) => /profile-level-id=42[4-7c-f]/i.test(sdpFmtpLine));
  return [...codecs, ...[...constrained, ...baseline].slice(0, 1)];
}
