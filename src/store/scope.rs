//! The keys of scopes: one for a session, one for each visit, wrapped by the installation's keys.
//!
//! Nothing is cached: a key that was destroyed is gone for the next reader at once, on every node.

use std::collections::BTreeMap;

use super::StoreError;
use super::engine::{Engine, Writer};
use super::keys::{DataKey, KEY_LEN, Keys, Wrap};
use super::sql::{Row, Sealed, Value};
use crate::domain::chain::{LogId, Scope};

const SELECT_ONE: &str = "SELECT class, wrapped FROM scope_key WHERE session_id = $1 AND scope = $2";
const SELECT_ALL: &str = "SELECT scope, class, wrapped FROM scope_key WHERE session_id = $1";
const INSERT: &str =
    "INSERT INTO scope_key (session_id, scope, class, wrapped, created_at_us) VALUES ($1, $2, $3, $4, $5)";
const REWRAP: &str = "UPDATE scope_key SET class = $3, wrapped = $4 WHERE session_id = $1 AND scope = $2";

/// Destroys a key; guarded, so that it happens once.
pub(super) const DESTROY: &str = "UPDATE scope_key SET wrapped = NULL, destroyed_at_us = $3 \
     WHERE session_id = $1 AND scope = $2 AND wrapped IS NOT NULL";

fn wrap_place(log: LogId, scope: Scope, wrap: Wrap) -> String {
    format!("scope_key|{log}|{scope}|{}", wrap.as_str())
}

/// Where the body of an event is bound to.
pub(super) fn body_place(log: LogId, seq: u64, scope: Scope) -> String {
    format!("{log}|{seq}|{scope}")
}

/// Where a sealed column is bound to.
pub(super) fn row_place(log: LogId, scope: Scope, place: &str) -> String {
    format!("row|{log}|{scope}|{place}")
}

fn unwrap(keys: &Keys, log: LogId, scope: Scope, mut row: Row) -> Result<(Wrap, DataKey), StoreError> {
    let class: String = row.take("scope_key.class")?;
    let wrapped: Option<Vec<u8>> = row.take("scope_key.wrapped")?;
    let wrap = Wrap::parse(&class).ok_or(StoreError::Corrupt { column: "scope_key.class" })?;
    let wrapped = wrapped.ok_or(StoreError::ScopeErased(scope))?;
    let bytes = keys.wrapping(wrap).open(&wrap_place(log, scope, wrap), &wrapped).ok_or(StoreError::WrongKeys)?;
    let bytes: [u8; KEY_LEN] = bytes.try_into().map_err(|_| StoreError::Corrupt { column: "scope_key.wrapped" })?;
    Ok((wrap, DataKey::from_bytes(bytes)))
}

/// The keys that one write needs, fetched or made inside its transaction.
pub(super) struct WriteKeys<'a> {
    keys: &'a Keys,
    at_us: i64,
    known: BTreeMap<(LogId, Scope), (Wrap, DataKey)>,
}

impl<'a> WriteKeys<'a> {
    pub(super) fn new(keys: &'a Keys, at_us: i64) -> Self {
        Self { keys, at_us, known: BTreeMap::new() }
    }

    /// The installation's.
    pub(super) fn keys(&self) -> &'a Keys {
        self.keys
    }

    /// The key of the scope; made with class `normal` if there is none yet.
    async fn get(&mut self, conn: &mut Writer, log: LogId, scope: Scope) -> Result<(Wrap, DataKey), StoreError> {
        if let Some(known) = self.known.get(&(log, scope)) {
            return Ok(known.clone());
        }
        let found = conn.fetch(SELECT_ONE, &[log.into(), scope.into()]).await?.pop();
        let key = match found {
            Some(row) => unwrap(self.keys, log, scope, row)?,
            None => {
                let key = DataKey::generate()?;
                self.store(conn, INSERT, (log, scope, Wrap::Normal), &key, true).await?;
                (Wrap::Normal, key)
            }
        };
        self.known.insert((log, scope), key.clone());
        Ok(key)
    }

    async fn store(
        &self,
        conn: &mut Writer,
        sql: &'static str,
        (log, scope, wrap): (LogId, Scope, Wrap),
        key: &DataKey,
        created: bool,
    ) -> Result<(), StoreError> {
        let wrapped = self.keys.wrapping(wrap).seal(&wrap_place(log, scope, wrap), key.expose())?;
        let mut args: Vec<Value> = vec![log.into(), scope.into(), wrap.as_str().into(), wrapped.into()];
        if created {
            args.push(self.at_us.into());
        }
        conn.execute("scope_key", sql, &args).await.map(|_| ())
    }

    /// Makes sure the scope's key is wrapped as its class asks: a visit may become restricted after it began.
    pub(super) async fn set_class(
        &mut self,
        conn: &mut Writer,
        log: LogId,
        scope: Scope,
        wrap: Wrap,
    ) -> Result<(), StoreError> {
        let (now, key) = self.get(conn, log, scope).await?;
        if now != wrap {
            self.store(conn, REWRAP, (log, scope, wrap), &key, false).await?;
            self.known.insert((log, scope), (wrap, key));
        }
        Ok(())
    }

    /// The stored bytes of an event's body.
    pub(super) async fn seal_body(
        &mut self,
        conn: &mut Writer,
        (log, seq, scope): (LogId, u64, Scope),
        body: &[u8],
    ) -> Result<Vec<u8>, StoreError> {
        if scope == Scope::Open {
            return Ok(body.to_vec());
        }
        let (_, key) = self.get(conn, log, scope).await?;
        Ok(key.seal(&body_place(log, seq, scope), body)?)
    }

    /// Replaces every value that waits for its sealing.
    pub(super) async fn seal_values(&mut self, conn: &mut Writer, values: &mut [Value]) -> Result<(), StoreError> {
        for value in values {
            if let Value::Sealed(Sealed { session, scope, place, plain }) = value {
                if *scope == Scope::Open {
                    return Err(StoreError::Invalid { field: "scope" });
                }
                let log = LogId::Session(*session);
                let (_, key) = self.get(conn, log, *scope).await?;
                *value = key.seal(&row_place(log, *scope, place), plain)?.into();
            }
        }
        Ok(())
    }
}

/// The keys of one log for reading. A scope without an entry has no key: never sealed anything, or erased.
#[derive(Debug)]
pub struct ReadKeys {
    log: LogId,
    keys: BTreeMap<Scope, DataKey>,
}

impl ReadKeys {
    pub(super) async fn load(engine: &Engine, keys: &Keys, log: LogId) -> Result<Self, StoreError> {
        Self::unwrap(keys, log, engine.read(SELECT_ALL, &[log.into()]).await?)
    }

    /// As they are in the transaction of a connection.
    pub(super) async fn fetch(conn: &mut Writer, keys: &Keys, log: LogId) -> Result<Self, StoreError> {
        Self::unwrap(keys, log, conn.fetch(SELECT_ALL, &[log.into()]).await?)
    }

    fn unwrap(keys: &Keys, log: LogId, rows: Vec<Row>) -> Result<Self, StoreError> {
        let mut found = BTreeMap::new();
        for mut row in rows {
            let scope: Scope = row.parse("scope_key.scope")?;
            match unwrap(keys, log, scope, row) {
                Ok((_, key)) => {
                    found.insert(scope, key);
                }
                Err(StoreError::ScopeErased(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Self { log, keys: found })
    }

    /// The body of an event; `None` when it does not open.
    pub fn body(&self, seq: u64, scope: Scope, stored: &[u8]) -> Option<Vec<u8>> {
        if scope == Scope::Open {
            return Some(stored.to_vec());
        }
        self.keys.get(&scope)?.open(&body_place(self.log, seq, scope), stored)
    }

    /// A sealed column; `place` as it was written.
    pub fn column(&self, scope: Scope, place: &str, stored: &[u8]) -> Option<Vec<u8>> {
        self.keys.get(&scope)?.open(&row_place(self.log, scope, place), stored)
    }

    /// The scope's own key.
    pub(super) fn key(&self, scope: Scope) -> Option<&DataKey> {
        self.keys.get(&scope)
    }
}
