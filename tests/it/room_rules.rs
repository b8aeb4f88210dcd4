//! The rules of the room as the public sees them: the golden table, a whole day, and what single articles ask.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use diemcau::domain::event::Event;
use diemcau::domain::ids::{BlockId, CommandId, ConnectionId, PersonId, PointId, UserId, VisitId};
use diemcau::domain::people::{Class, PersonRole};
use diemcau::domain::session::{self, SessionAct, SessionStatus};
use diemcau::domain::visit::{self, Answer, BlockKind, Confirmation, VisitAct, VisitStatus};
use diemcau::protocol::command::Command;
use diemcau::room::decide::{self};
use diemcau::room::live::{MediaLink, WireState};
use diemcau::room::sections::{Key, render, subscriptions};
use diemcau::room::state::{Recording, State};
use diemcau::room::wires::Wires;
use diemcau::room::{links, media_plan, record};
use jiff::{SignedDuration, Timestamp};

use super::support::scene::*;

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
    // D154 Điều 25(2)–(3): what is frozen, read back and signed says who answers until when.
    assert_eq!(
        ended.frozen.as_ref().unwrap().blocks[4].1,
        "Giao Sở A xem xét.\nTrả lời.\nNội dung này được trả lời sau buổi tiếp công dân.\n\
         Cơ quan, đơn vị chịu trách nhiệm: Sở A.\nThời hạn trả lời: chậm nhất ngày 07/12/2026.\n\
         Người liên hệ: Bà B, 0203."
    );
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
        let view = world.view();
        subscriptions(&view, &actor(who)).values().map(|key| render(&view, key)).collect()
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

/// Of many points a connection is sent those that matter first, as many as it has slots, and is told of no others: a page
/// would show them as pictures that never come.
#[test]
fn what_does_not_fit_into_the_slots_is_neither_sent_nor_told() {
    let mut world = World::new();
    world.begin();
    let officer = ConnectionId(id(502));
    let mut told = |slots: usize, floor: Option<PointId>| -> Vec<PointId> {
        if let Some(point) = floor {
            world.must(0, Command::GiveFloor { point, person: None });
        }
        world.live.wires.get_mut(&officer).unwrap().slots = slots;
        let plan = media_plan::plan(SESSION, &world.book.state, &world.live);
        // A picture that loses its slot goes on until the next one is there: all of them may be seen.
        assert_eq!((plan.on_stage.len(), plan.watching.contains(&officer)), (3, slots > 0));
        media_plan::slot_points(&plan, &world.live, officer).iter().filter_map(|slot| slot.point).collect()
    };
    for (slots, floor, wanted) in [
        (4, None, vec![CENTRAL, COMMUNE_B]),
        (1, None, vec![CENTRAL]),
        (0, None, vec![]),
        (1, Some(COMMUNE_B), vec![COMMUNE_B]),
        (2, Some(COMMUNE_B), vec![COMMUNE_B, CENTRAL]),
    ] {
        assert_eq!(told(slots, floor), wanted, "{slots} slots, the floor at {floor:?}");
    }
}

#[test]
fn a_wire_is_found_by_its_point_and_its_account() {
    let mut wires = World::new().live.wires;
    let at = |wires: &Wires, point: PointId| wires.at(point).map(|(id, _)| id).collect::<Vec<_>>();
    let (first, second) = (ConnectionId(id(502)), ConnectionId(id(600)));
    let user = wires[&first].actor.user;
    wires.insert(second, wires[&first].clone());
    assert_eq!(at(&wires, COMMUNE_A), [first, second], "the oldest first");
    let mut moved = wires[&second].clone();
    moved.actor.point = Some(COMMUNE_B);
    wires.insert(second, moved);
    assert!(at(&wires, COMMUNE_A) == [first] && at(&wires, COMMUNE_B).contains(&second));
    assert!(wires.remove(&first).is_some() && wires.remove(&first).is_none());
    assert!(at(&wires, COMMUNE_A).is_empty() && wires.has(user), "the account has another wire");
    wires.remove(&second);
    assert!(!wires.has(user) && !wires.contains_key(&second));
}

/// A screen is told which of its pictures its own line does not take; others' lines are not its business.
#[test]
fn a_paused_picture_is_told_to_its_own_screen() {
    let mut world = World::new();
    world.must(1, Command::RegisterVisit { registration: registration(1, COMMUNE_A, Class::Normal) });
    world.begin();
    let wire = |who: u128| ConnectionId(id(500 + who));
    world.live.wires.get_mut(&wire(0)).unwrap().paused = [0, 99].into();
    let plan = media_plan::plan(SESSION, &world.book.state, &world.live);
    let paused = |who| -> Vec<bool> {
        media_plan::slot_points(&plan, &world.live, wire(who)).iter().map(|slot| slot.paused).collect()
    };
    assert!(paused(0).len() > 1 && paused(0)[0] && !paused(0)[1..].contains(&true), "{:?}", paused(0));
    assert!(!paused(2).is_empty() && !paused(2).contains(&true));
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

/// One main device of a point sounds and is heard (design §2), and another machine sees nothing before it takes over; a
/// key opens the microphone of its own wire alone.
#[test]
fn a_second_main_device_gets_nothing_and_a_reconnect_no_sound_of_the_first() {
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
    assert!(plan.slots.get(&second).is_none_or(Vec::is_empty));
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

/// An officer tries one machine before the session and sits down at another: the place waits for the first for ten
/// seconds, then it is the second's without a question.
#[test]
fn a_place_whose_machine_went_is_free_for_another_after_ten_seconds_also_before_the_session() {
    let mut world = World::new();
    let (gone, other) = (ConnectionId(id(502)), ConnectionId(id(600)));
    let wire = world.live.wires.remove(&gone).unwrap();
    links::elect_main(&mut world.live, COMMUNE_A, world.now);
    let mut actor = wire.actor.clone();
    actor.browser = id(0xbbb);
    world.live.wires.insert(other, WireState { actor, ..wire.clone() });
    let after = |world: &mut World, seconds| {
        let now = world.now.checked_add(SignedDuration::from_secs(seconds)).unwrap();
        links::elect_main(&mut world.live, COMMUNE_A, now);
        world.live.main.get(&COMMUNE_A).copied()
    };
    assert_eq!([after(&mut world, 0), after(&mut world, 9)], [None, None]);
    assert_eq!(after(&mut world, 10), Some(other));

    // Now the place is the other's, and the ten seconds begin anew.
    world.live.wires.remove(&other);
    assert_eq!(after(&mut world, 11), None);
    world.live.wires.insert(gone, wire);
    assert_eq!([after(&mut world, 20), after(&mut world, 21)], [None, Some(gone)]);
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
    let told = |world: &World| render(&world.view(), &Key::Public { told: true }).contains(r#""room_wide":true"#);
    let watched = |world: &World| {
        let plan = media_plan::plan(SESSION, &world.book.state, &world.live);
        plan.slots.get(&ConnectionId(id(503))).is_some_and(|feeds| !feeds.is_empty())
    };
    world.must(0, Command::CallNext { visit: open });
    assert_eq!((told(&world), watched(&world)), (false, false), "the other commune waits");
    assert_eq!(world.tell(1, &Command::SetRoomWide { on: true }), Err("not_permitted"));
    assert_eq!(world.tell(0, &Command::SetRoomWide { on: true }), Ok(1));
    assert_eq!(world.tell(0, &Command::SetRoomWide { on: true }), Ok(0), "a second click writes nothing");
    assert_eq!((told(&world), watched(&world)), (true, true));
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
    assert_eq!((told(&world), watched(&world)), (false, false));
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

/// The id of a command is made by the client; ids of the domain parse from what they print.
#[test]
fn ids_print_and_parse() {
    let command = CommandId(id(77));
    assert_eq!(command.to_string().parse::<CommandId>().unwrap(), command);
}
