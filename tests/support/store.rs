//! A store on each engine, and the shortest way to write a log into it.

use std::path::PathBuf;

use diemcau::domain::chain::{Hash, Scope};
use diemcau::domain::ids::{BootId, CommandId, InstallationId, SessionId, VisitId};
use diemcau::store::keys::Keys;
use diemcau::store::{Append, Appended, Backend, Erase, NewEvent, Store, StoreError};
use jiff::Timestamp;
use uuid::Uuid;

/// One store with its directory; the directory is removed at the end.
pub struct World {
    pub store: Store,
    pub backend: Backend,
    pub dir: tempfile::TempDir,
    /// Name of the PostgreSQL database.
    pub database: Option<String>,
}

pub const INSTALLATION: InstallationId = InstallationId(Uuid::from_u128(0xd1e0));
pub const BOOT: BootId = BootId(Uuid::from_u128(0xb007));
/// 2026-11-21 01:00 UTC, a morning in Viet Nam.
pub const START_US: i64 = 1_795_222_800_000_000;

pub fn at(second: i64) -> Timestamp {
    Timestamp::from_microsecond(START_US + second * 1_000_000).unwrap()
}

pub fn session(n: u128) -> SessionId {
    SessionId(Uuid::from_u128(0x5e55_0000 + n))
}

pub fn visit(n: u128) -> VisitId {
    VisitId(Uuid::from_u128(0x0715_0000 + n))
}

pub fn command(n: u128) -> CommandId {
    CommandId(Uuid::from_u128(0xc0_0000 + n))
}

pub fn event(n: u128, scope: Scope, body: &str) -> NewEvent {
    NewEvent {
        kind: "note".to_owned(),
        v: 1,
        command_id: command(n),
        part: 0,
        actor: "system".to_owned(),
        scope,
        body: body.as_bytes().to_vec(),
    }
}

/// The end of a key, as the data-protection officer orders it.
pub fn erasure(scope: Scope, n: u128) -> Erase {
    Erase { scope, command_id: command(n), actor: "user:dpo".to_owned(), reason: "retention_over".to_owned() }
}

impl World {
    pub async fn sqlite() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let backend = Backend::Sqlite { path: dir.path().join("diemcau.db"), max_bytes: None };
        Self::open(backend, dir, None).await
    }

    /// A SQLite store whose file lies somewhere else.
    pub async fn sqlite_at(backend: Backend) -> Self {
        Self::open(backend, tempfile::tempdir().unwrap(), None).await
    }

    pub async fn postgres() -> Self {
        let (url, name) = super::postgres::database().await;
        Self::open(Backend::Postgres { url }, tempfile::tempdir().unwrap(), Some(name)).await
    }

    async fn open(backend: Backend, dir: tempfile::TempDir, database: Option<String>) -> Self {
        let keys = Keys::init(&dir.path().join("keys"), INSTALLATION, at(-86_400)).unwrap();
        let store = Store::open(&backend, keys).await.unwrap();
        Self { store, backend, dir, database }
    }

    pub fn keys_dir(&self) -> PathBuf {
        self.dir.path().join("keys")
    }

    pub fn keys(&self) -> Keys {
        Keys::load(&self.keys_dir()).unwrap()
    }

    /// A second store on the same data, as after a restart or on another node.
    pub async fn again(&self) -> Store {
        Store::open(&self.backend, self.keys()).await.unwrap()
    }

    /// Takes the room and writes the genesis.
    pub async fn begin(&self, session: SessionId) -> Log<'_> {
        let epoch = self.store.take_lease(session, "node-a", at(0)).await.unwrap();
        let mut log = Log { store: &self.store, session, epoch, next: 0, last_second: 0 };
        let genesis = self.store.genesis(session, Hash::of(b"rules"), at(1)).unwrap();
        log.append(vec![NewEvent::genesis(&genesis, command(0))]).await.unwrap();
        log
    }

    /// Changes the database behind the store's back, as an attacker or a broken disk would.
    pub async fn tamper(&self, sql: &str) {
        tamper(&self.backend, sql).await;
    }
}

/// Changes a database behind its store's back.
pub async fn tamper(backend: &Backend, sql: &str) {
    match backend {
        Backend::Sqlite { path, .. } => {
            use sqlx::{ConnectOptions as _, Connection as _};
            let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path).foreign_keys(false);
            let mut conn = options.connect().await.unwrap();
            sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).execute(&mut conn).await.unwrap();
            conn.close().await.unwrap();
        }
        Backend::Postgres { url } => super::postgres::admin_sql(url, sql).await,
    }
}

/// A log being written.
pub struct Log<'a> {
    pub store: &'a Store,
    pub session: SessionId,
    pub epoch: u64,
    pub next: u64,
    pub last_second: i64,
}

impl Log<'_> {
    /// The next append, to be filled in further.
    pub fn prepare(&mut self, events: Vec<NewEvent>) -> Append {
        self.last_second += 1;
        let moment = (BOOT, self.last_second * 1_000_000, at(self.last_second));
        let mut append = Append::new(self.session, self.epoch, self.next, moment);
        append.events = events;
        append
    }

    pub async fn append(&mut self, events: Vec<NewEvent>) -> Result<Appended, StoreError> {
        let append = self.prepare(events);
        self.send(append).await
    }

    pub async fn send(&mut self, append: Append) -> Result<Appended, StoreError> {
        let done = self.store.append(append).await;
        if let Ok(done) = &done {
            self.next = done.head.0 + 1;
        }
        done
    }
}
