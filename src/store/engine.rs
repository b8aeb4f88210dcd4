//! The two engines behind one face: readers for everybody, one connection for the writer.

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::PgConnection;
use sqlx::sqlite::SqliteConnection;

use super::postgres::{self, Postgres};
use super::sql::{Row, Value};
use super::sqlite::{self, Sqlite};
use super::{Backend, Outage, StoreError};

/// A database.
#[derive(Debug)]
pub(super) enum Engine {
    /// A file.
    Sqlite(Sqlite),
    /// A server.
    Postgres(Postgres),
}

impl Engine {
    /// Opens and migrates; the connection is the writer's.
    pub(super) async fn open(backend: &Backend) -> Result<(Self, Writer), StoreError> {
        match backend {
            Backend::Sqlite { path, max_bytes } => {
                let (engine, conn) = Sqlite::open(path, *max_bytes).await?;
                Ok((Self::Sqlite(engine), Writer::Sqlite(conn)))
            }
            Backend::Postgres { url } => {
                let (engine, conn) = Postgres::open(url).await?;
                Ok((Self::Postgres(engine), Writer::Postgres(Box::new(conn))))
            }
        }
    }

    /// Opens to look only.
    pub(super) async fn open_read_only(backend: &Backend) -> Result<Self, StoreError> {
        match backend {
            Backend::Sqlite { path, .. } => Ok(Self::Sqlite(Sqlite::open_read_only(path).await?)),
            Backend::Postgres { url } => Ok(Self::Postgres(Postgres::open_read_only(url)?)),
        }
    }

    /// A new connection for the writer after the old one broke.
    pub(super) async fn connect(&self) -> Result<Writer, StoreError> {
        match self {
            Self::Sqlite(engine) => Ok(Writer::Sqlite(engine.connect().await?)),
            Self::Postgres(engine) => Ok(Writer::Postgres(Box::new(engine.connect().await?))),
        }
    }

    /// Everything as it is at one moment, while others write on.
    pub(super) async fn snapshot(&self) -> Result<Writer, StoreError> {
        let mut conn = self.connect().await?;
        let sql = match conn {
            Writer::Sqlite(_) => "BEGIN",
            Writer::Postgres(_) => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        };
        conn.control("snapshot", sql).await?;
        Ok(conn)
    }

    /// Housekeeping that must not make a commit wait. PostgreSQL does its own.
    pub(super) async fn write_back(&self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(engine) => engine.write_back().await,
            Self::Postgres(_) => Ok(()),
        }
    }

    /// Committed rows only.
    pub(super) async fn read(&self, sql: &'static str, args: &[Value]) -> Result<Vec<Row>, StoreError> {
        match self {
            Self::Sqlite(engine) => engine.read(sql, args).await,
            Self::Postgres(engine) => engine.read(sql, args).await,
        }
    }

    pub(super) async fn close(&self) {
        match self {
            Self::Sqlite(engine) => engine.close().await,
            Self::Postgres(engine) => engine.close().await,
        }
    }
}

/// The writer's connection.
pub(super) enum Writer {
    /// A file's.
    Sqlite(SqliteConnection),
    /// A server's.
    Postgres(Box<PgConnection>),
}

impl Writer {
    /// Runs one statement; the number of rows it touched. `what` names it in errors.
    pub(super) async fn execute(
        &mut self,
        what: &'static str,
        sql: &'static str,
        args: &[Value],
    ) -> Result<u64, StoreError> {
        match self {
            Self::Sqlite(conn) => {
                sqlite::execute(conn, sql, args).await.map_err(|error| sqlite::classify(what, &error))
            }
            Self::Postgres(conn) => {
                postgres::execute(conn, sql, args).await.map_err(|error| postgres::classify(what, &error))
            }
        }
    }

    /// Runs a statement that steers the transaction: without values, never prepared.
    pub(super) async fn control(&mut self, what: &'static str, sql: &'static str) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(conn) => sqlite::control(conn, sql).await.map_err(|error| sqlite::classify(what, &error)),
            Self::Postgres(conn) => {
                postgres::control(conn, sql).await.map_err(|error| postgres::classify(what, &error))
            }
        }
    }

    /// Reads inside the writer's transaction.
    pub(super) async fn fetch(&mut self, sql: &'static str, args: &[Value]) -> Result<Vec<Row>, StoreError> {
        match self {
            Self::Sqlite(conn) => sqlite::fetch(conn, sql, args).await,
            Self::Postgres(conn) => postgres::fetch(conn, sql, args).await,
        }
    }

    /// Begins a transaction that will write: SQLite takes the write lock at once, so that it cannot fail later for it.
    pub(super) async fn begin(&mut self) -> Result<(), StoreError> {
        let sql = match self {
            Self::Sqlite(_) => "BEGIN IMMEDIATE",
            Self::Postgres(_) => "BEGIN",
        };
        self.control("begin", sql).await
    }

    /// Until the end of the transaction nobody else changes covered rows: what an act found stays what it found. On
    /// SQLite the transaction itself sees to that.
    pub(super) async fn lock_office(&mut self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(conn) => {
                postgres::fetch(conn, "SELECT only_row FROM installation FOR UPDATE", &[]).await.map(|_| ())
            }
        }
    }

    /// The one place where anything becomes true.
    pub(super) async fn commit(&mut self) -> Result<(), StoreError> {
        self.control("commit", "COMMIT").await
    }

    /// Undoes; an engine that has undone by itself already is right too.
    pub(super) async fn rollback(&mut self) -> Result<(), StoreError> {
        match self.control("rollback", "ROLLBACK").await {
            Err(StoreError::Internal(_)) if matches!(self, Self::Sqlite(_)) => Ok(()),
            other => other,
        }
    }

    pub(super) async fn set_max_bytes(&mut self, bytes: Option<u64>) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(conn) => sqlite::set_max_bytes(conn, bytes).await,
            Self::Postgres(_) => Ok(()),
        }
    }

    /// Overwrites what an erasure left behind: the write-ahead log of SQLite, the dead row of PostgreSQL.
    pub(super) async fn scrub(&mut self) -> Result<(), StoreError> {
        let sql = match self {
            Self::Sqlite(_) => "PRAGMA wal_checkpoint(TRUNCATE)",
            Self::Postgres(_) => "VACUUM scope_key",
        };
        self.control("scrub", sql).await
    }

    pub(super) async fn close(self) {
        match self {
            Self::Sqlite(conn) => sqlite::close(conn).await,
            Self::Postgres(conn) => postgres::close(*conn).await,
        }
    }
}

/// The newest migration this server has.
pub(super) fn known_version(migrations: &Migrator) -> i64 {
    migrations.iter().map(|migration| migration.version).max().unwrap_or(0)
}

pub(super) fn migration_error(error: &MigrateError, known: i64) -> StoreError {
    tracing::error!(code = "schema_migration", %error, "migration");
    match error {
        MigrateError::VersionMissing(found) => StoreError::NewerSchema { found: *found, known },
        MigrateError::VersionMismatch(version) | MigrateError::Dirty(version) => {
            StoreError::Migration { version: *version }
        }
        _ => StoreError::Migration { version: known },
    }
}

/// Errors that are not an answer of the database.
pub(super) fn classify_common(error: &sqlx::Error) -> StoreError {
    match error {
        sqlx::Error::Io(cause) if cause.kind() == std::io::ErrorKind::StorageFull => {
            StoreError::Unavailable(Outage::Full)
        }
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => StoreError::Unavailable(Outage::Connection),
        sqlx::Error::PoolTimedOut => StoreError::Unavailable(Outage::Busy),
        other => StoreError::Internal(other.to_string()),
    }
}
