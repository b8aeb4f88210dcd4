//! The VP8 payload descriptor (RFC 7741 §4.2): just what switching between layers and sources needs.

use super::wire::{put, u16_at};

/// Where the running numbers of one payload stand, and what they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Vp8Descriptor {
    /// Byte, value, and whether it has 15 bits (else 7).
    pub(crate) picture_id: Option<(usize, u16, bool)>,
    /// Byte and value of TL0PICIDX.
    pub(crate) tl0_index: Option<(usize, u8)>,
    /// Byte and value (5 bits) of KEYIDX.
    pub(crate) key_index: Option<(usize, u8)>,
    /// First packet of a key frame.
    pub(crate) key_frame_start: bool,
}

impl Vp8Descriptor {
    /// `None` when the descriptor is cut short or no frame data follows.
    pub(crate) fn parse(payload: &[u8]) -> Option<Self> {
        let mut found = Self::default();
        let first = *payload.first()?;
        let mut at = 1;
        if first & 0x80 != 0 {
            let fields = *payload.get(at)?;
            at += 1;
            if fields & 0x80 != 0 {
                let wide = payload.get(at)? & 0x80 != 0;
                found.picture_id = Some(if wide {
                    (at, u16_at(payload, at)? & 0x7fff, true)
                } else {
                    (at, u16::from(*payload.get(at)?), false)
                });
                at += if wide { 2 } else { 1 };
            }
            if fields & 0x40 != 0 {
                found.tl0_index = Some((at, *payload.get(at)?));
                at += 1;
            }
            if fields & 0x30 != 0 {
                let value = *payload.get(at)?;
                if fields & 0x10 != 0 {
                    found.key_index = Some((at, value & 0x1f));
                }
                at += 1;
            }
        }
        // S bit, partition 0, and the frame header's inverse key frame flag (RFC 6386 §9.1).
        found.key_frame_start = payload.get(at)? & 1 == 0 && first & 0x10 != 0 && first & 0x0f == 0;
        Some(found)
    }

    /// Writes the numbers shifted by `shift` into a copy of the payload this was read from.
    pub(crate) fn rewrite(&self, payload: &mut [u8], shift: Vp8Shift) {
        if let Some((at, value, wide)) = self.picture_id {
            let value = value.wrapping_add(shift.picture_id);
            if wide {
                put(payload, at, &(value & 0x7fff | 0x8000).to_be_bytes());
            } else {
                put(payload, at, &[(value & 0x7f) as u8]);
            }
        }
        if let Some((at, value)) = self.tl0_index {
            put(payload, at, &[value.wrapping_add(shift.tl0_index)]);
        }
        if let (Some((at, value)), Some(rest)) =
            (self.key_index, self.key_index.and_then(|(at, _)| payload.get(at)).copied())
        {
            put(payload, at, &[rest & 0xe0 | value.wrapping_add(shift.key_index) & 0x1f]);
        }
    }
}

/// What is added to the numbers of the running source so that they go on from the one before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Vp8Shift {
    pub(crate) picture_id: u16,
    pub(crate) tl0_index: u8,
    pub(crate) key_index: u8,
}

/// The greatest numbers sent so far in one slot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Vp8Last {
    picture_id: u16,
    tl0_index: u8,
    key_index: u8,
}

impl Vp8Last {
    /// The shift that makes `first`, the start of a new source or layer, follow what was sent.
    pub(crate) fn shift_to(&self, first: &Vp8Descriptor) -> Vp8Shift {
        Vp8Shift {
            picture_id: first.picture_id.map_or(0, |(_, value, _)| self.picture_id.wrapping_add(1).wrapping_sub(value)),
            tl0_index: first.tl0_index.map_or(0, |(_, value)| self.tl0_index.wrapping_add(1).wrapping_sub(value)),
            key_index: first.key_index.map_or(0, |(_, value)| self.key_index.wrapping_add(1).wrapping_sub(value)),
        }
    }

    /// Remembers what a forwarded payload carries after the shift.
    pub(crate) fn note(&mut self, sent: &Vp8Descriptor, shift: Vp8Shift) {
        if let Some((_, value, _)) = sent.picture_id {
            let value = value.wrapping_add(shift.picture_id) & 0x7fff;
            if value.wrapping_sub(self.picture_id) & 0x7fff < 0x4000 {
                self.picture_id = value;
            }
        }
        if let Some((_, value)) = sent.tl0_index {
            let value = value.wrapping_add(shift.tl0_index);
            if value.wrapping_sub(self.tl0_index) < 0x80 {
                self.tl0_index = value;
            }
        }
        if let Some((_, value)) = sent.key_index {
            let value = value.wrapping_add(shift.key_index) & 0x1f;
            if value.wrapping_sub(self.key_index) & 0x1f < 0x10 {
                self.key_index = value;
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A payload with 15-bit picture id, TL0PICIDX and KEYIDX.
    pub(crate) fn payload(key: bool, picture: u16, tl0: u8, key_index: u8) -> Vec<u8> {
        let id = (picture & 0x7fff | 0x8000).to_be_bytes();
        vec![0x90, 0xf0, id[0], id[1], tl0, 0x20 | key_index & 0x1f, u8::from(!key), 1, 2, 3]
    }

    #[test]
    fn reads_key_frames_and_numbers() {
        let found = Vp8Descriptor::parse(&payload(true, 0x7ffe, 255, 31)).unwrap();
        assert!(found.key_frame_start);
        assert_eq!(found.picture_id, Some((2, 0x7ffe, true)));
        assert_eq!(found.tl0_index, Some((4, 255)));
        assert_eq!(found.key_index, Some((5, 31)));
        assert!(!Vp8Descriptor::parse(&payload(false, 1, 1, 1)).unwrap().key_frame_start);
        assert!(Vp8Descriptor::parse(&[0x10, 0]).unwrap().key_frame_start);
        assert_eq!(Vp8Descriptor::parse(&[0x90, 0xf0, 0x80]), None);
    }

    #[test]
    fn numbers_go_on_over_wraps() {
        let mut last = Vp8Last::default();
        let before = Vp8Descriptor::parse(&payload(true, 0x7fff, 255, 31)).unwrap();
        let shift = last.shift_to(&before);
        last.note(&before, shift);
        let first = payload(true, 77, 9, 3);
        let next = Vp8Descriptor::parse(&first).unwrap();
        let shift = last.shift_to(&next);
        let mut out = first.clone();
        next.rewrite(&mut out, shift);
        let sent = Vp8Descriptor::parse(&out).unwrap();
        assert_eq!(sent.picture_id.unwrap().1, 2);
        assert_eq!(sent.tl0_index.unwrap().1, 2);
        assert_eq!(sent.key_index.unwrap().1, 2);
        assert_eq!(out[5] & 0xe0, first[5] & 0xe0, "layer bits untouched");
        assert_eq!(out[6..], first[6..]);
    }
}
