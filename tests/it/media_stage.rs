//! A room with points in it, over real UDP: our engine on one side, the independent `webrtc` client on the other.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use diemcau::bot::{Bot, BotConfig, BotPacket, Received};
use diemcau::clock::SystemClock;
use diemcau::domain::ids::{ConnectionId, SessionId};
use diemcau::line::{self, Direction, Face};
use diemcau::media::engine::{Answer, Engine, EngineEvent, Join, JoinRefusal, RecordSink, RecordedPacket};
use diemcau::media::plan::{Layer, Plan, SlotFeed, SourceId, SourceKind};
use diemcau::media::{MediaConfig, MediaEngine};
use tokio::sync::mpsc;
use uuid::Uuid;

/// A recorder that keeps what it gets.
#[derive(Default)]
pub(crate) struct Tape(pub(crate) Mutex<Vec<RecordedPacket>>);

impl RecordSink for Tape {
    fn push(&self, packet: RecordedPacket) -> bool {
        self.0.lock().unwrap().push(packet);
        true
    }
    fn wants_key_frame(&self, _source: SourceId) -> bool {
        false
    }
}

/// One room on one engine.
pub(crate) struct Stage {
    pub(crate) engine: Arc<MediaEngine>,
    pub(crate) events: mpsc::Receiver<EngineEvent>,
    pub(crate) tape: Arc<Tape>,
    pub(crate) room: SessionId,
    pub(crate) plan: Plan,
}

impl Stage {
    /// `advertise`: what answers name instead of the real port, for a relay in between.
    pub(crate) fn open(advertise: Option<SocketAddr>) -> Self {
        Self::with(MediaConfig { advertise: advertise.into_iter().collect(), ..Self::config(1) })
    }

    /// What an engine of some workers is made with.
    pub(crate) fn config(workers: usize) -> MediaConfig {
        MediaConfig {
            advertise_tcp: vec![SocketAddr::from((Ipv4Addr::LOCALHOST, 443))],
            relay_urls: vec!["turns:localhost:443?transport=tcp".to_owned()],
            workers: NonZeroUsize::new(workers).unwrap(),
            ..MediaConfig::on(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
        }
    }

    pub(crate) fn with(config: MediaConfig) -> Self {
        let (events_in, events) = mpsc::channel(4_096);
        let tape = Arc::new(Tape::default());
        let engine = MediaEngine::start(&config, SystemClock::start(), events_in, tape.clone()).unwrap();
        Self { engine, events, tape, room: SessionId(Uuid::new_v4()), plan: Plan::default() }
    }

    /// Another room on the same engine. Events of both are told to the first.
    pub(crate) fn beside(&self) -> Self {
        let (engine, tape) = (self.engine.clone(), self.tape.clone());
        Self { engine, tape, events: mpsc::channel(1).1, room: SessionId(Uuid::new_v4()), plan: Plan::default() }
    }

    pub(crate) async fn join(&self, connection: ConnectionId, offer: String) -> Result<Answer, JoinRefusal> {
        self.engine.join(Join { room: self.room, connection, offer, again: false }).await
    }

    /// A connected point whose line is measured: it tells which packets came.
    pub(crate) async fn measured(&self, who: u8, config: &BotConfig) -> Point {
        let (bot, offer) = Bot::offer(config).await.unwrap();
        let point = self.enter(who, config, bot, offer).await;
        point.expect_connected(Duration::from_secs(5)).await
    }

    /// A connected point.
    pub(crate) async fn point(&self, who: u8, config: &BotConfig) -> Point {
        let point = self.knocking(who, config).await;
        point.expect_connected(Duration::from_secs(5)).await
    }

    /// A point that has its answer and tries to connect.
    pub(crate) async fn knocking(&self, who: u8, config: &BotConfig) -> Point {
        let (bot, offer) = Bot::offer(config).await.unwrap();
        self.enter(who, config, bot, unmeasured(&offer)).await
    }

    /// A connected point that had the connection's name before.
    pub(crate) async fn named(&self, connection: ConnectionId, who: u8, config: &BotConfig) -> Point {
        let (bot, offer) = Bot::offer(config).await.unwrap();
        let point = self.enter_as(connection, who, config, bot, offer).await;
        point.expect_connected(Duration::from_secs(5)).await
    }

    /// A connected point that speaks and hears with redundancy (RFC 2198), without transport-wide numbers.
    pub(crate) async fn redundant(&self, who: u8, config: &BotConfig) -> Point {
        let (bot, offer) = Bot::offer_redundant(config).await.unwrap();
        let mut point = self.enter(who, config, bot, unmeasured(&offer)).await;
        point.before = Some(Bytes::new());
        point.expect_connected(Duration::from_secs(5)).await
    }

    async fn enter(&self, who: u8, config: &BotConfig, bot: Bot, offer: String) -> Point {
        self.enter_as(ConnectionId(Uuid::new_v4()), who, config, bot, offer).await
    }

    async fn enter_as(&self, connection: ConnectionId, who: u8, config: &BotConfig, bot: Bot, offer: String) -> Point {
        let answer = self.join(connection, offer).await.unwrap();
        assert_eq!(answer.slots, config.slots);
        bot.accept(&answer.sdp).await.unwrap();
        Point {
            who,
            connection,
            bot,
            simulcast: config.simulcast,
            speaks: config.microphone,
            shows: config.camera,
            ticks: 0,
            pictures: [0; 3],
            video_sequence: [u16::MAX - 5; 3],
            sound_sequence: u16::MAX - 5,
            before: None,
            heard: Vec::new(),
        }
    }

    pub(crate) fn apply(&self) {
        self.engine.set_plan(self.room, self.plan.clone());
    }

    /// `viewer` sees and hears `source` in its slot `slot`.
    pub(crate) fn feed(&mut self, viewer: &Point, slot: usize, source: &Point, cap: Layer) {
        let slots = self.plan.slots.entry(viewer.connection).or_default();
        slots.resize_with(slots.len().max(slot + 1), SlotFeed::default);
        slots[slot] = SlotFeed { audio: Some(source.sound()), video: Some((source.camera(), cap)) };
    }

    pub(crate) fn open_microphone(&mut self, point: &Point) {
        self.plan.open_microphones.insert(point.connection);
    }

    /// All events so far.
    pub(crate) fn told(&mut self) -> Vec<EngineEvent> {
        std::iter::from_fn(|| self.events.try_recv().ok()).collect()
    }
}

/// An offer without transport-wide numbers: everything is sent at once, and what is asserted of forwarding does not depend
/// on how promptly this machine runs the receiver.
fn unmeasured(offer: &str) -> String {
    let lines = offer.lines().filter(|line| !line.contains("transport-wide-cc"));
    lines.flat_map(|line| [line, "\r\n"]).collect()
}

/// Everything a point can send, with `slots` pairs.
pub(crate) fn full(slots: usize) -> BotConfig {
    BotConfig {
        bind: IpAddr::V4(Ipv4Addr::LOCALHOST),
        microphone: true,
        camera: true,
        simulcast: false,
        paper: false,
        slots,
    }
}

/// A client that marks every payload with who sent it.
pub(crate) struct Point {
    pub(crate) who: u8,
    pub(crate) connection: ConnectionId,
    pub(crate) bot: Bot,
    pub(crate) speaks: bool,
    pub(crate) shows: bool,
    pub(crate) heard: Vec<Received>,
    simulcast: bool,
    ticks: u32,
    pictures: [u16; 3],
    video_sequence: [u16; 3],
    sound_sequence: u16,
    /// What was said last, of a point that says it again.
    before: Option<Bytes>,
}

/// What a marked payload says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) who: u8,
    pub(crate) layer: u8,
    pub(crate) key: bool,
    pub(crate) picture_id: u16,
    pub(crate) original_picture: u16,
}

pub(crate) fn read_mark(packet: &Received) -> Mark {
    let payload = &packet.payload;
    if !packet.video {
        return Mark {
            who: payload[0],
            layer: 0,
            key: false,
            picture_id: 0,
            original_picture: u16::from_be_bytes([payload[1], payload[2]]),
        };
    }
    Mark {
        picture_id: u16::from_be_bytes([payload[2], payload[3]]) & 0x7fff,
        key: payload[6] & 1 == 0 && payload[0] & 0x10 != 0,
        who: payload[7],
        layer: payload[8],
        original_picture: u16::from_be_bytes([payload[9], payload[10]]),
    }
}

/// The sounds in a packet (RFC 2198 §3, where it is one with redundancy).
pub(crate) fn parts(packet: &Received) -> Vec<Bytes> {
    if packet.payload_type == 111 {
        return vec![packet.payload.clone()];
    }
    let (mut at, mut lengths) = (0, Vec::new());
    while packet.payload[at] & 0x80 != 0 {
        lengths.push(usize::from(packet.payload[at + 2] & 3) << 8 | usize::from(packet.payload[at + 3]));
        at += 4;
    }
    let mut rest = packet.payload.slice(at + 1..);
    let mut parts: Vec<Bytes> = lengths.into_iter().map(|length| rest.split_to(length)).collect();
    parts.push(rest);
    parts
}

const TICK: Duration = Duration::from_millis(20);

impl Point {
    pub(crate) fn camera(&self) -> SourceId {
        SourceId { connection: self.connection, kind: SourceKind::Camera }
    }

    pub(crate) fn sound(&self) -> SourceId {
        SourceId { connection: self.connection, kind: SourceKind::Microphone }
    }

    pub(crate) async fn expect_connected(mut self, within: Duration) -> Self {
        assert!(self.bot.connected(within).await, "point {} connects", self.who);
        self
    }

    /// 20 ms of sound, and a picture of two packets every 60 ms; a key frame when asked for and every 5 s.
    async fn tick(&mut self) {
        self.ticks += 1;
        let ticks = self.ticks;
        if self.speaks {
            self.sound_sequence = self.sound_sequence.wrapping_add(1);
            let number = (ticks as u16).to_be_bytes();
            let payload = Bytes::copy_from_slice(&[self.who, number[0], number[1], 7, 7, 7]);
            let mut packet = BotPacket {
                sequence: self.sound_sequence,
                timestamp: ticks.wrapping_mul(960).wrapping_add(u32::MAX - 20_000),
                marker: false,
                level: Some(30),
                payload: payload.clone(),
            };
            if let Some(before) = &mut self.before {
                let header = [0x80 | 111, (960u16 >> 6) as u8, (960u16 << 2) as u8, before.len() as u8];
                let older = if before.is_empty() { Vec::new() } else { header.to_vec() };
                packet.payload = [&older, &[111][..], before, &payload].concat().into();
                *before = payload;
                self.bot.send_redundant(packet).await.unwrap();
            } else {
                self.bot.send(SourceKind::Microphone, Layer::Full, packet).await.unwrap();
            }
        }
        if self.shows && ticks.is_multiple_of(3) {
            let layers: &[Layer] =
                if self.simulcast { &[Layer::Quarter, Layer::Half, Layer::Full] } else { &[Layer::Full] };
            for layer in layers {
                self.picture(*layer).await;
            }
        }
        while let Some(packet) = self.bot.try_receive() {
            self.heard.push(packet);
        }
    }

    async fn picture(&mut self, layer: Layer) {
        let place = layer as usize;
        let number = self.pictures[place];
        self.pictures[place] = number.wrapping_add(1);
        let key = self.bot.take_key_frame_wish(SourceKind::Camera, layer) || number.is_multiple_of(80);
        let id = (number.wrapping_add(0x7ff0) & 0x7fff | 0x8000).to_be_bytes();
        let original = number.to_be_bytes();
        for last in [false, true] {
            let start = if last { 0x80 } else { 0x90 };
            let mut payload = vec![
                start,
                0xf0,
                id[0],
                id[1],
                number as u8,
                0x20,
                u8::from(!key),
                self.who,
                place as u8,
                original[0],
                original[1],
            ];
            payload.resize(200 + 300 * place, 0x55);
            self.video_sequence[place] = self.video_sequence[place].wrapping_add(1);
            let packet = BotPacket {
                sequence: self.video_sequence[place],
                timestamp: u32::from(number) * 5_400,
                marker: last,
                level: None,
                payload: Bytes::from(payload),
            };
            self.bot.send(SourceKind::Camera, layer, packet).await.unwrap();
        }
    }

    /// What came in a slot since the beginning, in order of arrival.
    pub(crate) fn slot(&self, slot: usize, video: bool) -> Vec<(Received, Mark)> {
        self.heard
            .iter()
            .filter(|packet| (packet.slot, packet.video) == (slot, video))
            .map(|packet| (packet.clone(), read_mark(packet)))
            .collect()
    }

    /// Numbers of the sounds that came in a slot, by themselves or within others.
    pub(crate) fn sounds(&self, slot: usize) -> BTreeSet<u16> {
        let packets = self.heard.iter().filter(|packet| (packet.slot, packet.video) == (slot, false));
        packets.flat_map(parts).map(|part| u16::from_be_bytes([part[1], part[2]])).collect()
    }

    /// How many packets of `who` came in a slot.
    pub(crate) fn count(&self, slot: usize, video: bool, who: u8) -> usize {
        self.slot(slot, video).iter().filter(|(_, mark)| mark.who == who).count()
    }
}

/// Lets all points send and receive for a while.
pub(crate) async fn run(points: &mut [&mut Point], time: Duration) {
    let mut interval = tokio::time::interval(TICK);
    for _ in 0..(time.as_millis() / TICK.as_millis()) {
        interval.tick().await;
        for point in points.iter_mut() {
            point.tick().await;
        }
    }
}

/// Sequence numbers missing between the first and the last packet of a slot, and how many came twice.
pub(crate) fn holes(packets: &[(Received, Mark)]) -> (usize, usize) {
    let Some((first, _)) = packets.first() else { return (0, 0) };
    let mut highest = i64::from(first.sequence);
    let mut seen = BTreeSet::new();
    for (packet, _) in packets {
        let index = highest + i64::from(packet.sequence.wrapping_sub(highest as u16) as i16);
        highest = highest.max(index);
        seen.insert(index);
    }
    let span = (seen.last().unwrap() - seen.first().unwrap() + 1) as usize;
    (span - seen.len(), packets.len() - seen.len())
}

/// A line between clients and server: whole until it is told otherwise.
pub(crate) struct Relay {
    pub(crate) address: SocketAddr,
    face: Face,
    line: line::Relay,
}

impl Relay {
    pub(crate) async fn open() -> Self {
        let (pauses, _) = mpsc::channel(1);
        let whole = "perfect".parse().unwrap();
        let line = line::Relay::open(SystemClock::start(), Ipv4Addr::LOCALHOST.into(), &whole, 1, pauses);
        let face = line.datagrams().await.unwrap();
        Self { address: face.address, face, line }
    }

    pub(crate) fn connect(&self, server: SocketAddr) {
        self.face.connect(server);
    }

    /// From now on `judge` says what comes to the line.
    pub(crate) fn judge(&self, mut judge: impl FnMut(Direction, &[u8]) -> bool + Send + 'static) {
        self.line.tap(move |way, datagram| usize::from(judge(way, datagram)));
    }

    /// From now on `harm` may change datagrams and says how often each is passed on.
    pub(crate) fn harm(&self, harm: impl FnMut(Direction, &mut Vec<u8>) -> usize + Send + 'static) {
        self.line.tap(harm);
    }

    /// Another line from now on.
    pub(crate) fn change(&self, line: &str) {
        self.line.change(&line.parse().unwrap());
    }

    /// The server sees another source address from now on, as after a change of network.
    pub(crate) fn rebind(&self) {
        self.line.rebind();
    }

    /// Datagrams that the line has lost so far.
    pub(crate) fn lost(&self) -> u64 {
        let (up, down) = self.line.counts();
        up.lost + down.lost
    }
}
