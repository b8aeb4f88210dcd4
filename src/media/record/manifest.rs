//! The two frames of a file that are not media. Fields are only ever added, with a default.

use serde::{Deserialize, Serialize};

use super::depacketize::KeyFrame;
use super::matroska::{Cue, TrackShape};
use crate::media::engine::Codec;
use crate::media::plan::{Layer, SourceId};

/// First frame.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Head {
    pub(super) source: SourceId,
    pub(super) codec: Codec,
    pub(super) layer: Layer,
    pub(super) width: Option<u16>,
    pub(super) height: Option<u16>,
    /// What its decoder is told first; nothing but for H.264.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) private: Vec<u8>,
    /// Wall clock of the first block, microseconds since 1970 UTC, as well as it was known then.
    pub(super) started_us: i64,
}

impl Head {
    pub(super) fn shape(&self) -> TrackShape<'_> {
        TrackShape { codec: self.codec, size: self.width.zip(self.height), private: &self.private }
    }

    /// Whether pictures from this one on belong in the same file.
    pub(super) fn fits(&self, key: &KeyFrame) -> bool {
        self.width.zip(self.height) == Some(key.size) && self.private == *key.private
    }
}

/// Last frame.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Trailer {
    /// Bytes of all clusters.
    pub(super) media_bytes: u64,
    pub(super) duration_ms: u64,
    /// Better than in the head: sender reports have come since.
    pub(super) started_us: i64,
    pub(super) lost_packets: u32,
    /// True when the file was cut off and finished at a later start.
    pub(super) recovered: bool,
    pub(super) cues: Vec<Cue>,
}
