//! Which sections a connection is sent.

use std::collections::BTreeMap;

use crate::domain::actor::Actor;
use crate::domain::ids::{PointId, VisitId};
use crate::domain::people::{Class, Function};
use crate::domain::units::DeviceKind;
use crate::room::standing::{About, may};
use crate::room::state::{State, VisitState};

/// A section for one audience. Two keys may have one name: the same section with more or less in it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Key {
    Public,
    /// `None`: the receiver's side, which sees every visit; else what concerns that point.
    Staff(Option<PointId>),
    Devices,
    Visit {
        visit: VisitId,
        masked: bool,
    },
    Minutes(VisitId),
    Point(PointId),
}

impl Key {
    /// Name on the wire.
    pub fn name(&self) -> String {
        match self {
            Self::Public => "public".to_owned(),
            Self::Staff(_) => "staff".to_owned(),
            Self::Devices => "devices".to_owned(),
            Self::Visit { visit, .. } => format!("visit:{visit}"),
            Self::Minutes(visit) => format!("minutes:{visit}"),
            Self::Point(point) => format!("point:{point}"),
        }
    }
}

/// Everything a connection is sent, by name.
pub fn subscriptions(state: &State, actor: &Actor) -> BTreeMap<String, Key> {
    let mut keys = vec![Key::Public];
    // The citizen's screen shows the public part and nothing that lies on the officer's table.
    if actor.device != DeviceKind::CitizenScreen {
        if may(state, actor, "view.staff", About::Session) {
            keys.push(Key::Staff(if on_receivers_side(state, actor) { None } else { actor.point }));
        }
        if may(state, actor, "view.devices", About::Session) {
            keys.push(Key::Devices);
        }
        if let Some(point) = actor.point.filter(|point| state.points.contains_key(point))
            && may(state, actor, "view.point", About::Point(point))
        {
            keys.push(Key::Point(point));
        }
        for (id, visit) in &state.visits {
            if may(state, actor, "view.visit", About::Visit(*id)) {
                keys.push(Key::Visit { visit: *id, masked: masked_for(state, actor, visit) });
            }
            if may(state, actor, "view.minutes", About::Visit(*id)) {
                keys.push(Key::Minutes(*id));
            }
        }
    }
    keys.into_iter().map(|key| (key.name(), key)).collect()
}

/// Presider and note-taker receive the visits; at the central point beside them sits the advising unit.
fn on_receivers_side(state: &State, actor: &Actor) -> bool {
    let receives = state.functions.get(&actor.user).is_some_and(|held| {
        held.functions.contains(&Function::Presider) || held.functions.contains(&Function::NoteTaker)
    });
    receives || may(state, actor, "http.sessions.create", About::Session)
}

/// A restricted visit has names at the receiver's side only (TC Điều 8(3), 56).
fn masked_for(state: &State, actor: &Actor, visit: &VisitState) -> bool {
    visit.about.class == Class::Restricted && !on_receivers_side(state, actor)
}
