//! The media of rooms of the past. Nobody connects to what is over; what a point would have sent goes to the shipping
//! recorder packet by packet, as the room's plan wants it, faster than time.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::SignedDuration;

use super::clock::DemoClock;
use super::error::DemoError;
use super::material::{Material, SOUND_MS};
use super::player::Player;
use crate::bot::BotPacket;
use crate::clock::SharedClock;
use crate::domain::ids::{ConnectionId, SessionId};
use crate::media::engine::{
    Answer, Client, Codec, Engine, EngineFuture, Join, JoinRefusal, RecordSink as _, RecordedPacket,
};
use crate::media::plan::{Layer, Plan, SourceId, SourceKind};
use crate::media::record::{KeyLookup, Recorder};

const TICK: SignedDuration = SignedDuration::from_millis(SOUND_MS as i64);
const TICK_US: i64 = SOUND_MS as i64 * 1_000;
/// So many ticks are sent before the recorder has taken them all: one second, a quarter of what it calls a standstill.
const AHEAD: u32 = 1_000 / SOUND_MS;
const LOOK_EVERY: Duration = Duration::from_millis(2);
const PATIENCE: Duration = Duration::from_secs(20);

/// Plans of rooms, and the recorder that is to follow them.
pub(super) struct Studio {
    recorder: Arc<Recorder>,
    keys: Arc<dyn KeyLookup>,
    clock: Arc<DemoClock>,
    /// As the recorder reads it.
    running: SharedClock,
    plans: Mutex<HashMap<SessionId, Plan>>,
}

/// Points that are being recorded.
pub(super) struct Take<'a> {
    studio: &'a Studio,
    senders: Vec<Sender>,
    plan: Plan,
    ticks: u32,
    began_us: i64,
}

struct Sender {
    connection: ConnectionId,
    player: Player,
}

impl Studio {
    pub(super) fn new(recorder: Arc<Recorder>, keys: Arc<dyn KeyLookup>, clock: Arc<DemoClock>) -> Self {
        let running = clock.running();
        Self { recorder, keys, clock, running, plans: Mutex::default() }
    }

    /// Begins to send, once the room's plan has the microphone of `speaker` open and recorded. Who of `cast` is not in
    /// the plan sends nothing.
    pub(super) async fn take(
        &self,
        room: SessionId,
        speaker: ConnectionId,
        cast: BTreeMap<ConnectionId, Material>,
    ) -> Result<Take<'_>, DemoError> {
        let microphone = SourceId { connection: speaker, kind: SourceKind::Microphone };
        for _ in 0..tries() {
            let plan = self.plans().get(&room).cloned().unwrap_or_default();
            let open = plan.open_microphones.contains(&speaker);
            // A key comes from the store beside the room; without it the recorder would raise its alarm.
            if open && plan.record.get(&microphone).is_some_and(|target| self.keys.key(*target).is_some()) {
                let senders =
                    cast.into_iter().map(|(connection, material)| Sender::new(connection, material)).collect();
                return Ok(Take { studio: self, senders, plan, ticks: 0, began_us: self.running.mono_us() });
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Err(DemoError::Stuck("a microphone that is recorded"))
    }

    fn plans(&self) -> MutexGuard<'_, HashMap<SessionId, Plan>> {
        self.plans.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The recorder has taken what was sent.
    async fn taken(&self) -> Result<(), DemoError> {
        for _ in 0..tries() {
            if self.recorder.waiting() == 0 {
                return Ok(());
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Err(DemoError::Stuck("the recorder"))
    }
}

fn tries() -> u128 {
    PATIENCE.as_millis() / LOOK_EVERY.as_millis().max(1)
}

impl Take<'_> {
    /// The sources that are recorded.
    pub(super) fn sources(&self) -> Vec<SourceId> {
        let of = |connection| [SourceKind::Camera, SourceKind::Microphone].map(|kind| SourceId { connection, kind });
        let all = self.senders.iter().flat_map(|sender| of(sender.connection));
        all.filter(|source| self.records(*source)).collect()
    }

    fn records(&self, source: SourceId) -> bool {
        let open = self.plan.open_microphones.contains(&source.connection);
        self.plan.record.contains_key(&source) && (open || source.kind == SourceKind::Camera)
    }

    /// Sends for so many ticks of 20 ms.
    pub(super) async fn roll(&mut self, ticks: u32) -> Result<(), DemoError> {
        for n in 0..ticks {
            if n % AHEAD == 0 {
                self.studio.taken().await?;
            }
            self.studio.clock.run(TICK);
            self.tick();
        }
        self.studio.taken().await
    }

    fn tick(&mut self) {
        let capture_us = self.began_us.saturating_add(TICK_US.saturating_mul(i64::from(self.ticks)));
        self.ticks = self.ticks.saturating_add(1);
        let mut senders = std::mem::take(&mut self.senders);
        for Sender { connection, player } in &mut senders {
            let camera = SourceId { connection: *connection, kind: SourceKind::Camera };
            let microphone = SourceId { connection: *connection, kind: SourceKind::Microphone };
            let sent = player.next(|| self.studio.recorder.wants_key_frame(camera));
            for packet in sent.picture {
                self.push(camera, Codec::Vp8, packet, capture_us);
            }
            self.push(microphone, Codec::Opus, sent.sound, capture_us);
        }
        self.senders = senders;
    }

    /// The gate and the copy for the recorder, as a media worker has them.
    fn push(&self, source: SourceId, codec: Codec, packet: BotPacket, capture_us: i64) {
        let Some(target) = self.plan.record.get(&source).copied().filter(|_| self.records(source)) else { return };
        let packet = RecordedPacket {
            source,
            target,
            layer: Layer::Full,
            codec,
            sequence: packet.sequence,
            timestamp: packet.timestamp,
            marker: packet.marker,
            arrival_us: self.studio.running.mono_us(),
            capture_us: Some(capture_us),
            payload: packet.payload,
        };
        if !self.studio.recorder.push(packet) {
            tracing::warn!("the recorder did not take a packet");
        }
    }

    /// Nothing more comes: the files are closed.
    pub(super) fn cut(self) {
        for source in self.sources() {
            self.studio.recorder.stop(source);
        }
    }
}

impl Sender {
    fn new(connection: ConnectionId, material: Material) -> Self {
        let mut player = Player::new(material);
        if !material.voice.is_empty() {
            player.speak();
        }
        Self { connection, player }
    }
}

impl Engine for Studio {
    fn join_as(&self, _join: Join, _client: Client) -> EngineFuture<Result<Answer, JoinRefusal>> {
        Box::pin(async { Err(JoinRefusal::Unavailable) })
    }
    fn leave(&self, _room: SessionId, _connection: ConnectionId) {}
    fn set_plan(&self, room: SessionId, plan: Plan) {
        self.plans().insert(room, plan);
    }
    fn close_room(&self, room: SessionId) {
        self.plans().remove(&room);
    }
}
