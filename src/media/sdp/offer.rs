//! What a browser offers, reduced to what we can serve.

use std::io::Cursor;
use std::panic::catch_unwind;

use rtc_sdp::description::common::Attribute;
use rtc_sdp::{MediaDescription, SessionDescription};

use crate::limits;
use crate::media::engine::{Client, Codec, JoinRefusal};

/// Sound or picture; other m-lines (data channels) are answered with port 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MediaKind {
    Audio,
    Video,
    Other,
}

/// As written by the browser: what it wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    SendOnly,
    RecvOnly,
    SendRecv,
    Inactive,
}

/// One m-line.
#[derive(Clone, Debug)]
pub(crate) struct OfferedLine {
    pub(crate) kind: MediaKind,
    /// As written, for the answer of a line we reject.
    pub(crate) media: String,
    pub(crate) protocol: String,
    pub(crate) formats: Vec<String>,
    pub(crate) mid: String,
    pub(crate) direction: Direction,
    /// What `payload_type` is: VP8 or Opus, H.264 of an encoder that has nothing else.
    pub(crate) codec: Codec,
    pub(crate) payload_type: Option<u8>,
    /// RFC 4588 for that payload type.
    pub(crate) rtx_payload_type: Option<u8>,
    /// RFC 2198 with nothing but that payload type within.
    pub(crate) red_payload_type: Option<u8>,
    /// `(uri, id)`.
    pub(crate) extensions: Vec<(String, u8)>,
    /// Identifiers of the simulcast layers it sends, as ordered in `a=simulcast`, or of `a=rid` without it.
    pub(crate) rids: Vec<String>,
    pub(crate) ssrc: Option<u32>,
    pub(crate) rtx_ssrc: Option<u32>,
    /// H.264 beside it, in the kind that every decoder for it takes.
    pub(crate) h264: Option<OfferedH264>,
    /// H.264 was offered in whatever kind.
    has_h264: bool,
    rejected: bool,
}

/// H.264 as Baseline, constrained or not, with packetization-mode 1: what RFC 7742 §6.2 asks of every browser that has it
/// (those offer themselves as either), and one decoder serves both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OfferedH264 {
    pub(crate) payload_type: u8,
    /// RFC 4588 for that payload type.
    pub(crate) rtx: Option<u8>,
    /// `profile-level-id`, six digits; the answer repeats it.
    pub(crate) profile: String,
}

impl OfferedLine {
    /// A line that can be answered with media.
    pub(crate) fn usable(&self) -> bool {
        !self.rejected
            && self.kind != MediaKind::Other
            && self.payload_type.is_some()
            && self.direction != Direction::Inactive
    }
}

/// A whole offer.
#[derive(Clone, Debug)]
pub(crate) struct Offer {
    pub(crate) client: Client,
    /// SHA-256 of the browser's certificate.
    pub(crate) fingerprint: [u8; 32],
    /// It can only be the DTLS server (`setup:passive`), so the hello is ours.
    pub(crate) waits: bool,
    pub(crate) lines: Vec<OfferedLine>,
}

impl Offer {
    /// Reads an offer of at most `limits::SDP_BYTES` bytes and `limits::SDP_MEDIA_LINES` m-lines.
    pub(crate) fn parse(text: &str) -> Result<Self, JoinRefusal> {
        let malformed = |what: &str| JoinRefusal::Malformed(what.to_owned());
        if text.len() > limits::SDP_BYTES {
            return Err(malformed("too long"));
        }
        if text.lines().filter(|line| line.starts_with("m=")).count() > limits::SDP_MEDIA_LINES {
            return Err(malformed("too many media lines"));
        }
        // The parser is a foreign one fed by strangers: should it panic, that is a refusal.
        let session = catch_unwind(|| SessionDescription::unmarshal(&mut Cursor::new(text.as_bytes())))
            .map_err(|_| malformed("not readable"))?
            .map_err(|error| JoinRefusal::Malformed(error.to_string()))?;

        let bundled = session
            .attributes
            .iter()
            .filter(|attribute| attribute.key == "group")
            .filter_map(|attribute| attribute.value.as_deref()?.strip_prefix("BUNDLE"))
            .flat_map(str::split_whitespace)
            .collect::<Vec<_>>();
        let at_session = |key: &str| session.attribute(key).map(String::as_str);
        let mut lines = Vec::new();
        let mut fingerprint = fingerprint_of(&session.attributes);
        let mut credentials = at_session("ice-ufrag").is_some() && at_session("ice-pwd").is_some();
        let mut setup = at_session("setup").map(str::to_owned);
        for media in &session.media_descriptions {
            let line = read_line(media);
            let value = |key: &str| media.attribute(key).flatten();
            if !line.rejected && bundled.contains(&line.mid.as_str()) {
                fingerprint = fingerprint.or_else(|| fingerprint_of(&media.attributes));
                credentials |= value("ice-ufrag").is_some() && value("ice-pwd").is_some();
                setup = setup.or_else(|| value("setup").map(str::to_owned));
                lines.push(line);
            } else {
                lines.push(OfferedLine { rejected: true, ..line });
            }
        }
        if lines.is_empty() {
            return Err(malformed("no media lines"));
        }
        if bundled.is_empty() {
            return Err(malformed("not bundled"));
        }
        if !credentials {
            return Err(malformed("no ICE credentials"));
        }
        let waits = match setup.as_deref() {
            Some("actpass" | "active") => false,
            Some("passive") => true,
            Some(_) => return Err(JoinRefusal::Unsupported("a DTLS role that nobody knows".to_owned())),
            None => return Err(malformed("no DTLS setup")),
        };
        Ok(Self {
            client: Client::Browser,
            fingerprint: fingerprint.ok_or_else(|| malformed("no SHA-256 fingerprint"))?,
            waits,
            lines,
        })
    }

    /// The offer as its sender may mean it: an encoder sends, a display receives, whatever else their lines say
    /// (RFC 9725 §4.2; libraries write `sendrecv` for both).
    ///
    /// # Errors
    /// `Undecodable`, `Unsupported` where an encoder's picture could not be taken: its sound alone is not what anybody
    /// meant. `Unsupported` for a page that waits for our hello: no browser does.
    pub(crate) fn meant_by(mut self, client: Client) -> Result<Self, JoinRefusal> {
        self.client = client;
        let (meant, never) = match client {
            Client::Browser if self.waits => {
                return Err(JoinRefusal::Unsupported("the offerer must be able to be the DTLS client".to_owned()));
            }
            Client::Browser => return Ok(self),
            Client::Encoder => (Direction::SendOnly, Direction::RecvOnly),
            Client::Wall => (Direction::RecvOnly, Direction::SendOnly),
        };
        for line in &mut self.lines {
            line.rejected |= line.direction == never;
            if line.direction == Direction::SendRecv {
                line.direction = meant;
            }
            if client == Client::Encoder
                && line.payload_type.is_none()
                && let Some(h264) = &line.h264
            {
                (line.codec, line.payload_type, line.rtx_payload_type) =
                    (Codec::H264, Some(h264.payload_type), h264.rtx);
            }
        }
        let pictures = || self.lines.iter().filter(|line| line.kind == MediaKind::Video && !line.rejected);
        if pictures().next().is_none() || pictures().any(OfferedLine::usable) {
            return Ok(self);
        }
        Err(match pictures().any(|line| line.has_h264) {
            true if client == Client::Encoder => JoinRefusal::Undecodable,
            _ => JoinRefusal::Unsupported("no picture that we can take".to_owned()),
        })
    }
}

const H264: &str = "h264/90000";

/// The `profile-level-id` of a format (RFC 6184 §8.1) that is Baseline with packetization-mode 1.
fn baseline(format: &str) -> Option<String> {
    let value = |name: &str| {
        let mut all = format.split(';').filter_map(|parameter| parameter.trim().split_once('='));
        all.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    };
    let profile = value("profile-level-id")?.to_ascii_lowercase();
    let reads =
        profile.len() == 6 && profile.starts_with("42") && profile.bytes().all(|digit| digit.is_ascii_hexdigit());
    (reads && value("packetization-mode") == Some("1")).then_some(profile)
}

/// `constraint_set1_flag`: also a Main decoder decodes it.
fn is_constrained(profile: &str) -> bool {
    let flags = profile.get(2..4).and_then(|digits| u8::from_str_radix(digits, 16).ok());
    flags.is_some_and(|flags| flags & 0x40 != 0)
}

fn read_line(media: &MediaDescription) -> OfferedLine {
    let kind = match media.media_name.media.as_str() {
        "audio" => MediaKind::Audio,
        "video" => MediaKind::Video,
        _ => MediaKind::Other,
    };
    let values = |key: &'static str| {
        media
            .attributes
            .iter()
            .filter(move |attribute| attribute.key == key)
            .filter_map(|attribute| attribute.value.as_deref())
    };
    let direction = if media.has_attribute("sendonly") {
        Direction::SendOnly
    } else if media.has_attribute("recvonly") {
        Direction::RecvOnly
    } else if media.has_attribute("inactive") {
        Direction::Inactive
    } else {
        Direction::SendRecv
    };
    let (codec, wanted) = match kind {
        MediaKind::Audio => (Codec::Opus, "opus/48000/2"),
        _ => (Codec::Vp8, "vp8/90000"),
    };
    let named = |wanted: &'static str| {
        values("rtpmap").filter_map(move |map| {
            let (number, codec) = map.split_once(' ')?;
            codec
                .trim()
                .eq_ignore_ascii_case(wanted)
                .then_some(number)?
                .parse::<u8>()
                .ok()
                .filter(|number| *number < 128)
        })
    };
    let payload_type = named(wanted).next();
    let rtx_of = |repaired: u8| {
        let apt = format!("apt={repaired}");
        values("fmtp").find_map(|format| {
            let (number, parameters) = format.split_once(' ')?;
            parameters.split(';').any(|parameter| parameter.trim() == apt).then_some(number)?.parse().ok()
        })
    };
    let rtx_payload_type = payload_type.and_then(rtx_of);
    let kinds = named(H264).filter(|_| kind == MediaKind::Video).filter_map(|payload_type| {
        let format = values("fmtp").find_map(|format| {
            let (number, parameters) = format.split_once(' ')?;
            (number.parse() == Ok(payload_type)).then_some(parameters)
        })?;
        let profile = baseline(format)?;
        Some(OfferedH264 { payload_type, rtx: rtx_of(payload_type), profile })
    });
    // The constrained one first: it is what all have in common.
    let h264 = kinds.min_by_key(|offered| !is_constrained(&offered.profile));
    let red_payload_type = payload_type.filter(|_| kind == MediaKind::Audio).and_then(|repeated: u8| {
        let repeated = repeated.to_string();
        let only = |formats: &str| formats.contains('/') && formats.split('/').all(|one| one.trim() == repeated);
        values("rtpmap").find_map(|map| {
            let (number, codec) = map.split_once(' ')?;
            let known = values("fmtp").filter_map(|format| format.split_once(' '));
            let agreed = || known.clone().any(|(of, formats)| of == number && only(formats));
            (codec.trim().eq_ignore_ascii_case("red/48000/2") && agreed()).then_some(number)?.parse().ok()
        })
    });
    let red_payload_type = red_payload_type.filter(|number: &u8| *number < 128 && Some(*number) != payload_type);
    let extensions = values("extmap")
        .filter_map(|map| {
            let (id, uri) = map.split_once(' ')?;
            let id = id.split('/').next()?.parse().ok().filter(|id| *id > 0)?;
            Some((uri.split(' ').next()?.to_owned(), id))
        })
        .collect();
    let known: Vec<&str> = values("rid")
        .filter_map(|rid| rid.split_once(' '))
        .filter(|(_, rest)| rest.starts_with("send"))
        .map(|(rid, _)| rid)
        .collect();
    let ordered: Vec<String> = values("simulcast")
        .filter_map(|value| value.split("send ").nth(1))
        .flat_map(|list| list.split_whitespace().next().unwrap_or_default().split(';'))
        .filter_map(|alternatives| alternatives.split(',').next())
        .map(|rid| rid.trim_start_matches('~'))
        .filter(|rid| known.contains(rid))
        .map(str::to_owned)
        .collect();
    let rids = if ordered.is_empty() { known.into_iter().map(str::to_owned).collect() } else { ordered };
    let pair = values("ssrc-group").find_map(|group| {
        let mut numbers = group.strip_prefix("FID ")?.split_whitespace().map(str::parse::<u32>);
        Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
    });
    let single = values("ssrc").find_map(|ssrc| ssrc.split(' ').next()?.parse().ok());
    OfferedLine {
        kind,
        media: media.media_name.media.clone(),
        protocol: media.media_name.protos.join("/"),
        formats: media.media_name.formats.clone(),
        mid: media.attribute("mid").flatten().unwrap_or_default().to_owned(),
        direction,
        codec,
        payload_type,
        rtx_payload_type,
        red_payload_type,
        extensions,
        rids,
        h264,
        has_h264: named(H264).next().is_some(),
        ssrc: pair.map(|(ssrc, _)| ssrc).or(single),
        rtx_ssrc: pair.map(|(_, rtx)| rtx),
        // Port 0 without bundle-only is a line the browser itself has given up.
        rejected: media.media_name.port.value == 0 && !media.has_attribute("bundle-only"),
    }
}

/// Of several (RFC 8122 §5) the one that we can check.
fn fingerprint_of(attributes: &[Attribute]) -> Option<[u8; 32]> {
    let values = attributes.iter().filter(|attribute| attribute.key == "fingerprint");
    values.filter_map(|attribute| attribute.value.as_deref()).find_map(sha256)
}

/// `sha-256 AB:CD:…` to bytes; other hash functions are not used by browsers for ECDSA certificates.
fn sha256(value: &str) -> Option<[u8; 32]> {
    let (hash, digits) = value.split_once(' ')?;
    if !hash.eq_ignore_ascii_case("sha-256") {
        return None;
    }
    let bytes: Vec<u8> =
        digits.trim().split(':').map(|pair| u8::from_str_radix(pair, 16).ok()).collect::<Option<_>>()?;
    bytes.try_into().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::samples;
    use super::*;

    #[test]
    fn reads_a_browser_offer() {
        let offer = Offer::parse(&samples::browser(2)).unwrap();
        assert_eq!(offer.lines.len(), 7);
        let camera = &offer.lines[0];
        assert_eq!((camera.payload_type, camera.rtx_payload_type), (Some(96), Some(97)));
        assert_eq!(camera.rids, ["q", "h", "f"]);
        assert_eq!((camera.ssrc, camera.mid.as_str()), (None, "0"));
        let paper = &offer.lines[1];
        assert_eq!((paper.ssrc, paper.rtx_ssrc), (Some(1001), Some(1002)));
        let microphone = &offer.lines[2];
        assert_eq!((microphone.payload_type, microphone.rtx_payload_type), (Some(111), None));
        assert_eq!((microphone.red_payload_type, camera.red_payload_type), (Some(63), None));
        assert_eq!(microphone.direction, Direction::SendOnly);
        let h264 = OfferedH264 { payload_type: 103, rtx: Some(104), profile: "42001f".to_owned() };
        assert!(offer.lines[..2].iter().all(|line| line.h264.as_ref() == Some(&h264)));
        assert_eq!(microphone.h264, None);
        assert_eq!(offer.fingerprint[0], 0xa1);
    }

    #[test]
    fn redundancy_only_of_opus_alone() {
        for (formats, expected) in [
            ("a=fmtp:63 111/111\r\n", Some(63)),
            ("a=fmtp:63 111/111/111\r\n", Some(63)),
            ("a=fmtp:63 111/0\r\n", None),
            ("a=fmtp:63 111\r\n", None),
            ("a=fmtp:64 111/111\r\n", None),
            ("", None),
        ] {
            let offer = Offer::parse(&samples::browser(1).replace("a=fmtp:63 111/111\r\n", formats)).unwrap();
            assert_eq!(offer.lines[2].red_payload_type, expected, "{formats}");
        }
        let telephone = samples::browser(1).replace("red/48000/2", "red/8000");
        assert_eq!(Offer::parse(&telephone).unwrap().lines[2].red_payload_type, None);
    }

    #[test]
    fn refuses_what_cannot_work() {
        let offer = samples::browser(1);
        for (from, to) in [
            ("a=group:BUNDLE", "a=group:LS"),
            ("a=fingerprint:sha-256", "a=fingerprint:sha-1"),
            ("a=ice-ufrag:", "a=ice-other:"),
            ("a=setup:actpass", "a=setup:nonsense"),
        ] {
            assert!(Offer::parse(&offer.replace(from, to)).is_err(), "{from}");
        }
        assert!(Offer::parse(&"a".repeat(limits::SDP_BYTES + 1)).is_err());
        let many = "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n".repeat(limits::SDP_MEDIA_LINES + 1);
        assert!(Offer::parse(&format!("{offer}{many}")).is_err());
        let waits = || Offer::parse(&offer.replace("setup:actpass", "setup:passive")).unwrap();
        assert_eq!(waits().meant_by(Client::Browser).unwrap_err().code(), "media_offer_unsupported");
        assert!(waits().meant_by(Client::Encoder).unwrap().waits, "FFmpeg 8 is such a one");
    }

    /// An offer without VP8, its H.264 with these parameters.
    fn without_vp8(parameters: &str) -> Offer {
        let offer = samples::browser(1).replace("VP8", "VP9");
        let from = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f";
        Offer::parse(&offer.replace(from, parameters)).unwrap()
    }

    #[test]
    fn an_encoder_may_send_what_every_decoder_takes() {
        for parameters in [
            "profile-level-id=42e01f;packetization-mode=1",
            "packetization-mode=1; profile-level-id=42E028; level-asymmetry-allowed=1",
            "profile-level-id=42c029;packetization-mode=1;sprop-parameter-sets=Z0LAKA==,aM4PyA==",
            "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f",
        ] {
            let offer = without_vp8(parameters).meant_by(Client::Encoder).unwrap();
            let camera = &offer.lines[0];
            assert_eq!(
                (camera.codec, camera.payload_type, camera.rtx_payload_type),
                (Codec::H264, Some(103), Some(104))
            );
            assert_eq!(camera.h264.as_ref().unwrap().profile.len(), 6, "{parameters}");
        }
        for parameters in [
            "profile-level-id=42e01f",
            "profile-level-id=42e01f;packetization-mode=0",
            "packetization-mode=1",
            "profile-level-id=42e0;packetization-mode=1",
            "profile-level-id=42e0zz;packetization-mode=1",
            // Main, High, High 4:4:4.
            "profile-level-id=4d001f;packetization-mode=1",
            "profile-level-id=640c1f;packetization-mode=1",
            "profile-level-id=f4001f;packetization-mode=1",
        ] {
            let refused = without_vp8(parameters).meant_by(Client::Encoder).unwrap_err();
            assert_eq!(refused.code(), "h264_unsupported", "{parameters}");
        }
    }

    #[test]
    fn vp8_comes_first_and_pages_send_nothing_else() {
        let both = Offer::parse(&samples::browser(1)).unwrap().meant_by(Client::Encoder).unwrap();
        assert_eq!((both.lines[0].codec, both.lines[0].payload_type), (Codec::Vp8, Some(96)));
        let format = "profile-level-id=42e01f;packetization-mode=1";
        assert!(!without_vp8(format).lines[0].usable(), "a page");
        assert_eq!(without_vp8(format).meant_by(Client::Wall).unwrap_err().code(), "media_offer_unsupported");
    }

    #[test]
    fn the_constrained_kind_is_preferred() {
        let more = "a=rtpmap:103 H264/90000\r\na=rtpmap:105 H264/90000\r\na=fmtp:105 packetization-mode=1;profile-level-id=42e01f\r\n";
        let offer = samples::browser(1).replace("a=rtpmap:103 H264/90000\r\n", more);
        let h264 = Offer::parse(&offer).unwrap().lines[0].h264.clone().unwrap();
        assert_eq!((h264.payload_type, h264.rtx), (105, None));
    }

    proptest! {
        #[test]
        fn damage_never_panics(at in 0usize..4_000, noise in "\\PC{0,20}", cut in 0usize..4_000) {
            let mut offer = samples::browser(1);
            let at = (0..=at.min(offer.len())).rev().find(|at| offer.is_char_boundary(*at)).unwrap();
            offer.insert_str(at, &noise);
            let whole = Offer::parse(&offer);
            let cut = (0..=cut.min(offer.len())).rev().find(|at| offer.is_char_boundary(*at)).unwrap();
            offer.truncate(cut);
            let part = Offer::parse(&offer);
            prop_assert!(part.map_or(0, |offer| offer.lines.len()) <= whole.map_or(usize::MAX, |offer| offer.lines.len()));
        }
    }
}
