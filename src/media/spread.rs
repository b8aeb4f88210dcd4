//! A room on two workers, played without their threads: what crosses between them, and what does not.

use std::net::UdpSocket;

use mio::Poll;
use rtc_dtls::crypto_provider::default_provider;
use tokio::sync::mpsc;

use super::engine::EngineEvent;
use super::events::Events;
use super::hot_path::{RECEIVERS, connection, crew, exported, packets, plan, publisher, room, worker_with};
use super::mailbox::Wishes;
use super::placement::Placed;
use super::plan::{Layer, Plan, SlotFeed, SourceId, SourceKind};
use super::reports::ntp;
use super::srtp::SrtpSession;
use super::worker::Worker;
use crate::limits;

/// A connection that sends on one worker, with some that receive; as many on another.
struct Two {
    home: Worker,
    other: Worker,
    client: SrtpSession,
    _kept: (UdpSocket, Vec<Poll>),
}

impl Two {
    fn new() -> Self {
        let nobody = UdpSocket::bind("127.0.0.1:0").unwrap();
        let (crew, polls) = crew(2);
        let placed = Placed { plan: plan(2 * RECEIVERS), workers: vec![0, 1] };
        let home = worker_with(&nobody, &crew, 0, (0..=RECEIVERS, false), placed.clone());
        let other = worker_with(&nobody, &crew, 1, (RECEIVERS + 1..=2 * RECEIVERS, false), placed);
        let client = SrtpSession::client(default_provider().unwrap().crypto(), &exported()).unwrap();
        Self { home, other, client, _kept: (nobody, polls) }
    }

    /// Time goes on, alike for both.
    fn later(&mut self, us: i64) {
        let now_us = self.home.now_us.max(self.other.now_us) + us;
        (self.home.now_us, self.other.now_us) = (now_us, now_us);
    }

    /// Letters both ways, until both know what there is.
    fn exchange(&mut self) {
        for _ in 0..3 {
            for worker in [&mut self.home, &mut self.other] {
                worker.write_letters();
            }
            for worker in [&mut self.home, &mut self.other] {
                let wishes = worker.neighbours.own.mailbox.take();
                worker.fulfil(wishes);
            }
        }
    }

    fn send(&mut self, packets: &mut [Vec<u8>]) {
        for burst in packets.chunks_mut(8) {
            self.later(20_000);
            burst.iter_mut().for_each(|packet| self.home.datagram(publisher(), None, packet));
            self.home.announce();
            self.home.flush();
        }
    }

    /// These turns, with letters in between.
    fn go_on(&mut self, turns: std::ops::Range<u64>) {
        for burst in self.turns(turns).chunks_mut(80) {
            self.send(burst);
            self.take();
            self.exchange();
        }
    }

    fn take(&mut self) {
        assert!(!self.other.take_crossed());
        self.other.flush();
    }

    fn turns(&mut self, turns: std::ops::Range<u64>) -> Vec<Vec<u8>> {
        packets(&self.client, turns, false)
    }

    /// One burst, so that there is something to tell of, and what follows crosses.
    fn begun() -> Self {
        let mut two = Self::new();
        let mut first = two.turns(0..1);
        two.exchange();
        two.send(&mut first);
        two.exchange();
        two
    }

    fn plan(worker: &mut Worker, plan: Plan) {
        let placed = Placed { plan, workers: vec![0, 1] };
        worker.fulfil(Wishes { plans: [(room(), placed)].into(), ..Wishes::default() });
    }

    fn mirror(&mut self) -> usize {
        self.other.rooms[&room()].mirrors[&connection(0)]
    }
}

#[test]
fn a_packet_crosses_once_for_all_and_costs_no_allocation() {
    let mut two = Two::begun();
    // Enough to fill the caches for repairs on both sides, and every buffer once.
    two.go_on(1..900);
    let mut counted = two.turns(900..1_000);
    let begun = (two.home.counters, two.other.counters);
    let found = allocation_counter::measure(|| {
        for burst in counted.chunks_mut(8) {
            two.send(burst);
            two.take();
        }
    });
    // What was lost on its way to us came within what followed.
    let (each, to_all) = (100 * 8, (100 * 8 * RECEIVERS) as u64);
    assert_eq!(two.home.counters.crossed - begun.0.crossed, each);
    assert_eq!(two.home.counters.forwarded - begun.0.forwarded, to_all);
    assert_eq!(two.other.counters.forwarded - begun.1.forwarded, to_all);
    assert_eq!((two.home.counters.crossing_lost, two.other.counters.panics), (0, 0));
    assert_eq!((found.count_total, found.bytes_max), (0, 0));
}

/// What was let in before the plan changed and is still on its way does not leave after it.
#[test]
fn what_the_plan_no_longer_allows_goes_no_further() {
    let without_sound = Plan { open_microphones: [].into(), ..plan(2 * RECEIVERS) };
    let without_anything = Plan { slots: [].into(), ..plan(2 * RECEIVERS) };
    // Eight packets, of which one is sound.
    for (plan, left, gated) in [(without_sound, 7 * RECEIVERS, 1), (without_anything, 0, 0)] {
        let mut two = Two::begun();
        two.go_on(1..302);
        let mut late = two.turns(302..303);
        two.send(&mut late);
        let forwarded = two.other.counters.forwarded;
        Two::plan(&mut two.other, plan);
        two.take();
        assert_eq!(two.other.counters.forwarded - forwarded, left as u64);
        assert_eq!(two.other.counters.gated, gated);
    }
    // And what the source's own worker does not let in does not cross.
    let mut two = Two::begun();
    let closed = Plan { open_microphones: [].into(), ..plan(2 * RECEIVERS) };
    Two::plan(&mut two.home, closed);
    let mut late = two.turns(1..2);
    let crossed = two.home.counters.crossed;
    two.send(&mut late);
    assert_eq!((two.home.counters.crossed - crossed, two.home.counters.gated), (7, 1));
}

#[test]
fn only_what_is_wanted_crosses_and_only_as_long_as_it_is_said() {
    let mut two = Two::begun();
    let mut bursts: Vec<_> = (5..10).map(|turn| two.turns(turn..turn + 1)).collect();
    let mut crossed = |two: &mut Two| {
        let before = two.home.counters.crossed;
        let mut burst = bursts.remove(0);
        two.send(&mut burst);
        two.home.counters.crossed - before
    };
    assert_eq!(crossed(&mut two), 8);
    let mut sound = plan(2 * RECEIVERS);
    sound.slots.values_mut().flatten().for_each(|feed| feed.video = None);
    Two::plan(&mut two.other, sound);
    two.exchange();
    assert_eq!(crossed(&mut two), 1, "the sound alone");
    Two::plan(&mut two.other, plan(2 * RECEIVERS));
    two.exchange();
    assert_eq!(crossed(&mut two), 8);
    // A worker that failed writes no more.
    two.later(limits::MEDIA_LETTERS.as_micros() as i64 + 1);
    assert_eq!(crossed(&mut two), 0);
    two.exchange();
    assert_eq!(crossed(&mut two), 8);
}

#[test]
fn a_full_ring_drops_and_counts() {
    let mut two = Two::begun();
    two.take();
    let mut many = two.turns(1..140);
    let before = two.home.counters.crossed;
    two.send(&mut many);
    let crossed = two.home.counters.crossed - before;
    assert_eq!(crossed, limits::HANDOVER_RING as u64);
    assert_eq!(crossed + two.home.counters.crossing_lost, 139 * 8);
    while two.other.take_crossed() {}
    assert!(two.other.counters.forwarded > 0);
}

/// All wishes for a key frame, here and there, make one question to the publisher.
#[test]
fn wishes_for_key_frames_cross_and_are_merged() {
    let mut two = Two::begun();
    let asked = |two: &mut Two| two.home.peer(0).unwrap().down.outbox.bytes.len();
    assert_eq!(asked(&mut two), 0);
    two.later(2_000_000);
    two.exchange();
    let mut one = two.turns(1..2);
    two.send(&mut one);
    two.exchange();
    let before = asked(&mut two);
    let mirror = two.mirror();
    for _ in 0..5 {
        two.other.want_key_frame(mirror, SourceKind::Paper, Layer::Full);
    }
    two.exchange();
    let once = asked(&mut two) - before;
    assert!(once > 0, "it was asked");
    two.home.want_key_frame(0, SourceKind::Paper, Layer::Full);
    two.other.want_key_frame(mirror, SourceKind::Paper, Layer::Full);
    two.exchange();
    assert_eq!(asked(&mut two) - before, once, "once");
}

/// What a publisher is asked for is what anybody wants, here or there.
#[test]
fn layers_are_asked_for_across_workers() {
    let camera = SourceId { connection: connection(0), kind: SourceKind::Camera };
    let watched_by = |receivers: std::ops::RangeInclusive<usize>| Plan {
        slots: receivers
            .map(|number| (connection(number), vec![SlotFeed { audio: None, video: Some((camera, Layer::Half)) }]))
            .collect(),
        ..Plan::default()
    };
    let here_and_there = watched_by(1..=2 * RECEIVERS);
    let there = watched_by(RECEIVERS + 1..=2 * RECEIVERS);
    let nowhere = Plan { open_microphones: [connection(1)].into(), ..Plan::default() };
    for (plan, wanted) in [(here_and_there, (2, false)), (there, (2, false)), (nowhere, (1, true))] {
        let mut two = Two::new();
        let (told, mut heard) = mpsc::channel(64);
        two.home.events = Events::new(told);
        let seconds = limits::LAYER_UNWATCHED.as_secs() + 1;
        for _ in 0..seconds {
            for worker in [&mut two.home, &mut two.other] {
                Two::plan(worker, plan.clone());
            }
            two.later(1_000_000);
            two.exchange();
            two.home.ask_for_layers(0);
        }
        let layers = std::iter::from_fn(|| heard.try_recv().ok()).filter_map(|event| match event {
            EngineEvent::Layers { layers, idle, .. } => Some((layers.len(), idle)),
            _ => None,
        });
        assert_eq!(layers.last(), Some(wanted));
    }
}

#[test]
fn clocks_and_losses_of_listeners_cross() {
    let mut two = Two::begun();
    let now_us = two.home.now_us;
    let peer = two.home.peer(0).unwrap();
    peer.publisher.clock.reported(ntp(1_700_000_000_000_000), now_us);
    for stream in &mut peer.publisher.incoming {
        stream.clock.reported(ntp(1_700_000_000_000_000), 70_000);
    }
    two.later(1_000_000);
    two.exchange();
    let (mirror, at_us) = (two.mirror(), two.home.now_us);
    for kind in [SourceKind::Paper, SourceKind::Microphone] {
        let clock = |worker: &mut Worker, place| {
            let publisher = worker.publisher(place).unwrap();
            let clock = publisher.clock;
            publisher.stream(kind, Layer::Full).unwrap().clock.timestamp_at(at_us, clock)
        };
        assert!(clock(&mut two.home, 0).is_some());
        assert_eq!(clock(&mut two.home, 0), clock(&mut two.other, mirror), "lips and voice have one clock everywhere");
    }
    let sound = |worker: &mut Worker, place| -> (u8, i64) {
        worker.publisher(place).unwrap().stream(SourceKind::Microphone, Layer::Full).unwrap().listeners.worst()
    };
    let heard = two.other.publisher(mirror).unwrap().stream(SourceKind::Microphone, Layer::Full).unwrap();
    heard.listeners.reported(9, at_us);
    two.exchange();
    assert_eq!(sound(&mut two.home, 0), (9, at_us));
}

/// A connection comes back under its name, on the same worker or another: what is on its way of the one before is not
/// taken for it.
#[test]
fn a_successor_is_not_mistaken_for_the_one_before() {
    let mut two = Two::begun();
    let mut late = two.turns(1..2);
    two.send(&mut late);
    let mirror = two.mirror();
    let before = two.other.publisher(mirror).unwrap().stream(SourceKind::Paper, Layer::Full).unwrap().key;
    two.home.peer(0).unwrap().born_us += 1;
    two.exchange();
    let after = two.other.publisher(mirror).unwrap().stream(SourceKind::Paper, Layer::Full).unwrap().key;
    assert_ne!(before, after);
    two.take();
    let kept = two.other.publisher(mirror).unwrap().keyed(after).unwrap().cache.get(8).is_some();
    assert!(!kept, "it was of the one before");
}

#[test]
fn levels_of_a_room_are_told_once_with_those_of_all_workers() {
    let mut two = Two::begun();
    let (told, mut heard) = mpsc::channel(8);
    two.home.events = Events::new(told.clone());
    two.other.events = Events::new(told);
    let mut open = plan(2 * RECEIVERS);
    let there = RECEIVERS + 1;
    open.open_microphones.insert(connection(there));
    for worker in [&mut two.home, &mut two.other] {
        Two::plan(worker, open.clone());
        worker.peer(0).unwrap().level.heard(&[33]);
        worker.levels_due_us = 0;
    }
    two.other.run_timers();
    two.exchange();
    two.home.run_timers();
    let mut levels = std::iter::from_fn(|| heard.try_recv().ok()).filter_map(|event| match event {
        EngineEvent::Levels { levels, .. } => Some(levels),
        _ => None,
    });
    let mut all = levels.next().unwrap();
    all.sort_unstable();
    assert_eq!(all, [(connection(0), 33), (connection(there), 33)]);
    assert_eq!(levels.next(), None);
}

/// Nobody here wants anything of it any more: all that is kept for it goes.
#[test]
fn mirrors_end_with_the_last_who_wants_them() {
    let mut two = Two::begun();
    let mirror = two.mirror();
    for place in 0..RECEIVERS {
        assert!(two.other.publisher(mirror).is_some());
        two.other.remove(place, false);
    }
    two.exchange();
    assert!(two.other.publisher(mirror).is_none());
    let mut late = two.turns(1..2);
    let crossed = two.home.counters.crossed;
    two.send(&mut late);
    assert_eq!(two.home.counters.crossed, crossed);
    // A source that ends is forgotten when it is not told of any more.
    let mut two = Two::begun();
    let mirror = two.mirror();
    two.home.remove(0, false);
    two.exchange();
    assert!(!two.other.publisher(mirror).unwrap().incoming.is_empty());
    two.later(limits::MEDIA_LETTERS.as_micros() as i64 + 1);
    two.exchange();
    assert!(two.other.publisher(mirror).unwrap().incoming.is_empty());
    let now_us = two.other.now_us;
    assert_eq!(two.other.publisher(mirror).unwrap().costs(SourceKind::Paper, now_us), [None; 3]);
}
