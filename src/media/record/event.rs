//! What the recorder tells the rooms; they write it into the log.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::disk::Fault;
use crate::clock::Clock;
use crate::domain::ids::SegmentId;
use crate::media::engine::Codec;
use crate::media::plan::{Layer, RecordTarget, SourceId};

/// Why a part of a source is not in the recording.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GapCause {
    /// Packets were lost on the way and not repaired.
    Loss,
    /// Pictures came, but no key frame to begin with.
    NoKeyFrame,
    /// The recorder's queue was full.
    QueueFull,
    /// Writing failed.
    Fault,
}

/// A file that is complete.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClosedSegment {
    /// The file.
    pub segment: SegmentId,
    /// Whose sound or picture.
    pub source: SourceId,
    /// Where it belongs.
    pub target: RecordTarget,
    /// Wall clock of the first picture or sound: files of a visit are laid side by side by it.
    pub started: Timestamp,
    /// The same on the monotonic clock of this boot, microseconds.
    pub started_mono_us: i64,
    /// Milliseconds from there to the end of the last block.
    pub duration_ms: u64,
    /// Bytes of the file.
    pub bytes: u64,
    /// SHA-256 of the whole file (ciphertext), hex.
    pub sha256: String,
    /// RTP packets that never came.
    pub lost_packets: u32,
}

/// Events, in the order in which things happened to one source. Times named `_us` are `Clock::mono_us`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RecorderEvent {
    /// A file was begun. `at` is the capture time of its first picture or sound.
    SegmentOpened {
        segment: SegmentId,
        source: SourceId,
        target: RecordTarget,
        codec: Codec,
        layer: Layer,
        at: Timestamp,
    },
    /// So many bytes of a growing file are on the disk and have this SHA-256 (ciphertext, hex).
    Prefix { segment: SegmentId, target: RecordTarget, bytes: u64, sha256: String },
    /// A file is finished and on the disk.
    SegmentClosed(ClosedSegment),
    /// A part of at least `limits::RECORD_GAP` is missing.
    Gap { source: SourceId, target: RecordTarget, from_us: i64, to_us: i64, cause: GapCause },
    /// Alarm: this source is not being recorded. Comes once until `Recovered`.
    Failed { source: SourceId, target: RecordTarget, fault: Fault },
    /// The source is being recorded again.
    Recovered { source: SourceId, target: RecordTarget },
    /// After `Recorder::boundary`: all files of the target are closed and told, or waiting for a failing disk.
    BoundaryDone { target: RecordTarget, unfinished: usize },
}

impl RecorderEvent {
    /// The room and part it concerns.
    pub fn target(&self) -> RecordTarget {
        match self {
            Self::SegmentClosed(ClosedSegment { target, .. })
            | Self::SegmentOpened { target, .. }
            | Self::Prefix { target, .. }
            | Self::Gap { target, .. }
            | Self::Failed { target, .. }
            | Self::Recovered { target, .. }
            | Self::BoundaryDone { target, .. } => *target,
        }
    }
}

/// Wall time of a monotonic time of this boot.
pub(super) fn wall(clock: &dyn Clock, mono_us: i64) -> Timestamp {
    let now = clock.now();
    let ago = SignedDuration::from_micros(mono_us.saturating_sub(clock.mono_us()));
    now.checked_add(ago).unwrap_or(now)
}
