//! What a socket takes: T13 (sizes), T14 (malformed), T15 (rate).

use std::time::{Duration, Instant};

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio_tungstenite::tungstenite::Message;
use uuid::Uuid;

use crate::support::web::{CENTRAL, Socket, Web, XA_A, frame};

const ID: &str = "01931f5e-0000-7000-8000-000000000001";

#[tokio::test(flavor = "multi_thread")]
async fn oversized_frames_are_closed_with_1009_before_they_are_read() {
    let web = Web::start().await;
    let session = web.session().await;
    // The largest frame that is taken is read, and refused for what it says.
    let (mut socket, _) = web.joined("officer", session, CENTRAL).await;
    let text = format!("\"{}\"", "a".repeat(64 * 1024 - 2));
    socket.say(&text).await;
    assert_eq!(socket.until("refused").await["code"], "frame_malformed");
    for size in [64 * 1024 + 1, 1024 * 1024] {
        let (mut socket, _) = web.joined("officer", session, CENTRAL).await;
        // The server closes while we still send: only the close counts.
        socket.stream.send(Message::text("a".repeat(size))).await.ok();
        assert_eq!(u16::from(socket.closed().await.code), 1009, "{size}");
    }
    // Fragments: each small enough, together too large; and a head that promises 2^40 bytes.
    for head in [[0x01, 0xff, 0, 0, 0, 0, 0, 0x10, 0, 0], [0x81, 0xff, 0, 0, 0x01, 0, 0, 0, 0, 0]] {
        let (mut socket, _) = web.joined("officer", session, CENTRAL).await;
        let raw = socket.stream.get_mut();
        raw.write_all(&head).await.unwrap();
        raw.write_all(&[0; 4]).await.unwrap();
        raw.flush().await.unwrap();
        assert_eq!(u16::from(socket.closed().await.code), 1009);
    }
    let (mut socket, _) = web.joined("officer", session, CENTRAL).await;
    let raw = socket.stream.get_mut();
    for i in 0..64_u8 {
        // 4 KiB text fragments without an end.
        let mut fragment = vec![u8::from(i == 0), 0xfe, 0x10, 0x00, 0, 0, 0, 0];
        fragment.extend([b'a'; 4096]);
        if raw.write_all(&fragment).await.is_err() {
            break;
        }
    }
    assert_eq!(u16::from(socket.closed().await.code), 1009);
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_frames_are_refused_one_by_one_and_the_room_goes_on() {
    let web = Web::start().await;
    let session = web.session().await;
    let (mut socket, _) = web.joined("officer", session, CENTRAL).await;
    let nil = Uuid::nil().to_string();
    let with = |body: &str| format!(r#"{{"v":1,"id":"{ID}","body":{body}}}"#);
    let cases = [
        ("[".repeat(10_000), nil.as_str(), "frame_malformed"),
        (with(r#"{"type":"pong","more":1}"#), ID, "frame_malformed"),
        (with(r#"{"type":"pong","type":"pong"}"#), ID, "frame_malformed"),
        (with(r#"{"type":"command","command":{"do":"set_room_wide","on":1e999}}"#), ID, "frame_malformed"),
        (with(r#"{"type":"offer","sdp":"\ud800"}"#), ID, "frame_malformed"),
        (with(r#"{"type":"command","command":{"do":"no_such_act"}}"#), ID, "frame_malformed"),
        (with(r#"{"type":"command","command":{"do":"propose_end","force":true}}"#), ID, "frame_malformed"),
        (format!(r#"{{"v":9,"id":"{ID}","body":{{"type":"pong"}}}}"#), ID, "version_unknown"),
        (with(r#"{"type":"hello","device":"main","have":{}}"#), ID, "hello_twice"),
    ];
    for (text, re, code) in cases {
        socket.say(&text).await;
        let refused = socket.until("refused").await;
        assert_eq!((refused["code"].as_str(), refused["re"].as_str()), (Some(code), Some(re)));
        assert!(!refused["vi"].as_str().unwrap().is_empty() && !refused["en"].as_str().unwrap().is_empty());
    }
    // A command that is understood still gets through to the room, which has its own say.
    socket.say(&with(r#"{"type":"command","command":{"do":"set_room_wide","on":true}}"#)).await;
    assert_eq!(socket.until("refused").await["re"], ID);
    for _ in 0..10 {
        socket.say("{}").await;
    }
    assert_eq!(u16::from(socket.closed().await.code), 4400);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_utf_8_is_closed_with_1007() {
    let web = Web::start().await;
    let session = web.session().await;
    let (mut socket, _) = web.joined("officer", session, CENTRAL).await;
    // A masked text frame of the two bytes C3 28; the mask is zero.
    socket.stream.get_mut().write_all(&[0x81, 0x82, 0, 0, 0, 0, 0xc3, 0x28]).await.unwrap();
    assert_eq!(u16::from(socket.closed().await.code), 1007);
}

async fn round_trip(socket: &mut Socket) -> Duration {
    let began = Instant::now();
    socket.say(&frame(json!({"type": "hello", "device": "main", "have": {}}))).await;
    assert_eq!(socket.until("refused").await["code"], "hello_twice");
    began.elapsed()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_is_slowed_down_then_closed_and_others_hardly_notice() {
    let web = Web::start().await;
    let session = web.session().await;
    let (mut quiet, _) = web.joined("xa-a", session, XA_A).await;
    let (flooder, _) = web.joined("officer", session, CENTRAL).await;
    let (mut sink, mut stream) = flooder.stream.split();
    let flood = tokio::spawn(async move {
        let pong = frame(json!({"type": "pong"}));
        for _ in 0..10_000 {
            if sink.send(Message::text(pong.as_str())).await.is_err() {
                break;
            }
        }
        sink
    });
    let mut slowed = 0;
    let closed = loop {
        match stream.next().await {
            Some(Ok(Message::Text(text))) => {
                let body: Value = serde_json::from_str(&text).unwrap();
                slowed += u32::from(body["body"]["code"] == "slow_down");
            }
            Some(Ok(Message::Close(Some(frame)))) => break u16::from(frame.code),
            Some(Ok(_)) => {}
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(closed, 4429);
    // In a row: a machine that is busy otherwise lets some frames through in between.
    assert!(slowed >= 20, "{slowed}");
    let during = round_trip(&mut quiet).await;
    // Head-room for a loaded machine; the fair share itself is a matter of the load tests.
    assert!(during < Duration::from_millis(500), "{during:?}");
    drop(flood.await);
}
