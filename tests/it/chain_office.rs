//! Changes of office data go to the log of their unit, and rows that were changed behind the program's back are named.

use diemcau::domain::chain::{CHANGED_KIND, ERASED_KIND, FOLLOWED_KIND, Hash, LogId, OfficeNote, Scope};
use diemcau::domain::ids::DeviceId;
use diemcau::domain::people::{RoleGrant, UnitRole};
use diemcau::domain::units::{Device, DeviceKind};
use diemcau::store::office::{self, Act, PairingCode};
use diemcau::store::verify::{Against, Checked, Report, verify_bundle, verify_database};
use diemcau::store::{Statement, Store, StoreError};
use uuid::Uuid;

use crate::store_office::{account, case, entry, finish, office, point, point_id, reception, unit_id, user_id};
use crate::support::store::{INSTALLATION, World, at, erasure, event, session, visit};

contract! {
    an_act_says_who_changed_what,
    secrets_are_told_to_have_changed_and_nothing_more,
    a_point_that_changes_its_unit_is_handed_over,
    rows_of_a_session_follow_by_reference,
    an_erasure_is_told_to_the_unit,
    nothing_is_written_past_the_log,
    every_row_changed_past_the_program_is_named,
    a_change_that_was_covered_up_is_named_at_the_act_that_found_it,
    a_log_of_a_unit_cannot_be_changed_or_cut,
    a_session_that_was_removed_is_missed,
    two_processes_tell_one_story,
    a_log_of_a_unit_is_exported_and_verifies,
}

fn unit(n: u128) -> LogId {
    LogId::Unit(unit_id(n))
}

const HOUSE: LogId = LogId::Installation(INSTALLATION);

/// Kind, actor and note of every event but the genesis.
async fn notes(store: &Store, log: LogId) -> Vec<(String, String, OfficeNote)> {
    let events = store.load(log, 1).await.unwrap();
    let read = |event: &diemcau::store::StoredEvent| {
        assert_eq!(event.item.header.scope, Scope::Office);
        let note = serde_json::from_slice(event.body.as_deref().unwrap()).unwrap();
        (event.item.header.kind.clone(), event.item.header.actor.clone(), note)
    };
    events.iter().map(read).collect()
}

async fn verify(world: &World) -> Report {
    verify_database(&world.backend, Some(&world.keys()), &Against::default()).await.unwrap()
}

/// Rows compared; fails with the fault if there is one.
async fn sound(world: &World) -> usize {
    let report = verify(world).await;
    assert_eq!(report.fault, None);
    let count =
        report.checked.iter().find_map(|one| if let Checked::Rows { count } = one { Some(*count) } else { None });
    count.expect("rows were compared")
}

async fn an_act_says_who_changed_what(world: World) {
    office(&world).await;
    let mut changed = point(1, unit_id(1));
    changed.phone = "0299".to_owned();
    let act = Act::by(format!("user:{}", user_id(1)), at(5));
    world.store.write_office(act.clone(), vec![office::point(&changed)]).await.unwrap();
    // The same again changes nothing, and nothing is told.
    world.store.write_office(act, vec![office::point(&changed)]).await.unwrap();
    let told = notes(&world.store, unit(1)).await;
    assert_eq!(told.len(), 2);
    let (kind, actor, note) = &told[0];
    assert_eq!((kind.as_str(), actor.as_str()), (CHANGED_KIND, "system"));
    let tables: Vec<_> = note.rows.iter().map(|row| row.table.as_str()).collect();
    assert_eq!(tables, ["unit", "point", "role_grant"], "one event of one act");
    let (kind, actor, note) = &told[1];
    assert_eq!((kind.as_str(), actor.as_str()), (CHANGED_KIND, format!("user:{}", user_id(1)).as_str()));
    let [row] = note.rows.as_slice() else { panic!("{note:?}") };
    assert_eq!((row.table.as_str(), row.key.as_str()), ("point", point_id(1).to_string().as_str()));
    assert_eq!(row.changed, ["phone"]);
    assert_eq!(row.before, told[0].2.rows[1].after);
    assert_eq!((row.now["phone"].as_str(), row.now["name"].as_str()), (Some("0299"), Some("Điểm cầu 1")));
    // The head of every act is signed, and the bodies are sealed.
    let events = world.store.load(unit(1), 0).await.unwrap();
    let signed = world.store.checkpoints(unit(1)).await.unwrap();
    assert_eq!(signed.last().map(|one| (one.seq, one.head)), events.last().map(|one| (2, one.item.hash)));
    let stored = events[2].item.body.clone().unwrap();
    assert!(!stored.windows(4).any(|part| part == b"0299"));
    assert_eq!(sound(&world).await, 8);
}

async fn secrets_are_told_to_have_changed_and_nothing_more(world: World) {
    office(&world).await;
    let mut changed = account(1);
    changed.password_hash = Some("$argon2id$v=19$m=19456$neu".to_owned());
    world.store.write_office(Act::by("console", at(5)), vec![office::user(&changed)]).await.unwrap();
    let link = Hash::of(b"link");
    world.store.write_office(Act::by("console", at(6)), vec![office::link(link, user_id(2), at(60))]).await.unwrap();
    world.store.use_link(link, at(7)).await.unwrap();
    let grant = RoleGrant { user: user_id(1), unit: unit_id(2), role: UnitRole::Head };
    for (second, given) in [(8, true), (9, false)] {
        world.store.write_office(Act::by("console", at(second)), vec![office::grant(&grant, given)]).await.unwrap();
    }
    let told = notes(&world.store, HOUSE).await;
    let last: Vec<_> = told[told.len() - 3..].iter().map(|(_, actor, note)| (actor.as_str(), &note.rows[0])).collect();
    assert_eq!((last[0].0, last[0].1.changed.as_slice()), ("console", ["password_hash".to_owned()].as_slice()));
    assert!(last[0].1.now.contains_key("login") && !last[0].1.now.contains_key("password_hash"));
    assert_eq!((last[1].0, last[1].1.before), ("console", None));
    assert_eq!(
        (last[2].0, last[2].1.changed.as_slice()),
        (format!("user:{}", user_id(2)).as_str(), ["used_at_us".to_owned()].as_slice())
    );
    let all = serde_json::to_string(&told.iter().map(|(_, _, note)| note).collect::<Vec<_>>()).unwrap();
    assert!(all.contains("user001") && !all.contains("argon2id"), "{all}");
    let roles = notes(&world.store, unit(2)).await;
    let role = |index: usize| (&roles[roles.len() - index].2.rows[0].table, roles[roles.len() - index].2.rows[0].after);
    assert!(matches!(role(2), (table, Some(_)) if table == "role_grant"));
    assert!(matches!(role(1), (table, None) if table == "role_grant"));
    sound(&world).await;
}

async fn kiosk(world: &World) -> Device {
    let code = |n: u32| PairingCode {
        code_hash: Hash::of(&n.to_be_bytes()),
        point: point_id(1),
        kind: DeviceKind::Main,
        name: "Máy bàn chính".to_owned(),
        expires_at: at(600),
    };
    let codes = vec![office::pairing_code(&code(1)), office::pairing_code(&code(2))];
    world.store.write_office(at(3), codes).await.unwrap();
    let id = DeviceId(Uuid::from_u128(7));
    world.store.pair_device(code(1).code_hash, id, "MFkw", at(4)).await.unwrap().unwrap()
}

async fn a_point_that_changes_its_unit_is_handed_over(world: World) {
    office(&world).await;
    let device = kiosk(&world).await;
    let paired = notes(&world.store, unit(1)).await.pop().unwrap();
    assert_eq!(paired.1, format!("device:{}", device.id), "a kiosk pairs itself, by the code it was given");
    let count = sound(&world).await;
    world.store.write_office(at(9), vec![office::point(&point(1, unit_id(2)))]).await.unwrap();
    let given = notes(&world.store, unit(1)).await.pop().unwrap().2.rows;
    let taken = notes(&world.store, unit(2)).await.pop().unwrap().2.rows;
    let names = |rows: &[diemcau::domain::chain::RowMark]| rows.iter().map(|row| row.table.clone()).collect::<Vec<_>>();
    assert_eq!(names(&given), ["point", "device", "pairing_code", "pairing_code"]);
    assert_eq!(names(&taken), names(&given));
    assert!(given.iter().all(|row| row.before.is_some() && row.after.is_none()));
    assert!(taken.iter().all(|row| row.before.is_none() && row.after.is_some()));
    let revoked = Device { revoked: true, ..device };
    world.store.write_office(at(10), vec![office::device(&revoked, at(4))]).await.unwrap();
    assert_eq!(sound(&world).await, count);
}

async fn rows_of_a_session_follow_by_reference(world: World) {
    let mut log = reception(&world).await;
    finish(&mut log, 1).await.unwrap();
    let told = notes(&world.store, unit(1)).await;
    let (kind, actor, note) = told.last().unwrap();
    assert_eq!((kind.as_str(), actor.as_str()), (FOLLOWED_KIND, "system"));
    let stored = world.store.load(session(1), log.next - 1).await.unwrap();
    let of = note.of.unwrap();
    assert_eq!((of.session, of.seq, of.hash), (session(1), log.next - 1, stored[0].item.hash));
    let tables: Vec<_> = note.rows.iter().map(|row| row.table.as_str()).collect();
    assert_eq!(tables, ["case_record", "petition", "promise", "register_entry", "file"]);
    assert!(note.rows.iter().all(|row| row.now.is_empty() && row.changed.is_empty()), "content is the session's");
    // An append that changes no row of the office tells nobody.
    log.append(vec![event(40, Scope::Session, "không đổi gì")]).await.unwrap();
    assert_eq!(notes(&world.store, unit(1)).await.len(), told.len());
    // A refused append tells nobody either.
    let mut refused = log.prepare(vec![event(41, Scope::Session, "số đã có")]);
    refused.rows = vec![office::register_entry(&entry(1, 2), 5)];
    assert!(matches!(log.send(refused).await, Err(StoreError::Constraint { .. })));
    assert_eq!(notes(&world.store, unit(1)).await.len(), told.len());
    sound(&world).await;
}

async fn an_erasure_is_told_to_the_unit(world: World) {
    let mut log = reception(&world).await;
    finish(&mut log, 1).await.unwrap();
    let erase = erasure(Scope::Visit(visit(1)), 60);
    let append = log.prepare(Vec::new());
    let done = world.store.erase(append, erase).await.unwrap();
    let (kind, _, note) = notes(&world.store, unit(1)).await.pop().unwrap();
    assert_eq!((kind.as_str(), note.rows.len()), (ERASED_KIND, 0));
    assert_eq!(note.of.map(|of| (of.session, of.seq, of.hash)), Some((session(1), done.head.0, done.head.1)));
    // What is sealed stays as it was: the digests hold.
    sound(&world).await;
    let office_scope = erasure(Scope::Office, 61);
    log.next = done.head.0 + 1;
    let append = log.prepare(Vec::new());
    assert!(matches!(world.store.erase(append, office_scope).await, Err(StoreError::Invalid { field: "erase" })));
}

async fn nothing_is_written_past_the_log(world: World) {
    office(&world).await;
    for sql in [
        "UPDATE point SET name = 'x'",
        "DELETE FROM role_grant",
        "INSERT INTO unit_successor (unit_id, successor_id) VALUES ('a', 'b')",
    ] {
        let refused = world.store.write_office(at(5), vec![Statement::new("past", sql)]).await;
        assert!(matches!(refused, Err(StoreError::Internal(_))), "{sql}: {refused:?}");
    }
    let refused = world.store.write_office(Act::by("two\nlines", at(5)), Vec::new()).await;
    assert!(matches!(refused, Err(StoreError::Invalid { field: "actor" })));
    sound(&world).await;
}

/// A fault as log, event and code.
fn named(report: &Report) -> (Option<LogId>, Option<u64>, &'static str) {
    report.fault.as_ref().map_or((None, None, "sound"), |fault| (fault.log, fault.seq, fault.kind.code()))
}

/// Rows as they were, to be laid back after each attempt.
struct Saved {
    tables: &'static [&'static str],
    prefix: &'static str,
}

impl Saved {
    async fn of(world: &World, tables: &'static [&'static str]) -> Self {
        let save = tables.iter().map(|table| format!("CREATE TABLE saved_{table} AS SELECT * FROM {table};"));
        world.tamper(&save.collect::<String>()).await;
        // Without the rules between tables, as whoever holds the files or the server can.
        let prefix = if world.database.is_some() { "SET session_replication_role = replica;" } else { "" };
        Self { tables, prefix }
    }

    async fn attempt(&self, world: &World, change: &str) {
        world.tamper(&format!("{}{change}", self.prefix)).await;
    }

    async fn restore(&self, world: &World) {
        let back = self
            .tables
            .iter()
            .map(|table| format!("DELETE FROM {table}; INSERT INTO {table} SELECT * FROM saved_{table};"));
        self.attempt(world, &back.collect::<String>()).await;
    }
}

async fn every_row_changed_past_the_program_is_named(world: World) {
    let mut log = reception(&world).await;
    finish(&mut log, 1).await.unwrap();
    kiosk(&world).await;
    let blob = if world.database.is_some() { "'\\x00'::bytea" } else { "x'00'" };
    let (one, two) = (unit_id(1), unit_id(2));
    let changes: Vec<(String, LogId, &str)> = vec![
        ("UPDATE user_account SET password_hash = 'mine' WHERE login = 'user001'".into(), HOUSE, "row_changed"),
        ("UPDATE user_account SET disabled = 1 WHERE login = 'user002'".into(), HOUSE, "row_changed"),
        (format!("INSERT INTO role_grant VALUES ('{}', '{two}', 'head')", user_id(1)), unit(2), "row_unknown"),
        (format!("DELETE FROM role_grant WHERE unit_id = '{one}'"), unit(1), "row_missing"),
        (format!("UPDATE role_grant SET unit_id = '{two}' WHERE unit_id = '{one}'"), unit(2), "row_unknown"),
        (format!("UPDATE unit SET name = 'x' WHERE unit_id = '{two}'"), unit(2), "row_changed"),
        (format!("UPDATE unit SET valid_to = '2026-01-01' WHERE unit_id = '{two}'"), unit(2), "row_changed"),
        (format!("INSERT INTO unit_successor VALUES ('{one}', '{two}')"), unit(1), "row_unknown"),
        ("UPDATE device SET public_key = 'mine'".into(), unit(1), "row_changed"),
        ("UPDATE pairing_code SET used_at_us = NULL WHERE used_at_us IS NOT NULL".into(), unit(1), "row_changed"),
        (format!("UPDATE point SET unit_id = '{two}' WHERE point_id = '{}'", point_id(1)), unit(2), "row_unknown"),
        ("UPDATE visit SET class = 'normal' WHERE number = 2".into(), unit(1), "row_changed"),
        (format!("UPDATE visit SET summary_sealed = {blob} WHERE number = 1"), unit(1), "row_changed"),
        ("DELETE FROM visit_point".into(), unit(1), "row_missing"),
        (format!("UPDATE person SET data_sealed = {blob} WHERE position = 1"), unit(1), "row_changed"),
        (format!("UPDATE case_record SET receptions = 9 WHERE case_id = '{}'", case().id), unit(1), "row_changed"),
        ("DELETE FROM promise".into(), unit(1), "row_missing"),
        ("UPDATE promise SET due = NULL".into(), unit(1), "row_changed"),
        ("UPDATE petition SET outcome = 'x'".into(), unit(1), "row_changed"),
        ("UPDATE register_entry SET number = 2".into(), unit(1), "row_unknown"),
        ("UPDATE register_entry SET people = 40".into(), unit(1), "row_changed"),
        ("UPDATE file SET sha256 = 'x'".into(), unit(1), "row_changed"),
        ("UPDATE session SET status = 'archived'".into(), unit(1), "row_changed"),
    ];
    let saved = Saved::of(
        &world,
        &[
            "user_account",
            "role_grant",
            "unit",
            "unit_successor",
            "device",
            "pairing_code",
            "point",
            "visit",
            "visit_point",
            "person",
            "case_record",
            "promise",
            "petition",
            "register_entry",
            "file",
            "session",
        ],
    )
    .await;
    sound(&world).await;
    for (change, log, code) in changes {
        saved.attempt(&world, &change).await;
        assert_eq!(named(&verify(&world).await), (Some(log), None, code), "{change}");
        let without = verify_database(&world.backend, None, &Against::default()).await.unwrap();
        assert_eq!(named(&without), (None, None, "sound"), "without keys only the logs are judged");
        assert!(without.checked.contains(&Checked::RowsUnread));
        saved.restore(&world).await;
    }
    sound(&world).await;
}

async fn a_change_that_was_covered_up_is_named_at_the_act_that_found_it(world: World) {
    office(&world).await;
    world.tamper("UPDATE user_account SET password_hash = 'mine' WHERE login = 'user001'").await;
    // An honest change of another column writes the row anew, with what was slipped in.
    let mut promoted = account(1);
    promoted.password_hash = None;
    promoted.user.title = "Trưởng ban".to_owned();
    world.store.write_office(Act::by("console", at(5)), vec![office::user(&promoted)]).await.unwrap();
    assert_eq!(named(&verify(&world).await), (Some(HOUSE), Some(3), "row_changed_before"));
}

async fn a_log_of_a_unit_cannot_be_changed_or_cut(world: World) {
    office(&world).await;
    for (second, phone) in [(5, "0301"), (6, "0302"), (7, "0303")] {
        let mut changed = point(1, unit_id(1));
        changed.phone = phone.to_owned();
        world.store.write_office(at(second), vec![office::point(&changed)]).await.unwrap();
    }
    let anchor = world.store.make_anchor(at(100)).await.unwrap();
    assert!(anchor.heads.iter().any(|head| (head.log, head.seq) == (unit(1), 4)));
    let id = unit(1);
    let of = |seq: u64| format!("session_id = '{id}' AND seq = {seq}");
    let changes: Vec<(String, (Option<u64>, &str))> = vec![
        (format!("UPDATE session_event SET actor = 'user:x' WHERE {}", of(2)), (Some(2), "hash_mismatch")),
        (format!("DELETE FROM session_event WHERE {}", of(2)), (Some(2), "gap")),
        (
            format!(
                "UPDATE session_event SET seq = 99 WHERE {}; UPDATE session_event SET seq = 2 WHERE {}; \
                 UPDATE session_event SET seq = 3 WHERE {}",
                of(2),
                of(3),
                of(99)
            ),
            (Some(2), "hash_mismatch"),
        ),
        (format!("DELETE FROM session_event WHERE {}", of(4)), (Some(4), "tail_missing")),
        (format!("DELETE FROM session_event WHERE session_id = '{id}'"), (None, "empty")),
        (
            format!("UPDATE scope_key SET wrapped = NULL, destroyed_at_us = 1 WHERE session_id = '{id}'"),
            (Some(1), "body_unopened"),
        ),
        // Whoever also removes the signed head and puts the row back is found by what was kept outside alone.
        (
            format!(
                "DELETE FROM session_event WHERE {0}; DELETE FROM checkpoint WHERE {0}; \
                 UPDATE point SET phone = '0302' WHERE phone = '0303'",
                of(4)
            ),
            (None, "sound"),
        ),
    ];
    let saved = Saved::of(&world, &["session_event", "checkpoint", "scope_key", "point"]).await;
    let against = Against { anchors: vec![anchor], ..Against::default() };
    for (change, (seq, code)) in changes {
        saved.attempt(&world, &change).await;
        let log = Some(id).filter(|_| code != "sound");
        assert_eq!(named(&verify(&world).await), (log, seq, code), "{change}");
        let report = verify_database(&world.backend, Some(&world.keys()), &against).await.unwrap();
        assert!(!report.is_sound(), "{change}");
        saved.restore(&world).await;
    }
    // The installation's own log may not be missing either, empty as it would be.
    saved.attempt(&world, &format!("DELETE FROM session_event WHERE session_id = '{HOUSE}'")).await;
    assert_eq!(named(&verify(&world).await), (Some(HOUSE), None, "empty"));
    saved.restore(&world).await;
    let report = verify_database(&world.backend, Some(&world.keys()), &against).await.unwrap();
    assert_eq!(named(&report), (None, None, "sound"));
}

async fn a_session_that_was_removed_is_missed(world: World) {
    let mut log = reception(&world).await;
    finish(&mut log, 1).await.unwrap();
    let saved = Saved::of(&world, &["session_event", "checkpoint", "scope_key"]).await;
    let id = session(1);
    let all = ["session_event", "checkpoint", "scope_key"];
    let gone = all.map(|table| format!("DELETE FROM {table} WHERE session_id = '{id}';")).concat();
    saved.attempt(&world, &gone).await;
    assert_eq!(named(&verify(&world).await), (Some(unit(1)), Some(2), "reference_mismatch"));
    saved.restore(&world).await;
    let cut = format!("DELETE FROM session_event WHERE session_id = '{id}' AND seq >= 4");
    saved.attempt(&world, &cut).await;
    assert_eq!(named(&verify(&world).await), (Some(unit(1)), Some(3), "reference_mismatch"));
    saved.restore(&world).await;
    sound(&world).await;
}

/// The command line beside a running server, on one row.
async fn two_processes_tell_one_story(world: World) {
    office(&world).await;
    let other = world.again().await;
    let mut acts = Vec::new();
    for n in 0..40_u32 {
        let store = if n % 2 == 0 { world.store.clone() } else { other.clone() };
        acts.push(tokio::spawn(async move {
            let mut changed = point(1, unit_id(1));
            changed.phone = format!("0{n}");
            store.write_office(Act::by("console", at(10 + i64::from(n))), vec![office::point(&changed)]).await
        }));
    }
    for act in acts {
        act.await.unwrap().unwrap();
    }
    assert_eq!(notes(&other, unit(1)).await.len(), 41);
    sound(&world).await;
}

async fn a_log_of_a_unit_is_exported_and_verifies(world: World) {
    office(&world).await;
    let out = world.dir.path().join("bundle");
    world.store.export_bundle(unit_id(1), &out, Vec::new(), at(60)).await.unwrap();
    let anchor = world.store.make_anchor(at(100)).await.unwrap();
    let against = Against { anchors: vec![anchor], ..Against::default() };
    let report = verify_bundle(&out, &against).unwrap();
    assert_eq!(named(&report), (None, None, "sound"));
    assert_eq!((report.sessions.len(), report.offices[0].log, report.offices[0].sound.events), (0, unit(1), 2));
    assert!(report.checked.iter().any(|checked| matches!(checked, Checked::Anchor { heads: 1, .. })));
    let log = std::fs::read_to_string(out.join("log.jsonl")).unwrap();
    assert!(!log.contains("0203"), "bodies stay sealed");
    std::fs::write(out.join("log.jsonl"), log.replace("office_changed", "office_adopted")).unwrap();
    assert_eq!(named(&verify_bundle(&out, &against).unwrap()), (Some(unit(1)), Some(1), "hash_mismatch"));
}
