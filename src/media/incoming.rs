//! One stream as a connection publishes it: a microphone, a paper camera, or one layer of a camera.

use super::cache::PacketCache;
use super::engine::Codec;
use super::meter::RateMeter;
use super::nack::{Gap, NackGenerator};
use super::plan::{Layer, SourceKind};
use super::reports::{ListenersLoss, ReceiveStatistics, StreamClock};
use super::rewrite::StreamKey;
use super::sound::{RedTypes, Sound};
use super::srtp::ReceiveWindow;
use crate::limits;

/// Header, tag, UDP and IP of a packet we forward.
const AROUND: usize = 20 + 16 + 8 + 20;
/// Measured over this long, once per round of timers; the new value weighs this much.
const METER_US: i64 = 900_000;
const COST_WEIGHT: f64 = 0.04;
/// What a stream cost before a pause this long says nothing about it now.
const FORGOTTEN_US: i64 = 5_000_000;

/// Merges wishes for a key frame: the second of two requests may follow soon, should the first be lost, but no more
/// than two come within `limits::KEY_FRAME_INTERVAL`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeyFrameRequests {
    last_us: [i64; 2],
    wanted: bool,
}

impl KeyFrameRequests {
    fn new() -> Self {
        Self { last_us: [i64::MIN / 2; 2], wanted: false }
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
        let [last_us, before_us] = self.last_us;
        let due = self.wanted
            && now_us - last_us >= limits::KEY_FRAME_AGAIN.as_micros() as i64
            && now_us - before_us >= limits::KEY_FRAME_INTERVAL.as_micros() as i64;
        if due {
            self.last_us = [now_us, last_us];
            self.wanted = false;
        }
        due
    }
}

/// Which stream of which connection. A connection is told from one of the same name before it by when it joined.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin {
    pub(crate) born_us: i64,
    pub(crate) kind: SourceKind,
    pub(crate) layer: Layer,
    pub(crate) codec: Codec,
    pub(crate) ssrc: u32,
}

/// What other workers should know of a stream. All workers have one clock, so times are what they are where they were taken.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StreamNews {
    pub(crate) origin: Origin,
    pub(crate) clock: StreamClock,
    pub(crate) cost: Option<f64>,
    pub(crate) last_packet_us: i64,
}

/// State of one incoming stream.
#[derive(Debug)]
pub(crate) struct Incoming {
    pub(crate) key: StreamKey,
    pub(crate) kind: SourceKind,
    pub(crate) layer: Layer,
    pub(crate) codec: Codec,
    pub(crate) ssrc: u32,
    pub(crate) window: ReceiveWindow,
    /// Of the RTX stream that repairs this one, once it was seen.
    pub(crate) repair: Option<(u32, ReceiveWindow)>,
    pub(crate) nack: NackGenerator,
    pub(crate) cache: PacketCache,
    pub(crate) key_frames: KeyFrameRequests,
    pub(crate) clock: StreamClock,
    pub(crate) statistics: ReceiveStatistics,
    /// Of a microphone: what came within later packets, and what was said last.
    pub(crate) sound: Option<Box<Sound>>,
    /// Of a microphone: what those lose that hear it.
    pub(crate) listeners: ListenersLoss,
    meter: RateMeter,
    /// Smoothed bits per second as a viewer's line carries them; `None` before it was measured.
    cost: Option<f64>,
    last_packet_us: i64,
}

impl Incoming {
    pub(crate) fn new(key: StreamKey, kind: SourceKind, layer: Layer, codec: Codec, ssrc: u32) -> Self {
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
            codec,
            ssrc,
            window: ReceiveWindow::new(),
            repair: None,
            nack: NackGenerator::default(),
            cache: PacketCache::new(budget),
            key_frames: KeyFrameRequests::new(),
            clock: StreamClock::new(clock_hz(kind)),
            statistics: ReceiveStatistics::default(),
            sound: (kind == SourceKind::Microphone).then(|| Box::new(Sound::new())),
            listeners: ListenersLoss::default(),
            meter: RateMeter::default(),
            cost: None,
            last_packet_us: i64::MIN / 2,
        }
    }

    /// The same with redundancy, where it was agreed.
    pub(crate) fn with_redundancy(mut self, types: Option<RedTypes>) -> Self {
        if let Some(sound) = &mut self.sound {
            sound.types = types;
        }
        self
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

    /// What forwarding this stream costs a line, bits per second; `None` while it does not flow.
    pub(crate) fn cost(&self, now_us: i64) -> Option<u32> {
        (now_us - self.last_packet_us < FORGOTTEN_US).then_some(self.cost? as u32)
    }

    /// To be called regularly: key frames are smoothed over seconds, so that none looks like a dearer layer.
    pub(crate) fn measure(&mut self, now_us: i64) {
        if let Some(rate) = self.meter.rate(now_us, METER_US).filter(|rate| *rate > 0.0) {
            self.cost = Some(self.cost.map_or(rate, |cost| cost + (rate - cost) * COST_WEIGHT));
        }
    }

    /// What other workers should know of it.
    pub(crate) fn news(&self, born_us: i64) -> StreamNews {
        let origin = Origin { born_us, kind: self.kind, layer: self.layer, codec: self.codec, ssrc: self.ssrc };
        StreamNews { origin, clock: self.clock, cost: self.cost, last_packet_us: self.last_packet_us }
    }

    /// What its own worker tells of it.
    pub(crate) fn learn(&mut self, news: &StreamNews) {
        (self.clock, self.cost, self.last_packet_us) = (news.clock, news.cost, news.last_packet_us);
    }

    /// A packet of it came from its own worker.
    pub(crate) fn crossed(&mut self, now_us: i64) {
        self.last_packet_us = now_us;
    }

    /// Accounts for a packet with `payload` bytes, original or repaired. `true`: so much is missing that only a key
    /// frame helps.
    pub(crate) fn arrived(&mut self, index: u64, timestamp: u32, payload: usize, repaired: bool, now_us: i64) -> bool {
        self.meter.add(now_us, payload + AROUND);
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
        assert!(!requests.take(900_000), "two in a second are enough");
        assert!(requests.take(1_000_000));
        requests.want();
        requests.arrived();
        assert!(!requests.take(9_000_000));
    }

    /// T31 of the list of faults: however many viewers ask, and however long.
    #[test]
    fn no_more_than_two_requests_a_second() {
        let mut requests = KeyFrameRequests::new();
        let mut sent = 0;
        for ms in 0..20_000 {
            requests.want();
            sent += u32::from(requests.take(ms * 1_000));
        }
        assert_eq!(sent, 40);
    }

    #[test]
    fn a_stream_costs_what_it_brings_and_nothing_when_it_is_gone() {
        let mut stream = Incoming::new(1, SourceKind::Camera, Layer::Half, Codec::Vp8, 7);
        assert_eq!(stream.cost(0), None);
        for packet in 0..600 {
            let now_us = packet * 10_000;
            stream.arrived(packet as u64, 0, 436, false, now_us);
            if packet % 5 == 0 {
                stream.measure(now_us);
            }
        }
        let cost = stream.cost(6_000_000).unwrap();
        assert!((380_000..420_000).contains(&cost), "{cost}");
        assert_eq!(stream.cost(12_000_000), None);
    }
}
