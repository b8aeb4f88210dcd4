//! Who may do what: one table of action × function or role × relation. What is not in it is refused.
//!
//! An action is the name of a command (`call_next`; with its act where the command has many: `move_session.approve`,
//! `move_visit.arrive`, `record_step.roll_call`), of a route (`http.sessions.list`) or of a view (`view.visit`).
//! `tests/golden/access.txt` prints the table; a command or a route without a row fails a test.

mod table;

use std::fmt;

use super::chain::Hash;
use super::people::{Function, UnitRole};
use super::units::PointRole;

pub use table::TABLE;

/// Whom a row speaks of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Who {
    /// Without an account: signing in, health.
    Anyone,
    /// Any account that is not disabled; what it then gets is its own, or decided by a second row.
    Account,
    /// The function in this session.
    Function(Function),
    /// The role in the unit that holds this session.
    Role(UnitRole),
    /// No function in this session: a kiosk, or an officer of the unit whose point it is.
    Guest,
    /// A paired device nobody is signed in at: it is the place, whoever stands before it.
    Kiosk,
}

/// What must hold between the actor and the thing beside the function or role.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Relation {
    /// Nothing more.
    Anywhere,
    /// The actor's device is at a point of the session.
    AtPoint,
    /// The point concerned is the actor's; for a visit: its citizen sits at the actor's point.
    OwnPoint,
    /// The actor's point is in the visit's list of points.
    VisitPoints,
}

/// One permission.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Grant {
    pub who: Who,
    pub relation: Relation,
    /// Whether it also holds for a restricted visit, person or file.
    pub restricted: bool,
}

/// What is known of the actor in relation to the thing acted on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Standing<'a> {
    /// Functions in this session.
    pub functions: &'a [Function],
    /// Roles in the session's unit.
    pub unit_roles: &'a [UnitRole],
    /// Role of the point whose device speaks; `None` for office pages.
    pub at_point: Option<PointRole>,
    /// The account is a paired device's.
    pub kiosk: bool,
    /// The point concerned is the actor's; for a visit: its citizen's point is.
    pub own_point: bool,
    /// The actor's point is in the visit's list of points.
    pub in_visit_points: bool,
    /// The visit, person or file is restricted.
    pub restricted: bool,
}

impl Grant {
    const fn to(who: Who) -> Self {
        Self { who, relation: Relation::Anywhere, restricted: false }
    }

    const fn at(mut self, relation: Relation) -> Self {
        self.relation = relation;
        self
    }

    const fn even_restricted(mut self) -> Self {
        self.restricted = true;
        self
    }

    fn holds(&self, standing: &Standing<'_>) -> bool {
        let who = match self.who {
            Who::Anyone | Who::Account => true,
            Who::Function(function) => standing.functions.contains(&function),
            Who::Role(role) => standing.unit_roles.contains(&role),
            Who::Guest => standing.functions.is_empty(),
            Who::Kiosk => standing.kiosk,
        };
        let relation = match self.relation {
            Relation::Anywhere => true,
            Relation::AtPoint => standing.at_point.is_some(),
            Relation::OwnPoint => standing.own_point,
            Relation::VisitPoints => standing.in_visit_points,
        };
        who && relation && (self.restricted || !standing.restricted)
    }
}

/// Whether the action has a row at all.
pub fn is_known(action: &str) -> bool {
    grants(action).is_some()
}

/// Whether someone of this standing may do it. An unknown action is refused.
pub fn may(action: &str, who: &Standing<'_>) -> bool {
    grants(action).is_some_and(|grants| grants.iter().any(|grant| grant.holds(who)))
}

/// Whether the action needs no account.
pub fn is_open(action: &str) -> bool {
    grants(action).is_some_and(|grants| grants.iter().any(|grant| grant.who == Who::Anyone))
}

fn grants(action: &str) -> Option<&'static [Grant]> {
    TABLE.iter().find(|(name, _)| *name == action).map(|(_, grants)| *grants)
}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.who {
            Who::Anyone => f.write_str("anyone")?,
            Who::Account => f.write_str("account")?,
            Who::Function(function) => write!(f, "{function:?}")?,
            Who::Role(role) => write!(f, "unit {role:?}")?,
            Who::Guest => f.write_str("no function")?,
            Who::Kiosk => f.write_str("kiosk")?,
        }
        f.write_str(match self.relation {
            Relation::Anywhere => "",
            Relation::AtPoint => ", at a point",
            Relation::OwnPoint => ", own point",
            Relation::VisitPoints => ", at a point of the visit",
        })?;
        f.write_str(if self.restricted { ", restricted too" } else { "" })
    }
}

/// SHA-256 of the printed table: the rule set that the genesis of every log names.
pub fn digest() -> Hash {
    Hash::of(print().as_bytes())
}

/// The table as text, one line per action and grant, in the order of the table.
pub fn print() -> String {
    use fmt::Write as _;
    TABLE.iter().fold(String::new(), |mut text, (action, grants)| {
        for grant in *grants {
            // Writing to a String does not fail.
            writeln!(text, "{action:<32} {grant}").unwrap_or_default();
        }
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(functions: &[Function]) -> Standing<'_> {
        Standing { functions, at_point: Some(PointRole::Component), in_visit_points: true, ..Standing::default() }
    }

    #[test]
    fn unknown_actions_are_refused() {
        assert!(!may("no_such_action", &standing(&[Function::Presider])));
    }

    #[test]
    fn approving_is_the_heads_act_alone() {
        let head = Standing { unit_roles: &[UnitRole::Head], ..Standing::default() };
        assert!(may("move_session.approve", &head));
        for role in [UnitRole::Administrator, UnitRole::ReceptionOfficer, UnitRole::Technician] {
            assert!(!may("move_session.approve", &Standing { unit_roles: &[role], ..Standing::default() }));
        }
        assert!(!may("move_session.approve", &standing(&[Function::Presider])));
    }

    #[test]
    fn a_technician_gets_no_content() {
        let technician = Standing {
            functions: &[Function::Technician],
            unit_roles: &[UnitRole::Technician],
            at_point: Some(PointRole::Central),
            kiosk: false,
            own_point: true,
            in_visit_points: true,
            restricted: false,
        };
        for action in [
            "view.staff",
            "view.visit",
            "view.minutes",
            "view.record",
            "write_block",
            "http.files.read",
            "see.visit",
            "hear.visit",
            "hear.session",
            "see.consultation",
        ] {
            assert!(!may(action, &technician), "{action}");
        }
        assert!(may("view.devices", &technician));
    }

    #[test]
    fn a_restricted_visit_is_for_its_receivers_and_the_citizens_point() {
        let other = Standing { restricted: true, ..standing(&[Function::PointOfficer]) };
        assert!(!may("view.visit", &other));
        assert!(may("view.visit", &Standing { own_point: true, ..other }));
        assert!(may("view.visit", &Standing { functions: &[Function::Presider], ..other }));
        assert!(!may("view.visit", &Standing { functions: &[Function::AgencyRepresentative], ..other }));
    }

    /// Who sits where a denouncer sits hears them only with a part in it: an agency, an observer or a colleague of the
    /// officer is shown nothing (domain.md trap 40).
    #[test]
    fn a_restricted_visit_is_heard_by_who_receives_it_and_by_who_stands_beside() {
        let there = Standing { restricted: true, own_point: true, ..standing(&[]) };
        let holds = |functions: &'static [Function], kiosk: bool| {
            let who = Standing { functions, kiosk, ..there };
            let central = Standing { own_point: false, ..who };
            assert_eq!(may("hear.visit", &who), may("see.visit", &who));
            (
                may("hear.visit", &who),
                may("hear.visit", &central),
                may("hear.visit", &Standing { restricted: false, ..who }),
            )
        };
        use Function as F;
        for (functions, kiosk, wanted) in [
            (&[F::Presider][..], false, (true, true, true)),
            (&[F::NoteTaker], false, (true, true, true)),
            (&[F::PointOfficer], false, (true, false, true)),
            (&[F::Assistant], false, (true, false, true)),
            (&[F::Interpreter], false, (true, false, true)),
            (&[], true, (true, true, true)),
            (&[F::AgencyRepresentative], false, (false, false, true)),
            (&[F::AdvisingUnit], false, (false, false, true)),
            (&[F::Observer], false, (false, false, true)),
            (&[], false, (false, false, true)),
            (&[F::Technician], false, (false, false, false)),
        ] {
            assert_eq!(holds(functions, kiosk), wanted, "{functions:?}, kiosk {kiosk}");
        }
    }

    #[test]
    fn no_action_has_two_rows() {
        let mut names: Vec<_> = TABLE.iter().map(|(name, _)| *name).collect();
        names.sort_unstable();
        let before = names.len();
        names.dedup();
        assert_eq!(before, names.len());
    }
}
