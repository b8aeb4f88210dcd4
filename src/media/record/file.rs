//! One sealed file while it is written. What is on the disk is never written again, so no nonce serves twice.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::disk;
use super::disks::{Disk, Replica, on_all};
use super::seal::{FileHeader, FileKey, FrameKind, RecordKey};
use crate::limits;

/// The bytes of a file on one disk.
pub(super) struct DiskFile {
    /// None until it was made.
    file: Option<File>,
    path: PathBuf,
}

/// A growing file, sealed once and written to every disk. After a failed write it takes nothing more and can only be
/// finished as it last was.
pub(super) struct SealedFile {
    copies: Vec<Replica<DiskFile>>,
    key: FileKey,
    /// Whole frames on the disk.
    frames: u32,
    /// Bytes of the header and whole frames.
    length: u64,
    hash: Sha256,
    broken: bool,
    unsynced: bool,
}

impl DiskFile {
    fn file(&self) -> io::Result<&File> {
        self.file.as_ref().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn make(&mut self, first: &[u8]) -> io::Result<()> {
        let folder = self.path.parent().unwrap_or(Path::new(".")).to_owned();
        disk::make_folder(&folder)?;
        let file = disk::create(&self.path)?;
        if let Err(error) = file.write_all_at(first, 0).and_then(|()| disk::sync_folder(&folder)) {
            // Nothing of the session is in it yet; if even removing fails, the next start finds it empty.
            let _gone = fs::remove_file(&self.path);
            return Err(error);
        }
        self.file = Some(file);
        Ok(())
    }

    /// Cuts what a failed write left, adds the trailer and gives the file its final name.
    fn finish(&self, length: u64, trailer: &[u8]) -> io::Result<()> {
        let file = self.file()?;
        file.set_len(length)?;
        file.write_all_at(trailer, length)?;
        file.sync_all()?;
        let finished = self.path.with_extension(disk::FINISHED);
        match fs::rename(&self.path, &finished) {
            // A first try got as far as the new name.
            Err(error) if error.kind() == io::ErrorKind::NotFound && finished.exists() => {}
            renamed => renamed?,
        }
        finished.parent().map_or(Ok(()), disk::sync_folder)
    }
}

impl SealedFile {
    /// Makes `<segment>.part` in `folder` below the root of each disk, with header and head frame.
    pub(super) fn create(
        disks: &[std::sync::Arc<Disk>],
        folder: &Path,
        key: &RecordKey,
        header: &FileHeader,
        head: &[u8],
    ) -> io::Result<Self> {
        let name = folder.join(format!("{}.{}", header.segment, disk::OPEN));
        let place = |disk: &std::sync::Arc<Disk>| {
            let path = disk.root.join(&name);
            Replica::new(disk, DiskFile { file: None, path })
        };
        let mut copies = disks.iter().map(place).collect();
        let key = FileKey::new(key, header).map_err(io::Error::other)?;
        let mut first = header.to_bytes().to_vec();
        key.seal(FrameKind::Head, 0, head, &mut first).map_err(io::Error::other)?;
        let (length, mut hash) = (first.len() as u64, Sha256::new());
        hash.update(&first);
        on_all(&mut copies, move |file: &mut DiskFile| file.make(&first))?;
        Ok(Self { copies, key, frames: 1, length, hash, broken: false, unsynced: true })
    }

    /// Goes on with a cut file whose first `length` bytes are `frames` whole frames with this hash, to finish it.
    pub(super) fn adopt(file: File, path: PathBuf, key: FileKey, frames: u32, length: u64, hash: Sha256) -> Self {
        let here = Disk::here(path.parent().map(Path::to_owned).unwrap_or_default());
        let copies = vec![Replica::new(&here, DiskFile { file: Some(file), path })];
        Self { copies, key, frames, length, hash, broken: true, unsynced: true }
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
        let (at, bytes) = (self.length, sealed.len() as u64);
        let mut hash = self.hash.clone();
        hash.update(&sealed);
        self.unsynced = true;
        on_all(&mut self.copies, move |file| file.file()?.write_all_at(&sealed, at))
            .inspect_err(|_| self.broken = true)?;
        self.hash = hash;
        self.length += bytes;
        self.frames += frames;
        Ok(())
    }

    /// fdatasync, when there is something to sync. After an error nobody knows what is on the disk: no more is written.
    pub(super) fn sync(&mut self) -> io::Result<()> {
        if self.unsynced {
            on_all(&mut self.copies, |file| file.file()?.sync_data()).inspect_err(|_| self.broken = true)?;
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
        let mut hash = self.hash.clone();
        hash.update(&sealed);
        let (length, bytes) = (self.length, sealed.len() as u64);
        on_all(&mut self.copies, move |file| file.finish(length, &sealed))?;
        Ok((length + bytes, hex(&hash)))
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
        let disk = Disk::here(folder.path().to_owned());
        let mut file = SealedFile::create(&[disk], Path::new(""), &secret, &header, b"head").unwrap();
        file.append(FrameKind::Media, &vec![1; limits::RECORD_FRAME + 1]).unwrap();
        let (length, hash) = (file.length(), file.sha256());

        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let swap = |file: &SealedFile, with: File| file.copies[0].file.lock().unwrap().file.replace(with).unwrap();
        let disk = swap(&file, full);
        let error = file.append(FrameKind::Media, b"lost").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        assert!(file.finish(b"end").is_err(), "the disk is still full");

        // What a torn write leaves behind.
        disk.write_all_at(&[2, 0, 0, 4, 9, 9, 9], length).unwrap();
        swap(&file, disk);
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
