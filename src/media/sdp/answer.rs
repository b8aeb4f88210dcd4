//! Writing the answer: everything the browser needs in one text, nothing to trickle or renegotiate.

use std::net::SocketAddr;

use super::negotiate::{EXTENSIONS, Negotiated, Role, SlotStream, SourceLine, URI_TRANSPORT_CC};
use super::offer::{Offer, OfferedLine};
use crate::media::engine::Codec;
use crate::media::plan::SourceKind;

/// Type preference of host candidates (RFC 8445 §5.1.2.2).
const HOST: u32 = 126;
/// Below every datagram, also one that a NAT has mapped (RFC 6544 §4.2).
const HOST_TCP: u32 = 90;

/// How the browser reaches and recognises us; the same in each m-line, all are bundled.
pub(crate) struct Transport<'a> {
    pub(crate) ufrag: &'a str,
    pub(crate) pwd: &'a str,
    /// `AB:CD:…` of SHA-256.
    pub(crate) fingerprint: &'a str,
    /// We are the DTLS client.
    pub(crate) calls: bool,
    pub(crate) candidates: &'a [SocketAddr],
    /// Where we take ICE over TCP (RFC 6544), passive.
    pub(crate) tcp_candidates: &'a [SocketAddr],
}

/// The answer to `offer` as agreed. `session` is any number, for the origin line.
pub(crate) fn write(offer: &Offer, agreed: &Negotiated, transport: &Transport<'_>, session: u32) -> String {
    let mut sdp = String::with_capacity(1_024 * offer.lines.len());
    let lines = || offer.lines.iter().zip(&agreed.roles);
    let mids: Vec<&str> =
        lines().filter(|(_, role)| **role != Role::Rejected).map(|(line, _)| line.mid.as_str()).collect();
    sdp.push_str(&format!("v=0\r\no=- {session} 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=ice-lite\r\na=group:BUNDLE {}\r\na=msid-semantic: WMS *\r\n",
        mids.join(" ")
    ));
    for (line, role) in lines() {
        match *role {
            Role::Rejected => reject(&mut sdp, line),
            Role::Source(place) => {
                if let Some(source) = agreed.sources.get(place) {
                    let own =
                        Format { codec: source.codec, payload_type: source.payload_type, rtx: source.rtx_payload_type };
                    begin(&mut sdp, line, transport, source.red_payload_type, &[own]);
                    receive(&mut sdp, line, source);
                }
            }
            Role::SlotVideo(place) | Role::SlotAudio(place) => {
                if let Some(slot) = agreed.slots.get(place) {
                    let (stream, letter) =
                        if matches!(role, Role::SlotVideo(_)) { (slot.video, 'v') } else { (slot.audio, 'a') };
                    let rtx = stream.rtx.map(|(payload_type, _)| payload_type);
                    let mut formats = vec![Format { codec: line.codec, payload_type: stream.payload_type, rtx }];
                    let h264 = stream.h264.map(|(payload_type, rtx)| Format { codec: Codec::H264, payload_type, rtx });
                    formats.extend(h264);
                    begin(&mut sdp, line, transport, stream.red, &formats);
                    send(&mut sdp, stream, place, letter);
                }
            }
        }
    }
    sdp
}

/// The common name of slot `place`: picture and sound of one pair are synchronised by it.
pub(crate) fn cname(place: usize) -> String {
    format!("s{place}")
}

fn reject(sdp: &mut String, line: &OfferedLine) {
    sdp.push_str(&format!(
        "m={} 0 {} {}\r\nc=IN IP4 0.0.0.0\r\na=inactive\r\n",
        line.media,
        line.protocol,
        line.formats.join(" ")
    ));
    if !line.mid.is_empty() {
        sdp.push_str(&format!("a=mid:{}\r\n", line.mid));
    }
}

/// A codec, its payload type and that of its repairs.
#[derive(Clone, Copy)]
struct Format {
    codec: Codec,
    payload_type: u8,
    rtx: Option<u8>,
}

/// What both ends of a line say alike. `red`: redundancy of the first of the `formats`, which are as preferred.
fn begin(sdp: &mut String, line: &OfferedLine, transport: &Transport<'_>, red: Option<u8>, formats: &[Format]) {
    sdp.push_str(&format!("m={} 9 {}", line.media, line.protocol));
    // Browsers send redundancy only where it stands before the codec.
    let own = formats.iter().flat_map(|format| [Some(format.payload_type), format.rtx]);
    for number in std::iter::once(red).chain(own).flatten() {
        sdp.push_str(&format!(" {number}"));
    }
    sdp.push_str(&format!("\r\nc=IN IP4 0.0.0.0\r\na=mid:{}\r\na=ice-ufrag:{}\r\na=ice-pwd:{}\r\na=fingerprint:sha-256 {}\r\na=setup:{}\r\n\
         a=rtcp-mux\r\na=rtcp-rsize\r\n",
        line.mid,
        transport.ufrag,
        transport.pwd,
        transport.fingerprint,
        if transport.calls { "active" } else { "passive" }
    ));
    let udp = transport.candidates.iter().map(|address| (HOST, "udp", address, ""));
    let tcp = transport.tcp_candidates.iter().map(|address| (HOST_TCP, "tcp", address, " tcptype passive"));
    for (place, (preference, protocol, address, kind)) in udp.chain(tcp).enumerate() {
        let place = u32::try_from(place).unwrap_or(u32::MAX).min(65_535);
        // Type preference, then configuration order (RFC 8445 §5.1.2.1).
        let priority = preference << 24 | (65_535 - place) << 8 | 255;
        sdp.push_str(&format!(
            "a=candidate:{} 1 {protocol} {priority} {} {} typ host{kind}\r\n",
            place + 1,
            address.ip(),
            address.port()
        ));
    }
    sdp.push_str("a=end-of-candidates\r\n");
    for Format { codec, payload_type, rtx } in formats.iter().copied() {
        format(sdp, line, codec, payload_type);
        if let Some(red) = red.filter(|_| codec == Codec::Opus) {
            sdp.push_str(&format!("a=rtpmap:{red} red/48000/2\r\na=fmtp:{red} {payload_type}/{payload_type}\r\n"));
        }
        if let Some(rtx) = rtx {
            sdp.push_str(&format!("a=rtpmap:{rtx} rtx/90000\r\na=fmtp:{rtx} apt={payload_type}\r\n"));
        }
    }
}

fn format(sdp: &mut String, line: &OfferedLine, codec: Codec, payload_type: u8) {
    sdp.push_str(&match codec {
        Codec::Opus => {
            format!("a=rtpmap:{payload_type} opus/48000/2\r\na=fmtp:{payload_type} minptime=10;useinbandfec=1\r\n")
        }
        Codec::Vp8 => format!("a=rtpmap:{payload_type} VP8/90000\r\n"),
        Codec::H264 => format!(
            "a=rtpmap:{payload_type} H264/90000\r\n\
             a=fmtp:{payload_type} level-asymmetry-allowed=1;packetization-mode=1;profile-level-id={}\r\n",
            line.h264.as_ref().map_or("42e01f", |offered| offered.profile.as_str())
        ),
    });
    if codec.is_picture() {
        for feedback in ["nack", "nack pli", "ccm fir"] {
            sdp.push_str(&format!("a=rtcp-fb:{payload_type} {feedback}\r\n"));
        }
    }
}

fn receive(sdp: &mut String, line: &OfferedLine, source: &SourceLine) {
    sdp.push_str("a=recvonly\r\n");
    sdp.push_str(&format!("a=rtcp-fb:{} transport-cc\r\n", source.payload_type));
    for (uri, id) in &line.extensions {
        if EXTENSIONS.contains(&uri.as_str()) {
            sdp.push_str(&format!("a=extmap:{id} {uri}\r\n"));
        }
    }
    if source.kind == SourceKind::Camera && !source.rids.is_empty() {
        // Without these two Chromium sends only the lowest layer.
        let rids: Vec<&str> = source.rids.iter().map(|(rid, _)| rid.as_str()).collect();
        for rid in &rids {
            sdp.push_str(&format!("a=rid:{rid} recv\r\n"));
        }
        sdp.push_str(&format!("a=simulcast:recv {}\r\n", rids.join(";")));
    }
}

fn send(sdp: &mut String, stream: SlotStream, place: usize, letter: char) {
    let name = cname(place);
    sdp.push_str(&format!("a=sendonly\r\na=msid:{name} {letter}{place}\r\n"));
    if let Some(id) = stream.transport_cc {
        for payload_type in
            std::iter::once(stream.payload_type).chain(stream.h264.map(|(payload_type, _)| payload_type))
        {
            sdp.push_str(&format!("a=rtcp-fb:{payload_type} transport-cc\r\n"));
        }
        sdp.push_str(&format!("a=extmap:{id} {URI_TRANSPORT_CC}\r\n"));
    }
    if let Some((_, rtx)) = stream.rtx {
        sdp.push_str(&format!("a=ssrc-group:FID {} {rtx}\r\n", stream.ssrc));
    }
    for ssrc in std::iter::once(stream.ssrc).chain(stream.rtx.map(|(_, rtx)| rtx)) {
        sdp.push_str(&format!("a=ssrc:{ssrc} cname:{name}\r\na=ssrc:{ssrc} msid:{name} {letter}{place}\r\n"));
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    fn answer(sdp: &str) -> String {
        let offer = Offer::parse(sdp).unwrap();
        let mut next = 0;
        let agreed = Negotiated::from_offer(&offer, || {
            next += 1;
            next
        })
        .unwrap();
        let transport = Transport {
            ufrag: "ours",
            pwd: "secret",
            fingerprint: "AA:BB",
            calls: agreed.calls,
            candidates: &["10.0.0.1:5004".parse().unwrap(), "[fd00::1]:5004".parse().unwrap()],
            tcp_candidates: &["10.0.0.1:443".parse().unwrap()],
        };
        write(&offer, &agreed, &transport, 9)
    }

    #[test]
    fn a_browser_gets_all_it_asked_for() {
        let sdp = answer(&samples::browser(2));
        for expected in [
            "a=ice-lite\r\n",
            "a=group:BUNDLE 0 1 2 3 4 5 6\r\n",
            "a=rid:q recv\r\na=rid:h recv\r\na=rid:f recv\r\na=simulcast:recv q;h;f\r\n",
            "a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\n",
            "a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n",
            "a=candidate:1 1 udp 2130706431 10.0.0.1 5004 typ host\r\n",
            "a=candidate:2 1 udp 2130706175 fd00::1 5004 typ host\r\n",
            "a=candidate:3 1 tcp 1526726143 10.0.0.1 443 typ host tcptype passive\r\n",
            "a=msid:s0 v0\r\n",
            "a=msid:s0 a0\r\n",
            "a=msid:s1 v1\r\n",
            "a=fmtp:97 apt=96\r\n",
            "a=setup:passive\r\n",
            "a=fmtp:111 minptime=10;useinbandfec=1\r\n",
            "m=video 9 UDP/TLS/RTP/SAVPF 96 97 103 104\r\n",
            "a=fmtp:103 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f\r\n",
            "a=fmtp:104 apt=103\r\n",
        ] {
            assert!(sdp.contains(expected), "{expected} in\n{sdp}");
        }
        assert!(!sdp.contains("abs-send-time"));
        assert_eq!(sdp.matches("m=audio 9 UDP/TLS/RTP/SAVPF 63 111\r\n").count(), 3, "microphone and two slots");
        assert_eq!(sdp.matches("a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n").count(), 3);
        assert_eq!(sdp.matches("a=sendonly").count(), 4);
        assert_eq!(sdp.matches("a=recvonly").count(), 3);
        assert_eq!(sdp.matches("a=ssrc-group:FID").count(), 2);
        assert_eq!(sdp.matches("m=").count(), 7);
        assert_eq!(sdp.matches("transport-wide-cc").count(), 7, "both ways");
        assert_eq!(sdp.matches(" transport-cc\r\n").count(), 9, "slots for pictures have two payload types");
        assert_eq!(sdp.matches("H264/90000").count(), 2, "a page sends VP8");
    }

    #[test]
    fn who_waits_for_our_hello_is_promised_one() {
        let sdp = answer(&samples::browser(1).replace("setup:actpass", "setup:passive"));
        assert!(sdp.contains("a=setup:active\r\n") && !sdp.contains("passive\r\na=rtcp-mux"));
    }

    #[test]
    fn who_offers_no_redundancy_is_answered_without() {
        let sdp = answer(&samples::browser(1).replace("a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n", ""));
        assert!(!sdp.contains("red/") && sdp.contains("m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"), "{sdp}");
    }

    #[test]
    fn unknown_lines_are_rejected_in_place() {
        let mut offer = samples::browser(1).replace("BUNDLE 0 1 2 3 4", "BUNDLE 0 1 2 3 4 9");
        offer.push_str(
            "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:9\r\na=sctp-port:5000\r\n",
        );
        let sdp = answer(&offer);
        assert!(sdp.contains("m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\n"));
        assert!(sdp.contains("a=group:BUNDLE 0 1 2 3 4\r\n"));
    }
}
