//! What logs of office data say: which row of which table became what, by whose act or after which event of a session.
//!
//! A row is named by table and key and stands in the log as a digest before and after. So a row that was changed behind
//! the program's back is found: its digest is not the one the log has last, or, if a later act changed it too, not the
//! one that act found.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::fault::FaultKind;
use super::hex::Hash;
use super::log::LogId;
use crate::domain::ids::SessionId;

/// Kind of an event: an act of the office changed rows.
pub const CHANGED_KIND: &str = "office_changed";
/// Kind of an event: rows followed from events of a session, which prove their content.
pub const FOLLOWED_KIND: &str = "rows_followed";
/// Kind of an event: the key of a visit or session was destroyed, as the session's log says.
pub const ERASED_KIND: &str = "erasure_followed";
/// Kind of an event: rows that were there before this log began.
pub const ADOPTED_KIND: &str = "office_adopted";

/// The body of every event of an office log but its genesis; stored as JSON, sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfficeNote {
    /// The last event of a session that made it so; none for an act of the office.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<EventRef>,
    /// What became of which rows.
    pub rows: Vec<RowMark>,
}

/// An event of a session, by its hash: a log that was rewritten or removed does not have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventRef {
    /// Whose log.
    pub session: SessionId,
    /// Which event.
    pub seq: u64,
    /// Its hash.
    pub hash: Hash,
}

/// One row before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowMark {
    /// Name of the table.
    pub table: String,
    /// Values of its key, joined by `|`.
    pub key: String,
    /// [`row_digest`] of the row as the act found it; none where there was no row in this log's care.
    pub before: Option<Hash>,
    /// [`row_digest`] of the row as the act left it; none when it is gone or in another log's care.
    pub after: Option<Hash>,
    /// Names of the columns an act of the office changed, secret ones too: that a password was changed is told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<String>,
    /// The row as an act of the office left it; never a secret, never what is sealed under a key of its own.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub now: Map<String, Value>,
}

/// A value of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field<'a> {
    /// A 64-bit integer.
    Int(i64),
    /// Text.
    Text(&'a str),
    /// Bytes, as stored: sealed ones stay sealed.
    Bytes(&'a [u8]),
}

/// SHA-256 of the lines `diemcau-row-1`, the table, and for each column that is not NULL, in the order of the table, its
/// name and value: `name int 7`, `name text 5 Xã A` (bytes counted, so that a line end in a value stands for nothing
/// else), `name bytes <SHA-256>`. Names of tables and columns are ours and stand on one line. Columns that are NULL are
/// left out, so that a column added later changes no digest.
pub fn row_digest<'a>(table: &str, columns: impl IntoIterator<Item = (&'a str, Field<'a>)>) -> Hash {
    let mut text = format!("diemcau-row-1\n{table}\n");
    for (name, field) in columns {
        let line = match field {
            Field::Int(value) => format!("{name} int {value}\n"),
            Field::Text(value) => format!("{name} text {} {value}\n", value.len()),
            Field::Bytes(value) => format!("{name} bytes {}\n", Hash::of(value)),
        };
        text.push_str(&line);
    }
    Hash::of(text.as_bytes())
}

/// Which rows the logs vouch for: the fold of their notes.
#[derive(Debug, Default)]
pub struct Claims {
    rows: BTreeMap<(LogId, String, String), Hash>,
}

impl Claims {
    /// The next note of a log.
    ///
    /// # Errors
    /// [`FaultKind::RowChangedBefore`]: the act found a row that is not as the log had it.
    pub fn note(&mut self, log: LogId, note: OfficeNote) -> Result<(), FaultKind> {
        for mark in note.rows {
            let place = (log, mark.table, mark.key);
            if self.rows.get(&place).copied() != mark.before {
                let (_, table, key) = place;
                return Err(FaultKind::RowChangedBefore { table, key });
            }
            match mark.after {
                Some(after) => self.rows.insert(place, after),
                None => self.rows.remove(&place),
            };
        }
        Ok(())
    }

    /// A row as it is now, in the care of `log`.
    ///
    /// # Errors
    /// [`FaultKind::RowUnknown`] when no log vouches for it, [`FaultKind::RowChanged`] when it is not as it should be.
    pub fn row(&mut self, log: LogId, table: &str, key: &str, digest: Hash) -> Result<(), FaultKind> {
        let (table, key) = (table.to_owned(), key.to_owned());
        match self.rows.remove(&(log, table.clone(), key.clone())) {
            Some(claimed) if claimed == digest => Ok(()),
            Some(_) => Err(FaultKind::RowChanged { table, key }),
            None => Err(FaultKind::RowUnknown { table, key }),
        }
    }

    /// Every row was shown: one that a log still vouches for is gone.
    ///
    /// # Errors
    /// [`FaultKind::RowMissing`] of the first such row, with its log.
    pub fn finish(self) -> Result<(), (LogId, FaultKind)> {
        match self.rows.into_keys().next() {
            Some((log, table, key)) => Err((log, FaultKind::RowMissing { table, key })),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::ids::UnitId;

    const LOG: LogId = LogId::Unit(UnitId(Uuid::from_u128(1)));

    fn mark(before: Option<&str>, after: Option<&str>) -> OfficeNote {
        let hash = |text: &str| Hash::of(text.as_bytes());
        let row = RowMark {
            table: "point".to_owned(),
            key: "k".to_owned(),
            before: before.map(hash),
            after: after.map(hash),
            changed: Vec::new(),
            now: Map::new(),
        };
        OfficeNote { of: None, rows: vec![row] }
    }

    fn fold(notes: Vec<OfficeNote>) -> Result<Claims, FaultKind> {
        let mut claims = Claims::default();
        notes.into_iter().try_for_each(|note| claims.note(LOG, note)).map(|()| claims)
    }

    #[test]
    fn the_digest_tells_every_two_rows_apart() {
        let rows: Vec<Vec<(&str, Field)>> = vec![
            vec![],
            vec![("a", Field::Int(1))],
            vec![("a", Field::Text("1"))],
            vec![("a", Field::Bytes(b"1"))],
            vec![("b", Field::Int(1))],
            vec![("a", Field::Text("1")), ("b", Field::Text("2"))],
            vec![("a", Field::Text("1\nb text 1 2"))],
            vec![("a", Field::Text(""))],
        ];
        let mut digests: Vec<Hash> = rows.into_iter().map(|row| row_digest("t", row)).collect();
        let count = digests.len();
        digests.sort_unstable();
        digests.dedup();
        assert_eq!(digests.len(), count);
        // By hand: printf 'diemcau-row-1\nunit\nname text 5 Xã A\n' | sha256sum
        let known = "380413005614647e0a44eafad5ed82980446006b6a933e72f2429e01109b6861";
        assert_eq!(row_digest("unit", [("name", Field::Text("Xã A"))]).to_string(), known);
    }

    #[test]
    fn rows_are_as_the_log_left_them_or_named() {
        let digest = Hash::of(b"2");
        let story = || fold(vec![mark(None, Some("1")), mark(Some("1"), Some("2"))]).unwrap();
        let mut claims = story();
        claims.row(LOG, "point", "k", digest).unwrap();
        claims.finish().unwrap();
        let (table, key) = ("point".to_owned(), "k".to_owned());
        let changed = story().row(LOG, "point", "k", Hash::of(b"1"));
        assert_eq!(changed, Err(FaultKind::RowChanged { table: table.clone(), key: key.clone() }));
        let unknown = story().row(LOG, "point", "j", digest);
        assert_eq!(unknown, Err(FaultKind::RowUnknown { table: table.clone(), key: "j".to_owned() }));
        assert_eq!(story().finish(), Err((LOG, FaultKind::RowMissing { table, key })));
        let gone = fold(vec![mark(None, Some("1")), mark(Some("1"), None)]).unwrap();
        gone.finish().unwrap();
    }

    #[test]
    fn a_change_that_a_later_act_covered_up_is_found_at_that_act() {
        for notes in [
            vec![mark(None, Some("1")), mark(Some("x"), Some("2"))],
            vec![mark(None, Some("1")), mark(None, Some("2"))],
            vec![mark(Some("1"), Some("2"))],
        ] {
            assert!(matches!(fold(notes), Err(FaultKind::RowChangedBefore { .. })));
        }
    }
}
