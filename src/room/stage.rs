//! What runs now and who takes part in it: the one answer for media, levels and what everybody is told. Pure.

use std::collections::BTreeSet;

use super::standing::{About, may, sees};
use super::state::State;
use crate::domain::actor::Actor;
use crate::domain::ids::{PointId, VisitId};
use crate::domain::people::{Class, Function};

/// What has sound and picture now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Running {
    /// No visit: opening, roll-call, between visits. Every point takes part.
    Session,
    /// A visit with its list of points.
    Visit { visit: VisitId, restricted: bool },
    /// A private consultation of some points.
    Consultation,
}

/// The places that take part in what is running now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stage {
    pub running: Running,
    pub points: BTreeSet<PointId>,
}

/// A sense a device may lend its people.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sense {
    See,
    Hear,
}

impl Stage {
    /// What the state says of this moment. A consultation goes before the visit it interrupts.
    pub fn of(state: &State) -> Self {
        if !state.consultation.is_empty() {
            return Self { running: Running::Consultation, points: state.consultation.clone() };
        }
        match state.on_stage() {
            Some(visit) => {
                let restricted = visit.about.class == Class::Restricted;
                let running = Running::Visit { visit: visit.about.visit, restricted };
                Self { running, points: sees(state, visit) }
            }
            None => Self { running: Running::Session, points: state.points.keys().copied().collect() },
        }
    }

    /// Whether somebody at this point may see or hear what runs: by place, and by the access table.
    pub fn admits(&self, state: &State, actor: &Actor, sense: Sense) -> bool {
        if !actor.point.is_some_and(|point| self.points.contains(&point)) {
            return false;
        }
        let (see, hear, about) = match self.running {
            Running::Session => ("see.session", "hear.session", About::Session),
            Running::Visit { visit, .. } => ("see.visit", "hear.visit", About::Visit(visit)),
            Running::Consultation => ("see.consultation", "hear.consultation", About::Session),
        };
        let action = match sense {
            Sense::See => see,
            Sense::Hear => hear,
        };
        may(state, actor, action, about)
    }

    /// Whether what runs must not be told to others at all: not where it is, nor who speaks in it.
    pub fn is_private(&self) -> bool {
        matches!(self.running, Running::Consultation | Running::Visit { restricted: true, .. })
    }

    /// Whether what runs may stand on a wall for whoever walks by: what every point of the session is shown, and nothing
    /// private. A visit belongs to its own points unless the presider has shown it to all.
    pub fn is_for_walls(&self, state: &State) -> bool {
        match self.running {
            Running::Session => true,
            Running::Visit { restricted, .. } => !restricted && state.room_wide,
            Running::Consultation => false,
        }
    }

    /// Whether a visit has sound and picture.
    pub fn is_visit(&self) -> bool {
        matches!(self.running, Running::Visit { .. })
    }

    /// Whether the actor may be told where it is and who speaks: who takes part, and who leads or writes it down.
    pub fn is_told_to(&self, state: &State, actor: &Actor) -> bool {
        let leads = state.functions.get(&actor.user).is_some_and(|held| {
            held.functions.contains(&Function::Presider) || held.functions.contains(&Function::NoteTaker)
        });
        !self.is_private() || leads || self.admits(state, actor, Sense::See)
    }
}
