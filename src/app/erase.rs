//! Erasure of a visit: its key is destroyed, and a signed event says who did it and on which ground.
//!
//! The log is taken from its room first: one log has one writer, and a room that goes on would hold in memory what was to
//! be erased. It finds its lease gone, ends, and is opened again from what can still be read.

use crate::app::record::folded;
use crate::clock::Clock;
use crate::domain::access;
use crate::domain::chain::Scope;
use crate::domain::ids::{CommandId, SessionId, UnitId, UserId, VisitId};
use crate::domain::people::{RoleGrant, UnitRole};
use crate::domain::session::SessionStatus;
use crate::room::state::State;
use crate::store::{Append, Erase, Store, StoreError};

/// Which visit, on which ground.
#[derive(Clone, Copy, Debug)]
pub struct Erasing {
    pub session: SessionId,
    pub visit: VisitId,
    /// Code of the legal ground; the log keeps it in clear.
    pub ground: &'static str,
    /// Who answers for it.
    pub by: UserId,
}

/// Why nothing was erased.
#[derive(Debug, thiserror::Error)]
pub enum EraseError {
    #[error("no such session or visit, or erased before")]
    Unknown,
    /// A session under way, or a visit whose minutes are not finished.
    #[error("the visit is not over")]
    NotOver,
    #[error("not this account's to erase")]
    NotAllowed,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Erases; the sequence of the event that says so. What others keep of the database (backups) opens until they replace
/// it.
///
/// # Errors
/// [`EraseError`]; nothing was changed then.
pub async fn erase(store: &Store, clock: &dyn Clock, node: &str, what: Erasing) -> Result<u64, EraseError> {
    let state = folded(store, what.session).await?.ok_or(EraseError::Unknown)?;
    let unit = may_be_erased(&state, what.visit)?;
    let grants = store.grants(what.by).await?;
    if !may_erase(&grants, unit) {
        return Err(EraseError::NotAllowed);
    }
    let epoch = store.take_lease(what.session, node, clock.now()).await?;
    // What the room stored until it lost its log.
    let state = folded(store, what.session).await?.ok_or(EraseError::Unknown)?;
    may_be_erased(&state, what.visit)?;
    let next = u64::try_from(state.seq.saturating_add(1)).map_err(|_| EraseError::Unknown)?;
    let append = Append::new(what.session, epoch, next, (clock.boot(), clock.mono_us(), clock.now()));
    let erase = Erase {
        scope: Scope::Visit(what.visit),
        command_id: CommandId(clock.new_id()),
        actor: format!("user:{}", what.by),
        reason: what.ground.to_owned(),
    };
    Ok(store.erase(append, erase).await?.head.0)
}

fn may_be_erased(state: &State, visit: VisitId) -> Result<UnitId, EraseError> {
    let about = state.about.as_ref().ok_or(EraseError::Unknown)?;
    let visit = state.visits.get(&visit).ok_or(EraseError::Unknown)?;
    if SessionStatus::is_live(about.status) || !visit.status.is_final() {
        return Err(EraseError::NotOver);
    }
    Ok(about.unit)
}

fn may_erase(grants: &[RoleGrant], unit: UnitId) -> bool {
    let unit_roles: Vec<UnitRole> = grants.iter().filter(|grant| grant.unit == unit).map(|grant| grant.role).collect();
    access::may("admin.erase", &access::Standing { unit_roles: &unit_roles, ..access::Standing::default() })
}
