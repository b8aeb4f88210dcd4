//! Which sections a connection is sent.

use std::collections::BTreeMap;

use crate::domain::actor::Actor;
use crate::domain::ids::{PointId, VisitId};
use crate::domain::units::DeviceKind;
use crate::room::secrecy;
use crate::room::stage::Stage;
use crate::room::standing::{About, may};
use crate::room::state::State;

/// A section for one audience. Two keys may have one name: the same section with more or less in it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Key {
    /// `told`: what runs is private, and this audience takes part in it. While nothing private runs there is one section
    /// for all.
    Public {
        told: bool,
    },
    /// `None`: the receiver's side, which sees every visit; else what concerns that point.
    Staff(Option<PointId>),
    Devices,
    Visit {
        visit: VisitId,
        masked: bool,
    },
    Minutes(VisitId),
    Point {
        point: PointId,
        names: Names,
    },
}

/// What an audience of a roster is told of the people of restricted visits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Names {
    /// Nothing, not even that they are there.
    Absent,
    /// That they are there, by number: who keeps the roster and takes signatures must tell them apart.
    Numbered,
    All,
}

impl Key {
    /// Name on the wire.
    pub fn name(&self) -> String {
        match self {
            Self::Public { .. } => "public".to_owned(),
            Self::Staff(_) => "staff".to_owned(),
            Self::Devices => "devices".to_owned(),
            Self::Visit { visit, .. } => format!("visit:{visit}"),
            Self::Minutes(visit) => format!("minutes:{visit}"),
            Self::Point { point, .. } => format!("point:{point}"),
        }
    }
}

/// Everything a connection is sent, by name.
pub fn subscriptions(state: &State, actor: &Actor) -> BTreeMap<String, Key> {
    // They have no page.
    if actor.device.is_foreign() {
        return BTreeMap::new();
    }
    let stage = Stage::of(state);
    let mut keys = vec![Key::Public { told: stage.is_private() && stage.is_told_to(state, actor) }];
    // The citizen's screen shows the public part and nothing that lies on the officer's table.
    if actor.device != DeviceKind::CitizenScreen {
        if may(state, actor, "view.staff", About::Session) {
            keys.push(Key::Staff(if secrecy::on_receivers_side(state, actor) { None } else { actor.point }));
        }
        if may(state, actor, "view.devices", About::Session) {
            keys.push(Key::Devices);
        }
        if let Some(point) = actor.point.filter(|point| state.points.contains_key(point))
            && may(state, actor, "view.point", About::Point(point))
        {
            keys.push(Key::Point { point, names: names_for(state, actor, point) });
        }
        for (id, visit) in &state.visits {
            if may(state, actor, "view.visit", About::Visit(*id)) {
                keys.push(Key::Visit { visit: *id, masked: secrecy::is_masked_for(state, actor, visit) });
            }
            if may(state, actor, "view.minutes", About::Visit(*id)) {
                keys.push(Key::Minutes(*id));
            }
        }
    }
    keys.into_iter().map(|key| (key.name(), key)).collect()
}

fn names_for(state: &State, actor: &Actor, point: PointId) -> Names {
    if secrecy::on_receivers_side(state, actor) {
        Names::All
    } else if may(state, actor, "view.point.restricted", About::Point(point)) {
        Names::Numbered
    } else {
        Names::Absent
    }
}
