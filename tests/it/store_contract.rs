//! The same promises on SQLite and PostgreSQL.

use diemcau::domain::chain::{CheckpointReason, GENESIS_KIND, Hash, Header, Scope};
use diemcau::domain::ids::BlockId;
use diemcau::store::keys::{Keys, Wrap};
use diemcau::store::{NewEvent, SaveBlock, Statement, Store, StoreError};
use uuid::Uuid;

use crate::support::store::{INSTALLATION, World, at, command, erasure, event, session, visit};

contract! {
    a_log_comes_back_as_it_was_written,
    a_repeated_command_is_stored_once,
    a_stale_append_is_refused_with_the_truth,
    appends_that_wait_share_a_commit,
    rows_and_events_are_one,
    an_old_owner_cannot_write,
    drafts_are_saved_once_per_revision,
    erasure_closes_a_visit_and_nothing_else,
    restricted_visits_are_wrapped_by_the_second_key,
    foreign_keys_are_refused,
    a_newer_schema_is_refused,
    what_would_break_a_preimage_is_refused,
    long_logs_load_in_pages,
}

async fn a_log_comes_back_as_it_was_written(world: World) {
    let mut log = world.begin(session(1)).await;
    let visit = Scope::Visit(visit(1));
    let mut append = log.prepare(vec![event(1, Scope::Session, "mở phòng"), event(2, visit, "Bà Nguyễn Thị A")]);
    append.checkpoint = Some(CheckpointReason::Closed);
    let done = log.send(append).await.unwrap();
    assert_eq!((done.first_seq, done.head.0, done.replayed), (1, 2, false));
    let checkpoint = done.checkpoint.unwrap();
    assert_eq!((checkpoint.seq, checkpoint.head), done.head);
    let text = checkpoint.text(INSTALLATION);
    let signed = |text: &str| {
        let check = &diemcau::store::keys::Ed25519Check;
        let key = (checkpoint.key_id, checkpoint.at_us);
        world.store.keys().ring().signed("checkpoint", key, text, &checkpoint.signature, check)
    };
    assert!(signed(&text).is_ok());
    assert!(signed(&text.replace("closed", "frozen")).is_err());

    // Another process sees the same.
    let store = world.again().await;
    let events = store.load(session(1), 0).await.unwrap();
    let bodies: Vec<_> = events.iter().map(|event| String::from_utf8(event.body.clone().unwrap()).unwrap()).collect();
    assert!(bodies[0].starts_with("diemcau-genesis-1\n"));
    assert_eq!(bodies[1..], ["mở phòng", "Bà Nguyễn Thị A"]);
    assert_eq!(events[0].item.header.kind, GENESIS_KIND);
    assert_eq!(events[0].item.header.prev_hash, Hash::ZERO);
    for pair in events.windows(2) {
        assert_eq!(pair[1].item.header.prev_hash, pair[0].item.hash);
    }
    for event in &events {
        let Header { body_digest, seq, .. } = &event.item.header;
        let stored = event.item.body.as_deref().unwrap();
        assert_eq!(event.item.header.hash(), event.item.hash);
        assert_eq!(*body_digest, Hash::of(stored));
        assert!(*seq == 0 || !String::from_utf8_lossy(stored).contains("Nguy"), "bodies are stored sealed");
    }
    let heads = store.heads().await.unwrap();
    assert_eq!((heads[0].log, heads[0].seq, heads[0].hash), (session(1).into(), 2, done.head.1));
    assert_eq!(store.checkpoints(session(1)).await.unwrap(), [checkpoint]);
    assert_eq!(store.load(session(1), 2).await.unwrap().len(), 1);
}

async fn a_repeated_command_is_stored_once(world: World) {
    let mut log = world.begin(session(1)).await;
    let two = |body: &str| {
        let mut events = vec![event(1, Scope::Session, body), event(1, Scope::Session, body)];
        events[1].part = 1;
        events
    };
    let first = log.append(two("gọi")).await.unwrap();
    log.append(vec![event(2, Scope::Session, "khác")]).await.unwrap();
    // The answer was lost; the client sends the same command again, on an old and on a new state.
    for expected in [1, 4] {
        let mut append = log.prepare(two("gọi"));
        append.expected_seq = expected;
        let again = world.store.append(append).await.unwrap();
        assert!(again.replayed);
        assert_eq!((again.first_seq, again.head), (first.first_seq, first.head));
    }
    // In a batch of several commands the room has to decide again, and is told which one it knows already.
    let mixed = log.append(vec![event(3, Scope::Session, "mới"), event(1, Scope::Session, "gọi")]).await;
    assert!(matches!(mixed, Err(StoreError::Duplicate { command: id, seq: 1 }) if id == command(1)), "{mixed:?}");
    assert_eq!(world.store.load(session(1), 0).await.unwrap().len(), 4);
}

async fn a_stale_append_is_refused_with_the_truth(world: World) {
    let mut log = world.begin(session(1)).await;
    log.append(vec![event(1, Scope::Session, "một")]).await.unwrap();
    for expected in [1, 7] {
        let mut append = log.prepare(vec![event(9, Scope::Session, "hai")]);
        append.expected_seq = expected;
        let refused = world.store.append(append).await;
        assert!(matches!(refused, Err(StoreError::SeqConflict { next: 2, .. })), "{refused:?}");
    }
    assert_eq!(world.store.load(session(1), 0).await.unwrap().len(), 2);
}

async fn appends_that_wait_share_a_commit(world: World) {
    const WRITERS: u128 = 60;
    let mut appends = Vec::new();
    for n in 0..WRITERS {
        let mut log = world.begin(session(n)).await;
        appends.push(log.prepare(vec![event(1, Scope::Session, "cùng lúc")]));
    }
    // One of them is refused; its neighbours in the group are not.
    appends[7].expected_seq = 40;
    let (commits, writes) = (world.store.counts().commits(), world.store.counts().writes());
    let sent = appends.into_iter().map(|append| {
        let store = world.store.clone();
        tokio::spawn(async move { store.append(append).await })
    });
    let answers = futures_util::future::join_all(sent).await;
    let stored = answers.iter().filter(|answer| answer.as_ref().unwrap().is_ok()).count();
    assert_eq!(stored, 59);
    let commits = world.store.counts().commits() - commits;
    println!("{stored} appends in {commits} commits");
    assert_eq!(world.store.counts().writes() - writes, 59);
    assert!(commits <= 20, "{commits} commits for 60 appends");
    let heads = world.store.heads().await.unwrap();
    let sessions: Vec<_> = heads.iter().filter_map(|head| Some((head.log.session()?, head.seq))).collect();
    assert_eq!(sessions.len(), 60);
    assert!(sessions.iter().all(|(id, seq)| *seq == u64::from(*id != session(7))));
}

async fn rows_and_events_are_one(world: World) {
    let mut log = world.begin(session(1)).await;
    let renew = |epoch: u64| {
        Statement::new("test.lease", "UPDATE room_lease SET until_us = $1 WHERE session_id = $2 AND epoch = $3")
            .bind(77_i64)
            .bind(session(1))
            .bind(epoch)
            .one_row()
    };
    let mut refused = log.prepare(vec![event(1, Scope::Session, "một")]);
    refused.rows = vec![renew(1), renew(99)];
    let refused = log.send(refused).await;
    assert!(matches!(refused, Err(StoreError::Stale { what: "test.lease" })), "{refused:?}");
    assert_eq!(world.store.load(session(1), 0).await.unwrap().len(), 1);
    assert_ne!(world.store.lease(session(1)).await.unwrap().unwrap().until_us, 77);

    let mut taken = log.prepare(vec![event(1, Scope::Session, "một")]);
    taken.rows = vec![renew(1)];
    log.send(taken).await.unwrap();
    assert_eq!(world.store.load(session(1), 0).await.unwrap().len(), 2);
    assert_eq!(world.store.lease(session(1)).await.unwrap().unwrap().until_us, 77);

    let again = Statement::new(
        "test.insert",
        "INSERT INTO room_lease (session_id, epoch, owner, until_us) VALUES ($1, 1, 'x', 0)",
    );
    let twice = world.store.write_office(at(9), vec![again.bind(session(1))]).await;
    assert!(matches!(twice, Err(StoreError::Constraint { what: "test.insert" })), "{twice:?}");
}

async fn an_old_owner_cannot_write(world: World) {
    let mut log = world.begin(session(1)).await;
    let other = world.again().await;
    let held = other.take_lease(session(1), "node-b", at(5)).await;
    assert!(matches!(held, Err(StoreError::LeaseHeld { ref owner, .. }) if owner == "node-a"), "{held:?}");
    let epoch = other.take_lease(session(1), "node-b", at(600)).await.unwrap();
    assert_eq!(epoch, log.epoch + 1);
    let late = log.append(vec![event(1, Scope::Session, "muộn")]).await;
    assert!(matches!(late, Err(StoreError::LeaseLost)), "{late:?}");
    assert!(matches!(world.store.renew_lease(session(1), log.epoch, at(601)).await, Err(StoreError::LeaseLost)));
    let mut append = log.prepare(vec![event(1, Scope::Session, "tiếp")]);
    append.epoch = epoch;
    other.append(append).await.unwrap();
    // A restart of the same node does not wait for its own lease; an orderly stop lets another in at once.
    let epoch = other.take_lease(session(1), "node-b", at(601)).await.unwrap();
    other.release_lease(session(1), epoch, at(602)).await.unwrap();
    assert_eq!(world.store.take_lease(session(1), "node-a", at(603)).await.unwrap(), epoch + 1);
}

async fn drafts_are_saved_once_per_revision(world: World) {
    let block = BlockId(Uuid::from_u128(1));
    let save = |revision, text: &str, author: &str| SaveBlock {
        session: session(1),
        visit: visit(1),
        block,
        kind: "statement".to_owned(),
        revision,
        text: text.to_owned(),
        author: author.to_owned(),
        at: at(i64::try_from(revision).unwrap()),
    };
    let store = &world.store;
    store.save_block(save(1, "Tôi đề nghị", "user:a")).await.unwrap();
    store.save_block(save(2, "Tôi đề nghị xem lại", "user:a")).await.unwrap();
    store.save_block(save(2, "Tôi đề nghị xem lại", "user:a")).await.unwrap();
    for stale in [save(1, "khác", "user:b"), save(2, "khác", "user:b"), save(4, "khác", "user:b")] {
        assert!(matches!(store.save_block(stale).await, Err(StoreError::Stale { .. })));
    }
    let too_long = save(3, &"x".repeat(diemcau::limits::BLOCK_BYTES + 1), "user:a");
    assert!(matches!(store.save_block(too_long).await, Err(StoreError::Invalid { field: "text" })));
    let blocks = world.again().await.minutes_blocks(session(1), visit(1)).await.unwrap();
    assert_eq!(blocks.len(), 1);
    assert_eq!((blocks[0].revision, blocks[0].text.as_deref()), (2, Some("Tôi đề nghị xem lại")));
    assert_eq!(blocks[0].author, "user:a");
    store.delete_block((session(1), visit(1), block), 2, at(5)).await.unwrap();
    assert!(store.minutes_blocks(session(1), visit(1)).await.unwrap().is_empty());
}

async fn erasure_closes_a_visit_and_nothing_else(world: World) {
    let mut log = world.begin(session(1)).await;
    let (one, two) = (Scope::Visit(visit(1)), Scope::Visit(visit(2)));
    log.append(vec![event(1, one, "bí mật"), event(2, two, "còn lại"), event(3, Scope::Session, "chung")])
        .await
        .unwrap();
    let recording = world.store.recording_key(session(1), one).await.unwrap();
    assert_eq!(recording.expose(), world.again().await.recording_key(session(1), one).await.unwrap().expose());
    assert_ne!(recording.expose(), world.store.recording_key(session(1), two).await.unwrap().expose());
    let erase = |n| erasure(one, n);
    let append = log.prepare(Vec::new());
    let done = world.store.erase(append, erase(4)).await.unwrap();
    log.next = done.head.0 + 1;
    let bodies: Vec<_> = world.store.load(session(1), 1).await.unwrap().into_iter().map(|event| event.body).collect();
    assert_eq!(bodies[0], None);
    assert_eq!(bodies[1].as_deref(), Some("còn lại".as_bytes()));
    assert_eq!(bodies[2].as_deref(), Some("chung".as_bytes()));
    let late = log.append(vec![event(5, one, "muộn")]).await;
    assert!(matches!(late, Err(StoreError::ScopeErased(scope)) if scope == one), "{late:?}");
    assert!(matches!(world.store.recording_key(session(1), one).await, Err(StoreError::ScopeErased(_))));
    let append = log.prepare(Vec::new());
    assert!(matches!(world.store.erase(append, erase(6)).await, Err(StoreError::Stale { .. })));
}

async fn restricted_visits_are_wrapped_by_the_second_key(world: World) {
    let mut log = world.begin(session(1)).await;
    let scope = Scope::Visit(visit(1));
    log.append(vec![event(1, scope, "trước")]).await.unwrap();
    let class = async || {
        let sql = "SELECT class FROM scope_key WHERE session_id = $1 AND scope = $2";
        let mut rows = world.store.read(sql, &[session(1).into(), scope.into()]).await.unwrap();
        rows.remove(0).take::<String>("class").unwrap()
    };
    assert_eq!(class().await, "normal");
    let mut append = log.prepare(vec![event(2, scope, "sau")]);
    append.scopes = vec![(scope, Wrap::Restricted)];
    log.send(append).await.unwrap();
    assert_eq!(class().await, "restricted");
    let bodies: Vec<_> = world.store.load(session(1), 1).await.unwrap().into_iter().map(|event| event.body).collect();
    assert_eq!(bodies, [Some("trước".as_bytes().to_vec()), Some("sau".as_bytes().to_vec())]);
}

async fn foreign_keys_are_refused(world: World) {
    let other = tempfile::tempdir().unwrap();
    let keys = Keys::init(&other.path().join("keys"), INSTALLATION, at(0)).unwrap();
    assert!(matches!(Store::open(&world.backend, keys).await, Err(StoreError::WrongKeys)));
}

async fn a_newer_schema_is_refused(world: World) {
    world
        .tamper(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
             SELECT 9001, 'later', success, checksum, 0 FROM _sqlx_migrations WHERE version = 1",
        )
        .await;
    let refused = Store::open(&world.backend, world.keys()).await;
    assert!(matches!(refused, Err(StoreError::NewerSchema { found: 9001, .. })), "{:?}", refused.err());
}

async fn what_would_break_a_preimage_is_refused(world: World) {
    let mut log = world.begin(session(1)).await;
    let mut bad_kind = event(1, Scope::Session, "");
    bad_kind.kind = "note\nforged".to_owned();
    let mut bad_actor = event(1, Scope::Session, "");
    bad_actor.actor = String::new();
    assert!(matches!(log.append(vec![bad_kind]).await, Err(StoreError::Invalid { field: "kind" })));
    assert!(matches!(log.append(vec![bad_actor]).await, Err(StoreError::Invalid { field: "actor" })));
    assert!(matches!(log.append(Vec::new()).await, Err(StoreError::Invalid { field: "events" })));
    let genesis = NewEvent::genesis(&world.store.genesis(session(1), Hash::ZERO, at(1)).unwrap(), command(9));
    assert!(matches!(log.append(vec![genesis]).await, Err(StoreError::Genesis)));
    let epoch = world.store.take_lease(session(2), "node-a", at(0)).await.unwrap();
    let mut append = log.prepare(vec![event(1, Scope::Session, "")]);
    (append.session, append.epoch, append.expected_seq) = (session(2), epoch, 0);
    assert!(matches!(world.store.append(append).await, Err(StoreError::Genesis)));
}

async fn long_logs_load_in_pages(world: World) {
    let mut log = world.begin(session(1)).await;
    for round in 0..6_u128 {
        let events = (0..400).map(|n| event(1 + round * 400 + n, Scope::Session, "dòng")).collect();
        log.append(events).await.unwrap();
    }
    assert_eq!(world.store.load_page(session(1), 0).await.unwrap().len(), 1000);
    let all = world.store.load(session(1), 0).await.unwrap();
    assert!(all.iter().enumerate().all(|(index, event)| event.item.header.seq == index as u64));
    assert_eq!(all.len(), 2401);
}
