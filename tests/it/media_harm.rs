//! Noise, floods and nonsense on the media port and in offers.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::time::Duration;

use diemcau::bot::Bot;
use diemcau::domain::ids::ConnectionId;
use diemcau::media::plan::Layer;
use tokio::net::UdpSocket;
use uuid::Uuid;

use super::media_stage::{Relay, Stage, full, holes, run};
use diemcau::line::Direction;

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_change_nothing() {
    let mut stage = Stage::with(Stage::config(3));
    let mut a = stage.point(1, &full(1)).await;
    let mut b = stage.point(2, &full(1)).await;
    stage.feed(&a, 0, &b, Layer::Full);
    stage.apply();
    let stranger = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let server = stage.engine.local_addr();
    let mut seed = 3u32;
    for round in 0..2_000u32 {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let mut datagram: Vec<u8> = (0..seed >> 24).map(|place| (seed.rotate_left(place) & 0xff) as u8).collect();
        if round % 2 == 0 {
            // A binding request to a ufrag nobody has.
            datagram = vec![0, 1, 0, 16, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0, 6, 0, 9];
            datagram.extend_from_slice(b"abc:defgh");
            datagram.extend_from_slice(&[0; 3]);
        }
        stranger.send_to(&datagram, server).await.unwrap();
        if round % 200 == 0 {
            run(&mut [&mut a, &mut b], SECOND / 10).await;
        }
    }
    run(&mut [&mut a, &mut b], SECOND).await;
    let picture = a.slot(0, true);
    assert!(picture.len() > 20);
    assert_eq!(holes(&picture), (0, 0));
    let counters = stage.engine.counters();
    assert_eq!(counters.panics, 0);
    assert!(counters.strangers > 1_500, "{counters:?}");
    assert!(tokio::time::timeout(SECOND / 10, stranger.recv(&mut [0; 64])).await.is_err(), "a stranger gets no answer");
}

/// What a broken or hostile device may send over its own proven address: damaged copies of real datagrams.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn damaged_datagrams_of_a_peer_are_refused() {
    let relay = Relay::open().await;
    let mut stage = Stage::open(Some(relay.address));
    let server = stage.engine.local_addr();
    relay.connect(server);
    let mut a = stage.point(1, &full(1)).await;
    let mut b = stage.point(2, &full(1)).await;
    stage.feed(&a, 0, &b, Layer::Full);
    stage.apply();
    run(&mut [&mut a, &mut b], SECOND).await;
    // Over proven addresses: every third datagram comes a second time damaged, cut or just again.
    let mut count = 0usize;
    relay.harm(move |way, datagram| {
        count += 1;
        if way == Direction::Down {
            return 1;
        }
        match count % 6 {
            0 => 2,
            2 => {
                let place = count % datagram.len();
                datagram[place] ^= 0x10;
                1
            }
            4 => {
                datagram.truncate(count % 40);
                1
            }
            _ => 1,
        }
    });
    run(&mut [&mut a, &mut b], 3 * SECOND).await;
    let counters = stage.engine.counters();
    assert_eq!(counters.panics, 0);
    assert!(counters.refused > 50, "{counters:?}");
    let picture = a.slot(0, true);
    assert!(picture.len() > 60, "the call goes on: {}", picture.len());
    // One sequence number may come twice: a late original beside its repair, the same to the byte. A replayed packet
    // that was forwarded again would be the same picture under another number.
    let mut by_sequence = BTreeMap::new();
    for (packet, _) in &picture {
        if let Some(before) = by_sequence.insert(packet.sequence, packet.payload.clone()) {
            assert_eq!(before, packet.payload, "a repair is the packet it repairs");
        }
    }
    let pictures: BTreeSet<_> = by_sequence.values().collect();
    assert_eq!(pictures.len(), by_sequence.len(), "a replayed packet is not forwarded again");
    assert!(picture.iter().all(|(_, mark)| mark.who == 2), "a damaged packet is not forwarded");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nonsense_offers_are_refused_by_name() {
    let stage = Stage::open(None);
    let (_bot, offer) = Bot::offer(&full(1)).await.unwrap();
    let try_offer = |offer: String| stage.join(ConnectionId(Uuid::new_v4()), offer);
    assert_eq!(try_offer(String::new()).await.unwrap_err().code(), "media_offer_malformed");
    assert_eq!(try_offer("v=0\r\n".repeat(40_000)).await.unwrap_err().code(), "media_offer_malformed");
    assert_eq!(
        try_offer(offer.replace("a=fingerprint", "a=finger")).await.unwrap_err().code(),
        "media_offer_malformed"
    );
    let deaf = offer.replace("VP8/90000", "XX/90000").replace("opus/48000", "XX/48000");
    assert_eq!(try_offer(deaf).await.unwrap_err().code(), "media_offer_unsupported");
    assert!(try_offer(offer).await.is_ok());
}
