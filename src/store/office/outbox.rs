//! What has to reach another system: written with the event that made it necessary, sent later, retried.

use jiff::Timestamp;
use uuid::Uuid;

use super::super::sql::{Sealed, Statement};
use super::super::{Store, StoreError};
use crate::domain::chain::Scope;
use crate::domain::ids::SessionId;

/// A message on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxRow {
    /// Which; also the receiver's key of idempotency.
    pub id: Uuid,
    /// What kind of message.
    pub kind: String,
    /// From which session.
    pub session: SessionId,
    /// Under whose key the data is sealed.
    pub scope: Scope,
    /// The event it carries.
    pub seq: u64,
    /// The message; `None` after an erasure.
    pub data: Option<Vec<u8>>,
    /// Failed attempts so far.
    pub tries: u32,
}

fn place(id: &str) -> String {
    format!("outbox|{id}")
}

/// Puts a message out, to be sent from `at` on.
pub fn outbox(row: &OutboxRow, at: Timestamp) -> Statement {
    let id = row.id.to_string();
    let data = Sealed {
        session: row.session,
        scope: row.scope,
        place: place(&id),
        plain: row.data.clone().unwrap_or_default(),
    };
    Statement::new(
        "outbox",
        "INSERT INTO outbox (outbox_id, kind, session_id, scope, seq, data_sealed, next_try_at_us) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(id)
    .bind(row.kind.as_str())
    .bind(row.session)
    .bind(row.scope)
    .bind(row.seq)
    .bind(data)
    .bind(at)
}

const DUE: &str = "SELECT outbox_id, kind, session_id, scope, seq, data_sealed, tries FROM outbox \
     WHERE done_at_us IS NULL AND next_try_at_us <= $1 ORDER BY next_try_at_us, outbox_id LIMIT $2";
const DONE: &str = "UPDATE outbox SET done_at_us = $2 WHERE outbox_id = $1 AND done_at_us IS NULL";
const FAILED: &str =
    "UPDATE outbox SET tries = tries + 1, next_try_at_us = $2 WHERE outbox_id = $1 AND done_at_us IS NULL";

impl Store {
    /// Messages that are due, one page.
    pub async fn outbox_due(&self, now: Timestamp) -> Result<Vec<OutboxRow>, StoreError> {
        let mut due = Vec::new();
        for mut row in self.read(DUE, &[now.into(), crate::limits::PAGE_ROWS.into()]).await? {
            let id: Uuid = row.parse("outbox.outbox_id")?;
            let kind = row.take("outbox.kind")?;
            let (session, scope) = (row.parse("outbox.session_id")?, row.parse("outbox.scope")?);
            let seq = row.take("outbox.seq")?;
            let sealed: Vec<u8> = row.take("outbox.data_sealed")?;
            let tries = row.take("outbox.tries")?;
            let data = self.read_keys(session).await?.column(scope, &place(&id.to_string()), &sealed);
            due.push(OutboxRow { id, kind, session, scope, seq, data, tries });
        }
        Ok(due)
    }

    /// The receiver has it.
    pub async fn outbox_done(&self, id: Uuid, now: Timestamp) -> Result<(), StoreError> {
        let done = Statement::new("outbox.done", DONE).bind(id.to_string()).bind(now).one_row();
        self.write_office(now, vec![done]).await
    }

    /// It did not arrive; try again at `next`.
    pub async fn outbox_failed(&self, id: Uuid, next: Timestamp, now: Timestamp) -> Result<(), StoreError> {
        let failed = Statement::new("outbox.failed", FAILED).bind(id.to_string()).bind(next).one_row();
        self.write_office(now, vec![failed]).await
    }
}
