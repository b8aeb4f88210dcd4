//! A session as its rules see it, without store, clock or sockets: who takes part, what they do, what the log then says.

use std::collections::BTreeMap;

use diemcau::domain::actor::Actor;
use diemcau::domain::cases::{Outcome, Petition, PetitionKind};
use diemcau::domain::event::{Event, Proposal, Registration, SessionPoint};
use diemcau::domain::ids::{
    BlockId, CaseId, ConnectionId, PersonId, PetitionId, PointId, SessionId, UnitId, UserId, VisitId,
};
use diemcau::domain::people::{Class, Function, IdentityCheck, Person, PersonRole, UnitRole};
use diemcau::domain::session::{EligibilityGround, ReceptionKind, SessionAct, SessionStatus, SessionStep, StepOutcome};
use diemcau::domain::units::{DeviceKind, PointRole};
use diemcau::domain::visit::{Answer, BlockKind, ClosingCard, VisitAct};
use diemcau::protocol::command::Command;
use diemcau::room::decide::{self, Context, Filing};
use diemcau::room::live::{Book, Live, MediaLink, WireState};
use diemcau::room::sections::View;
use diemcau::room::state::{Logged, State, VisitState};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

pub fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

pub const SESSION: SessionId = SessionId(Uuid::from_u128(1));
pub const UNIT: UnitId = UnitId(Uuid::from_u128(2));
pub const CENTRAL: PointId = PointId(Uuid::from_u128(10));
pub const COMMUNE_A: PointId = PointId(Uuid::from_u128(11));
pub const VISIT: VisitId = VisitId(Uuid::from_u128(201));
pub const CITIZEN: PersonId = PersonId(Uuid::from_u128(301));
pub const BLOCK: BlockId = BlockId(Uuid::from_u128(800));
pub const COMMUNE_B: PointId = PointId(Uuid::from_u128(12));

/// Who takes part, with function and place.
pub const CAST: [(u128, Option<Function>, PointId, UnitRole); 7] = [
    (100, Some(Function::Presider), CENTRAL, UnitRole::Head),
    (101, Some(Function::NoteTaker), CENTRAL, UnitRole::ReceptionOfficer),
    (102, Some(Function::PointOfficer), COMMUNE_A, UnitRole::DataProtectionOfficer),
    (103, Some(Function::PointOfficer), COMMUNE_B, UnitRole::DataProtectionOfficer),
    (104, Some(Function::AgencyRepresentative), COMMUNE_B, UnitRole::Archivist),
    (105, Some(Function::Technician), CENTRAL, UnitRole::Technician),
    (106, None, CENTRAL, UnitRole::ReceptionOfficer),
];

pub struct World {
    pub book: Book,
    pub live: Live,
    pub log: Vec<Logged>,
    pub now: Timestamp,
    fresh: u128,
}

pub fn start() -> Timestamp {
    "2026-11-23T01:00:00Z".parse().unwrap()
}

pub fn person(n: u128, role: PersonRole) -> Person {
    Person {
        id: PersonId(id(n)),
        name: format!("Nguyễn Văn {n}"),
        role,
        class: Class::Normal,
        title: String::new(),
        address: "Xã A".into(),
        phone: String::new(),
        identity: None,
        user: None,
        on_behalf_of: None,
    }
}

pub fn registration(n: u128, point: PointId, class: Class) -> Registration {
    let denunciation = class == Class::Restricted;
    Registration {
        visit: VisitId(id(200 + n)),
        number: 0,
        class,
        presented_as: if denunciation { PetitionKind::Denunciation } else { PetitionKind::Complaint },
        citizen_point: point,
        agency_points: vec![],
        summary: format!("Việc {n}"),
        persons: vec![person(300 + n, PersonRole::Citizen)],
        group_size: 1,
        case: None,
        secrecy_requested: denunciation.then_some(false),
    }
}

impl World {
    pub fn new() -> Self {
        Self::of(ReceptionKind::Periodic)
    }

    pub fn of(kind: ReceptionKind) -> Self {
        let mut world = Self {
            book: Book { state: State::empty(), drafts: BTreeMap::new() },
            live: Live { recorder_ready: true, ..Live::default() },
            log: Vec::new(),
            now: start(),
            fresh: 10_000,
        };
        let point = |point: PointId, role: PointRole, name: &str| SessionPoint {
            point,
            unit: UNIT,
            role,
            name: name.into(),
            address: String::new(),
        };
        world.append(vec![Event::SessionProposed(Proposal {
            session: SESSION,
            unit: UNIT,
            title: "Tiếp công dân định kỳ".into(),
            kind,
            starts_at: start(),
            grounds: vec![EligibilityGround::Complex, EligibilityGround::ComplexDenunciation],
            points: vec![
                point(CENTRAL, PointRole::Central, "Trụ sở tỉnh"),
                point(COMMUNE_A, PointRole::Component, "Xã A"),
                point(COMMUNE_B, PointRole::Component, "Xã B"),
            ],
        })]);
        for (n, (user, function, at, _)) in CAST.into_iter().enumerate() {
            if let Some(function) = function {
                world.append(vec![Event::FunctionAssigned {
                    user: UserId(id(user)),
                    name: format!("Cán bộ {user}"),
                    title: String::new(),
                    function,
                    point: at,
                }]);
            }
            let wire = WireState {
                actor: actor(n),
                media: MediaLink::Connected,
                slots: 4,
                paused: Default::default(),
                sends_h264: Default::default(),
                takes_h264: true,
                publishes: Default::default(),
                sending: Default::default(),
                layer: None,
                senses: None,
                quality: Default::default(),
            };
            let connection = ConnectionId(id(500 + n as u128));
            if matches!(function, Some(Function::Presider | Function::PointOfficer)) {
                world.live.main.insert(at, connection);
                world.live.main_browser.insert(at, wire.actor.browser);
            }
            world.live.wires.insert(connection, wire);
        }
        for point in [CENTRAL, COMMUNE_A, COMMUNE_B] {
            world.append(vec![Event::PointConnected { point }]);
        }
        world
    }

    /// What sections are rendered from now.
    pub fn view(&self) -> View<'_> {
        View::of(&self.book, &self.live, self.now)
    }

    pub fn append(&mut self, events: Vec<Event>) {
        for event in events {
            let seq = self.book.state.seq + 1;
            // What is stored is what was serialized: every event goes through its bytes.
            let bytes = serde_json::to_vec(&event).unwrap();
            let event: Event = serde_json::from_slice(&bytes).unwrap();
            let logged = Logged { seq, at: self.now, actor: "system".into(), event: Some(event) };
            self.book.state.apply(&logged);
            if let Some(Event::BlockLeft { visit, block, revision, .. }) = &logged.event {
                let draft = self.book.drafts.get_mut(visit).unwrap().get_mut(block).unwrap();
                draft.logged_revision = *revision;
            }
            self.log.push(logged);
        }
    }

    pub fn tell(&mut self, who: usize, command: &Command) -> Result<usize, &'static str> {
        let actor = actor(who);
        self.fresh += 2;
        let filing = Filing { year: 2026, number: 1, case: CaseId(id(self.fresh)), earlier_receptions: 0 };
        let context = Context {
            book: &self.book,
            live: &self.live,
            actor: &actor,
            now: self.now,
            fresh: [id(self.fresh), id(self.fresh + 1)],
            filing: Some(&filing),
        };
        let decision = decide::decide(&context, command).map_err(|refusal| refusal.code)?;
        if decision.ask_end {
            self.live.end_asked_by = Some(actor.user);
        }
        if let Some(reason) = decision.ask_unrecorded {
            self.live.unrecorded_asked = Some((actor.user, reason));
        }
        for draft in &decision.drafts {
            self.book.write(draft);
        }
        let count = decision.events.len();
        self.append(decision.events);
        Ok(count)
    }

    pub fn must(&mut self, who: usize, command: Command) {
        if let Err(code) = self.tell(who, &command) {
            panic!("{} refused: {code}", command.name());
        }
    }

    pub fn later(&mut self, seconds: i64) {
        self.now = self.now.checked_add(SignedDuration::from_secs(seconds)).unwrap();
    }

    pub fn session(&mut self, act: SessionAct, reason: &str) {
        let who = match act {
            SessionAct::Publish | SessionAct::Notify | SessionAct::Test | SessionAct::Minute => 1,
            _ => 0,
        };
        self.must(who, Command::MoveSession { act, reason: reason.into(), new_start: None });
    }

    pub fn begin(&mut self) {
        for step in [SessionStep::Publication, SessionStep::Notice, SessionStep::TrialCall] {
            let outcome = StepOutcome::Done { note: String::new() };
            self.must(1, Command::RecordStep { step, point: None, outcome });
        }
        for act in [
            SessionAct::Approve,
            SessionAct::Publish,
            SessionAct::Notify,
            SessionAct::Test,
            SessionAct::OpenLobby,
            SessionAct::MakeReady,
        ] {
            self.session(act, "");
        }
        self.session(SessionAct::Start, "đơn vị tham mưu đến sau");
    }

    /// What the room does by itself at this moment, as its task asks for it.
    pub fn turns(&mut self) {
        let (state, live) = (&self.book.state, &self.live);
        let moves = [
            decide::interrupt_for_loss(state, live, self.now),
            decide::follow_recorder(state, live),
            decide::close_after_undo(state, self.now),
        ];
        let events = moves.into_iter().find(|events| !events.is_empty()).unwrap_or_default();
        self.append(events);
    }

    pub fn go(&mut self, who: usize, visit: VisitId, act: VisitAct) -> Result<usize, &'static str> {
        self.tell(who, &Command::MoveVisit { visit, act, reason: "lý do".into() })
    }

    /// Visit 1 at commune A on stage.
    pub fn with_visit_running() -> Self {
        let mut world = Self::new();
        world.must(1, Command::RegisterVisit { registration: registration(1, COMMUNE_A, Class::Normal) });
        world.begin();
        world.wait_for(VISIT, 2, CITIZEN);
        world.must(0, Command::CallNext { visit: VISIT });
        world.go(0, VISIT, VisitAct::Begin).unwrap();
        world
    }

    /// Its text, as far as that it is read back.
    pub fn reads_back(&mut self, text: &str) {
        let base = self.book.drafts.get(&VISIT).and_then(|blocks| blocks.get(&BLOCK)).map_or(0, |draft| draft.revision);
        let block_kind = BlockKind::Content;
        self.must(1, Command::WriteBlock { visit: VISIT, block: BLOCK, block_kind, base, text: text.into() });
        self.must(1, Command::FreezeText { visit: VISIT });
        self.must(1, Command::ReadBack { visit: VISIT });
    }

    pub fn status(&self) -> SessionStatus {
        self.book.state.status().unwrap()
    }

    pub fn visit(&self) -> &VisitState {
        &self.book.state.visits[&VISIT]
    }

    pub fn wait_for(&mut self, visit: VisitId, officer: usize, person: PersonId) {
        let moved = |act: VisitAct| Command::MoveVisit { visit, act, reason: String::new() };
        self.must(officer, moved(VisitAct::Arrive));
        self.must(officer, Command::SeeIdentity { visit, person, how: IdentityCheck::DocumentSeen });
        self.must(officer, moved(VisitAct::Identify));
        self.must(officer, Command::AnnounceRecording { visit, language: "vi".into() });
        self.must(officer, moved(VisitAct::Wait));
    }
}

pub fn actor(n: usize) -> Actor {
    let (user, function, point, role) = CAST[n];
    let device = match function {
        Some(Function::Presider | Function::PointOfficer) => DeviceKind::Main,
        _ => DeviceKind::Companion,
    };
    Actor {
        user: UserId(id(user)),
        name: format!("Cán bộ {user}"),
        title: String::new(),
        point: Some(point),
        device,
        browser: id(700 + n as u128),
        roles: vec![(UNIT, role)],
    }
}

pub fn card() -> ClosingCard {
    ClosingCard {
        answer: Answer::Later {
            due: "2026-12-07".parse().unwrap(),
            contact: "Bà B, 0203".into(),
            text: "Trả lời.".into(),
        },
        unit: UNIT,
        unit_name: "Sở A".into(),
        conclusion: "Giao Sở A xem xét.".into(),
        citizen_opinion: "Đồng ý".into(),
    }
}

pub fn petition(visit: VisitId) -> Petition {
    Petition {
        id: PetitionId(id(700 + visit.0.as_u128())),
        kind: PetitionKind::Complaint,
        content: "Thu hồi đất".into(),
        request: "Xem xét lại".into(),
        outcome: Outcome::AcceptedForProposal,
        addressee: String::new(),
    }
}
