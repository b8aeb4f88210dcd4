//! What the logs of office data are told: rows of covered tables are read before and after a write, and every difference
//! goes into the log of the unit that has the row in its care, in the same transaction.

use std::collections::BTreeMap;

use serde_json::Map;
use uuid::Uuid;

use super::StoreError;
use super::append::NewEvent;
use super::chain::{self, Stamp};
use super::engine::Writer;
use super::keys::Keys;
use super::office::{CoveredRow, Table};
use super::scope::WriteKeys;
use super::sql::{Cell, Statement, Touch};
use crate::domain::access;
use crate::domain::chain::{
    CHANGED_KIND, CheckpointReason, EventRef, Genesis, Hash, LogId, OfficeNote, RowMark, Scope,
};
use crate::domain::ids::{BootId, CommandId, SessionId, UnitId};

/// Rows by table and key.
type Rows = BTreeMap<(Table, String), CoveredRow>;

/// What becomes of which rows, by the log that is told.
pub(super) type Marks = BTreeMap<LogId, Vec<RowMark>>;

/// Covered rows as a write found them.
pub(super) struct Watch {
    touches: Vec<Touch>,
    before: Rows,
}

impl Watch {
    /// Before the statements run. Nobody else changes covered rows until the transaction ends.
    pub(super) async fn begin(conn: &mut Writer, rows: &[Statement]) -> Result<Self, StoreError> {
        let mut touches: Vec<Touch> = Vec::new();
        for row in rows {
            if row.touches.is_empty()
                && let Some(table) = Table::written_by(row.sql)
            {
                return Err(StoreError::Internal(format!("{}: {} is written past its log", row.what, table.name())));
            }
            for touch in &row.touches {
                if !touches.contains(touch) {
                    touches.push(touch.clone());
                }
            }
        }
        if !touches.is_empty() {
            conn.lock_office().await?;
        }
        let before = select(conn, &touches).await?;
        Ok(Self { touches, before })
    }

    /// After they ran: every difference. `followed`: by events of a session, which prove the content.
    pub(super) async fn end(self, conn: &mut Writer, keys: &Keys, followed: bool) -> Result<Marks, StoreError> {
        let mut after = select(conn, &self.touches).await?;
        let mut marks = Marks::new();
        let care = |row: &CoveredRow| in_care_of(keys, row.unit);
        for (place, old) in self.before {
            let new = after.remove(&place);
            let (table, _) = place;
            match new {
                Some(new) if care(&new) == care(&old) => {
                    if new != old {
                        marks.entry(care(&old)).or_default().push(mark(table, Some(&old), Some(&new), followed));
                    }
                }
                new => {
                    // Gone, or from now on in another log's care.
                    marks.entry(care(&old)).or_default().push(mark(table, Some(&old), None, followed));
                    if let Some(new) = new {
                        marks.entry(care(&new)).or_default().push(mark(table, None, Some(&new), followed));
                    }
                }
            }
        }
        for ((table, _), new) in after {
            marks.entry(care(&new)).or_default().push(mark(table, None, Some(&new), followed));
        }
        Ok(marks)
    }
}

async fn select(conn: &mut Writer, touches: &[Touch]) -> Result<Rows, StoreError> {
    let mut rows = Rows::new();
    for Touch { table, by, values } in touches {
        for row in conn.fetch(table.select(*by), values).await? {
            let row = CoveredRow::read(*table, row)?;
            rows.insert((*table, row.key.clone()), row);
        }
    }
    Ok(rows)
}

/// The log that has a row of this unit in its care.
pub(super) fn in_care_of(keys: &Keys, unit: Option<UnitId>) -> LogId {
    unit.map_or(LogId::Installation(keys.installation()), LogId::Unit)
}

/// One row before and after, at least one of them.
pub(super) fn mark(table: Table, old: Option<&CoveredRow>, new: Option<&CoveredRow>, followed: bool) -> RowMark {
    let told = !followed && !table.follows();
    let changed = match (old, new) {
        (Some(old), Some(new)) if told => {
            let pairs = table.columns().zip(old.cells.iter().zip(&new.cells));
            pairs.filter(|(_, (old, new))| old != new).map(|(column, _)| column.to_owned()).collect()
        }
        _ => Vec::new(),
    };
    let mut now = Map::new();
    for (column, cell) in new.filter(|_| told).into_iter().flat_map(|row| table.columns().zip(&row.cells)) {
        match cell {
            _ if table.is_secret(column) => {}
            Cell::Int(value) => drop(now.insert(column.to_owned(), (*value).into())),
            Cell::Text(value) => drop(now.insert(column.to_owned(), value.as_str().into())),
            Cell::Null | Cell::Blob(_) => {}
        }
    }
    let key = new.or(old).map(|row| row.key.clone()).unwrap_or_default();
    let digest = |row: Option<&CoveredRow>| row.map(|row| row.digest(table));
    RowMark { table: table.name().to_owned(), key, before: digest(old), after: digest(new), changed, now }
}

/// Why rows changed.
pub(super) struct Cause<'a> {
    pub(super) kind: &'static str,
    pub(super) actor: &'a str,
    pub(super) of: Option<EventRef>,
    pub(super) at_us: i64,
    pub(super) run: (BootId, i64),
    pub(super) checkpoint: Option<CheckpointReason>,
}

/// An act of the office is dated by the wall clock alone: nothing is measured from one to the next.
pub(super) const NO_RUN: (BootId, i64) = (BootId(Uuid::nil()), 0);

impl<'a> Cause<'a> {
    /// An act of the office. Its logs have no end to wait for: each head is signed.
    pub(super) fn act(actor: &'a str, at_us: i64) -> Self {
        let checkpoint = Some(CheckpointReason::Office);
        Self { kind: CHANGED_KIND, actor, of: None, at_us, run: NO_RUN, checkpoint }
    }
}

/// Tells each log what happened to its rows.
pub(super) async fn tell(
    conn: &mut Writer,
    write_keys: &mut WriteKeys<'_>,
    cause: &Cause<'_>,
    marks: Marks,
) -> Result<(), StoreError> {
    let keys = write_keys.keys();
    for (log, rows) in marks {
        let stamp = Stamp { log, at_us: cause.at_us, boot: cause.run.0, mono_us: cause.run.1 };
        let end = chain::head(conn, log).await?;
        let command_id = named_after(log, end);
        let mut events = Vec::with_capacity(2);
        if end.0 == 0 {
            let key_id = keys.signer(cause.at_us)?.public().id();
            let genesis = Genesis { installation: keys.installation(), key_id, log, rules: access::digest() };
            events.push(NewEvent::genesis(&genesis, command_id));
        }
        let body = serde_json::to_vec(&OfficeNote { of: cause.of, rows });
        events.push(NewEvent {
            kind: cause.kind.to_owned(),
            v: 1,
            command_id,
            part: u32::try_from(events.len()).unwrap_or(0),
            actor: cause.actor.to_owned(),
            scope: Scope::Office,
            body: body.map_err(|_| StoreError::Invalid { field: "note" })?,
        });
        let head = chain::extend(conn, write_keys, stamp, end, &events).await?;
        if let Some(reason) = cause.checkpoint {
            chain::sign(conn, keys, stamp, head, reason).await?;
        }
    }
    Ok(())
}

/// A command id for what no client commanded here: named after the place it takes, which nothing else can.
fn named_after(log: LogId, (seq, prev): (u64, Hash)) -> CommandId {
    let name = Hash::of(format!("diemcau-note-1\n{log}\n{seq}\n{prev}\n").as_bytes());
    CommandId(Uuid::from_bytes(name.0.first_chunk().copied().unwrap_or_default()))
}

/// The log of the unit that holds a session.
pub(super) async fn log_of(conn: &mut Writer, keys: &Keys, session: SessionId) -> Result<LogId, StoreError> {
    const UNIT: &str = "SELECT unit_id FROM session WHERE session_id = $1";
    let unit = match conn.fetch(UNIT, &[session.into()]).await?.pop() {
        Some(mut row) => Some(row.parse("session.unit_id")?),
        None => None,
    };
    Ok(in_care_of(keys, unit))
}
