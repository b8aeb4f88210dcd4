//! Office data that is older than its logs: an existing database of a release without them is taken over once, row by row
//! as it is, so that from then on every change shows.

use super::StoreError;
use super::engine::Writer;
use super::keys::Keys;
use super::notes::{self, Cause, Marks, in_care_of, mark};
use super::office::{CoveredRow, TABLES};
use super::scope::WriteKeys;
use super::sql::Value;
use crate::domain::chain::{ADOPTED_KIND, LogId};

/// Moment from which all rows stand in logs; NULL until then. The second: the newest moment that the database knows of,
/// because the store reads no clock.
const BEGUN: &str = "SELECT office_from_us, (SELECT MAX(at_us) FROM session_event), (SELECT MIN(valid_from_us) FROM signing_key) \
     FROM installation";
const BEGIN: &str = "UPDATE installation SET office_from_us = $1";
/// Rows of one event.
const CHUNK: usize = 500;

/// In one transaction, so that a start that was cut off begins again.
pub(super) async fn adopt_rows(conn: &mut Writer, keys: &Keys) -> Result<(), StoreError> {
    conn.begin().await?;
    conn.lock_office().await?;
    let mut row = conn.fetch(BEGUN, &[]).await?.pop().ok_or(StoreError::Corrupt { column: "installation" })?;
    if row.take::<Option<i64>>("installation.office_from_us")?.is_some() {
        return conn.rollback().await;
    }
    let newest: Option<i64> = row.take("session_event.at_us")?;
    let at_us = newest.map_or_else(|| row.take("signing_key.valid_from_us"), Ok)?;
    let marks = all_rows(conn, keys).await?;
    let mut write_keys = WriteKeys::new(keys, at_us);
    let cause = Cause { kind: ADOPTED_KIND, ..Cause::act("system", at_us) };
    for (log, mut rows) in marks {
        loop {
            let rest = rows.split_off(rows.len().min(CHUNK));
            notes::tell(conn, &mut write_keys, &cause, Marks::from([(log, rows)])).await?;
            if rest.is_empty() {
                break;
            }
            rows = rest;
        }
    }
    conn.execute("installation", BEGIN, &[Value::from(at_us)]).await?;
    conn.commit().await
}

/// Every covered row, by the log that takes it over. The installation's own log begins even with nothing to say: that it
/// is gone must show.
async fn all_rows(conn: &mut Writer, keys: &Keys) -> Result<Marks, StoreError> {
    let mut marks = Marks::from([(LogId::Installation(keys.installation()), Vec::new())]);
    for table in TABLES {
        let mut last: Option<CoveredRow> = None;
        loop {
            let (sql, args) = table.page(last.as_ref());
            let rows = conn.fetch(sql, &args).await?;
            let full = u32::try_from(rows.len()).is_ok_and(|count| count >= crate::limits::LOG_PAGE);
            for row in rows {
                let row = CoveredRow::read(table, row)?;
                marks.entry(in_care_of(keys, row.unit)).or_default().push(mark(table, None, Some(&row), false));
                last = Some(row);
            }
            if !full {
                break;
            }
        }
    }
    Ok(marks)
}
