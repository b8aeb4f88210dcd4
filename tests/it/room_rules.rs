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
use diemcau::domain::session::{
    self, EligibilityGround, ReceptionKind, SessionAct, SessionStatus, SessionStep, StepOutcome,
};
use diemcau::domain::units::{DeviceKind, PointRole};
use diemcau::domain::visit::{self, Answer, BlockKind, ClosingCard, Confirmation, VisitAct, VisitStatus};
use diemcau::protocol::command::Command;
use diemcau::room::decide::{self, Context, Filing};
use diemcau::room::live::{Book, Live, MediaLink, WireState};
use diemcau::room::sections::{render, subscriptions};
use diemcau::room::state::{Logged, State};
use diemcau::room::{media_plan, record};
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
    pub fresh: u128,
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
    }
}

impl World {
    pub fn new() -> Self {
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
            kind: ReceptionKind::Periodic,
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

pub fn petition() -> Petition {
    Petition {
        id: PetitionId(id(900)),
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
    world.must(1, Command::Classify { visit, petitions: vec![petition()] });
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
    for who in 0..CAST.len() {
        let reader = record::Reader { user: actor(who).user, seats: vec![actor(who)] };
        let annex = record::attendance(&world.book.state, &reader);
        assert!(annex.iter().all(|row| !row.person.name.contains("301")));
    }
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
    assert_eq!(world.tell(1, &Command::RegisterVisit { registration: group }), Ok(3), "the visit, and whom it expects");
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
        2 => visits.clone().prop_map(|visit| Command::Classify { visit, petitions: vec![petition()] }),
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

/// `make test-long` asks for more.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(128)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    /// T01, T02: no panic, the live state is the fold of the log, and the invariants of the room hold after every act.
    #[test]
    fn random_people_do_random_things(under_way in any::<bool>(), acts in proptest::collection::vec((0_usize..7, any_command(), 0_i64..20), 1..80)) {
        let mut world = World::new();
        if under_way {
            for n in 1..4 {
                let point = if n == 1 { COMMUNE_A } else { COMMUNE_B };
                world.must(1, Command::RegisterVisit { registration: registration(n, point, Class::Normal) });
            }
            world.begin();
            world.wait_for(VisitId(id(201)), 2, PersonId(id(301)));
            world.wait_for(VisitId(id(202)), 3, PersonId(id(302)));
        }
        for (who, command, seconds) in acts {
            world.later(seconds);
            let before = world.book.state.clone();
            if world.tell(who, &command).is_err() {
                prop_assert_eq!(&world.book.state, &before, "a refusal changes nothing");
            }
            let closing = decide::close_after_undo(&world.book.state, world.now);
            world.append(closing);
            let state = &world.book.state;
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
