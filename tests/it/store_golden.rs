//! Databases of every release open for ever: `tests/golden/database/v1` was written once by the ignored test below; a
//! release that changes the tables adds `v2` and keeps `v1`.

use std::fmt::Write as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use diemcau::domain::chain::{CheckpointReason, Hash, Scope};
use diemcau::domain::ids::DeviceId;
use diemcau::domain::units::DeviceKind;
use diemcau::store::Erase;
use diemcau::store::office::{self, PairingCode};
use serde_json::{Map, Value, json};
use sqlx::{Column as _, ConnectOptions as _, Row as _, TypeInfo as _, ValueRef as _};
use uuid::Uuid;

use crate::store_office::{finish, point_id, reception, user_id};
use crate::support::store::{World, at, command, event, visit};

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

/// One row in each of the tables that matter: two units, a paired kiosk, a session with two visits, the second
/// restricted and erased, a case with all its records.
async fn story(world: &World) {
    let mut log = reception(world).await;
    finish(&mut log, 1).await.unwrap();
    let mut append = log.prepare(vec![event(20, Scope::Session, "đóng")]);
    append.checkpoint = Some(CheckpointReason::Closed);
    log.send(append).await.unwrap();
    let erase = Erase {
        scope: Scope::Visit(visit(2)),
        command_id: command(30),
        actor: "user:dpo".to_owned(),
        reason: "retention_over".to_owned(),
    };
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
    let diemcau::store::Backend::Sqlite { path, .. } = &world.backend else { panic!("not SQLite") };
    let mut conn = sqlx::sqlite::SqliteConnectOptions::new().filename(path).connect().await.unwrap();
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
