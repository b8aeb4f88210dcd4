//! Who may write a log: one owner at a time, counted by epochs. An old owner's append finds its epoch gone.

use jiff::Timestamp;

use super::sql::Statement;
use super::{Store, StoreError};
use crate::domain::ids::SessionId;
use crate::limits;

const TAKE: &str = "INSERT INTO room_lease (session_id, epoch, owner, until_us) VALUES ($1, 1, $2, $3) \
     ON CONFLICT (session_id) DO UPDATE \
     SET epoch = room_lease.epoch + 1, owner = excluded.owner, until_us = excluded.until_us \
     WHERE room_lease.owner = excluded.owner OR room_lease.until_us <= $4";
const READ: &str = "SELECT epoch, owner, until_us FROM room_lease WHERE session_id = $1";
const RENEW: &str = "UPDATE room_lease SET until_us = $3 WHERE session_id = $1 AND epoch = $2";
const RELEASE: &str = "UPDATE room_lease SET until_us = 0 WHERE session_id = $1 AND epoch = $2";

/// A room's owner as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// Counts owners; every append names it.
    pub epoch: u64,
    /// The node, as configured for clients.
    pub owner: String,
    /// After this moment anybody may take it, microseconds UTC.
    pub until_us: i64,
}

impl Store {
    /// Takes the room of a session: its epoch. The same owner takes it back at once after a restart; another waits
    /// until the lease ran out and gets [`StoreError::LeaseHeld`] until then.
    pub async fn take_lease(&self, session: SessionId, owner: &str, now: Timestamp) -> Result<u64, StoreError> {
        let until = now.saturating_add(limits::ROOM_LEASE).map_err(|_| StoreError::Invalid { field: "now" })?;
        let take = Statement::new("room_lease", TAKE).bind(session).bind(owner).bind(until).bind(now).one_row();
        match self.write_live(now, vec![take]).await {
            Ok(()) => {}
            Err(StoreError::Stale { .. }) => {
                let lease = self.lease(session).await?.ok_or(StoreError::LeaseLost)?;
                return Err(StoreError::LeaseHeld { owner: lease.owner, until_us: lease.until_us });
            }
            Err(error) => return Err(error),
        }
        let lease = self.lease(session).await?.ok_or(StoreError::LeaseLost)?;
        if lease.owner == owner { Ok(lease.epoch) } else { Err(StoreError::LeaseLost) }
    }

    /// Keeps a quiet room: appends renew by themselves.
    pub async fn renew_lease(&self, session: SessionId, epoch: u64, now: Timestamp) -> Result<(), StoreError> {
        let until = now.saturating_add(limits::ROOM_LEASE).map_err(|_| StoreError::Invalid { field: "now" })?;
        let renew = Statement::new("room_lease", RENEW).bind(session).bind(epoch).bind(until).one_row();
        self.write_live(now, vec![renew]).await.map_err(lost)
    }

    /// Gives a room away at an orderly stop, so that another node need not wait.
    pub async fn release_lease(&self, session: SessionId, epoch: u64, now: Timestamp) -> Result<(), StoreError> {
        let release = Statement::new("room_lease", RELEASE).bind(session).bind(epoch).one_row();
        self.write_live(now, vec![release]).await.map_err(lost)
    }

    /// Who owns a room.
    pub async fn lease(&self, session: SessionId) -> Result<Option<Lease>, StoreError> {
        let Some(mut row) = self.read(READ, &[session.into()]).await?.pop() else { return Ok(None) };
        Ok(Some(Lease {
            epoch: row.take("room_lease.epoch")?,
            owner: row.take("room_lease.owner")?,
            until_us: row.take("room_lease.until_us")?,
        }))
    }
}

fn lost(error: StoreError) -> StoreError {
    if matches!(error, StoreError::Stale { .. }) { StoreError::LeaseLost } else { error }
}
