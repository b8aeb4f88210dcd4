//! What an encoder sends is the picture and sound of its point, under the rules of any other; a wall shows what all may see.

use std::time::Duration;

use bytes::Bytes;
use diemcau::bot::{Bot, BotConfig, BotPacket, Received};
use diemcau::media::plan::{Layer, SourceKind};
use serde_json::json;
use tokio::time::Instant;

use super::house::House;
use crate::media_stage::full;
use crate::support::web::{CENTRAL, XA_A};

const LONG: Duration = Duration::from_secs(20);
const TICK: Duration = Duration::from_millis(20);

/// Sends marked sound and pictures until stopped.
pub(super) struct Sender {
    pub(super) bot: Bot,
    mark: u8,
    ticks: u32,
}

impl Sender {
    pub(super) fn new(bot: Bot, mark: u8) -> Self {
        Self { bot, mark, ticks: 0 }
    }

    async fn tick(&mut self) {
        self.ticks += 1;
        let sequence = self.ticks as u16;
        let sound = BotPacket {
            sequence,
            timestamp: self.ticks * 960,
            marker: false,
            level: Some(30),
            payload: Bytes::copy_from_slice(&[self.mark; 40]),
        };
        self.bot.send(SourceKind::Microphone, Layer::Full, sound).await.unwrap();
        let key = self.bot.take_key_frame_wish(SourceKind::Camera, Layer::Full) || self.ticks % 50 == 1;
        let mut payload = vec![0x10, u8::from(!key)];
        payload.resize(120, self.mark);
        let timestamp = self.ticks * 1_800;
        let picture = BotPacket { sequence, timestamp, marker: true, level: None, payload: Bytes::from(payload) };
        self.bot.send(SourceKind::Camera, Layer::Full, picture).await.unwrap();
    }
}

fn marked(packet: &Received, mark: u8) -> bool {
    packet.payload.last() == Some(&mark)
}

/// Lets `senders` send until `viewer` got `wanted` more packets of that kind with the mark.
async fn until(senders: &mut [&mut Sender], viewer: &mut Bot, video: bool, mark: u8, wanted: usize) {
    let end = Instant::now() + LONG;
    let mut got = 0;
    let mut interval = tokio::time::interval(TICK);
    while got < wanted {
        assert!(Instant::now() < end, "{got} of {wanted} packets, picture {video}, mark {mark}");
        interval.tick().await;
        for sender in senders.iter_mut() {
            sender.tick().await;
        }
        while let Some(packet) = viewer.try_receive() {
            got += usize::from(packet.video == video && marked(&packet, mark));
        }
    }
}

/// Lets `senders` send for `ticks` and says how many packets of that kind with the mark `viewer` got.
async fn count(senders: &mut [&mut Sender], viewer: &mut Bot, video: bool, mark: u8, ticks: usize) -> usize {
    let mut interval = tokio::time::interval(TICK);
    let mut got = 0;
    for _ in 0..ticks {
        interval.tick().await;
        for sender in senders.iter_mut() {
            sender.tick().await;
        }
        while let Some(packet) = viewer.try_receive() {
            got += usize::from(packet.video == video && marked(&packet, mark));
        }
    }
    got
}

fn sends() -> BotConfig {
    full(0)
}

fn watches(slots: usize) -> BotConfig {
    BotConfig { microphone: false, camera: false, ..full(slots) }
}

const PAGE: u8 = 0x11;
const ENCODER: u8 = 0x22;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_encoder_is_the_camera_and_the_microphone_of_its_point() {
    let house = House::open().await;
    let (mut presider, mut viewer) = house.page("head", CENTRAL, &watches(4)).await;
    let (mut officer, own) = house.page("xa-a", XA_A, &sends()).await;
    let mut page = Sender::new(own, PAGE);
    until(&mut [&mut page], &mut viewer, true, PAGE, 5).await;

    let (bot, address) = house.machine(&house.whip(), &house.encoder, &sends()).await;
    let mut encoder = Sender::new(bot, ENCODER);
    until(&mut [&mut page, &mut encoder], &mut viewer, true, ENCODER, 20).await;

    // No key, no floor: nobody hears it.
    assert_eq!(count(&mut [&mut page, &mut encoder], &mut viewer, false, ENCODER, 25).await, 0);
    presider.acts(json!({"do": "give_floor", "point": XA_A})).await;
    assert_eq!(count(&mut [&mut page, &mut encoder], &mut viewer, false, ENCODER, 25).await, 0);
    // The officer's key opens the point's microphone, which is the encoder's now.
    officer.acts(json!({"do": "microphone", "open": true})).await;
    until(&mut [&mut page, &mut encoder], &mut viewer, false, ENCODER, 20).await;
    assert_eq!(count(&mut [&mut page, &mut encoder], &mut viewer, false, PAGE, 10).await, 0);

    // It leaves: the page's own microphone is another one, and nobody opened it.
    let gone = house.ask("DELETE", &address, &house.encoder, &[], "").await;
    assert_eq!(gone.status, 200);
    until(&mut [&mut page], &mut viewer, true, PAGE, 5).await;
    assert_eq!(count(&mut [&mut page], &mut viewer, false, PAGE, 25).await, 0);
    assert_eq!(house.ask("DELETE", &address, &house.encoder, &[], "").await.status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_encoder_that_begins_anew_replaces_itself_and_is_silent_again() {
    let house = House::open().await;
    let (mut presider, mut viewer) = house.page("head", CENTRAL, &watches(4)).await;
    let mut officer = house.seat("xa-a", XA_A).await;
    let (first, old) = house.machine(&house.whip(), &house.encoder, &sends()).await;
    let mut first = Sender::new(first, PAGE);
    presider.acts(json!({"do": "give_floor", "point": XA_A})).await;
    officer.acts(json!({"do": "microphone", "open": true})).await;
    until(&mut [&mut first], &mut viewer, false, PAGE, 10).await;

    let (second, new) = house.machine(&house.whip(), &house.encoder, &sends()).await;
    let mut second = Sender::new(second, ENCODER);
    until(&mut [&mut second], &mut viewer, true, ENCODER, 5).await;
    assert_eq!(count(&mut [&mut second], &mut viewer, false, ENCODER, 25).await, 0, "closed after any reconnect");
    officer.acts(json!({"do": "microphone", "open": true})).await;
    until(&mut [&mut second], &mut viewer, false, ENCODER, 10).await;
    assert_ne!(old, new);
    assert_eq!(house.ask("DELETE", &old, &house.encoder, &[], "").await.status, 404);
    assert_eq!(house.web.server.app().foreign.count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wall_shows_who_speaks_and_ends_with_its_token() {
    let house = House::open().await;
    let (mut officer, own) = house.page("xa-a", XA_A, &sends()).await;
    let mut page = Sender::new(own, PAGE);
    let (mut presider, own) = house.page("head", CENTRAL, &sends()).await;
    let mut central = Sender::new(own, ENCODER);
    let (mut wall, address) = house.machine(&house.whep(), &house.wall, &watches(1)).await;
    // One pair only: the presider's place comes first as long as nobody speaks.
    until(&mut [&mut page, &mut central], &mut wall, true, ENCODER, 10).await;
    presider.acts(json!({"do": "give_floor", "point": XA_A})).await;
    officer.acts(json!({"do": "microphone", "open": true})).await;
    until(&mut [&mut page, &mut central], &mut wall, false, PAGE, 10).await;
    until(&mut [&mut page, &mut central], &mut wall, true, PAGE, 10).await;
    let gone = house.ask("DELETE", &address, &house.wall, &[], "").await;
    assert_eq!(gone.status, 200);
    let end = Instant::now() + LONG;
    // What was on its way may still come.
    while count(&mut [&mut page, &mut central], &mut wall, true, PAGE, 10).await > 0 {
        assert!(Instant::now() < end, "the wall still gets a picture");
    }
}

/// AES-CM with SHA-1 is for machines: both ways, and for no page.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn machines_with_old_keys_send_and_show() {
    let house = House::open().await;
    let (mut presider, own) = house.page("head", CENTRAL, &watches(1)).await;
    let mut officer = house.seat("xa-a", XA_A).await;
    let offer = Bot::offer_old_keys(&sends()).await.unwrap();
    let mut encoder = Sender::new(house.enters(&house.whip(), &house.encoder, offer).await.0, ENCODER);
    let offer = Bot::offer_old_keys(&watches(1)).await.unwrap();
    let (mut wall, _) = house.enters(&house.whep(), &house.wall, offer).await;
    presider.acts(json!({"do": "give_floor", "point": XA_A})).await;
    officer.acts(json!({"do": "microphone", "open": true})).await;
    let mut viewer = own;
    until(&mut [&mut encoder], &mut viewer, true, ENCODER, 10).await;
    until(&mut [&mut encoder], &mut viewer, false, ENCODER, 10).await;
    until(&mut [&mut encoder], &mut wall, true, ENCODER, 10).await;
    until(&mut [&mut encoder], &mut wall, false, ENCODER, 10).await;

    let (mut old_page, offer) = Bot::offer_old_keys(&watches(1)).await.unwrap();
    let mut socket = house.seat("officer", CENTRAL).await;
    old_page.accept(&socket.offers(&offer).await).await.unwrap();
    assert!(!old_page.connected(Duration::from_secs(3)).await, "a page has better keys");
}
