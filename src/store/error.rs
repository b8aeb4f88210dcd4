//! What the store answers when it does not do as asked.

use crate::domain::chain::Scope;
use crate::domain::ids::CommandId;

use super::keys::KeyError;

/// Why nothing can be written or read now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outage {
    /// No space left, or the configured size is reached.
    Full,
    /// The disk answered with an error.
    Io,
    /// The database server is away, or closed the connection.
    Connection,
    /// It is there but does not answer in time.
    Busy,
    /// It only reads now (a standby after a fail-over).
    ReadOnly,
    /// The process is stopping.
    Stopping,
}

/// Errors of the store; the code of each is stable.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// Nothing was stored and nothing is visible; the same call may be made again.
    #[error("the store is unavailable ({0:?})")]
    Unavailable(Outage),
    /// The log is not where the caller thinks: load and decide again.
    #[error("the log is at {next}, not at {expected}")]
    SeqConflict {
        /// What the caller expected to write.
        expected: u64,
        /// What comes next in truth.
        next: u64,
    },
    /// One of several commands of an append was stored before.
    #[error("a command was stored before, at {seq}")]
    Duplicate {
        /// Which.
        command: CommandId,
        /// Its first event.
        seq: u64,
    },
    /// Another node owns the room now.
    #[error("the room belongs to another owner now")]
    LeaseLost,
    /// Another node owns the room until then (microseconds UTC).
    #[error("the room is leased to another owner")]
    LeaseHeld {
        /// Who, as configured for clients.
        owner: String,
        /// Until when, microseconds UTC.
        until_us: i64,
    },
    /// A guarded row was not as the caller thought: load and decide again.
    #[error("`{what}` changed in the meantime")]
    Stale {
        /// Which guard.
        what: &'static str,
    },
    /// A rule of the tables: something is there already, or what it refers to is not.
    #[error("a rule of the tables refused `{what}`")]
    Constraint {
        /// Which statement.
        what: &'static str,
    },
    /// The first event of a log must be its genesis, and only the first.
    #[error("a log begins with its genesis, once")]
    Genesis,
    /// A field would break the preimage, or the append is empty or too large.
    #[error("`{field}` cannot be stored")]
    Invalid {
        /// Which field.
        field: &'static str,
    },
    /// The key of this scope was destroyed on purpose.
    #[error("the key of {0} was destroyed")]
    ScopeErased(Scope),
    /// A stored value is not what the schema promises.
    #[error("a stored `{column}` cannot be read")]
    Corrupt {
        /// Which column or table.
        column: &'static str,
    },
    /// The database was written by a newer server.
    #[error("the database has schema {found}, this server knows up to {known}")]
    NewerSchema {
        /// The newest migration in the database.
        found: i64,
        /// The newest migration of this server.
        known: i64,
    },
    /// A migration did not finish, or an applied one differs from ours.
    #[error("the schema cannot be brought to version {version}")]
    Migration {
        /// Which.
        version: i64,
    },
    /// The keys belong to another installation or cannot open this database.
    #[error("these are not the keys of this database")]
    WrongKeys,
    /// A key operation failed.
    #[error("the keys cannot be used")]
    Key,
    /// A statement the engine does not accept: a fault of ours, never of the caller.
    #[error("the database refused a statement: {0}")]
    Internal(String),
}

impl From<KeyError> for StoreError {
    fn from(_: KeyError) -> Self {
        Self::Key
    }
}

impl StoreError {
    /// The stable code, key of the text catalogue.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unavailable(_) => "store_unavailable",
            Self::SeqConflict { .. } => "seq_conflict",
            Self::Duplicate { .. } => "duplicate_command",
            Self::LeaseLost => "lease_lost",
            Self::LeaseHeld { .. } => "lease_held",
            Self::Stale { .. } => "stale",
            Self::Constraint { .. } => "constraint",
            Self::Genesis => "genesis_wrong",
            Self::Invalid { .. } => "invalid",
            Self::ScopeErased(_) => "scope_erased",
            Self::Corrupt { .. } => "store_corrupt",
            Self::NewerSchema { .. } => "schema_newer",
            Self::Migration { .. } => "schema_migration",
            Self::WrongKeys => "wrong_keys",
            Self::Key => "keys_unusable",
            Self::Internal(_) => "store_internal",
        }
    }

    /// True when the whole transaction is lost, not only this one write.
    pub(super) fn ends_transaction(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}
