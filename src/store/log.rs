//! Reading logs: events with opened bodies, heads, signed heads.

use jiff::Timestamp;

use super::scope::ReadKeys;
use super::sql::Row;
use super::{Store, StoreError};
use crate::domain::chain::{Checkpoint, Genesis, Hash, Header, Item, LogId, Scope};
use crate::domain::event::Event;
use crate::domain::ids::{BootId, SessionId};
use crate::limits;

/// A stored event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEvent {
    /// What was hashed, and the stored bytes.
    pub item: Item,
    /// Which run of the process wrote it.
    pub boot: BootId,
    /// Monotonic microseconds of that run.
    pub mono_us: i64,
    /// The body in clear; `None` when its key was destroyed.
    pub body: Option<Vec<u8>>,
}

impl StoredEvent {
    /// The event as the domain knows it; `None` when its key was destroyed, and for genesis and erasure, which belong
    /// to the log itself.
    pub fn typed(&self) -> Result<Option<Event>, StoreError> {
        let of_the_log = self.item.header.scope == Scope::Open;
        let Some(body) = self.body.as_deref().filter(|_| !of_the_log) else { return Ok(None) };
        let event = serde_json::from_slice(body).map_err(|_| StoreError::Corrupt { column: "session_event.body" })?;
        Ok(Some(event))
    }
}

/// The end of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Whose log.
    pub log: LogId,
    /// Its last event.
    pub seq: u64,
    /// Hash of that event.
    pub hash: Hash,
    /// When it was written.
    pub at: Timestamp,
}

pub(super) const PAGE: &str = "SELECT session_id, seq, at_us, boot_id, mono_us, kind, v, command_id, part, actor, scope, body, \
     body_digest, prev_hash, hash FROM session_event WHERE session_id = $1 AND seq >= $2 ORDER BY seq LIMIT $3";
const HEADS: &str = "SELECT e.session_id, e.seq, e.hash, e.at_us FROM session_event e \
     JOIN (SELECT session_id, MAX(seq) AS seq FROM session_event GROUP BY session_id) last \
     ON last.session_id = e.session_id AND last.seq = e.seq ORDER BY e.session_id";
pub(super) const HASH_AT: &str = "SELECT hash FROM session_event WHERE session_id = $1 AND seq = $2";
const UNFINISHED: &str = "SELECT e.session_id FROM session s JOIN session_event e ON e.session_id = s.session_id \
     WHERE s.status NOT IN ('concluded', 'archived') AND e.kind IN ('segment_opened', 'segment_closed') \
     GROUP BY e.session_id HAVING SUM(CASE e.kind WHEN 'segment_opened' THEN 1 ELSE -1 END) > 0 ORDER BY e.session_id";
pub(super) const CHECKPOINTS: &str = "SELECT session_id, seq, head, at_us, reason, key_id, signature FROM checkpoint \
     WHERE session_id = $1 ORDER BY seq";

/// A stored event before its body is opened.
pub(super) struct RawEvent {
    pub(super) item: Item,
    pub(super) boot: BootId,
    pub(super) mono_us: i64,
}

pub(super) fn raw_event(mut row: Row) -> Result<RawEvent, StoreError> {
    let log = row.parse("session_event.session_id")?;
    let seq = row.take("session_event.seq")?;
    let at_us = row.take("session_event.at_us")?;
    let boot = row.parse("session_event.boot_id")?;
    let mono_us = row.take("session_event.mono_us")?;
    let kind = row.take("session_event.kind")?;
    let v = row.take("session_event.v")?;
    let command_id = row.parse("session_event.command_id")?;
    let part = row.take("session_event.part")?;
    let actor = row.take("session_event.actor")?;
    let scope: Scope = row.parse("session_event.scope")?;
    let body = row.take("session_event.body")?;
    let body_digest = row.parse("session_event.body_digest")?;
    let prev_hash = row.parse("session_event.prev_hash")?;
    let hash = row.parse("session_event.hash")?;
    let header = Header { log, seq, at_us, kind, v, command_id, part, actor, scope, body_digest, prev_hash };
    Ok(RawEvent { item: Item { header, hash, body }, boot, mono_us })
}

impl Store {
    /// One page of a log from `from_seq` on, in order; fewer than [`limits::LOG_PAGE`] events mean it ends here.
    pub async fn load_page(&self, log: impl Into<LogId>, from_seq: u64) -> Result<Vec<StoredEvent>, StoreError> {
        let log = log.into();
        let keys = self.read_keys(log).await?;
        self.page(log, from_seq, &keys).await
    }

    /// The first two events of a log: genesis and what it began with. Empty where there is no log.
    pub async fn load_begin(&self, session: SessionId) -> Result<Vec<StoredEvent>, StoreError> {
        let log = LogId::Session(session);
        let keys = self.read_keys(log).await?;
        self.rows(log, 0, 2, &keys).await
    }

    /// Sessions that are not concluded and whose log knows recordings without an end.
    pub async fn unfinished_recordings(&self) -> Result<Vec<SessionId>, StoreError> {
        let rows = self.read(UNFINISHED, &[]).await?;
        rows.into_iter().map(|mut row| row.parse("session_event.session_id")).collect()
    }

    /// The whole log from `from_seq` on.
    pub async fn load(&self, log: impl Into<LogId>, from_seq: u64) -> Result<Vec<StoredEvent>, StoreError> {
        let log = log.into();
        let keys = self.read_keys(log).await?;
        let mut events: Vec<StoredEvent> = Vec::new();
        let mut from = from_seq;
        loop {
            let page = self.page(log, from, &keys).await?;
            let full = u32::try_from(page.len()).is_ok_and(|rows| rows >= limits::LOG_PAGE);
            events.extend(page);
            match events.last() {
                Some(last) if full => from = last.item.header.seq.saturating_add(1),
                _ => return Ok(events),
            }
        }
    }

    async fn page(&self, log: LogId, from: u64, keys: &ReadKeys) -> Result<Vec<StoredEvent>, StoreError> {
        self.rows(log, from, limits::LOG_PAGE, keys).await
    }

    async fn rows(&self, log: LogId, from: u64, most: u32, keys: &ReadKeys) -> Result<Vec<StoredEvent>, StoreError> {
        let rows = self.read(PAGE, &[log.into(), from.into(), most.into()]).await?;
        let mut events = Vec::with_capacity(rows.len());
        for row in rows {
            let RawEvent { item, boot, mono_us } = raw_event(row)?;
            let body = item.body.as_deref().and_then(|body| keys.body(item.header.seq, item.header.scope, body));
            events.push(StoredEvent { item, boot, mono_us, body });
        }
        Ok(events)
    }

    /// The keys of a log, to open bodies and sealed columns.
    pub async fn read_keys(&self, log: impl Into<LogId>) -> Result<ReadKeys, StoreError> {
        ReadKeys::load(&self.engine, &self.keys, log.into()).await
    }

    /// The end of every log, of sessions and of office data.
    pub async fn heads(&self) -> Result<Vec<Head>, StoreError> {
        let mut heads = Vec::new();
        for mut row in self.read(HEADS, &[]).await? {
            heads.push(Head {
                log: row.parse("session_event.session_id")?,
                seq: row.take("session_event.seq")?,
                hash: row.parse("session_event.hash")?,
                at: row.moment("session_event.at_us")?,
            });
        }
        Ok(heads)
    }

    /// Hash of one event: the head of the log when it was the last. `None` beyond the end.
    pub async fn hash_at(&self, log: impl Into<LogId>, seq: u64) -> Result<Option<Hash>, StoreError> {
        let row = self.read(HASH_AT, &[log.into().into(), seq.into()]).await?.pop();
        row.map(|mut row| row.parse("session_event.hash")).transpose()
    }

    /// The signed heads of a log.
    pub async fn checkpoints(&self, log: impl Into<LogId>) -> Result<Vec<Checkpoint>, StoreError> {
        let rows = self.read(CHECKPOINTS, &[log.into().into()]).await?;
        rows.into_iter().map(checkpoint).collect()
    }

    /// The body of a new log's first event.
    pub fn genesis(&self, session: SessionId, rules: Hash, at: Timestamp) -> Result<Genesis, StoreError> {
        let key_id = self.keys.signer(at.as_microsecond())?.public().id();
        Ok(Genesis { installation: self.keys.installation(), key_id, log: session.into(), rules })
    }
}

pub(super) fn checkpoint(mut row: Row) -> Result<Checkpoint, StoreError> {
    Ok(Checkpoint {
        log: row.parse("checkpoint.session_id")?,
        seq: row.take("checkpoint.seq")?,
        head: row.parse("checkpoint.head")?,
        at_us: row.take("checkpoint.at_us")?,
        reason: row.parse("checkpoint.reason")?,
        key_id: row.parse("checkpoint.key_id")?,
        signature: row.parse("checkpoint.signature")?,
    })
}
