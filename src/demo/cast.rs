//! Who acts on the stage: accounts as actors, from the office or from the device of a point.

use super::error::DemoError;
use super::ids::id;
use super::province::Province;
use crate::domain::actor::Actor;
use crate::domain::ids::{PersonId, PointId};
use crate::domain::people::{Class, Person, PersonRole, User};
use crate::domain::units::DeviceKind;

/// An account where it sits.
pub(super) fn actor(
    province: &Province,
    login: &str,
    point: Option<PointId>,
    device: DeviceKind,
) -> Result<Actor, DemoError> {
    let (user, grants) = province.user(login)?;
    Ok(Actor {
        user: user.id,
        name: user.name,
        title: user.title,
        point,
        device,
        browser: id("browser", login),
        roles: grants.iter().map(|grant| (grant.unit, grant.role)).collect(),
    })
}

/// The person behind an account, as rosters list them.
pub(super) fn officer(user: &User) -> Person {
    let person = PersonId(id("officer", &user.login));
    Person { user: Some(user.id), ..named(person, &user.name, &user.title) }
}

/// An officer without an account.
pub(super) fn guest(session: &str, name: &str, title: &str) -> Person {
    named(PersonId(id("guest", &format!("{session}/{name}"))), name, title)
}

fn named(id: PersonId, name: &str, title: &str) -> Person {
    Person {
        id,
        name: name.to_owned(),
        role: PersonRole::Officer,
        class: Class::Normal,
        title: title.to_owned(),
        address: String::new(),
        phone: String::new(),
        identity: None,
        user: None,
        on_behalf_of: None,
    }
}
