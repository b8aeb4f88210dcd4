//! The store: logs that prove themselves, office records beside them, on SQLite or PostgreSQL.
//!
//! What it promises: a write is answered only after its commit is on disk; a write that was refused left nothing; two
//! writers cannot both extend one log; what is personal is sealed under the key of its session or visit. Everything
//! that is written goes through one task ([`writer`]); everybody else reads committed rows.

mod adopt;
mod anchor;
mod append;
mod blobs;
mod chain;
mod engine;
mod erase;
mod error;
pub mod keys;
mod lease;
mod log;
mod minutes;
mod notes;
pub mod office;
mod postgres;
mod scope;
mod sql;
mod sqlite;
mod start;
pub mod verify;
mod writer;

use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot};

pub use append::{Append, Appended, NewEvent};
pub use blobs::{BlobError, Blobs};
pub use erase::Erase;
pub use error::{Outage, StoreError};
pub use lease::Lease;
pub use log::{Head, StoredEvent};
pub use minutes::{MinutesBlock, SaveBlock};
pub use scope::ReadKeys;
pub use sql::{Row, Sealed, Statement, Value};
pub use writer::WriterCounts;

use self::engine::Engine;
use self::keys::{DataKey, Keys};
use self::office::Act;
use self::writer::{Job, Work};
use crate::domain::chain::{Scope, plain_field};
use crate::domain::ids::SessionId;
use crate::limits;

/// Where the data lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Backend {
    /// One file, for a site on one machine.
    Sqlite {
        /// The database file; made when missing.
        path: PathBuf,
        /// The file never grows beyond this, so that it cannot take the room the recorder needs.
        max_bytes: Option<u64>,
    },
    /// A server, for larger sites and several nodes.
    Postgres {
        /// `postgres://…`
        url: String,
    },
}

/// The store. Cheap to clone; the writer ends when the last one is dropped.
#[derive(Debug, Clone)]
pub struct Store {
    engine: Arc<Engine>,
    keys: Arc<Keys>,
    live: mpsc::Sender<Job>,
    office: mpsc::Sender<Job>,
    counts: Arc<WriterCounts>,
}

impl Store {
    /// Appends to a log. Answered after the commit; see [`StoreError`] for what a refusal means.
    pub async fn append(&self, append: Append) -> Result<Appended, StoreError> {
        append::check(&append)?;
        let done = self.submit(&self.live, Work::Append(Box::new(append))).await?;
        done.ok_or(StoreError::Internal("an append without an answer".to_owned()))
    }

    /// Writes office rows in one transaction, behind what live sessions write. What becomes of covered rows is told to
    /// the logs of their units in the same transaction, as this act.
    pub async fn write_office(&self, act: impl Into<Act>, rows: Vec<Statement>) -> Result<(), StoreError> {
        self.write_rows(&self.office, act.into(), rows).await
    }

    /// Writes rows of a live session that are not events (draft text, leases) in one transaction.
    pub async fn write_live(&self, at: Timestamp, rows: Vec<Statement>) -> Result<(), StoreError> {
        self.write_rows(&self.live, at.into(), rows).await
    }

    async fn write_rows(&self, lane: &mpsc::Sender<Job>, act: Act, rows: Vec<Statement>) -> Result<(), StoreError> {
        if rows.len() > limits::OFFICE_ROWS {
            return Err(StoreError::Invalid { field: "rows" });
        }
        if !plain_field(&act.actor) {
            return Err(StoreError::Invalid { field: "actor" });
        }
        self.submit(lane, Work::Rows { act, rows }).await.map(|_| ())
    }

    async fn submit(&self, lane: &mpsc::Sender<Job>, work: Work) -> writer::Answer {
        let stopping = StoreError::Unavailable(Outage::Stopping);
        let (reply, answer) = oneshot::channel();
        lane.send(Job { work, reply }).await.map_err(|_| stopping.clone())?;
        answer.await.map_err(|_| stopping)?
    }

    /// Reads committed rows. `sql` as in [`Statement::new`].
    pub async fn read(&self, sql: &'static str, args: &[Value]) -> Result<Vec<Row>, StoreError> {
        self.engine.read(sql, args).await
    }

    /// The key of the recorder for a scope: derived from the scope's key, and gone with it. The scope must have been
    /// used or opened by an append before.
    pub async fn recording_key(&self, session: SessionId, scope: Scope) -> Result<DataKey, StoreError> {
        let keys = self.read_keys(session).await?;
        let key = keys.key(scope).ok_or(StoreError::ScopeErased(scope))?;
        Ok(key.derive("recording")?)
    }

    /// The key of stored files of a scope: as [`Store::recording_key`].
    pub async fn file_key(&self, session: SessionId, scope: Scope) -> Result<DataKey, StoreError> {
        let keys = self.read_keys(session).await?;
        let key = keys.key(scope).ok_or(StoreError::ScopeErased(scope))?;
        Ok(key.derive("file")?)
    }

    /// The installation's keys.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// What the writer has done.
    pub fn counts(&self) -> &WriterCounts {
        &self.counts
    }

    /// Changes the size limit of a SQLite file until the next start: `None` lifts it. PostgreSQL has no such limit.
    pub async fn set_max_bytes(&self, bytes: Option<u64>) -> Result<(), StoreError> {
        self.submit(&self.office, Work::MaxBytes(bytes)).await.map(|_| ())
    }
}
