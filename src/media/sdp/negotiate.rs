//! What becomes of each m-line of an offer.
//!
//! The rule, for every client: the first video line that sends is the camera, the second is the paper camera or
//! screen, the first audio line that sends is the microphone; any may be missing. The k-th receiving video line and
//! the k-th receiving audio line are slot pair k. Everything else is rejected with port 0.

use super::offer::{Direction, MediaKind, Offer, OfferedLine};
use crate::limits;
use crate::media::engine::{Client, Codec, JoinRefusal};
use crate::media::plan::{Layer, SourceKind};

const URI_MID: &str = "urn:ietf:params:rtp-hdrext:sdes:mid";
const URI_RID: &str = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id";
const URI_REPAIRED_RID: &str = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id";
pub(crate) const URI_TRANSPORT_CC: &str = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";
const URI_AUDIO_LEVEL: &str = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";

/// Extensions we read; all others are dropped with the header.
pub(crate) const EXTENSIONS: [&str; 5] = [URI_MID, URI_RID, URI_REPAIRED_RID, URI_TRANSPORT_CC, URI_AUDIO_LEVEL];

/// Ids of the header extensions, as the offer numbers them; one id means one extension in a bundle (RFC 8285 §6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ExtensionIds {
    pub(crate) mid: Option<u8>,
    pub(crate) rid: Option<u8>,
    pub(crate) repaired_rid: Option<u8>,
    pub(crate) transport_cc: Option<u8>,
    pub(crate) audio_level: Option<u8>,
}

/// One thing the connection sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SourceLine {
    pub(crate) kind: SourceKind,
    pub(crate) mid: String,
    pub(crate) codec: Codec,
    pub(crate) payload_type: u8,
    pub(crate) rtx_payload_type: Option<u8>,
    /// Of a microphone that sends redundancy (RFC 2198).
    pub(crate) red_payload_type: Option<u8>,
    /// Simulcast layers by their `rid`; empty without simulcast.
    pub(crate) rids: Vec<(String, Layer)>,
    pub(crate) ssrc: Option<u32>,
    pub(crate) rtx_ssrc: Option<u32>,
}

/// One stream we send into a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SlotStream {
    /// VP8 or Opus.
    pub(crate) payload_type: u8,
    /// H.264 in the same stream, and its repairs, where the receiver takes it.
    pub(crate) h264: Option<(u8, Option<u8>)>,
    pub(crate) ssrc: u32,
    /// Payload type and SSRC of repairs (RFC 4588).
    pub(crate) rtx: Option<(u8, u32)>,
    /// Payload type of sound with redundancy (RFC 2198), on the same SSRC.
    pub(crate) red: Option<u8>,
    /// Id of the header extension for transport-wide numbers, where the receiver tells what arrived.
    pub(crate) transport_cc: Option<u8>,
}

impl SlotStream {
    /// Whether the receiver decodes it here.
    pub(crate) fn takes(&self, codec: Codec) -> bool {
        self.payload_type_of(codec).is_some()
    }

    /// The number under which it goes out.
    pub(crate) fn payload_type_of(&self, codec: Codec) -> Option<u8> {
        match codec {
            Codec::Opus | Codec::Vp8 => Some(self.payload_type),
            Codec::H264 => self.h264.map(|(payload_type, _)| payload_type),
        }
    }

    /// The same of its repairs, and their SSRC.
    pub(crate) fn rtx_of(&self, codec: Codec) -> Option<(u8, u32)> {
        match codec {
            Codec::Opus | Codec::Vp8 => self.rtx,
            Codec::H264 => self.h264.and_then(|(_, rtx)| rtx).zip(self.rtx.map(|(_, ssrc)| ssrc)),
        }
    }
}

/// Picture k with sound k.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SlotLine {
    pub(crate) video: SlotStream,
    pub(crate) audio: SlotStream,
}

/// What the answer says about one m-line, in the offer's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Index into `sources`.
    Source(usize),
    /// Picture of this slot pair.
    SlotVideo(usize),
    /// Sound of this slot pair.
    SlotAudio(usize),
    Rejected,
}

/// The whole agreement.
#[derive(Clone, Debug)]
pub(crate) struct Negotiated {
    pub(crate) client: Client,
    pub(crate) fingerprint: [u8; 32],
    /// We are the DTLS client.
    pub(crate) calls: bool,
    pub(crate) extensions: ExtensionIds,
    pub(crate) sources: Vec<SourceLine>,
    pub(crate) slots: Vec<SlotLine>,
    pub(crate) roles: Vec<Role>,
}

impl Negotiated {
    /// `new_ssrc` gives random numbers; those the offer uses are passed over.
    pub(crate) fn from_offer(offer: &Offer, mut new_ssrc: impl FnMut() -> u32) -> Result<Self, JoinRefusal> {
        let receiving = |kind| {
            offer
                .lines
                .iter()
                .filter(move |line| line.usable() && line.kind == kind && line.direction == Direction::RecvOnly)
                .count()
        };
        let pairs = receiving(MediaKind::Video).min(receiving(MediaKind::Audio)).min(limits::SLOT_PAIRS);
        let mut taken: Vec<u32> = offer.lines.iter().flat_map(|line| [line.ssrc, line.rtx_ssrc]).flatten().collect();
        let mut fresh_ssrc = || {
            loop {
                let ssrc = new_ssrc();
                if ssrc != 0 && ssrc != crate::media::reports::OUR_SSRC && !taken.contains(&ssrc) {
                    taken.push(ssrc);
                    return ssrc;
                }
            }
        };
        let mut agreed = Self {
            client: offer.client,
            fingerprint: offer.fingerprint,
            calls: offer.waits,
            extensions: ExtensionIds::default(),
            sources: Vec::new(),
            slots: Vec::new(),
            roles: Vec::new(),
        };
        let mut videos = Vec::new();
        let mut audios = Vec::new();
        for line in &offer.lines {
            let role = match (line.usable().then_some(line.payload_type).flatten(), line.direction) {
                (None, _) => Role::Rejected,
                (Some(payload_type), Direction::RecvOnly) => {
                    let (streams, is_video) = match line.kind {
                        MediaKind::Video => (&mut videos, true),
                        _ => (&mut audios, false),
                    };
                    if streams.len() < pairs {
                        let rtx =
                            line.rtx_payload_type.filter(|_| is_video).map(|payload_type| (payload_type, fresh_ssrc()));
                        let transport_cc = transport_cc(line);
                        let red = line.red_payload_type;
                        let h264 = line.h264.as_ref().map(|offered| (offered.payload_type, offered.rtx));
                        streams.push(SlotStream { payload_type, h264, ssrc: fresh_ssrc(), rtx, red, transport_cc });
                        if is_video { Role::SlotVideo(streams.len() - 1) } else { Role::SlotAudio(streams.len() - 1) }
                    } else {
                        Role::Rejected
                    }
                }
                (Some(payload_type), _) => agreed.take_source(line, payload_type),
            };
            agreed.roles.push(role);
        }
        agreed.slots = videos.into_iter().zip(audios).map(|(video, audio)| SlotLine { video, audio }).collect();
        if agreed.roles.iter().all(|role| *role == Role::Rejected) {
            return Err(JoinRefusal::Unsupported("no line with VP8 or Opus".to_owned()));
        }
        Ok(agreed)
    }

    /// Whether whatever comes as H.264 can be shown in any slot.
    pub(crate) fn takes_h264(&self) -> bool {
        self.slots.iter().all(|slot| slot.video.takes(Codec::H264))
    }

    fn take_source(&mut self, line: &OfferedLine, payload_type: u8) -> Role {
        let has = |kind| self.sources.iter().any(|source| source.kind == kind);
        let kind = match line.kind {
            MediaKind::Audio if !has(SourceKind::Microphone) => SourceKind::Microphone,
            MediaKind::Video if !has(SourceKind::Camera) => SourceKind::Camera,
            MediaKind::Video if !has(SourceKind::Paper) => SourceKind::Paper,
            _ => return Role::Rejected,
        };
        for (uri, id) in &line.extensions {
            let place = match uri.as_str() {
                URI_MID => &mut self.extensions.mid,
                URI_RID => &mut self.extensions.rid,
                URI_REPAIRED_RID => &mut self.extensions.repaired_rid,
                URI_TRANSPORT_CC => &mut self.extensions.transport_cc,
                URI_AUDIO_LEVEL => &mut self.extensions.audio_level,
                _ => continue,
            };
            place.get_or_insert(*id);
        }
        let rids = if kind == SourceKind::Camera { layers(&line.rids) } else { Vec::new() };
        self.sources.push(SourceLine {
            kind,
            mid: line.mid.clone(),
            codec: line.codec,
            payload_type,
            rtx_payload_type: line.rtx_payload_type.filter(|_| kind != SourceKind::Microphone),
            red_payload_type: line.red_payload_type,
            ssrc: line.ssrc.filter(|_| rids.is_empty()),
            rtx_ssrc: line.rtx_ssrc.filter(|_| rids.is_empty()),
            rids,
        });
        Role::Source(self.sources.len() - 1)
    }
}

/// The id a receiver gave to transport-wide numbers. Ids above 14 would need the two-byte form (RFC 8285 §4.3) for
/// nothing but this.
fn transport_cc(line: &OfferedLine) -> Option<u8> {
    line.extensions.iter().find(|(uri, id)| uri == URI_TRANSPORT_CC && *id < 15).map(|(_, id)| *id)
}

/// Layers by their usual names, else by place: the last of the list is the best.
fn layers(rids: &[String]) -> Vec<(String, Layer)> {
    let named: Vec<Option<Layer>> = rids
        .iter()
        .map(|rid| match rid.as_str() {
            "q" => Some(Layer::Quarter),
            "h" => Some(Layer::Half),
            "f" => Some(Layer::Full),
            _ => None,
        })
        .collect();
    if named.iter().all(Option::is_some) {
        return rids.iter().cloned().zip(named.into_iter().flatten()).take(3).collect();
    }
    let order: &[Layer] = match rids.len() {
        0 | 1 => &[Layer::Full],
        2 => &[Layer::Half, Layer::Full],
        _ => &[Layer::Quarter, Layer::Half, Layer::Full],
    };
    rids.iter().cloned().zip(order.iter().copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    fn agree(sdp: &str) -> Negotiated {
        let mut next = 1_000;
        Negotiated::from_offer(&Offer::parse(sdp).unwrap(), || {
            next += 1;
            next
        })
        .unwrap()
    }

    #[test]
    fn camera_paper_microphone_and_pairs() {
        let agreed = agree(&samples::browser(2));
        let kinds: Vec<_> = agreed.sources.iter().map(|source| source.kind).collect();
        assert_eq!(kinds, [SourceKind::Camera, SourceKind::Paper, SourceKind::Microphone]);
        assert_eq!(agreed.sources[0].rids.len(), 3);
        assert_eq!(agreed.sources[1].ssrc, Some(1001));
        assert_eq!(agreed.slots.len(), 2);
        let red = |stream: &SlotStream| stream.red;
        assert_eq!(agreed.sources.iter().map(|one| one.red_payload_type).collect::<Vec<_>>(), [None, None, Some(63)]);
        assert!(agreed.slots.iter().all(|slot| (red(&slot.video), red(&slot.audio)) == (None, Some(63))));
        let ids = agreed.extensions;
        assert_eq!((ids.mid, ids.rid, ids.repaired_rid), (Some(4), Some(10), Some(11)));
        assert_eq!((ids.transport_cc, ids.audio_level), (Some(3), Some(1)));
        let numbered = |stream: &SlotStream| stream.transport_cc == Some(3);
        assert!(agreed.slots.iter().all(|slot| numbered(&slot.video) && numbered(&slot.audio)));
        assert!(
            agreed.slots.iter().all(|slot| slot.video.ssrc > 1003 && slot.audio.ssrc > 1003),
            "no SSRC of the offer again"
        );
    }

    #[test]
    fn a_receiver_only_and_unpaired_lines() {
        let offer = samples::browser(1).replace("a=sendonly", "a=inactive");
        let agreed = agree(&offer);
        assert!(agreed.sources.is_empty());
        assert_eq!(agreed.roles[..3], [Role::Rejected; 3]);
        assert_eq!(agreed.roles[3..], [Role::SlotVideo(0), Role::SlotAudio(0)]);
        let many = agree(&samples::browser(limits::SLOT_PAIRS + 2));
        assert_eq!(many.slots.len(), limits::SLOT_PAIRS);
        assert_eq!(many.roles.last(), Some(&Role::Rejected));
    }

    #[test]
    fn numbers_only_where_the_receiver_reads_them() {
        for (id, expected) in [("3", Some(3)), ("14", Some(14)), ("15", None), ("200", None)] {
            let offer = samples::browser(1).replace("a=extmap:3 ", &format!("a=extmap:{id} "));
            assert_eq!(agree(&offer).slots[0].video.transport_cc, expected, "{id}");
        }
        let without = samples::browser(1).replace("transport-wide-cc", "something-else");
        assert_eq!(agree(&without).slots[0].audio.transport_cc, None);
    }

    #[test]
    fn foreign_layer_names_go_by_place() {
        let named = |rids: &[&str]| {
            layers(&rids.iter().map(|rid| (*rid).to_owned()).collect::<Vec<_>>())
                .into_iter()
                .map(|(_, layer)| layer)
                .collect::<Vec<_>>()
        };
        assert_eq!(named(&["lo", "hi"]), [Layer::Half, Layer::Full]);
        assert_eq!(named(&["f", "q"]), [Layer::Full, Layer::Quarter]);
        assert_eq!(named(&["a", "b", "c", "d"]).len(), 3);
    }

    #[test]
    fn slots_take_h264_where_it_is_offered_and_sources_stay_vp8() {
        let agreed = agree(&samples::browser(1));
        assert!(agreed.sources.iter().all(|source| source.codec != Codec::H264));
        let slot = agreed.slots[0].video;
        assert_eq!((slot.payload_type_of(Codec::Vp8), slot.payload_type_of(Codec::H264)), (Some(96), Some(103)));
        let ssrc = slot.rtx.unwrap().1;
        assert_eq!((slot.rtx_of(Codec::Vp8), slot.rtx_of(Codec::H264)), (Some((97, ssrc)), Some((104, ssrc))));
        assert!(agreed.takes_h264());
        let without = agree(&samples::browser(1).replace("apt=103", "apt=9"));
        assert_eq!((without.takes_h264(), without.slots[0].video.rtx_of(Codec::H264)), (true, None));
        let never = agree(&samples::browser(1).replace("H264", "H265"));
        assert!(
            !never.takes_h264() && !never.slots[0].video.takes(Codec::H264) && never.slots[0].video.takes(Codec::Vp8)
        );
    }

    #[test]
    fn nothing_to_serve_is_refused() {
        let offer = samples::browser(0).replace("VP8", "VP9").replace("opus", "speex");
        let refusal = Negotiated::from_offer(&Offer::parse(&offer).unwrap(), || 7).unwrap_err();
        assert_eq!(refusal.code(), "media_offer_unsupported");
    }
}
