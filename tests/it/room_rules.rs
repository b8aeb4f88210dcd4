//! The rules of the room as the public sees them: golden tables, and random commands by random people.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use diemcau::domain::actor::Actor;
use diemcau::domain::cases::{Outcome, Petition, PetitionKind};
use diemcau::domain::event::{Event, Proposal, Registration, SessionPoint};
use diemcau::domain::ids::{
    BlockId, CaseId, CommandId, ConnectionId, PersonId, PetitionId, PointId, SessionId, UnitId, UserId, VisitId,
};
use diemcau::domain::people::{Class, Function, IdentityCheck, Person, PersonRole, UnitRole};
use diemcau::domain::presence::Standing;
use diemcau::domain::session::{
    self, EligibilityGround, ReceptionKind, SessionAct, SessionStatus, SessionStep, StepOutcome,
};
use diemcau::domain::units::{DeviceKind, PointRole};
use diemcau::domain::visit::{self, Answer, BlockKind, ClosingCard, Confirmation, VisitAct, VisitStatus};
use diemcau::protocol::command::Command;
use diemcau::room::decide::{self, Context, Filing};
use diemcau::room::live::{Book, Live, MediaLink, WireState};
use diemcau::room::sections::{Key, render, subscriptions};
use diemcau::room::state::{Logged, Recording, State, VisitState};
use diemcau::room::{links, media_plan, record};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use uuid::Uuid;

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/transitions.txt");

fn word(value: impl serde::Serialize) -> String {
    serde_json::to_value(value).unwrap().as_str().unwrap().to_owned()
}

/// Every state and act of sessions and visits (design §2; domain.md §4.2, §4.4).
#[test]
fn transitions_are_as_committed() {
    let mut table = String::from("# session: state act -> state\n");
    for status in session::ALL_STATUSES {
        for act in session::ALL_ACTS {
            if let Some(to) = status.after(act) {
                writeln!(table, "{} {} -> {}", word(status), word(act), word(to)).unwrap();
            }
        }
    }
    table.push_str("# visit: state act -> state\n");
    for status in visit::ALL_STATUSES {
        for act in visit::ALL_ACTS {
            if let Some(to) = status.after(act) {
                writeln!(table, "{} {} -> {}", word(status), word(act), word(to)).unwrap();
            }
        }
    }
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(GOLDEN, &table).unwrap();
    }
    assert_eq!(std::fs::read_to_string(Path::new(GOLDEN)).unwrap(), table, "UPDATE_GOLDEN=1 writes it anew");
}

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
const CAST: [(u128, Option<Function>, PointId, UnitRole); 7] = [
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
                sending: Default::default(),
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

/// The whole day of one visit, and what it leaves.
#[test]
fn one_visit_from_registration_to_the_register() {
    let mut world = World::new();
    let visit = VisitId(id(201));
    let person = PersonId(id(301));
    world.must(1, Command::RegisterVisit { registration: registration(1, COMMUNE_A, Class::Normal) });
    world.begin();
    world.wait_for(visit, 2, person);
    // Two clicks, two ids, one call.
    assert_eq!(world.tell(0, &Command::CallNext { visit }), Ok(1));
    assert_eq!(world.tell(0, &Command::CallNext { visit }), Ok(0));
    world.must(0, Command::MoveVisit { visit, act: VisitAct::Begin, reason: String::new() });
    assert_eq!(world.tell(2, &Command::Microphone { open: true }), Err("microphone_without_floor"));
    world.must(0, Command::GiveFloor { point: COMMUNE_A, person: Some(person) });
    assert_eq!(world.tell(2, &Command::Microphone { open: true }), Ok(1));
    assert_eq!(world.tell(3, &Command::Microphone { open: true }), Err("microphone_without_floor"));
    assert_eq!(world.tell(0, &Command::GiveFloor { point: COMMUNE_B, person: None }), Err("floor_outside_visit"));
    let block = BlockId(id(800));
    let write = |base: u64, text: &str| Command::WriteBlock {
        visit,
        block,
        block_kind: BlockKind::Content,
        base,
        text: text.into(),
    };
    world.must(1, write(0, "Ông trình bày"));
    world.must(1, write(1, "Ông trình bày việc thu hồi đất"));
    assert_eq!(world.tell(1, &write(1, "khác")), Err("text_changed_elsewhere"));
    let mut incomplete = card();
    incomplete.answer =
        Answer::Later { due: "2026-12-07".parse().unwrap(), contact: String::new(), text: String::new() };
    assert_eq!(world.tell(0, &Command::CloseHearing { visit, card: incomplete }), Err("card_incomplete"));
    world.must(0, Command::CloseHearing { visit, card: card() });
    assert!(world.book.state.floor.open().iter().all(|point| *point == CENTRAL), "the next citizen is not overheard");
    world.must(1, Command::FreezeText { visit });
    assert_eq!(world.tell(1, &write(2, "sau khi chốt")), Err("text_closed"));
    world.must(1, Command::ReadBack { visit });
    world.must(2, Command::ConfirmText { visit, person, how: Confirmation::Fingerprint });
    world.must(1, Command::Classify { visit, petitions: vec![petition(visit)] });
    world.must(1, Command::EndVisit { visit });
    let state = &world.book.state;
    let ended = &state.visits[&visit];
    assert_eq!(ended.status, VisitStatus::Ended);
    let filed = ended.filed.as_ref().unwrap();
    assert_eq!(filed.receptions, 1);
    assert_eq!(filed.promise.as_ref().unwrap().contact, "Bà B, 0203");
    assert_eq!(ended.frozen.as_ref().unwrap().blocks[4].1, "Giao Sở A xem xét.\nTrả lời.");
    // Ending takes two steps, and can be undone.
    assert_eq!(world.tell(0, &Command::ConfirmEnd), Err("end_in_two_steps"));
    world.must(0, Command::ProposeEnd);
    world.must(0, Command::ConfirmEnd);
    world.must(0, Command::UndoEnd);
    world.must(0, Command::ConfirmEnd);
    world.later(29);
    assert!(decide::close_after_undo(&world.book.state, world.now).is_empty());
    world.later(1);
    let closing = decide::close_after_undo(&world.book.state, world.now);
    world.append(closing);
    assert_eq!(world.book.state.status(), Some(SessionStatus::Closed));
    assert_eq!(
        world.tell(4, &Command::MoveSession { act: SessionAct::Archive, reason: String::new(), new_start: None }),
        Err("archive_needs_sealing")
    );
    world.session(SessionAct::Minute, "");
    assert_eq!(State::fold(&world.log), world.book.state);
}

/// TC Điều 8(3), 56: a restricted visit is absent everywhere but where it is received.
#[test]
fn a_restricted_visit_has_no_name_anywhere_else() {
    let mut world = World::new();
    world.must(1, Command::RegisterVisit { registration: registration(1, COMMUNE_A, Class::Restricted) });
    world.must(1, Command::RegisterVisit { registration: registration(2, COMMUNE_B, Class::Normal) });
    world.begin();
    world.wait_for(VisitId(id(201)), 2, PersonId(id(301)));
    world.must(0, Command::CallNext { visit: VisitId(id(201)) });
    world.must(0, Command::MoveVisit { visit: VisitId(id(201)), act: VisitAct::Begin, reason: String::new() });
    let seen = |who: usize| -> String {
        let keys = subscriptions(&world.book.state, &actor(who));
        keys.values().map(|key| render(&world.book, &world.live, key, world.now).to_string()).collect()
    };
    assert!(seen(0).contains("Nguyễn Văn 301"), "the receiver knows who is received");
    assert!(seen(1).contains("Nguyễn Văn 301"));
    for (who, what) in [(2, "the citizen's point"), (3, "another point"), (4, "an agency"), (5, "the technician")] {
        let text = seen(who);
        assert!(!text.contains("Nguyễn Văn 301"), "{what} is shown a restricted name");
        assert!(!text.contains("Việc 1"), "{what} is shown a restricted matter");
    }
    assert!(!seen(3).contains(&id(201).to_string()), "another point is not told that the visit exists");
    assert!(!seen(5).contains(&id(201).to_string()));
    let plan = media_plan::plan(SESSION, &world.book.state, &world.live);
    let feeds = |who: u128| plan.slots.get(&ConnectionId(id(500 + who))).cloned().unwrap_or_default();
    assert!(!feeds(0).is_empty() && !feeds(2).is_empty());
    assert!(feeds(3).is_empty(), "a waiting point gets no picture and no sound of it");
    let recorded: Vec<_> = plan.record.values().collect();
    assert!(!recorded.is_empty() && recorded.iter().all(|target| target.visit == Some(VisitId(id(201)))));
    let annex = record::attendance(&world.book.state);
    assert!(annex.iter().all(|row| !row.person.name.contains("301")));
}

/// L42 Điều 29; D154 Điều 20(4).
#[test]
fn registration_follows_the_law() {
    let mut world = World::new();
    let mut group = registration(1, COMMUNE_A, Class::Normal);
    group.group_size = 8;
    group.persons = (0..3).map(|n| person(310 + n, PersonRole::Representative)).collect();
    assert_eq!(world.tell(1, &Command::RegisterVisit { registration: group.clone() }), Err("too_many_representatives"));
    group.persons.truncate(2);
    assert_eq!(world.tell(1, &Command::RegisterVisit { registration: group }), Ok(1));
    let mut open = registration(2, COMMUNE_A, Class::Restricted);
    open.class = Class::Normal;
    assert_eq!(world.tell(1, &Command::RegisterVisit { registration: open }), Err("denunciation_is_restricted"));
}

/// Design §2: 10 s without a point of the running visit interrupt the session; another point only gets a gap.
#[test]
fn the_loss_of_a_needed_point_interrupts() {
    let mut world = World::new();
    world.must(1, Command::RegisterVisit { registration: registration(1, COMMUNE_A, Class::Normal) });
    world.begin();
    world.wait_for(VisitId(id(201)), 2, PersonId(id(301)));
    world.must(0, Command::CallNext { visit: VisitId(id(201)) });
    for (point, interrupts) in [(COMMUNE_B, false), (COMMUNE_A, true)] {
        world.live.missing = BTreeMap::from([(point, world.now)]);
        for (seconds, wanted) in [(0, false), (9, false), (10, interrupts)] {
            let now = world.now.checked_add(SignedDuration::from_secs(seconds)).unwrap();
            let events = decide::interrupt_for_loss(&world.book.state, &world.live, now);
            assert_eq!(!events.is_empty(), wanted, "{point} after {seconds} s");
        }
    }
}

/// One main device of a point sounds and is heard (design §2); a key opens the microphone of its own wire alone.
#[test]
fn a_second_main_device_and_a_reconnect_get_no_sound_of_the_first() {
    let mut world = World::new();
    world.begin();
    world.must(0, Command::Microphone { open: true });
    world.must(0, Command::GiveFloor { point: COMMUNE_A, person: None });
    world.must(2, Command::Microphone { open: true });
    let (first, second) = (ConnectionId(id(502)), ConnectionId(id(600)));
    let mut wire = world.live.wires[&first].clone();
    wire.actor.browser = id(0xbbb);
    world.live.wires.insert(second, wire.clone());
    let plan = media_plan::plan(SESSION, &world.book.state, &world.live);
    assert!(plan.slots[&first].iter().all(|feed| feed.audio.is_some()));
    assert!(!plan.slots[&second].is_empty());
    assert!(plan.slots[&second].iter().all(|feed| feed.audio.is_none() && feed.video.is_some()));
    assert!(plan.open_microphones.contains(&first) && !plan.open_microphones.contains(&second));

    // The first machine comes back on another wire: same place, and nothing of it is heard until the key is pressed.
    wire.actor.browser = world.live.main_browser[&COMMUNE_A];
    let again = ConnectionId(id(601));
    world.live.wires.insert(again, wire);
    links::elect_main(&mut world.live, COMMUNE_A, world.now);
    assert_eq!(world.live.main[&COMMUNE_A], again);
    let plan = media_plan::plan(SESSION, &world.book.state, &world.live);
    assert_eq!(plan.open_microphones, [world.live.main[&CENTRAL]].into());
    let closed = links::reconcile(&world.book.state, &mut world.live, world.now);
    assert_eq!(closed, [Event::MicrophoneClosed { point: COMMUNE_A, reason: "reconnected".to_owned() }]);
    world.append(closed);
    assert_eq!(links::reconcile(&world.book.state, &mut world.live, world.now), []);
    assert!(world.live.rejoined.is_empty());

    // Pressed while the page was already joining beside: the new wire takes over what its person has opened.
    let beside = ConnectionId(id(602));
    let joining = WireState { media: MediaLink::None, ..world.live.wires[&again].clone() };
    world.live.wires.insert(beside, joining);
    world.must(2, Command::Microphone { open: true });
    world.live.key_pressed(COMMUNE_A);
    world.live.wires.get_mut(&beside).unwrap().media = MediaLink::Connected;
    links::elect_main(&mut world.live, COMMUNE_A, world.now);
    assert_eq!(world.live.main[&COMMUNE_A], beside);
    assert!(media_plan::plan(SESSION, &world.book.state, &world.live).open_microphones.contains(&beside));
    assert_eq!(links::reconcile(&world.book.state, &mut world.live, world.now), []);
}

/// L42 Điều 24(4): a new day is a duty. What was on the stage keeps its place for it; meanwhile nothing is recorded or open.
#[test]
fn an_interrupted_session_is_put_off_with_its_visit_held() {
    let mut world = World::new();
    let visit = VisitId(id(201));
    world.must(1, Command::RegisterVisit { registration: registration(1, COMMUNE_A, Class::Normal) });
    world.begin();
    world.wait_for(visit, 2, PersonId(id(301)));
    world.must(0, Command::CallNext { visit });
    world.must(0, Command::MoveVisit { visit, act: VisitAct::Begin, reason: String::new() });
    world.must(0, Command::Microphone { open: true });
    let new_start = start().checked_add(SignedDuration::from_hours(72)).unwrap();
    let put_off = |reason: &str, new_start: Timestamp| Command::MoveSession {
        act: SessionAct::Postpone,
        reason: reason.into(),
        new_start: Some(new_start),
    };
    assert_eq!(world.tell(0, &put_off("mất điện", new_start)), Err("session_cannot_move"), "not while it goes on");
    world.session(SessionAct::Interrupt, "Xã A");
    assert_eq!(world.tell(0, &put_off(" ", new_start)), Err("reason_missing"));
    assert_eq!(world.tell(0, &put_off("mất điện", world.now)), Err("new_start_missing"));
    assert_eq!(world.tell(1, &put_off("mất điện", new_start)), Err("not_permitted"));
    world.must(0, put_off("mất điện", new_start));
    let state = &world.book.state;
    let about = state.about.as_ref().unwrap();
    assert_eq!((about.status, about.starts_at), (SessionStatus::Postponed, new_start));
    assert_eq!((state.notice.as_str(), state.recording), ("mất điện", Recording::Off));
    assert_eq!(state.visits[&visit].status, VisitStatus::Held);
    assert!(state.floor.open().is_empty() && state.floor.holder().is_none());
    assert_eq!(State::fold(&world.log), world.book.state);
}

/// D154 Điều 21: room-wide is told to everybody while it holds, and never holds for a restricted visit.
#[test]
fn room_wide_is_told_to_all_and_spares_restricted_visits() {
    let mut world = World::new();
    let (open, restricted) = (VisitId(id(201)), VisitId(id(202)));
    world.must(1, Command::RegisterVisit { registration: registration(1, COMMUNE_A, Class::Normal) });
    world.must(1, Command::RegisterVisit { registration: registration(2, COMMUNE_A, Class::Restricted) });
    world.begin();
    world.wait_for(open, 2, PersonId(id(301)));
    world.wait_for(restricted, 2, PersonId(id(302)));
    let told = |world: &World| render(&world.book, &world.live, &Key::Public, world.now)["room_wide"].clone();
    let watched = |world: &World| {
        let plan = media_plan::plan(SESSION, &world.book.state, &world.live);
        plan.slots.get(&ConnectionId(id(503))).is_some_and(|feeds| !feeds.is_empty())
    };
    world.must(0, Command::CallNext { visit: open });
    assert_eq!((told(&world), watched(&world)), (false.into(), false), "the other commune waits");
    assert_eq!(world.tell(1, &Command::SetRoomWide { on: true }), Err("not_permitted"));
    assert_eq!(world.tell(0, &Command::SetRoomWide { on: true }), Ok(1));
    assert_eq!(world.tell(0, &Command::SetRoomWide { on: true }), Ok(0), "a second click writes nothing");
    assert_eq!((told(&world), watched(&world)), (true.into(), true));
    world.must(0, Command::GiveFloor { point: COMMUNE_B, person: None });
    world.must(3, Command::Microphone { open: true });
    world.must(0, Command::SetRoomWide { on: false });
    assert!(world.book.state.floor.open().is_empty() && world.book.state.floor.holder().is_none());
    world.must(0, Command::SetVisitPoints { visit: open, agency_points: vec![COMMUNE_B] });
    world.must(0, Command::GiveFloor { point: COMMUNE_B, person: None });
    world.must(0, Command::SetVisitPoints { visit: open, agency_points: vec![] });
    assert_eq!(world.tell(3, &Command::Microphone { open: true }), Err("microphone_without_floor"));
    world.must(0, Command::SetRoomWide { on: true });
    world.must(0, Command::MoveVisit { visit: open, act: VisitAct::Begin, reason: String::new() });
    let lines = |world: &World, visit: VisitId| {
        world.book.state.visits[&visit].timeline.iter().filter(|line| line.code.starts_with("room_wide")).count()
    };
    assert_eq!(lines(&world, open), 3, "each switch is in the story of the visit");
    world.must(0, Command::MoveVisit { visit: open, act: VisitAct::Hold, reason: "chờ".into() });
    world.must(0, Command::CallNext { visit: open });
    assert_eq!(lines(&world, open), 4, "and that it held when the visit came back");
    world.must(0, Command::CloseHearing { visit: open, card: card() });
    world.must(0, Command::CallNext { visit: restricted });
    world.must(0, Command::MoveVisit { visit: restricted, act: VisitAct::Begin, reason: String::new() });
    assert_eq!((told(&world), watched(&world)), (false.into(), false));
    assert_eq!(lines(&world, restricted), 0);
}

/// D154 Điều 21(2): who hands over presiding hands over the right to speak at any time. Found by the random people below.
#[test]
fn handing_over_closes_the_microphone_of_the_one_before() {
    let mut world = World::new();
    world.must(1, Command::RegisterVisit { registration: registration(1, COMMUNE_A, Class::Normal) });
    world.begin();
    world.must(0, Command::Microphone { open: true });
    world.must(0, Command::HandOverPresiding { to: UserId(id(102)) });
    assert!(world.book.state.floor.open().is_empty());
    assert_eq!(world.book.state.presider_point(), Some(COMMUNE_A));
}

fn any_command() -> impl Strategy<Value = Command> {
    let visits = (1_u128..4).prop_map(|n| VisitId(id(200 + n)));
    let persons = (1_u128..4).prop_map(|n| PersonId(id(300 + n)));
    let points = prop_oneof![Just(CENTRAL), Just(COMMUNE_A), Just(COMMUNE_B), Just(PointId(id(99)))];
    let acts = proptest::sample::select(session::ALL_ACTS.to_vec());
    let visit_acts = proptest::sample::select(visit::ALL_ACTS.to_vec());
    let text = prop_oneof![Just(String::new()), Just("lý do".to_owned()), ".{0,12}"];
    let users = (100_u128..108).prop_map(|n| UserId(id(n)));
    let later = || Some(start().checked_add(SignedDuration::from_secs(900_000)).unwrap());
    prop_oneof![
        3 => (acts, text.clone()).prop_map(move |(act, reason)| Command::MoveSession { act, reason, new_start: later() }),
        4 => (visits.clone(), visit_acts, text.clone())
            .prop_map(|(visit, act, reason)| Command::MoveVisit { visit, act, reason }),
        4 => visits.clone().prop_map(|visit| Command::CallNext { visit }),
        2 => (1_u128..4, points.clone(), any::<bool>()).prop_map(|(n, point, restricted)| Command::RegisterVisit {
            registration: registration(n, point, if restricted { Class::Restricted } else { Class::Normal })
        }),
        2 => visits.clone().prop_map(|visit| Command::CloseHearing { visit, card: card() }),
        2 => (visits.clone(), 0_u64..3, text.clone()).prop_map(|(visit, base, text)| Command::WriteBlock {
            visit, block: BlockId(id(800 + base as u128)), block_kind: BlockKind::Content, base, text
        }),
        1 => visits.clone().prop_map(|visit| Command::LeaveBlock { visit, block: BlockId(id(800)) }),
        2 => visits.clone().prop_map(|visit| Command::FreezeText { visit }),
        2 => visits.clone().prop_map(|visit| Command::ReadBack { visit }),
        2 => (visits.clone(), persons.clone())
            .prop_map(|(visit, person)| Command::ConfirmText { visit, person, how: Confirmation::Signature }),
        1 => (visits.clone(), persons.clone(), text.clone())
            .prop_map(|(visit, person, reason)| Command::RefuseSignature { visit, person, reason }),
        2 => visits.clone().prop_map(|visit| Command::Classify { visit, petitions: vec![petition(visit)] }),
        2 => visits.clone().prop_map(|visit| Command::EndVisit { visit }),
        2 => (points.clone(), persons.clone()).prop_map(|(point, person)| Command::GiveFloor { point, person: Some(person) }),
        1 => points.clone().prop_map(|point| Command::TakeFloor { point }),
        2 => any::<bool>().prop_map(|open| Command::Microphone { open }),
        1 => Just(Command::RaiseHand { person: None }),
        1 => Just(Command::LowerHand),
        2 => (points.clone(), persons.clone(), 1_u32..4).prop_map(|(point, person, seat)| Command::SeatPerson {
            point, person: self::person(person.0.as_u128(), PersonRole::Officer), seat, substitute_for: None
        }),
        1 => (points.clone(), persons.clone()).prop_map(|(point, person)| Command::PersonOut { point, person }),
        1 => (points.clone(), persons.clone(), 1_u32..4)
            .prop_map(|(point, person, seat)| Command::PersonBack { point, person, seat }),
        2 => (visits.clone(), persons).prop_map(|(visit, person)| Command::SeeIdentity {
            visit, person, how: IdentityCheck::Stated
        }),
        2 => visits.clone().prop_map(|visit| Command::AnnounceRecording { visit, language: "vi".into() }),
        1 => points.clone().prop_map(|point| Command::AttestAttendance { point }),
        1 => points.clone().prop_map(|point| Command::BeginConsultation { points: vec![point] }),
        1 => Just(Command::EndConsultation),
        1 => any::<bool>().prop_map(|on| Command::SetRoomWide { on }),
        1 => Just(Command::ProposeEnd),
        1 => Just(Command::ConfirmEnd),
        1 => Just(Command::UndoEnd),
        1 => users.prop_map(|to| Command::HandOverPresiding { to }),
        1 => text.prop_map(|reason| Command::AllowUnrecorded { reason }),
        1 => proptest::collection::vec(visits.clone(), 0..4).prop_map(|visits| Command::OrderAgenda { visits }),
        1 => (visits, points.clone()).prop_map(|(visit, point)| Command::SetVisitPoints { visit, agency_points: vec![point] }),
        1 => points.prop_map(|point| Command::RecordStep {
            step: SessionStep::SeenAndHeard, point: Some(point), outcome: StepOutcome::Done { note: String::new() }
        }),
        1 => (0_u128..8).prop_map(|n| Command::TakeOver { connection: ConnectionId(id(500 + n)) }),
    ]
}

/// What people cannot help.
#[derive(Clone, Copy, Debug)]
enum Weather {
    Calm,
    RecorderFails,
    RecorderWorks,
    PointLost,
    PointBack,
}

fn any_weather() -> impl Strategy<Value = Weather> {
    prop_oneof![
        10 => Just(Weather::Calm),
        1 => Just(Weather::RecorderFails),
        2 => Just(Weather::RecorderWorks),
        1 => Just(Weather::PointLost),
        2 => Just(Weather::PointBack),
    ]
}

impl World {
    /// How far a day has gone: nothing, under way, a visit running, signed by one of two, closed with its papers done.
    fn after(from: u8) -> Self {
        let mut world = Self::new();
        if from == 0 {
            return world;
        }
        for n in 1..4 {
            let point = if n == 1 { COMMUNE_A } else { COMMUNE_B };
            let mut visit = registration(n, point, Class::Normal);
            if n == 1 {
                visit.persons.push(person(302, PersonRole::Interpreter));
            }
            world.must(1, Command::RegisterVisit { registration: visit });
        }
        world.begin();
        world.wait_for(VISIT, 2, CITIZEN);
        world.wait_for(VisitId(id(202)), 3, PersonId(id(302)));
        if from == 1 {
            return world;
        }
        world.must(0, Command::CallNext { visit: VISIT });
        world.go(0, VISIT, VisitAct::Begin).unwrap();
        if from == 2 {
            return world;
        }
        world.must(0, Command::CloseHearing { visit: VISIT, card: card() });
        world.reads_back("Ông trình bày");
        let signs = |person| Command::ConfirmText { visit: VISIT, person, how: Confirmation::Signature };
        world.must(2, signs(CITIZEN));
        if from == 3 {
            return world;
        }
        world.must(2, signs(PersonId(id(302))));
        world.must(1, Command::Classify { visit: VISIT, petitions: vec![petition(VISIT)] });
        world.must(1, Command::EndVisit { visit: VISIT });
        world.go(3, VisitId(id(202)), VisitAct::Leave).unwrap();
        world.go(1, VisitId(id(203)), VisitAct::NoShow).unwrap();
        world.must(0, Command::ProposeEnd);
        world.must(0, Command::ConfirmEnd);
        world.later(30);
        world.turns();
        world
    }

    fn weather(&mut self, weather: Weather) {
        match weather {
            Weather::Calm => {}
            Weather::RecorderFails => {
                let code = Some("recorder_disk_full");
                (self.live.recorder_ready, self.live.recorder_refuses, self.live.recorder_fault) = (false, code, code);
            }
            Weather::RecorderWorks => {
                (self.live.recorder_ready, self.live.recorder_refuses, self.live.recorder_fault) = (true, None, None);
            }
            Weather::PointLost => {
                self.live.missing.entry(COMMUNE_A).or_insert(self.now);
            }
            Weather::PointBack => self.live.missing.clear(),
        }
    }
}

fn only_presider_open(state: &State) -> bool {
    state.floor.open().iter().all(|point| state.presider_point() == Some(*point))
}

/// What holds after every act, whoever did it.
fn invariants(world: &World) -> Result<(), TestCaseError> {
    let state = &world.book.state;
    let Some(status) = state.status() else { return Ok(()) };
    let on_stage = state.on_stage().is_some();
    prop_assert!(
        status != SessionStatus::InProgress || matches!(state.recording, Recording::Running | Recording::Waived),
        "what goes on is recorded, or two people said why not"
    );
    prop_assert!(!(on_stage && status.is_over()), "nobody is on stage of a session that is over");
    prop_assert!(!on_stage || state.consultation.is_empty(), "nobody is received beside the recording");
    if status == SessionStatus::Postponed {
        prop_assert!(!on_stage && state.floor.open().is_empty() && state.recording == Recording::Off);
        prop_assert!(state.roster.entries().all(|(_, entry)| entry.standing() != Standing::Present), "gone home");
    }
    for (id, visit) in &state.visits {
        let Some(frozen) = visit.frozen_seq else {
            prop_assert!(visit.confirmed.is_empty() && visit.refused.is_empty(), "an answer to no text");
            continue;
        };
        for person in visit.confirmed.keys().chain(visit.refused.keys()) {
            let answered = world.log.iter().rev().find(|logged| {
                matches!(
                    &logged.event,
                    Some(Event::TextConfirmed { visit, person: by, .. } | Event::SignatureRefused { visit, person: by, .. })
                        if visit == id && by == person
                )
            });
            prop_assert!(answered.is_some_and(|logged| logged.seq > frozen), "an answer to an older text counts");
        }
    }
    Ok(())
}

/// `make test-long` asks for more.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(128)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    /// T01, T02: no panic, the live state is the fold of the log, and the invariants of the room hold after every act.
    #[test]
    fn random_people_do_random_things(from in 0_u8..5, acts in proptest::collection::vec((0_usize..7, any_command(), 0_i64..20, any_weather()), 1..80)) {
        let mut world = World::after(from);
        let mut minuted = None;
        for (who, command, seconds, weather) in acts {
            world.later(seconds);
            world.weather(weather);
            let before = world.book.state.clone();
            if world.tell(who, &command).is_err() {
                prop_assert_eq!(&world.book.state, &before, "a refusal changes nothing");
            }
            prop_assert!(
                before.consultation.is_empty() || !world.book.state.consultation.is_empty() || only_presider_open(&world.book.state),
                "who spoke among the few is not heard by all"
            );
            world.turns();
            let state = &world.book.state;
            invariants(&world)?;
            if matches!(state.status(), Some(SessionStatus::Minuted | SessionStatus::Concluded)) {
                let sealed = minuted.get_or_insert_with(|| (state.roster.clone(), state.attested.clone()));
                prop_assert_eq!(&*sealed, &(state.roster.clone(), state.attested.clone()), "sealed with the minutes");
            }
            let on_stage = state.visits.values().filter(|visit| visit.status.is_on_stage()).count();
            prop_assert!(on_stage <= 1, "one visit at a time is on stage");
            let presiders = state.functions.values().filter(|held| held.functions.contains(&Function::Presider)).count();
            prop_assert_eq!(presiders, 1, "one presider at a time");
            for point in state.floor.open() {
                prop_assert!(
                    state.presider_point() == Some(*point)
                        || state.floor.holder().is_some_and(|holder| holder.point == *point),
                    "an open microphone has the floor or is the presider's"
                );
            }
            for visit in state.visits.values().filter(|visit| visit.status == VisitStatus::Ended) {
                prop_assert!(visit.filed.is_some() && visit.frozen.is_some() && visit.card.is_some());
            }
            for who in 0..CAST.len() {
                for key in subscriptions(state, &actor(who)).values() {
                    render(&world.book, &world.live, key, world.now);
                }
            }
            let plan = media_plan::plan(SESSION, state, &world.live);
            for target in plan.record.values() {
                prop_assert_eq!(target.visit, state.on_stage().map(|visit| visit.about.visit));
            }
            // A recorder that is not asked to write has no fault.
            if plan.record.is_empty() {
                world.live.recorder_fault = None;
            }
        }
        prop_assert_eq!(&State::fold(&world.log), &world.book.state);
    }
}

/// The id of a command is made by the client; ids of the domain parse from what they print.
#[test]
fn ids_print_and_parse() {
    let command = CommandId(id(77));
    assert_eq!(command.to_string().parse::<CommandId>().unwrap(), command);
}
