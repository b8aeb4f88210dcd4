//! What load clients send: packets that look like a camera's and a microphone's, and say who sent them when, so that
//! whoever receives one can tell whether it is the right one.

use crate::media::wire::{u32_at, u64_at};

/// RTP payload type of the pictures.
pub(super) const PT_VIDEO: u8 = 96;
/// RTP payload type of repairs of pictures.
pub(super) const PT_REPAIR: u8 = 97;
/// RTP payload type of the sound.
pub(super) const PT_AUDIO: u8 = 111;

const MAGIC: u32 = 0x4443_4c44;
/// Magic, source, number, send time.
const MARK: usize = 4 + 4 + 8 + 8;
/// VP8 payload descriptor with picture id, TL0PICIDX and TID/KEYIDX, then the first byte of the frame.
const VIDEO_HEAD: usize = 7;
/// An Opus table of contents: CELT, 20 ms, one frame.
const AUDIO_HEAD: usize = 1;
/// The shortest payload that can carry a mark.
pub(super) const SHORTEST: usize = VIDEO_HEAD + MARK;

/// Sound or picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Medium {
    Video,
    Audio,
}

impl Medium {
    /// RTP time stamp of a moment, µs.
    pub(super) fn timestamp(self, at_us: i64) -> u32 {
        match self {
            Self::Video => (at_us * 9 / 100) as u32,
            Self::Audio => (at_us * 6 / 125) as u32,
        }
    }

    /// Microseconds of a difference of RTP time stamps.
    pub(super) fn ticks_to_us(self, ticks: i32) -> i64 {
        match self {
            Self::Video => i64::from(ticks) * 100 / 9,
            Self::Audio => i64::from(ticks) * 125 / 6,
        }
    }

    pub(super) fn payload_type(self) -> u8 {
        match self {
            Self::Video => PT_VIDEO,
            Self::Audio => PT_AUDIO,
        }
    }
}

/// One packet to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) medium: Medium,
    /// Which source of the whole load.
    pub(super) source: u32,
    /// Running number of the packet within its source.
    pub(super) number: u64,
    /// Running number of the frame within its source.
    pub(super) frame: u64,
    /// First packet of its frame.
    pub(super) begins: bool,
    /// The frame is a key frame.
    pub(super) key: bool,
    /// When it is sent, µs of the load's clock.
    pub(super) at_us: i64,
    /// Length of the payload.
    pub(super) length: usize,
}

/// Appends the payload.
pub(super) fn write(piece: &Piece, out: &mut Vec<u8>) {
    let start = out.len();
    if piece.medium == Medium::Video {
        let id = (piece.frame as u16 & 0x7fff | 0x8000).to_be_bytes();
        let first = if piece.begins { 0x90 } else { 0x80 };
        // The last byte is the frame's own first one: bit 0 is the inverse key frame flag.
        let opening = if piece.begins && piece.key { 0x10 } else { 0x11 };
        out.extend_from_slice(&[first, 0xf0, id[0], id[1], piece.frame as u8, 0x20, opening]);
    } else {
        out.push(0xf8);
    }
    out.extend_from_slice(&MAGIC.to_be_bytes());
    out.extend_from_slice(&piece.source.to_be_bytes());
    out.extend_from_slice(&piece.number.to_be_bytes());
    out.extend_from_slice(&piece.at_us.to_be_bytes());
    let written = out.len() - start;
    // A pattern that differs from packet to packet, so that a payload under a foreign header is noticed.
    out.extend((written..piece.length).map(|place| filler(piece.number, place)));
}

fn filler(number: u64, place: usize) -> u8 {
    (number as u8).wrapping_mul(31).wrapping_add(place as u8)
}

/// What a received payload says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) source: u32,
    pub(super) number: u64,
    pub(super) at_us: i64,
    /// Only of pictures: as the receiver sees it.
    pub(super) picture_id: u16,
}

/// Reads a payload and holds every byte that no server may change against what was sent. `None`: it is not ours, or it
/// was changed.
pub(super) fn read(medium: Medium, payload: &[u8]) -> Option<Mark> {
    let (head, rest) = payload.split_at_checked(if medium == Medium::Video { VIDEO_HEAD } else { AUDIO_HEAD })?;
    if u32_at(rest, 0)? != MAGIC {
        return None;
    }
    let mark = Mark {
        source: u32_at(rest, 4)?,
        number: u64_at(rest, 8)?,
        at_us: u64_at(rest, 16)? as i64,
        picture_id: u32_at(head, 1).map_or(0, |word| (word >> 8) as u16 & 0x7fff),
    };
    let kept = match (medium, head) {
        (Medium::Video, [first, 0xf0, _, _, _, layer, opening]) => {
            matches!(first, 0x80 | 0x90) && layer & 0xe0 == 0x20 && matches!(opening, 0x10 | 0x11)
        }
        (Medium::Audio, [0xf8]) => true,
        _ => false,
    };
    let filled = rest.get(MARK..)?.iter().enumerate().all(|(place, byte)| {
        let place = place + head.len() + MARK;
        *byte == filler(mark.number, place)
    });
    (kept && filled).then_some(mark)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(medium: Medium) -> Piece {
        Piece { medium, source: 7, number: 1_000, frame: 125, begins: true, key: true, at_us: -5, length: 200 }
    }

    #[test]
    fn what_is_written_is_read_and_every_change_is_noticed() {
        for medium in [Medium::Video, Medium::Audio] {
            let mut payload = Vec::new();
            write(&piece(medium), &mut payload);
            assert_eq!(payload.len(), 200);
            let mark = read(medium, &payload).unwrap();
            assert_eq!((mark.source, mark.number, mark.at_us), (7, 1_000, -5));
            let unchanged = |payload: &[u8]| read(medium, payload) == Some(mark);
            for at in 0..payload.len() {
                let mut changed = payload.clone();
                changed[at] ^= 1;
                // TL0PICIDX and KEYIDX are the server's to rewrite; a key frame's first byte has a brother.
                let free = medium == Medium::Video && matches!(at, 4..=6);
                assert!(free || !unchanged(&changed), "byte {at}");
            }
            assert_eq!(read(medium, &payload[..20]), None);
        }
    }

    #[test]
    fn time_stamps_tell_the_time() {
        for medium in [Medium::Video, Medium::Audio] {
            let (from, to) = (900_000_000_000i64, 900_002_500_000);
            let ticks = medium.timestamp(to).wrapping_sub(medium.timestamp(from)) as i32;
            assert!((medium.ticks_to_us(ticks) - 2_500_000).abs() < 25);
        }
    }
}
