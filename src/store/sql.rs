//! Values that both engines take. Three column types are used everywhere: 64-bit integers, text, bytes; so one text
//! of SQL with `$1` places serves both engines, and a write can wait in a queue as data.

use jiff::Timestamp;
use jiff::civil::Date;

use super::StoreError;
use super::office::{By, Table};
use crate::domain::chain::{Hash, KeyId, LogId, Scope};
use crate::domain::ids::SessionId;

/// A value to bind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// BIGINT / INTEGER.
    Int(Option<i64>),
    /// TEXT.
    Text(Option<String>),
    /// BYTEA / BLOB.
    Blob(Option<Vec<u8>>),
    /// Bytes which the writer seals under the key of a scope before binding them.
    Sealed(Sealed),
}

/// Personal data on its way to a column.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed {
    /// Whose keys.
    pub session: SessionId,
    /// Under which key.
    pub scope: Scope,
    /// Table, column and row, bound to the ciphertext: a value cannot be moved to another row.
    pub place: String,
    /// What is sealed.
    pub plain: Vec<u8>,
}

impl std::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sealed({} {}, {} bytes)", self.scope, self.place, self.plain.len())
    }
}

macro_rules! value_from {
    ($($type:ty => $variant:ident($conv:expr)),+ $(,)?) => {$(
        impl From<$type> for Value {
            fn from(value: $type) -> Self {
                Self::$variant(Some(($conv)(value)))
            }
        }
        impl From<Option<$type>> for Value {
            fn from(value: Option<$type>) -> Self {
                Self::$variant(value.map($conv))
            }
        }
    )+};
}

value_from! {
    i64 => Int(|v| v),
    u32 => Int(i64::from),
    bool => Int(i64::from),
    // Sequences and counts; a log of 2^63 events does not exist.
    u64 => Int(|v: u64| i64::try_from(v).unwrap_or(i64::MAX)),
    Timestamp => Int(|v: Timestamp| v.as_microsecond()),
    &str => Text(str::to_owned),
    String => Text(|v| v),
    Vec<u8> => Blob(|v| v),
    Hash => Text(|v: Hash| v.to_string()),
    KeyId => Text(|v: KeyId| v.to_string()),
    Scope => Text(|v: Scope| v.to_string()),
    LogId => Text(|v: LogId| v.to_string()),
    Date => Text(|v: Date| v.to_string()),
}

macro_rules! value_from_ids {
    ($($id:ident),+ $(,)?) => {
        value_from! { $(crate::domain::ids::$id => Text(|v: crate::domain::ids::$id| v.to_string())),+ }
    };
}

value_from_ids! {
    InstallationId, UnitId, PointId, DeviceId, UserId, SessionId, VisitId, PersonId, CaseId, PetitionId, PromiseId,
    FileId, BlockId, CommandId, BootId, SegmentId,
}

impl From<Sealed> for Value {
    fn from(value: Sealed) -> Self {
        Self::Sealed(value)
    }
}

/// A statement with its values, and how many rows it must touch.
#[derive(Debug, Clone)]
pub struct Statement {
    pub(super) sql: &'static str,
    pub(super) args: Vec<Value>,
    pub(super) guard: Option<(u64, &'static str)>,
    pub(super) what: &'static str,
    /// Rows of covered tables that it may change.
    pub(super) touches: Vec<Touch>,
}

/// Rows of a covered table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Touch {
    pub(super) table: Table,
    pub(super) by: By,
    pub(super) values: Vec<Value>,
}

impl Statement {
    /// `what` names the write in errors (`visit.insert`); `sql` uses `$1`, `$2`, … and nothing of one engine alone.
    pub fn new(what: &'static str, sql: &'static str) -> Self {
        Self { sql, args: Vec::new(), guard: None, what, touches: Vec::new() }
    }

    /// The next place.
    #[must_use]
    pub fn bind(mut self, value: impl Into<Value>) -> Self {
        self.args.push(value.into());
        self
    }

    /// It may change the row of this key: the log of its unit is told.
    #[must_use]
    pub(super) fn touches<const N: usize>(mut self, table: Table, key: [Value; N]) -> Self {
        self.touches.push(Touch { table, by: By::Key, values: key.to_vec() });
        self
    }

    /// It may change any row of a group.
    #[must_use]
    pub(super) fn touches_group(mut self, table: Table, value: impl Into<Value>) -> Self {
        self.touches.push(Touch { table, by: By::Group, values: vec![value.into()] });
        self
    }

    /// Refused as [`StoreError::Stale`] unless exactly one row is touched: the optimistic lock of office data.
    #[must_use]
    pub fn one_row(mut self) -> Self {
        self.guard = Some((1, self.what));
        self
    }
}

/// A value that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// NULL.
    Null,
    /// An integer of any width.
    Int(i64),
    /// Text.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

impl Cell {
    /// As it stands in the key of a row.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Null | Self::Blob(_) => String::new(),
            Self::Int(value) => value.to_string(),
            Self::Text(value) => value.clone(),
        }
    }
}

impl From<&Cell> for Value {
    fn from(cell: &Cell) -> Self {
        match cell {
            Cell::Null => Self::Text(None),
            Cell::Int(value) => Self::Int(Some(*value)),
            Cell::Text(value) => Self::Text(Some(value.clone())),
            Cell::Blob(value) => Self::Blob(Some(value.clone())),
        }
    }
}

/// A row, read column by column in the order of the SELECT.
#[derive(Debug)]
pub struct Row {
    cells: std::vec::IntoIter<Cell>,
}

impl Row {
    pub(super) fn new(cells: Vec<Cell>) -> Self {
        Self { cells: cells.into_iter() }
    }

    /// The next column; `column` names it in the error.
    pub fn take<T: FromCell>(&mut self, column: &'static str) -> Result<T, StoreError> {
        let cell = self.cells.next().ok_or(StoreError::Corrupt { column })?;
        T::from_cell(cell).ok_or(StoreError::Corrupt { column })
    }

    /// The columns that are left.
    pub(super) fn rest(self) -> Vec<Cell> {
        self.cells.collect()
    }

    /// The next column, parsed from its text.
    pub fn parse<T: std::str::FromStr>(&mut self, column: &'static str) -> Result<T, StoreError> {
        self.take::<String>(column)?.parse().map_err(|_| StoreError::Corrupt { column })
    }

    /// The next column, parsed from its text unless NULL.
    pub fn parse_opt<T: std::str::FromStr>(&mut self, column: &'static str) -> Result<Option<T>, StoreError> {
        let text = self.take::<Option<String>>(column)?;
        text.map(|text| text.parse()).transpose().map_err(|_| StoreError::Corrupt { column })
    }

    /// The next column as a moment.
    pub fn moment(&mut self, column: &'static str) -> Result<Timestamp, StoreError> {
        Timestamp::from_microsecond(self.take(column)?).map_err(|_| StoreError::Corrupt { column })
    }

    /// The next column as a moment unless NULL.
    pub fn moment_opt(&mut self, column: &'static str) -> Result<Option<Timestamp>, StoreError> {
        let us = self.take::<Option<i64>>(column)?;
        us.map(Timestamp::from_microsecond).transpose().map_err(|_| StoreError::Corrupt { column })
    }
}

/// Reading one cell.
pub trait FromCell: Sized {
    /// `None` when the cell holds another type.
    fn from_cell(cell: Cell) -> Option<Self>;
}

impl FromCell for i64 {
    fn from_cell(cell: Cell) -> Option<Self> {
        if let Cell::Int(value) = cell { Some(value) } else { None }
    }
}
impl FromCell for u64 {
    fn from_cell(cell: Cell) -> Option<Self> {
        i64::from_cell(cell)?.try_into().ok()
    }
}
impl FromCell for u32 {
    fn from_cell(cell: Cell) -> Option<Self> {
        i64::from_cell(cell)?.try_into().ok()
    }
}
impl FromCell for bool {
    fn from_cell(cell: Cell) -> Option<Self> {
        i64::from_cell(cell).map(|value| value != 0)
    }
}
impl FromCell for String {
    fn from_cell(cell: Cell) -> Option<Self> {
        if let Cell::Text(value) = cell { Some(value) } else { None }
    }
}
impl FromCell for Vec<u8> {
    fn from_cell(cell: Cell) -> Option<Self> {
        if let Cell::Blob(value) = cell { Some(value) } else { None }
    }
}
impl<T: FromCell> FromCell for Option<T> {
    fn from_cell(cell: Cell) -> Option<Self> {
        if cell == Cell::Null { Some(None) } else { T::from_cell(cell).map(Some) }
    }
}
