//! Full disks and lost servers: what was refused left nothing, and the next write works.

use std::time::Duration;

use diemcau::domain::chain::Scope;
use diemcau::store::{Backend, Outage, StoreError};
use sqlx::Connection as _;

use crate::support::disk::SmallDisk;
use crate::support::postgres::{admin_sql, admin_url};
use crate::support::store::{Log, World, event, session};

/// Writes until the store says it is full; returns how many appends were acknowledged.
async fn fill(log: &mut Log<'_>) -> u64 {
    let body = "đầy".repeat(10_000);
    for n in 1..2_000 {
        match log.append(vec![event(n, Scope::Session, &body)]).await {
            Ok(_) => {}
            Err(StoreError::Unavailable(Outage::Full)) => return log.next,
            Err(other) => panic!("{other:?}"),
        }
    }
    panic!("never full");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_database_refuses_and_goes_on_when_there_is_room() {
    let world = World::sqlite().await;
    let mut log = world.begin(session(1)).await;
    world.store.set_max_bytes(Some(2 * 1024 * 1024)).await.unwrap();
    let acknowledged = fill(&mut log).await;
    assert!(acknowledged > 5);
    let stored = world.store.load(session(1), 0).await.unwrap();
    assert_eq!(stored.len() as u64, acknowledged, "what was refused is not there, what was acknowledged is");
    assert!(world.store.counts().failures() >= 1);
    world.store.set_max_bytes(None).await.unwrap();
    log.append(vec![event(5_000, Scope::Session, "lại ghi được")]).await.unwrap();
    assert_eq!(world.again().await.load(session(1), 0).await.unwrap().len() as u64, acknowledged + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_and_goes_on_when_there_is_room() {
    let Some(disk) = SmallDisk::mount(8) else {
        println!("not allowed to mount: only the size limit was tested");
        return;
    };
    let path = disk.0.path().join("diemcau.db");
    let world = World::sqlite_at(Backend::Sqlite { path, max_bytes: None }).await;
    let mut log = world.begin(session(1)).await;
    let filler = disk.0.path().join("filler");
    std::fs::write(&filler, vec![0; 3 * 1024 * 1024]).unwrap();
    let acknowledged = fill(&mut log).await;
    assert!(acknowledged > 5);
    // Reading goes on; a second refusal is as clean as the first.
    let body = "đầy".repeat(10_000);
    let again = log.append(vec![event(6_000, Scope::Session, &body)]).await;
    assert!(matches!(again, Err(StoreError::Unavailable(Outage::Full))), "{again:?}");
    assert_eq!(world.store.load(session(1), 0).await.unwrap().len() as u64, acknowledged);
    std::fs::remove_file(&filler).unwrap();
    log.append(vec![event(6_000, Scope::Session, &body)]).await.unwrap();
    assert_eq!(world.again().await.load(session(1), 0).await.unwrap().len() as u64, acknowledged + 1);
}

async fn terminate(world: &World) {
    let name = world.database.as_deref().unwrap();
    let sql = format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}' AND pid <> pg_backend_pid()"
    );
    admin_sql(&admin_url(), &sql).await;
}

/// Waits until a connection of this database waits for `event_type` (`Lock`, `Timeout`).
async fn wait_for(world: &World, event_type: &str) {
    let mut conn = sqlx::PgConnection::connect(&admin_url()).await.unwrap();
    for _ in 0..400 {
        let waiting: i64 =
            sqlx::query_scalar("SELECT count(*) FROM pg_stat_activity WHERE datname = $1 AND wait_event_type = $2")
                .bind(world.database.as_deref())
                .bind(event_type)
                .fetch_one(&mut conn)
                .await
                .unwrap();
        if waiting > 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("nobody waits for {event_type}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_connection_that_was_killed_is_not_noticed() {
    let world = World::postgres().await;
    let mut log = world.begin(session(1)).await;
    terminate(&world).await;
    log.append(vec![event(1, Scope::Session, "không ai biết")]).await.unwrap();
    assert_eq!(world.store.load(session(1), 0).await.unwrap().len(), 2);
}

/// Kills the writer's connection while an append waits for `event_type`, and expects a clean refusal.
async fn killed_in_flight(world: &World, log: &mut Log<'_>, event_type: &str) {
    let append = log.prepare(vec![event(1, Scope::Session, "đứt")]);
    let store = world.store.clone();
    let refused = tokio::spawn(async move { store.append(append).await });
    wait_for(world, event_type).await;
    terminate(world).await;
    let refused = refused.await.unwrap();
    assert!(matches!(refused, Err(StoreError::Unavailable(Outage::Connection))), "{refused:?}");
}

async fn works_again(world: &World, log: &mut Log<'_>) {
    assert_eq!(world.store.load(session(1), 0).await.unwrap().len(), 1);
    log.append(vec![event(1, Scope::Session, "đứt")]).await.unwrap();
    assert_eq!(world.again().await.load(session(1), 0).await.unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_killed_in_a_transaction_leaves_nothing() {
    let world = World::postgres().await;
    let mut log = world.begin(session(1)).await;
    let Backend::Postgres { url } = &world.backend else { panic!("not PostgreSQL") };
    let mut other = sqlx::PgConnection::connect(url).await.unwrap();
    sqlx::raw_sql("BEGIN; LOCK TABLE checkpoint, session_event IN EXCLUSIVE MODE").execute(&mut other).await.unwrap();
    killed_in_flight(&world, &mut log, "Lock").await;
    drop(other);
    works_again(&world, &mut log).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_killed_in_the_commit_leaves_nothing() {
    let world = World::postgres().await;
    let mut log = world.begin(session(1)).await;
    world
        .tamper(
            "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(3); RETURN NULL; END $$;
             CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON session_event DEFERRABLE INITIALLY DEFERRED
             FOR EACH ROW EXECUTE FUNCTION slow()",
        )
        .await;
    killed_in_flight(&world, &mut log, "Timeout").await;
    world.tamper("DROP TRIGGER slow ON session_event").await;
    works_again(&world, &mut log).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_away_is_said_so_and_comes_back_by_itself() {
    let world = World::postgres().await;
    let mut log = world.begin(session(1)).await;
    let name = world.database.clone().unwrap();
    admin_sql(&admin_url(), &format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false")).await;
    terminate(&world).await;
    for _ in 0..2 {
        let refused = log.append(vec![event(1, Scope::Session, "đứt")]).await;
        assert!(matches!(refused, Err(StoreError::Unavailable(Outage::Connection))), "{refused:?}");
    }
    admin_sql(&admin_url(), &format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true")).await;
    works_again(&world, &mut log).await;
}

/// A wire that loses what the server says once `COMMIT` went through it: the commit is done, its answer never arrives.
async fn proxy_that_swallows_a_commit(
    socket: std::path::PathBuf,
    armed: std::sync::Arc<std::sync::atomic::AtomicBool>,
) -> u16 {
    use std::sync::atomic::Ordering;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let (mut from_client, mut to_client) = client.into_split();
            let server = tokio::net::UnixStream::connect(&socket).await.unwrap();
            let (mut from_server, mut to_server) = server.into_split();
            let armed = std::sync::Arc::clone(&armed);
            let (swallow, mut swallowed) = tokio::sync::watch::channel(false);
            tokio::spawn(async move {
                let mut buffer = vec![0; 65_536];
                while let Ok(count @ 1..) = from_client.read(&mut buffer).await {
                    let commit = buffer[..count].windows(6).any(|bytes| bytes == b"COMMIT");
                    if commit && armed.swap(false, Ordering::SeqCst) {
                        swallow.send(true).unwrap();
                    }
                    if to_server.write_all(&buffer[..count]).await.is_err() {
                        return;
                    }
                }
            });
            tokio::spawn(async move {
                let mut buffer = vec![0; 65_536];
                while let Ok(count @ 1..) = from_server.read(&mut buffer).await {
                    // The answer to the commit: dropped with the connection.
                    if *swallowed.borrow_and_update() || to_client.write_all(&buffer[..count]).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    port
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_whose_answer_was_lost_is_found_in_the_log() {
    let world = World::postgres().await;
    let Backend::Postgres { url } = &world.backend else { panic!("not PostgreSQL") };
    let folder = url.split("host=").nth(1).unwrap();
    let armed = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let socket = std::path::Path::new(folder).join(".s.PGSQL.5432");
    let port = proxy_that_swallows_a_commit(socket, std::sync::Arc::clone(&armed)).await;
    let name = world.database.as_deref().unwrap();
    let backend = Backend::Postgres { url: format!("postgres://test@127.0.0.1:{port}/{name}?sslmode=disable") };
    let store = diemcau::store::Store::open(&backend, world.keys()).await.unwrap();
    let mut log = world.begin(session(1)).await;
    armed.store(true, std::sync::atomic::Ordering::SeqCst);
    let done = store.append(log.prepare(vec![event(1, Scope::Session, "đã ghi")])).await.unwrap();
    assert!(!armed.load(std::sync::atomic::Ordering::SeqCst), "the commit went through the wire");
    assert_eq!((done.first_seq, done.replayed), (1, false));
    assert_eq!(store.load(session(1), 0).await.unwrap().len(), 2);
    assert_eq!(store.counts().failures(), 0);
}
