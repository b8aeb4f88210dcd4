//! What comes to the recorder from publishers, and what it may find on a disk.

use uuid::Uuid;

use super::access_unit::AccessUnits;
use super::depacketize::Assembler;
use super::matroska::ClusterScan;
use super::opus;
use super::seal::{FRAME_HEAD_BYTES, FileHeader, FrameHead, HEADER_BYTES};
use super::timeline::Stamp;
use crate::domain::ids::SessionId;
use crate::limits;
use crate::media::engine::Codec;
use crate::media::plan::RecordTarget;

/// Pieces, each after a byte with its length.
fn pieces(mut bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (length, rest) = bytes.split_first()?;
        let (piece, rest) = rest.split_at(usize::from(*length).min(rest.len()));
        bytes = rest;
        Some(piece)
    })
}

/// Payloads of one stream, in order, some of them lost: pictures come at markers alone and never grow past the bound.
pub fn pictures(bytes: &[u8]) {
    let target = RecordTarget { session: SessionId(Uuid::nil()), visit: None };
    let mut assembler = Assembler::default();
    for (place, piece) in pieces(bytes).enumerate() {
        let Some((how, payload)) = piece.split_first() else {
            assembler.lost();
            continue;
        };
        let marker = how & 1 != 0;
        let stamp = Stamp { rtp: i64::from(how >> 1), arrival_us: place as i64 };
        if let Some(picture) = assembler.push(payload, marker, stamp, target) {
            assert!(marker);
            assert!(picture.data.len() <= limits::RECORD_PICTURE);
        }
    }
}

/// The same as H.264: a picture is units, each after its length.
pub fn units(bytes: &[u8]) {
    let target = RecordTarget { session: SessionId(Uuid::nil()), visit: None };
    let mut units = AccessUnits::default();
    for (place, piece) in pieces(bytes).enumerate() {
        let Some((how, payload)) = piece.split_first() else {
            units.lost();
            continue;
        };
        let marker = how & 1 != 0;
        let stamp = Stamp { rtp: i64::from(how >> 1), arrival_us: place as i64 };
        if let Some(picture) = units.push(payload, marker, stamp, target) {
            assert!(marker);
            assert!(picture.data.len() <= limits::RECORD_PICTURE);
            let mut rest = picture.data.as_slice();
            while let Some((length, tail)) = rest.split_first_chunk::<4>() {
                let length = u32::from_be_bytes(*length) as usize;
                assert!(length > 0 && length <= tail.len(), "units fill a picture");
                rest = tail.get(length..).unwrap_or_default();
            }
            assert!(rest.is_empty());
            assert!(picture.key.is_none_or(|key| !key.private.is_empty() && key.size.0 > 0 && key.size.1 > 0));
        }
    }
}

/// Frames of a file that was cut off, already opened: whatever they hold, the scan ends.
pub fn clusters(bytes: &[u8]) {
    for codec in [Codec::Opus, Codec::Vp8, Codec::H264] {
        let mut scan = ClusterScan::new(codec);
        for piece in pieces(bytes) {
            scan.push(piece);
        }
        scan.finish();
    }
}

/// The clear heads of a sealed file: what is accepted is written as it was read.
pub fn sealed(bytes: &[u8]) {
    if let Some(head) = bytes.first_chunk::<HEADER_BYTES>()
        && let Ok(header) = FileHeader::parse(head)
    {
        assert_eq!(header.to_bytes(), *head);
    }
    if let Some(head) = bytes.first_chunk::<FRAME_HEAD_BYTES>()
        && let Ok(frame) = FrameHead::parse(*head)
    {
        assert!(frame.plain <= limits::RECORD_FRAME);
        assert!(frame.body_bytes() > frame.plain);
    }
    // Sound of any packet is shorter than what 63 frames of 60 ms would be.
    assert!(opus::duration_us(bytes) <= 63 * 60_000);
}
