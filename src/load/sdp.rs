//! The little SDP a load client needs: its offer, its answer to an offer, and what the other side says of itself.

use std::net::SocketAddr;

use super::material::{PT_AUDIO, PT_REPAIR, PT_VIDEO};

/// Id of the header extension with the sound level (RFC 6464), as our offers number it.
pub(super) const LEVEL_ID: u8 = 1;

/// What one client says of itself.
#[derive(Clone, Debug)]
pub struct Local {
    pub(super) ufrag: String,
    pub(super) pwd: String,
    /// `AB:CD:…`, SHA-256 of the client's certificate.
    pub(super) fingerprint: String,
    /// SSRC of picture and sound, for one that sends.
    pub(super) sends: Option<(u32, u32)>,
}

impl Local {
    /// True for one that publishes picture and sound.
    pub fn sends(&self) -> bool {
        self.sends.is_some()
    }

    /// An offer: what it sends, then `slots` receiving pairs. Always the DTLS client, no trickle.
    pub fn offer(&self, slots: usize) -> String {
        let mut lines = Vec::new();
        if let Some((video, audio)) = self.sends {
            lines.push(sending("video", video));
            lines.push(sending("audio", audio));
        }
        for _ in 0..slots {
            lines.push(("video", "a=recvonly\r\n".to_owned()));
            lines.push(("audio", "a=recvonly\r\n".to_owned()));
        }
        let mids: Vec<String> = (0..lines.len()).map(|mid| mid.to_string()).collect();
        let mut sdp = head(&mids);
        for (mid, (kind, rest)) in mids.iter().zip(&lines) {
            self.line(&mut sdp, kind, mid, CODECS, rest);
        }
        sdp
    }

    /// The answer that takes everything an offer sends. For servers that offer to their receivers.
    pub fn answer(&self, offer: &str) -> String {
        let mut mids = Vec::new();
        let mut kinds = Vec::new();
        let mut types = Vec::new();
        for line in offer.lines() {
            if let Some(rest) = line.strip_prefix("m=") {
                let mut words = rest.split(' ');
                let kind = if words.next() == Some("audio") { "audio" } else { "video" };
                let first = words.nth(2).and_then(|word| word.parse().ok()).unwrap_or(0);
                kinds.push(kind);
                types.push(Codecs { video: first, repair: None, audio: first });
            } else if let Some(mid) = line.strip_prefix("a=mid:") {
                mids.push(mid.to_owned());
            }
        }
        let mut sdp = head(&mids);
        for ((mid, kind), codecs) in mids.iter().zip(kinds).zip(types) {
            self.line(&mut sdp, kind, mid, codecs, "a=recvonly\r\n");
        }
        sdp
    }

    fn line(&self, sdp: &mut String, kind: &str, mid: &str, codecs: Codecs, rest: &str) {
        let Self { ufrag, pwd, fingerprint, .. } = self;
        let (formats, about) = if kind == "video" { codecs.video_lines() } else { codecs.audio_lines() };
        sdp.push_str(&format!(
            "m={kind} 9 UDP/TLS/RTP/SAVPF {formats}\r\nc=IN IP4 0.0.0.0\r\na=mid:{mid}\r\na=ice-ufrag:{ufrag}\r\n\
             a=ice-pwd:{pwd}\r\na=fingerprint:sha-256 {fingerprint}\r\na=setup:active\r\na=rtcp-mux\r\n\
             a=rtcp-rsize\r\n{about}{rest}"
        ));
    }
}

/// Payload types in use.
#[derive(Clone, Copy)]
struct Codecs {
    video: u8,
    repair: Option<u8>,
    audio: u8,
}

const CODECS: Codecs = Codecs { video: PT_VIDEO, repair: Some(PT_REPAIR), audio: PT_AUDIO };

impl Codecs {
    fn video_lines(self) -> (String, String) {
        let video = self.video;
        let mut about = format!(
            "a=rtpmap:{video} VP8/90000\r\na=rtcp-fb:{video} nack\r\na=rtcp-fb:{video} nack pli\r\n\
             a=rtcp-fb:{video} ccm fir\r\n"
        );
        let Some(repair) = self.repair else { return (video.to_string(), about) };
        about.push_str(&format!("a=rtpmap:{repair} rtx/90000\r\na=fmtp:{repair} apt={video}\r\n"));
        (format!("{video} {repair}"), about)
    }

    fn audio_lines(self) -> (String, String) {
        let audio = self.audio;
        let about = format!("a=rtpmap:{audio} opus/48000/2\r\na=fmtp:{audio} minptime=10;useinbandfec=1\r\n");
        (audio.to_string(), about)
    }
}

fn sending(kind: &'static str, ssrc: u32) -> (&'static str, String) {
    let level = if kind == "audio" {
        format!("a=extmap:{LEVEL_ID} urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n")
    } else {
        String::new()
    };
    (kind, format!("{level}a=sendonly\r\na=msid:load {kind}\r\na=ssrc:{ssrc} cname:load\r\n"))
}

fn head(mids: &[String]) -> String {
    format!("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE {}\r\n", mids.join(" "))
}

/// What the other side says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remote {
    pub(super) ufrag: String,
    pub(super) pwd: String,
    pub(super) fingerprint: [u8; 32],
    /// UDP host candidates, in its order.
    pub(super) candidates: Vec<SocketAddr>,
    /// It took the sound level extension.
    pub(super) level: bool,
    /// m-lines it accepted.
    pub(super) lines: usize,
}

impl Remote {
    /// Reads an offer or answer. `None`: something without which no connection is possible is missing.
    pub fn parse(sdp: &str) -> Option<Self> {
        let value = |key: &str| sdp.lines().find_map(|line| line.strip_prefix("a=")?.strip_prefix(key));
        let candidates = sdp
            .lines()
            .filter_map(|line| {
                let words: Vec<&str> = line.strip_prefix("a=candidate:")?.split_whitespace().collect();
                let [_, "1", protocol, _, ip, port, "typ", "host", ..] = words.as_slice() else { return None };
                let udp = protocol.eq_ignore_ascii_case("udp");
                udp.then(|| Some(SocketAddr::new(ip.parse().ok()?, port.parse().ok()?))).flatten()
            })
            .fold(Vec::new(), |mut all, one| {
                if !all.contains(&one) {
                    all.push(one);
                }
                all
            });
        let remote = Self {
            ufrag: value("ice-ufrag:")?.to_owned(),
            pwd: value("ice-pwd:")?.to_owned(),
            fingerprint: sha256(value("fingerprint:")?)?,
            candidates,
            level: sdp.contains("urn:ietf:params:rtp-hdrext:ssrc-audio-level"),
            lines: sdp.lines().filter(|line| line.starts_with("m=") && line.split(' ').nth(1) != Some("0")).count(),
        };
        (!remote.candidates.is_empty()).then_some(remote)
    }
}

fn sha256(value: &str) -> Option<[u8; 32]> {
    let (algorithm, digits) = value.split_once(' ')?;
    let bytes: Vec<u8> =
        digits.trim().split(':').map(|pair| u8::from_str_radix(pair, 16)).collect::<Result<_, _>>().ok()?;
    algorithm.eq_ignore_ascii_case("sha-256").then_some(bytes)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local(sends: Option<(u32, u32)>) -> Local {
        let fingerprint = ["A1"; 32].join(":");
        Local { ufrag: "abcd".to_owned(), pwd: "secret".to_owned(), fingerprint, sends }
    }

    #[test]
    fn an_offer_has_all_its_lines_and_reads_back() {
        let sdp = local(Some((5, 6))).offer(2);
        assert_eq!(sdp.matches("m=video").count(), 3);
        assert_eq!(sdp.matches("m=audio").count(), 3);
        assert_eq!(sdp.matches("a=sendonly").count(), 2);
        assert!(sdp.contains("a=group:BUNDLE 0 1 2 3 4 5\r\n"));
        assert_eq!(Remote::parse(&sdp), None, "an offer of ours names no address");
        let answer = format!("{sdp}a=candidate:1 1 udp 2130706431 10.0.0.1 5004 typ host\r\n");
        let remote = Remote::parse(&answer).unwrap();
        assert_eq!((remote.ufrag.as_str(), remote.pwd.as_str()), ("abcd", "secret"));
        assert_eq!(remote.fingerprint, [0xa1; 32]);
        assert_eq!(remote.candidates, ["10.0.0.1:5004".parse::<SocketAddr>().unwrap()]);
        assert_eq!(remote.lines, 6);
    }

    #[test]
    fn an_offer_of_the_server_is_taken_line_by_line() {
        let offer =
            "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:a\r\nm=video 9 UDP/TLS/RTP/SAVPF 99 100\r\na=mid:v\r\n";
        let answer = local(None).answer(offer);
        assert!(answer.contains("m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n") && answer.contains("a=mid:a\r\n"));
        assert!(answer.contains("m=video 9 UDP/TLS/RTP/SAVPF 99\r\n") && answer.contains("a=mid:v\r\n"));
        assert!(answer.contains("a=group:BUNDLE a v\r\n"));
        assert_eq!(answer.matches("a=recvonly").count(), 2);
    }
}
