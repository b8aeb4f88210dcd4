//! The recorder's thread: one turn per packet, duties in between.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError};

use super::disks::Disks;
use super::event::{GapCause, RecorderEvent};
use super::outbox::Outbox;
use super::seal::KeyLookup;
use super::segment::Segment;
use super::shared::{RecorderStatus, Shared};
use super::track::{Context, Track};
use crate::clock::SharedClock;
use crate::limits;
use crate::media::engine::RecordedPacket;
use crate::media::plan::{RecordTarget, SourceId};

const TURN: Duration = Duration::from_millis(50);
const TURN_US: i64 = TURN.as_micros() as i64;
const STATUS_US: i64 = 500_000;
/// The rate behind "hours left" is measured over this time.
const RATE_US: i64 = 60_000_000;
/// The first one, to have something to say soon.
const FIRST_RATE_US: i64 = 10_000_000;
/// A closing process waits so many turns for its events to be taken.
const LAST_TURNS: u32 = 40;

/// What a room asks for, once `due_us` has passed on the packets' clock.
pub(super) struct Order {
    pub(super) due_us: i64,
    pub(super) what: What,
}

#[derive(Clone, Copy)]
pub(super) enum What {
    Boundary(RecordTarget),
    Pause(SourceId),
    Stop(SourceId),
}

pub(super) struct Task {
    pub(super) disks: Arc<Disks>,
    pub(super) keys: Arc<dyn KeyLookup>,
    pub(super) clock: SharedClock,
    pub(super) shared: Arc<Shared>,
    pub(super) packets: Receiver<RecordedPacket>,
    pub(super) orders: Receiver<Order>,
    state: State,
}

struct State {
    outbox: Outbox,
    tracks: BTreeMap<SourceId, Track>,
    parked: Vec<Segment>,
    pending: Vec<Order>,
    started_us: i64,
    now_us: i64,
    ticked_us: i64,
    retried_us: i64,
    status_us: i64,
    written: u64,
    /// Start of the rate's window and what was written then; the rate in bytes per second.
    rate: (i64, u64, Option<f64>),
}

impl Task {
    pub(super) fn new(
        disks: Arc<Disks>,
        keys: Arc<dyn KeyLookup>,
        clock: SharedClock,
        shared: Arc<Shared>,
        packets: Receiver<RecordedPacket>,
        orders: Receiver<Order>,
        outbox: Outbox,
    ) -> Self {
        let now_us = clock.mono_us();
        let state = State {
            outbox,
            tracks: BTreeMap::new(),
            parked: Vec::new(),
            pending: Vec::new(),
            started_us: now_us,
            now_us,
            ticked_us: now_us,
            retried_us: now_us,
            status_us: i64::MIN,
            written: 0,
            rate: (now_us, 0, None),
        };
        Self { disks, keys, clock, shared, packets, orders, state }
    }

    /// Runs until the recorder is shut down and its queue is empty.
    pub(super) fn run(mut self) {
        loop {
            self.shared.heartbeat_us.store(self.clock.mono_us(), Ordering::Relaxed);
            self.state.pending.extend(self.orders.try_iter());
            match self.packets.recv_timeout(TURN) {
                Ok(packet) => {
                    self.state.now_us = self.state.now_us.max(packet.arrival_us);
                    self.packet(packet);
                }
                Err(RecvTimeoutError::Timeout) => {
                    self.state.now_us = self.state.now_us.max(self.clock.mono_us());
                    if self.shared.stopping.load(Ordering::Acquire) {
                        break;
                    }
                }
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if self.state.now_us - self.state.ticked_us >= TURN_US {
                self.state.ticked_us = self.state.now_us;
                self.tick();
            }
        }
        self.end();
    }

    /// The tracks, and everything else as they need it.
    fn split(&mut self) -> (&mut BTreeMap<SourceId, Track>, Context<'_>) {
        let state = &mut self.state;
        let context = Context {
            disks: &self.disks,
            keys: self.keys.as_ref(),
            clock: self.clock.as_ref(),
            shared: &self.shared,
            outbox: &mut state.outbox,
            parked: &mut state.parked,
            written: &mut state.written,
            now_us: state.now_us,
        };
        (&mut state.tracks, context)
    }

    fn packet(&mut self, packet: RecordedPacket) {
        let (tracks, mut cx) = self.split();
        tracks.entry(packet.source).or_insert_with(|| Track::new(&packet)).packet(packet, &mut cx);
    }

    fn tick(&mut self) {
        let now_us = self.state.now_us;
        for (source, hole) in self.shared.take_overflow() {
            let (target, from_us, to_us) = (hole.target, hole.from_us, hole.to_us);
            let cause = GapCause::QueueFull;
            self.state.outbox.put(RecorderEvent::Gap { source, target, from_us, to_us, cause });
        }
        let (tracks, mut cx) = self.split();
        tracks.values_mut().for_each(|track| track.tick(&mut cx));
        tracks.retain(|_, track| !track.forgotten(&cx));
        let (due, later) =
            std::mem::take(&mut self.state.pending).into_iter().partition(|order| order.due_us <= now_us);
        self.state.pending = later;
        self.carry_out(due);
        if now_us - self.state.retried_us >= limits::RECORD_RETRY.as_micros() as i64 {
            self.state.retried_us = now_us;
            self.retry();
        }
        if now_us - self.state.status_us.max(0) >= STATUS_US || self.state.status_us == i64::MIN {
            self.state.status_us = now_us;
            self.publish();
        }
        self.state.outbox.send();
    }

    fn carry_out(&mut self, due: Vec<Order>) {
        for order in due {
            let (tracks, mut cx) = self.split();
            match order.what {
                What::Boundary(target) => {
                    tracks.values_mut().for_each(|track| track.boundary(target, &mut cx));
                    let unfinished = cx.parked.iter().filter(|segment| segment.target == target).count();
                    cx.outbox.put(RecorderEvent::BoundaryDone { target, unfinished });
                }
                What::Pause(source) => {
                    if let Some(track) = tracks.get_mut(&source) {
                        track.pause(&mut cx);
                    }
                }
                What::Stop(source) => {
                    if let Some(track) = tracks.remove(&source) {
                        track.stop(&mut cx);
                    }
                }
            }
        }
    }

    /// Tries the disk when something waits for it, finishes what was left open and lets the sources go on.
    fn retry(&mut self) {
        let waits = !self.state.parked.is_empty() || self.state.tracks.values().any(Track::waits_for_disk);
        let works = self.disks.heal(waits, &self.clock.new_id().to_string());
        if waits && works {
            self.finish_parked();
        }
        let (tracks, mut cx) = self.split();
        tracks.values_mut().for_each(|track| track.heal(works, &mut cx));
    }

    fn finish_parked(&mut self) {
        for mut segment in std::mem::take(&mut self.state.parked) {
            match segment.finish(self.clock.as_ref()) {
                Ok(closed) => self.state.outbox.put(RecorderEvent::SegmentClosed(closed)),
                Err(error) => {
                    tracing::warn!(segment = %segment.id, %error, "recording not finished yet");
                    self.state.parked.push(segment);
                }
            }
        }
    }

    fn publish(&mut self) {
        let state = &mut self.state;
        let (since_us, before, known) = state.rate;
        let window_us = state.now_us - since_us;
        let rate = (state.written - before) as f64 * 1e6 / window_us.max(1) as f64;
        if window_us >= RATE_US {
            state.rate = (state.now_us, state.written, Some(rate));
        } else if window_us >= FIRST_RATE_US && known.is_none_or(|_| since_us == state.started_us) {
            state.rate.2 = Some(rate);
        }
        let free_bytes = self.disks.free_bytes();
        let rate = state.rate.2.filter(|rate| *rate >= 1.0);
        self.shared.set_status(RecorderStatus {
            running: state.tracks.values().map(|track| track.running(state.now_us)).collect(),
            written_bytes: state.written,
            disks: self.disks.status(),
            free_bytes,
            free_hours: free_bytes.zip(rate).map(|(free, rate)| free as f64 / rate / 3600.0),
            overflowed_packets: 0,
            unfinished: state.parked.len(),
            dropped_events: state.outbox.dropped(),
        });
    }

    fn end(&mut self) {
        let (tracks, mut cx) = self.split();
        std::mem::take(tracks).into_values().for_each(|track| track.stop(&mut cx));
        self.finish_parked();
        self.publish();
        for _ in 0..LAST_TURNS {
            self.state.outbox.send();
            if self.state.outbox.is_empty() {
                break;
            }
            std::thread::sleep(TURN);
        }
    }
}
