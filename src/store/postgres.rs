//! PostgreSQL: for larger sites and several nodes.

use std::str::FromStr as _;
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::postgres::{PgArguments, PgConnectOptions, PgConnection, PgPool, PgPoolOptions, PgRow};
use sqlx::{Column as _, ConnectOptions as _, Connection as _, Row as _, TypeInfo as _};

use super::engine::{known_version, migration_error};
use super::sql::{Cell, Row, Value};
use super::{Outage, StoreError};

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/postgres");

/// Readers of one node.
const READERS: u32 = 8;
/// A server that does not take a connection this long is away.
const CONNECT: Duration = Duration::from_secs(5);

/// Where the server is, and the readers.
#[derive(Debug)]
pub(super) struct Postgres {
    options: PgConnectOptions,
    readers: PgPool,
}

impl Postgres {
    /// Connects and migrates. A backup before a migration is the site's own (`pg_dump`): the server has no right to it.
    pub(super) async fn open(url: &str) -> Result<(Self, PgConnection), StoreError> {
        let options = PgConnectOptions::from_str(url).map_err(|_| StoreError::Invalid { field: "url" })?;
        // What a commit promises does not depend on how the server is set up.
        let options =
            options.options([("synchronous_commit", "on"), ("lock_timeout", "5s"), ("statement_timeout", "15s")]);
        let mut writer = connect(&options).await?;
        migrate(&mut writer).await?;
        let pool = PgPoolOptions::new().max_connections(READERS).acquire_timeout(CONNECT);
        let readers = pool.connect_lazy_with(options.clone());
        Ok((Self { options, readers }, writer))
    }

    /// A database that is only looked at: no migration, no writer.
    pub(super) fn open_read_only(url: &str) -> Result<Self, StoreError> {
        let options = PgConnectOptions::from_str(url).map_err(|_| StoreError::Invalid { field: "url" })?;
        let options = options.options([("default_transaction_read_only", "on")]);
        let pool = PgPoolOptions::new().max_connections(1).acquire_timeout(CONNECT);
        Ok(Self { readers: pool.connect_lazy_with(options.clone()), options })
    }

    pub(super) async fn connect(&self) -> Result<PgConnection, StoreError> {
        connect(&self.options).await
    }

    pub(super) async fn read(&self, sql: &'static str, args: &[Value]) -> Result<Vec<Row>, StoreError> {
        let rows = bind(sql, args).fetch_all(&self.readers).await.map_err(|error| classify("read", &error))?;
        rows.iter().map(decode).collect()
    }

    pub(super) async fn close(&self) {
        self.readers.close().await;
    }
}

async fn connect(options: &PgConnectOptions) -> Result<PgConnection, StoreError> {
    // Whatever keeps us from connecting, the answer for the caller is the same: the server is away.
    match tokio::time::timeout(CONNECT, options.connect()).await {
        Ok(Ok(conn)) => Ok(conn),
        Ok(Err(error)) => {
            tracing::warn!(code = "store_connect", %error, "no connection to the database");
            Err(StoreError::Unavailable(Outage::Connection))
        }
        Err(_) => Err(StoreError::Unavailable(Outage::Busy)),
    }
}

async fn migrate(writer: &mut PgConnection) -> Result<(), StoreError> {
    let classify = |error: &sqlx::Error| classify("migrate", error);
    let known = known_version(&MIGRATIONS);
    let table: Option<String> = sqlx::query_scalar("SELECT to_regclass('_sqlx_migrations')::text")
        .fetch_one(&mut *writer)
        .await
        .map_err(|error| classify(&error))?;
    if table.is_some() {
        let found: i64 = sqlx::query_scalar("SELECT COALESCE(MAX(version), 0) FROM _sqlx_migrations")
            .fetch_one(&mut *writer)
            .await
            .map_err(|error| classify(&error))?;
        if found > known {
            return Err(StoreError::NewerSchema { found, known });
        }
    }
    MIGRATIONS.run(&mut *writer).await.map_err(|error| migration_error(&error, known))
}

fn bind<'q>(sql: &'static str, args: &'q [Value]) -> sqlx::query::Query<'q, sqlx::Postgres, PgArguments> {
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

fn decode(row: &PgRow) -> Result<Row, StoreError> {
    let mut cells = Vec::with_capacity(row.len());
    for (index, column) in row.columns().iter().enumerate() {
        let cell = match column.type_info().name() {
            "INT8" => row.try_get::<Option<i64>, _>(index).map(|value| value.map(Cell::Int)),
            "INT4" => row.try_get::<Option<i32>, _>(index).map(|value| value.map(|value| Cell::Int(value.into()))),
            "BYTEA" => row.try_get::<Option<Vec<u8>>, _>(index).map(|value| value.map(Cell::Blob)),
            _ => row.try_get::<Option<String>, _>(index).map(|value| value.map(Cell::Text)),
        };
        cells.push(cell.map_err(|error| classify("decode", &error))?.unwrap_or(Cell::Null));
    }
    Ok(Row::new(cells))
}

pub(super) async fn execute(conn: &mut PgConnection, sql: &'static str, args: &[Value]) -> Result<u64, sqlx::Error> {
    Ok(bind(sql, args).execute(conn).await?.rows_affected())
}

pub(super) async fn control(conn: &mut PgConnection, sql: &'static str) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(sql).execute(conn).await.map(|_| ())
}

pub(super) async fn fetch(conn: &mut PgConnection, sql: &'static str, args: &[Value]) -> Result<Vec<Row>, StoreError> {
    let rows = bind(sql, args).fetch_all(conn).await.map_err(|error| classify("read", &error))?;
    rows.iter().map(decode).collect()
}

pub(super) async fn close(conn: PgConnection) {
    if let Err(error) = conn.close().await {
        tracing::warn!(code = "store_close", %error, "the writer did not close cleanly");
    }
}

/// Which of our errors an engine's error is. `what` names the statement.
pub(super) fn classify(what: &'static str, error: &sqlx::Error) -> StoreError {
    let sqlx::Error::Database(cause) = error else {
        return super::engine::classify_common(error);
    };
    // Classes of https://www.postgresql.org/docs/current/errcodes-appendix.html
    let code = cause.code().unwrap_or_default();
    let class = code.get(..2).unwrap_or_default();
    match (class, code.as_ref()) {
        (_, "53100") => StoreError::Unavailable(Outage::Full),
        (_, "25006") => StoreError::Unavailable(Outage::ReadOnly),
        (_, "55P03" | "57014") | ("40", _) => StoreError::Unavailable(Outage::Busy),
        ("08" | "57" | "53", _) => StoreError::Unavailable(Outage::Connection),
        ("58", _) => StoreError::Unavailable(Outage::Io),
        ("23", _) => StoreError::Constraint { what },
        _ => StoreError::Internal(format!("{what}: {cause}")),
    }
}
