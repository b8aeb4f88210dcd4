//! What a log says of holes, restarts and times without a recorder.

use uuid::Uuid;

use super::super::{Logged, State};
use super::*;
use crate::domain::cases::PetitionKind;
use crate::domain::event::{Registration, SegmentMark};
use crate::domain::ids::BootId;
use crate::domain::people::Class;
use crate::domain::session::SessionStatus;
use crate::domain::visit::{VisitAct, VisitStatus};

const VISIT: VisitId = VisitId(Uuid::from_u128(1));
const POINT: PointId = PointId(Uuid::from_u128(2));

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn mark(segment: u128, source: &str, seconds: u64) -> SegmentMark {
    SegmentMark {
        segment: SegmentId(Uuid::from_u128(segment)),
        point: POINT,
        source: source.to_owned(),
        bytes: 1,
        sha256: String::new(),
        duration_ms: seconds * 1000,
    }
}

fn opened(segment: u128, source: &str, began: i64) -> Event {
    Event::SegmentOpened { visit: Some(VISIT), mark: mark(segment, source, 0), began_at: Some(at(began)) }
}

fn closed(segment: u128, source: &str, seconds: u64) -> Event {
    Event::SegmentClosed { visit: Some(VISIT), mark: mark(segment, source, seconds) }
}

fn moved(act: VisitAct, to: VisitStatus) -> Event {
    Event::VisitMoved { visit: VISIT, act, to, reason: String::new() }
}

/// A visit that runs from second 10, and what follows.
fn fold(then: Vec<(i64, Event)>) -> State {
    let registration = Registration {
        visit: VISIT,
        number: 1,
        class: Class::Normal,
        presented_as: PetitionKind::Complaint,
        citizen_point: POINT,
        agency_points: Vec::new(),
        summary: String::new(),
        persons: Vec::new(),
        group_size: 1,
        case: None,
        secrecy_requested: None,
    };
    let before = vec![
        (1, Event::VisitRegistered(registration)),
        (10, moved(VisitAct::Call, VisitStatus::Called)),
        (11, moved(VisitAct::Begin, VisitStatus::InSession)),
    ];
    let log: Vec<Logged> = (0..)
        .zip(before.into_iter().chain(then))
        .map(|(seq, (second, event))| Logged { seq, at: at(second), actor: "system".to_owned(), event: Some(event) })
        .collect();
    State::fold(&log)
}

fn holes(state: &State) -> Vec<(String, Timestamp, Option<Timestamp>, String)> {
    let of = state.facts.lacks.of(VISIT);
    of.into_iter().map(|hole| (hole.source.clone(), hole.span.from, hole.span.to, hole.cause.clone())).collect()
}

fn restarted(source: &str, from: i64, to: Option<i64>) -> (String, Timestamp, Option<Timestamp>, String) {
    (source.to_owned(), at(from), to.map(at), RESTARTED.to_owned())
}

/// domain.md §4.2: recording must be continuous; a gap is an event to be logged, and said.
#[test]
fn a_hole_of_the_recorder_is_kept_with_its_visit() {
    let gap = |visit| Event::RecordingGap {
        visit,
        point: POINT,
        source: "microphone".to_owned(),
        from: at(20),
        to: at(60),
        cause: "loss".to_owned(),
    };
    let state = fold(vec![(61, gap(Some(VISIT))), (62, gap(None))]);
    assert_eq!(holes(&state), [("microphone".to_owned(), at(20), Some(at(60)), "loss".to_owned())]);
    assert_eq!(state.facts.lacks.holes.len(), 2);
}

/// Killed in mid-visit: the file is found on the disk and closed after the start, the camera comes back, the microphone
/// does not before the visit is over.
#[test]
fn a_crash_is_a_gap_from_the_end_of_the_file_to_the_next_one_of_that_source() {
    let boot = Event::ServerStarted { boot: BootId(Uuid::nil()) };
    let before = || vec![(12, opened(1, "camera", 12)), (12, opened(2, "microphone", 12))];
    let found = [(90, closed(1, "camera", 28)), (90, closed(2, "microphone", 29))];
    // Whichever way the room learns of the finished files: before its first word, or after.
    let first = found.clone().into_iter().chain([(90, boot.clone())]);
    let last = [(90, boot.clone())].into_iter().chain(found);
    for order in [first.collect::<Vec<_>>(), last.collect()] {
        let then = [
            (95, opened(3, "camera", 94)),
            (99, opened(4, "camera", 99)),
            (120, moved(VisitAct::Hear, VisitStatus::Heard)),
        ];
        let state = fold(before().into_iter().chain(order).chain(then).collect());
        assert_eq!(holes(&state), [restarted("camera", 40, Some(94)), restarted("microphone", 41, Some(120))]);
    }
    // Killed again before anything was recorded: still one gap.
    let twice = fold(before().into_iter().chain([(90, boot.clone()), (100, boot)]).collect());
    assert_eq!(holes(&twice), [restarted("camera", 12, None), restarted("microphone", 12, None)]);
}

/// An orderly stop closes the files first; a source that had ended long before lost nothing.
#[test]
fn an_orderly_restart_in_mid_visit_is_a_gap_too() {
    let state = fold(vec![
        (12, opened(1, "camera", 12)),
        (12, opened(2, "paper", 12)),
        (30, closed(2, "paper", 18)),
        (60, closed(1, "camera", 48)),
        (90, Event::ServerStarted { boot: BootId(Uuid::nil()) }),
        (95, opened(3, "camera", 94)),
    ]);
    assert_eq!(holes(&state), [restarted("camera", 60, Some(94))]);
}

/// A visit that is over, or has another's time: nothing of it is missing.
#[test]
fn a_restart_between_visits_is_no_gap() {
    let state = fold(vec![
        (12, opened(1, "camera", 12)),
        (40, moved(VisitAct::Hear, VisitStatus::Heard)),
        (90, Event::ServerStarted { boot: BootId(Uuid::nil()) }),
    ]);
    assert_eq!(holes(&state), []);
}

/// D154 Điều 24(1): who went on without a recording, from when until when, and why.
#[test]
fn a_time_without_a_recorder_belongs_to_the_visits_it_touches() {
    let (presider, note_taker) = (UserId(Uuid::from_u128(7)), UserId(Uuid::from_u128(8)));
    let allowed = |reason: &str| Event::UnrecordedAllowed {
        by_presider: presider,
        by_note_taker: note_taker,
        reason: reason.to_owned(),
    };
    let close = Event::SessionMoved {
        act: SessionAct::Close,
        to: SessionStatus::Closed,
        reason: String::new(),
        new_start: None,
        since: None,
    };
    let state = fold(vec![
        (20, allowed("công dân ở xa")),
        (50, Event::RecorderRecovered),
        (60, moved(VisitAct::Hear, VisitStatus::Heard)),
        (70, allowed("lượt khác")),
        (80, close),
    ]);
    let lacks = &state.facts.lacks;
    let of_visit = lacks.waivers_of(&state.facts.visits[&VISIT].stage);
    assert_eq!(
        of_visit,
        [&Waiver {
            by_presider: presider,
            by_note_taker: note_taker,
            reason: "công dân ở xa".to_owned(),
            span: Interval { from: at(20), to: Some(at(50)) },
        }]
    );
    assert_eq!(lacks.waivers[1].span, Interval { from: at(70), to: Some(at(80)) });
}
