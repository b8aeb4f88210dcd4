//! Offers as Chromium 156 writes them, for tests: camera with three layers, paper, microphone, then slots.

const EXTENSIONS_VIDEO: &str = "a=extmap:14 urn:ietf:params:rtp-hdrext:toffset\r\n\
a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time\r\n\
a=extmap:13 urn:3gpp:video-orientation\r\n\
a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n\
a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n\
a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\n\
a=extmap:11 urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id\r\n";

const EXTENSIONS_AUDIO: &str = "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n\
a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n\
a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n";

fn line(kind: &str, mid: usize, direction: &str, rest: &str) -> String {
    let formats = if kind == "video" { "96 97 103 104" } else { "111 63 0 8" };
    let codecs = if kind == "video" {
        format!(
            "{EXTENSIONS_VIDEO}a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 goog-remb\r\na=rtcp-fb:96 transport-cc\r\na=rtcp-fb:96 ccm fir\r\n\
             a=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n\
             a=rtpmap:103 H264/90000\r\na=fmtp:103 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f\r\n\
             a=rtpmap:104 rtx/90000\r\na=fmtp:104 apt=103\r\n"
        )
    } else {
        format!(
            "{EXTENSIONS_AUDIO}a=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 transport-cc\r\na=fmtp:111 minptime=10;useinbandfec=1\r\n\
             a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
        )
    };
    let fingerprint = ["A1"; 32].join(":");
    format!(
        "m={kind} 9 UDP/TLS/RTP/SAVPF {formats}\r\nc=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\na=ice-ufrag:4ZcD\r\n\
         a=ice-pwd:2/1muCWoOi3uLifh0NuRHlqy\r\na=ice-options:trickle\r\na=fingerprint:sha-256 {fingerprint}\r\n\
         a=setup:actpass\r\na=mid:{mid}\r\na={direction}\r\na=rtcp-mux\r\na=rtcp-rsize\r\n{codecs}{rest}"
    )
}

/// `pairs` receive pairs after camera, paper and microphone.
pub(crate) fn browser(pairs: usize) -> String {
    let mids: Vec<String> = (0..3 + 2 * pairs).map(|mid| mid.to_string()).collect();
    let mut sdp = format!(
        "v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE {}\r\n\
         a=extmap-allow-mixed\r\na=msid-semantic: WMS\r\n",
        mids.join(" ")
    );
    sdp += &line(
        "video",
        0,
        "sendonly",
        "a=msid:- 6a3c\r\na=rid:q send\r\na=rid:h send\r\na=rid:f send\r\na=simulcast:send q;h;f\r\n",
    );
    sdp += &line(
        "video",
        1,
        "sendonly",
        "a=msid:- 7b4d\r\na=ssrc-group:FID 1001 1002\r\na=ssrc:1001 cname:c\r\na=ssrc:1001 msid:- 7b4d\r\n\
         a=ssrc:1002 cname:c\r\na=ssrc:1002 msid:- 7b4d\r\n",
    );
    sdp += &line("audio", 2, "sendonly", "a=msid:- 8c5e\r\na=ssrc:1003 cname:c\r\n");
    for pair in 0..pairs {
        sdp += &line("video", 3 + 2 * pair, "recvonly", "");
        sdp += &line("audio", 4 + 2 * pair, "recvonly", "");
    }
    sdp
}
