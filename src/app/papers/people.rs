//! Officers and citizens of a visit.

use crate::documents::parts::{Citizen, CitizenData, Officer};
use crate::domain::ids::{PersonId, PointId, UserId};
use crate::domain::people::{Class, Function, Person, PersonRole};
use crate::domain::presence::{Entry, Interval};
use crate::room::state::{State, VisitState};

use super::{span, words};

/// An officer and where they sit.
#[derive(Clone, Debug)]
pub(super) struct Seated {
    pub(super) user: UserId,
    pub(super) point: PointId,
    pub(super) officer: Officer,
}

/// Presider, note-taker, then the others at the visit's points who took part; whoever the roster shows as absent did
/// not.
pub(super) fn officers(state: &State, visit: &VisitState) -> Vec<Seated> {
    let points = state.points_of(visit);
    let presider = state.facts.visits.get(&visit.about.visit).and_then(|facts| facts.presider).or(state.presider());
    let mut seated: Vec<(Function, Seated)> = Vec::new();
    if let Some(user) = presider {
        let point = state.functions.get(&user).map(|held| held.point).or(state.central());
        seated.extend(point.and_then(|point| seat(state, user, point, Function::Presider)));
    }
    for (user, held) in &state.functions {
        let Some(function) = held.functions.iter().copied().find(|function| takes_part(*function)) else { continue };
        let known = seated.iter().any(|(_, officer)| officer.user == *user);
        if known || function == Function::Presider || !points.contains(&held.point) || was_absent(state, visit, *user) {
            continue;
        }
        seated.extend(seat(state, *user, held.point, function));
    }
    seated.sort_by_key(|(function, _)| *function);
    seated.into_iter().map(|(_, officer)| officer).collect()
}

/// Technicians and observers are in the annex, not among those who receive.
fn takes_part(function: Function) -> bool {
    !matches!(function, Function::Technician | Function::Observer)
}

fn seat(state: &State, user: UserId, point: PointId, function: Function) -> Option<(Function, Seated)> {
    let named = state.facts.officers.get(&user)?;
    let officer = Officer {
        name: named.name.clone(),
        title: given(&named.title),
        function: Some(function),
        point: point_name(state, point),
    };
    Some((function, Seated { user, point, officer }))
}

/// Whether the roster has the officer, but not in the visit's time. Of a visit that never was, all are witnesses.
fn was_absent(state: &State, visit: &VisitState, user: UserId) -> bool {
    let mut entries = state.roster.entries().filter(|(_, entry)| entry.person.user == Some(user)).peekable();
    let took_place = span::of_visit(state, visit).is_some();
    took_place && entries.peek().is_some() && !entries.any(|(_, entry)| was_there(state, visit, entry))
}

/// Whether the person was in during the visit's time on the stage.
pub(super) fn was_there(state: &State, visit: &VisitState, entry: &Entry) -> bool {
    let Some(of_visit) = span::of_visit(state, visit) else { return false };
    entry.intervals.iter().any(|inside| span::overlap(Interval { ..*inside }, of_visit))
}

/// Name of an account that acted.
pub(super) fn name_of(state: &State, user: Option<UserId>) -> Option<String> {
    state.facts.officers.get(&user?).map(|named| named.name.clone())
}

pub(super) fn point_name(state: &State, point: PointId) -> Option<String> {
    state.points.get(&point).map(|point| point.about.name.clone())
}

/// Those received, as the form lists them; under secrecy by code alone.
pub(super) fn citizens(visit: &VisitState) -> Vec<Citizen> {
    received(visit).map(|person| citizen(visit, person)).collect()
}

pub(super) fn citizen(visit: &VisitState, person: &Person) -> Citizen {
    if is_masked(visit, person) {
        return Citizen::Masked { code: code(person.id) };
    }
    let identity = person.identity.as_ref();
    Citizen::Open(CitizenData {
        name: given(&person.name),
        standing: words::standing(person.role, visit.about.presented_as),
        address: given(&person.address),
        telephone: given(&person.phone),
        identity_number: identity.and_then(|paper| given(&paper.number)),
        identity_date: identity.and_then(|paper| paper.issued_on),
        identity_place: identity.and_then(|paper| given(&paper.issued_by)),
    })
}

/// People of a visit who are not officers.
pub(super) fn received(visit: &VisitState) -> impl Iterator<Item = &Person> {
    visit.about.persons.iter().filter(|person| person.role != PersonRole::Officer)
}

/// The name as this visit's papers may print it.
pub(super) fn printed_name(visit: &VisitState, person: &Person) -> Option<String> {
    if is_masked(visit, person) { Some(code(person.id)) } else { given(&person.name) }
}

fn is_masked(visit: &VisitState, person: &Person) -> bool {
    visit.about.class == Class::Restricted || person.class == Class::Restricted
}

/// Under which the sealed identity record is kept: the last twelve digits of the person's id, which tell nothing.
fn code(person: PersonId) -> String {
    let id = person.0.simple().to_string().to_uppercase();
    id.chars().skip(20).collect()
}

/// Whether papers of the whole session must not name the person at all (TC Điều 8(3)).
pub(super) fn is_hidden(state: &State, person: &Person) -> bool {
    let of_restricted = |visit: &VisitState| {
        visit.about.class == Class::Restricted && visit.about.persons.iter().any(|known| known.id == person.id)
    };
    person.class == Class::Restricted || state.visits.values().any(of_restricted)
}

pub(super) fn given(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}
