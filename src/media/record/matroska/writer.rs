//! The head of a WebM or Matroska file and its clusters.

use super::super::opus;
use super::Cue;
use super::ebml::{binary, float, id, size8, uint, uint8};
use crate::media::engine::Codec;

pub(super) const CLUSTER: u32 = 0x1F43_B675;
pub(super) const TIMESTAMP: u32 = 0xE7;
pub(super) const SIMPLE_BLOCK: u32 = 0xA3;
const SEEK_HEAD: u32 = 0x114D_9B74;
const INFO: u32 = 0x1549_A966;
const TRACKS: u32 = 0x1654_AE6B;
const CUES: u32 = 0x1C53_BB6B;
const KEY_FRAME: u8 = 0x80;

/// What the head says about the only track.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in super::super) struct TrackShape<'a> {
    pub(in super::super) codec: Codec,
    /// Width and height in pixels; nothing for sound.
    pub(in super::super) size: Option<(u16, u16)>,
    /// CodecPrivate of H.264: an AVCDecoderConfigurationRecord.
    pub(in super::super) private: &'a [u8],
}

/// Everything before the first cluster: EBML head, Segment of known size, SeekHead, Info, Tracks, Cues.
///
/// `cues` name offsets from the first cluster, `media_bytes` is the length of all clusters.
pub(in super::super) fn header(shape: &TrackShape<'_>, duration_ms: u64, cues: &[Cue], media_bytes: u64) -> Vec<u8> {
    let info = element(INFO, |body| {
        uint(body, 0x2A_D7B1, 1_000_000); // TimestampScale: one millisecond
        float(body, 0x4489, duration_ms as f64); // Duration
        binary(body, 0x4D80, b"diemcau"); // MuxingApp
        binary(body, 0x5741, b"diemcau"); // WritingApp
    });
    let tracks = element(TRACKS, |body| body.extend(track_entry(shape)));
    let seek_head_length = seek_head(0, 0, 0).len() as u64;
    let tracks_at = seek_head_length + info.len() as u64;
    let cues_at = tracks_at + tracks.len() as u64;
    let clusters_at = cues_at + cue_list(cues, 0).len() as u64;

    let mut out = element(0x1A45_DFA3, |body| {
        uint(body, 0x4286, 1); // EBMLVersion
        uint(body, 0x42F7, 1); // EBMLReadVersion
        uint(body, 0x42F2, 4); // EBMLMaxIDLength
        uint(body, 0x42F3, 8); // EBMLMaxSizeLength
        let name: &[u8] = if shape.codec == Codec::H264 { b"matroska" } else { b"webm" };
        binary(body, 0x4282, name); // DocType
        uint(body, 0x4287, 4); // DocTypeVersion
        uint(body, 0x4285, 2); // DocTypeReadVersion
    });
    id(&mut out, 0x1853_8067); // Segment
    size8(&mut out, clusters_at + media_bytes);
    out.extend(seek_head(seek_head_length, tracks_at, cues_at));
    out.extend(info);
    out.extend(tracks);
    out.extend(cue_list(cues, clusters_at));
    out
}

fn element(name: u32, fill: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let (mut body, mut out) = (Vec::new(), Vec::new());
    fill(&mut body);
    binary(&mut out, name, &body);
    out
}

fn seek_head(info_at: u64, tracks_at: u64, cues_at: u64) -> Vec<u8> {
    element(SEEK_HEAD, |body| {
        for (name, at) in [(INFO, info_at), (TRACKS, tracks_at), (CUES, cues_at)] {
            body.extend(element(0x4DBB, |seek| {
                binary(seek, 0x53AB, &name.to_be_bytes());
                uint8(seek, 0x53AC, at);
            }));
        }
    })
}

fn cue_list(cues: &[Cue], clusters_at: u64) -> Vec<u8> {
    element(CUES, |body| {
        for cue in cues {
            body.extend(element(0xBB, |point| {
                uint(point, 0xB3, cue.ms);
                point.extend(element(0xB7, |position| {
                    uint(position, 0xF7, 1); // CueTrack
                    uint8(position, 0xF1, clusters_at + cue.offset); // CueClusterPosition
                }));
            }));
        }
    })
}

fn track_entry(shape: &TrackShape<'_>) -> Vec<u8> {
    element(0xAE, |entry| {
        uint(entry, 0xD7, 1); // TrackNumber
        uint(entry, 0x73C5, 1); // TrackUID
        uint(entry, 0x9C, 0); // FlagLacing
        binary(entry, 0x22_B59C, b"und"); // Language
        match shape.codec {
            Codec::Vp8 | Codec::H264 => {
                let (width, height) = shape.size.unwrap_or_default();
                if shape.codec == Codec::H264 {
                    binary(entry, 0x86, b"V_MPEG4/ISO/AVC");
                    binary(entry, 0x63A2, shape.private); // CodecPrivate
                } else {
                    binary(entry, 0x86, b"V_VP8");
                }
                uint(entry, 0x83, 1); // TrackType: video
                entry.extend(element(0xE0, |video| {
                    uint(video, 0xB0, u64::from(width));
                    uint(video, 0xBA, u64::from(height));
                }));
            }
            Codec::Opus => {
                binary(entry, 0x86, b"A_OPUS");
                uint(entry, 0x83, 2); // TrackType: audio
                uint(entry, 0x56AA, 0); // CodecDelay: a recording starts in mid-stream, nothing is to be cut off
                uint(entry, 0x56BB, 80_000_000); // SeekPreRoll, RFC 7845 section 4.6
                entry.extend(element(0xE1, |audio| {
                    float(audio, 0xB5, 48_000.0);
                    uint(audio, 0x9F, u64::from(opus::CHANNELS));
                }));
                binary(entry, 0x63A2, &opus::head()); // CodecPrivate
            }
        }
    })
}

/// A cluster while it fills. It is written whole, so its size is known and a cut file ends between two clusters.
#[derive(Default)]
pub(in super::super) struct Cluster {
    start_ms: u64,
    starts_with_key: bool,
    blocks: Vec<u8>,
}

impl Cluster {
    /// True when nothing is in it.
    pub(in super::super) fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// Milliseconds of the first block since the start of the segment.
    pub(in super::super) fn start_ms(&self) -> u64 {
        self.start_ms
    }

    /// True when playback can start here.
    pub(in super::super) fn starts_with_key(&self) -> bool {
        self.starts_with_key
    }

    /// Adds one picture or one Opus packet. `false` when it is too far from the start (16 bit of milliseconds) and
    /// needs a new cluster.
    pub(in super::super) fn push(&mut self, ms: u64, key: bool, data: &[u8]) -> bool {
        if self.is_empty() {
            self.start_ms = ms;
            self.starts_with_key = key;
        }
        let Some(relative) = ms.checked_sub(self.start_ms).and_then(|ms| i16::try_from(ms).ok()) else { return false };
        id(&mut self.blocks, SIMPLE_BLOCK);
        super::ebml::size(&mut self.blocks, data.len() as u64 + 4);
        self.blocks.push(0x81); // track 1
        self.blocks.extend(relative.to_be_bytes());
        self.blocks.push(if key { KEY_FRAME } else { 0 });
        self.blocks.extend_from_slice(data);
        true
    }

    /// The bytes of the cluster; it is empty afterwards.
    pub(in super::super) fn take(&mut self) -> Vec<u8> {
        let mut body = Vec::with_capacity(self.blocks.len() + 10);
        uint(&mut body, TIMESTAMP, self.start_ms);
        body.append(&mut self.blocks);
        let mut out = Vec::with_capacity(body.len() + 12);
        binary(&mut out, CLUSTER, &body);
        out
    }
}
