//! What is learned of a file while its clusters pass: how long it is and where playback can start.

use serde::{Deserialize, Serialize};

use super::super::opus;
use crate::media::engine::Codec;

/// Sound needs no entry point for each of its clusters.
const AUDIO_CUE_MS: u64 = 2_000;
/// A last picture stays this long when there is no other to measure by, and never longer than a second.
const PICTURE_MS: u64 = 33;

/// A place where playback can start.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(in super::super) struct Cue {
    /// Milliseconds since the start of the segment.
    pub(in super::super) ms: u64,
    /// Bytes from the first cluster.
    pub(in super::super) offset: u64,
}

/// How far the blocks reach.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Extent {
    codec: Codec,
    last_ms: Option<u64>,
    end_ms: u64,
}

impl Extent {
    pub(in super::super) fn new(codec: Codec) -> Self {
        Self { codec, last_ms: None, end_ms: 0 }
    }

    /// Counts one block at `ms`.
    pub(in super::super) fn block(&mut self, ms: u64, data: &[u8]) {
        let lasts = match self.codec {
            Codec::Opus => opus::duration_us(data).div_ceil(1000),
            Codec::Vp8 | Codec::H264 => self.last_ms.map_or(PICTURE_MS, |last| ms.saturating_sub(last).clamp(1, 1000)),
        };
        self.last_ms = Some(ms);
        self.end_ms = self.end_ms.max(ms.saturating_add(lasts));
    }

    /// Milliseconds from the start of the segment to the end of its last block.
    pub(in super::super) fn end_ms(&self) -> u64 {
        self.end_ms
    }
}

/// Cues and length of a growing file.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Index {
    cues: Vec<Cue>,
    media_bytes: u64,
}

impl Index {
    /// Counts one whole cluster.
    pub(in super::super) fn cluster(&mut self, codec: Codec, start_ms: u64, starts_with_key: bool, bytes: u64) {
        let due = match (codec, self.cues.last()) {
            (Codec::Opus, Some(last)) => start_ms >= last.ms + AUDIO_CUE_MS,
            _ => starts_with_key,
        };
        if due {
            self.cues.push(Cue { ms: start_ms, offset: self.media_bytes });
        }
        self.media_bytes += bytes;
    }

    pub(in super::super) fn cues(&self) -> &[Cue] {
        &self.cues
    }

    pub(in super::super) fn media_bytes(&self) -> u64 {
        self.media_bytes
    }
}
