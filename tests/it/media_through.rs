//! Getting through networks that let no datagrams pass: ICE over TCP, relays within TLS, and what strangers may do to
//! the port that takes them.

use std::time::Duration;

use diemcau::domain::ids::ConnectionId;
use diemcau::limits;
use diemcau::media::MediaConfig;
use diemcau::media::engine::{Engine, EngineEvent, Rung};
use diemcau::media::plan::Layer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use uuid::Uuid;

use super::media_passage::{OnePort, Passage, Through};
use super::media_stage::{Point, Stage, full, holes, run};

const SECOND: Duration = Duration::from_secs(1);

/// A stage whose points reach it through a passage only. Its workers are three: streams find theirs.
async fn behind(through: Through) -> (Passage, Stage) {
    let passage = Passage::dig().await;
    let stage = Stage::with(MediaConfig { advertise: vec![passage.address], ..Stage::config(3) });
    let port = OnePort::open(&stage).await;
    let access = stage.engine.relay(ConnectionId(Uuid::new_v4())).unwrap();
    passage.connect(stage.engine.local_addr(), port, access);
    passage.narrow(through);
    (passage, stage)
}

/// Waits until the server tells that a point's packets come this way.
async fn told_rung(stage: &mut Stage, points: &mut [&mut Point], rung: Rung) {
    let connection = points[0].connection;
    for _ in 0..40 {
        run(points, SECOND / 2).await;
        let comes = |event: &EngineEvent| matches!(event, EngineEvent::Quality { connection: whose, quality, .. } if *whose == connection && quality.rung == rung);
        if stage.told().iter().any(comes) {
            return;
        }
    }
    panic!("nobody told that packets come by {rung:?}");
}

/// Both see and hear each other without a hole, the whole way through one kind of passage.
async fn call(through: Through, rung: Rung) {
    let (_passage, mut stage) = behind(through).await;
    let mut a = stage.point(1, &full(1)).await;
    let mut b = stage.point(2, &full(1)).await;
    stage.feed(&a, 0, &b, Layer::Full);
    stage.feed(&b, 0, &a, Layer::Full);
    stage.open_microphone(&a);
    stage.open_microphone(&b);
    stage.apply();
    run(&mut [&mut a, &mut b], 3 * SECOND).await;
    told_rung(&mut stage, &mut [&mut a, &mut b], rung).await;
    for (viewer, other) in [(&a, 2), (&b, 1)] {
        let (sound, picture) = (viewer.slot(0, false), viewer.slot(0, true));
        assert!(sound.len() > 100 && picture.len() > 60, "{} {}", sound.len(), picture.len());
        assert!(sound.iter().chain(&picture).all(|(_, mark)| mark.who == other));
        assert_eq!(holes(&picture), (0, 0));
    }
    assert_eq!(stage.engine.counters().panics, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_network_without_datagrams_is_passed_over_tcp() {
    call(Through::Tcp, Rung::Tcp).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_network_that_takes_only_tls_is_passed_by_a_relay() {
    call(Through::Tls, Rung::Relay).await;
}

/// The firewall's rules change in mid-call, to the worse and back: one connection, one handshake, the same seat.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_moves_between_the_ways_and_keeps_its_seat() {
    let (passage, mut stage) = behind(Through::Datagrams).await;
    let mut a = stage.point(1, &full(1)).await;
    let mut b = stage.point(2, &full(1)).await;
    stage.feed(&a, 0, &b, Layer::Full);
    stage.feed(&b, 0, &a, Layer::Full);
    stage.apply();
    run(&mut [&mut a, &mut b], SECOND).await;
    stage.told();
    for (through, rung) in [(Through::Tcp, Rung::Tcp), (Through::Tls, Rung::Relay), (Through::Datagrams, Rung::Udp)] {
        passage.narrow(through);
        told_rung(&mut stage, &mut [&mut a, &mut b], rung).await;
        let before = (a.slot(0, true).len(), b.slot(0, true).len());
        let mut waited = 0;
        while a.slot(0, true).len() < before.0 + 15 || b.slot(0, true).len() < before.1 + 15 {
            run(&mut [&mut a, &mut b], SECOND / 2).await;
            waited += 1;
            assert!(waited < 40, "no picture through {through:?}");
        }
    }
    assert!(
        !stage.told().iter().any(|event| matches!(event, EngineEvent::Gone { .. } | EngineEvent::Connected { .. }))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_are_served_on_the_same_port_and_not_without_tls() {
    let stage = Stage::open(None);
    let port = OnePort::open(&stage).await;
    let request = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let mut page = String::new();
    let mut tls = port.tls().await;
    tls.write_all(request).await.unwrap();
    tls.read_to_string(&mut page).await.unwrap();
    assert!(page.starts_with("HTTP/1.1 200") && page.ends_with("a page"), "{page}");
    let mut plain = TcpStream::connect(port.address).await.unwrap();
    plain.write_all(request).await.unwrap();
    let mut nothing = Vec::new();
    // A reset says the same as an end.
    plain.read_to_end(&mut nothing).await.ok();
    assert!(nothing.is_empty());
}

/// Noise, half a greeting, a check for nobody, a relay without credentials: each ends, none is answered more than it
/// must be, and a call beside them goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_end_after_their_first_words() {
    let mut stage = Stage::open(None);
    let port = OnePort::open(&stage).await;
    let mut a = stage.point(1, &full(1)).await;
    let mut b = stage.point(2, &full(1)).await;
    stage.feed(&a, 0, &b, Layer::Full);
    stage.apply();
    let mut check = vec![0, 1, 0, 16, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0, 6, 0, 9];
    check.extend_from_slice(b"abc:defgh");
    check.extend_from_slice(&[0; 3]);
    let mut framed = vec![0, u8::try_from(check.len()).unwrap()];
    framed.extend_from_slice(&check);
    let mut endless = framed.clone();
    endless.extend_from_slice(&[0xff; 9_000]);
    let clienthello = [&[22, 3, 1, 2, 0][..], &[7; 512]].concat();
    for words in [&[0xff; 100][..], &check, &framed, &endless, &clienthello, b"HELO mail\r\n", b"SSH-2.0-x\r\n"] {
        let mut stranger = TcpStream::connect(port.address).await.unwrap();
        stranger.write_all(words).await.ok();
        let mut said = Vec::new();
        let ended = tokio::time::timeout(6 * limits::STREAM_FIRST, stranger.read_to_end(&mut said)).await;
        assert!(ended.is_ok(), "{words:?} was kept");
        assert!(said.len() < 16, "at most an alert of TLS: {said:?}");
    }
    run(&mut [&mut a, &mut b], 2 * SECOND).await;
    assert_eq!(holes(&a.slot(0, true)), (0, 0));
    let counters = stage.engine.counters();
    assert!(counters.panics == 0 && counters.strangers >= 1, "{counters:?}");
}

/// A thousand connections that say nothing: somebody who has something to say is served at once, and they are gone
/// soon.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silent_connections_cost_nothing_lasting() {
    let (passage, stage) = behind(Through::Datagrams).await;
    let port = OnePort::open(&stage).await;
    let mut silent = Vec::new();
    for _ in 0..1_000 {
        silent.push(TcpStream::connect(port.address).await.unwrap());
    }
    let mut page = String::new();
    let mut tls = port.tls().await;
    tls.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await.unwrap();
    tls.read_to_string(&mut page).await.unwrap();
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    // Pages of the same port first, then media.
    passage.narrow(Through::Tcp);
    let _point = stage.point(1, &full(1)).await;
    let ends = async {
        for stream in &mut silent {
            assert!(matches!(stream.read(&mut [0; 1]).await, Ok(0) | Err(_)), "a silent connection was spoken to");
        }
    };
    tokio::time::timeout(6 * limits::STREAM_FIRST, ends).await.expect("silent connections are closed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_name_the_tcp_port_and_a_relay_has_credentials_of_its_own() {
    let stage = Stage::open(None);
    let (one, other) = (ConnectionId(Uuid::new_v4()), ConnectionId(Uuid::new_v4()));
    let (one, other) = (stage.engine.relay(one).unwrap(), stage.engine.relay(other).unwrap());
    assert!(one.username != other.username && one.password != other.password);
    assert_eq!(one.urls, ["turns:localhost:443?transport=tcp"]);
    let (_bot, offer) = diemcau::bot::Bot::offer(&full(1)).await.unwrap();
    let answer = stage.join(ConnectionId(Uuid::new_v4()), offer).await.unwrap();
    assert!(answer.sdp.contains(" 127.0.0.1 443 typ host tcptype passive\r\n"), "{}", answer.sdp);
}
