//! One worker, which serves its connections of some rooms on a thread of its own: its tables, and the loop that feeds them.
//!
//! The loop: take wishes, read datagrams until the socket, the other workers and the streams have no more, run due timers,
//! send everything collected for each connection at once. Nothing in it waits, locks per packet, or allocates per packet forwarded over
//! UDP; a stream's lane keeps copies.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap};
use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use mio::{Events as Ready, Interest, Poll, Token};
use ring::rand::{SecureRandom, SystemRandom};

use super::directory::WorkerIndex;
use super::dtls::Identity;
use super::engine::{EngineEvent, RecordSink};
use super::events::Events;
use super::forward::PeerIndex;
use super::gauge::Gauge;
use super::lane::Worth;
use super::letters::Heard;
use super::mirror::Mirrors;
use super::mux::{Kind, Mux};
use super::neighbours::Neighbours;
use super::peer::Peer;
use super::plan::Plan;
use super::remote::Remote;
use super::rewrite::StreamKey;
use super::socket::{Batch, MediaSocket};
use super::streams::{Arrival, StreamTable};
use crate::clock::SharedClock;
use crate::domain::ids::{ConnectionId, SessionId};

/// Token of the socket in the poll.
pub(crate) const SOCKET: Token = Token(0);
/// Token of the waker.
pub(crate) const WAKER: Token = Token(1);
/// Batches read before timers and sending get their turn.
const BATCHES: usize = 8;
/// Datagrams of streams read in one turn.
const ARRIVALS: usize = 512;
/// The loop turns at least this often, should a wake-up be lost.
pub(crate) const LONGEST_SLEEP: Duration = Duration::from_millis(200);

/// One room: its wanted state and who of it is here.
#[derive(Debug, Default)]
pub(crate) struct Room {
    pub(crate) plan: Plan,
    pub(crate) members: BTreeMap<ConnectionId, PeerIndex>,
    /// All workers it lives on; the first tells the room what is told once.
    pub(crate) workers: Vec<WorkerIndex>,
    /// Connections on other workers whom somebody here hears or sees.
    pub(crate) mirrors: BTreeMap<ConnectionId, PeerIndex>,
    /// How loud the microphones here are, and those on each other worker, as told last.
    pub(crate) levels: Heard,
    pub(crate) levels_of: BTreeMap<WorkerIndex, Heard>,
}

/// What happened that nobody asked about; for metrics and tests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WorkerCounters {
    /// Datagrams of strangers: unknown address, and no check that names one of our ufrags.
    pub strangers: u64,
    /// Packets that failed authentication or were seen before.
    pub refused: u64,
    /// Authentic packets that belong to no agreed stream.
    pub unbound: u64,
    /// Packets of microphones that are not open.
    pub gated: u64,
    /// Packets of sound that never came by themselves and were taken from later ones.
    pub recovered: u64,
    /// Packets passed on to slots.
    pub forwarded: u64,
    /// Repairs sent on request.
    pub repaired: u64,
    /// Packets the recorder could not take.
    pub unrecorded: u64,
    /// Datagrams that made the code panic; each cost its connection, not the others.
    pub panics: u64,
    /// Datagrams the system would not send, or a slow stream had no room for.
    pub unsent: u64,
    /// Datagrams that came to the socket of another worker than theirs, and were given to it.
    pub handed_over: u64,
    /// Those for which it had no place.
    pub handover_lost: u64,
    /// Packets given to other workers for their receivers of the same room.
    pub crossed: u64,
    /// Those for which that worker had no place.
    pub crossing_lost: u64,
    /// How often a worker failed, lost its connections and began anew.
    pub restarts: u64,
}

impl std::ops::Add for WorkerCounters {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            strangers: self.strangers + other.strangers,
            refused: self.refused + other.refused,
            unbound: self.unbound + other.unbound,
            gated: self.gated + other.gated,
            recovered: self.recovered + other.recovered,
            forwarded: self.forwarded + other.forwarded,
            repaired: self.repaired + other.repaired,
            unrecorded: self.unrecorded + other.unrecorded,
            panics: self.panics + other.panics,
            unsent: self.unsent + other.unsent,
            handed_over: self.handed_over + other.handed_over,
            handover_lost: self.handover_lost + other.handover_lost,
            crossed: self.crossed + other.crossed,
            crossing_lost: self.crossing_lost + other.crossing_lost,
            restarts: self.restarts + other.restarts,
        }
    }
}

/// All state of one worker.
pub(crate) struct Worker {
    pub(crate) socket: MediaSocket,
    pub(crate) streams: StreamTable,
    pub(crate) identity: Arc<Identity>,
    pub(crate) peers: Vec<Option<Box<Peer>>>,
    pub(crate) free: Vec<PeerIndex>,
    pub(crate) rooms: HashMap<SessionId, Room>,
    pub(crate) mirrors: Mirrors,
    pub(crate) mux: Mux,
    pub(crate) events: Events,
    pub(crate) recorder: Arc<dyn RecordSink>,
    pub(crate) counters: WorkerCounters,
    /// Connections with something to send.
    pub(crate) dirty: Vec<PeerIndex>,
    /// Connections whose next tick has come closer; empty between packets.
    pub(crate) hurried: Vec<PeerIndex>,
    /// `(due, place, serial)`; an entry is valid while it is the connection's next tick.
    pub(crate) timers: BinaryHeap<Reverse<(i64, PeerIndex, u64)>>,
    pub(crate) levels_due_us: i64,
    /// When other workers are told of our common rooms; never while there are none.
    pub(crate) letters_due_us: i64,
    /// Over which way the media datagram in hand came, and to which of our addresses.
    pub(crate) way: Option<(Remote, Option<IpAddr>)>,
    /// Copy of a cached packet on its way into a repair.
    pub(crate) scratch: Vec<u8>,
    pub(crate) now_us: i64,
    pub(crate) now: Instant,
    /// Wall time in microseconds since 1970 at `mono_us` 0.
    pub(crate) wall_us: i64,
    pub(crate) neighbours: Neighbours,
    /// The datagram in hand was given to us by another worker.
    pub(crate) handed: bool,
    pub(crate) gauge: Gauge,
    clock: SharedClock,
    started: (Instant, i64),
    next_serial: u64,
    pub(crate) next_stream: u32,
    random: SystemRandom,
}

impl Worker {
    pub(crate) fn new(
        socket: MediaSocket,
        streams: StreamTable,
        identity: Arc<Identity>,
        clock: SharedClock,
        events: Events,
        recorder: Arc<dyn RecordSink>,
        neighbours: Neighbours,
    ) -> Self {
        // rtc-dtls wants an `Instant`; all later ones are counted from this by the clock.
        let (now, now_us) = (clock.instant(), clock.mono_us());
        Self {
            socket,
            streams,
            identity,
            peers: Vec::new(),
            free: Vec::new(),
            rooms: HashMap::new(),
            mirrors: Mirrors::default(),
            mux: Mux::default(),
            events,
            recorder,
            counters: WorkerCounters::default(),
            dirty: Vec::new(),
            hurried: Vec::new(),
            timers: BinaryHeap::new(),
            levels_due_us: now_us,
            letters_due_us: i64::MAX,
            way: None,
            scratch: Vec::new(),
            now_us,
            now,
            wall_us: clock.now().as_microsecond() - now_us,
            neighbours,
            handed: false,
            gauge: Gauge::begin(now_us),
            clock,
            started: (now, now_us),
            next_serial: 0,
            next_stream: 0,
            random: SystemRandom::new(),
        }
    }

    /// The same place with nobody at it: socket, counters and what waits for rooms go on.
    pub(crate) fn begun_anew(self) -> Self {
        let Self { socket, streams, identity, clock, events, recorder, neighbours, counters, .. } = self;
        let fresh = Self::new(socket, streams, identity, clock, events, recorder, neighbours);
        Self { counters: WorkerCounters { restarts: counters.restarts + 1, ..counters }, ..fresh }
    }

    /// Runs until told to stop.
    ///
    /// # Errors
    /// The poll does not wait for the socket.
    pub(crate) fn run(&mut self, poll: &mut Poll) -> std::io::Result<()> {
        let mut ready = Ready::with_capacity(8);
        let mut batch = Batch::new();
        poll.registry().register(&mut self.socket.io, SOCKET, Interest::READABLE)?;
        let (mut readable, mut more) = (true, false);
        loop {
            let before_us = self.clock.mono_us();
            let due_us = if more { before_us } else { self.due_us(before_us) };
            let sleep = Duration::from_micros(u64::try_from(due_us - before_us).unwrap_or(0));
            if let Err(error) = poll.poll(&mut ready, Some(sleep))
                && error.kind() != std::io::ErrorKind::Interrupted
            {
                return Err(error);
            }
            self.look_at_the_clock();
            self.gauge.woke(self.now_us, due_us, || self.clock.thread_us());
            let wishes = self.neighbours.own.mailbox.take();
            if wishes.stop {
                self.close_all();
                return Ok(());
            }
            self.fulfil(wishes);
            self.learn();
            // Edge-triggered: what is not read now is not announced again. Who was only woken, by rooms, streams or
            // other workers, is spared the look.
            readable |= ready.is_empty() || ready.iter().any(|event| event.token() == SOCKET);
            for _ in 0..BATCHES {
                let count = if readable { self.socket.receive(&mut batch) } else { 0 };
                readable = count > 0;
                if !readable {
                    break;
                }
                self.look_at_the_clock();
                for (from, to, datagram) in batch.datagrams(count) {
                    self.guarded_datagram(from.into(), to, datagram);
                }
                self.flush();
                self.announce();
            }
            more = readable;
            more |= self.take_handed();
            more |= self.take_crossed();
            more |= self.take_arrivals();
            self.run_timers();
            self.flush();
            self.announce();
            self.events.flush();
            self.tell_status();
        }
    }

    /// What streams brought. `true`: there may be more.
    fn take_arrivals(&mut self) -> bool {
        for count in 0..ARRIVALS {
            let Some(arrival) = self.streams.next(count == 0) else { return false };
            match arrival {
                Arrival::Datagram { stream, to, mut datagram } => {
                    let Some(from) = self.streams.enter(stream, to) else { continue };
                    self.guarded_datagram(from, None, &mut datagram);
                    if self.mux.by_address(from).is_none()
                        && let Some(id) = from.stream()
                    {
                        self.streams.end_stranger(id);
                    }
                }
                Arrival::Gone { id } => self.stream_gone(id),
            }
        }
        true
    }

    /// A stream ended by itself: its ways lead nowhere any more.
    fn stream_gone(&mut self, id: u64) {
        let Some(place) = self.streams.gone(id) else { return };
        let Self { peers, mux, .. } = self;
        let Some(peer) = peers.get_mut(place).and_then(Option::as_deref_mut) else { return };
        let lost: Vec<Remote> = peer.paths.valid().iter().copied().filter(|way| way.stream() == Some(id)).collect();
        for way in lost {
            // No other worker knows streams.
            mux.remove_address(way, place);
            peer.paths.lost(way);
        }
    }

    /// Sends one datagram at once.
    pub(crate) fn send_one(&mut self, datagram: &[u8], to: Remote, from: Option<IpAddr>) {
        match to {
            Remote::Udp(address) => {
                self.socket.send_one(datagram, address, from);
            }
            Remote::Stream { id, to } => {
                self.streams.send((id, to), std::iter::once((Worth::Must, datagram)), self.now_us);
            }
        }
    }

    /// A datagram of a stranger must never end the calls of all others: whoever it is about is dropped instead.
    pub(crate) fn guarded_datagram(&mut self, from: Remote, to: Option<IpAddr>, datagram: &mut [u8]) {
        if catch_unwind(AssertUnwindSafe(|| self.datagram(from, to, datagram))).is_err() {
            self.counters.panics += 1;
            tracing::error!("a datagram made the media worker panic; its connection is dropped");
            if let Some(peer) = self.mux.by_address(from) {
                self.remove(peer, false);
            }
        }
    }

    /// Sends what was collected.
    pub(crate) fn flush(&mut self) {
        while let Some(place) = self.dirty.pop() {
            let Some(peer) = self.peers.get_mut(place).and_then(Option::as_deref_mut) else { continue };
            peer.dirty = false;
            let Some(to) = peer.paths.selected() else {
                peer.handshake.clear();
                peer.down.outbox.flush(1, |_, _| {});
                continue;
            };
            peer.quality.bytes_out += peer.down.outbox.bytes.len() as u64;
            match to {
                Remote::Udp(address) => {
                    for datagram in peer.handshake.drain(..) {
                        self.socket.send_one(&datagram, address, peer.local);
                    }
                    self.socket.send(&mut peer.down.outbox, address, peer.local);
                }
                Remote::Stream { id, to } => {
                    let (streams, now_us) = (&mut self.streams, self.now_us);
                    let handshake = peer.handshake.iter().map(|datagram| (Worth::Must, datagram.as_ref()));
                    streams.send((id, to), handshake, now_us);
                    peer.handshake.clear();
                    let sound = peer.slots.first().map(|slot| slot.audio.out.stream);
                    let sound = [sound.map(|stream| stream.payload_type), sound.and_then(|stream| stream.red)];
                    peer.down.outbox.flush(usize::MAX, |run, segment| {
                        let datagrams = run.chunks(segment).map(|datagram| (worth(datagram, sound), datagram));
                        streams.send((id, to), datagrams, now_us);
                    });
                }
            }
        }
        self.counters.unsent = self.socket.dropped() + self.streams.dropped();
    }

    /// Remembers that a connection has something to send.
    pub(crate) fn mark_dirty(&mut self, place: PeerIndex) {
        if let Some(peer) = self.peers.get_mut(place).and_then(Option::as_deref_mut)
            && !std::mem::replace(&mut peer.dirty, true)
        {
            self.dirty.push(place);
        }
    }

    pub(crate) fn peer(&mut self, place: PeerIndex) -> Option<&mut Peer> {
        self.peers.get_mut(place).and_then(Option::as_deref_mut)
    }

    /// Ticks `place` at `due_us`, or earlier if that was planned already.
    pub(crate) fn schedule(&mut self, place: PeerIndex, due_us: i64) {
        let now_us = self.now_us;
        if let Some(peer) = self.peer(place)
            && (due_us < peer.due.tick_us || peer.due.tick_us <= now_us)
        {
            peer.due.tick_us = due_us;
            let serial = peer.serial;
            self.timers.push(Reverse((due_us, place, serial)));
        }
    }

    /// Looks at everything of `place` at `due_us`, or earlier if that was planned already.
    pub(crate) fn look_by(&mut self, place: PeerIndex, due_us: i64) {
        if let Some(peer) = self.peer(place) {
            peer.due.round_us = peer.due.round_us.min(due_us);
            self.schedule(place, due_us);
        }
    }

    /// Ticks `place` when the next of its duties is due.
    pub(crate) fn reschedule(&mut self, place: PeerIndex) {
        if let Some(due_us) = self.peer(place).map(|peer| peer.due.pace_us.min(peer.due.reports_us)) {
            self.schedule(place, due_us.max(self.now_us));
        }
    }

    pub(crate) fn tell(&mut self, event: EngineEvent) {
        self.events.tell(event);
    }

    pub(crate) fn new_serial(&mut self) -> u64 {
        self.next_serial += 1;
        self.next_serial
    }

    /// A stream key that tells where its publisher stands.
    pub(crate) fn new_stream(next: &mut u32, place: PeerIndex) -> StreamKey {
        *next = next.wrapping_add(1);
        (place as u64) << 32 | u64::from(*next)
    }

    /// Splits the borrow: the counter of streams beside the connection at `place`.
    pub(crate) fn peer_and_streams(&mut self, place: PeerIndex) -> Option<(&mut Peer, &mut u32)> {
        let peer = self.peers.get_mut(place).and_then(Option::as_deref_mut)?;
        Some((peer, &mut self.next_stream))
    }

    /// 64 random bits; on failure of the system's generator a number that is merely unused (nothing secret needs it).
    pub(crate) fn random(&mut self) -> u64 {
        let mut bytes = [0; 8];
        if self.random.fill(&mut bytes).is_err() {
            return self.new_serial().wrapping_mul(0x9e37_79b9_7f4a_7c15);
        }
        u64::from_be_bytes(bytes)
    }

    fn look_at_the_clock(&mut self) {
        self.now_us = self.clock.mono_us();
        let (started, started_us) = self.started;
        self.now = started + Duration::from_micros(u64::try_from(self.now_us - started_us).unwrap_or(0));
    }

    /// When to look again at the latest.
    fn due_us(&self, now_us: i64) -> i64 {
        let longest = if self.events.is_waiting() { LONGEST_SLEEP / 10 } else { LONGEST_SLEEP };
        let timer_us = self.timers.peek().map_or(i64::MAX, |Reverse((due_us, _, _))| *due_us);
        timer_us.min(self.levels_due_us).min(self.letters_due_us).min(now_us + longest.as_micros() as i64)
    }
}

/// Pictures may be dropped for a slow stream; all else is small, and a call is nothing without it.
fn worth(datagram: &[u8], sound: [Option<u8>; 2]) -> Worth {
    let payload_type = datagram.get(1).map(|byte| byte & 0x7f);
    if Kind::of(datagram) == Kind::Rtp && !sound.contains(&payload_type) { Worth::May } else { Worth::Must }
}
