//! The bytes of stored files: one sealed file each, complete or not there at all.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use super::keys::{DataKey, KeyError};
use crate::domain::ids::FileId;
use crate::limits;

/// Why a file could not be stored or read.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// Larger than [`limits::UPLOAD_BYTES`].
    #[error("the file is too large")]
    TooLarge,
    /// There is a file of this id; stored files never change.
    #[error("there is a file of this id already")]
    Exists,
    /// There is none.
    #[error("there is no such file")]
    Missing,
    /// It does not open: the scope was erased, or the bytes were changed.
    #[error("the file does not open")]
    Unopened,
    /// No space left on the disk: nothing was stored.
    #[error("no space left")]
    Full,
    /// The disk answered with an error.
    #[error("the file cannot be used")]
    Io(#[from] std::io::Error),
    /// The cipher refused.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// A directory of sealed files. Its calls block: run them on a blocking thread.
#[derive(Debug, Clone)]
pub struct Blobs {
    dir: PathBuf,
}

impl Blobs {
    /// The directory is made when the first file comes.
    pub fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    fn path(&self, id: FileId) -> PathBuf {
        self.dir.join(format!("{id}.sealed"))
    }

    /// Stores a file under [`Store::file_key`](super::Store::file_key); it is on disk when this returns.
    pub fn put(&self, id: FileId, key: &DataKey, bytes: &[u8]) -> Result<(), BlobError> {
        if bytes.len() > limits::UPLOAD_BYTES {
            return Err(BlobError::TooLarge);
        }
        let target = self.path(id);
        if target.exists() {
            return Err(BlobError::Exists);
        }
        fs::create_dir_all(&self.dir)?;
        let sealed = key.seal(&place(id), bytes)?;
        let partial = self.dir.join(format!("{id}.partial"));
        let written =
            write(&partial, &sealed).and_then(|()| fs::rename(&partial, &target)).and_then(|()| sync(&self.dir));
        written.map_err(|error| {
            // A partial file is overwritten by the next attempt; that it cannot be removed changes nothing.
            drop(fs::remove_file(&partial));
            if error.kind() == ErrorKind::StorageFull { BlobError::Full } else { BlobError::Io(error) }
        })
    }

    /// The bytes of a file.
    pub fn get(&self, id: FileId, key: &DataKey) -> Result<Vec<u8>, BlobError> {
        let sealed = match fs::read(self.path(id)) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(BlobError::Missing),
            other => other?,
        };
        key.open(&place(id), &sealed).ok_or(BlobError::Unopened)
    }
}

fn place(id: FileId) -> String {
    format!("file|{id}")
}

fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn sync(dir: &Path) -> std::io::Result<()> {
    File::open(dir)?.sync_all()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_file_is_stored_once_sealed_and_opens_with_its_key_alone() {
        let dir = tempfile::tempdir().unwrap();
        let blobs = Blobs::new(dir.path().join("files"));
        let (id, key) = (FileId(Uuid::from_u128(1)), DataKey::from_bytes([1; 32]));
        blobs.put(id, &key, b"scan of a deed").unwrap();
        assert_eq!(blobs.get(id, &key).unwrap(), b"scan of a deed");
        assert!(matches!(blobs.put(id, &key, b"another"), Err(BlobError::Exists)));
        assert!(matches!(blobs.get(id, &DataKey::from_bytes([2; 32])), Err(BlobError::Unopened)));
        assert!(matches!(blobs.get(FileId(Uuid::from_u128(2)), &key), Err(BlobError::Missing)));
        let too_large = vec![0; limits::UPLOAD_BYTES + 1];
        assert!(matches!(blobs.put(FileId(Uuid::from_u128(3)), &key, &too_large), Err(BlobError::TooLarge)));
        let names: Vec<_> = fs::read_dir(dir.path().join("files")).unwrap().flatten().collect();
        assert_eq!(names.len(), 1, "nothing half-made is left");
        let stored = fs::read(names[0].path()).unwrap();
        assert!(!stored.windows(4).any(|bytes| bytes == b"deed"));
    }
}
