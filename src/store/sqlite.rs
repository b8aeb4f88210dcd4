//! SQLite: one file, WAL, every commit synced before it is acknowledged.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::sqlite::{
    SqliteArguments, SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteRow, SqliteSynchronous,
};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Row as _, TypeInfo as _, ValueRef as _};

use super::engine::{known_version, migration_error};
use super::sql::{Cell, Row, Value};
use super::{Outage, StoreError};
use crate::limits;

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

/// Readers beside the one writer.
const READERS: u32 = 4;
/// Another process (backup, verify) may hold a lock this long before the store says it is busy.
const BUSY: Duration = Duration::from_secs(5);
const PAGE: u64 = 4096;

/// The file and its readers.
#[derive(Debug)]
pub(super) struct Sqlite {
    options: SqliteConnectOptions,
    readers: SqlitePool,
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY)
        .page_size(4096)
        // A destroyed key must not stay readable in a freed page.
        .pragma("secure_delete", "on")
        .pragma("journal_size_limit", "67108864")
        .pragma("wal_autocheckpoint", limits::WAL_PAGES.to_string())
}

impl Sqlite {
    /// Opens, backs up before a migration, migrates.
    pub(super) async fn open(path: &Path, max_bytes: Option<u64>) -> Result<(Self, SqliteConnection), StoreError> {
        let mut options = options(path);
        if let Some(bytes) = max_bytes {
            options = options.pragma("max_page_count", (bytes / PAGE).max(1).to_string());
        }
        let mut writer = options.connect().await.map_err(|error| classify("open", &error))?;
        migrate(&mut writer, path).await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(BUSY)
            .connect_with(options.clone().create_if_missing(false).read_only(true))
            .await
            .map_err(|error| classify("open", &error))?;
        Ok((Self { options, readers }, writer))
    }

    /// A file that is only looked at: no migration, no writer.
    pub(super) async fn open_read_only(path: &Path) -> Result<Self, StoreError> {
        let options = options(path).create_if_missing(false).read_only(true);
        let pool = SqlitePoolOptions::new().max_connections(1).acquire_timeout(BUSY);
        let readers = pool.connect_with(options.clone()).await.map_err(|error| classify("open", &error))?;
        Ok(Self { options, readers })
    }

    pub(super) async fn connect(&self) -> Result<SqliteConnection, StoreError> {
        self.options.connect().await.map_err(|error| classify("connect", &error))
    }

    /// Writes the log back into the file on a connection of its own: readers and the writer go on.
    pub(super) async fn write_back(&self) -> Result<(), StoreError> {
        let mut conn = self.connect().await?;
        let done = control(&mut conn, "PRAGMA wal_checkpoint(PASSIVE)").await;
        close(conn).await;
        done.map_err(|error| classify("wal_checkpoint", &error))
    }

    pub(super) async fn read(&self, sql: &'static str, args: &[Value]) -> Result<Vec<Row>, StoreError> {
        let rows = bind(sql, args).fetch_all(&self.readers).await.map_err(|error| classify("read", &error))?;
        rows.iter().map(decode).collect()
    }

    pub(super) async fn close(&self) {
        self.readers.close().await;
    }
}

async fn migrate(writer: &mut SqliteConnection, path: &Path) -> Result<(), StoreError> {
    let classify = |error: &sqlx::Error| classify("migrate", error);
    let table: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM sqlite_schema WHERE name = '_sqlx_migrations'")
        .fetch_one(&mut *writer)
        .await
        .map_err(|error| classify(&error))?;
    let known = known_version(&MIGRATIONS);
    let mut found = 0;
    if table > 0 {
        found = sqlx::query_scalar("SELECT COALESCE(MAX(version), 0) FROM _sqlx_migrations")
            .fetch_one(&mut *writer)
            .await
            .map_err(|error| classify(&error))?;
    }
    if found > known {
        return Err(StoreError::NewerSchema { found, known });
    }
    if found > 0 && found < known {
        let copy = backup_path(path, known);
        if !copy.exists() {
            let target = copy.to_string_lossy().replace('\'', "''");
            sqlx::raw_sql(AssertSqlSafe(format!("VACUUM INTO '{target}'")))
                .execute(&mut *writer)
                .await
                .map_err(|error| classify(&error))?;
        }
    }
    MIGRATIONS.run(&mut *writer).await.map_err(|error| migration_error(&error, known))
}

/// Where the copy made before the migration to `version` lies: beside the database.
fn backup_path(path: &Path, version: i64) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".before-{version:04}"));
    PathBuf::from(name)
}

fn bind<'q>(sql: &'static str, args: &'q [Value]) -> sqlx::query::Query<'q, sqlx::Sqlite, SqliteArguments> {
    let mut query = sqlx::query(sql);
    for arg in args {
        query = match arg {
            Value::Int(value) => query.bind(*value),
            Value::Text(value) => query.bind(value.as_deref()),
            Value::Blob(value) => query.bind(value.as_deref()),
            Value::Sealed(_) => query.bind(None::<&[u8]>),
        };
    }
    query
}

fn decode(row: &SqliteRow) -> Result<Row, StoreError> {
    let mut cells = Vec::with_capacity(row.len());
    for index in 0..row.len() {
        let raw = row.try_get_raw(index).map_err(|error| classify("decode", &error))?;
        let kind = raw.type_info().name().to_owned();
        let cell = match kind.as_str() {
            _ if raw.is_null() => Ok(Cell::Null),
            "INTEGER" => row.try_get(index).map(Cell::Int),
            "BLOB" => row.try_get(index).map(Cell::Blob),
            _ => row.try_get(index).map(Cell::Text),
        };
        cells.push(cell.map_err(|error| classify("decode", &error))?);
    }
    Ok(Row::new(cells))
}

pub(super) async fn execute(
    conn: &mut SqliteConnection,
    sql: &'static str,
    args: &[Value],
) -> Result<u64, sqlx::Error> {
    Ok(bind(sql, args).execute(conn).await?.rows_affected())
}

pub(super) async fn control(conn: &mut SqliteConnection, sql: &'static str) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(sql).execute(conn).await.map(|_| ())
}

pub(super) async fn fetch(
    conn: &mut SqliteConnection,
    sql: &'static str,
    args: &[Value],
) -> Result<Vec<Row>, StoreError> {
    let rows = bind(sql, args).fetch_all(conn).await.map_err(|error| classify("read", &error))?;
    rows.iter().map(decode).collect()
}

/// Changes the size limit of a running writer.
pub(super) async fn set_max_bytes(conn: &mut SqliteConnection, bytes: Option<u64>) -> Result<(), StoreError> {
    // The largest count SQLite accepts stands for "no limit".
    let pages = bytes.map_or(4_294_967_294, |bytes| (bytes / PAGE).max(1));
    sqlx::raw_sql(AssertSqlSafe(format!("PRAGMA max_page_count = {pages}")))
        .execute(conn)
        .await
        .map(|_| ())
        .map_err(|error| classify("pragma", &error))
}

pub(super) async fn close(conn: SqliteConnection) {
    if let Err(error) = conn.close().await {
        tracing::warn!(code = "store_close", %error, "the writer did not close cleanly");
    }
}

/// Which of our errors an engine's error is. `what` names the statement.
pub(super) fn classify(what: &'static str, error: &sqlx::Error) -> StoreError {
    let sqlx::Error::Database(cause) = error else {
        return super::engine::classify_common(error);
    };
    // Extended result codes keep the primary code in their low byte (https://sqlite.org/rescode.html).
    let primary = cause.code().and_then(|code| code.parse::<i64>().ok()).unwrap_or(0) & 0xff;
    match primary {
        13 => StoreError::Unavailable(Outage::Full),
        10 | 14 => StoreError::Unavailable(Outage::Io),
        5 | 6 => StoreError::Unavailable(Outage::Busy),
        8 => StoreError::Unavailable(Outage::ReadOnly),
        11 | 26 => StoreError::Corrupt { column: "database" },
        19 => StoreError::Constraint { what },
        _ => StoreError::Internal(format!("{what}: {cause}")),
    }
}
