//! What the law says of a day that does not go smoothly: signatures and their text, gates and their evidence, a recorder
//! that fails, an end that is announced, a session that is put off.

use std::collections::BTreeSet;

use diemcau::domain::event::Event;
use diemcau::domain::ids::{PersonId, VisitId};
use diemcau::domain::people::{Class, Function, PersonRole};
use diemcau::domain::presence::{AttendanceStatus, Standing};
use diemcau::domain::session::{SessionAct, SessionStatus, SessionStep, StepOutcome};
use diemcau::domain::visit::{Answer, Confirmation, VisitAct, VisitStatus};
use diemcau::protocol::command::Command;
use diemcau::room::state::{Recording, State};
use diemcau::room::{decide, record};
use jiff::SignedDuration;

use super::support::scene::{
    CENTRAL, CITIZEN, COMMUNE_A, COMMUNE_B, SESSION, VISIT, World, actor, card, id, person, petition, registration,
    start,
};

const INTERPRETER: PersonId = PersonId(uuid::Uuid::from_u128(309));
const SECOND: VisitId = VisitId(uuid::Uuid::from_u128(202));

fn signs(person: PersonId) -> Command {
    Command::ConfirmText { visit: VISIT, person, how: Confirmation::Signature }
}

fn refuses(person: PersonId) -> Command {
    Command::RefuseSignature { visit: VISIT, person, reason: "ghi sai số tiền".into() }
}

/// Visit 1 with an interpreter: two people answer to its text.
fn read_back_to_two() -> World {
    let mut world = World::new();
    let mut visit = registration(1, COMMUNE_A, Class::Normal);
    visit.persons.push(diemcau::domain::people::Person { id: INTERPRETER, ..person(9, PersonRole::Interpreter) });
    world.must(1, Command::RegisterVisit { registration: visit });
    world.begin();
    world.wait_for(VISIT, 2, CITIZEN);
    world.must(0, Command::CallNext { visit: VISIT });
    world.go(0, VISIT, VisitAct::Begin).unwrap();
    world.must(0, Command::CloseHearing { visit: VISIT, card: card() });
    world.reads_back("Ông trình bày");
    world
}

fn moves(act: SessionAct, reason: &str) -> Command {
    let new_start = start().checked_add(SignedDuration::from_hours(24 * 28)).ok();
    Command::MoveSession { act, reason: reason.into(), new_start }
}

fn records(step: SessionStep, outcome: StepOutcome) -> Command {
    Command::RecordStep { step, point: None, outcome }
}

fn done() -> StepOutcome {
    StepOutcome::Done { note: String::new() }
}

fn closes(world: &mut World) {
    world.must(0, Command::ProposeEnd);
    world.must(0, Command::ConfirmEnd);
    world.later(30);
    world.turns();
    assert_eq!(world.status(), SessionStatus::Closed);
}

/// D154 Điều 14(1): what was read is what is signed. Once somebody has signed, the text stays; until then it can be put
/// right, and whoever refused the old text answers to the new one.
#[test]
fn a_signature_stays_with_its_text() {
    let mut world = read_back_to_two();
    world.must(2, signs(CITIZEN));
    assert_eq!(world.go(1, VISIT, VisitAct::Reopen), Err("already_signed"));

    let mut world = read_back_to_two();
    world.must(2, refuses(CITIZEN));
    world.go(1, VISIT, VisitAct::Reopen).unwrap();
    assert!(world.visit().refused.is_empty() && world.book.state.facts.visits[&VISIT].answered.is_empty());
    world.reads_back("Ông trình bày đúng số tiền");
    world.must(2, signs(INTERPRETER));
    assert_eq!(world.visit().status, VisitStatus::ReadBack, "the refusal of the old text answers nothing");
    world.must(2, signs(CITIZEN));
    assert_eq!(world.visit().status, VisitStatus::Confirmed);
    assert_eq!(State::fold(&world.log), world.book.state);
}

/// D154 Điều 25(3): the citizen may object to time limit and contact at the reading back.
#[test]
fn the_closing_card_can_be_put_right_until_the_text_is_frozen() {
    let mut world = read_back_to_two();
    let mut other = card();
    other.answer = Answer::Now { text: "Đã trả lời ngay.".into() };
    let corrects = Command::CloseHearing { visit: VISIT, card: other };
    assert_eq!(world.tell(0, &corrects), Err("visit_not_in_session"));
    world.go(1, VISIT, VisitAct::Reopen).unwrap();
    let heard_at = world.visit().heard_at;
    world.later(5);
    assert_eq!(world.tell(0, &corrects), Ok(1));
    assert_eq!(world.tell(0, &corrects), Ok(0), "sent twice it is one correction");
    assert_eq!((world.visit().status, world.visit().heard_at), (VisitStatus::Heard, heard_at));
    world.reads_back("Ông trình bày");
    assert!(world.visit().frozen.as_ref().unwrap().blocks[4].1.contains("Đã trả lời ngay."));
}

/// A wrong classification is put right before the visit is in the register; a petition belongs to one visit.
#[test]
fn classification_is_by_content_and_can_be_put_right() {
    let mut world = read_back_to_two();
    world.must(2, signs(CITIZEN));
    world.must(2, signs(INTERPRETER));
    let classifies = |petitions| Command::Classify { visit: VISIT, petitions };
    assert_eq!(world.tell(1, &classifies(vec![petition(VISIT), petition(VISIT)])), Err("reference_unknown"));
    world.must(1, classifies(vec![petition(VISIT)]));
    world.must(1, classifies(vec![petition(SECOND)]));
    assert_eq!(world.visit().petitions, [petition(SECOND)]);
}

/// D154 Điều 24(1): what a citizen and the presider say to each other is recorded.
#[test]
fn a_consultation_is_never_with_a_citizen() {
    let mut world = World::new();
    world.must(1, Command::RegisterVisit { registration: registration(1, COMMUNE_A, Class::Normal) });
    world.begin();
    let consults = |points: &[_]| Command::BeginConsultation { points: points.to_vec() };
    world.wait_for(VISIT, 2, CITIZEN);
    assert_eq!(world.tell(0, &consults(&[COMMUNE_A])), Err("consultation_with_citizen"));
    world.must(0, consults(&[COMMUNE_B]));
    assert_eq!(world.tell(0, &Command::CallNext { visit: VISIT }), Err("consultation_running"));
    world.must(0, Command::EndConsultation);
    world.must(0, Command::CallNext { visit: VISIT });
    assert_eq!(world.tell(0, &consults(&[COMMUNE_B])), Err("visit_running"));
    world.go(0, VISIT, VisitAct::Begin).unwrap();
    world.go(0, VISIT, VisitAct::Hold).unwrap();
    world.must(0, consults(&[COMMUNE_B]));
    assert_eq!(world.go(0, VISIT, VisitAct::Resume), Err("consultation_running"));
}

#[test]
fn who_spoke_among_the_few_is_not_heard_by_all() {
    let mut world = World::new();
    world.begin();
    world.must(0, Command::BeginConsultation { points: vec![COMMUNE_B] });
    world.must(0, Command::GiveFloor { point: COMMUNE_B, person: None });
    world.must(3, Command::Microphone { open: true });
    world.must(0, Command::Microphone { open: true });
    world.must(0, Command::EndConsultation);
    let open: Vec<_> = world.book.state.floor.open().iter().copied().collect();
    assert_eq!(open, [CENTRAL]);
    assert!(world.book.state.floor.holder().is_none());
    assert_eq!(world.tell(3, &Command::Microphone { open: true }), Err("microphone_without_floor"));
}

/// The end that was announced ends nothing that was begun since, and nothing that stood still meanwhile.
#[test]
fn an_announced_end_waits_for_nobody_and_cuts_nobody_off() {
    let mut world = World::new();
    world.must(1, Command::RegisterVisit { registration: registration(1, COMMUNE_A, Class::Normal) });
    world.begin();
    world.wait_for(VISIT, 2, CITIZEN);
    world.must(0, Command::ProposeEnd);
    world.must(0, Command::ConfirmEnd);
    assert_eq!(world.tell(0, &Command::CallNext { visit: VISIT }), Err("end_announced"));
    // The presider's point is lost: interrupted, and nobody comes back into a closed session.
    world.live.missing.insert(CENTRAL, world.now);
    world.later(10);
    world.turns();
    assert_eq!(world.status(), SessionStatus::Interrupted);
    world.live.missing.clear();
    world.later(1200);
    world.must(0, moves(SessionAct::Resume, ""));
    world.turns();
    assert_eq!((world.status(), world.book.state.end_until), (SessionStatus::InProgress, None));
    world.must(0, Command::CallNext { visit: VISIT });
}

/// Design §2: interrupted from the moment of loss.
#[test]
fn an_interruption_is_dated_from_the_loss() {
    let mut world = World::with_visit_running();
    let lost_at = world.now;
    world.live.missing.insert(COMMUNE_A, lost_at);
    world.later(10);
    world.turns();
    assert_eq!(world.status(), SessionStatus::Interrupted);
    let stop = world.book.state.facts.stops.last().unwrap();
    assert_eq!((stop.span.from, stop.span.to), (lost_at, None));
}

/// L42 Điều 24(4): put off, a session begins anew on its new day.
#[test]
fn a_session_that_is_put_off_leaves_nothing_open() {
    let mut world = World::with_visit_running();
    world.must(1, Command::RegisterVisit { registration: registration(2, COMMUNE_B, Class::Normal) });
    world.wait_for(SECOND, 3, PersonId(id(302)));
    let seat = |n: u128| Command::SeatPerson {
        point: COMMUNE_A,
        person: person(n, PersonRole::Officer),
        seat: 5,
        substitute_for: None,
    };
    world.must(2, seat(320));
    world.must(0, Command::GiveFloor { point: COMMUNE_A, person: None });
    world.must(0, Command::Microphone { open: true });
    world.live.missing.insert(COMMUNE_A, world.now);
    world.later(10);
    world.turns();
    world.must(0, moves(SessionAct::Postpone, "đứt cáp quang"));
    let state = &world.book.state;
    assert!(state.on_stage().is_none() && state.floor.open().is_empty() && state.floor.holder().is_none());
    assert_eq!((state.recording, world.visit().status), (Recording::Off, VisitStatus::Held));
    assert_eq!(state.visits[&SECOND].status, VisitStatus::Appointment);
    assert_eq!(state.roster.get(COMMUNE_A, PersonId(id(320))).unwrap().standing(), Standing::Out);
    let back = Command::PersonBack { point: COMMUNE_A, person: PersonId(id(320)), seat: 5 };
    let first_day = state.facts.sittings[0];
    assert_eq!(first_day.to, Some(world.now));
    let stage = &state.facts.visits[&VISIT].stage;
    assert_eq!(stage.last().unwrap().to, Some(world.now), "nobody was on stage for a week");

    assert_eq!(world.tell(2, &back), Err("session_not_live"), "nobody comes to a day that is none");

    // A week later. Evidence, announcement and attendance are of this day.
    world.live.missing.clear();
    world.later(7 * 86_400);
    world.must(0, moves(SessionAct::Reschedule, ""));
    let tells = |act| Command::MoveSession { act, reason: String::new(), new_start: None };
    assert_eq!(world.tell(1, &tells(SessionAct::Publish)), Err("gate_without_evidence"));
    for (step, act) in [
        (SessionStep::Publication, SessionAct::Publish),
        (SessionStep::Notice, SessionAct::Notify),
        (SessionStep::TrialCall, SessionAct::Test),
    ] {
        world.must(1, records(step, done()));
        world.must(1, tells(act));
    }
    world.must(0, tells(SessionAct::OpenLobby));
    world.must(0, tells(SessionAct::MakeReady));
    world.must(0, moves(SessionAct::Start, "đơn vị tham mưu đến sau"));
    assert_eq!(world.go(0, VISIT, VisitAct::Resume), Err("recording_not_announced"));
    world.must(2, Command::AnnounceRecording { visit: VISIT, language: "vi".into() });
    world.go(0, VISIT, VisitAct::Resume).unwrap();
    let present = world.book.state.roster.get(COMMUNE_A, PersonId(id(320))).unwrap();
    assert_eq!(world.book.state.attendance_of(present), AttendanceStatus::Present, "judged by the day of coming");
    assert_eq!(State::fold(&world.log), world.book.state);
}

/// domain.md §4.2: a head's day on which nobody came was held all the same, whoever was registered.
#[test]
fn a_day_without_citizens_is_closed_as_such() {
    let reason = |world: &World| {
        let closing = world.log.iter().rev().find_map(|logged| match &logged.event {
            Some(Event::SessionMoved { act: SessionAct::Close, reason, .. }) => Some(reason.clone()),
            _ => None,
        });
        closing.unwrap()
    };
    let registered = || {
        let mut world = World::new();
        world.must(1, Command::RegisterVisit { registration: registration(1, COMMUNE_A, Class::Normal) });
        world.begin();
        world
    };
    let mut world = registered();
    world.go(1, VISIT, VisitAct::NoShow).unwrap();
    closes(&mut world);
    assert_eq!(reason(&world), "no_show");
    let mut world = registered();
    world.wait_for(VISIT, 2, CITIZEN);
    world.go(2, VISIT, VisitAct::Leave).unwrap();
    closes(&mut world);
    assert_eq!(reason(&world), "", "somebody came");
}

/// L42 Điều 24(4), D154 Điều 23(1): the words of the law stand on evidence; only what nobody planned may do without.
#[test]
fn gates_stand_on_evidence() {
    let not_possible = || StepOutcome::NotPossible { reason: "mưa bão".into(), decided_by: "Chủ tịch".into() };
    let publish =
        |reason: &str| Command::MoveSession { act: SessionAct::Publish, reason: reason.into(), new_start: None };
    let mut world = World::new();
    world.session(SessionAct::Approve, "");
    assert_eq!(world.tell(1, &publish("")), Err("gate_without_evidence"));
    for step in [SessionStep::Publication, SessionStep::Notice, SessionStep::TrialCall, SessionStep::SeenAndHeard] {
        let who = if step == SessionStep::SeenAndHeard { 0 } else { 1 };
        assert_eq!(world.tell(who, &records(step, not_possible())), Err("gate_not_waivable"), "{step:?}");
    }
    // With a reason it goes on, and the duty stays open for the start.
    world.must(1, publish("niêm yết trễ do mất điện"));
    let duties: BTreeSet<String> = decide::open_duties(&world.book.state, &world.live).into_iter().collect();
    assert!(duties.contains("publication"));
    // A trial call is owed with every component point.
    world.must(1, records(SessionStep::Notice, done()));
    world.session(SessionAct::Notify, "");
    let trial = |point| Command::RecordStep { step: SessionStep::TrialCall, point: Some(point), outcome: done() };
    let test = Command::MoveSession { act: SessionAct::Test, reason: String::new(), new_start: None };
    world.must(1, trial(COMMUNE_A));
    assert_eq!(world.tell(1, &test), Err("gate_without_evidence"));
    world.must(1, trial(COMMUNE_B));
    world.must(1, test);

    let mut world = World::of(diemcau::domain::session::ReceptionKind::AdHoc);
    world.session(SessionAct::Approve, "");
    world.must(1, records(SessionStep::Publication, not_possible()));
    world.must(1, publish(""));
}

/// Design §6: one named officer answers for the attendance as it was, and it stays as it was.
#[test]
fn attendance_is_attested_when_it_is_true_and_stays_true() {
    let attest = Command::AttestAttendance { point: COMMUNE_A };
    let seat = |n: u128, seat: u32| Command::SeatPerson {
        point: COMMUNE_A,
        person: person(n, PersonRole::Officer),
        seat,
        substitute_for: None,
    };
    let mut world = World::new();
    world.must(1, Command::RegisterVisit { registration: registration(1, COMMUNE_A, Class::Normal) });
    assert_eq!(world.tell(2, &attest), Err("attendance_not_over"), "before the session");
    world.begin();
    assert_eq!(world.tell(2, &attest), Err("attendance_not_over"), "the citizen may still come");
    world.go(2, VISIT, VisitAct::NoShow).unwrap();
    world.must(2, attest.clone());
    world.must(2, seat(320, 1));
    assert!(!world.book.state.attested.contains_key(&COMMUNE_A), "another roster needs another word");
    world.must(2, attest.clone());
    closes(&mut world);
    let mut late = vec![seat(321, 2), Command::PersonOut { point: COMMUNE_A, person: PersonId(id(320)) }];
    late.push(Command::RecordStep { step: SessionStep::SeenAndHeard, point: Some(COMMUNE_A), outcome: done() });
    for command in late {
        assert_eq!(world.tell(2, &command), Err("session_over"), "{}", command.name());
    }
    assert_eq!(world.tell(0, &Command::SetRoomWide { on: true }), Err("session_over"));
    let assign = |function| Command::AssignFunction {
        user: diemcau::domain::ids::UserId(id(110)),
        name: "Cán bộ 110".into(),
        title: String::new(),
        function,
        point: COMMUNE_B,
    };
    assert_eq!(world.tell(0, &assign(Function::AdvisingUnit)), Err("session_over"), "nobody takes part afterwards");
    world.must(0, assign(Function::PointOfficer));
    world.session(SessionAct::Minute, "");
    assert_eq!(world.tell(3, &Command::AttestAttendance { point: COMMUNE_B }), Err("session_over"));
}

/// D154 Điều 24(1): without a recording no reception, unless presider and note-taker say why.
#[test]
fn going_on_needs_a_recorder_or_two_people() {
    let fails = |world: &mut World, code| {
        let live = &mut world.live;
        (live.recorder_ready, live.recorder_refuses, live.recorder_fault) = (false, Some(code), Some(code));
        world.turns();
        world.live.recorder_fault = None;
        assert_eq!((world.status(), world.book.state.recording), (SessionStatus::Paused, Recording::Failed));
    };
    let works = |world: &mut World| {
        (world.live.recorder_ready, world.live.recorder_refuses) = (true, None);
        world.turns();
    };
    let resume = moves(SessionAct::Resume, "");
    let waive = |reason: &str| Command::AllowUnrecorded { reason: reason.into() };

    let mut world = World::with_visit_running();
    fails(&mut world, "recorder_disk_full");
    assert_eq!(world.tell(0, &resume), Err("recorder_failed"));
    works(&mut world);
    assert_eq!(world.book.state.recording, Recording::Running, "there is room again");
    world.must(0, resume.clone());

    // Waived, it is recorded again as soon as it can be.
    fails(&mut world, "recorder_disk_full");
    assert_eq!(world.tell(1, &waive("")), Err("presider_must_ask_first"));
    world.must(0, waive("công dân ở xa, không thể hẹn lại"));
    assert_eq!(world.tell(0, &resume), Err("recorder_failed"), "one is not two");
    world.must(1, waive(""));
    world.must(0, resume.clone());
    assert_eq!(world.book.state.recording, Recording::Waived);
    world.later(40);
    works(&mut world);
    assert_eq!(world.book.state.recording, Recording::Running);

    // What was heard without a recording is in the record: when, by whose leave, why.
    let reader = record::Reader { user: actor(0).user, seats: vec![actor(0)] };
    let view = record::view(&world.book.state, &reader, "", "", "").unwrap();
    let [row] = view.unrecorded.as_slice() else { panic!("{:?}", view.unrecorded) };
    assert_eq!((row.visits.as_slice(), row.to), ([VISIT].as_slice(), Some(world.now)));
    assert_eq!(row.reason, "công dân ở xa, không thể hẹn lại");
    assert!(!row.by_presider.is_empty() && !row.by_note_taker.is_empty() && row.by_presider != row.by_note_taker);
    let gap = |visit| Event::RecordingGap {
        visit,
        point: COMMUNE_A,
        source: "microphone".into(),
        from: row.from,
        to: world.now,
        cause: "fault".into(),
    };
    let gaps = vec![gap(Some(VISIT)), gap(None)];
    world.append(gaps);
    let view = record::view(&world.book.state, &reader, "", "", "").unwrap();
    assert_eq!(view.recording_gaps.iter().map(|gap| gap.visit).collect::<Vec<_>>(), [Some(VISIT), None]);
    // Another commune's officer reads nothing of this visit (domain.md trap 27).
    let other = record::Reader { user: actor(3).user, seats: vec![actor(3)] };
    let view = record::view(&world.book.state, &other, "", "", "").unwrap();
    assert!(view.unrecorded.is_empty() && view.recording_gaps.iter().all(|gap| gap.visit.is_none()));

    // Only recording shows whether pictures reach the file again: going on is the trial, and a waiver stays one.
    fails(&mut world, "recorder_nothing_written");
    works(&mut world);
    assert_eq!(world.book.state.recording, Recording::Failed);
    world.must(0, resume.clone());
    assert_eq!(world.book.state.recording, Recording::Running);
    fails(&mut world, "recorder_nothing_written");
    world.must(0, waive("đã thử hai lần"));
    world.must(1, waive(""));
    world.must(0, resume.clone());
    works(&mut world);
    assert_eq!(world.book.state.recording, Recording::Waived);

    // A disk that fills up while the session stands is noticed before it goes on.
    let mut world = World::with_visit_running();
    world.must(0, moves(SessionAct::Pause, "nghỉ giải lao"));
    (world.live.recorder_ready, world.live.recorder_refuses) = (false, Some("recorder_disk_full"));
    world.turns();
    assert_eq!(world.tell(0, &resume), Err("recorder_failed"));
    assert_eq!(world.book.state.recorder_fault, "recorder_disk_full");
}

/// D154 Điều 13, 20(4): a denunciation is made in person, and online only by who does not ask for secrecy.
#[test]
fn a_denunciation_is_made_in_person_by_who_needs_no_secrecy() {
    let register = |registration| Command::RegisterVisit { registration };
    let mut world = World::new();
    let denounces = || registration(1, COMMUNE_A, Class::Restricted);
    let mut proxy = denounces();
    proxy.persons[0].role = PersonRole::AuthorisedPerson;
    assert_eq!(world.tell(1, &register(proxy)), Err("denunciation_by_proxy"));
    for (answer, code) in [(None, "secrecy_not_asked"), (Some(true), "denunciation_in_person")] {
        let mut asked = denounces();
        asked.secrecy_requested = answer;
        assert_eq!(world.tell(1, &register(asked)), Err(code));
    }
    world.must(1, register(denounces()));
    let mut complaint = registration(2, COMMUNE_A, Class::Normal);
    complaint.persons[0].role = PersonRole::AuthorisedPerson;
    world.must(1, register(complaint));
}

/// Nobody is told that a session's plan records what its log says it does not.
#[test]
fn what_is_waived_or_consulted_is_not_recorded() {
    let recorded =
        |world: &World| !diemcau::room::media_plan::plan(SESSION, &world.book.state, &world.live).record.is_empty();
    let mut world = World::with_visit_running();
    assert!(recorded(&world));
    world.go(0, VISIT, VisitAct::Hold).unwrap();
    world.must(0, Command::BeginConsultation { points: vec![COMMUNE_B] });
    assert!(!recorded(&world));
}
