//! H.264 in RTP (RFC 6184): what a payload holds, where a picture begins that needs none before it, and what a parameter
//! set says of size and profile (ITU-T H.264 §7.3.2.1.1).

/// Type of a NAL unit (H.264 table 7-1), the lower five bits of its first byte.
pub(crate) mod nal {
    /// Slices, also in partitions.
    pub(crate) const SLICE: u8 = 1;
    pub(crate) const IDR: u8 = 5;
    /// Supplemental enhancement information.
    pub(crate) const REMARKS: u8 = 6;
    pub(crate) const SEQUENCE: u8 = 7;
    pub(crate) const PICTURE: u8 = 8;
    pub(crate) const DELIMITER: u8 = 9;
    pub(crate) const FILLER: u8 = 12;

    /// Of the first byte of a NAL unit.
    pub(crate) fn kind(head: u8) -> u8 {
        head & 0x1f
    }
}

/// Several units in one packet, and parts of one (RFC 6184 §5.4, packetization mode 1).
const STAP_A: u8 = 24;
const FU_A: u8 = 28;
/// Set only in what a receiver must not decode (§1.3).
const FORBIDDEN: u8 = 0x80;
/// No picture of ours is larger; level 6.2 ends at 8,192 by 4,320.
const WIDEST: u32 = 16_384;

/// What one RTP payload holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Payload<'a> {
    /// One whole NAL unit.
    Whole(&'a [u8]),
    /// Several whole ones, each after its length.
    Several(Units<'a>),
    /// A part of one.
    Part(Part<'a>),
}

/// NAL units of an aggregation packet, whose lengths were checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Units<'a>(&'a [u8]);

/// A part of a NAL unit (FU-A).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part<'a> {
    /// First byte of the unit this is a part of.
    pub(crate) head: u8,
    pub(crate) first: bool,
    pub(crate) last: bool,
    /// Without that first byte.
    pub(crate) data: &'a [u8],
}

impl<'a> Payload<'a> {
    /// `None` for what packetization mode 1 does not know, and for what is cut short.
    pub(crate) fn read(payload: &'a [u8]) -> Option<Self> {
        let (head, rest) = payload.split_first()?;
        if head & FORBIDDEN != 0 {
            return None;
        }
        match nal::kind(*head) {
            1..=23 => Some(Self::Whole(payload)),
            STAP_A => {
                let mut left = rest;
                while !left.is_empty() {
                    left = split(left)?.1;
                }
                (!rest.is_empty()).then_some(Self::Several(Units(rest)))
            }
            FU_A => {
                let (fragment, data) = rest.split_first()?;
                let head = head & 0xe0 | fragment & 0x1f;
                let (first, last) = (fragment & 0x80 != 0, fragment & 0x40 != 0);
                // One that is first and last would not have been cut (§5.8).
                let fits = (1..=23).contains(&nal::kind(head)) && !(first && last) && !data.is_empty();
                fits.then_some(Self::Part(Part { head, first, last, data }))
            }
            _ => None,
        }
    }

    /// Types of the units that begin in it.
    fn begun(self) -> impl Iterator<Item = u8> {
        let (one, several) = match self {
            Self::Whole(unit) => (unit.first().copied(), None),
            Self::Several(units) => (None, Some(units)),
            Self::Part(part) => (part.first.then_some(part.head), None),
        };
        let heads = several.into_iter().flatten().filter_map(|unit| unit.first().copied());
        one.into_iter().chain(heads).map(nal::kind)
    }

    /// A decoder that has seen nothing can begin here: the sequence's parameters come before any slice.
    pub(crate) fn begins(self) -> bool {
        self.begun().find(|kind| (nal::SLICE..=nal::SEQUENCE).contains(kind) && *kind != nal::REMARKS)
            == Some(nal::SEQUENCE)
    }

    /// Surely the first packet of its access unit (H.264 §7.4.1.2.3): nothing of the same picture comes before these.
    pub(crate) fn opens(self) -> bool {
        self.begun().next().is_some_and(|kind| matches!(kind, nal::SEQUENCE | nal::DELIMITER))
    }
}

impl<'a> Iterator for Units<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let (unit, rest) = split(self.0)?;
        self.0 = rest;
        Some(unit)
    }
}

/// The first unit of an aggregation and what follows it.
fn split(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<2>()?;
    let (unit, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
    let head = unit.first()?;
    (head & FORBIDDEN == 0 && (1..=23).contains(&nal::kind(*head))).then_some((unit, rest))
}

/// What a sequence parameter set says, as far as a player must know it before the first picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sequence {
    pub(crate) profile: u8,
    /// Chroma format (0 to 3), bits of a luma and of a chroma sample.
    pub(crate) chroma: u8,
    pub(crate) luma_bits: u8,
    pub(crate) chroma_bits: u8,
    /// What is shown, in pixels.
    pub(crate) width: u16,
    pub(crate) height: u16,
}

impl Sequence {
    /// Reads a whole NAL unit of that type, its first byte included.
    pub(crate) fn read(unit: &[u8]) -> Option<Self> {
        let (head, body) = unit.split_first()?;
        if nal::kind(*head) != nal::SEQUENCE {
            return None;
        }
        let mut bits = Bits::new(body);
        let profile = u8::try_from(bits.take(8)?).ok()?;
        bits.take(16)?; // constraints, level
        bits.number(31)?; // seq_parameter_set_id
        let (mut chroma, mut luma_bits, mut chroma_bits, mut planes) = (1, 8, 8, false);
        if matches!(profile, 44 | 83 | 86 | 100 | 110 | 118 | 122 | 128 | 134 | 135 | 138 | 139 | 244) {
            chroma = bits.number(3)?;
            planes = chroma == 3 && bits.flag()?;
            luma_bits = 8 + bits.number(6)?;
            chroma_bits = 8 + bits.number(6)?;
            bits.flag()?; // qpprime_y_zero_transform_bypass_flag
            if bits.flag()? {
                bits.scaling_lists(if chroma == 3 { 12 } else { 8 })?;
            }
        }
        bits.number(12)?; // log2_max_frame_num_minus4
        match bits.number(2)? {
            0 => _ = bits.number(12)?, // log2_max_pic_order_cnt_lsb_minus4
            1 => {
                bits.flag()?; // delta_pic_order_always_zero_flag
                bits.number(u32::MAX - 1)?; // offset_for_non_ref_pic
                bits.number(u32::MAX - 1)?; // offset_for_top_to_bottom_field
                for _ in 0..bits.number(255)? {
                    bits.number(u32::MAX - 1)?; // offset_for_ref_frame
                }
            }
            _ => {}
        }
        bits.number(16)?; // max_num_ref_frames
        bits.flag()?; // gaps_in_frame_num_value_allowed_flag
        let across = bits.number(WIDEST / 16 - 1)? + 1;
        let down = bits.number(WIDEST / 16 - 1)? + 1;
        let fields = if bits.flag()? { 1 } else { 2 };
        if fields == 2 {
            bits.flag()?; // mb_adaptive_frame_field_flag
        }
        bits.flag()?; // direct_8x8_inference_flag
        let (mut off_width, mut off_height) = (0, 0);
        if bits.flag()? {
            let (unit_x, unit_y) = match (chroma, planes) {
                (1, _) => (2, 2),
                (2, _) => (2, 1),
                _ => (1, 1),
            };
            off_width = (bits.number(WIDEST)? + bits.number(WIDEST)?) * unit_x;
            off_height = (bits.number(WIDEST)? + bits.number(WIDEST)?) * unit_y * fields;
        }
        let size = |whole: u32, off: u32| u16::try_from(whole.checked_sub(off)?).ok().filter(|size| *size > 0);
        let byte = |value: u32| u8::try_from(value).ok();
        Some(Self {
            profile,
            chroma: byte(chroma)?,
            luma_bits: byte(luma_bits)?,
            chroma_bits: byte(chroma_bits)?,
            width: size(across * 16, off_width)?,
            height: size(down * 16 * fields, off_height)?,
        })
    }
}

/// Bits of a unit without its emulation prevention bytes (H.264 §7.4.1), most significant first.
struct Bits<'a> {
    bytes: &'a [u8],
    zeros: u8,
    byte: u8,
    left: u32,
}

impl<'a> Bits<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, zeros: 0, byte: 0, left: 0 }
    }

    fn flag(&mut self) -> Option<bool> {
        if self.left == 0 {
            let (mut byte, mut rest) = self.bytes.split_first()?;
            if self.zeros == 2 && *byte == 3 {
                (byte, rest) = rest.split_first()?;
                self.zeros = 0;
            }
            self.zeros = if *byte == 0 { (self.zeros + 1).min(2) } else { 0 };
            (self.bytes, self.byte, self.left) = (rest, *byte, 8);
        }
        self.left -= 1;
        Some(self.byte >> self.left & 1 != 0)
    }

    /// At most 32 bits.
    fn take(&mut self, count: u32) -> Option<u32> {
        (0..count).try_fold(0, |value: u32, _| Some(value << 1 | u32::from(self.flag()?)))
    }

    /// An exp-Golomb number (§9.1); `None` when it is greater than `most`. A signed one is read alike.
    fn number(&mut self, most: u32) -> Option<u32> {
        let mut zeros = 0;
        while !self.flag()? {
            zeros += 1;
            if zeros > 31 {
                return None;
            }
        }
        let value = (1u32 << zeros) - 1 + self.take(zeros)?;
        (value <= most).then_some(value)
    }

    /// Reads over the lists of §7.3.2.1.1.1.
    fn scaling_lists(&mut self, count: u32) -> Option<()> {
        for list in 0..count {
            let length = match (self.flag()?, list) {
                (false, _) => 0,
                (true, 0..6) => 16,
                (true, _) => 64,
            };
            let (mut last, mut next) = (8i64, 8i64);
            for _ in 0..length {
                if next != 0 {
                    let coded = i64::from(self.number(256)?);
                    // Odd ones are positive (§9.1.1).
                    let delta = if coded % 2 == 1 { (coded + 1) / 2 } else { -coded / 2 };
                    next = (last + delta).rem_euclid(256);
                }
                last = if next == 0 { last } else { next };
            }
        }
        Some(())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    pub(crate) fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
    }

    /// Parameter sets as x264 writes them: 320×180, Constrained Baseline.
    pub(crate) const SPS: &str = "6742c00cda05067e7c0440000003004000000783c50aa8";
    pub(crate) const PPS: &str = "68ce0fc8";

    /// A packet with both.
    pub(crate) fn parameters() -> Vec<u8> {
        let mut payload = vec![0x78];
        for unit in [bytes(SPS), bytes(PPS)] {
            payload.extend((unit.len() as u16).to_be_bytes());
            payload.extend(unit);
        }
        payload
    }

    /// What x264 wrote: profile, size, chroma format as ffprobe tells them.
    const WRITTEN: [(&str, u8, (u16, u16), u8); 7] = [
        (SPS, 66, (320, 180), 1),
        ("6742c00ada25b0110000030001000003001e0f1226a0", 66, (32, 32), 1),
        ("6742c016da0280f6c044000003000400000300783c58ba80", 66, (640, 480), 1),
        ("6742c028da01e0089f970110000003001000000301e0f1832a", 66, (1920, 1080), 1),
        // Interlaced: two fields of half the height.
        ("674d401ef405a126c044000003000400000300787c50aa80", 77, (720, 576), 1),
        // With scaling lists.
        ("6764000cacb40a0fd80880000003008000000f078a1550", 100, (320, 240), 1),
        ("67f4000a919687278d8fc044000003000400000300783c489a80", 244, (100, 50), 3),
    ];

    #[test]
    fn sizes_of_real_sequences() {
        for (hex, profile, size, chroma) in WRITTEN {
            let found = Sequence::read(&bytes(hex)).unwrap();
            assert_eq!((found.profile, (found.width, found.height), found.chroma), (profile, size, chroma), "{hex}");
            assert_eq!((found.luma_bits, found.chroma_bits), (8, 8), "{hex}");
        }
        assert_eq!(Sequence::read(&bytes(PPS)), None, "another kind of unit");
        let whole = bytes(SPS);
        // The rest is not read: frame rate and bounds.
        assert!((0..9).all(|length| Sequence::read(&whole[..length]).is_none()));
    }

    #[test]
    fn emulation_prevention_is_taken_out() {
        let mut bits = Bits::new(&[0, 0, 3, 1, 0, 0, 3]);
        assert_eq!(bits.take(24), Some(1));
        assert_eq!(bits.take(16), Some(0));
        assert_eq!(bits.flag(), None);
        let mut bits = Bits::new(&[0b1010_0110, 0b0100_0010, 0b1000_0000]);
        assert_eq!([9; 5].map(|most| bits.number(most)), [Some(0), Some(1), Some(2), Some(3), Some(4)]);
        assert_eq!(Bits::new(&[0, 0, 0, 0, 0xff]).number(u32::MAX), None, "longer than any number");
    }

    #[test]
    fn where_a_picture_begins() {
        let stap = |kinds: &[u8]| {
            let units = kinds.iter().flat_map(|kind| [0, 2, 0x60 | kind, 9]);
            std::iter::once(0x78).chain(units).collect::<Vec<u8>>()
        };
        // Payload, whether anybody can begin here, whether it is surely the first of its picture.
        for (payload, begins, opens) in [
            (bytes(SPS), true, true),
            (parameters(), true, true),
            (stap(&[9, 7, 8, 6, 5]), true, true),
            (stap(&[9, 6]), false, true),
            (stap(&[6, 7, 8]), true, false),
            (stap(&[5, 7]), false, false),
            (bytes(PPS), false, false),
            (vec![0x65, 0x88], false, false),
            (vec![0x41, 0x9a], false, false),
            (vec![0x09, 0x10], false, true),
            (vec![0x7c, 0x85, 0x88], false, false),
            (vec![0x7c, 0x87, 0x42], true, true),
            (vec![0x7c, 0x07, 0x42], false, false),
        ] {
            let found = Payload::read(&payload).unwrap();
            assert_eq!((found.begins(), found.opens()), (begins, opens), "{payload:x?}");
        }
    }

    #[test]
    fn what_mode_1_does_not_know_is_nothing() {
        for payload in [
            &[][..],
            &[0x80],
            &[0xe5, 1],
            &[0x60, 1],
            // STAP-B, MTAP, FU-B.
            &[0x79, 0, 0, 0, 1, 5],
            &[0x7a, 0, 0],
            &[0x7d, 0x85, 0, 0, 1],
            // Lengths that lie.
            &[0x78],
            &[0x78, 0, 0],
            &[0x78, 0, 2, 0x65],
            &[0x78, 0, 1, 0x65, 0],
            &[0x78, 0, 1, 0x78],
            // A part of nothing, of an aggregation, first and last at once.
            &[0x7c, 0x85],
            &[0x7c, 0x98, 1],
            &[0x7c, 0xc5, 1],
        ] {
            assert_eq!(Payload::read(payload), None, "{payload:x?}");
        }
        let part = Payload::read(&[0x7c, 0x45, 1, 2]).unwrap();
        assert_eq!(part, Payload::Part(Part { head: 0x65, first: false, last: true, data: &[1, 2] }));
        let Payload::Several(units) = Payload::read(&[0x78, 0, 1, 0x65, 0, 2, 0x41, 7]).unwrap() else { panic!() };
        assert_eq!(units.collect::<Vec<_>>(), [&[0x65][..], &[0x41, 7]]);
    }

    proptest! {
        #[test]
        fn no_sequence_breaks_it(noise in proptest::collection::vec(any::<u8>(), 0..60), at in 0usize..30, with: u8) {
            let mut unit = bytes(SPS);
            if let Some(byte) = unit.get_mut(at) {
                *byte = with;
            }
            for found in [Sequence::read(&unit), Sequence::read(&[&[0x67], &noise[..]].concat())].into_iter().flatten() {
                prop_assert!(found.width > 0 && found.height > 0 && found.chroma <= 3);
            }
        }
    }
}
