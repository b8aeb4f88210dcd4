//! Attendance of a session: one row per person and point, by acts; cuts of the line are gaps, never absence (design §6).

use std::collections::BTreeSet;

use crate::documents::{Attendance, AttendanceAnnex, Attendee, MainPaper, PointAttendance};
use crate::domain::actor::parse_label;
use crate::domain::calendar::local_date;
use crate::domain::cases::PetitionKind;
use crate::domain::ids::PointId;
use crate::domain::presence::{AttendanceStatus, Entry};
use crate::domain::units::PointRole;
use crate::room::secrecy;
use crate::room::state::{PointState, State};

use super::span::{self, local};
use super::{Office, people, words};

/// The annex as the record has it now, without proof. People of restricted visits are not in it at all.
pub fn attendance(state: &State, office: &Office) -> AttendanceAnnex {
    let all = state.points.keys().copied().collect();
    attendance_of(state, office, &all)
}

/// The part of the annex that some points have: people of other points' visits are nobody's business there.
pub fn attendance_of(state: &State, office: &Office, only: &BTreeSet<PointId>) -> AttendanceAnnex {
    let planned = state.about.as_ref().map(|about| about.starts_at);
    let began = state.began_at.or(planned);
    let day = began.map(local_date).unwrap_or_default();
    let mut points: Vec<&PointState> =
        state.points.values().filter(|point| only.contains(&point.about.point)).collect();
    points.sort_by_key(|point| point.about.role != PointRole::Central);
    AttendanceAnnex {
        belongs_to: MainPaper { number: None, date: Some(day), agency: office.agency.clone() },
        session: state.about.as_ref().map(|about| about.title.clone()).unwrap_or_default(),
        day,
        extract: points.len() < state.points.len(),
        points: points.into_iter().map(|point| of_point(state, point)).collect(),
        proof: None,
    }
}

fn of_point(state: &State, point: &PointState) -> PointAttendance {
    let id = point.about.point;
    let attested = state.attested.get(&id).and_then(|label| parse_label(label).0);
    let officer = attested.and_then(|user| state.facts.officers.get(&user));
    let people = state.roster.at(id).filter(|entry| !secrecy::is_hidden(state, entry));
    PointAttendance {
        name: point.about.name.clone(),
        address: people::given(&point.about.address),
        people: people.map(|entry| attendee(state, entry)).collect(),
        gaps: span::gaps_of(state, id),
        attested_by: officer.map(|named| named.name.clone()),
        attested_title: officer.and_then(|named| people::given(&named.title)),
        attested_at: state.facts.attested_at.get(&id).map(|at| local(*at)),
    }
}

fn attendee(state: &State, entry: &Entry) -> Attendee {
    let person = &entry.person;
    let substitute_for = entry.substitute_for.and_then(|absent| {
        let mut known = state.roster.entries().map(|(_, entry)| &entry.person);
        known.find(|person| person.id == absent).map(|person| person.name.clone())
    });
    Attendee {
        name: person.name.clone(),
        title: title(state, entry),
        attendance: word(state, entry),
        came_at: entry.first_in().map(local),
        left_at: entry.intervals.last().and_then(|last| last.to).map(local),
        substitute_for,
        remark: None,
    }
}

/// Title of an officer; standing of a citizen, by the visit they came for.
fn title(state: &State, entry: &Entry) -> Option<String> {
    let person = &entry.person;
    let visit = state.visits.values().find(|visit| visit.about.persons.iter().any(|known| known.id == person.id));
    let presented = visit.map_or(PetitionKind::FeedbackPetition, |visit| visit.about.presented_as);
    words::standing(person.role, presented).or_else(|| people::given(&person.title))
}

/// The roster's word, and both words where somebody came late and left early.
fn word(state: &State, entry: &Entry) -> Attendance {
    let (_, ended) = state.attended_time(entry);
    let left = |ended| entry.intervals.last().and_then(|last| last.to).is_some_and(|left| left < ended);
    match state.attendance_of(entry) {
        AttendanceStatus::Late if ended.is_some_and(left) => Attendance::LateAndLeftEarly,
        other => other.into(),
    }
}
