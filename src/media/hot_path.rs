//! What the worker promises of its loop, counted: once it runs, a packet passed on costs no allocation.

use std::net::UdpSocket;
use std::ops::RangeInclusive;
use std::sync::Arc;

use mio::{Poll, Waker};
use rtc_dtls::crypto_provider::default_provider;
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use super::bandwidth::Losses;
use super::crew::Crew;
use super::dtls::Identity;
use super::engine::{Client, NoRecorder};
use super::events::Events;
use super::ice::Credentials;
use super::mailbox::{NewPeer, Wishes};
use super::neighbours::Neighbours;
use super::placement::Placed;
use super::plan::{Layer, Plan, SlotFeed, SourceId, SourceKind};
use super::red::{self, Block};
use super::relay_key::RelayKey;
use super::remote::Remote;
use super::sdp::negotiate::Negotiated;
use super::sdp::offer::Offer;
use super::sdp::samples;
use super::socket::MediaSocket;
use super::srtp::{EXPORT, SrtpSession};
use super::streams::{RelaySettings, streams};
use super::vp8::tests::payload;
use super::worker::{WAKER, Worker};
use crate::clock::SystemClock;
use crate::domain::ids::{ConnectionId, SessionId};

pub(super) const RECEIVERS: usize = 5;
/// What the sampled offer announces for paper and microphone: SSRC and payload type, of an encoder without VP8 too.
const PICTURE: (u32, u8) = (1_001, 96);
const PICTURE_H264: (u32, u8) = (1_001, 103);
const SOUND: (u32, u8) = (1_003, 63);
/// Of ten packets of sound one is lost on its way here, and comes within the next.
const LOST: u64 = 4;

pub(super) fn exported() -> Vec<u8> {
    (0..EXPORT as u8).collect()
}

pub(super) fn room() -> SessionId {
    SessionId(Uuid::from_u128(1))
}

pub(super) fn connection(number: usize) -> ConnectionId {
    ConnectionId(Uuid::from_u128(number as u128 + 2))
}

/// A worker without connections, of some.
fn bare(crew: &Arc<Crew>, index: usize) -> Worker {
    let socket = MediaSocket::bind_all("127.0.0.1:0".parse().unwrap(), 1).unwrap().remove(0);
    let (events, _) = mpsc::channel(1);
    let clock = SystemClock::start();
    let identity = Arc::new(Identity::generate().unwrap());
    let keys = Arc::new(RelayKey::new(&[7; 32]));
    let relay = RelaySettings { provider: identity.provider.clone(), keys, peers: Vec::new() };
    let table = streams(crew.clone(), relay, clock.clone()).1.remove(index);
    let neighbours = Neighbours::new(crew, index).unwrap();
    Worker::new(socket, table, identity, clock, Events::new(events), Arc::new(NoRecorder), neighbours)
}

/// So many posts, and what their wakers wake.
pub(super) fn crew(count: usize) -> (Arc<Crew>, Vec<Poll>) {
    let polls: Vec<Poll> = (0..count).map(|_| Poll::new().unwrap()).collect();
    (Crew::new(polls.iter().map(|poll| Waker::new(poll.registry(), WAKER).unwrap()).collect()), polls)
}

/// A worker whose socket sends into `to`, where nobody reads, with a publisher and its receivers.
pub(super) fn worker(to: &UdpSocket, crew: &Arc<Crew>, h264: bool) -> Worker {
    let placed = Placed { plan: plan(RECEIVERS), workers: vec![0] };
    worker_with(to, crew, 0, (0..=RECEIVERS, h264), placed)
}

/// Everybody gets paper and sound of the connection 0.
pub(super) fn plan(receivers: usize) -> Plan {
    let feed = SlotFeed {
        audio: Some(SourceId { connection: connection(0), kind: SourceKind::Microphone }),
        video: Some((SourceId { connection: connection(0), kind: SourceKind::Paper }, Layer::Full)),
    };
    Plan {
        slots: (1..=receivers).map(|number| (connection(number), vec![feed])).collect(),
        open_microphones: [connection(0)].into(),
        ..Plan::default()
    }
}

/// One of some workers, with these connections of a room. The connection 0 sends H.264, or VP8.
pub(super) fn worker_with(
    to: &UdpSocket,
    crew: &Arc<Crew>,
    index: usize,
    (connections, h264): (RangeInclusive<usize>, bool),
    placed: Placed,
) -> Worker {
    let mut worker = bare(crew, index);
    let (mut joins, mut waits) = (Vec::new(), Vec::new());
    for number in connections.clone() {
        let offer = if h264 && number == 0 {
            Offer::parse(&samples::browser(1).replace("VP8", "VP9")).unwrap().meant_by(Client::Encoder).unwrap()
        } else {
            Offer::parse(&samples::browser(1)).unwrap()
        };
        let mut ssrc = 10_000 + number as u32 * 100;
        let next = || {
            ssrc += 1;
            ssrc
        };
        let agreed = Negotiated::from_offer(&offer, next).unwrap();
        let credentials = Credentials { ufrag: format!("ufrag{number}"), pwd: "secret".to_owned() };
        let (reply, wait) = oneshot::channel();
        waits.push(wait);
        joins.push(NewPeer { room: room(), connection: connection(number), credentials, agreed, reply });
    }
    worker.fulfil(Wishes { joins: joins.into(), plans: [(room(), placed)].into(), ..Wishes::default() });
    let provider = default_provider().unwrap();
    for (place, number) in connections.enumerate() {
        let address = if number == 0 { publisher() } else { Remote::Udp(to.local_addr().unwrap()) };
        worker.own_address(address, place);
        let peer = worker.peer(place).unwrap();
        // As on a line that loses much: two packets are said again with each.
        let losses = Losses { share: 0.1, in_row: 0.0 };
        peer.down.protection.decide(Some(losses), &[], 0, None, false, 0);
        peer.srtp = Some(Box::new(SrtpSession::server(provider.crypto(), &exported()).unwrap()));
        peer.paths.checked(address, true);
    }
    worker
}

pub(super) fn publisher() -> Remote {
    Remote::Udp("127.0.0.1:9".parse().unwrap())
}

/// Pictures of seven packets with a packet of sound after each, sealed as a browser would; of 300 the first is whole.
pub(super) fn packets(client: &SrtpSession, turns: std::ops::Range<u64>, h264: bool) -> Vec<Vec<u8>> {
    let seal = |(ssrc, payload_type): (u32, u8), index: u64, timestamp: u32, payload: &[u8]| {
        let mut packet = vec![0x80, payload_type];
        packet.extend_from_slice(&(index as u16).to_be_bytes());
        packet.extend_from_slice(&timestamp.to_be_bytes());
        packet.extend_from_slice(&ssrc.to_be_bytes());
        packet.extend_from_slice(payload);
        client.seal_rtp(&mut packet, 0, 12, ssrc, index).unwrap();
        packet
    };
    let mut all = Vec::new();
    for turn in turns {
        for part in 0..7 {
            let first = turn % 300 == 0 && part == 0;
            let (stream, mut body) = match h264 {
                true => (PICTURE_H264, vec![if first { 0x67 } else { 0x41 }]),
                false => (PICTURE, payload(first, turn as u16, turn as u8, 0)),
            };
            body.resize(1_100, 7);
            all.push(seal(stream, turn * 7 + part, turn as u32 * 3_000, &body));
        }
        let mut spoken = Vec::new();
        let before = (turn > 0).then_some(Block { before: 960, payload: &[5; 120] });
        red::write(&mut spoken, 111, before.into_iter(), &[5; 120]);
        let sound = seal(SOUND, turn, turn as u32 * 960, &spoken);
        all.extend(Some(sound).filter(|_| turn % 10 != LOST));
    }
    all
}

#[test]
fn a_packet_passed_on_costs_no_allocation() {
    passed_on(false);
}

#[test]
fn nor_does_one_of_h264() {
    passed_on(true);
}

fn passed_on(h264: bool) {
    let nobody = UdpSocket::bind("127.0.0.1:0").unwrap();
    let (crew, _polls) = crew(1);
    let mut worker = worker(&nobody, &crew, h264);
    let client = SrtpSession::client(default_provider().unwrap().crypto(), &exported()).unwrap();
    // Enough to fill the cache for repairs, what is remembered of a receiver that tells nothing, and every buffer once.
    let mut before = packets(&client, 0..600, h264);
    let mut counted = packets(&client, 600..750, h264);
    let pass = |worker: &mut Worker, packets: &mut [Vec<u8>]| {
        for burst in packets.chunks_mut(8) {
            worker.now_us += 20_000;
            burst.iter_mut().for_each(|packet| worker.datagram(publisher(), None, packet));
            worker.flush();
        }
    };
    pass(&mut worker, &mut before);
    let (forwarded, recovered) = (worker.counters.forwarded, worker.counters.recovered);
    let found = allocation_counter::measure(|| pass(&mut worker, &mut counted));
    assert_eq!(worker.counters.forwarded - forwarded, (150 * 8 * RECEIVERS) as u64, "{:?}", worker.counters);
    assert_eq!((counted.len(), worker.counters.recovered - recovered), (150 * 8 - 15, 15));
    assert_eq!((found.count_total, found.bytes_max), (0, 0));
    // And the counting itself sees what there is.
    assert!(allocation_counter::measure(|| drop(vec![1u8; 10])).count_total > 0);
}

/// The same packets by another worker's socket: handing them over costs no allocation on either side.
#[test]
fn a_packet_handed_over_costs_no_allocation() {
    let nobody = UdpSocket::bind("127.0.0.1:0").unwrap();
    let (crew, _polls) = crew(2);
    let mut owner = worker(&nobody, &crew, false);
    let mut other = bare(&crew, 1);
    let client = SrtpSession::client(default_provider().unwrap().crypto(), &exported()).unwrap();
    let mut before = packets(&client, 0..600, false);
    let mut counted = packets(&client, 600..750, false);
    let pass = |owner: &mut Worker, other: &mut Worker, packets: &mut [Vec<u8>]| {
        for burst in packets.chunks_mut(8) {
            owner.now_us += 20_000;
            burst.iter_mut().for_each(|packet| other.datagram(publisher(), None, packet));
            other.announce();
            assert!(!owner.take_handed());
            owner.flush();
        }
    };
    pass(&mut owner, &mut other, &mut before);
    let forwarded = owner.counters.forwarded;
    let found = allocation_counter::measure(|| pass(&mut owner, &mut other, &mut counted));
    assert_eq!(owner.counters.forwarded - forwarded, (150 * 8 * RECEIVERS) as u64, "{:?}", owner.counters);
    assert_eq!(other.counters.handed_over, (before.len() + counted.len()) as u64, "{:?}", other.counters);
    assert_eq!((other.counters.strangers, other.counters.handover_lost), (0, 0));
    assert_eq!((found.count_total, found.bytes_max), (0, 0));
}

/// What is nobody's is handed to nobody, and what was handed over is not handed on.
#[test]
fn strangers_are_not_handed_round() {
    let nobody = UdpSocket::bind("127.0.0.1:0").unwrap();
    let (crew, _polls) = crew(2);
    let mut owner = worker(&nobody, &crew, false);
    let mut other = bare(&crew, 1);
    let stranger = Remote::Udp("127.0.0.1:10".parse().unwrap());
    let mut check = vec![0, 1, 0, 16, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0, 6, 0, 10];
    check.extend_from_slice(b"ufrag0:abc\0\0");
    other.datagram(stranger, None, &mut check);
    assert_eq!((other.counters.handed_over, other.counters.strangers), (1, 0), "it names a connection of the first");
    other.datagram(stranger, None, &mut [0x80, 96, 0, 0]);
    other.datagram(stranger, None, &mut [0xff; 20]);
    assert_eq!((other.counters.handed_over, other.counters.strangers), (1, 2));
    assert!(!owner.take_handed());
    assert_eq!((owner.counters.strangers, owner.counters.refused), (0, 1), "it does not know the password");
    // The owner loses the address between giving and taking.
    other.datagram(publisher(), None, &mut [0x80, 96, 0, 0]);
    owner.disown_address(publisher(), 0);
    assert!(!owner.take_handed());
    assert_eq!((owner.counters.strangers, owner.counters.handed_over), (1, 0));
    // An address that another worker proved later is no longer ours.
    owner.own_address(publisher(), 0);
    other.own_address(publisher(), 7);
    assert!(owner.learn());
    assert_eq!(owner.mux.by_address(publisher()), None);
}
