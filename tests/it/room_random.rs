//! Random commands by random people in random weather: no panic, and the invariants of the room after every act.

use diemcau::domain::event::Event;
use diemcau::domain::ids::{BlockId, ConnectionId, PersonId, PointId, UserId, VisitId};
use diemcau::domain::people::{Class, Function, IdentityCheck, PersonRole};
use diemcau::domain::presence::Standing;
use diemcau::domain::session::{self, SessionStatus, SessionStep, StepOutcome};
use diemcau::domain::visit::{self, BlockKind, Confirmation, VisitAct, VisitStatus};
use diemcau::media::plan::SourceKind;
use diemcau::protocol::command::Command;
use diemcau::room::live::Alarm;
use diemcau::room::media_plan;
use diemcau::room::sections::{Audience, Key, render, subscriptions};
use diemcau::room::state::{Recording, State};
use jiff::SignedDuration;
use proptest::prelude::*;

use super::support::scene::*;

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
        // One slot for a commune, papers at the other, and something wrong at one of them.
        world.live.wires.get_mut(&ConnectionId(id(502))).unwrap().slots = 1;
        world.live.wires.get_mut(&ConnectionId(id(503))).unwrap().sending.insert(SourceKind::Paper);
        let source = Some((COMMUNE_A, SourceKind::Camera));
        world.live.alarms.insert(Alarm { code: "camera_dark", source, with: None, disk: None });
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
                let (view, actor) = (world.view(), actor(who));
                for key in subscriptions(&view, &actor).values() {
                    let shown = render(&view, key);
                    // One agenda for many points is the one each of them would have for itself.
                    if let (Key::Staff(Audience::Point(_)), Some(own)) = (key, actor.point) {
                        prop_assert_eq!(shown, render(&view, &Key::Staff(Audience::Point(own))));
                    }
                }
            }
            let plan = media_plan::plan(SESSION, state, &world.live);
            for (connection, feeds) in &plan.slots {
                prop_assert!(feeds.len() <= world.live.wires[connection].slots);
            }
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
