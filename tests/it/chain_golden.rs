//! Logs of every release verify and open for ever. `tests/golden/log/v1` was written once by the ignored test below;
//! a release that changes the form adds `v2` and keeps `v1`.

use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use diemcau::domain::chain::{CheckpointReason, Hash, Paper, Scope};
use diemcau::domain::event::{Event, FrozenText, Registration};
use diemcau::domain::ids::{PersonId, PointId, UnitId};
use diemcau::domain::people::{Class, IdentityCheck, Person, PersonRole};
use diemcau::domain::session::{SessionAct, SessionStatus};
use diemcau::domain::visit::{Answer, BlockKind, ClosingCard, VisitAct, VisitStatus};
use diemcau::store::keys::Keys;
use diemcau::store::verify::{Against, Checked, verify_bundle};
use diemcau::store::{Backend, NewEvent, Statement, Store};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::support::store::{BOOT, World, at, command, erasure, session, visit};

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/log/v1")
}

fn lines(file: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(golden().join(file)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn the_bundle_verifies() {
    let report = verify_bundle(&golden().join("bundle"), &Against::default()).unwrap();
    assert!(report.is_sound(), "{:?}", report.fault);
    assert_eq!(
        report.sessions[0].sound.head.unwrap().to_string(),
        std::fs::read_to_string(golden().join("head")).unwrap()
    );
    // It is older than the list of texts: a paper's position is compared, and the report says that its text is not.
    let sound = &report.sessions[0].sound;
    let Checked::Keys { fingerprints } = &report.checked[0] else { panic!("{:?}", report.checked) };
    let paper = Paper {
        session: session(1),
        visit: Some(visit(1)),
        seq: sound.events - 1,
        head: sound.head.unwrap(),
        text: Hash::of(b"any text"),
        fingerprint: fingerprints[0],
    };
    let against = Against { papers: vec![paper], ..Against::default() };
    let report = verify_bundle(&golden().join("bundle"), &against).unwrap();
    assert!(report.is_sound(), "{:?}", report.fault);
    let codes: Vec<String> = report.lines().into_iter().map(|line| line.code).collect();
    assert!(codes.iter().any(|code| code == "verify.against.paper_position"), "{codes:?}");
    assert!(!codes.iter().any(|code| code == "verify.against.paper"), "{codes:?}");
}

/// What an outsider does with `sha256sum`: no code of ours.
#[test]
fn hashes_follow_from_the_lines_alone() {
    let hex = |bytes: &[u8]| {
        bytes.iter().fold(String::new(), |mut text, byte| {
            write!(text, "{byte:02x}").unwrap();
            text
        })
    };
    let mut prev = "0".repeat(64);
    for event in lines("bundle/log.jsonl") {
        let text = |name: &str| match &event[name] {
            Value::String(text) => text.clone(),
            number => number.to_string(),
        };
        let body = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, text("body")).unwrap();
        assert_eq!(hex(&Sha256::digest(&body)), text("body_digest"));
        assert_eq!(text("prev_hash"), prev);
        let mut preimage = "diemcau-log-1\n".to_owned();
        for name in
            ["session", "seq", "at_us", "kind", "v", "command_id", "part", "actor", "scope", "body_digest", "prev_hash"]
        {
            writeln!(preimage, "{}", text(name)).unwrap();
        }
        prev = hex(&Sha256::digest(preimage.as_bytes()));
        assert_eq!(text("hash"), prev, "event {}", event["seq"]);
    }
    assert_eq!(prev, std::fs::read_to_string(golden().join("head")).unwrap());
}

/// Key files as an installation has them: git does not keep their modes.
pub(crate) fn keys(golden: &Path, into: &Path) -> Keys {
    std::fs::create_dir(into).unwrap();
    for entry in std::fs::read_dir(golden.join("keys")).unwrap().flatten() {
        let target = into.join(entry.file_name());
        std::fs::copy(entry.path(), &target).unwrap();
        std::fs::set_permissions(&target, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    Keys::load(into).unwrap()
}

/// The bundle laid into a new database with its wrapped keys, as after a disaster.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_open_and_read_as_events() {
    let dir = tempfile::tempdir().unwrap();
    let backend = Backend::Sqlite { path: dir.path().join("diemcau.db"), max_bytes: None };
    let store = Store::open(&backend, keys(&golden(), &dir.path().join("keys"))).await.unwrap();
    let decode =
        |text: &Value| base64::Engine::decode(&base64::engine::general_purpose::STANDARD, text.as_str().unwrap());
    let mut rows = Vec::new();
    for key in lines("scope_keys.jsonl") {
        let wrapped = key["wrapped"].as_str().map(|_| decode(&key["wrapped"]).unwrap());
        let destroyed = key["destroyed_at_us"].as_i64();
        rows.push(
            Statement::new("k", "INSERT INTO scope_key VALUES ($1, $2, $3, $4, 0, $5)")
                .bind(session(1))
                .bind(key["scope"].as_str().unwrap())
                .bind(key["class"].as_str().unwrap())
                .bind(wrapped)
                .bind(destroyed),
        );
    }
    for event in lines("bundle/log.jsonl") {
        let mut insert = Statement::new(
            "e",
            "INSERT INTO session_event VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        );
        for name in ["session", "seq", "at_us", "boot", "mono_us", "kind", "v", "command_id", "part", "actor", "scope"]
        {
            insert = match &event[name] {
                Value::String(text) => insert.bind(text.as_str()),
                number => insert.bind(number.as_i64().unwrap()),
            };
        }
        insert = insert.bind(decode(&event["body"]).unwrap());
        for name in ["body_digest", "prev_hash", "hash"] {
            insert = insert.bind(event[name].as_str().unwrap());
        }
        rows.push(insert);
    }
    store.write_office(at(0), rows).await.unwrap();
    assert!(store.verify(&Against::default()).await.unwrap().is_sound());

    let expected = lines("bodies.jsonl");
    let events = store.load(session(1), 0).await.unwrap();
    assert_eq!(events.len(), expected.len());
    for (event, expected) in events.iter().zip(expected) {
        let typed = event.typed().unwrap().map_or(Value::Null, |event| serde_json::to_value(event).unwrap());
        assert_eq!(typed, expected, "event {}", event.item.header.seq);
    }
}

fn story() -> Vec<Event> {
    let (one, two) = (visit(1), visit(2));
    let point = |n: u128| PointId(Uuid::from_u128(0xb0_0000 + n));
    let person = |n: u128, name: &str| Person {
        id: PersonId(Uuid::from_u128(0xa0_0000 + n)),
        name: name.to_owned(),
        role: PersonRole::Citizen,
        class: Class::Normal,
        title: "Bà".to_owned(),
        address: "Tổ 3, phường Mẫu".to_owned(),
        phone: String::new(),
        identity: None,
        user: None,
        on_behalf_of: None,
    };
    let registration = |visit, number, class, name: &str| Registration {
        visit,
        number,
        class,
        presented_as: diemcau::domain::cases::PetitionKind::Complaint,
        citizen_point: point(2),
        agency_points: vec![point(3)],
        summary: "Đền bù đất".to_owned(),
        persons: vec![person(u128::from(number), name)],
        group_size: 1,
        case: None,
        secrecy_requested: None,
    };
    let moved = |visit, act, to| Event::VisitMoved { visit, act, to, reason: String::new() };
    let text = "Tôi đề nghị xem lại mức đền bù.";
    vec![
        Event::VisitRegistered(registration(one, 1, Class::Normal, "Nguyễn Thị Mẫu")),
        Event::VisitRegistered(registration(two, 2, Class::Restricted, "Trần Văn Kín")),
        Event::SessionMoved {
            act: SessionAct::Start,
            to: SessionStatus::InProgress,
            reason: String::new(),
            new_start: None,
            since: None,
        },
        Event::PersonIn {
            point: point(2),
            person: person(1, "Nguyễn Thị Mẫu"),
            seat: 1,
            substitute_for: None,
            visit: None,
        },
        Event::IdentitySeen { visit: one, person: PersonId(Uuid::from_u128(0xa0_0001)), how: IdentityCheck::ChipRead },
        moved(one, VisitAct::Call, VisitStatus::Called),
        moved(one, VisitAct::Begin, VisitStatus::InSession),
        Event::ClosingCardFilled {
            visit: one,
            card: ClosingCard {
                answer: Answer::Later {
                    due: jiff::civil::date(2026, 12, 21),
                    contact: "Lê A, 0203".to_owned(),
                    text: "Sẽ trả lời".to_owned(),
                },
                unit: UnitId(Uuid::from_u128(0xd0_0001)),
                unit_name: "Sở Mẫu".to_owned(),
                conclusion: "Giao Sở Mẫu kiểm tra.".to_owned(),
                citizen_opinion: "Đồng ý.".to_owned(),
            },
        },
        Event::TextFrozen {
            visit: one,
            text: FrozenText {
                blocks: vec![(BlockKind::Content, text.to_owned())],
                sha256: Hash::of(text.as_bytes()).to_string(),
                answer_told: false,
            },
        },
        moved(two, VisitAct::Withdraw, VisitStatus::Withdrawn),
        Event::SessionMoved {
            act: SessionAct::Close,
            to: SessionStatus::Closed,
            reason: String::new(),
            new_start: None,
            since: None,
        },
    ]
}

/// Writes the golden files into `target/golden-log`; only for a new version of the form.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "writes files; see the head of this file"]
async fn write_golden() {
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("golden-log");
    std::fs::create_dir_all(&out).unwrap();
    let world = World::sqlite().await;
    drop(Keys::rotate(&world.keys_dir(), at(7)).unwrap());
    let store = world.again().await;
    let mut log = world.begin(session(1)).await;
    for (n, event) in (1_u128..).zip(story()) {
        let new = NewEvent::typed(&event, command(n), 0, "user:mau".to_owned()).unwrap();
        let mut append = log.prepare(vec![new]);
        append.boot = BOOT;
        if n == 2 {
            append.scopes = vec![(Scope::Visit(visit(2)), diemcau::store::keys::Wrap::Restricted)];
        }
        append.checkpoint = match event {
            Event::TextFrozen { .. } => Some(CheckpointReason::Frozen),
            Event::SessionMoved { act: SessionAct::Close, .. } => Some(CheckpointReason::Closed),
            _ => None,
        };
        log.next = store.append(append).await.unwrap().head.0 + 1;
    }
    let erase = erasure(Scope::Visit(visit(2)), 90);
    store.erase(log.prepare(Vec::new()), erase).await.unwrap();
    store.export_bundle(session(1), &out.join("bundle"), Vec::new(), at(60)).await.unwrap();
    let events = store.load(session(1), 0).await.unwrap();
    let mut bodies = String::new();
    for event in &events {
        writeln!(bodies, "{}", serde_json::to_string(&event.typed().unwrap()).unwrap()).unwrap();
    }
    std::fs::write(out.join("bodies.jsonl"), bodies).unwrap();
    std::fs::write(out.join("head"), events.last().unwrap().item.hash.to_string()).unwrap();
    let mut scope_keys = String::new();
    for mut row in
        store.read("SELECT scope, class, wrapped, destroyed_at_us FROM scope_key ORDER BY scope", &[]).await.unwrap()
    {
        let (scope, class) = (row.take::<String>("s").unwrap(), row.take::<String>("c").unwrap());
        let wrapped = row.take::<Option<Vec<u8>>>("w").unwrap();
        let wrapped = wrapped.map(|bytes| base64::Engine::encode(&base64::engine::general_purpose::STANDARD, bytes));
        let destroyed = row.take::<Option<i64>>("d").unwrap();
        writeln!(
            scope_keys,
            "{}",
            json!({ "scope": scope, "class": class, "wrapped": wrapped, "destroyed_at_us": destroyed })
        )
        .unwrap();
    }
    std::fs::write(out.join("scope_keys.jsonl"), scope_keys).unwrap();
    std::fs::create_dir_all(out.join("keys")).unwrap();
    for entry in std::fs::read_dir(world.keys_dir()).unwrap().flatten() {
        std::fs::copy(entry.path(), out.join("keys").join(entry.file_name())).unwrap();
    }
}
