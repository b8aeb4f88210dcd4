//! What verification finds wrong, by stable codes.

use serde::Serialize;

use super::hex::KeyId;
use super::log::LogId;
use super::marks::MarkSource;
use crate::domain::ids::SessionId;

/// What is wrong, with a stable code ([`FaultKind::code`]).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum FaultKind {
    /// The log has no events at all.
    #[error("the log is empty")]
    Empty,
    /// The first event does not say which log of which installation this is.
    #[error("the first event is not this log's genesis")]
    GenesisWrong,
    /// A field cannot stand in a preimage or cannot be read.
    #[error("`{field}` cannot be read")]
    Malformed {
        /// Which.
        field: String,
    },
    /// An event is missing.
    #[error("an event is missing, the next one there is {found}")]
    Gap {
        /// The sequence found in its place.
        found: u64,
    },
    /// An event stands where a later one belongs.
    #[error("event {found} stands in its place")]
    OutOfOrder {
        /// The sequence found in its place.
        found: u64,
    },
    /// The event belongs to another log.
    #[error("the event belongs to another log")]
    ForeignSession,
    /// The stored body is not the one that was hashed.
    #[error("the body is not the one that was hashed")]
    BodyDigestMismatch,
    /// The event does not name the hash of the one before.
    #[error("the event does not follow the one before it")]
    LinkBroken,
    /// A hashed field was changed.
    #[error("a hashed field was changed")]
    HashMismatch,
    /// The body was removed, and no signed erasure says so.
    #[error("the body is gone without a signed erasure")]
    BodyMissing,
    /// The body does not open, and no signed erasure says so.
    #[error("the body does not open, and there is no signed erasure")]
    BodyUnopened,
    /// A signature is not by the key it names.
    #[error("the signature of the {of} is wrong")]
    SignatureWrong {
        /// `checkpoint`, `erasure`, `anchor`, `key`, `bundle`.
        of: &'static str,
        /// The named key.
        key: KeyId,
    },
    /// The named key is unknown or was not in use then.
    #[error("the key that signed the {of} was not in use")]
    KeyNotInUse {
        /// See [`FaultKind::SignatureWrong`].
        of: &'static str,
        /// The named key.
        key: KeyId,
    },
    /// The log is consistent in itself but not the one that was marked.
    #[error("another hash was kept for this event")]
    HeadMismatch {
        /// Who kept it.
        source_of_mark: MarkSource,
    },
    /// The log ends before an event that was marked.
    #[error("the log ends at {end}, but a later event was kept")]
    TailMissing {
        /// The last sequence there is.
        end: u64,
        /// Who kept it.
        source_of_mark: MarkSource,
    },
    /// The paper names a key that is not this installation's.
    #[error("the paper names another installation's key")]
    PaperKeyUnknown,
    /// The paper's text is not the one that was frozen at the event it names.
    #[error("the paper's text is not the one that was frozen")]
    PaperTextMismatch,
    /// A recording is not the one whose hash the log has.
    #[error("the recording {name} is not the one that was recorded")]
    RecordingMismatch {
        /// Its name: in a bundle, else its id.
        name: String,
    },
    /// A recording that the log has is not there.
    #[error("the recording {name} is missing")]
    RecordingMissing {
        /// Its name: in a bundle, else its id.
        name: String,
    },
    /// A log of office data names an event that the session's log does not have.
    #[error("the log of session {session} does not have the event {event} that was named")]
    ReferenceMismatch {
        /// Which session.
        session: SessionId,
        /// Which event of it.
        event: u64,
    },
    /// A row of the office is not as its log says.
    #[error("the row {key} of {table} is not the one that was logged")]
    RowChanged {
        /// Its table.
        table: String,
        /// Values of its key.
        key: String,
    },
    /// An act found a row that was not as its log says.
    #[error("the row {key} of {table} had been changed before this act")]
    RowChangedBefore {
        /// Its table.
        table: String,
        /// Values of its key.
        key: String,
    },
    /// A row that a log vouches for is gone.
    #[error("the row {key} of {table} is gone")]
    RowMissing {
        /// Its table.
        table: String,
        /// Values of its key.
        key: String,
    },
    /// No log knows this row.
    #[error("no log knows the row {key} of {table}")]
    RowUnknown {
        /// Its table.
        table: String,
        /// Values of its key.
        key: String,
    },
    /// A file of a bundle is missing.
    #[error("the file {name} is missing")]
    FileMissing {
        /// Its name in the bundle.
        name: String,
    },
    /// A file lies in a bundle that its signed list does not name.
    #[error("the file {name} was added")]
    FileUnlisted {
        /// Its name in the bundle.
        name: String,
    },
    /// A file of a bundle was changed.
    #[error("the file {name} was changed")]
    FileMismatch {
        /// Its name in the bundle.
        name: String,
    },
}

impl FaultKind {
    /// The stable code: key of the text catalogue and of scripts.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::GenesisWrong => "genesis_wrong",
            Self::Malformed { .. } => "malformed",
            Self::Gap { .. } => "gap",
            Self::OutOfOrder { .. } => "out_of_order",
            Self::ForeignSession => "foreign_session",
            Self::BodyDigestMismatch => "body_digest_mismatch",
            Self::LinkBroken => "link_broken",
            Self::HashMismatch => "hash_mismatch",
            Self::BodyMissing => "body_missing",
            Self::BodyUnopened => "body_unopened",
            Self::SignatureWrong { .. } => "signature_wrong",
            Self::KeyNotInUse { .. } => "key_not_in_use",
            Self::HeadMismatch { .. } => "head_mismatch",
            Self::TailMissing { .. } => "tail_missing",
            Self::PaperKeyUnknown => "paper_key_unknown",
            Self::PaperTextMismatch => "paper_text_mismatch",
            Self::RecordingMismatch { .. } => "recording_mismatch",
            Self::RecordingMissing { .. } => "recording_missing",
            Self::ReferenceMismatch { .. } => "reference_mismatch",
            Self::RowChanged { .. } => "row_changed",
            Self::RowChangedBefore { .. } => "row_changed_before",
            Self::RowMissing { .. } => "row_missing",
            Self::RowUnknown { .. } => "row_unknown",
            Self::FileMissing { .. } => "file_missing",
            Self::FileUnlisted { .. } => "file_unlisted",
            Self::FileMismatch { .. } => "file_mismatch",
        }
    }
}

/// The first bad item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("log {log:?}, event {seq:?}: {kind}")]
pub struct Fault {
    /// Whose log; none when the fault is of the keys or files.
    pub log: Option<LogId>,
    /// The sequence that is bad or missing; none when it is not about one event.
    pub seq: Option<u64>,
    /// What is wrong.
    #[serde(flatten)]
    pub kind: FaultKind,
}
