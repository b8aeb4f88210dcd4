//! Acts of the point officer: who is in, out and back; identity seen; the recording announced.

use super::{Context, Decided, Decision, required};
use crate::domain::event::Event;
use crate::domain::ids::{ConnectionId, PersonId, PointId, VisitId};
use crate::domain::people::{IdentityCheck, Person};
use crate::domain::presence::Standing;
use crate::domain::refusal::Refusal;
use crate::domain::units::DeviceKind;

/// A second main device of a point becomes the one; the first is told and becomes a companion.
pub(super) fn take_over(c: &Context<'_>, connection: ConnectionId) -> Decided {
    let unknown = Refusal::new("connection_unknown").field("connection");
    let wire = c.live.wires.get(&connection).ok_or(unknown)?;
    let point = wire.actor.point.ok_or(unknown)?;
    if wire.actor.device != DeviceKind::Main {
        return Err(Refusal::new("take_over_needs_main_device"));
    }
    super::standing::check(c.state(), c.actor, "take_over", super::About::Point(point))?;
    if c.live.main.get(&point) == Some(&connection) {
        return Ok(Decision::default());
    }
    Ok(Event::TakeOver { point, to: connection }.into())
}

pub(super) fn expect_person(c: &Context<'_>, point: PointId, person: &Person) -> Decided {
    c.point(point)?;
    named(person)?;
    Ok(Event::PersonExpected { point, person: person.clone() }.into())
}

pub(super) fn seat_person(
    c: &Context<'_>,
    point: PointId,
    person: &Person,
    seat: u32,
    substitute_for: Option<PersonId>,
) -> Decided {
    c.point(point)?;
    named(person)?;
    let roster = &c.state().roster;
    if let Some(elsewhere) = roster.point_of(person.id).filter(|at| *at != point) {
        let _ = elsewhere;
        return Err(Refusal::new("person_at_another_point").field("person"));
    }
    let same = roster.get(point, person.id);
    if same.is_some_and(|entry| entry.standing() == Standing::Present && entry.seat == Some(seat)) {
        return Ok(Decision::default());
    }
    free_seat(c, point, seat)?;
    Ok(Event::PersonIn { point, person: person.clone(), seat, substitute_for }.into())
}

pub(super) fn person_out(c: &Context<'_>, point: PointId, person: PersonId) -> Decided {
    match known(c, point, person)? {
        Standing::Present => Ok(Event::PersonOut { point, person }.into()),
        Standing::Out => Ok(Decision::default()),
        Standing::Expected => Err(Refusal::new("person_not_present").field("person")),
    }
}

pub(super) fn person_back(c: &Context<'_>, point: PointId, person: PersonId, seat: u32) -> Decided {
    match known(c, point, person)? {
        Standing::Out => {
            free_seat(c, point, seat)?;
            Ok(Event::PersonBack { point, person, seat }.into())
        }
        Standing::Present => Ok(Decision::default()),
        Standing::Expected => Err(Refusal::new("person_not_present").field("person")),
    }
}

/// The check is done by the officer beside the citizen (D154 Điều 12).
pub(super) fn see_identity(c: &Context<'_>, visit: VisitId, person: PersonId, how: IdentityCheck) -> Decided {
    let state = c.visit(visit)?;
    if !state.about.persons.iter().any(|known| known.id == person) {
        return Err(Refusal::new("person_unknown").field("person"));
    }
    if state.identity_seen.get(&person) == Some(&how) {
        return Ok(Decision::default());
    }
    Ok(Event::IdentitySeen { visit, person, how }.into())
}

/// Recording is a duty and the citizen is told of it (D154 Điều 24(1)).
pub(super) fn announce_recording(c: &Context<'_>, visit: VisitId, language: &str) -> Decided {
    let point = c.own_point()?;
    let language = required(language, "language_missing", "language")?;
    if c.visit(visit)?.announced.is_some() {
        return Ok(Decision::default());
    }
    Ok(Event::RecordingAnnounced { visit, point, language }.into())
}

/// One named officer answers for the attendance of the point.
pub(super) fn attest_attendance(c: &Context<'_>, point: PointId) -> Decided {
    c.point(point)?;
    if c.state().attested.contains_key(&point) {
        return Ok(Decision::default());
    }
    Ok(Event::AttendanceAttested { point }.into())
}

fn named(person: &Person) -> Result<(), Refusal> {
    required(&person.name, "name_missing", "person.name").map(|_| ())
}

fn known(c: &Context<'_>, point: PointId, person: PersonId) -> Result<Standing, Refusal> {
    let entry = c.state().roster.get(point, person).ok_or(Refusal::new("person_unknown").field("person"))?;
    Ok(entry.standing())
}

fn free_seat(c: &Context<'_>, point: PointId, seat: u32) -> Result<(), Refusal> {
    if c.state().roster.seat_taken(point, seat) { Err(Refusal::new("seat_taken").field("seat")) } else { Ok(()) }
}
