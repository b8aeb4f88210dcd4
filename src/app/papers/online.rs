//! What minutes add online (domain.md §6.4): points with who was there, the connection, its cuts, the recording.

use crate::documents::parts::{Online, PointLine, Recording, RecordingFile, RecordingGap, Unrecorded};
use crate::domain::ids::PointId;
use crate::domain::people::Function;
use crate::domain::presence::Interval;
use crate::domain::units::PointRole;
use crate::room::secrecy;
use crate::room::state::{Lack, PointState, Segment, State, VisitState};

use super::people::{self, Seated};
use super::span::{self, local};
use super::words;

/// None before the visit was called: there was no connection for it yet.
pub(super) fn online(state: &State, visit: &VisitState, officers: &[Seated]) -> Option<Online> {
    let span = span::of_visit(state, visit)?;
    let mut points: Vec<&PointState> =
        state.points_of(visit).into_iter().filter_map(|point| state.points.get(&point)).collect();
    points.sort_by_key(|point| point.about.role != PointRole::Central);
    Some(Online {
        platform: words::platform(),
        points: points.into_iter().map(|point| point_line(state, visit, point, officers, span)).collect(),
        connected_from: local(span.from),
        connected_to: span.to.map(local),
        interruptions: span::interruptions(state, visit),
        recording: recording(state, visit),
    })
}

fn point_line(state: &State, visit: &VisitState, point: &PointState, officers: &[Seated], span: Interval) -> PointLine {
    let id = point.about.point;
    let central = point.about.role == PointRole::Central;
    let here = || officers.iter().filter(|seated| seated.point == id);
    let in_charge = here()
        .find(|seated| seated.officer.function == Some(Function::PointOfficer))
        .or_else(|| here().find(|seated| central && seated.officer.function == Some(Function::Presider)));
    let connected = connection(state, id, span);
    PointLine {
        name: point.about.name.clone(),
        central,
        address: people::given(&point.about.address),
        head: in_charge.map(|seated| seated.officer.name.clone()),
        present: present(state, visit, id, officers),
        connected_from: connected.map(|span| local(span.from)),
        connected_to: connected.and_then(|span| span.to).map(local),
    }
}

/// From when the point was linked inside the visit's time, until the visit left the stage or the point did not come
/// back; none for a point that never was.
fn connection(state: &State, point: PointId, visit: Interval) -> Option<Interval> {
    let linked = *state.facts.linked_at.get(&point)?;
    let gaps = || state.gaps.iter().filter(|gap| gap.point == point);
    // Cut when the visit was called: its connection begins when it is back.
    let back = gaps().filter(|gap| gap.from <= visit.from).filter_map(|gap| gap.to).max();
    let from = visit.from.max(linked).max(back.unwrap_or(linked));
    let lost = gaps().find(|gap| gap.to.is_none()).map(|gap| gap.from);
    let to = [visit.to, lost].into_iter().flatten().min();
    to.is_none_or(|to| from < to).then_some(Interval { from, to })
}

/// By the officers' acts; beside them the officers who acted in the visit without a line in the roster.
fn present(state: &State, visit: &VisitState, point: PointId, officers: &[Seated]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let mut listed = Vec::new();
    for entry in state.roster.at(point).filter(|entry| people::was_there(state, visit, entry)) {
        let own = visit.about.persons.iter().find(|person| person.id == entry.person.id);
        let name = match own {
            Some(person) => people::printed_name(visit, person),
            None if secrecy::is_hidden(state, entry) => None,
            None => people::given(&entry.person.name),
        };
        listed.extend(entry.person.user);
        names.extend(name);
    }
    let others = officers.iter().filter(|seated| seated.point == point && !listed.contains(&seated.user));
    names.extend(others.map(|seated| seated.officer.name.clone()));
    names
}

fn recording(state: &State, visit: &VisitState) -> Recording {
    let announced = state.facts.visits.get(&visit.about.visit).and_then(|facts| facts.announced);
    let own = |segment: &&Segment| segment.visit == Some(visit.about.visit) && segment.closed;
    let mut files: Vec<&Segment> = state.segments.values().filter(own).collect();
    files.sort_by_key(|segment| (segment.began_at, segment.mark.segment));
    Recording {
        announced_at: announced.map(|act| local(act.at)),
        announced_by: announced.and_then(|act| people::name_of(state, act.by)),
        files: files.into_iter().map(|segment| file(state, segment)).collect(),
        gaps: state.facts.lacks.of(visit.about.visit).into_iter().map(|lack| gap(state, lack)).collect(),
        unrecorded: unrecorded(state, visit),
    }
}

fn gap(state: &State, lack: &Lack) -> RecordingGap {
    let point = people::point_name(state, lack.point).unwrap_or_default();
    RecordingGap {
        source: words::source(&point, &lack.source),
        from: local(lack.span.from),
        to: lack.span.to.map(local),
        cause: words::recording_gap(&lack.cause),
    }
}

fn unrecorded(state: &State, visit: &VisitState) -> Vec<Unrecorded> {
    let stage = state.facts.visits.get(&visit.about.visit).map(|facts| facts.stage.as_slice()).unwrap_or_default();
    let waivers = state.facts.lacks.waivers_of(stage).into_iter();
    waivers
        .map(|waiver| Unrecorded {
            from: local(waiver.span.from),
            to: waiver.span.to.map(local),
            by_presider: people::name_of(state, Some(waiver.by_presider)),
            by_note_taker: people::name_of(state, Some(waiver.by_note_taker)),
            reason: waiver.reason.clone(),
        })
        .collect()
}

fn file(state: &State, segment: &Segment) -> RecordingFile {
    let mark = &segment.mark;
    let length = jiff::SignedDuration::from_millis(i64::try_from(mark.duration_ms).unwrap_or_default());
    let end = segment.began_at.checked_add(length).unwrap_or(segment.began_at);
    let point = people::point_name(state, mark.point).unwrap_or_default();
    RecordingFile {
        id: mark.segment.to_string(),
        source: words::source(&point, &mark.source),
        from: local(segment.began_at),
        to: local(end),
        sha256: mark.sha256.clone(),
    }
}
