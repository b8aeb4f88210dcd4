//! From a request to the room it is about: only for those who have something to do there. Everybody else, and everybody
//! who asks for a session that does not exist, gets the same answer.

use crate::app::accounts::Accounts;
use crate::app::sessions::Sessions;
use crate::auth::sign_in::Caller;
use crate::domain::access;
use crate::domain::actor::Actor;
use crate::domain::ids::{PointId, SessionId};
use crate::domain::people::UnitRole;
use crate::domain::refusal::Refusal;
use crate::domain::units::DeviceKind;
use crate::error::AppError;
use crate::protocol::command::Command;
use crate::protocol::rest::NewSession;
use crate::room::handle::{Look, RoomHandle};
use crate::room::record::Reader;
use crate::room::registry::Registry;
use crate::room::standing::{self, About};

/// The door to the rooms.
#[derive(Clone)]
pub struct Rooms {
    registry: Registry,
    sessions: Sessions,
    accounts: Accounts,
}

/// Whether a client may send the command itself. A file is attached by its upload alone: only then does the server know
/// its bytes, its digest and whose it is.
pub fn by_client(command: &Command) -> Result<(), Refusal> {
    match command {
        Command::AttachFile { .. } => Err(Refusal::new("file_by_upload_only")),
        _ => Ok(()),
    }
}

impl Rooms {
    pub fn new(registry: Registry, sessions: Sessions, accounts: Accounts) -> Self {
        Self { registry, sessions, accounts }
    }

    /// The room and its committed state, for an actor who may do `action` in the session or at the thing named.
    ///
    /// # Errors
    /// `NotFound` alike for what does not exist and what is not the actor's.
    pub async fn enter(
        &self,
        actor: &Actor,
        session: SessionId,
        action: &str,
        about: About,
    ) -> Result<(RoomHandle, Look), AppError> {
        // Asked before the room, so that guessing ids starts nothing.
        if !self.sessions.exists(session).await? {
            return Err(AppError::NotFound);
        }
        let look = self.registry.look(session).await?;
        let room = self.registry.open(session).await?;
        if standing::may(&look.state, actor, action, about) { Ok((room, look)) } else { Err(AppError::NotFound) }
    }

    /// The committed state for an office page, which sits nowhere: as far as the caller may do `action` from any of their
    /// seats.
    ///
    /// # Errors
    /// As [`Rooms::enter`].
    pub async fn read(
        &self,
        caller: &Caller,
        session: SessionId,
        action: &str,
        about: About,
    ) -> Result<(Look, Reader), AppError> {
        if !self.sessions.exists(session).await? {
            return Err(AppError::NotFound);
        }
        let office = caller.actor(None, DeviceKind::Companion);
        let points = self.sessions.seats(&office, caller.kiosk_point(), session).await?;
        let seated = points.into_iter().map(|point| caller.actor(Some(point), DeviceKind::Companion));
        let seats = std::iter::once(office).chain(seated).collect();
        let reader = Reader { user: caller.user.id, seats };
        let look = self.registry.look(session).await?;
        if reader.may(&look.state, action, about) { Ok((look, reader)) } else { Err(AppError::NotFound) }
    }

    /// The room for a socket: the actor's point must be one of theirs.
    pub async fn sit(&self, actor: &Actor, kiosk: Option<PointId>, session: SessionId) -> Result<RoomHandle, AppError> {
        if let Some(point) = actor.point
            && !self.sessions.seats(actor, kiosk, session).await?.contains(&point)
        {
            return Err(AppError::NotFound);
        }
        Ok(self.enter(actor, session, "http.tickets", About::Session).await?.0)
    }

    /// A new session of a unit in which the actor may propose one.
    pub async fn create(&self, actor: Actor, new: NewSession) -> Result<i64, AppError> {
        let unit_roles: Vec<UnitRole> =
            actor.roles.iter().filter(|(unit, _)| *unit == new.unit).map(|(_, role)| *role).collect();
        let who = access::Standing { unit_roles: &unit_roles, ..access::Standing::default() };
        if !access::may("http.sessions.create", &who) {
            return Err(if unit_roles.is_empty() { AppError::NotFound } else { AppError::NotAllowed });
        }
        for function in &new.functions {
            let account = self.accounts.by_id(function.user).await?;
            if account.is_none_or(|account| account.user.disabled) {
                return Err(AppError::BodyMalformed(Some("functions".to_owned())));
            }
        }
        Ok(self.registry.create(actor, new).await?)
    }
}
