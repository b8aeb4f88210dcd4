//! What somebody else kept of a log: the only defence against a log that was rewritten or cut as a whole.

use serde::{Deserialize, Serialize};

use super::hex::Hash;
use crate::domain::ids::{SessionId, VisitId};

/// Where a mark was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MarkSource {
    /// A signed head of the log's own installation.
    Checkpoint,
    /// A daily anchor file.
    Anchor,
    /// A printed paper.
    Paper,
}

impl MarkSource {
    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Checkpoint => "checkpoint",
            Self::Anchor => "anchor",
            Self::Paper => "paper",
        }
    }
}

/// "Event `seq` had the hash `head`."
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// Position.
    pub seq: u64,
    /// Its hash then.
    pub head: Hash,
    /// Who says so.
    pub source: MarkSource,
}

/// What a printed paper says about the log, as text and QR.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paper {
    /// Whose log.
    pub session: SessionId,
    /// The visit; none for a paper of the whole session.
    pub visit: Option<VisitId>,
    /// The event at which the text was frozen.
    pub seq: u64,
    /// Its hash.
    pub head: Hash,
    /// SHA-256 of the text, as printed on it.
    pub text: Hash,
    /// SHA-256 of the public key in use then.
    pub fingerprint: Hash,
}
