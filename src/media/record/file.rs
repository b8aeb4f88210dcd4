//! One sealed file while it is written. What is on the disk is never written again, so no nonce serves twice.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::disk;
use super::seal::{FileHeader, FileKey, FrameKind, RecordKey};
use crate::limits;

/// A growing file. After a failed write it takes nothing more and can only be finished as it last was.
pub(super) struct SealedFile {
    file: File,
    path: PathBuf,
    key: FileKey,
    /// Whole frames on the disk.
    frames: u32,
    /// Bytes of the header and whole frames.
    length: u64,
    hash: Sha256,
    broken: bool,
    unsynced: bool,
}

impl SealedFile {
    /// Makes `<segment>.part` in `folder` with header and head frame.
    pub(super) fn create(folder: &Path, key: &RecordKey, header: &FileHeader, head: &[u8]) -> io::Result<Self> {
        disk::make_folder(folder)?;
        let path = folder.join(format!("{}.{}", header.segment, disk::OPEN));
        let file = disk::create(&path)?;
        let key = FileKey::new(key, header).map_err(io::Error::other)?;
        let mut sealed =
            Self { file, path, key, frames: 0, length: 0, hash: Sha256::new(), broken: false, unsynced: false };
        let made = sealed
            .write(&header.to_bytes(), 0)
            .and_then(|()| sealed.append(FrameKind::Head, head))
            .and_then(|()| disk::sync_folder(folder));
        match made {
            Ok(()) => Ok(sealed),
            Err(error) => {
                // Nothing of the session is in it yet; if even removing fails, the next start finds it empty.
                let _gone = fs::remove_file(&sealed.path);
                Err(error)
            }
        }
    }

    /// Goes on with a cut file whose first `length` bytes are `frames` whole frames with this hash, to finish it.
    pub(super) fn adopt(file: File, path: PathBuf, key: FileKey, frames: u32, length: u64, hash: Sha256) -> Self {
        Self { file, path, key, frames, length, hash, broken: true, unsynced: true }
    }

    /// Seals `plain` in as many frames as it needs and writes them: all of it counts, or nothing.
    pub(super) fn append(&mut self, kind: FrameKind, plain: &[u8]) -> io::Result<()> {
        if self.broken {
            return Err(io::Error::other("the file is closed after a failed write"));
        }
        let mut sealed = Vec::with_capacity(plain.len() + 64);
        let mut frames = 0;
        for part in plain.chunks(limits::RECORD_FRAME) {
            self.key.seal(kind, self.frames + frames, part, &mut sealed).map_err(io::Error::other)?;
            frames += 1;
        }
        self.write(&sealed, frames)
    }

    fn write(&mut self, bytes: &[u8], frames: u32) -> io::Result<()> {
        self.unsynced = true;
        if let Err(error) = self.file.write_all_at(bytes, self.length) {
            self.broken = true;
            return Err(error);
        }
        self.hash.update(bytes);
        self.length += bytes.len() as u64;
        self.frames += frames;
        Ok(())
    }

    /// fdatasync, when there is something to sync. After an error nobody knows what is on the disk: no more is written.
    pub(super) fn sync(&mut self) -> io::Result<()> {
        if self.unsynced {
            self.file.sync_data().inspect_err(|_| self.broken = true)?;
            self.unsynced = false;
        }
        Ok(())
    }

    /// Bytes written so far.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// SHA-256 of the bytes written so far, in hex.
    pub(super) fn sha256(&self) -> String {
        hex(&self.hash)
    }

    /// Drops what a failed write left, adds the trailer, syncs and gives the file its final name. May be called
    /// again after an error: the trailer gets a new nonce each time.
    ///
    /// Length and hash of the finished file.
    pub(super) fn finish(&mut self, trailer: &[u8]) -> io::Result<(u64, String)> {
        let mut sealed = Vec::new();
        self.key.seal(FrameKind::Trailer, self.frames, trailer, &mut sealed).map_err(io::Error::other)?;
        self.broken = true;
        self.file.set_len(self.length)?;
        self.file.write_all_at(&sealed, self.length)?;
        self.file.sync_all()?;
        let finished = self.path.with_extension(disk::FINISHED);
        match fs::rename(&self.path, &finished) {
            // A first try got as far as the new name.
            Err(error) if error.kind() == io::ErrorKind::NotFound && finished.exists() => {}
            renamed => renamed?,
        }
        if let Some(folder) = finished.parent() {
            disk::sync_folder(folder)?;
        }
        let mut hash = self.hash.clone();
        hash.update(&sealed);
        Ok((self.length + sealed.len() as u64, hex(&hash)))
    }
}

pub(super) fn hex(hash: &Sha256) -> String {
    hash.clone().finalize().iter().fold(String::with_capacity(64), |mut text, byte| {
        for digit in [byte >> 4, byte & 15] {
            text.extend(char::from_digit(u32::from(digit), 16));
        }
        text
    })
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::super::seal::{FRAME_HEAD_BYTES, FrameHead, HEADER_BYTES};
    use super::super::testing::target;
    use super::*;
    use crate::domain::ids::SegmentId;

    /// Kind, nonce space and ciphertext of each frame of a file.
    fn frames(path: &Path) -> Vec<(FrameKind, Vec<u8>)> {
        let bytes = fs::read(path).unwrap();
        let (mut rest, mut frames) = (&bytes[HEADER_BYTES..], Vec::new());
        while !rest.is_empty() {
            let head = FrameHead::parse(rest[..FRAME_HEAD_BYTES].try_into().unwrap()).unwrap();
            let (frame, tail) = rest.split_at(FRAME_HEAD_BYTES + head.body_bytes());
            frames.push((head.kind, frame[FRAME_HEAD_BYTES..].to_vec()));
            rest = tail;
        }
        frames
    }

    #[test]
    fn after_a_failed_write_no_number_is_used_again_and_the_file_still_ends_well() {
        let folder = tempfile::tempdir().unwrap();
        let secret = RecordKey([3; 32]);
        let header = FileHeader::new(target(), SegmentId(Uuid::from_u128(4))).unwrap();
        let mut file = SealedFile::create(folder.path(), &secret, &header, b"head").unwrap();
        file.append(FrameKind::Media, &vec![1; limits::RECORD_FRAME + 1]).unwrap();
        let (length, hash) = (file.length(), file.sha256());

        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let disk = std::mem::replace(&mut file.file, full);
        let error = file.append(FrameKind::Media, b"lost").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        assert!(file.finish(b"end").is_err(), "the disk is still full");

        file.file = disk;
        // What a torn write leaves behind.
        file.file.write_all_at(&[2, 0, 0, 4, 9, 9, 9], length).unwrap();
        assert!(file.append(FrameKind::Media, b"other").is_err(), "number 3 may be on the disk already");
        assert_eq!((file.length(), file.sha256()), (length, hash));

        let (first_length, _) = file.finish(b"end").unwrap();
        let path = folder.path().join(format!("{}.dcr", header.segment));
        let first = frames(&path);
        let kinds: Vec<_> = first.iter().map(|(kind, _)| *kind).collect();
        assert_eq!(kinds, [FrameKind::Head, FrameKind::Media, FrameKind::Media, FrameKind::Trailer]);
        let (again_length, again_hash) = file.finish(b"new").unwrap();
        assert_eq!(first_length, again_length);
        let again = frames(&path);
        assert_eq!(first[..3], again[..3]);
        assert_ne!(first[3].1[..12], again[3].1[..12], "each trailer has its own nonce");
        assert_eq!(super::super::prefix_sha256(&path, again_length).unwrap(), again_hash);
    }
}
