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

/// The account and the point of a label; both absent for `system` and for what is no label.
pub fn parse_label(label: &str) -> (Option<UserId>, Option<PointId>) {
    let (user, point) = label.split_once('@').map_or((label, None), |(user, point)| (user, Some(point)));
    let user = user.strip_prefix("user:").and_then(|id| id.parse().ok());
    let point = point.and_then(|point| point.strip_prefix("point:")).and_then(|id| id.parse().ok());
    (user, point)
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_label_reads_back() {
        let (user, point) = (UserId(Uuid::from_u128(7)), PointId(Uuid::from_u128(8)));
        let mut actor = Actor {
            user,
            name: "A".to_owned(),
            title: String::new(),
            point: Some(point),
            device: DeviceKind::Main,
            browser: Uuid::nil(),
            roles: Vec::new(),
        };
        assert_eq!(parse_label(&actor.label()), (Some(user), Some(point)));
        actor.point = None;
        assert_eq!(parse_label(&actor.label()), (Some(user), None));
        assert_eq!(parse_label("system"), (None, None));
    }
}
