//! The recorder: every source of a visit as sealed WebM or Matroska segments on the disk, with hashes for the log.
//!
//! Packets come decrypted and ungated from the media workers through a bounded queue (`RecordSink::push` never
//! waits). One thread puts them in order (`jitter`), joins pictures (`depacketize`, `access_unit`), places them in time
//! (`timeline`), decides where files begin and end (`track`), writes clusters (`matroska`, `segment`) and seals them
//! (`seal`, `file`). `reader` gives a finished file as a stream for players, with duration and entry points, `recover`
//! finishes files that were cut off.
//!
//! # Two disks
//!
//! Where a second place is configured each file is sealed once and written to both (`disks`): same name, same bytes, same
//! hash, so that either proves the other. A disk that fails or hangs is named in the status and left out until it takes
//! bytes again, from the next file on; what it lacks by then stays lacking there. Only when no disk takes a file has the
//! recording failed.
//!
//! # What may be lost
//!
//! Media is written per cluster of at most `limits::RECORD_CLUSTER` and synced so that nothing older than
//! `limits::RECORD_SYNC` is only in memory: a killed process loses up to half a second, a power cut up to two.
//!
//! # One layer at a time
//!
//! The engine hands over one simulcast layer of a source at a time and changes it with a key frame; a new layer, size or
//! other parameters begin a new file there. Damaged pictures are never written: after loss the recording waits for the next
//! key frame, asks for it by `wants_key_frame`, and tells the gap.
//!
//! Sound has no holes in a file: what is missing is 20 ms packets `F8 FF FE` of silence, so that players keep time.
//!
//! # Format of a file, version 1
//!
//! `<root>/<session>/<visit or "session">/<segment>.dcr`, `.part` while open; ids only, never a name. All integers
//! big-endian.
//!
//! ```text
//! file    = header frame*
//! header  = "DCREC" 00 00 01 | salt (16) | session (16) | visit (16, zero: the session's own part) | segment (16)
//! frame   = kind (1) | length of plaintext (3, at most 65536) | nonce (12, only kind 3) | ciphertext | tag (16)
//! kind    = 1 head (first frame), 2 media, 3 trailer (last frame)
//! ```
//!
//! - Key of a file: HKDF-SHA256 with the salt, the visit's 256-bit key as secret and `diemcau-recording-1` followed
//!   by the header as info, 32 bytes. A changed header therefore opens nothing, and no two files share a key.
//! - AES-256-GCM. Additional data: kind and length as stored, then the number of the frame (4, the first is 0).
//! - Nonce of kinds 1 and 2: eight zero bytes and the number of the frame. What is written is never written again
//!   with other content: clusters begin in a new frame, which may be shorter than 65536, and after a failed write
//!   the file takes only a trailer. Nonce of kind 3: a byte 01 and 11 random bytes, because a crash may force a
//!   second trailer.
//! - Head: JSON with source, codec, layer, size, wall clock of the first block, and `private`: what Matroska calls
//!   CodecPrivate, as a list of bytes, of H.264 alone. Media: the clusters of the stream, one after the other, each
//!   beginning in a new frame. Trailer: JSON with length, duration and cues; a file without it is not finished, so
//!   cutting at a frame is noticed too.
//! - Stream = EBML head, Segment with SeekHead, Info, Tracks and Cues made from head and trailer, then the clusters.
//! - VP8 and Opus are WebM. H.264 (`V_MPEG4/ISO/AVC`) is Matroska: its parameter sets stand in `private` as an
//!   AVCDecoderConfigurationRecord (ISO/IEC 14496-15), its units in the clusters after lengths of four bytes. Readers that
//!   know no `private` know no H.264 either.
//! - Hashes in the log are SHA-256 over the bytes of the file from its first; checking them needs no key.

mod access_unit;
mod depacketize;
mod disk;
mod disks;
mod event;
mod file;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod hole;
mod jitter;
mod manifest;
mod matroska;
mod opus;
mod outbox;
mod reader;
mod recorder;
mod recover;
mod seal;
mod segment;
mod shared;
mod stream;
mod task;
#[cfg(test)]
mod testing;
mod timeline;
mod track;
mod watchdog;

pub use disk::{Fault, Places, segment_path};
pub use event::{ClosedSegment, GapCause, RecorderEvent};
pub use reader::{ReadError, RecordingInfo, RecordingReader};
pub use recorder::{Recorder, RecorderConfig};
pub use recover::{RecoveredFile, Recovery, prefix_sha256, recover, recover_places, recover_session};
pub use seal::{KeyLookup, RecordKey, SealError};
pub use shared::{DiskStatus, RecorderStatus, RunningSource};
