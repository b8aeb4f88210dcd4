//! Redundancy of sound through a worker, in virtual time: what a publisher's line loses is heard and recorded, what is said
//! again was heard before by the same ears, and nothing said before a microphone was open gets out by it.

use std::net::UdpSocket;
use std::sync::{Arc, Mutex};

use mio::Poll;
use rtc_dtls::crypto_provider::default_provider;
use uuid::Uuid;

use super::bandwidth::Losses;
use super::engine::{RecordSink, RecordedPacket};
use super::hot_path::{RECEIVERS, connection, crew, exported, plan, publisher, room, worker};
use super::mailbox::Wishes;
use super::placement::Placed;
use super::plan::{Plan, RecordTarget, SourceId, SourceKind};
use super::record::{KeyLookup, RecordKey, Recorder, RecorderConfig, RecorderEvent};
use super::red::{self, Block, Red};
use super::rtp::RtpHeader;
use super::srtp::{ReceiveWindow, SrtpSession};
use super::worker::Worker;
use crate::clock::SystemClock;
use crate::domain::ids::VisitId;

const SSRC: u32 = 1_003;
const STEP: u32 = 960;

/// A recorder that keeps what it gets: to which visit it belongs, and what was said.
#[derive(Default)]
struct Tape(Mutex<Vec<(u128, u64)>>);

impl RecordSink for Tape {
    fn push(&self, packet: RecordedPacket) -> bool {
        let number = number(&packet.payload);
        assert_eq!(packet.sequence, number as u16);
        self.0.lock().unwrap().push((packet.target.visit.unwrap().0.as_u128(), number));
        true
    }
    fn wants_key_frame(&self, _source: SourceId) -> bool {
        false
    }
}

/// One who speaks and those who listen, with a plan that the test changes.
struct Scene {
    worker: Worker,
    client: SrtpSession,
    plan: Plan,
    windows: Vec<ReceiveWindow>,
    _polls: Vec<Poll>,
}

/// What a listener got in one packet: what was said again, oldest first, and its own.
type Heard = (Vec<u64>, u64);

fn microphone() -> SourceId {
    SourceId { connection: connection(0), kind: SourceKind::Microphone }
}

fn visit(number: u128) -> RecordTarget {
    RecordTarget { session: room(), visit: Some(VisitId(Uuid::from_u128(number))) }
}

/// One Opus packet of 20 ms that says its number.
fn said(index: u64) -> Vec<u8> {
    let mut said = vec![0x78, (index >> 8) as u8, index as u8];
    said.resize(60, 0x55);
    said
}

fn number(payload: &[u8]) -> u64 {
    let number = u64::from(u16::from_be_bytes([payload[1], payload[2]]));
    assert_eq!(payload, said(number), "whole, as it was said");
    number
}

impl Scene {
    fn new(recorder: Arc<dyn RecordSink>) -> Self {
        let nobody = UdpSocket::bind("127.0.0.1:0").unwrap();
        let (crew, polls) = crew(1);
        let mut worker = worker(&nobody, &crew, false);
        worker.recorder = recorder;
        let client = SrtpSession::client(default_provider().unwrap().crypto(), &exported()).unwrap();
        let windows = (0..=RECEIVERS).map(|_| ReceiveWindow::new()).collect();
        let mut scene = Self { worker, client, plan: plan(RECEIVERS), windows, _polls: polls };
        scene.plan.record.insert(microphone(), visit(1));
        scene.apply();
        (1..=RECEIVERS).for_each(|listener| scene.protect(listener, 0.0));
        scene
    }

    fn apply(&mut self) {
        let placed = Placed { plan: self.plan.clone(), workers: vec![0] };
        self.worker.fulfil(Wishes { plans: [(room(), placed)].into(), ..Wishes::default() });
    }

    fn microphone(&mut self, open: bool) {
        self.plan.open_microphones.clear();
        self.plan.open_microphones.extend(open.then(|| connection(0)));
        self.apply();
    }

    /// How much is said again to a listener.
    fn protect(&mut self, listener: usize, share: f64) {
        let later_us = self.worker.now_us + 100_000_000;
        for at_us in [0, later_us] {
            let peer = self.worker.peer(listener).unwrap();
            peer.down.protection.decide(Some(Losses { share, in_row: 0.0 }), &[], 0, None, false, at_us);
        }
    }

    /// 20 ms later the publisher's packet arrives, with redundancy of those at these distances.
    fn say(&mut self, index: u64, back: &[u64]) {
        self.worker.now_us += 20_000;
        let there = back.iter().filter(|back| **back < index);
        let older: Vec<_> = there.map(|back| (*back as u32 * STEP, said(index - back))).collect();
        let mut packet = vec![0x80, 63];
        packet.extend_from_slice(&(index as u16).to_be_bytes());
        packet.extend_from_slice(&(index as u32).wrapping_mul(STEP).to_be_bytes());
        packet.extend_from_slice(&SSRC.to_be_bytes());
        let blocks = older.iter().map(|(before, payload)| Block { before: *before, payload });
        red::write(&mut packet, 111, blocks, &said(index));
        self.client.seal_rtp(&mut packet, 0, 12, SSRC, index).unwrap();
        self.worker.datagram(publisher(), None, &mut packet);
    }

    /// What one listener was sent since it was asked last.
    fn heard(&mut self, listener: usize) -> Vec<Heard> {
        let mut heard = Vec::new();
        let peer = self.worker.peers[listener].as_deref_mut().unwrap();
        let (window, client) = (&mut self.windows[listener], &self.client);
        peer.down.outbox.flush(1, |datagram, _| {
            let mut datagram = datagram.to_vec();
            let header = RtpHeader::parse(&datagram).unwrap();
            let index = window.index(header.sequence);
            assert!(window.take(index), "no index twice");
            let length = client.open_rtp(&mut datagram, header.length, header.ssrc, index).unwrap();
            let payload = &datagram[header.length..length];
            heard.push(match header.payload_type {
                111 => (Vec::new(), number(payload)),
                63 => {
                    let red = Red::parse(payload, 111).unwrap();
                    let own = number(red.primary);
                    let again = red.blocks().iter().map(|block| {
                        let said = number(block.payload);
                        assert_eq!(u64::from(block.before / STEP), own - said, "its time is told");
                        said
                    });
                    (again.collect(), own)
                }
                other => panic!("payload type {other}"),
            });
        });
        heard
    }

    /// The same without what was said again.
    fn own(&mut self, listener: usize) -> Vec<u64> {
        self.heard(listener).into_iter().map(|(_, own)| own).collect()
    }
}

fn taped(tape: &Tape) -> Vec<(u128, u64)> {
    tape.0.lock().unwrap().clone()
}

#[test]
fn what_the_way_here_lost_is_heard_and_recorded_in_order_and_stays_a_loss_of_the_line() {
    let tape = Arc::new(Tape::default());
    let mut scene = Scene::new(tape.clone());
    for index in (1..=100).filter(|index| index % 5 != 0 || *index == 5) {
        scene.say(index, &[1]);
    }
    let all: Vec<u64> = (1..=99).collect();
    assert_eq!(scene.own(1), all);
    assert_eq!(taped(&tape).into_iter().map(|(_, number)| number).collect::<Vec<_>>(), all);
    assert_eq!(scene.worker.counters.recovered, 18);
    let now_us = scene.worker.now_us;
    let peer = scene.worker.peer(0).unwrap();
    let block = peer.publisher.incoming[0].statistics.block(SSRC, now_us).unwrap();
    assert_eq!(block.total_lost, 18, "its publisher is told the truth");
}

#[test]
fn one_that_comes_late_after_all_is_not_played_again_and_counts() {
    let tape = Arc::new(Tape::default());
    let mut scene = Scene::new(tape.clone());
    for index in [1, 2, 3, 5, 4, 6] {
        scene.say(index, &[1]);
    }
    assert_eq!(scene.own(2), [1, 2, 3, 4, 5, 6]);
    assert_eq!(taped(&tape).len(), 6);
    let now_us = scene.worker.now_us;
    let peer = scene.worker.peer(0).unwrap();
    assert_eq!(peer.publisher.incoming[0].statistics.block(SSRC, now_us).unwrap().total_lost, 0, "nothing was lost");
    assert_eq!(scene.worker.counters.refused, 0);
}

#[test]
fn nothing_said_before_the_microphone_was_open_gets_out() {
    let tape = Arc::new(Tape::default());
    let mut scene = Scene::new(tape.clone());
    scene.protect(1, 0.1);
    scene.microphone(false);
    for index in [1, 2, 3, 4] {
        scene.say(index, &[2, 1]);
    }
    scene.microphone(true);
    // 5 and 6 are lost: whether they were said before or after it, nobody knows.
    scene.say(7, &[2, 1]);
    scene.say(9, &[2, 1]);
    assert_eq!(scene.heard(1), [(vec![], 7), (vec![7], 8), (vec![7, 8], 9)]);
    scene.microphone(false);
    scene.say(10, &[2, 1]);
    scene.microphone(true);
    scene.say(12, &[2, 1]);
    scene.say(13, &[2, 1]);
    assert_eq!(scene.heard(1), [(vec![], 12), (vec![12], 13)]);
    assert_eq!(taped(&tape).into_iter().map(|(_, number)| number).collect::<Vec<_>>(), [7, 8, 9, 12, 13]);
}

#[test]
fn nothing_said_to_others_is_said_again() {
    let mut scene = Scene::new(Arc::new(Tape::default()));
    scene.protect(1, 0.1);
    scene.protect(2, 0.1);
    scene.say(1, &[]);
    scene.say(2, &[2, 1]);
    let feeds = scene.plan.slots.remove(&connection(1)).unwrap();
    scene.apply();
    scene.say(3, &[2, 1]);
    scene.plan.slots.insert(connection(1), feeds);
    scene.apply();
    // 4 is lost while it is settled anew who listens.
    scene.say(5, &[2, 1]);
    scene.say(6, &[2, 1]);
    assert_eq!(scene.heard(1), [(vec![], 1), (vec![1], 2), (vec![], 5), (vec![5], 6)]);
    assert_eq!(scene.own(2), [1, 2, 3, 5, 6], "4 was said when nobody knows who listened");
}

#[test]
fn nothing_of_one_visit_is_recorded_in_the_next() {
    let tape = Arc::new(Tape::default());
    let mut scene = Scene::new(tape.clone());
    scene.say(1, &[]);
    scene.say(2, &[2, 1]);
    scene.plan.record.insert(microphone(), visit(2));
    scene.apply();
    scene.say(4, &[2, 1]);
    scene.say(6, &[2, 1]);
    assert_eq!(taped(&tape), [(1, 1), (1, 2), (2, 4), (2, 5), (2, 6)]);
}

#[test]
fn a_clean_line_gets_plain_sound_and_a_poor_one_what_it_needs() {
    let mut scene = Scene::new(Arc::new(Tape::default()));
    scene.protect(2, 0.02);
    scene.protect(3, 0.1);
    (1..=4).for_each(|index| scene.say(index, &[1]));
    assert_eq!(scene.heard(1).last(), Some(&(vec![], 4)));
    assert_eq!(scene.heard(2).last(), Some(&(vec![3], 4)));
    assert_eq!(scene.heard(3).last(), Some(&(vec![2, 3], 4)));
    scene.protect(3, 0.0);
    scene.say(5, &[1]);
    assert_eq!(scene.heard(3), [(vec![], 5)], "from one packet to the next");
}

struct OneKey;

impl KeyLookup for OneKey {
    fn key(&self, _target: RecordTarget) -> Option<RecordKey> {
        Some(RecordKey([7; 32]))
    }
}

/// The whole recorder, its waiting for repairs included.
#[test]
fn the_recording_of_a_lossy_line_has_no_hole() {
    let folder = tempfile::tempdir().unwrap();
    let (events_in, mut events) = tokio::sync::mpsc::channel(64);
    let config = RecorderConfig { min_free: 1_024, ..RecorderConfig::new(folder.path().to_owned()) };
    let recorder = Recorder::start(config, SystemClock::start(), Arc::new(OneKey), events_in).unwrap();
    let mut scene = Scene::new(recorder.clone());
    let mut seed = 7u32;
    let mut lost = 0;
    for index in 1..=500 {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        // One in ten, never the last: nothing would carry it.
        if index > 1 && index < 500 && (seed >> 16).is_multiple_of(10) {
            lost += 1;
        } else {
            scene.say(index, &[2, 1]);
        }
    }
    recorder.shutdown();
    let told: Vec<_> = std::iter::from_fn(|| events.try_recv().ok()).collect();
    let files: Vec<_> = told
        .iter()
        .filter_map(|event| match event {
            RecorderEvent::SegmentClosed(file) => Some((file.lost_packets, file.duration_ms)),
            _ => None,
        })
        .collect();
    let twice = scene.worker.counters;
    assert!(lost > 30 && twice.recovered >= lost - 2 && twice.unrecorded == 0, "{lost} {twice:?}");
    assert_eq!(files, [((lost - twice.recovered) as u32, 10_000)], "{told:?}");
    assert!(!told.iter().any(|event| matches!(event, RecorderEvent::Gap { .. })), "{told:?}");
}
