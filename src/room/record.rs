//! What remains of a session, for the record page and the papers: attendance, gaps, visits, files of the recording.
//!
//! Pure: read from the state alone, filtered by what the reader may see.

use jiff::Timestamp;

use super::standing::{About, may};
use super::state::{State, VisitState};
use crate::domain::actor::Actor;
use crate::domain::cases::Case;
use crate::domain::people::{Class, Function};
use crate::protocol::rest::{AttendanceRow, GapRow, RecordView, SegmentRow, SessionRow, VisitRecord};

/// The record of a session as this reader may see it; `None` before the session exists.
pub fn view(
    state: &State,
    actor: &Actor,
    unit_name: &str,
    head_hash: &str,
    key_fingerprint: &str,
) -> Option<RecordView> {
    let about = state.about.as_ref()?;
    let visible: Vec<&VisitState> = state
        .agenda
        .iter()
        .filter_map(|id| state.visits.get(id))
        .filter(|visit| may(state, actor, "view.record", About::Visit(visit.about.visit)))
        .collect();
    let sees = |visit: Option<crate::domain::ids::VisitId>| {
        visit.is_none_or(|id| visible.iter().any(|visit| visit.about.visit == id))
    };
    // Whoever may not hear a recording has none: no row that does not play.
    let hears = |visit: Option<crate::domain::ids::VisitId>| {
        may(state, actor, "http.recordings.read", visit.map_or(About::Session, About::Visit))
    };
    let functions: Vec<Function> =
        state.functions.get(&actor.user).map(|held| held.functions.iter().copied().collect()).unwrap_or_default();
    let session = SessionRow {
        id: about.session,
        unit: about.unit,
        unit_name: unit_name.to_owned(),
        title: about.title.clone(),
        kind: about.kind,
        status: about.status,
        starts_at: about.starts_at,
        visits: u32::try_from(visible.len()).unwrap_or(u32::MAX),
        functions,
        my_points: state.functions.get(&actor.user).map(|held| held.point).into_iter().collect(),
    };
    Some(RecordView {
        session,
        points: state.points.values().map(|point| point.about.clone()).collect(),
        attendance: attendance(state),
        gaps: state
            .gaps
            .iter()
            .filter(|gap| sees(gap.visit))
            .map(|gap| GapRow {
                point: gap.point,
                from: gap.from,
                to: gap.to,
                cause: gap.cause.to_owned(),
                visit: gap.visit,
            })
            .collect(),
        segments: segments(state).filter(|row| hears(row.visit)).collect(),
        visits: visible.into_iter().map(|visit| visit_record(state, visit)).collect(),
        head_seq: state.seq,
        head_hash: head_hash.to_owned(),
        key_fingerprint: key_fingerprint.to_owned(),
    })
}

/// The rows of the attendance annex: one per person and point, by the officers' acts. People of restricted visits are
/// not named in it.
pub fn attendance(state: &State) -> Vec<AttendanceRow> {
    let rows = state.roster.entries().filter(|(_, entry)| entry.person.class == Class::Normal);
    rows.map(|(point, entry)| AttendanceRow {
        point,
        person: entry.person.clone(),
        status: state.attendance_of(entry).code().to_owned(),
        intervals: entry.intervals.iter().map(|interval| (interval.from, interval.to)).collect(),
        substitute_for: entry.substitute_for,
        attested_by: state.attested.get(&point).cloned(),
    })
    .collect()
}

fn segments(state: &State) -> impl Iterator<Item = SegmentRow> {
    // One that is being written does not play yet.
    state.segments.values().filter(|segment| segment.closed).map(|segment| SegmentRow {
        segment: segment.mark.segment,
        visit: segment.visit,
        point: segment.mark.point,
        source: segment.mark.source.clone(),
        began_at: segment.began_at,
        duration_ms: segment.mark.duration_ms,
        bytes: segment.mark.bytes,
        sha256: segment.mark.sha256.clone(),
    })
}

fn visit_record(state: &State, visit: &VisitState) -> VisitRecord {
    let about = &visit.about;
    let opened_at = visit.began_at.unwrap_or(Timestamp::UNIX_EPOCH);
    let case = visit.filed.as_ref().zip(state.about.as_ref()).map(|(filed, session)| Case {
        id: filed.case,
        unit: session.unit,
        class: about.class,
        summary: about.summary.clone(),
        opened_at,
        receptions: filed.receptions,
    });
    VisitRecord {
        visit: about.visit,
        number: about.number,
        class: about.class,
        status: visit.status,
        summary: about.summary.clone(),
        name: about.persons.first().map(|person| person.name.clone()).unwrap_or_default(),
        case,
        petitions: visit.petitions.clone(),
        promise: visit.filed.as_ref().and_then(|filed| filed.promise.clone()),
        register: visit.filed.as_ref().map(|filed| format!("{:02}/{}", filed.register_number, filed.register_year)),
        text_hash: visit.frozen.as_ref().map(|frozen| frozen.sha256.clone()),
        files: visit.files.clone(),
    }
}
