//! What remains of a session, for the record page and the papers: attendance, gaps, visits, files of the recording.
//!
//! Pure: read from the state alone, filtered by what the reader may see.

use jiff::Timestamp;

use super::secrecy;
use super::standing::{About, may};
use super::state::{State, VisitState, Waiver};
use crate::domain::actor::Actor;
use crate::domain::cases::Case;
use crate::domain::ids::{PointId, UserId, VisitId};
use crate::domain::people::{Function, PersonRole};
use crate::domain::presence::Entry;
use crate::protocol::rest::{
    AttendanceRow, Attendee, GapRow, RecordView, RecordingGapRow, SegmentRow, SessionRow, UnrecordedRow, VisitRecord,
};

/// One account with every seat it may read from: the office page, and each of its points. What any of them may see, the
/// reader may.
#[derive(Clone, Debug)]
pub struct Reader {
    pub user: UserId,
    pub seats: Vec<Actor>,
}

impl Reader {
    /// Whether the reader may do it from any seat.
    pub fn may(&self, state: &State, action: &str, about: About) -> bool {
        self.seats.iter().any(|seat| may(state, seat, action, about))
    }

    fn reads(&self, state: &State, visit: VisitId) -> bool {
        self.may(state, "view.record", About::Visit(visit))
    }

    fn is_masked(&self, state: &State, visit: &VisitState) -> bool {
        self.seats.iter().all(|seat| secrecy::is_masked_for(state, seat, visit))
    }

    /// Points whose attendance the reader may have whole.
    pub fn attendance_points(&self, state: &State) -> Vec<PointId> {
        let points = state.points.keys().copied();
        points.filter(|point| self.may(state, "view.attendance", About::Point(*point))).collect()
    }
}

/// The record of a session as this reader may see it; `None` before the session exists.
pub fn view(
    state: &State,
    reader: &Reader,
    unit_name: &str,
    head_hash: &str,
    key_fingerprint: &str,
) -> Option<RecordView> {
    let about = state.about.as_ref()?;
    let visible: Vec<&VisitState> = state
        .agenda
        .iter()
        .filter_map(|id| state.visits.get(id))
        .filter(|visit| reader.reads(state, visit.about.visit))
        .collect();
    let sees = |visit: Option<VisitId>| visit.is_none_or(|id| visible.iter().any(|visit| visit.about.visit == id));
    // Whoever may not hear a recording has none: no row that does not play.
    let hears =
        |visit: Option<VisitId>| reader.may(state, "http.recordings.read", visit.map_or(About::Session, About::Visit));
    let functions: Vec<Function> =
        state.functions.get(&reader.user).map(|held| held.functions.iter().copied().collect()).unwrap_or_default();
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
        my_points: state.functions.get(&reader.user).map(|held| held.point).into_iter().collect(),
    };
    Some(RecordView {
        session,
        points: state.points.values().map(|point| point.about.clone()).collect(),
        attendance: attendance(state, reader),
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
        recording_gaps: recording_gaps(state).filter(|row| sees(row.visit)).collect(),
        unrecorded: unrecorded(state, reader, &visible),
        visits: visible.into_iter().map(|visit| visit_record(state, visit, reader.is_masked(state, visit))).collect(),
        head_seq: state.seq,
        head_hash: head_hash.to_owned(),
        key_fingerprint: key_fingerprint.to_owned(),
    })
}

/// The rows of the attendance annex: one per person and point, by the officers' acts. Officers are named to every reader;
/// people of a visit to who may read its record; others to who may read their point's attendance. People of restricted
/// visits are not named in it at all.
pub fn attendance(state: &State, reader: &Reader) -> Vec<AttendanceRow> {
    let rows = state.roster.entries().filter(|(point, entry)| is_named(state, reader, *point, entry));
    rows.map(|(point, entry)| AttendanceRow {
        point,
        person: attendee(entry),
        status: state.attendance_of(entry).code().to_owned(),
        intervals: entry.intervals.iter().map(|interval| (interval.from, interval.to)).collect(),
        substitute_for: entry.substitute_for,
        attested_by: state.attested.get(&point).cloned(),
    })
    .collect()
}

fn is_named(state: &State, reader: &Reader, point: PointId, entry: &Entry) -> bool {
    if secrecy::is_hidden(state, entry) {
        return false;
    }
    match secrecy::visit_of_entry(state, entry) {
        Some(visit) => reader.reads(state, visit.about.visit),
        None => entry.person.role == PersonRole::Officer || reader.may(state, "view.attendance", About::Point(point)),
    }
}

fn attendee(entry: &Entry) -> Attendee {
    let person = &entry.person;
    Attendee { id: person.id, name: person.name.clone(), role: person.role, title: person.title.clone() }
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

fn recording_gaps(state: &State) -> impl Iterator<Item = RecordingGapRow> {
    state.facts.lacks.holes.iter().map(|lack| RecordingGapRow {
        visit: lack.visit,
        point: lack.point,
        source: lack.source.clone(),
        from: lack.span.from,
        to: lack.span.to,
        cause: lack.cause.clone(),
    })
}

/// Times without a recording in which something was heard that the reader may read of, or nothing at all.
fn unrecorded(state: &State, reader: &Reader, visible: &[&VisitState]) -> Vec<UnrecordedRow> {
    let heard_in = |visit: &VisitState, waiver: &Waiver| {
        let facts = state.facts.visits.get(&visit.about.visit);
        facts.is_some_and(|facts| facts.stage.iter().any(|own| own.overlaps(waiver.span)))
    };
    let name = |user: UserId| state.facts.officers.get(&user).map(|named| named.name.clone()).unwrap_or_default();
    let rows = state.facts.lacks.waivers.iter().filter_map(|waiver| {
        let heard: Vec<&VisitState> = visible.iter().copied().filter(|visit| heard_in(visit, waiver)).collect();
        if heard.is_empty() && state.visits.values().any(|visit| heard_in(visit, waiver)) {
            return None;
        }
        let masked = heard.iter().any(|visit| reader.is_masked(state, visit));
        Some(UnrecordedRow {
            visits: heard.iter().map(|visit| visit.about.visit).collect(),
            from: waiver.span.from,
            to: waiver.span.to,
            by_presider: name(waiver.by_presider),
            by_note_taker: name(waiver.by_note_taker),
            reason: if masked { String::new() } else { waiver.reason.clone() },
        })
    });
    rows.collect()
}

/// One visit; masked, it has neither names nor words nor papers, as in its section (`sections::visits`).
fn visit_record(state: &State, visit: &VisitState, masked: bool) -> VisitRecord {
    let about = &visit.about;
    let opened_at = visit.began_at.unwrap_or(Timestamp::UNIX_EPOCH);
    let summary = if masked { String::new() } else { about.summary.clone() };
    let case = visit.filed.as_ref().zip(state.about.as_ref()).map(|(filed, session)| Case {
        id: filed.case,
        unit: session.unit,
        class: about.class,
        summary: summary.clone(),
        opened_at,
        receptions: filed.receptions,
    });
    let name = about.persons.first().map(|person| person.name.clone()).filter(|_| !masked);
    VisitRecord {
        visit: about.visit,
        number: about.number,
        class: about.class,
        status: visit.status,
        summary,
        name: name.unwrap_or_default(),
        case,
        petitions: if masked { Vec::new() } else { visit.petitions.clone() },
        promise: visit.filed.as_ref().and_then(|filed| filed.promise.clone()).filter(|_| !masked),
        register: visit.filed.as_ref().map(|filed| format!("{:02}/{}", filed.register_number, filed.register_year)),
        text_hash: visit.frozen.as_ref().map(|frozen| frozen.sha256.clone()),
        files: if masked { Vec::new() } else { visit.files.clone() },
    }
}
