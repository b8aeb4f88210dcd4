//! What a browser offers, reduced to what we can serve.

use std::io::Cursor;
use std::panic::catch_unwind;

use rtc_sdp::description::common::Attribute;
use rtc_sdp::{MediaDescription, SessionDescription};

use crate::limits;
use crate::media::engine::{Client, JoinRefusal};

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
    /// VP8 or Opus.
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
    /// Offered, and not taken: the recorder writes VP8.
    h264: bool,
    rejected: bool,
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
        match setup.as_deref() {
            Some("actpass" | "active") => {}
            Some(_) => {
                return Err(JoinRefusal::Unsupported("the offerer must be able to be the DTLS client".to_owned()));
            }
            None => return Err(malformed("no DTLS setup")),
        }
        Ok(Self {
            client: Client::Browser,
            fingerprint: fingerprint.ok_or_else(|| malformed("no SHA-256 fingerprint"))?,
            lines,
        })
    }

    /// The offer as its sender may mean it: an encoder sends, a display receives, whatever else their lines say
    /// (RFC 9725 §4.2; libraries write `sendrecv` for both).
    ///
    /// # Errors
    /// `Unrecorded`, `Unsupported` where an encoder's picture could not be taken: its sound alone is not what anybody
    /// meant.
    pub(crate) fn meant_by(mut self, client: Client) -> Result<Self, JoinRefusal> {
        self.client = client;
        let (meant, never) = match client {
            Client::Browser => return Ok(self),
            Client::Encoder => (Direction::SendOnly, Direction::RecvOnly),
            Client::Wall => (Direction::RecvOnly, Direction::SendOnly),
        };
        for line in &mut self.lines {
            line.rejected |= line.direction == never;
            if line.direction == Direction::SendRecv {
                line.direction = meant;
            }
        }
        let pictures = || self.lines.iter().filter(|line| line.kind == MediaKind::Video && !line.rejected);
        if pictures().next().is_none() || pictures().any(OfferedLine::usable) {
            return Ok(self);
        }
        Err(match pictures().any(|line| line.h264) {
            true if client == Client::Encoder => JoinRefusal::Unrecorded,
            _ => JoinRefusal::Unsupported("no picture that we can take".to_owned()),
        })
    }
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
    let wanted = if kind == MediaKind::Audio { "opus/48000/2" } else { "vp8/90000" };
    let payload_type = values("rtpmap").find_map(|map| {
        let (number, codec) = map.split_once(' ')?;
        codec.trim().eq_ignore_ascii_case(wanted).then_some(number)?.parse().ok().filter(|number| *number < 128)
    });
    let rtx_payload_type = payload_type.and_then(|repaired: u8| {
        let apt = format!("apt={repaired}");
        values("fmtp").find_map(|format| {
            let (number, parameters) = format.split_once(' ')?;
            parameters.split(';').any(|parameter| parameter.trim() == apt).then_some(number)?.parse().ok()
        })
    });
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
        payload_type,
        rtx_payload_type,
        red_payload_type,
        extensions,
        rids,
        h264: values("rtpmap").any(|map| map.to_ascii_lowercase().contains(" h264/90000")),
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
        assert_eq!(
            Offer::parse(&offer.replace("setup:actpass", "setup:passive")).unwrap_err().code(),
            "media_offer_unsupported"
        );
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
