//! A reception day in one process: real store, real rooms, real media port, real recorder; people speak and act by name.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use diemcau::clock::{SharedClock, SystemClock};
use diemcau::domain::actor::Actor;
use diemcau::domain::cases::PetitionKind;
use diemcau::domain::chain::Hash;
use diemcau::domain::event::{Registration, SessionPoint};
use diemcau::domain::ids::{BlockId, CommandId, ConnectionId, PersonId, PointId, SessionId, UnitId, UserId, VisitId};
use diemcau::domain::people::{Class, Function, IdentityCheck, Person, PersonRole, RoleGrant, UnitRole, User};
use diemcau::domain::session::{EligibilityGround, ReceptionKind, SessionAct, SessionStep, StepOutcome};
use diemcau::domain::units::{DeviceKind, Point, PointRole, Unit, UnitKind};
use diemcau::domain::visit::{BlockKind, VisitAct};
use diemcau::limits;
use diemcau::media::engine::{Codec, RecordSink as _, RecordedPacket};
use diemcau::media::plan::{Layer, RecordTarget, SourceId, SourceKind};
use diemcau::media::record::{Recorder, RecorderConfig};
use diemcau::media::{MediaConfig, MediaEngine};
use diemcau::protocol::command::Command;
use diemcau::protocol::frame::{ClientBody, ClientFrame, ServerBody, ServerFrame};
use diemcau::protocol::rest::{NewFunction, NewSession};
use diemcau::room::handle::{Attach, Closing, RoomHandle, Wire};
use diemcau::room::recording::RecordKeys;
use diemcau::room::registry::{Registry, Services};
use diemcau::store::{Store, office};
use jiff::Timestamp;
use tokio::sync::{mpsc, watch};
use uuid::Uuid;

use super::store::World;

pub const UNIT: UnitId = UnitId(Uuid::from_u128(0xa0));
pub const CENTRAL: PointId = PointId(Uuid::from_u128(0xb0));
pub const COMMUNE_A: PointId = PointId(Uuid::from_u128(0xb1));
pub const COMMUNE_B: PointId = PointId(Uuid::from_u128(0xb2));
pub const SESSION: SessionId = SessionId(Uuid::from_u128(0xc0));
pub const VISIT_1: VisitId = VisitId(Uuid::from_u128(0xd1));
pub const VISIT_2: VisitId = VisitId(Uuid::from_u128(0xd2));
pub const CITIZEN_1: PersonId = PersonId(Uuid::from_u128(0xe1));
pub const CITIZEN_2: PersonId = PersonId(Uuid::from_u128(0xe2));

/// Who plays: presider, note-taker, officers of two communes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Who {
    Presider,
    NoteTaker,
    OfficerA,
    OfficerB,
}

impl Who {
    pub fn user(self) -> UserId {
        UserId(Uuid::from_u128(0xf0 + self as u128))
    }

    pub fn point(self) -> PointId {
        match self {
            Self::Presider | Self::NoteTaker => CENTRAL,
            Self::OfficerA => COMMUNE_A,
            Self::OfficerB => COMMUNE_B,
        }
    }

    fn function(self) -> Function {
        match self {
            Self::Presider => Function::Presider,
            Self::NoteTaker => Function::NoteTaker,
            Self::OfficerA | Self::OfficerB => Function::PointOfficer,
        }
    }

    fn device(self) -> DeviceKind {
        if self == Self::NoteTaker { DeviceKind::Companion } else { DeviceKind::Main }
    }

    pub fn actor(self) -> Actor {
        let roles = match self {
            Self::Presider => vec![(UNIT, UnitRole::Head)],
            Self::NoteTaker => vec![(UNIT, UnitRole::ReceptionOfficer)],
            Self::OfficerA | Self::OfficerB => Vec::new(),
        };
        Actor {
            user: self.user(),
            name: format!("{self:?}"),
            title: String::new(),
            point: Some(self.point()),
            device: self.device(),
            browser: Uuid::from_u128(0x1000 + self as u128),
            roles,
        }
    }
}

pub const EVERYBODY: [Who; 4] = [Who::Presider, Who::NoteTaker, Who::OfficerA, Who::OfficerB];

/// The house of one day.
pub struct Day {
    pub world: World,
    pub registry: Registry,
    pub engine: Arc<MediaEngine>,
    pub recorder: Arc<Recorder>,
    pub clock: SharedClock,
}

impl Day {
    /// Sound of the citizen's point in visit 1, as the media plane hands it over: Opus silence, 20 ms a packet.
    pub async fn sounds(&self, officer: &Client, from: u16, packets: u16) -> SourceId {
        self.opus(officer, from, packets, &[0xF8, 0xFF, 0xFE]).await
    }

    /// The same with packets as long as speech makes them.
    pub async fn spoken(&self, officer: &Client, from: u16, packets: u16) -> SourceId {
        self.opus(officer, from, packets, &[0x78; 40]).await
    }

    async fn opus(&self, officer: &Client, from: u16, packets: u16, payload: &'static [u8]) -> SourceId {
        let source = SourceId { connection: officer.connection, kind: SourceKind::Microphone };
        for n in from..from + packets {
            let at = self.clock.mono_us();
            let packet = RecordedPacket {
                source,
                target: RecordTarget { session: SESSION, visit: Some(VISIT_1) },
                layer: Layer::Full,
                codec: Codec::Opus,
                sequence: n,
                timestamp: u32::from(n) * 960,
                marker: false,
                arrival_us: at,
                capture_us: Some(at),
                payload: Bytes::from_static(payload),
            };
            assert!(self.recorder.push(packet));
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        source
    }

    /// The program, run over a configuration of this day's data.
    pub fn program(&self, args: &[&str]) -> std::process::Output {
        self.run(args, None)
    }

    /// The same where other programs are looked for in `path` alone.
    pub fn program_with(&self, args: &[&str], path: &std::path::Path) -> std::process::Output {
        self.run(args, Some(path))
    }

    fn run(&self, args: &[&str], path: Option<&std::path::Path>) -> std::process::Output {
        let dir = self.world.dir.path();
        let config = dir.join("diemcau.toml");
        let quoted = |path: &std::path::Path| format!("{:?}", path.display().to_string());
        let (keys, database) = (self.world.keys_dir(), format!("sqlite://{}", dir.join("diemcau.db").display()));
        let text = format!("[data]\ndir = {}\nkeys = {}\ndatabase = {database:?}\n", quoted(dir), quoted(&keys));
        std::fs::write(&config, text).unwrap();
        let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_diemcau"));
        path.map(|path| program.env("PATH", path));
        program.args(args).arg("--config").arg(&config).output().unwrap()
    }

    /// Units, people, and the day's session with two visits, decided and with an open lobby.
    pub async fn with_open_lobby(world: World) -> Self {
        office_of(&world.store).await;
        let day = Self::on(world).await;
        day.registry.create(Who::NoteTaker.actor(), new_session()).await.unwrap();
        let room = day.room().await;
        for step in [SessionStep::Publication, SessionStep::Notice, SessionStep::TrialCall] {
            let outcome = StepOutcome::Done { note: "đã làm".to_owned() };
            tell(&room, Who::NoteTaker, Command::RecordStep { step, point: None, outcome }).await.unwrap();
        }
        for (who, act) in [
            (Who::Presider, SessionAct::Approve),
            (Who::NoteTaker, SessionAct::Publish),
            (Who::NoteTaker, SessionAct::Notify),
            (Who::NoteTaker, SessionAct::Test),
            (Who::Presider, SessionAct::OpenLobby),
            (Who::Presider, SessionAct::MakeReady),
        ] {
            tell(&room, who, Command::MoveSession { act, reason: String::new(), new_start: None }).await.unwrap();
        }
        day
    }

    /// The server's parts on a store that may have a past.
    pub async fn on(world: World) -> Self {
        Self::with_media(world, &MediaConfig::on("127.0.0.1:0".parse().unwrap())).await
    }

    /// The same with another media engine.
    pub async fn with_media(world: World, media: &MediaConfig) -> Self {
        let clock = SystemClock::start();
        let record_keys = Arc::new(RecordKeys::default());
        let (recorder_events, mut from_recorder) = mpsc::channel(limits::ENGINE_EVENTS);
        let config = RecorderConfig { min_free: 1, ..RecorderConfig::new(world.dir.path().join("recordings")) };
        let recorder = Recorder::start(config, clock.clone(), record_keys.clone(), recorder_events).unwrap();
        let (engine_events, mut from_engine) = mpsc::channel(limits::ENGINE_EVENTS);
        let engine = MediaEngine::start(media, clock.clone(), engine_events, recorder.clone()).unwrap();
        let services = Services {
            clock: clock.clone(),
            store: world.store.clone(),
            engine: engine.clone(),
            recorder: recorder.clone(),
            record_keys,
            rules: Hash::of(b"rules of the test"),
            node: "test".to_owned(),
            lines: Arc::default(),
            register: Arc::default(),
        };
        let registry = Registry::new(Arc::new(services));
        let (to_engine, to_recorder) = (registry.clone(), registry.clone());
        tokio::spawn(async move {
            while let Some(event) = from_engine.recv().await {
                to_engine.engine_event(event).await;
            }
        });
        tokio::spawn(async move {
            while let Some(event) = from_recorder.recv().await {
                to_recorder.recorder_event(event).await;
            }
        });
        Self { world, registry, engine, recorder, clock }
    }

    pub async fn room(&self) -> RoomHandle {
        self.registry.open(SESSION).await.unwrap()
    }

    /// A socket of this person.
    pub async fn joins(&self, who: Who) -> Client {
        Client::attach(&self.room().await, who).await
    }

    /// Starts the session once the recorder has shown that it can write.
    pub async fn starts(&self) {
        let room = self.room().await;
        let act = SessionAct::Start;
        let start = || Command::MoveSession { act, reason: "đơn vị tham mưu đến sau".into(), new_start: None };
        for _ in 0..100 {
            match tell(&room, Who::Presider, start()).await {
                Ok(_) => return,
                Err("recorder_not_ready") => tokio::time::sleep(Duration::from_millis(50)).await,
                Err(code) => panic!("start refused: {code}"),
            }
        }
        panic!("the recorder never became ready");
    }

    /// The citizen is seen, told of the recording, and waits.
    pub async fn waits(&self, visit: VisitId, officer: Who, person: PersonId) {
        let room = self.room().await;
        let moved = |act: VisitAct| Command::MoveVisit { visit, act, reason: String::new() };
        for command in [
            moved(VisitAct::Arrive),
            Command::SeeIdentity { visit, person, how: IdentityCheck::DocumentSeen },
            moved(VisitAct::Identify),
            Command::AnnounceRecording { visit, language: "vi".into() },
            moved(VisitAct::Wait),
        ] {
            tell(&room, officer, command).await.unwrap();
        }
    }

    /// The database takes nothing more, not even in the corners of its pages: texts until no page is free, then acts
    /// until none fits.
    pub async fn fills_up(&self, note_taker: &mut Client, officer: &mut Client, visit: VisitId) {
        self.world.store.set_max_bytes(Some(1)).await.unwrap();
        let text = "chữ ".repeat(10_000);
        let mut refused = None;
        for n in 0..400_u32 {
            let (block, block_kind) = (BlockId(Uuid::new_v4()), BlockKind::Opinions);
            let text = format!("{n} {text}");
            refused = note_taker.does(Command::WriteBlock { visit, block, block_kind, base: 0, text }).await.err();
            if refused.is_some() {
                break;
            }
        }
        assert_eq!(refused.as_deref(), Some("store_unavailable"), "the disk never became full");
        for n in 0..400 {
            let hand = if n % 2 == 0 { Command::RaiseHand { person: None } } else { Command::LowerHand };
            refused = officer.does(hand).await.err();
            if refused.is_some() {
                break;
            }
            refused = None;
        }
        assert_eq!(refused.as_deref(), Some("store_unavailable"), "acts still fit");
    }

    /// As after a crash: nothing is told to anybody, a new process opens the same data.
    pub async fn after_a_kill(self) -> Self {
        Self::on(self.killed().await).await
    }

    /// What a crash leaves.
    pub async fn killed(self) -> World {
        let Self { world, registry, engine, recorder, .. } = self;
        drop((registry, engine, recorder));
        let store = world.again().await;
        World { store, ..world }
    }
}

/// One act, answered when it is committed.
pub async fn tell(room: &RoomHandle, who: Who, command: Command) -> Result<i64, &'static str> {
    let id = CommandId(Uuid::new_v4());
    room.command(who.actor(), id, command).await.map_err(|refusal| refusal.code)
}

/// What a browser knows: sections as they were patched together, and the answers it got.
pub struct Client {
    pub connection: ConnectionId,
    pub room: RoomHandle,
    pub sections: BTreeMap<String, serde_json::Value>,
    pub hashes: BTreeMap<String, String>,
    pub frames: mpsc::Receiver<Arc<str>>,
    pub closing: watch::Receiver<Option<Closing>>,
    pub seen: Vec<ServerBody>,
}

impl Client {
    pub async fn attach(room: &RoomHandle, who: Who) -> Self {
        Self::attach_with(room, who, BTreeMap::new(), limits::CLIENT_QUEUE).await
    }

    /// A socket of somebody who is not one of the four, or of one of them on another machine.
    pub async fn attach_as(room: &RoomHandle, actor: Actor) -> Self {
        Self::attach_actor(room, actor, BTreeMap::new(), limits::CLIENT_QUEUE).await
    }

    pub async fn attach_with(room: &RoomHandle, who: Who, have: BTreeMap<String, String>, queue: usize) -> Self {
        Self::attach_actor(room, who.actor(), have, queue).await
    }

    async fn attach_actor(room: &RoomHandle, actor: Actor, have: BTreeMap<String, String>, queue: usize) -> Self {
        let connection = ConnectionId(Uuid::now_v7());
        let (frames, from_room) = mpsc::channel(queue);
        let (close, closing) = watch::channel(None);
        let attach = Attach { connection, actor, have, wire: Wire { frames, close } };
        room.attach(attach).await.unwrap();
        let (sections, hashes) = Default::default();
        let room = room.clone();
        Self { connection, room, sections, hashes, frames: from_room, closing, seen: Vec::new() }
    }

    /// Takes everything that has arrived.
    pub fn drain(&mut self) {
        while let Ok(frame) = self.frames.try_recv() {
            self.take(&frame);
        }
    }

    fn take(&mut self, frame: &str) {
        let frame: ServerFrame = serde_json::from_str(frame).unwrap();
        match &frame.body {
            ServerBody::Snapshot { section, hash, state, .. } => {
                self.sections.insert(section.clone(), state.clone());
                self.hashes.insert(section.clone(), hash.clone());
            }
            ServerBody::Patch { section, base, hash, patch, .. } => {
                assert_eq!(self.hashes.get(section), Some(base), "a patch fits what the client has");
                let patch: json_patch::Patch = serde_json::from_value(patch.clone()).unwrap();
                json_patch::patch(self.sections.get_mut(section).unwrap(), &patch).unwrap();
                self.hashes.insert(section.clone(), hash.clone());
            }
            ServerBody::Forget { section } => {
                self.sections.remove(section);
                self.hashes.remove(section);
            }
            _ => {}
        }
        self.seen.push(frame.body);
    }

    /// Waits until the client sees something; a level, never an edge.
    pub async fn until(&mut self, what: &str, sees: impl Fn(&Self) -> bool) {
        self.within(Duration::from_secs(20), what, sees).await;
    }

    pub async fn within(&mut self, limit: Duration, what: &str, sees: impl Fn(&Self) -> bool) {
        let waiting = async {
            loop {
                self.drain();
                if sees(self) {
                    return;
                }
                let frame = self.frames.recv().await.expect("the room hung up");
                self.take(&frame);
            }
        };
        assert!(tokio::time::timeout(limit, waiting).await.is_ok(), "never saw: {what}");
    }

    pub fn public(&self, pointer: &str) -> serde_json::Value {
        self.at("public", pointer)
    }

    pub fn at(&self, section: &str, pointer: &str) -> serde_json::Value {
        self.sections.get(section).and_then(|state| state.pointer(pointer)).cloned().unwrap_or_default()
    }

    /// Sends a frame as a socket would.
    pub async fn sends(&self, id: CommandId, body: ClientBody) {
        self.room.frame(self.connection, ClientFrame { v: 1, id, body }).await.unwrap();
    }

    /// Sends a command and waits for its answer.
    pub async fn does(&mut self, command: Command) -> Result<i64, String> {
        let id = CommandId(Uuid::new_v4());
        self.does_as(id, command).await
    }

    pub async fn does_as(&mut self, id: CommandId, command: Command) -> Result<i64, String> {
        self.sends(id, ClientBody::Command { command: Box::new(command) }).await;
        let from = self.seen.len();
        let answer = |body: &ServerBody| match body {
            ServerBody::Done { re, seq } if *re == id => Some(Ok(*seq)),
            ServerBody::Refused { re, code, .. } if *re == id => Some(Err(code.clone())),
            _ => None,
        };
        self.until("an answer", |client| client.seen[from..].iter().any(|body| answer(body).is_some())).await;
        self.seen[from..].iter().find_map(answer).unwrap()
    }

    pub async fn leaves(self) {
        self.room.detach(self.connection).await;
    }
}

pub fn person(id: PersonId, name: &str, role: PersonRole) -> Person {
    Person {
        id,
        name: name.to_owned(),
        role,
        class: Class::Normal,
        title: "Ông".to_owned(),
        address: "Thôn 1, xã A".to_owned(),
        phone: String::new(),
        identity: None,
        user: None,
        on_behalf_of: None,
    }
}

fn registration(visit: VisitId, point: PointId, citizen: PersonId, name: &str) -> Registration {
    Registration {
        visit,
        number: 0,
        class: Class::Normal,
        presented_as: PetitionKind::Complaint,
        citizen_point: point,
        agency_points: Vec::new(),
        summary: format!("Việc của {name}"),
        persons: vec![person(citizen, name, PersonRole::Citizen)],
        group_size: 1,
        case: None,
        secrecy_requested: None,
    }
}

fn new_session() -> NewSession {
    let point = |point: PointId, role: PointRole, name: &str| SessionPoint {
        point,
        unit: UNIT,
        role,
        name: name.to_owned(),
        address: "Địa chỉ".to_owned(),
    };
    NewSession {
        id: SESSION,
        unit: UNIT,
        title: "Tiếp công dân định kỳ".to_owned(),
        kind: ReceptionKind::Periodic,
        starts_at: "2026-11-23T01:00:00Z".parse().unwrap(),
        grounds: vec![EligibilityGround::Complex],
        points: vec![
            point(CENTRAL, PointRole::Central, "Trụ sở"),
            point(COMMUNE_A, PointRole::Component, "Xã A"),
            point(COMMUNE_B, PointRole::Component, "Xã B"),
        ],
        functions: EVERYBODY
            .into_iter()
            .map(|who| NewFunction { user: who.user(), function: who.function(), point: who.point() })
            .collect(),
        visits: vec![
            registration(VISIT_1, COMMUNE_A, CITIZEN_1, "Nguyễn Văn Một"),
            registration(VISIT_2, COMMUNE_B, CITIZEN_2, "Trần Thị Hai"),
        ],
    }
}

/// The unit, its points and people.
async fn office_of(store: &Store) {
    let now: Timestamp = "2026-11-21T00:00:00Z".parse().unwrap();
    let mut rows = office::unit(&Unit {
        id: UNIT,
        name: "Ban Tiếp công dân tỉnh".to_owned(),
        kind: UnitKind::ReceptionBoard,
        parent: None,
        valid_from: "2025-07-01".parse().unwrap(),
        valid_to: None,
        successors: Vec::new(),
        code: "BTCD".to_owned(),
        place: "Sông Ngân".to_owned(),
    });
    for (point, name) in [(CENTRAL, "Trụ sở"), (COMMUNE_A, "Xã A"), (COMMUNE_B, "Xã B")] {
        rows.push(office::point(&Point {
            id: point,
            unit: UNIT,
            name: name.to_owned(),
            address: "Địa chỉ".to_owned(),
            equipment: String::new(),
            phone: String::new(),
            valid_from: "2025-07-01".parse().unwrap(),
            valid_to: None,
        }));
    }
    for who in EVERYBODY {
        let user = User {
            id: who.user(),
            login: format!("{who:?}").to_lowercase(),
            name: format!("{who:?}"),
            title: String::new(),
            disabled: false,
        };
        rows.push(office::user(&office::Account { user, password_hash: None }));
        for (unit, role) in who.actor().roles {
            rows.push(office::grant(&RoleGrant { user: who.user(), unit, role }, true));
        }
    }
    store.write_office(now, rows).await.unwrap();
}
