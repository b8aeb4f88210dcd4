//! Acts of the point officer: who is in, out and back; identity seen; the recording announced.

use super::{Context, Decided, Decision, required};
use crate::domain::event::Event;
use crate::domain::ids::{ConnectionId, PersonId, PointId, VisitId};
use crate::domain::people::{Class, IdentityCheck, Person};
use crate::domain::presence::Standing;
use crate::domain::refusal::Refusal;
use crate::domain::session::SessionStatus;
use crate::domain::units::DeviceKind;
use crate::room::secrecy;
use crate::room::standing::is_seen_at;
use crate::room::state::VisitState;

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
    c.open_record()?;
    c.point(point)?;
    let (person, visit) = known_as(c, point, person)?;
    Ok(roster(c, point, Event::PersonExpected { point, person, visit }))
}

/// Nobody comes to a session that was put off, or that is over.
fn open_roster(c: &Context<'_>) -> Result<(), Refusal> {
    c.open_record()?;
    match c.state().status() {
        Some(SessionStatus::Postponed) => Err(Refusal::new("session_not_live")),
        _ => Ok(()),
    }
}

/// A change of a point's roster. Whoever attested it answered for another one.
fn roster(c: &Context<'_>, point: PointId, change: Event) -> Decision {
    let voided = c.state().attested.contains_key(&point).then_some(Event::AttestationVoided { point });
    [change].into_iter().chain(voided).collect::<Vec<_>>().into()
}

pub(super) fn seat_person(
    c: &Context<'_>,
    point: PointId,
    person: &Person,
    seat: u32,
    substitute_for: Option<PersonId>,
) -> Decided {
    open_roster(c)?;
    c.point(point)?;
    let (person, visit) = known_as(c, point, person)?;
    let known = &c.state().roster;
    if known.point_of(person.id).is_some_and(|at| at != point) {
        return Err(Refusal::new("person_at_another_point").field("person"));
    }
    let same = known.get(point, person.id);
    if same.is_some_and(|entry| entry.standing() == Standing::Present && entry.seat == Some(seat)) {
        return Ok(Decision::default());
    }
    free_seat(c, point, seat)?;
    Ok(roster(c, point, Event::PersonIn { point, person, seat, substitute_for, visit }))
}

/// The person as the record has them, and the visit they come for. A person of a visit is named by id alone: what a page
/// types beside it, a class above all, counts for nothing.
fn known_as(c: &Context<'_>, point: PointId, typed: &Person) -> Result<(Person, Option<VisitId>), Refusal> {
    let state = c.state();
    if let Some((visit, person)) = of_visit(c, typed.id) {
        // Whoever sits elsewhere has no business with them, and learns nothing of them by asking.
        let near = match visit.about.class {
            Class::Normal => state.is_listed(visit, point),
            Class::Restricted => is_seen_at(state, visit, point),
        };
        return if near {
            Ok((person, Some(visit.about.visit)))
        } else {
            Err(Refusal::new("person_unknown").field("person"))
        };
    }
    let known = state.roster.get(point, typed.id);
    if let Some(entry) = known.filter(|entry| secrecy::is_hidden(state, entry)) {
        return Ok((entry.person.clone(), entry.visit));
    }
    required(&typed.name, "name_missing", "person.name")?;
    let came_for = known.and_then(|entry| entry.visit).or_else(|| secrecy::visit_at(state, point, typed.role));
    let class = came_for.and_then(|id| state.visits.get(&id)).map(|visit| visit.about.class).unwrap_or_default();
    // Nothing would seal this name but the session's own key.
    if typed.class > class {
        return Err(Refusal::new("restricted_person_needs_visit").field("person.class"));
    }
    Ok((Person { class, ..typed.clone() }, came_for))
}

/// The visit that names the person, and the person as it does, of the visit's class.
fn of_visit<'a>(c: &Context<'a>, person: PersonId) -> Option<(&'a VisitState, Person)> {
    let visit = secrecy::visit_of(&c.book.state, person)?;
    let person = visit.about.persons.iter().find(|known| known.id == person)?;
    Some((visit, Person { class: person.class.max(visit.about.class), ..person.clone() }))
}

pub(super) fn person_out(c: &Context<'_>, point: PointId, person: PersonId) -> Decided {
    c.open_record()?;
    match known(c, point, person)? {
        Standing::Present => Ok(roster(c, point, Event::PersonOut { point, person })),
        Standing::Out => Ok(Decision::default()),
        Standing::Expected => Err(Refusal::new("person_not_present").field("person")),
    }
}

pub(super) fn person_back(c: &Context<'_>, point: PointId, person: PersonId, seat: u32) -> Decided {
    open_roster(c)?;
    match known(c, point, person)? {
        Standing::Out => {
            free_seat(c, point, seat)?;
            Ok(roster(c, point, Event::PersonBack { point, person, seat }))
        }
        Standing::Present => Ok(Decision::default()),
        Standing::Expected => Err(Refusal::new("person_not_present").field("person")),
    }
}

/// The check is done by the officer beside the citizen (D154 Điều 12).
pub(super) fn see_identity(c: &Context<'_>, visit: VisitId, person: PersonId, how: IdentityCheck) -> Decided {
    c.open_record()?;
    let state = c.visit(visit)?;
    if !state.about.persons.iter().any(|known| known.id == person) {
        return Err(Refusal::new("person_unknown").field("person"));
    }
    if state.identity_seen.get(&person) == Some(&how) {
        return Ok(Decision::default());
    }
    let mut events = vec![Event::IdentitySeen { visit, person, how }];
    events.extend(sits_down(c, state, person));
    Ok(events.into())
}

/// Whose papers the officer has just held is there: nobody is written absent of whom that was forgotten to say.
fn sits_down(c: &Context<'_>, visit: &VisitState, person: PersonId) -> Option<Event> {
    let (roster, point) = (&c.state().roster, visit.about.citizen_point);
    let came = roster.get(point, person).is_some_and(|entry| entry.standing() != Standing::Expected);
    if came || roster.point_of(person).is_some() {
        return None;
    }
    let (of, person) = of_visit(c, person)?;
    let seat = (1..u32::MAX).find(|seat| !roster.seat_taken(point, *seat))?;
    Some(Event::PersonIn { point, person, seat, substitute_for: None, visit: Some(of.about.visit) })
}

/// Recording is a duty and the citizen is told of it (D154 Điều 24(1)).
pub(super) fn announce_recording(c: &Context<'_>, visit: VisitId, language: &str) -> Decided {
    c.open_record()?;
    let point = c.own_point()?;
    let language = required(language, "language_missing", "language")?;
    c.visit(visit)?;
    if c.announced(visit) {
        return Ok(Decision::default());
    }
    Ok(Event::RecordingAnnounced { visit, point, language }.into())
}

/// One named officer answers for the attendance of the point, when it can no longer become another: every visit whose
/// citizen sits there is over, every other it takes part in is heard.
pub(super) fn attest_attendance(c: &Context<'_>, point: PointId) -> Decided {
    c.point(point)?;
    let state = c.state();
    if state.attested.contains_key(&point) {
        return Ok(Decision::default());
    }
    if state.status() != Some(SessionStatus::Closed) {
        c.open_record()?;
    }
    let closed = state.status() == Some(SessionStatus::Closed);
    let begun = closed || state.status().is_some_and(SessionStatus::is_under_way);
    // Who had not come when the session closed cannot come any more.
    let open = !closed
        && state.visits.values().any(|visit| {
            let here = visit.about.citizen_point == point && !visit.status.is_final();
            here || (visit.status.is_before_heard() && state.is_listed(visit, point))
        });
    if !begun || open {
        return Err(Refusal::new("attendance_not_over").field("point"));
    }
    Ok(Event::AttendanceAttested { point }.into())
}

/// When a visit ends, its people leave the roster: the attestation there is void, if there is one.
pub(super) fn voided_by_end(c: &Context<'_>, visit: &VisitState) -> Option<Event> {
    let (state, point) = (c.state(), visit.about.citizen_point);
    let present =
        |person: &Person| state.roster.get(point, person.id).is_some_and(|entry| entry.standing() == Standing::Present);
    let changes = state.attested.contains_key(&point) && visit.about.persons.iter().any(present);
    changes.then_some(Event::AttestationVoided { point })
}

fn known(c: &Context<'_>, point: PointId, person: PersonId) -> Result<Standing, Refusal> {
    let entry = c.state().roster.get(point, person).ok_or(Refusal::new("person_unknown").field("person"))?;
    Ok(entry.standing())
}

fn free_seat(c: &Context<'_>, point: PointId, seat: u32) -> Result<(), Refusal> {
    if c.state().roster.seat_taken(point, seat) { Err(Refusal::new("seat_taken").field("seat")) } else { Ok(()) }
}
