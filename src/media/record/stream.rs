//! One RTP stream (one layer of a source) from packets to pictures or sounds with their time.

use super::depacketize::{Assembler, Picture};
use super::jitter::{Jitter, Step};
use super::timeline::Timeline;
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

pub(super) struct Stream {
    codec: Codec,
    jitter: Jitter,
    pictures: Assembler,
    pub(super) timeline: Timeline,
    /// First packet of the new time, put aside until the owner has closed the old file.
    held: Option<RecordedPacket>,
}

impl Stream {
    pub(super) fn new(codec: Codec) -> Self {
        Self {
            codec,
            jitter: Jitter::default(),
            pictures: Assembler::default(),
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
                    self.pictures = Assembler::default();
                    self.pictures.lost();
                    packet
                }
                None => match self.jitter.pop(now_us)? {
                    Step::Packet(packet) => packet,
                    Step::Lost(count) => {
                        self.pictures.lost();
                        return Some(Item::Lost(count));
                    }
                },
            };
            let Some(stamp) = self.timeline.observe(packet.timestamp, packet.arrival_us, packet.capture_us) else {
                self.held = Some(packet);
                return Some(Item::Jumped);
            };
            let block = match self.codec {
                Codec::Vp8 => self.pictures.push(&packet.payload, packet.marker, stamp, packet.target),
                Codec::Opus if packet.payload.is_empty() => None,
                Codec::Opus => {
                    let (data, target) = (packet.payload.to_vec(), packet.target);
                    Some(Picture { data, stamp, target, key: None, continuous: true })
                }
            };
            if let Some(block) = block {
                return Some(Item::Block(block));
            }
        }
    }

    /// The sender pauses on purpose. Call after draining.
    pub(super) fn pause(&mut self) {
        self.jitter.pause();
        self.pictures.lost();
    }
}

fn hertz(codec: Codec) -> i64 {
    match codec {
        Codec::Vp8 => 90_000,
        Codec::Opus => 48_000,
    }
}
