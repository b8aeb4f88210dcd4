//! What an encoder sends is the picture and sound of its point, under the rules of any other; a wall shows what all may see.

use std::collections::BTreeSet;
use std::time::Duration;

use bytes::Bytes;
use diemcau::bot::{Bot, BotConfig, BotPacket, BotPictures, Received};
use diemcau::domain::ids::ConnectionId;
use diemcau::media::engine::{Client, Engine, Join};
use diemcau::media::plan::{Layer, SlotFeed, SourceId, SourceKind};
use serde_json::json;
use tokio::time::Instant;
use uuid::Uuid;

use super::house::House;
use crate::media_spread::two_workers;
use crate::media_stage::{Stage, full};
use crate::support::web::{CENTRAL, XA_A};

const LONG: Duration = Duration::from_secs(20);
const TICK: Duration = Duration::from_millis(20);

/// Sends marked sound and pictures until stopped.
pub(super) struct Sender {
    pub(super) bot: Bot,
    mark: u8,
    ticks: u32,
    /// Its pictures are H.264.
    h264: bool,
    /// How often it was asked for a key frame.
    wishes: u32,
}

/// The end of a picture that says whose it is.
fn tail(head: &[u8], mark: u8) -> Bytes {
    let mut payload = head.to_vec();
    payload.resize(120, mark);
    payload.into()
}

/// As encoders begin: parameters and a slice in one packet; then slices alone.
fn h264_payload(key: bool, mark: u8) -> Bytes {
    const SPS: &[u8] =
        &[0x67, 0x42, 0xc0, 0x0a, 0xda, 0x25, 0xb0, 0x11, 0, 0, 3, 0, 0x10, 0, 0, 3, 0, 0x1e, 0x0f, 0x12, 0x26, 0xa0];
    const PPS: &[u8] = &[0x68, 0xce, 0x0f, 0xc8];
    if !key {
        return tail(&[0x41, 0x9a], mark);
    }
    let sized = |unit: &[u8]| [&(unit.len() as u16).to_be_bytes(), unit].concat();
    tail(&[&[0x78][..], &sized(SPS), &sized(PPS), &[0, 87, 0x65]].concat(), mark)
}

impl Sender {
    pub(super) fn new(bot: Bot, mark: u8) -> Self {
        Self { bot, mark, ticks: 0, h264: false, wishes: 0 }
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
        let wished = self.bot.take_key_frame_wish(SourceKind::Camera, Layer::Full);
        self.wishes += u32::from(wished);
        let key = wished || self.ticks % 50 == 1;
        let vp8 = || tail(&[0x10, u8::from(!key)], self.mark);
        let payload = if self.h264 { h264_payload(key, self.mark) } else { vp8() };
        let timestamp = self.ticks * 1_800;
        let picture = BotPacket { sequence, timestamp, marker: true, level: None, payload };
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

pub(super) fn watches(slots: usize) -> BotConfig {
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

/// The next pictures with the mark, as the viewer got them.
async fn pictures(senders: &mut [&mut Sender], viewer: &mut Bot, mark: u8, wanted: usize) -> Vec<Received> {
    let end = Instant::now() + LONG;
    let mut got = Vec::new();
    let mut interval = tokio::time::interval(TICK);
    while got.len() < wanted {
        assert!(Instant::now() < end, "{} of {wanted} pictures, mark {mark}", got.len());
        interval.tick().await;
        for sender in senders.iter_mut() {
            sender.tick().await;
        }
        while let Some(packet) = viewer.try_receive() {
            got.extend(Some(packet).filter(|packet| packet.video && marked(packet, mark)));
        }
    }
    got
}

/// One slot, two codecs: the payload type changes in the stream and nothing else, there and back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slot_goes_from_a_pages_vp8_to_an_encoders_h264_and_back() {
    let house = House::open().await;
    let (_presider, mut viewer) = house.viewer().await;
    let (_officer, own) = house.page("xa-a", XA_A, &sends()).await;
    let mut page = Sender::new(own, PAGE);
    let before = pictures(&mut [&mut page], &mut viewer, PAGE, 10).await;

    let offer = Bot::offer_pictures(&sends(), BotPictures::H264).await.unwrap();
    let (bot, address) = house.enters(&house.whip(), &house.encoder, offer).await;
    let mut encoder = Sender { h264: true, ..Sender::new(bot, ENCODER) };
    let during = pictures(&mut [&mut page, &mut encoder], &mut viewer, ENCODER, 30).await;
    assert_eq!(house.ask("DELETE", &address, &house.encoder, &[], "").await.status, 200);
    let after = pictures(&mut [&mut page], &mut viewer, PAGE, 10).await;

    let types = |packets: &[Received]| packets.iter().map(|packet| packet.payload_type).collect::<BTreeSet<u8>>();
    assert_eq!([types(&before), types(&during), types(&after)], [[96].into(), [103].into(), [96].into()]);
    assert_eq!(during[0].payload[..], h264_payload(true, ENCODER), "it begins with parameters, as they came");
    let all: Vec<&Received> = before.iter().chain(&during).chain(&after).collect();
    assert!(all.iter().all(|packet| packet.ssrc == all[0].ssrc));
    let order: BTreeSet<u16> = all.iter().map(|packet| packet.sequence.wrapping_sub(all[0].sequence)).collect();
    assert_eq!(order.len(), all.len(), "no number twice");
    assert!(during.windows(2).all(|two| two[1].timestamp.wrapping_sub(two[0].timestamp) as i32 > 0));
}

/// Who has no H.264 gets no picture of it, is told so, and hears on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_without_h264_hears_the_encoder_and_is_told_why_it_sees_nothing() {
    let house = House::open().await;
    let (mut presider, mut viewer) = house.page("head", CENTRAL, &watches(2)).await;
    let mut officer = house.seat("xa-a", XA_A).await;
    let offer = Bot::offer_pictures(&sends(), BotPictures::H264).await.unwrap();
    let (bot, _) = house.enters(&house.whip(), &house.encoder, offer).await;
    let mut encoder = Sender { h264: true, ..Sender::new(bot, ENCODER) };
    presider.acts(json!({"do": "give_floor", "point": XA_A})).await;
    officer.acts(json!({"do": "microphone", "open": true})).await;
    until(&mut [&mut encoder], &mut viewer, false, ENCODER, 20).await;
    assert_eq!(count(&mut [&mut encoder], &mut viewer, true, ENCODER, 25).await, 0);
    let wanted = json!({"point": XA_A, "picture": "camera", "sound": true, "paused": false, "undecoded": true});
    presider.slots(|slots| slots.contains(&wanted)).await;
}

/// The same where encoder and viewer are on two workers: what crosses between them is known by its codec.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_encoder_on_another_worker_is_heard_by_all_and_seen_by_who_decodes_it() {
    for (viewed_as, sees) in [(BotPictures::Vp8, false), (BotPictures::Both, true)] {
        let mut stage = Stage::with(two_workers());
        let [source, receiver] = [1, 2].map(|id| ConnectionId(Uuid::from_u128(id)));
        let mut bots = Vec::new();
        for (id, client, config, pictures) in
            [(source, Client::Encoder, sends(), BotPictures::H264), (receiver, Client::Browser, watches(1), viewed_as)]
        {
            let (mut bot, offer) = Bot::offer_pictures(&config, pictures).await.unwrap();
            let join = Join { room: stage.room, connection: id, offer, again: false };
            let answer = stage.engine.join_as(join, client).await.unwrap();
            bot.accept(&answer.sdp).await.unwrap();
            assert!(bot.connected(LONG).await, "{id:?}");
            bots.push(bot);
        }
        assert_eq!(stage.engine.workers_of(stage.room).len(), 2, "{:?}", stage.engine.workers());
        let [bot, mut viewer] = <[Bot; 2]>::try_from(bots).ok().unwrap();
        let mut encoder = Sender { h264: true, ..Sender::new(bot, ENCODER) };
        let of = |kind| SourceId { connection: source, kind };
        let feed =
            SlotFeed { audio: Some(of(SourceKind::Microphone)), video: Some((of(SourceKind::Camera), Layer::Full)) };
        stage.plan.slots.insert(receiver, vec![feed]);
        stage.plan.open_microphones.insert(source);
        stage.apply();
        until(&mut [&mut encoder], &mut viewer, false, ENCODER, 50).await;
        if sees {
            until(&mut [&mut encoder], &mut viewer, true, ENCODER, 50).await;
        } else {
            assert_eq!(count(&mut [&mut encoder], &mut viewer, true, ENCODER, 100).await, 0);
            encoder.wishes = 0;
            count(&mut [&mut encoder], &mut viewer, true, ENCODER, 100).await;
            assert_eq!(encoder.wishes, 0, "nobody asks for pictures that nobody sees");
        }
    }
}

/// What would not be seen by every viewer is not let in, and is told how to come in.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn h264_of_another_kind_is_refused_by_a_code() {
    let house = House::open().await;
    let (_, offer) = Bot::offer_pictures(&sends(), BotPictures::H264).await.unwrap();
    for (from, to) in [
        ("packetization-mode=1", "packetization-mode=0"),
        (";packetization-mode=1", ""),
        ("profile-level-id=42e01f", "profile-level-id=4d001f"),
        ("profile-level-id=42e01f", "profile-level-id=64001f"),
    ] {
        assert!(offer.contains(from), "{offer}");
        let answer = house.post(&house.whip(), &house.encoder, &offer.replace(from, to)).await;
        assert_eq!((answer.status, answer.code().as_str()), (422, "h264_unsupported"), "{to}");
    }
    assert_eq!(house.web.server.app().foreign.count(), 0);
}

/// FFmpeg is such a one: it offers to be the DTLS server and nothing else, with whichever keys.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn machines_that_wait_for_our_hello_get_one() {
    let house = House::open().await;
    let (_presider, mut viewer) = house.page("head", CENTRAL, &watches(1)).await;
    let _officer = house.seat("xa-a", XA_A).await;
    for (mark, (bot, offer)) in
        [(PAGE, Bot::offer(&sends()).await.unwrap()), (ENCODER, Bot::offer_old_keys(&sends()).await.unwrap())]
    {
        let offer = offer.replace("a=setup:actpass", "a=setup:passive");
        assert!(offer.contains("a=setup:passive"));
        let (bot, _) = house.enters(&house.whip(), &house.encoder, (bot, offer)).await;
        let mut encoder = Sender::new(bot, mark);
        until(&mut [&mut encoder], &mut viewer, true, mark, 10).await;
    }
}
