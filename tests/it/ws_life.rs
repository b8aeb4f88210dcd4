//! How sockets end: T61 (sign-out and withdrawn roles), silence, restart.

use std::time::{Duration, Instant};

use bytes::Bytes;
use diemcau::bot::{Bot, BotPacket};
use diemcau::clock::Clock as _;
use diemcau::domain::people::{RoleGrant, UnitRole};
use diemcau::media::plan::{Layer, SourceKind};
use serde_json::json;
use tokio::io::AsyncReadExt as _;

use crate::media_stage::full;
use crate::support::web::{CENTRAL, COMMUNE, Web, XA_A, frame, user};

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_ends_the_socket_at_once() {
    let web = Web::start().await;
    let session = web.session().await;
    let (mut mine, cookie) = web.joined("officer", session, CENTRAL).await;
    let (mut other, _) = web.joined("xa-a", session, XA_A).await;
    let began = Instant::now();
    assert_eq!(web.post("/api/v1/sign-out", &cookie, &json!({})).await.status, 204);
    assert_eq!(mine.until("bye").await["reason"], "signed_out");
    assert_eq!(u16::from(mine.closed().await.code), 4401);
    assert!(began.elapsed() < Duration::from_secs(2));
    other.until("ping").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_administrator_withdraws_ends_the_socket_too() {
    let web = Web::start().await;
    let session = web.session().await;
    let (mut officer, _) = web.joined("officer", session, CENTRAL).await;
    let (mut point, _) = web.joined("xa-a", session, XA_A).await;
    let now = web.clock.now();
    let grant = RoleGrant { user: user("xa-a"), unit: COMMUNE, role: UnitRole::ReceptionOfficer };
    web.accounts().grant(&grant, false, now).await.unwrap();
    let mut account = web.accounts().by_login("officer").await.unwrap().unwrap();
    account.user.disabled = true;
    let began = Instant::now();
    web.accounts().save(&account, now).await.unwrap();
    assert_eq!(u16::from(officer.closed().await.code), 4401);
    assert_eq!(u16::from(point.closed().await.code), 4412);
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_socket_is_closed_and_a_stopping_server_says_when_to_come_back() {
    let web = Web::start().await;
    let session = web.session().await;
    let (mut silent, _) = web.joined("officer", session, CENTRAL).await;
    let (mut alive, _) = web.joined("xa-a", session, XA_A).await;
    let began = Instant::now();
    let keep = tokio::spawn(async move {
        for _ in 0..8 {
            alive.say(&frame(json!({"type": "pong"}))).await;
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        alive
    });
    // Read below the protocol, so that nothing answers the pings: the last frame is a close with 4408 and its reason.
    let mut bytes = Vec::new();
    silent.stream.get_mut().read_to_end(&mut bytes).await.unwrap();
    assert!(bytes.ends_with(b"\x88\x08\x11\x38silent"), "{:?}", &bytes[bytes.len().saturating_sub(20)..]);
    let took = began.elapsed();
    assert!((Duration::from_secs(6)..Duration::from_secs(8)).contains(&took), "{took:?}");
    let mut alive = keep.await.unwrap();
    let stopping = tokio::spawn(web.server.stop());
    let bye = alive.until("bye").await;
    assert_eq!(bye["code"], 1012);
    assert!(bye["retry_ms"].as_u64().is_some_and(|ms| ms > 0));
    assert_eq!(u16::from(alive.closed().await.code), 1012);
    drop(alive);
    tokio::time::timeout(Duration::from_secs(15), stopping).await.expect("an end").unwrap();
}

/// Lets a page speak for so long with a socket that says nothing; when the socket was closed as silent.
async fn closed_after(speaks: Duration) -> Duration {
    let web = Web::start().await;
    let session = web.session().await;
    let (mut socket, _) = web.joined("xa-a", session, XA_A).await;
    let (mut bot, offer) = Bot::offer(&full(0)).await.unwrap();
    socket.say(&frame(json!({"type": "offer", "sdp": offer}))).await;
    bot.accept(socket.until("answer").await["sdp"].as_str().unwrap()).await.unwrap();
    while !bot.connected(Duration::from_secs(1)).await {
        socket.say(&frame(json!({"type": "pong"}))).await;
    }
    socket.say(&frame(json!({"type": "pong"}))).await;
    let began = Instant::now();
    let mut bytes = Vec::new();
    let speech = async {
        let mut tick = tokio::time::interval(Duration::from_millis(20));
        let mut number = 0;
        while began.elapsed() < speaks {
            tick.tick().await;
            number += 1;
            let payload = Bytes::from_static(&[7; 40]);
            let timestamp = u32::from(number) * 960;
            let packet = BotPacket { sequence: number, timestamp, marker: false, level: Some(30), payload };
            bot.send(SourceKind::Microphone, Layer::Full, packet).await.unwrap();
        }
        bot.close().await.unwrap();
        std::future::pending::<()>().await;
    };
    tokio::select! {
        read = socket.stream.get_mut().read_to_end(&mut bytes) => drop(read.unwrap()),
        () = speech => {}
    }
    assert!(bytes.ends_with(b"\x88\x08\x11\x38silent"), "{:?}", &bytes[bytes.len().saturating_sub(20)..]);
    began.elapsed()
}

/// A poor line that is full of sound and picture, or a machine that gives its page no time: who is heard has not left, and
/// a new join would close its microphone.
#[tokio::test(flavor = "multi_thread")]
async fn a_silent_socket_whose_media_arrives_is_given_longer_and_not_for_ever() {
    let (short, long) = tokio::join!(closed_after(Duration::from_secs(10)), closed_after(Duration::from_secs(60)));
    // Three until the end of media is known, two until the next look, as much again for a busy machine.
    assert!((Duration::from_secs(10)..Duration::from_secs(20)).contains(&short), "{short:?}");
    assert!((Duration::from_secs(20)..Duration::from_secs(30)).contains(&long), "{long:?}");
}
