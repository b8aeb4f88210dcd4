//! The sealed file: a clear header without names, then AEAD frames (AES-256-GCM). The format is described in `mod.rs`.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Salt};
use ring::rand::{SecureRandom, SystemRandom};
use uuid::Uuid;

use crate::domain::ids::{SegmentId, SessionId, VisitId};
use crate::limits;
use crate::media::plan::RecordTarget;

const MAGIC: [u8; 8] = *b"DCREC\0\0\x01";
const KEY_LABEL: &[u8] = b"diemcau-recording-1";
const SALT_BYTES: usize = 16;
/// Bytes of the clear header.
pub(super) const HEADER_BYTES: usize = MAGIC.len() + SALT_BYTES + 3 * 16;
/// Bytes of a frame's own head: kind and length of its plaintext.
pub(super) const FRAME_HEAD_BYTES: usize = 4;
const TAG_BYTES: usize = 16;

/// The 256-bit key of a visit or of a session's own part. Never printed.
#[derive(Clone)]
pub struct RecordKey(pub [u8; 32]);

impl std::fmt::Debug for RecordKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RecordKey(..)")
    }
}

/// Gives the key of a visit or session from memory. Called on the recorder's thread: it must not wait.
pub trait KeyLookup: Send + Sync + 'static {
    /// `None` when the key is not at hand (or was destroyed); the recorder then raises `KeyMissing` and asks again.
    fn key(&self, target: RecordTarget) -> Option<RecordKey>;
}

/// Why sealing or opening did not work.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SealError {
    /// Not one of our files, or of a later version.
    #[error("not a sealed recording of this version")]
    Format,
    /// A frame or the header was changed, moved or sealed with another key.
    #[error("frame {0} does not open")]
    Tampered(u32),
    /// The file ends before its last frame: it was cut off.
    #[error("the recording is not finished")]
    Unfinished,
    /// No randomness, or more frames than a file can have.
    #[error("the frame cannot be sealed")]
    Refused,
}

/// What the clear header says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct FileHeader {
    pub(super) salt: [u8; SALT_BYTES],
    pub(super) target: RecordTarget,
    pub(super) segment: SegmentId,
}

impl FileHeader {
    pub(super) fn new(target: RecordTarget, segment: SegmentId) -> Result<Self, SealError> {
        Ok(Self { salt: random()?, target, segment })
    }

    pub(super) fn to_bytes(self) -> [u8; HEADER_BYTES] {
        let mut out = [0; HEADER_BYTES];
        let visit = self.target.visit.map_or(Uuid::nil(), |visit| visit.0);
        let parts: [&[u8]; 5] =
            [&MAGIC, &self.salt, self.target.session.0.as_bytes(), visit.as_bytes(), self.segment.0.as_bytes()];
        for (place, byte) in out.iter_mut().zip(parts.into_iter().flatten()) {
            *place = *byte;
        }
        out
    }

    pub(super) fn parse(bytes: &[u8; HEADER_BYTES]) -> Result<Self, SealError> {
        let rest = bytes.strip_prefix(&MAGIC).ok_or(SealError::Format)?;
        let (salt, rest) = rest.split_first_chunk().ok_or(SealError::Format)?;
        let (session, rest) = rest.split_first_chunk().ok_or(SealError::Format)?;
        let (visit, rest) = rest.split_first_chunk().ok_or(SealError::Format)?;
        let segment = rest.first_chunk().ok_or(SealError::Format)?;
        let visit = Some(Uuid::from_bytes(*visit)).filter(|visit| !visit.is_nil()).map(VisitId);
        let target = RecordTarget { session: SessionId(Uuid::from_bytes(*session)), visit };
        Ok(Self { salt: *salt, target, segment: SegmentId(Uuid::from_bytes(*segment)) })
    }
}

/// What a frame holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum FrameKind {
    /// First frame: what the file is (JSON).
    Head,
    /// Bytes of clusters.
    Media,
    /// Last frame: length and entry points (JSON). Without it a file is not finished.
    Trailer,
}

/// A frame's own head.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct FrameHead {
    pub(super) kind: FrameKind,
    /// Bytes of plaintext.
    pub(super) plain: usize,
}

impl FrameHead {
    pub(super) fn parse(bytes: [u8; FRAME_HEAD_BYTES]) -> Result<Self, SealError> {
        let [kind, a, b, c] = bytes;
        let kind = match kind {
            1 => FrameKind::Head,
            2 => FrameKind::Media,
            3 => FrameKind::Trailer,
            _ => return Err(SealError::Format),
        };
        let plain = u32::from_be_bytes([0, a, b, c]) as usize;
        if plain > limits::RECORD_FRAME { Err(SealError::Format) } else { Ok(Self { kind, plain }) }
    }

    fn to_bytes(self) -> Result<[u8; FRAME_HEAD_BYTES], SealError> {
        let [top, a, b, c] = u32::try_from(self.plain).map_err(|_| SealError::Refused)?.to_be_bytes();
        let kind = match self.kind {
            FrameKind::Head => 1,
            FrameKind::Media => 2,
            FrameKind::Trailer => 3,
        };
        if top == 0 && self.plain <= limits::RECORD_FRAME { Ok([kind, a, b, c]) } else { Err(SealError::Refused) }
    }

    /// Bytes that follow the head in the file.
    pub(super) fn body_bytes(self) -> usize {
        let nonce = if self.kind == FrameKind::Trailer { NONCE_LEN } else { 0 };
        nonce + self.plain + TAG_BYTES
    }
}

/// The key of one file. Derived from the visit's key, the file's salt and its whole header: two files never share a
/// key, and a changed header opens nothing.
pub(super) struct FileKey(LessSafeKey);

impl FileKey {
    pub(super) fn new(key: &RecordKey, header: &FileHeader) -> Result<Self, SealError> {
        let bytes = header.to_bytes();
        let secret = Salt::new(HKDF_SHA256, &header.salt).extract(&key.0);
        let info: [&[u8]; 2] = [KEY_LABEL, &bytes];
        let derived = secret.expand(&info, &AES_256_GCM).map_err(|_| SealError::Refused)?;
        Ok(Self(LessSafeKey::new(UnboundKey::from(derived))))
    }

    /// Appends frame number `index` to `out`. The caller never gives one index to two frames of a file; only trailers
    /// may be made again, their nonce is random and in a space of its own.
    pub(super) fn seal(&self, kind: FrameKind, index: u32, plain: &[u8], out: &mut Vec<u8>) -> Result<(), SealError> {
        let head = FrameHead { kind, plain: plain.len() }.to_bytes()?;
        let nonce = if kind == FrameKind::Trailer { trailer_nonce()? } else { numbered_nonce(index) };
        let mut sealed = plain.to_vec();
        self.0
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad(head, index), &mut sealed)
            .map_err(|_| SealError::Refused)?;
        out.extend(head);
        if kind == FrameKind::Trailer {
            out.extend(nonce);
        }
        out.append(&mut sealed);
        Ok(())
    }

    /// Opens the body (what follows the head) of frame number `index`.
    pub(super) fn open(&self, head: FrameHead, index: u32, mut body: Vec<u8>) -> Result<Vec<u8>, SealError> {
        let mut nonce = numbered_nonce(index);
        if head.kind == FrameKind::Trailer {
            nonce = *body.first_chunk().ok_or(SealError::Unfinished)?;
            if !nonce.starts_with(&[TRAILER_SPACE]) {
                return Err(SealError::Tampered(index));
            }
            body.drain(..NONCE_LEN);
        }
        let aad = aad(head.to_bytes()?, index);
        let length = self
            .0
            .open_in_place(Nonce::assume_unique_for_key(nonce), aad, &mut body)
            .map_err(|_| SealError::Tampered(index))?
            .len();
        body.truncate(length);
        Ok(body)
    }
}

const TRAILER_SPACE: u8 = 1;

/// Nonces of numbered frames begin with a zero byte.
fn numbered_nonce(index: u32) -> [u8; NONCE_LEN] {
    let [a, b, c, d] = index.to_be_bytes();
    [0, 0, 0, 0, 0, 0, 0, 0, a, b, c, d]
}

/// Nonces of trailers begin with a one and are random behind it: a crash may force a second trailer.
fn trailer_nonce() -> Result<[u8; NONCE_LEN], SealError> {
    let [_, rest @ ..] = random::<NONCE_LEN>()?;
    let [a, b, c, d, e, f, g, h, i, j, k] = rest;
    Ok([TRAILER_SPACE, a, b, c, d, e, f, g, h, i, j, k])
}

fn aad(head: [u8; FRAME_HEAD_BYTES], index: u32) -> Aad<[u8; 8]> {
    let ([a, b, c, d], [e, f, g, h]) = (head, index.to_be_bytes());
    Aad::from([a, b, c, d, e, f, g, h])
}

fn random<const N: usize>() -> Result<[u8; N], SealError> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| SealError::Refused)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::testing::target;
    use super::*;

    fn header() -> FileHeader {
        FileHeader::new(target(), SegmentId(Uuid::from_u128(9))).unwrap()
    }

    fn file_key(header: &FileHeader) -> FileKey {
        FileKey::new(&RecordKey([7; 32]), header).unwrap()
    }

    fn split(frame: &[u8]) -> (FrameHead, Vec<u8>) {
        (FrameHead::parse(frame[..4].try_into().unwrap()).unwrap(), frame[4..].to_vec())
    }

    #[test]
    fn the_header_survives_and_names_the_part_of_the_session() {
        let header = header();
        assert_eq!(FileHeader::parse(&header.to_bytes()), Ok(header));
        let whole = FileHeader { target: RecordTarget { visit: None, ..header.target }, ..header };
        assert_eq!(FileHeader::parse(&whole.to_bytes()), Ok(whole));
        assert_eq!(FileHeader::parse(&[0; HEADER_BYTES]), Err(SealError::Format));
    }

    #[test]
    fn frames_open_only_unchanged_in_their_place_and_file() {
        let header = header();
        let key = file_key(&header);
        for kind in [FrameKind::Head, FrameKind::Media, FrameKind::Trailer] {
            let mut frame = Vec::new();
            key.seal(kind, 5, b"plain", &mut frame).unwrap();
            let (head, body) = split(&frame);
            assert_eq!(head.body_bytes(), body.len());
            assert_eq!(key.open(head, 5, body.clone()).unwrap(), b"plain");
            assert_eq!(key.open(head, 6, body.clone()), Err(SealError::Tampered(6)), "moved");
            for at in 0..body.len() {
                let mut changed = body.clone();
                changed[at] ^= 1;
                assert_eq!(key.open(head, 5, changed), Err(SealError::Tampered(5)), "byte {at}");
            }
            let other = FrameKind::Media;
            if kind == FrameKind::Head {
                let head = FrameHead { kind: other, ..head };
                assert!(key.open(head, 5, body.clone()).is_err(), "another kind");
            }
            let renamed = FileHeader { segment: SegmentId(Uuid::from_u128(10)), ..header };
            assert!(file_key(&renamed).open(head, 5, body.clone()).is_err(), "another header");
            let stranger = FileKey::new(&RecordKey([8; 32]), &header).unwrap();
            assert!(stranger.open(head, 5, body).is_err(), "another key");
        }
    }

    #[test]
    fn no_nonce_comes_twice() {
        let mut seen = BTreeSet::new();
        for index in (0..2000).chain(u32::MAX - 2000..=u32::MAX) {
            assert!(seen.insert(numbered_nonce(index)));
        }
        for _ in 0..2000 {
            let nonce = trailer_nonce().unwrap();
            assert_eq!(nonce[0], TRAILER_SPACE, "a space of its own");
            assert!(seen.insert(nonce));
        }
        let (one, two) = (header(), header());
        assert_ne!(one.salt, two.salt, "two files of one visit have different keys");
        let (mut a, mut b) = (Vec::new(), Vec::new());
        file_key(&one).seal(FrameKind::Media, 0, b"same", &mut a).unwrap();
        file_key(&two).seal(FrameKind::Media, 0, b"same", &mut b).unwrap();
        assert_ne!(a, b);
    }

    #[test]
    fn too_large_frames_are_refused_both_ways() {
        let key = file_key(&header());
        let plain = vec![0; limits::RECORD_FRAME + 1];
        assert_eq!(key.seal(FrameKind::Media, 0, &plain, &mut Vec::new()), Err(SealError::Refused));
        assert_eq!(FrameHead::parse([2, 1, 0, 1]), Err(SealError::Format));
        assert_eq!(FrameHead::parse([9, 0, 0, 1]), Err(SealError::Format));
    }
}
