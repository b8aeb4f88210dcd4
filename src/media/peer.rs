//! One connection: its paths, keys, what it publishes and what it is shown.

use std::collections::BTreeSet;
use std::net::IpAddr;

use bytes::BytesMut;

use super::allocator::Allocator;
use super::downlink::Downlink;
use super::dtls::Dtls;
use super::forward::{AudioSlot, PeerIndex, VideoSlot};
use super::ice::{Credentials, Paths};
use super::incoming::Incoming;
use super::plan::Layer;
use super::publisher::Publisher;
use super::quality::QualityMeter;
use super::remote::Remote;
use super::rewrite::StreamKey;
use super::rtp;
use super::sdp::negotiate::{ExtensionIds, Negotiated, SourceLine};
use super::shares::Asked;
use super::sound::RedTypes;
use super::speaker::LevelMeter;
use super::srtp::{ReceiveWindow, SrtpSession};
use super::twcc::TwccRecorder;
use crate::domain::ids::{ConnectionId, SessionId};
use crate::limits;

/// Picture k and sound k.
#[derive(Debug)]
pub(crate) struct Slot {
    pub(crate) video: VideoSlot,
    pub(crate) audio: AudioSlot,
}

impl Slot {
    /// Forgets a source that is gone.
    pub(crate) fn lost(&mut self, from: PeerIndex) {
        self.video.lost(from);
        self.audio.wanted = self.audio.wanted.filter(|wanted| *wanted != from);
    }
}

/// What an authenticated packet belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Belongs {
    /// Index into `incoming`.
    Media(usize),
    /// RTX for that stream.
    Repair(usize),
}

/// When what is due, microseconds.
#[derive(Debug)]
pub(crate) struct Timetable {
    /// The next of all below.
    pub(crate) tick_us: i64,
    /// Everything that is looked at regularly.
    pub(crate) round_us: i64,
    /// Held packets and padding.
    pub(crate) pace_us: i64,
    pub(crate) reports_us: i64,
    pub(crate) quality_us: i64,
    pub(crate) quality_from_us: i64,
    /// Which layer each slot gets; which layers the own camera should send.
    pub(crate) allocation_us: i64,
    pub(crate) layers_us: i64,
    /// Repairs are granted anew.
    pub(crate) refill_us: i64,
}

/// One connection.
pub(crate) struct Peer {
    pub(crate) room: SessionId,
    pub(crate) connection: ConnectionId,
    /// Tells this occupant of a table place from the one before.
    pub(crate) serial: u64,
    /// When it joined.
    pub(crate) born_us: i64,
    pub(crate) credentials: Credentials,
    pub(crate) paths: Paths,
    /// The way that what is known of the line was learnt on.
    pub(crate) measured_way: Option<Remote>,
    /// Our address the selected path uses, where it is one of the network.
    pub(crate) local: Option<IpAddr>,
    pub(crate) dtls: Dtls,
    pub(crate) srtp: Option<Box<SrtpSession>>,
    pub(crate) extensions: ExtensionIds,
    pub(crate) lines: Vec<SourceLine>,
    pub(crate) publisher: Publisher,
    pub(crate) slots: Vec<Slot>,
    pub(crate) twcc: TwccRecorder,
    pub(crate) level: LevelMeter,
    pub(crate) quality: QualityMeter,
    pub(crate) down: Downlink,
    pub(crate) allocator: Allocator,
    /// Slots whose picture pauses because the line does not take it, as last told to the room.
    pub(crate) paused: BTreeSet<usize>,
    /// What the publisher was told about its camera.
    pub(crate) asked: Asked,
    /// Handshake datagrams; they go where the last one came from.
    pub(crate) handshake: Vec<BytesMut>,
    pub(crate) repairs_left: u32,
    /// Last authentic packet.
    pub(crate) alive_us: i64,
    pub(crate) silent: bool,
    pub(crate) due: Timetable,
    pub(crate) dirty: bool,
}

impl Peer {
    #[expect(clippy::too_many_arguments, reason = "called once; a builder would only move the names")]
    pub(crate) fn new(
        room: SessionId,
        connection: ConnectionId,
        serial: u64,
        credentials: Credentials,
        dtls: Dtls,
        agreed: Negotiated,
        mut random: impl FnMut() -> u64,
        now_us: i64,
    ) -> Self {
        let measured = agreed.slots.iter().any(|slot| slot.video.transport_cc.is_some() && slot.video.rtx.is_some());
        let slots = agreed
            .slots
            .iter()
            .map(|slot| Slot {
                video: VideoSlot::new(slot.video, random()),
                audio: AudioSlot::new(slot.audio, random()),
            })
            .collect();
        Self {
            room,
            connection,
            serial,
            born_us: now_us,
            credentials,
            paths: Paths::default(),
            measured_way: None,
            local: None,
            dtls,
            srtp: None,
            extensions: agreed.extensions,
            publisher: Publisher { existing: layers_by_kind(&agreed.sources), ..Publisher::default() },
            lines: agreed.sources,
            slots,
            twcc: TwccRecorder::default(),
            level: LevelMeter::default(),
            quality: QualityMeter::default(),
            down: Downlink::new(measured),
            allocator: Allocator::default(),
            paused: BTreeSet::new(),
            asked: Asked::new(now_us),
            handshake: Vec::new(),
            repairs_left: limits::REPAIRS_PER_SECOND,
            alive_us: now_us,
            silent: false,
            due: Timetable {
                tick_us: now_us,
                round_us: now_us,
                pace_us: i64::MAX,
                allocation_us: now_us,
                layers_us: now_us,
                refill_us: now_us,
                reports_us: now_us,
                quality_us: now_us + limits::MEDIA_QUALITY.as_micros() as i64,
                quality_from_us: now_us,
            },
            dirty: false,
        }
    }

    /// What this SSRC was bound to.
    pub(crate) fn belongs(&self, ssrc: u32) -> Option<Belongs> {
        self.publisher.incoming.iter().enumerate().find_map(|(place, stream)| {
            if stream.ssrc == ssrc {
                Some(Belongs::Media(place))
            } else if stream.repair.as_ref().is_some_and(|(repair, _)| *repair == ssrc) {
                Some(Belongs::Repair(place))
            } else {
                None
            }
        })
    }

    /// Binds an SSRC whose first packet was authentic: by MID and RID, by MID alone, or by what the offer announced.
    /// `None`: it belongs to nothing we agreed on.
    pub(crate) fn bind(
        &mut self,
        packet: &[u8],
        header: &rtp::RtpHeader,
        mut new_key: impl FnMut() -> StreamKey,
    ) -> Option<Belongs> {
        let (mut mid, mut rid, mut repaired_rid) = (None, None, None);
        for (id, value) in header.extensions(packet) {
            let id = Some(id);
            if id == self.extensions.mid {
                mid = Some(value);
            } else if id == self.extensions.rid {
                rid = Some(value);
            } else if id == self.extensions.repaired_rid {
                repaired_rid = Some(value);
            }
        }
        let announced = |line: &&SourceLine| line.ssrc == Some(header.ssrc) || line.rtx_ssrc == Some(header.ssrc);
        let named = |line: &&SourceLine| mid == Some(line.mid.as_bytes());
        let line = self.lines.iter().find(named).or_else(|| self.lines.iter().find(announced))?;
        let repair = line.rtx_payload_type == Some(header.payload_type);
        let sent = [Some(line.payload_type), line.red_payload_type];
        if !repair && !sent.contains(&Some(header.payload_type)) {
            return None;
        }
        let layer = if line.rids.is_empty() {
            Layer::Full
        } else {
            let name = if repair { repaired_rid.or(rid) } else { rid }?;
            line.rids.iter().find(|(rid, _)| rid.as_bytes() == name)?.1
        };
        let kind = line.kind;
        let place = self.publisher.incoming.iter().position(|stream| (stream.kind, stream.layer) == (kind, layer));
        if repair {
            // A repair of a stream that has not been seen repairs nothing.
            let stream = self.publisher.incoming.get_mut(place?)?;
            stream.repair = Some((header.ssrc, ReceiveWindow::new()));
            return place.map(Belongs::Repair);
        }
        let types = line.red_payload_type.map(|red| RedTypes { red, codec: line.payload_type });
        let fresh = Incoming::new(new_key(), kind, layer, line.codec, header.ssrc).with_redundancy(types);
        match place.and_then(|place| self.publisher.incoming.get_mut(place)) {
            // The browser restarted this layer with another SSRC.
            Some(stream) => *stream = fresh,
            None => self.publisher.incoming.push(fresh),
        }
        place.or(self.publisher.incoming.len().checked_sub(1)).map(Belongs::Media)
    }

    /// Encrypts what `write` appends as one RTCP datagram.
    pub(crate) fn send_rtcp(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        let Some(srtp) = &mut self.srtp else { return };
        let sent = self.down.outbox.push(|bytes, start| {
            write(bytes);
            bytes.len() > start && srtp.seal_rtcp(bytes, start).is_ok()
        });
        self.dirty |= sent;
    }
}

/// Layers the offer announced, one bit each, by kind of source.
fn layers_by_kind(lines: &[SourceLine]) -> [u8; 3] {
    let mut existing = [0; 3];
    for line in lines {
        let simulcast = line.rids.iter().fold(0, |all, (_, layer)| all | layer.bit());
        if let Some(bits) = existing.get_mut(line.kind as usize) {
            *bits = if line.rids.is_empty() { Layer::Full.bit() } else { simulcast };
        }
    }
    existing
}
