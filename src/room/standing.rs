//! Where an actor stands to the thing acted on, for `domain::access`.

use std::collections::BTreeSet;

use super::state::{State, VisitState};
use crate::domain::access;
use crate::domain::actor::Actor;
use crate::domain::ids::{PointId, VisitId};
use crate::domain::people::{Class, Function, UnitRole};
use crate::domain::refusal::Refusal;

/// What an act or a view is about.
#[derive(Clone, Copy, Debug)]
pub enum About {
    Session,
    Point(PointId),
    Visit(VisitId),
}

/// Whether the actor may; the refusal never tells whether a thing exists that the actor may not see.
pub fn check(state: &State, actor: &Actor, action: &str, about: About) -> Result<(), Refusal> {
    if may(state, actor, action, about) { Ok(()) } else { Err(Refusal::new("not_permitted")) }
}

/// The same as a truth.
pub fn may(state: &State, actor: &Actor, action: &str, about: About) -> bool {
    let functions: Vec<Function> = state
        .functions
        .get(&actor.user)
        .map(|function| function.functions.iter().copied().collect())
        .unwrap_or_default();
    let unit = state.about.as_ref().map(|about| about.unit);
    let unit_roles: Vec<UnitRole> =
        actor.roles.iter().filter(|(of, _)| Some(*of) == unit).map(|(_, role)| *role).collect();
    let at_point = actor.point.and_then(|point| state.points.get(&point)).map(|point| point.about.role);
    let visit = match about {
        About::Visit(id) => state.visits.get(&id),
        _ => None,
    };
    if matches!(about, About::Visit(_)) && visit.is_none() {
        return false;
    }
    let own_point = match about {
        About::Session => actor.point.is_some(),
        About::Point(point) => actor.point == Some(point),
        About::Visit(_) => visit.is_some_and(|visit| actor.point == Some(visit.about.citizen_point)),
    };
    let standing = access::Standing {
        functions: &functions,
        unit_roles: &unit_roles,
        at_point,
        kiosk: at_point.is_some() && is_kiosk(state, actor),
        own_point,
        in_visit_points: visit.is_some_and(|visit| actor.point.is_some_and(|point| is_seen_at(state, visit, point))),
        restricted: visit.is_some_and(|visit| visit.about.class == Class::Restricted),
    };
    access::may(action, &standing)
}

/// A seat is given by a function, by a role in the point's unit, or by a paired device: who has a seat, no role and never
/// had a function is the device.
fn is_kiosk(state: &State, actor: &Actor) -> bool {
    actor.roles.is_empty() && !state.facts.officers.contains_key(&actor.user)
}

/// Points that see and hear a visit.
pub fn sees(state: &State, visit: &VisitState) -> BTreeSet<PointId> {
    state.points.keys().copied().filter(|point| is_seen_at(state, visit, *point)).collect()
}

/// Whether a visit is seen and heard at a point: at those of its list, or at all of them while the session is room-wide.
/// A restricted visit is for the receiver's point and the citizen's alone, whatever its list says.
pub fn is_seen_at(state: &State, visit: &VisitState, point: PointId) -> bool {
    match visit.about.class {
        _ if !state.points.contains_key(&point) => false,
        Class::Restricted => state.is_received_at(visit, point),
        Class::Normal => state.room_wide || state.is_listed(visit, point),
    }
}
