//! Folders and free space of the recordings.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::domain::ids::SegmentId;
use crate::limits;
use crate::media::plan::RecordTarget;

/// Ending of a finished file.
pub(super) const FINISHED: &str = "dcr";
/// Ending of a file that is written, or was when the process ended.
pub(super) const OPEN: &str = "part";
/// Ending of what is written only to see whether the disk takes it.
pub(super) const PROBE: &str = "probe";

/// What keeps the recorder from writing; `code()` is stable in the log and in the catalogue of texts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// No space, quota or file size left (ENOSPC, EDQUOT, EFBIG).
    DiskFull,
    /// The disk does not take or keep the bytes (EIO, EROFS, ...).
    DiskError,
    /// The key of the visit is not at hand.
    KeyMissing,
    /// Packets arrive and nothing reaches the file.
    NothingWritten,
    /// The disk does not answer, or the recorder's thread does not come back from it.
    Stalled,
}

impl Fault {
    /// Stable code for log, wire and texts.
    pub fn code(self) -> &'static str {
        match self {
            Self::DiskFull => "recorder_disk_full",
            Self::DiskError => "recorder_disk_error",
            Self::KeyMissing => "recorder_key_missing",
            Self::NothingWritten => "recorder_nothing_written",
            Self::Stalled => "recorder_stalled",
        }
    }
}

impl From<&io::Error> for Fault {
    fn from(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => Self::DiskFull,
            io::ErrorKind::TimedOut => Self::Stalled,
            _ => Self::DiskError,
        }
    }
}

/// `<session>/<visit or "session">` below a root: no name of a person is ever part of it.
pub(super) fn folder(target: RecordTarget) -> PathBuf {
    let part = target.visit.map_or_else(|| "session".to_owned(), |visit| visit.to_string());
    Path::new(&target.session.to_string()).join(part)
}

/// Path of a finished segment below a root that the recorder was started with.
pub fn segment_path(root: &Path, target: RecordTarget, segment: SegmentId) -> PathBuf {
    root.join(folder(target)).join(format!("{segment}.{FINISHED}"))
}

/// Where recordings lie: in one folder, or in several with the same files.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Places(Vec<PathBuf>);

impl From<Vec<PathBuf>> for Places {
    fn from(roots: Vec<PathBuf>) -> Self {
        Self(roots)
    }
}

impl From<PathBuf> for Places {
    fn from(root: PathBuf) -> Self {
        Self(vec![root])
    }
}

impl Places {
    /// The folders.
    pub fn roots(&self) -> &[PathBuf] {
        &self.0
    }

    /// Where a finished segment may lie; one disk may lack what another has.
    pub fn of(&self, target: RecordTarget, segment: SegmentId) -> Vec<PathBuf> {
        self.0.iter().map(|root| segment_path(root, target, segment)).collect()
    }
}

/// Makes a folder for this process alone and has its name on the disk before it returns.
pub(super) fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    if let Some(parent) = folder.parent() {
        make_folder(parent)?;
        DirBuilder::new().mode(0o700).create(folder).or_else(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => Ok(()),
            _ => Err(error),
        })?;
        return sync_folder(parent);
    }
    Ok(())
}

/// Names made, renamed or removed in `folder` reach the disk.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    File::open(folder)?.sync_all()
}

/// A new file that only this process's user can read.
pub(super) fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path)
}

/// Really writes, syncs and removes `limits::RECORD_PROBE` bytes in `folder`.
pub(super) fn probe(folder: &Path, name: &str) -> io::Result<()> {
    make_folder(folder)?;
    let path = folder.join(format!("{name}.{PROBE}"));
    let written = create(&path).and_then(|mut file| {
        // Not zeros: a file system that stores holes or compresses would say yes without space.
        let mut byte = 0u8;
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            byte = byte.wrapping_mul(181).wrapping_add(97);
            byte
        })
        .take(limits::RECORD_PROBE)
        .collect();
        file.write_all(&noise)?;
        file.sync_all()
    });
    let removed = fs::remove_file(&path);
    written.and(removed)
}

/// Bytes an ordinary user may still write on the disk of `folder`.
pub(super) fn free_bytes(folder: &Path) -> io::Result<u64> {
    let space = rustix::fs::statvfs(folder)?;
    Ok(space.f_bavail.saturating_mul(space.f_frsize))
}
