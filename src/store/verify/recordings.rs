//! The list of recordings in a bundle: what the log says of each file, readable without keys. Covered by the signed list
//! of files like every other part of the bundle.

use serde::{Deserialize, Serialize};

use crate::domain::chain::Hash;
use crate::domain::ids::{PointId, SegmentId, VisitId};

/// Name of the list in a bundle.
pub const RECORDINGS: &str = "recordings.json";

/// One file of the recorder as the log has it. No personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedFile {
    /// Which.
    pub segment: SegmentId,
    /// Of which visit; none for the session's own part.
    pub visit: Option<VisitId>,
    /// Where it was recorded.
    pub point: PointId,
    /// `microphone`, `camera` or `paper`.
    pub source: String,
    /// When it began, microseconds UTC.
    pub began_at_us: i64,
    /// Milliseconds.
    pub duration_ms: u64,
    /// Bytes of the sealed file.
    pub bytes: u64,
    /// SHA-256 of the sealed file.
    pub sha256: Hash,
    /// Its name in the bundle; none when the file was not at hand.
    pub file: Option<String>,
}
