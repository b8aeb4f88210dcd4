//! Databases of every release open for ever: `tests/golden/database/v1` was written once by the ignored test below; a
//! release that changes the tables adds `v2` and keeps `v1`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use diemcau::domain::chain::{ADOPTED_KIND, CheckpointReason, Hash, LogId, Scope};
use diemcau::domain::ids::DeviceId;
use diemcau::domain::units::DeviceKind;
use diemcau::store::keys::Keys;
use diemcau::store::office::{self, PairingCode, Seen};
use diemcau::store::verify::{Against, Checked, verify_database};
use diemcau::store::{Backend, Store};
use serde_json::{Map, Value, json};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use sqlx::{Column as _, ConnectOptions as _, Connection as _, Row as _, TypeInfo as _, ValueRef as _};
use uuid::Uuid;

use crate::chain_golden;
use crate::store_office::{case, finish, point_id, reception, unit_id, user_id};
use crate::support::store::{INSTALLATION, World, at, erasure, event, session, tamper, visit};

/// In the order in which rows may refer to rows.
const TABLES: &[&str] = &[
    "installation",
    "signing_key",
    "session_event",
    "scope_key",
    "checkpoint",
    "anchor",
    "room_lease",
    "minutes_block",
    "unit",
    "unit_successor",
    "point",
    "device",
    "pairing_code",
    "user_account",
    "role_grant",
    "web_session",
    "sign_in_link",
    "ticket_used",
    "session",
    "session_point",
    "session_function",
    "visit",
    "visit_point",
    "person",
    "case_record",
    "petition",
    "promise",
    "register_entry",
    "file",
    "outbox",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_of_the_first_release_is_taken_over_once() {
    let dir = tempfile::tempdir().unwrap();
    let backend = Backend::Sqlite { path: dir.path().join("diemcau.db"), max_bytes: None };
    taken_over_once(&backend, dir.path()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_of_the_first_release_is_taken_over_once() {
    let (url, _) = crate::support::postgres::database().await;
    taken_over_once(&Backend::Postgres { url }, tempfile::tempdir().unwrap().path()).await;
}

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/database/v1")
}

/// A literal of either engine.
fn literal(value: &Value, postgres: bool) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => format!("'{}'", text.replace('\'', "''")),
        bytes => {
            let bytes = STANDARD.decode(bytes["base64"].as_str().unwrap()).unwrap();
            let hex = bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
            if postgres { format!("'\\x{hex}'::bytea") } else { format!("x'{hex}'") }
        }
    }
}

/// Makes of a new database one as the first release left it: its migrations, its rows, its keys.
async fn lay_out(backend: &Backend) {
    let postgres = matches!(backend, Backend::Postgres { .. });
    let mut sql = String::new();
    for line in std::fs::read_to_string(golden().join("rows.jsonl")).unwrap().lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let row = line["row"].as_object().unwrap();
        let (columns, values): (Vec<_>, Vec<_>) =
            row.iter().map(|(column, value)| (column.as_str(), literal(value, postgres))).unzip();
        let table = line["table"].as_str().unwrap();
        writeln!(sql, "INSERT INTO {table} ({}) VALUES ({});", columns.join(", "), values.join(", ")).unwrap();
    }
    match backend {
        Backend::Sqlite { path, .. } => {
            let mut conn = SqliteConnectOptions::new()
                .filename(path)
                .create_if_missing(true)
                .journal_mode(SqliteJournalMode::Wal)
                .connect()
                .await
                .unwrap();
            sqlx::migrate!("migrations/sqlite").run_to(2, &mut conn).await.unwrap();
            conn.close().await.unwrap();
        }
        Backend::Postgres { url } => {
            let mut conn = sqlx::PgConnection::connect(url).await.unwrap();
            sqlx::migrate!("migrations/postgres").run_to(2, &mut conn).await.unwrap();
            conn.close().await.unwrap();
        }
    }
    tamper(backend, &sql).await;
}

async fn taken_over_once(backend: &Backend, dir: &Path) {
    lay_out(backend).await;
    let keys = || Keys::load(&dir.join("keys")).unwrap();
    drop(chain_golden::keys(&golden(), &dir.join("keys")));
    let before = verify_database(backend, Some(&keys()), &Against::default()).await.unwrap();
    assert_eq!((before.fault, before.offices.len()), (None, 0));
    assert!(before.checked.contains(&Checked::RowsUnread), "{:?}", before.checked);

    let store = Store::open(backend, keys()).await.unwrap();
    let report = store.verify(&Against::default()).await.unwrap();
    assert_eq!(report.fault, None);
    let logs: Vec<_> = report.offices.iter().map(|office| (office.log, office.sound.events)).collect();
    let unit = |n: u128| LogId::Unit(unit_id(n));
    assert_eq!(logs, [(unit(1), 2), (unit(2), 2), (LogId::Installation(INSTALLATION), 2)]);
    assert!(report.checked.contains(&Checked::Rows { count: 25 }), "{:?}", report.checked);
    let events = store.load(unit(1), 0).await.unwrap();
    assert_eq!((events[1].item.header.kind.as_str(), events[1].item.header.actor.as_str()), (ADOPTED_KIND, "system"));
    let newest = store.load(session(1), 6).await.unwrap()[0].item.header.at_us;
    assert_eq!(events[1].item.header.at_us, newest, "dated by what the database knows");
    drop(store);

    // Once: what is slipped in later is not taken over at the next start.
    let grant = format!("INSERT INTO role_grant VALUES ('{}', '{}', 'head')", user_id(1), unit_id(2));
    tamper(backend, &grant).await;
    let store = Store::open(backend, keys()).await.unwrap();
    let report = store.verify(&Against::default()).await.unwrap();
    assert_eq!(report.fault.map(|fault| fault.kind.code()), Some("row_unknown"));
    // And what the first release wrote is still read.
    let case = store.case(case().id).await.unwrap().unwrap();
    assert_eq!(case.summary.as_deref(), Some("Đền bù đất thôn Đoài"));
    assert_eq!(store.persons((session(1), visit(2)), Seen::All).await.unwrap()[0].person, None);
    assert_eq!(store.next_register_number(unit_id(1), 2026).await.unwrap(), 2);
}

/// One row in each of the tables that matter: two units, a paired kiosk, a session with two visits, the second
/// restricted and erased, a case with all its records.
async fn story(world: &World) {
    let mut log = reception(world).await;
    finish(&mut log, 1).await.unwrap();
    let mut append = log.prepare(vec![event(20, Scope::Session, "đóng")]);
    append.checkpoint = Some(CheckpointReason::Closed);
    log.send(append).await.unwrap();
    let erase = erasure(Scope::Visit(visit(2)), 30);
    let append = log.prepare(Vec::new());
    world.store.erase(append, erase).await.unwrap();
    let code = |n: u128| PairingCode {
        code_hash: Hash::of(&n.to_be_bytes()),
        point: point_id(1),
        kind: DeviceKind::Main,
        name: format!("Máy {n}"),
        expires_at: at(600),
    };
    let rows = vec![
        office::pairing_code(&code(1)),
        office::pairing_code(&code(2)),
        office::link(Hash::of(b"link"), user_id(1), at(600)),
    ];
    world.store.write_office(at(40), rows).await.unwrap();
    let id = DeviceId(Uuid::from_u128(7));
    world.store.pair_device(code(1).code_hash, id, "MFkw", at(41)).await.unwrap().unwrap();
}

/// Writes `rows.jsonl` and the keys into `target/…/golden-database`; only for a new version of the tables.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "writes files; see the head of this file"]
async fn write_golden_database() {
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("golden-database");
    std::fs::create_dir_all(out.join("keys")).unwrap();
    let world = World::sqlite().await;
    story(&world).await;
    let Backend::Sqlite { path, .. } = &world.backend else { panic!("not SQLite") };
    let mut conn = SqliteConnectOptions::new().filename(path).connect().await.unwrap();
    let mut text = String::new();
    for table in TABLES {
        let sql = sqlx::AssertSqlSafe(format!("SELECT * FROM {table} ORDER BY 1, 2"));
        for row in sqlx::query(sql).fetch_all(&mut conn).await.unwrap() {
            let mut cells = Map::new();
            for (index, column) in row.columns().iter().enumerate() {
                let raw = row.try_get_raw(index).unwrap();
                let value = match raw.type_info().name() {
                    _ if raw.is_null() => Value::Null,
                    "INTEGER" => json!(row.get::<i64, _>(index)),
                    "BLOB" => json!({ "base64": STANDARD.encode(row.get::<Vec<u8>, _>(index)) }),
                    _ => json!(row.get::<String, _>(index)),
                };
                cells.insert(column.name().to_owned(), value);
            }
            writeln!(text, "{}", json!({ "table": table, "row": cells })).unwrap();
        }
    }
    std::fs::write(out.join("rows.jsonl"), text).unwrap();
    for entry in std::fs::read_dir(world.keys_dir()).unwrap().flatten() {
        std::fs::copy(entry.path(), out.join("keys").join(entry.file_name())).unwrap();
    }
}
