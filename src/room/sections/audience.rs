//! Which sections a connection is sent.

use std::collections::BTreeMap;

use super::View;
use crate::domain::actor::Actor;
use crate::domain::ids::{PointId, VisitId};
use crate::domain::units::DeviceKind;
use crate::room::secrecy;
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
    /// Of points that are shown the same, the first.
    Staff(Audience),
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

/// Whose staff it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Audience {
    /// The receiver's side, which sees every visit.
    Receiver,
    /// What concerns that point.
    Point(PointId),
    /// Without a place nobody takes part in anything: whoever may open a page may open it without one.
    Nowhere,
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
pub fn subscriptions(view: &View<'_>, actor: &Actor) -> BTreeMap<String, Key> {
    // They have no page.
    if actor.device.is_foreign() {
        return BTreeMap::new();
    }
    let state = &view.book.state;
    let mut keys = vec![Key::Public { told: view.stage.is_private() && view.stage.is_told_to(state, actor) }];
    // The citizen's screen shows the public part and nothing that lies on the officer's table.
    if actor.device != DeviceKind::CitizenScreen {
        if may(state, actor, "view.staff", About::Session) {
            let audience = match actor.point {
                _ if secrecy::on_receivers_side(state, actor) => Audience::Receiver,
                Some(point) => Audience::Point(point),
                None => Audience::Nowhere,
            };
            keys.push(Key::Staff(view.first_alike(audience)));
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
            if reads_minutes(state, actor, *id) {
                keys.push(Key::Minutes(*id));
            }
        }
    }
    keys.into_iter().map(|key| (key.name(), key)).collect()
}

/// Whether a connection is sent the text of a visit while it is being written. Citizens see it when it is read back.
pub fn reads_minutes(state: &State, actor: &Actor, visit: VisitId) -> bool {
    let has_a_page = !actor.device.is_foreign() && actor.device != DeviceKind::CitizenScreen;
    has_a_page && may(state, actor, "view.minutes", About::Visit(visit))
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
