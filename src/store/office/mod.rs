//! The office's tables. Writes are [`Statement`](super::Statement)s, so that a room can put them into the transaction of its events and
//! an office page into one of its own ([`Store::write_office`]); reads are methods of [`Store`], in pages.
//!
//! Every change of a covered table ([`Table`]) is noted in the log of its unit, in the same transaction (`store::notes`).
//!
//! Authorization is not here: who may see a row is the caller's question, except where a page would be wrong without
//! it ([`Store::sessions_of_user`], [`Seen`]).

mod access;
mod act;
mod cases;
mod covered;
mod device_tokens;
mod devices;
mod files;
mod outbox;
mod sessions;
mod touch;
mod units;
mod users;
mod visits;

use jiff::civil::Date;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use access::{TicketUse, WebSession, end_web_sessions, link, ticket, web_session};
pub use act::Act;
pub use cases::{CaseRow, OfVisit, PetitionRow, PromiseRow, PromiseWords, case, petition, promise, register_entry};
pub(super) use covered::{By, CoveredRow};
pub use covered::{TABLES, Table};
pub use device_tokens::{DeviceScope, DeviceToken, device_token, revoke_device_token};
pub use devices::{PairingCode, device, pairing_code};
pub use files::{FileRow, file};
pub use outbox::{OutboxRow, outbox};
pub use sessions::{FunctionRow, SessionRow, function, session, session_point};
pub use touch::touch_web_session;
pub use units::{point, unit};
pub use users::{Account, grant, user};
pub use visits::{PersonRow, VisitRow, person, visit};

use super::sql::{Row, Sealed};
use super::{Store, StoreError};
use crate::domain::chain::Scope;
use crate::domain::ids::{SessionId, VisitId};

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// At most [`crate::limits::PAGE_ROWS`].
    pub rows: Vec<T>,
    /// The place to go on from; `None` on the last page.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// From one row more than a page holds; `key` is the place of a row.
    fn cut(mut rows: Vec<T>, key: impl Fn(&T) -> String) -> Self {
        let size = usize::try_from(crate::limits::PAGE_ROWS).unwrap_or(usize::MAX);
        let more = rows.len() > size;
        rows.truncate(size);
        let next = rows.last().filter(|_| more).map(key);
        Self { rows, next }
    }
}

/// One row more than a page, to know whether there is another.
const PAGE_AND_ONE: u32 = crate::limits::PAGE_ROWS.saturating_add(1);

/// Which classes the reader sees. What is not seen is absent: from rows, counts and pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// Only `normal`.
    Normal,
    /// `restricted` too: the receiver's point.
    All,
}

impl Seen {
    fn restricted(self) -> bool {
        self == Self::All
    }
}

/// The stable name of an enum's value, as in JSON.
fn code<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(text)) => text,
        _ => String::new(),
    }
}

fn from_code<T: DeserializeOwned>(text: String, column: &'static str) -> Result<T, StoreError> {
    serde_json::from_value(serde_json::Value::String(text)).map_err(|_| StoreError::Corrupt { column })
}

impl Row {
    /// The next column as the enum whose name it holds.
    fn code<T: DeserializeOwned>(&mut self, column: &'static str) -> Result<T, StoreError> {
        from_code(self.take(column)?, column)
    }

    fn date(&mut self, column: &'static str) -> Result<Date, StoreError> {
        self.parse(column)
    }

    fn date_opt(&mut self, column: &'static str) -> Result<Option<Date>, StoreError> {
        self.parse_opt(column)
    }
}

/// A record as JSON under the key of a visit.
fn seal_json<T: Serialize>(
    (session, visit): (SessionId, VisitId),
    place: String,
    value: &T,
) -> Result<Sealed, StoreError> {
    let plain = serde_json::to_vec(value).map_err(|_| StoreError::Invalid { field: "record" })?;
    Ok(Sealed { session, scope: Scope::Visit(visit), place, plain })
}

impl Store {
    /// Opens what [`seal_json`] sealed; `None` after an erasure.
    async fn open_json<T: DeserializeOwned>(
        &self,
        (session, visit): (SessionId, VisitId),
        place: &str,
        stored: &[u8],
    ) -> Result<Option<T>, StoreError> {
        let keys = self.read_keys(session).await?;
        let Some(plain) = keys.column(Scope::Visit(visit), place, stored) else { return Ok(None) };
        serde_json::from_slice(&plain).map(Some).map_err(|_| StoreError::Corrupt { column: "sealed" })
    }
}
