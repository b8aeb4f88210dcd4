//! One source: which layer is taken, when a file begins and ends, what is a gap and what is an alarm.

use std::collections::BTreeMap;

use super::depacketize::Picture;
use super::disk::Fault;
use super::disks::Disks;
use super::event::{GapCause, RecorderEvent, wall};
use super::hole::Hole;
use super::manifest::Head;
use super::opus;
use super::outbox::Outbox;
use super::seal::KeyLookup;
use super::segment::{Segment, SegmentPlan};
use super::shared::{RunningSource, Shared};
use super::stream::{Item, Stream};
use crate::clock::Clock;
use crate::domain::ids::SegmentId;
use crate::limits;
use crate::media::engine::{Codec, RecordedPacket};
use crate::media::plan::{Layer, RecordTarget, SourceId};

const SEGMENT_US: i64 = limits::SEGMENT.as_micros() as i64;
const ROTATE_US: i64 = SEGMENT_US - limits::RECORD_ROTATE.as_micros() as i64;
const GAP_US: i64 = limits::RECORD_GAP.as_micros() as i64;
/// The alarm has a second of head-room for the turn of the thread and the way to the room.
const ALARM_US: i64 = limits::RECORD_CHECK.as_micros() as i64 - 1_000_000;
const FLOWING_US: i64 = 1_000_000;

/// What a track needs of the recorder around it.
pub(super) struct Context<'a> {
    pub(super) disks: &'a Disks,
    pub(super) keys: &'a dyn KeyLookup,
    pub(super) clock: &'a dyn Clock,
    pub(super) shared: &'a Shared,
    pub(super) outbox: &'a mut Outbox,
    /// Files whose trailer could not be written yet.
    pub(super) parked: &'a mut Vec<Segment>,
    /// Bytes written since the start of the process.
    pub(super) written: &'a mut u64,
    /// Monotonic microseconds: arrival of the packet at hand, or the clock when none waits.
    pub(super) now_us: i64,
}

pub(super) struct Track {
    source: SourceId,
    codec: Codec,
    target: RecordTarget,
    streams: BTreeMap<Layer, Stream>,
    active: Option<Layer>,
    segment: Option<Segment>,
    /// RTP time of the first block of the open file.
    first_rtp: i64,
    opened_us: i64,
    last_ms: u64,
    need_key: bool,
    /// Arrival of the last whole block of the active layer.
    active_us: i64,
    fault: Option<Fault>,
    hole: Hole,
    /// Capture time up to which the present target is recorded.
    covered_us: Option<i64>,
    last_packet_us: i64,
    first_unwritten_us: Option<i64>,
    /// What its files hold since the track is known: bytes, and sound that is more than silence.
    written: u64,
    sounding_us: u64,
    /// Monotonic time at which the newest key frame was written.
    key_us: i64,
}

impl Track {
    pub(super) fn new(packet: &RecordedPacket) -> Self {
        Self {
            source: packet.source,
            codec: packet.codec,
            target: packet.target,
            streams: BTreeMap::new(),
            active: None,
            segment: None,
            first_rtp: 0,
            opened_us: packet.arrival_us,
            last_ms: 0,
            need_key: packet.codec.is_picture(),
            active_us: packet.arrival_us,
            fault: None,
            hole: Hole::default(),
            covered_us: None,
            last_packet_us: packet.arrival_us,
            first_unwritten_us: None,
            written: 0,
            sounding_us: 0,
            key_us: packet.arrival_us,
        }
    }

    /// Takes a packet of this source.
    pub(super) fn packet(&mut self, packet: RecordedPacket, cx: &mut Context<'_>) {
        if packet.payload.is_empty() && self.streams.is_empty() || packet.codec != self.codec {
            return;
        }
        self.last_packet_us = packet.arrival_us;
        if self.blocked() {
            self.miss(packet.target, packet.arrival_us, GapCause::Fault, cx);
            self.target = packet.target;
            return;
        }
        if !packet.payload.is_empty() {
            self.first_unwritten_us.get_or_insert(packet.arrival_us);
        }
        let layer = packet.layer;
        self.streams.entry(layer).or_insert_with(|| Stream::new(packet.codec)).insert(packet);
        self.drain(layer, cx.now_us, cx);
    }

    fn drain(&mut self, layer: Layer, until_us: i64, cx: &mut Context<'_>) {
        while let Some(item) = self.streams.get_mut(&layer).and_then(|stream| stream.next(until_us)) {
            match item {
                Item::Block(block) => self.block(layer, &block, cx),
                Item::Lost(count) if self.active == Some(layer) => {
                    if let Some(segment) = &mut self.segment {
                        segment.lost_packets = segment.lost_packets.saturating_add(count);
                    }
                    if let (Codec::Opus, Some(from_us)) = (self.codec, self.covered_us) {
                        self.miss(self.target, from_us, GapCause::Loss, cx);
                    }
                }
                Item::Lost(_) => {}
                Item::Jumped if self.active == Some(layer) => self.close(cx),
                Item::Jumped => {}
            }
        }
    }

    fn drain_all(&mut self, until_us: i64, cx: &mut Context<'_>) {
        for layer in [Layer::Full, Layer::Half, Layer::Quarter] {
            self.drain(layer, until_us, cx);
        }
    }

    fn block(&mut self, layer: Layer, block: &Picture, cx: &mut Context<'_>) {
        if self.blocked() {
            return;
        }
        let video = self.codec.is_picture();
        if self.active != Some(layer) {
            if video && block.key.is_none() {
                // The old layer goes on until the new one has a picture to begin with; when it is over, one is asked for.
                if self.active.is_none() || cx.now_us - self.active_us > GAP_US {
                    cx.shared.want_key_frame(self.source, true);
                }
                if self.active.is_none() {
                    self.miss(block.target, block.stamp.arrival_us, GapCause::NoKeyFrame, cx);
                }
                return;
            }
            self.close(cx);
            self.active = Some(layer);
            self.streams.retain(|other, _| *other == layer);
        }
        self.active_us = block.stamp.arrival_us;
        if self.segment.as_ref().is_some_and(|segment| segment.target != block.target) {
            self.close(cx);
        }
        if self.target != block.target {
            self.target = block.target;
            self.covered_us = None;
        }
        let Some((at_us, elapsed_us)) = self.times(block.stamp.rtp) else { return };
        self.need_key |= video && (!block.continuous || self.segment.is_none());
        if self.need_key && block.key.is_none() {
            let cause = if block.continuous && self.segment.is_none() { GapCause::NoKeyFrame } else { GapCause::Loss };
            self.miss(block.target, self.covered_us.unwrap_or(at_us), cause, cx);
            cx.shared.want_key_frame(self.source, true);
            return;
        }
        self.rotate(block, elapsed_us, cx);
        if self.segment.is_some() || (!self.blocked() && self.open(layer, block, at_us, cx)) {
            self.write(block, cx);
        }
    }

    /// Capture time of a block, and its distance from the start of the open file, both in microseconds.
    fn times(&self, rtp: i64) -> Option<(i64, i64)> {
        let timeline = &self.streams.get(&self.active?)?.timeline;
        Some((timeline.at_us(rtp), timeline.span_us(self.first_rtp, rtp)))
    }

    /// Ends the open file when the block at hand has to begin a new one.
    fn rotate(&mut self, block: &Picture, elapsed_us: i64, cx: &mut Context<'_>) {
        let Some(segment) = &self.segment else { return };
        let due = match (self.codec, &block.key) {
            (Codec::Opus, _) => elapsed_us + 60_000 > SEGMENT_US,
            (Codec::Vp8 | Codec::H264, Some(key)) => elapsed_us >= ROTATE_US || !segment.head.fits(key),
            (Codec::Vp8 | Codec::H264, None) => {
                if elapsed_us >= ROTATE_US {
                    cx.shared.want_key_frame(self.source, true);
                }
                elapsed_us >= 2 * SEGMENT_US
            }
        };
        if due {
            self.close(cx);
        }
    }

    fn open(&mut self, layer: Layer, block: &Picture, at_us: i64, cx: &mut Context<'_>) -> bool {
        if self.codec.is_picture() && block.key.is_none() {
            self.need_key = true;
            self.miss(block.target, at_us, GapCause::NoKeyFrame, cx);
            cx.shared.want_key_frame(self.source, true);
            return false;
        }
        let Some(key) = cx.keys.key(block.target) else {
            self.fail(Fault::KeyMissing, at_us, cx);
            return false;
        };
        let started = wall(cx.clock, at_us);
        let head = Head {
            source: self.source,
            codec: self.codec,
            layer,
            width: block.key.as_ref().map(|key| key.size.0),
            height: block.key.as_ref().map(|key| key.size.1),
            private: block.key.as_ref().map(|key| key.private.to_vec()).unwrap_or_default(),
            started_us: started.as_microsecond(),
        };
        let segment = SegmentId(cx.clock.new_id());
        let plan = SegmentPlan { segment, target: block.target, head, started_mono_us: at_us };
        match Segment::open(cx.disks, plan, &key, cx.now_us) {
            Ok(opened) => self.segment = Some(opened),
            Err(error) => {
                self.fail(Fault::from(&error), at_us, cx);
                return false;
            }
        }
        self.first_rtp = block.stamp.rtp;
        self.opened_us = cx.now_us;
        self.last_ms = 0;
        cx.outbox.put(RecorderEvent::SegmentOpened {
            segment,
            source: self.source,
            target: block.target,
            codec: self.codec,
            layer,
            at: started,
        });
        true
    }

    fn write(&mut self, block: &Picture, cx: &mut Context<'_>) {
        let Some((at_us, elapsed_us)) = self.times(block.stamp.rtp) else { return };
        let key = self.codec == Codec::Opus || block.key.is_some();
        self.last_ms = u64::try_from(elapsed_us / 1000).unwrap_or_default().max(self.last_ms);
        let Some(segment) = &mut self.segment else { return };
        let before = segment.bytes();
        if let Err(error) = segment.block(self.last_ms, key, &block.data, cx.now_us) {
            self.fail(Fault::from(&error), at_us, cx);
            return;
        }
        let after = segment.bytes();
        if block.key.is_some() {
            self.need_key = false;
            self.key_us = cx.now_us;
            cx.shared.want_key_frame(self.source, false);
        }
        self.fill(at_us, cx);
        let lasts = if self.codec == Codec::Opus { opus::duration_us(&block.data) } else { 0 };
        self.sounding_us += if self.codec == Codec::Opus { opus::sounding_us(&block.data) } else { 0 };
        self.covered_us = at_us.checked_add_unsigned(lasts);
        self.wrote(after - before, cx);
    }

    /// Media reached the file.
    fn wrote(&mut self, bytes: u64, cx: &mut Context<'_>) {
        if bytes == 0 {
            return;
        }
        *cx.written += bytes;
        self.written += bytes;
        self.first_unwritten_us = None;
        if self.fault.take().is_some() {
            cx.outbox.put(RecorderEvent::Recovered { source: self.source, target: self.target });
        }
    }

    /// Something of `target` from `from_us` on is not in the recording.
    fn miss(&mut self, target: RecordTarget, from_us: i64, cause: GapCause, cx: &mut Context<'_>) {
        self.hole.miss(self.source, target, from_us, cause).into_iter().for_each(|gap| cx.outbox.put(gap));
    }

    /// The recording goes on at `to_us`, or ends there.
    fn fill(&mut self, to_us: i64, cx: &mut Context<'_>) {
        self.hole.fill(self.source, to_us).into_iter().for_each(|gap| cx.outbox.put(gap));
    }

    /// Stops writing until `heal`. `at_us`: capture time of what is lost first.
    fn fail(&mut self, fault: Fault, at_us: i64, cx: &mut Context<'_>) {
        let mut from_us = at_us;
        if let Some(segment) = self.segment.take() {
            from_us = from_us.min(segment.written_until_us());
            cx.parked.push(segment);
        }
        if self.fault.replace(fault).is_none() {
            cx.outbox.put(RecorderEvent::Failed { source: self.source, target: self.target, fault });
        }
        self.miss(self.target, from_us, GapCause::Fault, cx);
        cx.shared.want_key_frame(self.source, false);
        self.streams.clear();
        self.active = None;
        self.need_key = self.codec.is_picture();
        self.first_unwritten_us = None;
    }

    /// The disk takes bytes again, or the key is there: begin a new file.
    pub(super) fn heal(&mut self, disk: bool, cx: &mut Context<'_>) {
        let healed = match self.fault {
            Some(Fault::DiskFull | Fault::DiskError | Fault::Stalled) => disk,
            Some(Fault::KeyMissing) => cx.keys.key(self.target).is_some(),
            _ => false,
        };
        if healed {
            self.fault = None;
            cx.shared.want_key_frame(self.source, self.codec.is_picture());
            cx.outbox.put(RecorderEvent::Recovered { source: self.source, target: self.target });
        }
    }

    /// True while packets are not even looked at.
    pub(super) fn blocked(&self) -> bool {
        matches!(self.fault, Some(Fault::DiskFull | Fault::DiskError | Fault::Stalled | Fault::KeyMissing))
    }

    /// True when only a working disk helps.
    pub(super) fn waits_for_disk(&self) -> bool {
        matches!(self.fault, Some(Fault::DiskFull | Fault::DiskError | Fault::Stalled))
    }

    /// What time asks for.
    pub(super) fn tick(&mut self, cx: &mut Context<'_>) {
        self.drain_all(cx.now_us, cx);
        let started_us = self.times(self.first_rtp).map(|(at_us, _)| at_us);
        if let Some(segment) = &mut self.segment {
            segment.started_mono_us = started_us.unwrap_or(segment.started_mono_us);
            let before = segment.bytes();
            match segment.tick(cx.now_us) {
                Ok(event) => {
                    let after = segment.bytes();
                    self.wrote(after - before, cx);
                    event.into_iter().for_each(|event| cx.outbox.put(event));
                }
                Err(error) => self.fail(Fault::from(&error), cx.now_us, cx),
            }
        }
        let silent = cx.now_us - self.last_packet_us > FLOWING_US;
        if silent && cx.now_us - self.opened_us >= SEGMENT_US {
            self.close(cx);
        }
        let waiting = self.first_unwritten_us.is_some_and(|since| cx.now_us - since >= ALARM_US);
        if waiting && !silent && self.fault.is_none() {
            let fault = Fault::NothingWritten;
            self.fault = Some(fault);
            cx.outbox.put(RecorderEvent::Failed { source: self.source, target: self.target, fault });
        }
    }

    /// Nothing came for so long that nobody will say `stop`.
    pub(super) fn forgotten(&self, cx: &Context<'_>) -> bool {
        let over = self.segment.is_none() && cx.now_us - self.last_packet_us > 2 * SEGMENT_US;
        if over {
            cx.shared.want_key_frame(self.source, false);
        }
        over
    }

    fn close(&mut self, cx: &mut Context<'_>) {
        let started_us = self.times(self.first_rtp).map(|(at_us, _)| at_us);
        let Some(mut segment) = self.segment.take() else { return };
        segment.started_mono_us = started_us.unwrap_or(segment.started_mono_us);
        self.need_key = self.codec.is_picture();
        let before = segment.bytes();
        match segment.finish(cx.clock) {
            Ok(closed) => {
                *cx.written += closed.bytes.saturating_sub(before);
                self.first_unwritten_us = None;
                cx.outbox.put(RecorderEvent::SegmentClosed(closed));
            }
            Err(error) => {
                let fault = Fault::from(&error);
                self.segment = Some(segment);
                self.fail(fault, cx.now_us, cx);
            }
        }
    }

    /// The visit is over: its file is closed.
    pub(super) fn boundary(&mut self, target: RecordTarget, cx: &mut Context<'_>) {
        self.drain_all(i64::MAX, cx);
        if self.segment.as_ref().is_some_and(|segment| segment.target == target) {
            self.close(cx);
        }
        if self.hole.is_of(target) {
            self.fill(self.last_packet_us, cx);
        }
        if self.target == target {
            self.covered_us = None;
        }
    }

    /// The source pauses on purpose (its microphone was closed): what comes next follows without a gap.
    pub(super) fn pause(&mut self, cx: &mut Context<'_>) {
        self.drain_all(i64::MAX, cx);
        self.streams.values_mut().for_each(Stream::pause);
        self.covered_us = None;
    }

    /// The source is over.
    pub(super) fn stop(mut self, cx: &mut Context<'_>) {
        self.drain_all(i64::MAX, cx);
        self.close(cx);
        self.fill(self.last_packet_us, cx);
        cx.shared.want_key_frame(self.source, false);
    }

    pub(super) fn running(&self, now_us: i64) -> RunningSource {
        let open_picture = self.codec.is_picture() && self.segment.is_some();
        RunningSource {
            source: self.source,
            target: self.target,
            segment: self.segment.as_ref().map(|segment| segment.id),
            bytes: self.segment.as_ref().map_or(0, Segment::bytes),
            written: self.written,
            sounding_us: self.sounding_us,
            key_overdue: open_picture && now_us - self.key_us > SEGMENT_US,
            fault: self.fault,
        }
    }
}
