//! Migrations: the same tables on both engines, a copy before a change.

use std::collections::BTreeMap;

use diemcau::store::keys::Keys;
use diemcau::store::{Backend, Store};
use sqlx::{ConnectOptions as _, Connection as _, Executor as _};

use crate::support::store::{INSTALLATION, World, at};

/// Column name → (type in our three words, may be null), by table.
type Tables = BTreeMap<(String, String), (&'static str, bool)>;

async fn columns(world: &World, sql: &'static str) -> Tables {
    let mut tables = Tables::new();
    for mut row in world.store.read(sql, &[]).await.unwrap() {
        let (table, column) = (row.take::<String>("table").unwrap(), row.take::<String>("column").unwrap());
        let kind = match row.take::<String>("type").unwrap().to_lowercase().as_str() {
            "integer" | "bigint" => "int",
            "text" => "text",
            "blob" | "bytea" => "bytes",
            other => panic!("{table}.{column} is {other}: three types only"),
        };
        tables.insert((table, column), (kind, row.take::<bool>("null").unwrap()));
    }
    tables
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_engines_have_the_same_tables() {
    let sqlite = World::sqlite().await;
    let postgres = World::postgres().await;
    let of_sqlite = columns(
        &sqlite,
        "SELECT m.name, p.name, p.type, (p.\"notnull\" = 0 AND p.pk = 0) FROM sqlite_schema m \
         JOIN pragma_table_info(m.name) p WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND m.name <> '_sqlx_migrations'",
    )
    .await;
    let of_postgres = columns(
        &postgres,
        "SELECT table_name::text, column_name::text, data_type::text, (is_nullable = 'YES')::int FROM information_schema.columns \
         WHERE table_schema = 'public' AND table_name <> '_sqlx_migrations'",
    )
    .await;
    assert!(of_sqlite.len() > 150, "{}", of_sqlite.len());
    assert_eq!(of_sqlite, of_postgres);
}

/// Tables whose rows stand in no log of office data, and why not.
const NOT_COVERED: &[(&str, &str)] = &[
    ("anchor", "each file is signed"),
    ("checkpoint", "each head is signed"),
    ("installation", "opens only with its keys"),
    ("minutes_block", "drafts: docs/decisions/0011"),
    ("outbox", "what is sent is in the log of its session; tries come and go"),
    ("room_lease", "of the moment"),
    ("scope_key", "wrapped by keys outside; its destruction is a signed event"),
    ("session_event", "it is the log"),
    ("signing_key", "each key is signed by the one before it"),
    ("ticket_used", "of the moment"),
    ("web_session", "comes and goes by the minute, and grants what the account has"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_table_is_covered_whole_or_says_why_not() {
    use diemcau::store::office::TABLES;
    let world = World::sqlite().await;
    let stored = columns(
        &world,
        "SELECT m.name, p.name, p.type, 0 FROM sqlite_schema m JOIN pragma_table_info(m.name) p \
         WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND m.name <> '_sqlx_migrations'",
    )
    .await;
    let stored: std::collections::BTreeSet<(String, String)> = stored.into_keys().collect();
    let covered =
        TABLES.iter().flat_map(|table| table.columns().map(|column| (table.name().to_owned(), column.to_owned())));
    let left_out = stored.iter().filter(|(table, _)| NOT_COVERED.iter().any(|(name, _)| name == table)).cloned();
    let told: std::collections::BTreeSet<_> = covered.chain(left_out).collect();
    assert_eq!(told, stored);
    assert!(NOT_COVERED.iter().all(|(name, _)| stored.iter().any(|(table, _)| table == name)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_is_made_before_an_old_database_is_changed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("diemcau.db");
    let options = |path: &std::path::Path| sqlx::sqlite::SqliteConnectOptions::new().filename(path);
    let mut old = options(&path).create_if_missing(true).connect().await.unwrap();
    sqlx::migrate!("migrations/sqlite").run_to(1, &mut old).await.unwrap();
    old.execute("INSERT INTO room_lease VALUES ('old', 7, 'node', 0)").await.unwrap();
    old.close().await.unwrap();
    let keys = Keys::init(&dir.path().join("keys"), INSTALLATION, at(0)).unwrap();
    let store = Store::open(&Backend::Sqlite { path: path.clone(), max_bytes: None }, keys).await.unwrap();
    assert!(store.units().await.unwrap().is_empty(), "the new tables are there");
    let mut copy = options(&dir.path().join("diemcau.db.before-0004")).connect().await.unwrap();
    let lease: i64 =
        sqlx::query_scalar("SELECT epoch FROM room_lease WHERE session_id = 'old'").fetch_one(&mut copy).await.unwrap();
    let tables: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM sqlite_schema WHERE name = 'unit'")
        .fetch_one(&mut copy)
        .await
        .unwrap();
    assert_eq!((lease, tables), (7, 0));
}
