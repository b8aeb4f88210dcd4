//! Office data against its logs: every note is folded, every event of a session it names is looked up, and at the end
//! every covered row is shown.

use crate::domain::chain::{Claims, EventRef, Fault, FaultKind, GENESIS_KIND, Hash, Item, LogId, OfficeNote, Scope};
use crate::limits;
use crate::store::StoreError;
use crate::store::engine::Writer;
use crate::store::keys::Keys;
use crate::store::log::HASH_AT;
use crate::store::notes::in_care_of;
use crate::store::office::{CoveredRow, TABLES};
use crate::store::scope::ReadKeys;

/// The migration that began these logs.
const OFFICE_LOG: i64 = 3;
const SCHEMA: &str = "SELECT MAX(version) FROM _sqlx_migrations";
const BEGUN: &str = "SELECT office_from_us FROM installation";

/// Whether this database says that its rows stand in logs.
pub(super) async fn has_begun(conn: &mut Writer) -> Result<bool, StoreError> {
    let version = match conn.fetch(SCHEMA, &[]).await?.pop() {
        Some(mut row) => row.take::<Option<i64>>("_sqlx_migrations.version")?,
        None => None,
    };
    if version.is_none_or(|version| version < OFFICE_LOG) {
        return Ok(false);
    }
    match conn.fetch(BEGUN, &[]).await?.pop() {
        Some(mut row) => Ok(row.take::<Option<i64>>("installation.office_from_us")?.is_some()),
        None => Ok(false),
    }
}

/// Takes one opened event of an office log into account.
pub(super) async fn note(
    conn: &mut Writer,
    claims: &mut Claims,
    item: &Item,
    keys: &ReadKeys,
) -> Result<Result<(), Fault>, StoreError> {
    let header = &item.header;
    if header.kind == GENESIS_KIND {
        return Ok(Ok(()));
    }
    let fault = |kind| Fault { log: Some(header.log), seq: Some(header.seq), kind };
    let body = item.body.as_deref().filter(|_| header.scope == Scope::Office);
    let note = body.and_then(|body| keys.body(header.seq, header.scope, body));
    let note = note.and_then(|body| serde_json::from_slice::<OfficeNote>(&body).ok());
    let Some(note) = note else { return Ok(Err(fault(FaultKind::Malformed { field: "body".to_owned() }))) };
    if let Some(EventRef { session, seq, hash }) = note.of {
        let stored = conn.fetch(HASH_AT, &[session.into(), seq.into()]).await?.pop();
        let stored = stored.map(|mut row| row.parse::<Hash>("session_event.hash")).transpose()?;
        if stored != Some(hash) {
            return Ok(Err(fault(FaultKind::ReferenceMismatch { session, event: seq })));
        }
    }
    Ok(claims.note(header.log, note).map_err(fault))
}

/// Every covered row against what the logs have last: how many, or the first that is not as it should be.
pub(super) async fn rows(
    conn: &mut Writer,
    keys: &Keys,
    mut claims: Claims,
) -> Result<Result<usize, Fault>, StoreError> {
    let fault = |log: LogId, kind| Fault { log: Some(log), seq: None, kind };
    let mut count = 0_usize;
    for table in TABLES {
        let mut last: Option<CoveredRow> = None;
        loop {
            let (sql, args) = table.page(last.as_ref());
            let page = conn.fetch(sql, &args).await?;
            let full = u32::try_from(page.len()).is_ok_and(|rows| rows >= limits::LOG_PAGE);
            for row in page {
                let row = CoveredRow::read(table, row)?;
                let log = in_care_of(keys, row.unit);
                if let Err(kind) = claims.row(log, table.name(), &row.key, row.digest(table)) {
                    return Ok(Err(fault(log, kind)));
                }
                count = count.saturating_add(1);
                last = Some(row);
            }
            if !full {
                break;
            }
        }
    }
    Ok(claims.finish().map(|()| count).map_err(|(log, kind)| fault(log, kind)))
}
