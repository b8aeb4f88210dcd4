//! One stream as a connection publishes it: a microphone, a paper camera, or one layer of a camera.

use super::cache::PacketCache;
use super::engine::Codec;
use super::nack::{Gap, NackGenerator};
use super::plan::{Layer, SourceKind};
use super::reports::{ReceiveStatistics, StreamClock};
use super::rewrite::StreamKey;
use super::srtp::ReceiveWindow;
use crate::limits;

/// Merges wishes for a key frame into at most one request per `limits::KEY_FRAME_INTERVAL`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeyFrameRequests {
    last_us: i64,
    wanted: bool,
}

impl KeyFrameRequests {
    fn new() -> Self {
        Self { last_us: i64::MIN / 2, wanted: false }
    }

    pub(crate) fn want(&mut self) {
        self.wanted = true;
    }

    /// The wish was met.
    pub(crate) fn arrived(&mut self) {
        self.wanted = false;
    }

    /// True when a request is to be sent now.
    pub(crate) fn take(&mut self, now_us: i64) -> bool {
        let due = self.wanted && now_us - self.last_us >= limits::KEY_FRAME_INTERVAL.as_micros() as i64;
        if due {
            self.last_us = now_us;
            self.wanted = false;
        }
        due
    }
}

/// State of one incoming stream.
#[derive(Debug)]
pub(crate) struct Incoming {
    pub(crate) key: StreamKey,
    pub(crate) kind: SourceKind,
    pub(crate) layer: Layer,
    pub(crate) ssrc: u32,
    pub(crate) window: ReceiveWindow,
    /// Of the RTX stream that repairs this one, once it was seen.
    pub(crate) repair: Option<(u32, ReceiveWindow)>,
    pub(crate) nack: NackGenerator,
    pub(crate) cache: PacketCache,
    pub(crate) key_frames: KeyFrameRequests,
    pub(crate) clock: StreamClock,
    pub(crate) statistics: ReceiveStatistics,
    last_packet_us: i64,
}

impl Incoming {
    pub(crate) fn new(key: StreamKey, kind: SourceKind, layer: Layer, ssrc: u32) -> Self {
        let budget = match (kind, layer) {
            (SourceKind::Microphone, _) => 0,
            (_, Layer::Quarter) => limits::NACK_CACHE_BYTES / 8,
            (_, Layer::Half) => limits::NACK_CACHE_BYTES / 3,
            (_, Layer::Full) => limits::NACK_CACHE_BYTES,
        };
        Self {
            key,
            kind,
            layer,
            ssrc,
            window: ReceiveWindow::new(),
            repair: None,
            nack: NackGenerator::default(),
            cache: PacketCache::new(budget),
            key_frames: KeyFrameRequests::new(),
            clock: StreamClock::new(clock_hz(kind)),
            statistics: ReceiveStatistics::default(),
            last_packet_us: i64::MIN / 2,
        }
    }

    pub(crate) fn is_video(&self) -> bool {
        self.kind != SourceKind::Microphone
    }

    /// Time of the newest packet; far in the past before the first.
    pub(crate) fn last_packet_us(&self) -> i64 {
        self.last_packet_us
    }

    /// The publisher said that this stream is over.
    pub(crate) fn ended(&mut self) {
        self.last_packet_us = i64::MIN / 2;
    }

    /// Accounts for a packet, original or repaired. `true`: so much is missing that only a key frame helps.
    pub(crate) fn arrived(&mut self, index: u64, timestamp: u32, repaired: bool, now_us: i64) -> bool {
        let newest = self.window.highest() == Some(index);
        if newest {
            self.clock.arrived(timestamp, now_us);
        }
        self.last_packet_us = now_us;
        if !repaired {
            self.statistics.arrived(index, timestamp, now_us, clock_hz(self.kind));
        }
        self.is_video() && self.nack.arrived(index, now_us) == Gap::TooWide
    }
}

/// RTP clock of a source.
pub(crate) fn clock_hz(kind: SourceKind) -> u32 {
    match kind {
        SourceKind::Microphone => 48_000,
        SourceKind::Camera | SourceKind::Paper => 90_000,
    }
}

/// Codec of a source.
pub(crate) fn codec(kind: SourceKind) -> Codec {
    match kind {
        SourceKind::Microphone => Codec::Opus,
        SourceKind::Camera | SourceKind::Paper => Codec::Vp8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_frame_wishes_are_merged() {
        let mut requests = KeyFrameRequests::new();
        assert!(!requests.take(0));
        for _ in 0..60 {
            requests.want();
        }
        assert!(requests.take(0));
        requests.want();
        assert!(!requests.take(100_000));
        assert!(requests.take(250_000), "the later wish is not forgotten");
        requests.want();
        requests.arrived();
        assert!(!requests.take(900_000));
    }
}
