//! What papers print of people and places is the office's, not the sender's: commands are completed from the directory
//! before a room decides them. What they name must be there and be the session's to name.

use super::registry::refusal;
use crate::domain::event::{Registration, SessionPoint};
use crate::domain::ids::{SessionId, UserId};
use crate::domain::people::{KIOSK_LOGIN, Person, PersonRole, User};
use crate::domain::refusal::Refusal;
use crate::protocol::command::Command;
use crate::store::Store;

/// The command with names, titles, addresses and units as the directory has them.
///
/// # Errors
/// `account_unknown`, `unit_or_point_unknown`, `case_unknown`, `visit_id_taken`; the store's.
pub(super) async fn complete(store: &Store, session: SessionId, command: Command) -> Result<Command, Refusal> {
    Ok(match command {
        Command::AssignFunction { user, function, point, .. } => {
            let User { name, title, .. } = officer(store, user, "user").await?;
            Command::AssignFunction { user, name, title, function, point }
        }
        Command::AddPoint { point: asked } => Command::AddPoint { point: point(store, asked).await? },
        Command::ExpectPerson { point, person: named } => {
            Command::ExpectPerson { point, person: person(store, named).await? }
        }
        Command::SeatPerson { point, person: named, seat, substitute_for } => {
            Command::SeatPerson { point, person: person(store, named).await?, seat, substitute_for }
        }
        Command::RegisterVisit { registration } => {
            registrable(store, session, &registration).await?;
            Command::RegisterVisit { registration }
        }
        Command::CloseHearing { visit, mut card } => {
            let unit = store.unit(card.unit).await.map_err(refusal)?;
            card.unit_name = unit.ok_or(Refusal::new("unit_or_point_unknown").field("card.unit"))?.name;
            Command::CloseHearing { visit, card }
        }
        other => other,
    })
}

/// A point with its name and address: its unit decides who may sit there.
pub(super) async fn point(store: &Store, asked: SessionPoint) -> Result<SessionPoint, Refusal> {
    let known = store.point(asked.point).await.map_err(refusal)?.filter(|known| known.unit == asked.unit);
    let known = known.ok_or(Refusal::new("unit_or_point_unknown").field("points"))?;
    Ok(SessionPoint { name: known.name, address: known.address, ..asked })
}

/// An account that may be given a function.
pub(super) async fn officer(store: &Store, user: UserId, field: &'static str) -> Result<User, Refusal> {
    let account = store.account(user).await.map_err(refusal)?.map(|account| account.user);
    let account = account.filter(|account| !account.disabled && !account.login.starts_with(KIOSK_LOGIN));
    account.ok_or(Refusal::new("account_unknown").field(field))
}

/// An officer with an account stands in the roster under the account's name.
async fn person(store: &Store, named: Person) -> Result<Person, Refusal> {
    match named.user.filter(|_| named.role == PersonRole::Officer) {
        Some(user) => {
            let User { name, title, .. } = officer(store, user, "person.user").await?;
            Ok(Person { name, title, ..named })
        }
        None => Ok(named),
    }
}

/// A visit's id is nobody else's, and its case is one of the unit's own: refused now, not when it has been heard.
async fn registrable(store: &Store, session: SessionId, asked: &Registration) -> Result<(), Refusal> {
    let holder = store.session_of_visit(asked.visit).await.map_err(refusal)?;
    if holder.is_some_and(|holder| holder != session) {
        return Err(Refusal::new("visit_id_taken").field("registration.visit"));
    }
    let Some(case) = asked.case else { return Ok(()) };
    let unit = store.session_row(session).await.map_err(refusal)?.map(|row| row.unit);
    let known = store.case(case).await.map_err(refusal)?;
    if known.is_none_or(|known| Some(known.unit) != unit) {
        return Err(Refusal::new("case_unknown").field("registration.case"));
    }
    Ok(())
}
