//! What the worker promises of its loop, counted: once it runs, a packet passed on costs no allocation.

use std::net::UdpSocket;
use std::sync::Arc;

use mio::{Poll, Waker};
use rtc_dtls::crypto_provider::default_provider;
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use super::dtls::Identity;
use super::engine::NoRecorder;
use super::events::Events;
use super::ice::Credentials;
use super::mailbox::{Mailbox, NewPeer, Wishes};
use super::plan::{Layer, Plan, SlotFeed, SourceId, SourceKind};
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

const RECEIVERS: usize = 5;
/// What the sampled offer announces for paper and microphone: SSRC and payload type.
const PICTURE: (u32, u8) = (1_001, 96);
const SOUND: (u32, u8) = (1_003, 111);

fn exported() -> Vec<u8> {
    (0..EXPORT as u8).collect()
}

fn room() -> SessionId {
    SessionId(Uuid::from_u128(1))
}

fn connection(number: usize) -> ConnectionId {
    ConnectionId(Uuid::from_u128(number as u128 + 2))
}

/// A worker whose socket sends into `to`; nobody reads there.
fn worker(to: &UdpSocket) -> Worker {
    let socket = MediaSocket::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let poll = Poll::new().unwrap();
    let mailbox = Arc::new(Mailbox::new(Waker::new(poll.registry(), WAKER).unwrap()));
    let (events, _) = mpsc::channel(1);
    let clock = SystemClock::start();
    let identity = Arc::new(Identity::generate().unwrap());
    let keys = Arc::new(RelayKey::new(&[7; 32]));
    let relay = RelaySettings { provider: identity.provider.clone(), keys, peers: Vec::new() };
    let (_, table) = streams(mailbox.clone(), relay, clock.clone());
    let mut worker = Worker::new(socket, table, identity, clock, Events::new(events), Arc::new(NoRecorder), mailbox);
    let (mut joins, mut waits) = (Vec::new(), Vec::new());
    for number in 0..=RECEIVERS {
        let offer = Offer::parse(&samples::browser(1)).unwrap();
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
    let feed = SlotFeed {
        audio: Some(SourceId { connection: connection(0), kind: SourceKind::Microphone }),
        video: Some((SourceId { connection: connection(0), kind: SourceKind::Paper }, Layer::Full)),
    };
    let plan = Plan {
        slots: (1..=RECEIVERS).map(|number| (connection(number), vec![feed])).collect(),
        open_microphones: [connection(0)].into(),
        ..Plan::default()
    };
    worker.fulfil(Wishes { joins: joins.into(), plans: [(room(), plan)].into(), ..Wishes::default() });
    let provider = default_provider().unwrap();
    for place in 0..worker.peers.len() {
        let address = if place == 0 { publisher() } else { Remote::Udp(to.local_addr().unwrap()) };
        worker.mux.add_address(address, place);
        let peer = worker.peer(place).unwrap();
        peer.srtp = Some(Box::new(SrtpSession::server(provider.crypto(), &exported()).unwrap()));
        peer.paths.checked(address, true);
    }
    worker
}

fn publisher() -> Remote {
    Remote::Udp("127.0.0.1:9".parse().unwrap())
}

/// Pictures of seven packets with a packet of sound after each, sealed as a browser would.
fn packets(client: &SrtpSession, turns: std::ops::Range<u64>) -> Vec<Vec<u8>> {
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
            let mut body = payload(turn == 0 && part == 0, turn as u16, turn as u8, 0);
            body.resize(1_100, 7);
            all.push(seal(PICTURE, turn * 7 + part, turn as u32 * 3_000, &body));
        }
        all.push(seal(SOUND, turn, turn as u32 * 960, &[5; 120]));
    }
    all
}

#[test]
fn a_packet_passed_on_costs_no_allocation() {
    let nobody = UdpSocket::bind("127.0.0.1:0").unwrap();
    let mut worker = worker(&nobody);
    let client = SrtpSession::client(default_provider().unwrap().crypto(), &exported()).unwrap();
    // Enough to fill the cache for repairs, what is remembered of a receiver that tells nothing, and every buffer once.
    let mut before = packets(&client, 0..600);
    let mut counted = packets(&client, 600..750);
    let pass = |worker: &mut Worker, packets: &mut [Vec<u8>]| {
        for burst in packets.chunks_mut(8) {
            worker.now_us += 20_000;
            burst.iter_mut().for_each(|packet| worker.datagram(publisher(), None, packet));
            worker.flush();
        }
    };
    pass(&mut worker, &mut before);
    let forwarded = worker.counters.forwarded;
    let found = allocation_counter::measure(|| pass(&mut worker, &mut counted));
    assert_eq!(worker.counters.forwarded - forwarded, (counted.len() * RECEIVERS) as u64, "{:?}", worker.counters);
    assert_eq!((found.count_total, found.bytes_max), (0, 0));
    // And the counting itself sees what there is.
    assert!(allocation_counter::measure(|| drop(vec![1u8; 10])).count_total > 0);
}
