//! VP8 pictures out of RTP packets (RFC 7741 section 4).

use std::sync::Arc;

use super::timeline::Stamp;
use crate::limits;
use crate::media::plan::RecordTarget;

/// What the payload descriptor says, as far as a recorder needs it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Descriptor {
    /// First packet of a picture: S set, partition 0.
    starts: bool,
    /// Picture id and the mask of its width (7 or 15 bits).
    picture: Option<(u16, u16)>,
}

/// Splits the payload into descriptor and VP8 data; `None` when it is cut short.
fn descriptor(payload: &[u8]) -> Option<(Descriptor, &[u8])> {
    let (first, mut rest) = payload.split_first()?;
    let mut next = || {
        let (byte, tail) = rest.split_first()?;
        rest = tail;
        Some(*byte)
    };
    let mut picture = None;
    if first & 0x80 != 0 {
        let extensions = next()?;
        if extensions & 0x80 != 0 {
            let high = next()?;
            picture = Some(if high & 0x80 == 0 {
                (u16::from(high), 0x7f)
            } else {
                (u16::from_be_bytes([high & 0x7f, next()?]), 0x7fff)
            });
        }
        if extensions & 0x40 != 0 {
            next()?; // TL0PICIDX
        }
        if extensions & 0x30 != 0 {
            next()?; // TID, Y, KEYIDX
        }
    }
    Some((Descriptor { starts: first & 0x10 != 0 && first & 0x07 == 0, picture }, rest))
}

/// Width and height when `data` is a key frame (RFC 6386 section 9.1), `None` for any other picture.
fn key_frame(data: &[u8]) -> Option<(u16, u16)> {
    let head = data.first_chunk::<10>()?;
    let [tag, _, _, 0x9d, 0x01, 0x2a, w0, w1, h0, h1] = *head else { return None };
    let size = (u16::from_le_bytes([w0, w1]) & 0x3fff, u16::from_le_bytes([h0, h1]) & 0x3fff);
    (tag & 1 == 0).then_some(size)
}

/// What a file that begins with a picture must know of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct KeyFrame {
    /// Width and height.
    pub(super) size: (u16, u16),
    /// What its decoder is told first (Matroska's CodecPrivate); nothing for VP8.
    pub(super) private: Arc<[u8]>,
}

/// One whole picture.
#[derive(Debug)]
pub(super) struct Picture {
    pub(super) data: Vec<u8>,
    pub(super) stamp: Stamp,
    pub(super) target: RecordTarget,
    /// Of a key frame.
    pub(super) key: Option<KeyFrame>,
    /// False when something before it is missing: it cannot be shown unless it is a key frame.
    pub(super) continuous: bool,
}

/// Collects the packets of one stream, in order, into pictures.
#[derive(Default)]
pub(super) struct Assembler {
    partial: Option<Picture>,
    /// Packets are missing since the last one; whether of a picture is not known yet.
    hole: bool,
    /// A picture is missing since the last whole one.
    damaged: bool,
    last_picture: Option<(u16, u16)>,
}

impl Assembler {
    /// Packets are missing here.
    pub(super) fn lost(&mut self) {
        self.hole = true;
    }

    /// Takes the next packet; gives a picture when it is the last one of it. An empty payload is padding.
    pub(super) fn push(&mut self, payload: &[u8], marker: bool, stamp: Stamp, target: RecordTarget) -> Option<Picture> {
        if payload.is_empty() {
            return None;
        }
        let hole = std::mem::take(&mut self.hole);
        let Some((descriptor, data)) = descriptor(payload) else {
            self.drop_partial(true);
            return None;
        };
        if descriptor.starts {
            // Lost packets between two whole pictures with consecutive ids were padding.
            let harmless = match (self.last_picture, descriptor.picture) {
                (Some((last, mask)), Some((id, _))) => id & mask == last.wrapping_add(1) & mask,
                _ => false,
            };
            self.drop_partial(hole && !harmless);
            self.partial = Some(Picture { data: data.to_vec(), stamp, target, key: None, continuous: true });
        } else {
            match &mut self.partial {
                Some(partial) if !hole && partial.stamp.rtp == stamp.rtp && partial.target == target => {
                    partial.data.extend_from_slice(data);
                }
                _ => self.drop_partial(true),
            }
        }
        self.last_picture = descriptor.picture;
        if self.partial.as_ref().is_some_and(|partial| partial.data.len() > limits::RECORD_PICTURE) {
            self.drop_partial(true);
        }
        if !marker {
            return None;
        }
        let mut picture = self.partial.take()?;
        picture.key = key_frame(&picture.data).map(|size| KeyFrame { size, private: [].into() });
        picture.continuous = !std::mem::take(&mut self.damaged);
        Some(picture)
    }

    fn drop_partial(&mut self, damaged: bool) {
        self.damaged |= self.partial.take().is_some() || damaged;
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::target;
    use super::*;

    const KEY: [u8; 10] = [0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x40, 0x01, 0xb4, 0x40];

    /// Descriptor with a 15 bit picture id, TL0PICIDX and TID.
    fn part(starts: bool, id: u16, data: &[u8]) -> Vec<u8> {
        let mut out = vec![if starts { 0x90 } else { 0x80 }, 0xf0];
        out.extend((0x8000 | id).to_be_bytes());
        out.extend([9, 0x20]);
        out.extend(data);
        out
    }

    fn stamp(rtp: i64) -> Stamp {
        Stamp { rtp, arrival_us: 0 }
    }

    fn push(assembler: &mut Assembler, payload: &[u8], marker: bool, rtp: i64) -> Option<(usize, bool, bool)> {
        assembler
            .push(payload, marker, stamp(rtp), target())
            .map(|picture| (picture.data.len(), picture.key.is_some(), picture.continuous))
    }

    #[test]
    fn descriptors_of_every_shape() {
        let data = [0xaau8];
        let cases = [
            (&[0x10][..], true, None),
            (&[0x11], false, None),
            (&[0x90, 0x80, 0x05], true, Some((5, 0x7f))),
            (&[0x90, 0x80, 0x81, 0x02], true, Some((0x102, 0x7fff))),
            (&[0x80, 0xf0, 0xff, 0xff, 1, 2], false, Some((0x7fff, 0x7fff))),
        ];
        for (head, starts, picture) in cases {
            let payload = [head, &data].concat();
            assert_eq!(descriptor(&payload), Some((Descriptor { starts, picture }, &data[..])), "{head:x?}");
            for cut in 0..head.len() {
                let short = descriptor(&payload[..cut]);
                assert!(short.is_none_or(|(_, rest)| rest.is_empty()), "cut at {cut} of {head:x?}");
            }
        }
    }

    #[test]
    fn pictures_are_joined_and_key_frames_measured() {
        let mut assembler = Assembler::default();
        assert_eq!(push(&mut assembler, &part(true, 1, &KEY), false, 0), None);
        let picture = assembler.push(&part(false, 1, &[1, 2, 3]), true, stamp(0), target()).unwrap();
        assert_eq!(picture.data.len(), 13);
        assert_eq!(picture.key.unwrap().size, (320, 180), "the two top bits are scaling, not size");
        assert_eq!(push(&mut assembler, &part(true, 2, &[0x31, 0, 0]), true, 3000), Some((3, false, true)));
    }

    #[test]
    fn loss_inside_a_picture_damages_it_and_the_next() {
        let mut assembler = Assembler::default();
        push(&mut assembler, &part(true, 1, &KEY), true, 0);
        push(&mut assembler, &part(true, 2, &[0x31]), false, 3000);
        assembler.lost();
        assert_eq!(push(&mut assembler, &part(false, 2, &[1]), true, 3000), None);
        assert_eq!(push(&mut assembler, &part(true, 3, &[0x31]), true, 6000), Some((1, false, false)));
        assert_eq!(push(&mut assembler, &part(true, 4, &KEY), true, 9000), Some((10, true, true)));
    }

    #[test]
    fn a_lost_picture_shows_in_the_ids_and_lost_padding_does_not_matter() {
        let mut assembler = Assembler::default();
        push(&mut assembler, &part(true, 0x7fff, &KEY), true, 0);
        assembler.lost();
        assert_eq!(push(&mut assembler, &part(true, 0, &[0x31]), true, 3000), Some((1, false, true)), "wrapped");
        assembler.lost();
        assert_eq!(push(&mut assembler, &part(true, 2, &[0x31]), true, 6000), Some((1, false, false)));
        assert_eq!(push(&mut assembler, &[], true, 6000), None, "padding");
    }

    #[test]
    fn a_picture_without_its_end_is_noticed() {
        let mut assembler = Assembler::default();
        push(&mut assembler, &part(true, 1, &KEY), false, 0);
        assert_eq!(push(&mut assembler, &part(true, 2, &[0x31]), true, 3000), Some((1, false, false)));
    }

    proptest::proptest! {
        #[test]
        fn no_payload_breaks_it(payloads in proptest::collection::vec(
            (proptest::collection::vec(proptest::num::u8::ANY, 0..40), proptest::bool::ANY, 0i64..4, proptest::bool::ANY),
            0..40,
        )) {
            let mut assembler = Assembler::default();
            for (payload, marker, rtp, lost) in payloads {
                if lost {
                    assembler.lost();
                }
                let picture = assembler.push(&payload, marker, stamp(rtp), target());
                proptest::prop_assert!(picture.is_none_or(|picture| marker && picture.stamp.rtp == rtp));
            }
        }
    }
}
