//! One append: events, their projections, what the logs of units are told of these, and perhaps a signed head, in one
//! transaction.

use jiff::Timestamp;

use super::StoreError;
use super::chain::{self, Stamp};
use super::engine::Writer;
use super::keys::{Keys, Wrap};
use super::notes::{self, Cause, Watch};
use super::scope::WriteKeys;
use super::sql::Statement;
use crate::domain::chain::{
    Checkpoint, CheckpointReason, ERASED_KIND, ERASURE_KIND, EventRef, FOLLOWED_KIND, GENESIS_KIND, Genesis, Hash,
    LogId, Scope, plain_field,
};
use crate::domain::event::Event;
use crate::domain::ids::{BootId, CommandId, SessionId};
use crate::limits;

/// An event that happened and is not stored yet.
#[derive(Debug, Clone)]
pub struct NewEvent {
    /// Stable code: lower-case words.
    pub kind: String,
    /// Version of the body's shape.
    pub v: u32,
    /// The command that caused it.
    pub command_id: CommandId,
    /// Which event of that command, from 0.
    pub part: u32,
    /// `user:{id}`, `point:{id}` or `system`.
    pub actor: String,
    /// Under whose key the body is sealed.
    pub scope: Scope,
    /// The body in clear.
    pub body: Vec<u8>,
}

impl NewEvent {
    /// A typed event of the domain, its body as JSON, sealed under the scope it names.
    pub fn typed(event: &Event, command_id: CommandId, part: u32, actor: String) -> Result<Self, StoreError> {
        let body = serde_json::to_vec(event).map_err(|_| StoreError::Invalid { field: "body" })?;
        let (kind, v, scope) = (event.kind(), event.version(), event.scope());
        Ok(Self { kind, v, command_id, part, actor, scope, body })
    }

    /// The first event of a log.
    pub fn genesis(genesis: &Genesis, command_id: CommandId) -> Self {
        Self {
            kind: GENESIS_KIND.to_owned(),
            v: 1,
            command_id,
            part: 0,
            actor: "system".to_owned(),
            scope: Scope::Open,
            body: genesis.text().into_bytes(),
        }
    }
}

/// What becomes true together.
#[derive(Debug, Clone)]
pub struct Append {
    /// Whose log.
    pub session: SessionId,
    /// The epoch of the lease the writer of this log holds.
    pub epoch: u64,
    /// The sequence the first event must get: what the deciding state was folded up to, plus one.
    pub expected_seq: u64,
    /// Which run of the process.
    pub boot: BootId,
    /// Monotonic microseconds of that run.
    pub mono_us: i64,
    /// Wall clock.
    pub at: Timestamp,
    /// At least one.
    pub events: Vec<NewEvent>,
    /// Scopes that begin or change their class with this append.
    pub scopes: Vec<(Scope, Wrap)>,
    /// Projections and office records.
    pub rows: Vec<Statement>,
    /// Sign the head after these events.
    pub checkpoint: Option<CheckpointReason>,
}

impl Append {
    /// An append without rows, scopes or checkpoint.
    pub fn new(session: SessionId, epoch: u64, expected_seq: u64, at: (BootId, i64, Timestamp)) -> Self {
        let (boot, mono_us, at) = at;
        Self {
            session,
            epoch,
            expected_seq,
            boot,
            mono_us,
            at,
            events: Vec::new(),
            scopes: Vec::new(),
            rows: Vec::new(),
            checkpoint: None,
        }
    }
}

/// The commit of an append.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// Sequence of its first event.
    pub first_seq: u64,
    /// Sequence and hash of its last event.
    pub head: (u64, Hash),
    /// The signed head, if one was asked for.
    pub checkpoint: Option<Checkpoint>,
    /// True when the same command was stored before: nothing was written now.
    pub replayed: bool,
}

const LEASE: &str = "UPDATE room_lease SET until_us = CASE WHEN until_us < $3 THEN $3 ELSE until_us END \
     WHERE session_id = $1 AND epoch = $2";
const OF_COMMAND: &str = "SELECT seq, hash FROM session_event WHERE session_id = $1 AND command_id = $2 ORDER BY seq";
/// What can be refused without asking the database.
pub(super) fn check(append: &Append) -> Result<(), StoreError> {
    if append.events.is_empty() || append.events.len() > limits::APPEND_EVENTS {
        return Err(StoreError::Invalid { field: "events" });
    }
    for (index, event) in append.events.iter().enumerate() {
        if !plain_field(&event.kind) {
            return Err(StoreError::Invalid { field: "kind" });
        }
        if !plain_field(&event.actor) {
            return Err(StoreError::Invalid { field: "actor" });
        }
        let first = append.expected_seq == 0 && index == 0;
        if first != (event.kind == GENESIS_KIND) {
            return Err(StoreError::Genesis);
        }
    }
    Ok(())
}

/// Writes everything; the caller commits. A `Constraint` on `session_event` is a race with another writer.
pub(super) async fn write(conn: &mut Writer, keys: &Keys, append: &mut Append) -> Result<Appended, StoreError> {
    let at_us = append.at.as_microsecond();
    let until = append.at.saturating_add(limits::ROOM_LEASE).map_err(|_| StoreError::Invalid { field: "at" })?;
    let args = [append.session.into(), append.epoch.into(), until.into()];
    if conn.execute("room_lease", LEASE, &args).await? != 1 {
        return Err(StoreError::LeaseLost);
    }
    let log = LogId::Session(append.session);
    let (next, prev) = chain::head(conn, log).await?;
    if next != append.expected_seq {
        return Err(StoreError::SeqConflict { expected: append.expected_seq, next });
    }
    let mut write_keys = WriteKeys::new(keys, at_us);
    for (scope, wrap) in &append.scopes {
        write_keys.set_class(conn, log, *scope, *wrap).await?;
    }
    let stamp = Stamp { log, at_us, boot: append.boot, mono_us: append.mono_us };
    let head = chain::extend(conn, &mut write_keys, stamp, (next, prev), &append.events).await?;
    let watch = Watch::begin(conn, &append.rows).await?;
    run_rows(conn, &mut write_keys, &mut append.rows).await?;
    let mut marks = watch.end(conn, keys, true).await?;
    let erased = append.events.iter().any(|event| event.kind == ERASURE_KIND);
    if erased {
        marks.entry(notes::log_of(conn, keys, append.session).await?).or_default();
    }
    let cause = Cause {
        kind: if erased { ERASED_KIND } else { FOLLOWED_KIND },
        actor: "system",
        of: Some(EventRef { session: append.session, seq: head.0, hash: head.1 }),
        at_us,
        run: (append.boot, append.mono_us),
        checkpoint: append.checkpoint,
    };
    notes::tell(conn, &mut write_keys, &cause, marks).await?;
    let checkpoint = match append.checkpoint {
        Some(reason) => Some(chain::sign(conn, keys, stamp, head, reason).await?),
        None => None,
    };
    Ok(Appended { first_seq: next, head, checkpoint, replayed: false })
}

/// Runs statements in order, sealing what waits for it; the first that fails or misses its guard ends it.
pub(super) async fn run_rows(
    conn: &mut Writer,
    keys: &mut WriteKeys<'_>,
    rows: &mut [Statement],
) -> Result<(), StoreError> {
    for row in rows {
        keys.seal_values(conn, &mut row.args).await?;
        let touched = conn.execute(row.what, row.sql, &row.args).await?;
        if let Some((count, what)) = row.guard
            && touched != count
        {
            return Err(StoreError::Stale { what });
        }
    }
    Ok(())
}

/// After a refused append: was it stored before? `refusal` is the answer when it was not.
pub(super) async fn replay(conn: &mut Writer, append: &Append, refusal: StoreError) -> Result<Appended, StoreError> {
    let Some(first) = append.events.first() else { return Err(refusal) };
    let one_command = append.events.iter().all(|event| event.command_id == first.command_id);
    for event in append.events.iter().filter(|event| event.part == 0 || one_command) {
        let mut stored = conn.fetch(OF_COMMAND, &[append.session.into(), event.command_id.into()]).await?.into_iter();
        let Some(mut row) = stored.next() else { continue };
        let first_seq: u64 = row.take("session_event.seq")?;
        if !one_command {
            return Err(StoreError::Duplicate { command: event.command_id, seq: first_seq });
        }
        let mut head = (first_seq, row.parse("session_event.hash")?);
        for mut row in stored {
            head = (row.take("session_event.seq")?, row.parse("session_event.hash")?);
        }
        return Ok(Appended { first_seq, head, checkpoint: None, replayed: true });
    }
    match refusal {
        StoreError::Constraint { what: "session_event" } => {
            let (next, _) = chain::head(conn, append.session.into()).await?;
            Err(StoreError::SeqConflict { expected: append.expected_seq, next })
        }
        other => Err(other),
    }
}

/// True when this append's last event is in the log with this hash: settles a commit whose answer was lost.
pub(super) async fn is_stored(conn: &mut Writer, session: SessionId, head: (u64, Hash)) -> Result<bool, StoreError> {
    const AT: &str = "SELECT hash FROM session_event WHERE session_id = $1 AND seq = $2";
    match conn.fetch(AT, &[session.into(), head.0.into()]).await?.pop() {
        Some(mut row) => Ok(row.parse::<Hash>("session_event.hash")? == head.1),
        None => Ok(false),
    }
}
