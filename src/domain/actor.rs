//! Who acts: an officer's account, at a point, on a device. Citizens have no account and never act by themselves.

use super::ids::{PointId, UnitId, UserId};
use super::people::UnitRole;
use super::units::DeviceKind;

/// The one who asks for something. Built from the cookie session or the ticket, never from a frame.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Actor {
    /// The account.
    pub user: UserId,
    /// Name as the record prints it.
    pub name: String,
    /// Chức vụ.
    pub title: String,
    /// The point whose device speaks; `None` for office pages.
    pub point: Option<PointId>,
    /// What that device is for.
    pub device: DeviceKind,
    /// The sign-in this comes from: a reconnect of the same browser has the same, a second machine another.
    pub browser: uuid::Uuid,
    /// Roles in units.
    pub roles: Vec<(UnitId, UnitRole)>,
}

impl Actor {
    /// Whether the account has the role in the unit.
    pub fn has_role(&self, unit: UnitId, role: UnitRole) -> bool {
        self.roles.contains(&(unit, role))
    }

    /// How the log names the one who acted.
    pub fn label(&self) -> String {
        match self.point {
            Some(point) => format!("user:{}@point:{point}", self.user),
            None => format!("user:{}", self.user),
        }
    }
}
