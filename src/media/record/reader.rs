//! Reads a finished file as a stream for players with duration and entry points, any range of it.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;

use jiff::Timestamp;

use super::manifest::{Head, Trailer};
use super::matroska;
use super::seal::{FRAME_HEAD_BYTES, FileHeader, FileKey, FrameHead, FrameKind, HEADER_BYTES, RecordKey, SealError};
use crate::domain::ids::SegmentId;
use crate::limits;
use crate::media::engine::Codec;
use crate::media::plan::{Layer, RecordTarget, SourceId};

/// Why a recording cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The disk.
    #[error("the recording cannot be read: {0}")]
    Io(#[from] io::Error),
    /// The content.
    #[error(transparent)]
    Seal(#[from] SealError),
}

/// A frame and where it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct FrameAt {
    pub(super) head: FrameHead,
    pub(super) index: u32,
    /// Where its body begins in the file.
    pub(super) body_at: u64,
}

impl FrameAt {
    /// Where the next frame begins.
    pub(super) fn end(&self) -> u64 {
        self.body_at + self.head.body_bytes() as u64
    }

    pub(super) fn open(&self, file: &File, key: &FileKey) -> Result<Vec<u8>, ReadError> {
        let mut body = vec![0; self.head.body_bytes()];
        file.read_exact_at(&mut body, self.body_at)?;
        Ok(key.open(self.head, self.index, body)?)
    }
}

/// The clear header of a file.
pub(super) fn read_header(file: &File) -> Result<FileHeader, ReadError> {
    let mut header = [0; HEADER_BYTES];
    file.read_exact_at(&mut header, 0).map_err(short)?;
    Ok(FileHeader::parse(&header)?)
}

/// The frame that begins at `at`; `None` when there is no whole frame there.
pub(super) fn frame_at(file: &File, length: u64, at: u64, index: u32) -> Result<Option<FrameAt>, ReadError> {
    let body_at = at + FRAME_HEAD_BYTES as u64;
    if body_at > length {
        return Ok(None);
    }
    let mut head = [0; FRAME_HEAD_BYTES];
    file.read_exact_at(&mut head, at)?;
    let Ok(head) = FrameHead::parse(head) else { return Ok(None) };
    let frame = FrameAt { head, index, body_at };
    Ok((frame.end() <= length).then_some(frame))
}

fn short(error: io::Error) -> ReadError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => ReadError::Seal(SealError::Format),
        _ => ReadError::Io(error),
    }
}

/// What a file is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordingInfo {
    /// Its id.
    pub segment: SegmentId,
    /// Where it belongs.
    pub target: RecordTarget,
    /// Whose sound or picture.
    pub source: SourceId,
    /// Codec of its only track.
    pub codec: Codec,
    /// Simulcast layer.
    pub layer: Layer,
    /// Width and height in pixels; nothing for sound.
    pub size: Option<(u16, u16)>,
    /// Wall clock of its first block.
    pub started: Timestamp,
    /// Milliseconds.
    pub duration_ms: u64,
    /// RTP packets that never came.
    pub lost_packets: u32,
    /// True when the file was cut off and finished at a later start.
    pub recovered: bool,
}

impl RecordingInfo {
    /// How the name of an exported file ends.
    pub fn extension(&self) -> &'static str {
        match self.codec {
            Codec::Vp8 | Codec::Opus => "webm",
            Codec::H264 => "mkv",
        }
    }
}

/// An open finished file.
pub struct RecordingReader {
    file: File,
    key: FileKey,
    info: RecordingInfo,
    /// Head of the stream.
    head: Vec<u8>,
    /// Media frames with the place of their plaintext in the stream.
    media: Vec<(u64, FrameAt)>,
    length: u64,
}

impl RecordingReader {
    /// Opens `path` with the key of its visit. Reads frame heads, the first and the last frame.
    ///
    /// # Errors
    /// `SealError::Unfinished` for a file that was cut off, `Tampered` for a changed one or another key.
    pub fn open(path: &Path, key: &RecordKey) -> Result<Self, ReadError> {
        let file = File::open(path)?;
        let header = read_header(&file)?;
        let key = FileKey::new(key, &header)?;
        let file_length = file.metadata()?.len();
        let (mut frames, mut at) = (Vec::new(), HEADER_BYTES as u64);
        while let Some(frame) = frame_at(&file, file_length, at, u32::try_from(frames.len()).unwrap_or(u32::MAX))? {
            at = frame.end();
            frames.push(frame);
        }
        let (Some((first, rest)), true) = (frames.split_first(), at == file_length) else {
            return Err(SealError::Unfinished.into());
        };
        let Some((last, media)) = rest.split_last() else { return Err(SealError::Unfinished.into()) };
        if last.head.kind != FrameKind::Trailer {
            return Err(SealError::Unfinished.into());
        }
        if first.head.kind != FrameKind::Head || media.iter().any(|frame| frame.head.kind != FrameKind::Media) {
            return Err(SealError::Format.into());
        }
        let about: Head = parse(&first.open(&file, &key)?)?;
        let trailer: Trailer = parse(&last.open(&file, &key)?)?;

        let head = matroska::header(&about.shape(), trailer.duration_ms, &trailer.cues, trailer.media_bytes);
        let mut place = head.len() as u64;
        let mut placed = Vec::with_capacity(media.len());
        for frame in media {
            placed.push((place, *frame));
            place += frame.head.plain as u64;
        }
        if place != head.len() as u64 + trailer.media_bytes {
            return Err(SealError::Format.into());
        }
        let info = RecordingInfo {
            segment: header.segment,
            target: header.target,
            source: about.source,
            codec: about.codec,
            layer: about.layer,
            size: about.shape().size,
            started: Timestamp::from_microsecond(trailer.started_us).map_err(|_| SealError::Format)?,
            duration_ms: trailer.duration_ms,
            lost_packets: trailer.lost_packets,
            recovered: trailer.recovered,
        };
        Ok(Self { file, key, info, head, media: placed, length: place })
    }

    /// Bytes of the stream.
    #[expect(clippy::len_without_is_empty, reason = "a finished file always has a head")]
    pub fn len(&self) -> u64 {
        self.length
    }

    /// What the file is.
    pub fn info(&self) -> &RecordingInfo {
        &self.info
    }

    /// Media type for a player.
    pub fn media_type(&self) -> &'static str {
        match self.info.codec {
            Codec::Vp8 => "video/webm; codecs=\"vp8\"",
            Codec::H264 => "video/matroska",
            Codec::Opus => "audio/webm; codecs=\"opus\"",
        }
    }

    /// At most `length` bytes of the stream from `offset` on, fewer at its end. Opens only the frames it needs;
    /// the caller bounds `length`.
    ///
    /// # Errors
    /// `SealError::Tampered` when a frame does not open.
    pub fn read_range(&self, offset: u64, length: usize) -> Result<Vec<u8>, ReadError> {
        let end = offset.saturating_add(length as u64).min(self.length);
        let mut out = Vec::with_capacity(usize::try_from(end.saturating_sub(offset)).unwrap_or_default());
        copy(&mut out, &self.head, 0, offset, end);
        let first = self.media.partition_point(|(place, frame)| place + frame.head.plain as u64 <= offset);
        for (place, frame) in self.media.iter().skip(first).take_while(|(place, _)| *place < end) {
            copy(&mut out, &frame.open(&self.file, &self.key)?, *place, offset, end);
        }
        Ok(out)
    }

    /// Writes the whole stream; gives its length.
    ///
    /// # Errors
    /// The disk on either side, or `SealError::Tampered`: what was written by then is not a whole recording.
    pub fn export(&self, mut to: impl Write) -> Result<u64, ReadError> {
        let mut at = 0;
        while at < self.length {
            let part = self.read_range(at, 4 * limits::RECORD_FRAME)?;
            to.write_all(&part)?;
            at += part.len() as u64;
        }
        to.flush()?;
        Ok(at)
    }
}

/// Appends what of `part`, which lies at `place`, falls between `from` and `to`.
fn copy(out: &mut Vec<u8>, part: &[u8], place: u64, from: u64, to: u64) {
    let inside = |at: u64| usize::try_from(at.saturating_sub(place)).unwrap_or(usize::MAX).min(part.len());
    out.extend(part.get(inside(from)..inside(to)).unwrap_or_default());
}

pub(super) fn parse<'a, T: serde::Deserialize<'a>>(json: &'a [u8]) -> Result<T, SealError> {
    serde_json::from_slice(json).map_err(|_| SealError::Format)
}
