//! The sockets of a room, and where and whose they are. A session may have hundreds of points, and each of them is asked
//! for its own wires at every publication: that must not mean looking through all wires for each.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;

use super::live::WireState;
use crate::domain::ids::{ConnectionId, PointId, UserId};

/// All wires by connection (ids sort by birth), read as a map.
#[derive(Debug, Default)]
pub struct Wires {
    all: BTreeMap<ConnectionId, WireState>,
    by_point: BTreeSet<(PointId, ConnectionId)>,
    by_user: BTreeSet<(UserId, ConnectionId)>,
}

impl Wires {
    /// Who a wire belongs to and where it is stays as it is here.
    pub fn insert(&mut self, connection: ConnectionId, wire: WireState) {
        self.remove(&connection);
        self.by_point.extend(wire.actor.point.map(|point| (point, connection)));
        self.by_user.insert((wire.actor.user, connection));
        self.all.insert(connection, wire);
    }

    pub fn remove(&mut self, connection: &ConnectionId) -> Option<WireState> {
        let wire = self.all.remove(connection)?;
        if let Some(point) = wire.actor.point {
            self.by_point.remove(&(point, *connection));
        }
        self.by_user.remove(&(wire.actor.user, *connection));
        Some(wire)
    }

    /// To change anything of a wire but its actor: who it is and where was written down when it came.
    pub fn get_mut(&mut self, connection: &ConnectionId) -> Option<&mut WireState> {
        self.all.get_mut(connection)
    }

    /// Wires of a point, the oldest first.
    pub fn at(&self, point: PointId) -> impl DoubleEndedIterator<Item = (ConnectionId, &WireState)> {
        let here = self.by_point.range((point, FIRST)..=(point, LAST));
        here.filter_map(|(_, id)| self.all.get(id).map(|wire| (*id, wire)))
    }

    /// Whether an account has any wire.
    pub fn has(&self, user: UserId) -> bool {
        self.by_user.range((user, FIRST)..=(user, LAST)).next().is_some()
    }
}

const FIRST: ConnectionId = ConnectionId(uuid::Uuid::nil());
const LAST: ConnectionId = ConnectionId(uuid::Uuid::max());

impl Deref for Wires {
    type Target = BTreeMap<ConnectionId, WireState>;

    fn deref(&self) -> &Self::Target {
        &self.all
    }
}
