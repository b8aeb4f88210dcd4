//! Finishes the files that a killed process or a cut power line left open.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::disk;
use super::event::ClosedSegment;
use super::file::{SealedFile, hex};
use super::manifest::{Head, Trailer};
use super::matroska::ClusterScan;
use super::reader::{ReadError, RecordingReader, frame_at, parse, read_header};
use super::seal::{FileKey, FrameKind, HEADER_BYTES, KeyLookup, RecordKey, SealError};
use crate::domain::ids::{SegmentId, SessionId};
use crate::media::plan::{RecordTarget, SourceId};

/// A file that was finished at this start. The log gets its end and the gap from there to now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecoveredFile {
    /// The file.
    pub segment: SegmentId,
    /// Where it belongs.
    pub target: RecordTarget,
    /// Whose sound or picture.
    pub source: SourceId,
    /// Wall clock of its first block.
    pub started: Timestamp,
    /// Milliseconds that are whole.
    pub duration_ms: u64,
    /// Bytes of the finished file.
    pub bytes: u64,
    /// Its SHA-256 (ciphertext), hex.
    pub sha256: String,
    /// Bytes of a torn end that were cut off.
    pub cut_bytes: u64,
}

/// What `recover` found.
#[derive(Debug, Default)]
pub struct Recovery {
    /// Files that play now.
    pub finished: Vec<RecoveredFile>,
    /// Files that had not a whole half second of media yet; they are removed.
    pub empty: Vec<SegmentId>,
    /// Files left as they are, and why: no key, a changed head, or a disk that does not take the trailer.
    pub left: Vec<(PathBuf, String)>,
}

/// Finishes all open files below `root`. Call before `Recorder::start`; waits for the disk.
///
/// # Errors
/// A folder cannot be listed. A single file never stops the others.
pub fn recover(root: &Path, keys: &dyn KeyLookup) -> io::Result<Recovery> {
    recover_places(&[root.to_owned()], keys)
}

/// The same where files lie in several places: what is finished or can be finished in one needs no end in another. Of a
/// file that is open everywhere the longest is finished; the rest of it goes.
///
/// # Errors
/// The first place cannot be listed. One that is away is left as it is.
pub fn recover_places(roots: &[PathBuf], keys: &dyn KeyLookup) -> io::Result<Recovery> {
    let mut open: BTreeMap<PathBuf, Vec<PathBuf>> = BTreeMap::new();
    let mut recovery = Recovery::default();
    for (number, root) in roots.iter().enumerate() {
        match open_below(root) {
            Ok(found) => {
                for path in found {
                    let name = path.strip_prefix(root).unwrap_or(&path).to_owned();
                    open.entry(name).or_default().push(path);
                }
            }
            Err(error) if number == 0 => return Err(error),
            Err(error) => recovery.left.push((root.clone(), error.to_string())),
        }
    }
    for (name, mut copies) in open {
        let elsewhere = roots.iter().any(|root| root.join(&name).with_extension(disk::FINISHED).is_file());
        if !elsewhere {
            copies.sort_by_key(|path| Reverse(fs::metadata(path).map_or(0, |about| about.len())));
            let finished = copies.iter().position(|path| recovery.take(path, keys));
            let Some(finished) = finished else { continue };
            copies.remove(finished);
        }
        for rest in copies.iter().filter(|path| path.is_file()) {
            fs::remove_file(rest)?;
        }
    }
    Ok(recovery)
}

/// All open files below a root.
fn open_below(root: &Path) -> io::Result<Vec<PathBuf>> {
    if !root.is_dir() {
        return Ok(Vec::new());
    }
    remove_probes(root)?;
    open_in(folders(root)?)
}

fn open_in(sessions: Vec<PathBuf>) -> io::Result<Vec<PathBuf>> {
    let mut open = Vec::new();
    for session in sessions {
        for part in folders(&session)? {
            open.extend(files(&part, disk::OPEN)?);
            remove_probes(&part)?;
        }
    }
    open.sort();
    Ok(open)
}

/// The same for one session, whose files nobody may be writing.
///
/// # Errors
/// As [`recover`].
pub fn recover_session(root: &Path, session: SessionId, keys: &dyn KeyLookup) -> io::Result<Recovery> {
    let folder = root.join(session.to_string());
    let mut recovery = Recovery::default();
    for path in open_in(folder.is_dir().then_some(folder).into_iter().collect())? {
        recovery.take(&path, keys);
    }
    Ok(recovery)
}

impl Recovery {
    /// Finishes a file and notes what came of it. `true`: it plays.
    fn take(&mut self, path: &Path, keys: &dyn KeyLookup) -> bool {
        match finish(path, keys) {
            Ok(Finish::Done(file)) => {
                self.finished.push(file);
                return true;
            }
            Ok(Finish::Empty(segment)) => self.empty.push(segment),
            Err(error) => self.left.push((path.to_owned(), error.to_string())),
        }
        false
    }
}

enum Finish {
    Done(RecoveredFile),
    Empty(SegmentId),
}

fn finish(path: &Path, keys: &dyn KeyLookup) -> Result<Finish, ReadError> {
    let file = OpenOptions::new().read(true).write(true).open(path)?;
    let length = file.metadata()?.len();
    if length <= HEADER_BYTES as u64 {
        return remove(path);
    }
    let header = read_header(&file)?;
    let secret = keys.key(header.target).ok_or_else(|| io::Error::other("the key of the visit is not at hand"))?;
    let key = FileKey::new(&secret, &header)?;
    let Some(first) = frame_at(&file, length, HEADER_BYTES as u64, 0)? else { return remove(path) };
    // The head was written in one piece with its length: if it is whole and does not open, it is not a torn end.
    let head: Head = parse(&first.open(&file, &key)?)?;

    let mut scan = ClusterScan::new(head.codec);
    let (mut good, mut frames) = (first.end(), 1);
    let (mut at, mut index) = (good, 1);
    while let Some(frame) = frame_at(&file, length, at, index)?.filter(|frame| frame.head.kind == FrameKind::Media) {
        let Ok(plain) = frame.open(&file, &key) else { break };
        (at, index) = (frame.end(), index + 1);
        if scan.push(&plain) {
            (good, frames) = (at, index);
        }
    }
    let (extent, media) = scan.finish();
    if media.media_bytes() == 0 {
        return remove(path);
    }
    let trailer = Trailer {
        media_bytes: media.media_bytes(),
        duration_ms: extent.end_ms(),
        started_us: head.started_us,
        lost_packets: 0,
        recovered: true,
        cues: media.cues().to_vec(),
    };
    let hash = hash_prefix(&file, good)?;
    let mut sealed = SealedFile::adopt(file, path.to_owned(), key, frames, good, hash);
    let (bytes, sha256) = sealed.finish(&serde_json::to_vec(&trailer).map_err(io::Error::other)?)?;
    Ok(Finish::Done(RecoveredFile {
        segment: header.segment,
        target: header.target,
        source: head.source,
        started: Timestamp::from_microsecond(head.started_us).map_err(|_| SealError::Format)?,
        duration_ms: trailer.duration_ms,
        bytes,
        sha256,
        cut_bytes: length - good,
    }))
}

fn remove(path: &Path) -> Result<Finish, ReadError> {
    let id = path.file_stem().and_then(|name| name.to_str()).and_then(|name| name.parse().ok());
    let segment = id.ok_or(SealError::Format)?;
    fs::remove_file(path)?;
    Ok(Finish::Empty(segment))
}

/// A file that is finished on the disk, as its closing event would tell it. The monotonic clock of its making is gone.
pub(super) fn finished(
    root: &Path,
    target: RecordTarget,
    segment: SegmentId,
    key: &RecordKey,
) -> Option<ClosedSegment> {
    let path = disk::segment_path(root, target, segment);
    let reader = RecordingReader::open(&path, key).ok()?;
    let info = reader.info();
    if (info.target, info.segment) != (target, segment) {
        return None;
    }
    let bytes = fs::metadata(&path).ok()?.len();
    Some(ClosedSegment {
        segment,
        source: info.source,
        target,
        started: info.started,
        started_mono_us: 0,
        duration_ms: info.duration_ms,
        bytes,
        sha256: prefix_sha256(&path, bytes).ok()?,
        lost_packets: info.lost_packets,
    })
}

/// SHA-256 of the first `length` bytes.
fn hash_prefix(file: &File, length: u64) -> io::Result<Sha256> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 256 * 1024];
    let mut at = 0;
    while at < length {
        let part = usize::try_from(length - at).unwrap_or(usize::MAX).min(buffer.len());
        let part = buffer.get_mut(..part).unwrap_or_default();
        file.read_exact_at(part, at)?;
        hash.update(&*part);
        at += part.len() as u64;
    }
    Ok(hash)
}

/// SHA-256 in hex of the first `bytes` bytes of a file: what a `Prefix` or closing event of the log is checked against.
///
/// # Errors
/// The file is shorter, or cannot be read.
pub fn prefix_sha256(path: &Path, bytes: u64) -> io::Result<String> {
    Ok(hex(&hash_prefix(&File::open(path)?, bytes)?))
}

fn folders(of: &Path) -> io::Result<Vec<PathBuf>> {
    Ok(entries(of)?.into_iter().filter(|path| path.is_dir()).collect())
}

fn files(of: &Path, ending: &str) -> io::Result<Vec<PathBuf>> {
    Ok(entries(of)?.into_iter().filter(|path| path.extension().is_some_and(|found| found == ending)).collect())
}

/// A process that ended while it tried the disk leaves its trial behind.
fn remove_probes(folder: &Path) -> io::Result<()> {
    files(folder, disk::PROBE)?.iter().try_for_each(fs::remove_file)
}

fn entries(of: &Path) -> io::Result<Vec<PathBuf>> {
    fs::read_dir(of)?.map(|entry| entry.map(|entry| entry.path())).collect()
}
