//! One RTP stream (one layer of a source) from packets to pictures or sounds with their time.

use super::access_unit::AccessUnits;
use super::depacketize::{Assembler, Picture};
use super::jitter::{Jitter, Step};
use super::timeline::{Stamp, Timeline};
use crate::media::engine::{Codec, RecordedPacket};

/// What a stream gives.
pub(super) enum Item {
    /// A whole picture or one Opus packet.
    Block(Picture),
    /// So many packets are missing.
    Lost(u32),
    /// The sender's clock jumped; what follows belongs in a new file.
    Jumped,
}

/// Who makes blocks of packets.
enum Packets {
    Sounds,
    Vp8(Assembler),
    H264(Box<AccessUnits>),
}

impl Packets {
    fn of(codec: Codec) -> Self {
        match codec {
            Codec::Opus => Self::Sounds,
            Codec::Vp8 => Self::Vp8(Assembler::default()),
            Codec::H264 => Self::H264(Box::default()),
        }
    }

    /// Packets are missing here.
    fn lost(&mut self) {
        match self {
            Self::Sounds => {}
            Self::Vp8(pictures) => pictures.lost(),
            Self::H264(pictures) => pictures.lost(),
        }
    }

    fn push(&mut self, packet: &RecordedPacket, stamp: Stamp) -> Option<Picture> {
        let RecordedPacket { payload, marker, target, .. } = packet;
        match self {
            Self::Sounds => (!payload.is_empty()).then(|| {
                let data = payload.to_vec();
                Picture { data, stamp, target: *target, key: None, continuous: true }
            }),
            Self::Vp8(pictures) => pictures.push(payload, *marker, stamp, *target),
            Self::H264(pictures) => pictures.push(payload, *marker, stamp, *target),
        }
    }
}

pub(super) struct Stream {
    codec: Codec,
    jitter: Jitter,
    packets: Packets,
    pub(super) timeline: Timeline,
    /// First packet of the new time, put aside until the owner has closed the old file.
    held: Option<RecordedPacket>,
}

impl Stream {
    pub(super) fn new(codec: Codec) -> Self {
        Self {
            codec,
            jitter: Jitter::default(),
            packets: Packets::of(codec),
            timeline: Timeline::new(hertz(codec)),
            held: None,
        }
    }

    pub(super) fn insert(&mut self, packet: RecordedPacket) {
        self.jitter.insert(packet);
    }

    /// The next thing that is complete or given up at `now_us` (monotonic; `i64::MAX`: wait for nothing).
    pub(super) fn next(&mut self, now_us: i64) -> Option<Item> {
        loop {
            let packet = match self.held.take() {
                Some(packet) => {
                    self.timeline = Timeline::new(hertz(self.codec));
                    self.packets = Packets::of(self.codec);
                    self.packets.lost();
                    packet
                }
                None => match self.jitter.pop(now_us)? {
                    Step::Packet(packet) => packet,
                    Step::Lost(count) => {
                        self.packets.lost();
                        return Some(Item::Lost(count));
                    }
                },
            };
            let Some(stamp) = self.timeline.observe(packet.timestamp, packet.arrival_us, packet.capture_us) else {
                self.held = Some(packet);
                return Some(Item::Jumped);
            };
            if let Some(block) = self.packets.push(&packet, stamp) {
                return Some(Item::Block(block));
            }
        }
    }

    /// The sender pauses on purpose. Call after draining.
    pub(super) fn pause(&mut self) {
        self.jitter.pause();
        self.packets.lost();
    }
}

fn hertz(codec: Codec) -> i64 {
    match codec {
        Codec::Vp8 | Codec::H264 => 90_000,
        Codec::Opus => 48_000,
    }
}
