//! The floor: who may speak. The floor allows, the officer's key opens (D154 Điều 21(2)).

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::ids::{PersonId, PointId};

/// Who holds the floor, who asks for it, whose microphone is open.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Floor {
    holder: Option<Holder>,
    hands: Vec<Hand>,
    open: BTreeSet<PointId>,
}

/// The point, and the person there, whose turn it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Holder {
    pub point: PointId,
    pub person: Option<PersonId>,
    pub since: Timestamp,
}

/// A raised hand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hand {
    pub point: PointId,
    pub person: Option<PersonId>,
}

impl Floor {
    pub fn holder(&self) -> Option<Holder> {
        self.holder
    }

    /// Raised hands, first come first.
    pub fn hands(&self) -> &[Hand] {
        &self.hands
    }

    pub fn hand_raised(&self, point: PointId) -> bool {
        self.hands.iter().any(|hand| hand.point == point)
    }

    /// Points whose microphone is open.
    pub fn open(&self) -> &BTreeSet<PointId> {
        &self.open
    }

    /// The presider's point may open at any time, all others only with the floor.
    pub fn may_open(&self, point: PointId, presider_point: Option<PointId>) -> bool {
        presider_point == Some(point) || self.holder.is_some_and(|holder| holder.point == point)
    }

    /// One place has the floor at a time; its hand goes down, the microphone of the one before closes.
    pub fn give(&mut self, point: PointId, person: Option<PersonId>, now: Timestamp, presider_point: Option<PointId>) {
        self.hands.retain(|hand| hand.point != point);
        self.holder = Some(Holder { point, person, since: now });
        self.open.retain(|open| *open == point || presider_point == Some(*open));
    }

    pub fn take(&mut self, point: PointId, presider_point: Option<PointId>) {
        if self.holder.is_some_and(|holder| holder.point == point) {
            self.holder = None;
        }
        if presider_point != Some(point) {
            self.open.remove(&point);
        }
    }

    pub fn raise(&mut self, point: PointId, person: Option<PersonId>) {
        if !self.hand_raised(point) {
            self.hands.push(Hand { point, person });
        }
    }

    pub fn lower(&mut self, point: PointId) {
        self.hands.retain(|hand| hand.point != point);
    }

    pub fn set_microphone(&mut self, point: PointId, open: bool) {
        if open {
            self.open.insert(point);
        } else {
            self.open.remove(&point);
        }
    }
}
