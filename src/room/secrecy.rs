//! Whom a name in the roster belongs to, and who may be told it (TC Điều 8(3), 56). Pure.

use super::standing::{About, may};
use super::state::{State, VisitState};
use crate::domain::actor::Actor;
use crate::domain::ids::{PersonId, PointId, VisitId};
use crate::domain::people::{Class, Function, PersonRole};
use crate::domain::presence::Entry;

/// Presider and note-taker receive the visits; at the central point beside them sits the advising unit's office, which
/// registered them.
pub fn on_receivers_side(state: &State, actor: &Actor) -> bool {
    let receives = state.functions.get(&actor.user).is_some_and(|held| {
        held.functions.contains(&Function::Presider) || held.functions.contains(&Function::NoteTaker)
    });
    receives || may(state, actor, "http.sessions.create", About::Session)
}

/// A restricted visit has names at the receiver's side only.
pub fn is_masked_for(state: &State, actor: &Actor, visit: &VisitState) -> bool {
    visit.about.class == Class::Restricted && !on_receivers_side(state, actor)
}

/// Whether what goes to every point must not name the entry at all: of a restricted visit, by any way that is known.
pub fn is_hidden(state: &State, entry: &Entry) -> bool {
    let restricted = |visit: &VisitState| visit.about.class == Class::Restricted;
    entry.person.class == Class::Restricted
        || entry.visit.and_then(|id| state.visits.get(&id)).is_some_and(restricted)
        || visit_of(state, entry.person.id).is_some_and(restricted)
}

/// The visit an entry of the roster belongs to: the one it was entered for, else one that names the person.
pub fn visit_of_entry<'a>(state: &'a State, entry: &Entry) -> Option<&'a VisitState> {
    entry.visit.and_then(|id| state.visits.get(&id)).or_else(|| visit_of(state, entry.person.id))
}

/// The visit that names the person: a restricted one before others, an open one before those that are over.
pub fn visit_of(state: &State, person: PersonId) -> Option<&VisitState> {
    let named = state.visits.values().filter(|visit| visit.about.persons.iter().any(|known| known.id == person));
    named.max_by_key(|visit| (visit.about.class, !visit.status.is_final()))
}

/// The visit somebody comes for who is entered by name alone at this point. Whoever is no officer is taken for a person
/// of a restricted visit while one is open there: an officer who types the denouncer's name anew must not publish it.
/// Beside normal visits it is the one on stage, or the only one.
pub fn visit_at(state: &State, point: PointId, role: PersonRole) -> Option<VisitId> {
    if role == PersonRole::Officer {
        return None;
    }
    let here = |visit: &&VisitState| visit.about.citizen_point == point && !visit.status.is_final();
    let open: Vec<&VisitState> = state.agenda.iter().filter_map(|id| state.visits.get(id)).filter(here).collect();
    let on_stage = |visit: &&&VisitState| visit.status.is_on_stage();
    let restricted: Vec<&VisitState> =
        open.iter().copied().filter(|visit| visit.about.class == Class::Restricted).collect();
    let among = if restricted.is_empty() { &open } else { &restricted };
    let only = || among.first().filter(|_| among.len() == 1 || !restricted.is_empty());
    among.iter().find(on_stage).or_else(only).map(|visit| visit.about.visit)
}

/// The number of a person among those of their visit, from 1: what is shown in place of a name.
pub fn ordinal(visit: &VisitState, person: PersonId) -> Option<u32> {
    let at = visit.about.persons.iter().position(|known| known.id == person)?;
    u32::try_from(at).ok()?.checked_add(1)
}
