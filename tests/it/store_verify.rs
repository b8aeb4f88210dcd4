//! Every way to change a log is found and named at the right event, on both engines and in bundles.

use diemcau::domain::chain::{CheckpointReason, FaultKind, Hash, MarkSource, Paper, Scope};
use diemcau::store::keys::Keys;
use diemcau::store::verify::{Against, BundleFile, Checked, Report, verify_bundle, verify_database};
use diemcau::store::{NewEvent, Store};

use crate::support::store::{Log, World, at, erasure, event, session, visit};

contract! {
    a_sound_database_verifies_with_and_without_keys,
    every_change_is_named_at_its_event,
    a_rewritten_log_meets_what_was_kept_outside,
    only_a_signed_erasure_excuses_a_closed_body,
    signatures_follow_the_rotation_of_keys,
    a_bundle_verifies_offline,
    every_change_of_a_bundle_is_named,
}

/// Events 0 (genesis) to 5; checkpoint at 3; two visits.
async fn write(world: &World) -> Log<'_> {
    let mut log = world.begin(session(1)).await;
    let (one, two) = (Scope::Visit(visit(1)), Scope::Visit(visit(2)));
    log.append(vec![event(1, Scope::Session, "một"), event(2, one, "hai")]).await.unwrap();
    let mut append = log.prepare(vec![event(3, two, "ba")]);
    append.checkpoint = Some(CheckpointReason::Frozen);
    log.send(append).await.unwrap();
    log.append(vec![event(4, one, "bốn"), event(5, Scope::Session, "năm")]).await.unwrap();
    log
}

/// What was changed, the statement or text that changes it, and what must be said.
type Case = (&'static str, String, (Option<u64>, &'static str));

fn named(report: &Report) -> (Option<u64>, &'static str) {
    report.fault.as_ref().map_or((None, "sound"), |fault| (fault.seq, fault.kind.code()))
}

async fn a_sound_database_verifies_with_and_without_keys(world: World) {
    write(&world).await;
    let keys = world.keys();
    let report = verify_database(&world.backend, Some(&keys), &Against::default()).await.unwrap();
    assert_eq!(named(&report), (None, "sound"));
    let sound = &report.sessions[0].sound;
    assert_eq!((sound.events, sound.opened, sound.sealed, sound.erased), (6, 6, 0, 0));
    assert!(report.checked.contains(&Checked::NothingOutside), "it says what it could not check");
    let without = verify_database(&world.backend, None, &Against::default()).await.unwrap();
    let sound = &without.sessions[0].sound;
    assert_eq!((sound.events, sound.opened, sound.sealed), (6, 1, 5));
    let lines: Vec<_> = report.lines().into_iter().map(|line| line.code).collect();
    assert_eq!(
        lines,
        [
            "verify.database_sound",
            "verify.session",
            "verify.offices",
            "verify.against.keys",
            "verify.against.checkpoints",
            "verify.against.rows",
            "verify.against.nothing_outside"
        ]
    );
    assert_eq!(world.store.verify(&Against::default()).await.unwrap(), report);
}

/// Statements that change one stored log, what must be said of it, and the undoing of the change.
async fn every_change_is_named_at_its_event(world: World) {
    write(&world).await;
    let events = world.store.load(session(1), 0).await.unwrap();
    let id = session(1);
    let other_body = events[4].item.body.as_deref().unwrap().iter().map(|b| format!("{b:02x}")).collect::<String>();
    let blob = if world.database.is_some() { format!("'\\x{other_body}'") } else { format!("x'{other_body}'") };
    let shuffle = |a: u64, b: u64| {
        let step = |from: i64, to: i64| {
            format!("UPDATE session_event SET seq = {to} WHERE session_id = '{id}' AND seq = {from};")
        };
        let (a, b) = (a as i64, b as i64);
        step(a, 99) + &step(b, a) + &step(99, b)
    };
    let forged = Hash::of(b"forged");
    let changes: Vec<(String, (Option<u64>, &str))> = vec![
        ("UPDATE session_event SET actor = 'user:x' WHERE seq = 2".to_owned(), (Some(2), "hash_mismatch")),
        ("UPDATE session_event SET at_us = at_us - 1 WHERE seq = 4".to_owned(), (Some(4), "hash_mismatch")),
        ("UPDATE session_event SET scope = 'session' WHERE seq = 2".to_owned(), (Some(2), "hash_mismatch")),
        (format!("UPDATE session_event SET body = {blob} WHERE seq = 2"), (Some(2), "body_digest_mismatch")),
        (
            format!(
                "UPDATE session_event SET body = {blob}, body_digest = '{}' WHERE seq = 2",
                events[4].item.header.body_digest
            ),
            (Some(2), "hash_mismatch"),
        ),
        ("UPDATE session_event SET body = NULL WHERE seq = 2".to_owned(), (Some(2), "body_missing")),
        (format!("UPDATE session_event SET hash = '{forged}' WHERE seq = 3"), (Some(3), "hash_mismatch")),
        (format!("UPDATE session_event SET prev_hash = '{forged}' WHERE seq = 3"), (Some(3), "hash_mismatch")),
        ("UPDATE session_event SET kind = '' WHERE seq = 3".to_owned(), (Some(3), "malformed")),
        ("UPDATE session_event SET command_id = 'x' WHERE seq = 3".to_owned(), (Some(3), "malformed")),
        ("DELETE FROM session_event WHERE seq = 2".to_owned(), (Some(2), "gap")),
        ("DELETE FROM session_event WHERE seq = 0".to_owned(), (Some(0), "gap")),
        ("DELETE FROM session_event WHERE seq >= 3".to_owned(), (Some(3), "tail_missing")),
        ("DELETE FROM session_event".to_owned(), (None, "empty")),
        (shuffle(2, 3), (Some(2), "hash_mismatch")),
        (format!("UPDATE checkpoint SET head = '{forged}'"), (Some(3), "signature_wrong")),
        (format!("UPDATE checkpoint SET key_id = '{}'", "00".repeat(8)), (Some(3), "key_not_in_use")),
        (
            format!(
                "UPDATE scope_key SET wrapped = NULL, destroyed_at_us = 1 WHERE scope LIKE 'visit:%{:x}'",
                0x0715_0001
            ),
            (Some(2), "body_unopened"),
        ),
    ];
    // Each change is tried on a fresh copy of the rows.
    let (save, restore) = (
        ["session_event", "checkpoint", "scope_key"]
            .map(|t| format!("CREATE TABLE saved_{t} AS SELECT * FROM {t};"))
            .concat(),
        ["checkpoint", "scope_key", "session_event"]
            .map(|t| format!("DELETE FROM {t}; INSERT INTO {t} SELECT * FROM saved_{t};"))
            .concat(),
    );
    if world.database.is_some() {
        world.tamper("ALTER TABLE checkpoint DROP CONSTRAINT checkpoint_key_id_fkey").await;
    }
    world.tamper(&save).await;
    let keys = world.keys();
    for (change, expected) in changes {
        world.tamper(&change).await;
        let report = verify_database(&world.backend, Some(&keys), &Against::default()).await.unwrap();
        assert_eq!(named(&report), expected, "{change}");
        assert_eq!(report.fault.unwrap().log, Some(session(1).into()));
        world.tamper(&restore).await;
        assert!(verify_database(&world.backend, Some(&keys), &Against::default()).await.unwrap().is_sound());
    }
}

/// Rewrites the log from `seq` on so that it is consistent in itself, as somebody with the database and skill could.
async fn rewrite(world: &World, from: usize) {
    let mut prev: Option<Hash> = None;
    for event in world.store.load(session(1), from as u64).await.unwrap() {
        let mut header = event.item.header;
        header.actor = if prev.is_none() { "user:forged".to_owned() } else { header.actor };
        header.prev_hash = prev.unwrap_or(header.prev_hash);
        let hash = header.hash();
        let sql = "UPDATE session_event SET actor = '{a}', prev_hash = '{p}', hash = '{h}' WHERE seq = {s}";
        let sql = sql.replace("{a}", &header.actor).replace("{p}", &header.prev_hash.to_string());
        world.tamper(&sql.replace("{h}", &hash.to_string()).replace("{s}", &header.seq.to_string())).await;
        prev = Some(hash);
    }
}

async fn a_rewritten_log_meets_what_was_kept_outside(world: World) {
    let mut log = write(&world).await;
    let anchor = world.store.make_anchor(at(100)).await.unwrap();
    assert_eq!(world.store.anchors(at(0)).await.unwrap(), std::slice::from_ref(&anchor));
    let head = world.store.heads().await.unwrap()[0];
    let fingerprint = world.store.keys().signer(at(1).as_microsecond()).unwrap().public().fingerprint();
    let paper =
        Paper { session: session(1), visit: None, seq: head.seq, head: head.hash, text: Hash::ZERO, fingerprint };
    let by_anchor = Against { anchors: vec![anchor.clone()], ..Against::default() };
    let by_paper = Against { papers: vec![paper], ..Against::default() };
    for against in [&by_anchor, &by_paper] {
        let report = world.store.verify(against).await.unwrap();
        assert!(report.is_sound() && !report.checked.contains(&Checked::NothingOutside));
    }
    let stranger = Against { papers: vec![Paper { fingerprint: Hash::ZERO, ..paper }], ..Against::default() };
    assert_eq!(named(&world.store.verify(&stranger).await.unwrap()), (Some(5), "paper_key_unknown"));
    let mut moved = anchor.clone();
    moved.at_us += 1;
    let forged = Against { anchors: vec![moved], ..Against::default() };
    assert_eq!(named(&world.store.verify(&forged).await.unwrap()), (None, "signature_wrong"));

    // After the checkpoint only outsiders can tell; before it the checkpoint does.
    log.append(vec![event(6, Scope::Session, "sáu")]).await.unwrap();
    rewrite(&world, 4).await;
    assert!(world.store.verify(&Against::default()).await.unwrap().is_sound());
    for (against, source) in [(&by_anchor, MarkSource::Anchor), (&by_paper, MarkSource::Paper)] {
        let fault = world.store.verify(against).await.unwrap().fault.unwrap();
        assert_eq!((fault.seq, fault.kind), (Some(5), FaultKind::HeadMismatch { source_of_mark: source }));
    }
    rewrite(&world, 1).await;
    assert_eq!(named(&world.store.verify(&Against::default()).await.unwrap()), (Some(3), "head_mismatch"));
    world.tamper("DELETE FROM session_event; DELETE FROM checkpoint; DELETE FROM scope_key").await;
    assert_eq!(named(&world.store.verify(&by_anchor).await.unwrap()), (None, "empty"));
}

async fn only_a_signed_erasure_excuses_a_closed_body(world: World) {
    let mut log = write(&world).await;
    let erase = erasure(Scope::Visit(visit(1)), 50);
    let append = log.prepare(Vec::new());
    let done = world.store.erase(append, erase).await.unwrap();
    log.next = done.head.0 + 1;
    let report = world.store.verify(&Against::default()).await.unwrap();
    let sound = &report.sessions[0].sound;
    assert_eq!((sound.events, sound.opened, sound.erased), (7, 5, 2));
    // The sealed bytes themselves may go too.
    let gone = format!("UPDATE session_event SET body = NULL WHERE scope = '{}'", Scope::Visit(visit(1)));
    world.tamper(&gone).await;
    assert_eq!(world.store.verify(&Against::default()).await.unwrap().sessions[0].sound.erased, 2);
    assert_eq!(verify_database(&world.backend, None, &Against::default()).await.unwrap().sessions[0].sound.erased, 2);

    // An erasure event that nobody signed excuses nothing: here its text is for another visit.
    let stored = world.store.load(session(1), done.first_seq).await.unwrap().remove(0);
    let text = String::from_utf8(stored.body.unwrap()).unwrap();
    let forged = NewEvent {
        kind: "scope_erased".to_owned(),
        scope: Scope::Open,
        body: text.replace(&visit(1).to_string(), &visit(2).to_string()).into_bytes(),
        ..event(51, Scope::Open, "")
    };
    log.append(vec![forged]).await.unwrap();
    assert_eq!(named(&world.store.verify(&Against::default()).await.unwrap()), (Some(7), "signature_wrong"));
}

async fn signatures_follow_the_rotation_of_keys(world: World) {
    let mut log = write(&world).await;
    drop(Keys::rotate(&world.keys_dir(), at(50)).unwrap());
    let store: Store = world.again().await;
    for (n, second) in [(6, 48), (7, 49)] {
        log.last_second = second;
        let mut append = log.prepare(vec![event(n, Scope::Session, "sau")]);
        append.checkpoint = Some(CheckpointReason::Closed);
        let done = store.append(append).await.unwrap();
        log.next = done.head.0 + 1;
    }
    let signed: Vec<_> = store.checkpoints(session(1)).await.unwrap().into_iter().map(|c| c.key_id).collect();
    assert_eq!((signed.len(), signed[0]), (3, signed[1]));
    assert_ne!(signed[1], signed[2], "the new key signs from its moment on");
    for keys in [None, Some(&world.keys())] {
        let report = verify_database(&world.backend, keys, &Against::default()).await.unwrap();
        assert_eq!(named(&report), (None, "sound"));
        assert!(matches!(&report.checked[0], Checked::Keys { fingerprints } if fingerprints.len() == 2));
    }
    // A head signed by the old key after it went out of use is not accepted.
    world.tamper(&format!("UPDATE checkpoint SET key_id = '{}' WHERE key_id = '{}'", signed[0], signed[2])).await;
    assert_eq!(named(&store.verify(&Against::default()).await.unwrap()), (Some(7), "key_not_in_use"));
}

async fn export(world: &World) -> std::path::PathBuf {
    write(world).await;
    let paper = world.dir.path().join("minutes.pdf");
    std::fs::write(&paper, b"%PDF-1.7 ...").unwrap();
    let extra = vec![BundleFile { name: "papers/minutes-1.pdf".to_owned(), source: paper }];
    let out = world.dir.path().join("bundle");
    let manifest = world.store.export_bundle(session(1), &out, extra, at(60)).await.unwrap();
    assert_eq!(manifest.files.len(), 4);
    out
}

async fn a_bundle_verifies_offline(world: World) {
    let out = export(&world).await;
    let anchor = world.store.make_anchor(at(100)).await.unwrap();
    let against = Against { anchors: vec![anchor], ..Against::default() };
    let report = verify_bundle(&out, &against).unwrap();
    assert_eq!(named(&report), (None, "sound"));
    assert_eq!(report.sessions[0].sound.events, 6);
    assert!(report.checked.contains(&Checked::Files { count: 4 }));
    assert!(report.checked.iter().any(|checked| matches!(checked, Checked::Anchor { heads: 1, .. })));
    let twice = world.store.export_bundle(session(1), &out, Vec::new(), at(61)).await;
    assert!(twice.is_err(), "a bundle is never overwritten");
    let outside = BundleFile { name: "../x".to_owned(), source: out.join("log.jsonl") };
    let refused = world.store.export_bundle(session(1), &world.dir.path().join("b2"), vec![outside], at(62)).await;
    assert!(refused.is_err() && !world.dir.path().join("b2").exists());
}

async fn every_change_of_a_bundle_is_named(world: World) {
    let out = export(&world).await;
    let log = std::fs::read_to_string(out.join("log.jsonl")).unwrap();
    let lines: Vec<&str> = log.lines().collect();
    let joined = |order: &[usize]| order.iter().map(|index| format!("{}\n", lines[*index])).collect::<String>();
    let edited = |seq: usize, from: &str, to: &str| {
        let mut lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        assert!(lines[seq].contains(from));
        lines[seq] = lines[seq].replace(from, to);
        lines.join("\n") + "\n"
    };
    let body = |seq: usize| serde_json::from_str::<serde_json::Value>(lines[seq]).unwrap()["body"].to_string();
    let cases: Vec<Case> = vec![
        ("edit", edited(2, "\"actor\":\"system\"", "\"actor\":\"user:x\""), (Some(2), "hash_mismatch")),
        ("swap bodies", edited(2, &body(2), &body(4)), (Some(2), "body_digest_mismatch")),
        ("remove a body", edited(4, &body(4), "null"), (Some(4), "body_missing")),
        ("reorder", joined(&[0, 1, 3, 2, 4, 5]), (Some(2), "gap")),
        ("delete", joined(&[0, 1, 2, 4, 5]), (Some(3), "gap")),
        ("twice", joined(&[0, 1, 1, 2, 3, 4, 5]), (Some(2), "out_of_order")),
        ("cut before the checkpoint", joined(&[0, 1]), (Some(2), "tail_missing")),
        ("cut after the checkpoint", joined(&[0, 1, 2, 3]), (None, "file_mismatch")),
        ("garbage", joined(&[0, 1]) + "{}\n", (Some(2), "malformed")),
        ("another session", edited(3, &session(1).to_string(), &session(2).to_string()), (Some(3), "foreign_session")),
    ];
    for (what, text, expected) in cases {
        std::fs::write(out.join("log.jsonl"), text).unwrap();
        assert_eq!(named(&verify_bundle(&out, &Against::default()).unwrap()), expected, "{what}");
    }
    std::fs::write(out.join("log.jsonl"), &log).unwrap();
    assert!(verify_bundle(&out, &Against::default()).unwrap().is_sound());

    let paper = out.join("papers/minutes-1.pdf");
    let code = |out: &std::path::Path| named(&verify_bundle(out, &Against::default()).unwrap()).1;
    std::fs::write(&paper, b"%PDF-1.7 ,..").unwrap();
    assert_eq!(code(&out), "file_mismatch");
    std::fs::remove_file(&paper).unwrap();
    assert_eq!(code(&out), "file_missing");
    std::fs::write(&paper, b"%PDF-1.7 ...").unwrap();
    std::fs::write(out.join("papers/added.pdf"), b"x").unwrap();
    assert_eq!(code(&out), "file_unlisted");
    std::fs::remove_file(out.join("papers/added.pdf")).unwrap();
    let manifest = std::fs::read_to_string(out.join("manifest.json")).unwrap();
    std::fs::write(out.join("manifest.json"), manifest.replace("minutes-1", "minutes-2")).unwrap();
    assert_eq!(code(&out), "signature_wrong");
    std::fs::write(out.join("manifest.json"), manifest).unwrap();
    assert_eq!(code(&out), "sound");
}
