//! Told to stop while a voice is being recorded: the end of the file is in the log, and the file is in the bundle.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use bytes::Bytes;
use diemcau::app::export::{Exporter, Opened};
use diemcau::app::papers::Papers;
use diemcau::bot::{Bot, BotConfig, BotPacket};
use diemcau::documents::Press;
use diemcau::media::plan::{Layer, SourceKind};
use diemcau::room::state::{Logged, State};
use diemcau::store::Store;
use diemcau::store::verify::{Against, verify_bundle};
use jiff::Timestamp;
use serde_json::json;

use super::office::{CENTRAL, SESSION, begin_session, furnish, new_session};
use crate::support::process::House;
use crate::support::web::{Socket, frame};

async fn folded(store: &Store) -> State {
    let log = store.load(SESSION, 0).await.unwrap();
    let logged: Vec<Logged> = log
        .iter()
        .map(|stored| Logged {
            seq: i64::try_from(stored.item.header.seq).unwrap(),
            at: Timestamp::from_microsecond(stored.item.header.at_us).unwrap(),
            actor: stored.item.header.actor.clone(),
            event: stored.typed().unwrap(),
        })
        .collect();
    State::fold(&logged)
}

/// The presider at the central point, heard and recorded.
async fn speaks(house: &House, cookie: &str) -> (Socket, Bot) {
    let mut socket = house.socket(cookie, SESSION, Some(CENTRAL), "main").await.unwrap();
    socket.say(&frame(json!({"type": "hello", "device": "main", "have": {}}))).await;
    socket.until("welcome").await;
    let config = BotConfig {
        bind: IpAddr::V4(Ipv4Addr::LOCALHOST),
        microphone: true,
        camera: false,
        simulcast: false,
        paper: false,
        slots: 1,
    };
    let (mut bot, sdp) = Bot::offer(&config).await.unwrap();
    socket.say(&frame(json!({"type": "offer", "sdp": sdp}))).await;
    let answer = socket.until("answer").await;
    bot.accept(answer["sdp"].as_str().unwrap()).await.unwrap();
    assert!(bot.connected(Duration::from_secs(10)).await);
    socket.say(&frame(json!({"type": "command", "command": {"do": "microphone", "open": true}}))).await;
    socket.until("done").await;
    (socket, bot)
}

async fn talks(bot: &Bot, from: u16, packets: u16) {
    for n in from..from + packets {
        let packet = BotPacket {
            sequence: n,
            timestamp: u32::from(n) * 960,
            marker: n == 0,
            level: Some(20),
            payload: Bytes::from_static(&[0xF8, 0xFF, 0xFE]),
        };
        bot.send(SourceKind::Microphone, Layer::Full, packet).await.unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn told_to_stop_in_the_middle_of_a_recording_its_end_is_in_the_log() {
    let house = House::new();
    furnish(&house).await;
    let (process, _) = house.start().await;
    let (head, desk) = (house.sign_in("head").await, house.sign_in("desk").await);
    begin_session(&house, &head, &desk, &new_session()).await;
    let (_socket, bot) = speaks(&house, &head).await;
    talks(&bot, 0, 150).await;
    let talking = tokio::spawn(async move {
        // Goes on until the server is gone.
        talks(&bot, 150, 500).await;
    });
    let (status, took) = process.terminate().await;
    talking.abort();
    assert!(status.success() && took < Duration::from_secs(15), "{status} {took:?}\n{}", house.said());
    let store = house.store().await;
    let state = folded(&store).await;
    assert!(!state.segments.is_empty(), "nothing was recorded\n{}", house.said());
    for (id, segment) in &state.segments {
        assert!(segment.closed && segment.mark.duration_ms >= 2_000 && segment.mark.bytes > 0, "{id} {segment:?}");
    }
    let out = house.config().with_file_name("bundle");
    let papers = Papers::new(store.clone(), Press::of_this_program().unwrap());
    let exporter = Exporter::new(store.clone(), house.config().with_file_name("recordings"), papers);
    let manifest = exporter.export(SESSION, &out, Opened::Nothing, Timestamp::now()).await.unwrap();
    for id in state.segments.keys() {
        let name = format!("recordings/{id}.dcr");
        assert!(manifest.files.iter().any(|file| file.name == name), "{name}");
    }
    assert!(verify_bundle(&out, &Against::default()).unwrap().is_sound());
}

/// Killed between the end of a file and its event: nobody is told, so whoever opens the log next looks for itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_ended_unheard_is_closed_at_the_next_start() {
    let house = House::new();
    furnish(&house).await;
    let (process, _) = house.start().await;
    let (head, desk) = (house.sign_in("head").await, house.sign_in("desk").await);
    begin_session(&house, &head, &desk, &new_session()).await;
    let (_socket, bot) = speaks(&house, &head).await;
    talks(&bot, 0, 150).await;
    process.kill().await;
    // As the recorder leaves it when it finishes a file: what recovery does, with nobody to tell.
    let store = house.store().await;
    let root = house.config().with_file_name("recordings");
    let before = folded(&store).await;
    assert!(before.segments.values().any(|segment| !segment.closed));
    let finished = {
        let (root, store) = (root.clone(), store.clone());
        let runtime = tokio::runtime::Handle::current();
        tokio::task::spawn_blocking(move || diemcau::media::record::recover(&root, &Stored { store, runtime }))
            .await
            .unwrap()
    };
    assert_eq!(finished.unwrap().finished.len(), 1);
    drop(store);
    let (process, _) = house.start().await;
    let closed = async {
        while folded(&house.copy().await.store).await.segments.values().any(|segment| !segment.closed) {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(20), closed).await.is_ok(), "{}", house.said());
    let closings = house.copy().await.store.load(SESSION, 0).await.unwrap();
    let count = closings.iter().filter(|stored| stored.item.header.kind == "segment_closed").count();
    assert_eq!(count, 1, "once");
    process.kill().await;
}

struct Stored {
    store: Store,
    runtime: tokio::runtime::Handle,
}

impl diemcau::media::record::KeyLookup for Stored {
    fn key(&self, target: diemcau::media::plan::RecordTarget) -> Option<diemcau::media::record::RecordKey> {
        use diemcau::domain::chain::Scope;
        let scope = target.visit.map_or(Scope::Session, Scope::Visit);
        let key = self.runtime.block_on(self.store.recording_key(target.session, scope)).ok()?;
        Some(diemcau::media::record::RecordKey(*key.expose()))
    }
}
