//! H.264 pictures out of RTP packets (RFC 6184), as Matroska holds them: units after their lengths, parameters beside them.

use super::depacketize::{KeyFrame, Picture};
use super::timeline::Stamp;
use crate::limits;
use crate::media::h264::{Part, Payload, Sequence, nal};
use crate::media::plan::RecordTarget;

/// Parameter sets of one kind that are kept, and bytes of each. More: the picture is not taken.
const SETS: usize = 8;
const SET_BYTES: usize = 1024;
/// Bytes of the length before each unit in a file.
const LENGTH: usize = 4;

/// What slices need to be decoded.
#[derive(Default)]
struct Parameters {
    sequences: Vec<Vec<u8>>,
    pictures: Vec<Vec<u8>>,
}

impl Parameters {
    /// What a decoder is to know first, and the size it shows; `None` while it is not all there.
    fn key_frame(&self) -> Option<KeyFrame> {
        let unit = self.sequences.first()?;
        let found = Sequence::read(unit)?;
        let [_, profile, constraints, level, ..] = unit.as_slice() else { return None };
        let (sequences, pictures) = (u8::try_from(self.sequences.len()).ok()?, u8::try_from(self.pictures.len()).ok()?);
        if pictures == 0 {
            return None;
        }
        // AVCDecoderConfigurationRecord, ISO/IEC 14496-15 §5.3.3.1.
        let mut record = vec![1, *profile, *constraints, *level, 0xfc | (LENGTH as u8 - 1), 0xe0 | sequences];
        put_all(&mut record, &self.sequences)?;
        record.push(pictures);
        put_all(&mut record, &self.pictures)?;
        if matches!(found.profile, 100 | 110 | 122 | 144) {
            record.extend([0xfc | found.chroma, 0xf8 | (found.luma_bits - 8), 0xf8 | (found.chroma_bits - 8), 0]);
        }
        Some(KeyFrame { size: (found.width, found.height), private: record.into() })
    }
}

fn put_all(out: &mut Vec<u8>, units: &[Vec<u8>]) -> Option<()> {
    for unit in units {
        out.extend(u16::try_from(unit.len()).ok()?.to_be_bytes());
        out.extend_from_slice(unit);
    }
    Some(())
}

/// A picture while its packets come.
struct Open {
    stamp: Stamp,
    target: RecordTarget,
    /// False: something of it is missing or not readable. What follows of it is passed over.
    whole: bool,
    data: Vec<u8>,
    /// Where the length of a unit lies whose last part has not come.
    cut: Option<usize>,
    slices: bool,
    idr: bool,
    parameters: Parameters,
}

impl Open {
    fn new(stamp: Stamp, target: RecordTarget, whole: bool) -> Self {
        let (data, parameters) = (Vec::new(), Parameters::default());
        Self { stamp, target, whole, data, cut: None, slices: false, idr: false, parameters }
    }

    fn take(&mut self, payload: &[u8]) -> Option<()> {
        match Payload::read(payload)? {
            Payload::Whole(unit) => self.unit(unit)?,
            Payload::Several(mut units) => units.try_for_each(|unit| self.unit(unit))?,
            Payload::Part(part) => self.part(part)?,
        }
        (self.data.len() <= limits::RECORD_PICTURE).then_some(())
    }

    fn unit(&mut self, unit: &[u8]) -> Option<()> {
        let at = self.begin()?;
        self.data.extend_from_slice(unit);
        self.end(at)
    }

    fn part(&mut self, part: Part<'_>) -> Option<()> {
        if part.first {
            self.cut = Some(self.begin()?);
            self.data.push(part.head);
        }
        let at = self.cut?;
        if self.data.get(at + LENGTH).map(|head| nal::kind(*head)) != Some(nal::kind(part.head)) {
            return None;
        }
        self.data.extend_from_slice(part.data);
        if part.last {
            self.cut = None;
            self.end(at)?;
        }
        Some(())
    }

    fn begin(&mut self) -> Option<usize> {
        let at = self.data.len();
        self.data.extend([0; LENGTH]);
        self.cut.is_none().then_some(at)
    }

    /// A unit is all there: slices and remarks stay, parameters go beside, what only a stream of bytes needs goes.
    fn end(&mut self, at: usize) -> Option<()> {
        let unit = self.data.get(at + LENGTH..)?;
        let sets = match nal::kind(*unit.first()?) {
            nal::SEQUENCE => &mut self.parameters.sequences,
            nal::PICTURE => &mut self.parameters.pictures,
            nal::DELIMITER..=nal::FILLER => {
                self.data.truncate(at);
                return Some(());
            }
            kind => {
                self.slices |= (nal::SLICE..=nal::IDR).contains(&kind);
                self.idr |= kind == nal::IDR;
                let length = u32::try_from(unit.len()).ok()?.to_be_bytes();
                self.data.get_mut(at..at + LENGTH)?.copy_from_slice(&length);
                return Some(());
            }
        };
        if unit.len() > SET_BYTES || sets.len() == SETS {
            return None;
        }
        if !sets.iter().any(|set| set == unit) {
            sets.push(unit.to_vec());
        }
        self.data.truncate(at);
        Some(())
    }
}

/// Collects the packets of one stream, in order, into pictures.
pub(super) struct AccessUnits {
    open: Option<Open>,
    /// Packets are missing before the next one.
    hole: bool,
    /// A picture is missing since the last whole one.
    damaged: bool,
    parameters: Parameters,
    /// Of those parameters.
    begin: Option<KeyFrame>,
}

impl Default for AccessUnits {
    fn default() -> Self {
        // The first packet may be in the middle of a picture.
        Self { open: None, hole: true, damaged: false, parameters: Parameters::default(), begin: None }
    }
}

impl AccessUnits {
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
        self.damaged |= hole;
        let same = |open: &Open| open.stamp.rtp == stamp.rtp && open.target == target;
        if let Some(open) = self.open.take_if(|open| !same(open)) {
            // Its last packet never came, or was not marked. Parameters alone are no picture.
            self.damaged |= open.slices || !open.whole;
            if open.whole {
                self.learn(open.parameters, false);
            }
        }
        let torn = hole && self.open.is_some();
        let surely_first = || Payload::read(payload).is_some_and(Payload::opens);
        let open = self.open.get_or_insert_with(|| Open::new(stamp, target, !hole || surely_first()));
        open.whole &= !torn;
        if open.whole && open.take(payload).is_none() {
            open.whole = false;
        }
        if !open.whole {
            open.data.clear();
        }
        if !marker {
            return None;
        }
        let open = self.open.take()?;
        if !open.whole || open.cut.is_some() {
            self.damaged = true;
            return None;
        }
        self.learn(open.parameters, open.idr);
        if !open.slices {
            return None;
        }
        let key = self.begin.clone().filter(|_| open.idr);
        // A picture by itself whose parameters never came shows nothing.
        self.damaged |= open.idr && key.is_none();
        let continuous = !std::mem::take(&mut self.damaged);
        Some(Picture { data: open.data, stamp: open.stamp, target: open.target, key, continuous })
    }

    /// Parameters that came with a picture. Others than those at the beginning of the file belong at the beginning of
    /// another one.
    fn learn(&mut self, came: Parameters, idr: bool) {
        let Parameters { sequences, pictures } = &mut self.parameters;
        let mut changed = false;
        for (known, came) in [(sequences, came.sequences), (pictures, came.pictures)] {
            if !came.is_empty() && *known != came {
                *known = came;
                changed = true;
            }
        }
        if changed {
            self.begin = self.parameters.key_frame();
            self.damaged |= !idr;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::target;
    use super::*;
    use crate::media::h264::tests::{PPS, SPS, bytes, parameters};

    const IDR: [u8; 4] = [0x65, 0x88, 0x84, 0x01];
    const NEXT: [u8; 3] = [0x41, 0x9a, 0x02];

    fn stamp(rtp: i64) -> Stamp {
        Stamp { rtp, arrival_us: 0 }
    }

    fn push(units: &mut AccessUnits, payload: &[u8], marker: bool, rtp: i64) -> Option<Picture> {
        units.push(payload, marker, stamp(rtp), target())
    }

    /// A key frame with its parameters, as an encoder begins.
    fn begun() -> AccessUnits {
        let mut units = AccessUnits::default();
        assert!(push(&mut units, &parameters(), false, 0).is_none());
        let first = push(&mut units, &IDR, true, 0).unwrap();
        assert_eq!(first.data, [&[0, 0, 0, 4][..], &IDR].concat());
        assert_eq!(first.key.unwrap().size, (320, 180));
        units
    }

    /// Of the next picture: whether it is whole, a key frame, and continues what came before.
    fn next(units: &mut AccessUnits, payload: &[u8], rtp: i64) -> Option<(bool, bool)> {
        push(units, payload, true, rtp).map(|picture| (picture.key.is_some(), picture.continuous))
    }

    #[test]
    fn a_beginning_is_told_as_players_want_it() {
        let mut units = AccessUnits::default();
        for payload in [vec![0x09, 0x10], bytes(SPS), bytes(PPS), vec![0x06, 5, 1, 0x80]] {
            assert!(push(&mut units, &payload, false, 7).is_none());
        }
        let picture = push(&mut units, &IDR, true, 7).unwrap();
        let remark = [0, 0, 0, 4, 0x06, 5, 1, 0x80];
        assert_eq!(picture.data, [&remark[..], &[0, 0, 0, 4], &IDR].concat(), "remarks stay, the delimiter goes");
        let (sps, pps) = (bytes(SPS), bytes(PPS));
        let record = [&[1, 0x42, 0xc0, 0x0c, 0xff, 0xe1, 0, sps.len() as u8][..], &sps, &[1, 0, 4], &pps].concat();
        assert_eq!(*picture.key.unwrap().private, record);
    }

    #[test]
    fn parts_are_joined_and_slices_follow_each_other() {
        let mut units = begun();
        assert!(push(&mut units, &[0x7c, 0x81, 1, 2], false, 3_000).is_none());
        assert!(push(&mut units, &[0x7c, 0x01, 3], false, 3_000).is_none());
        assert!(push(&mut units, &[0x7c, 0x41, 4], false, 3_000).is_none());
        let picture = push(&mut units, &NEXT, true, 3_000).unwrap();
        assert_eq!(picture.data, [&[0, 0, 0, 5, 0x61, 1, 2, 3, 4][..], &[0, 0, 0, 3], &NEXT].concat());
        assert!(picture.key.is_none() && picture.continuous);
    }

    #[test]
    fn loss_damages_a_picture_and_those_after_it_until_the_next_key_frame() {
        let mut units = begun();
        push(&mut units, &[0x7c, 0x81, 1], false, 3_000);
        units.lost();
        assert!(push(&mut units, &[0x7c, 0x41, 2], true, 3_000).is_none());
        assert_eq!(next(&mut units, &NEXT, 6_000), Some((false, false)));
        assert_eq!(next(&mut units, &NEXT, 9_000), Some((false, true)), "the track waits by itself");
        // Of what follows a hole nobody knows the beginning, unless it says so.
        units.lost();
        assert_eq!(next(&mut units, &IDR, 12_000), None);
        units.lost();
        push(&mut units, &parameters(), false, 15_000);
        assert_eq!(next(&mut units, &IDR, 15_000), Some((true, false)));
        // Parameters came, then something is missing: perhaps a slice.
        push(&mut units, &parameters(), false, 18_000);
        units.lost();
        assert_eq!(next(&mut units, &IDR, 18_000), None);
    }

    #[test]
    fn a_picture_that_does_not_hold_together_is_dropped() {
        for broken in [
            // The end of something else, a beginning twice, a whole unit between parts, an unknown kind, no end.
            vec![&[0x7c, 0x41, 1][..]],
            vec![&[0x7c, 0x81, 1], &[0x7c, 0x81, 1], &[0x7c, 0x41, 1]],
            vec![&[0x7c, 0x81, 1], &NEXT, &[0x7c, 0x41, 1]],
            vec![&[0x7c, 0x81, 1], &[0x7c, 0x45, 1]],
            vec![&[0x79, 0, 0, 0, 1, 5], &NEXT],
            vec![&[0x7c, 0x81, 1]],
        ] {
            let mut units = begun();
            let last = broken.len() - 1;
            for (place, payload) in broken.iter().enumerate() {
                assert!(push(&mut units, payload, place == last, 3_000).is_none(), "{broken:x?}");
            }
            assert_eq!(next(&mut units, &NEXT, 6_000), Some((false, false)), "{broken:x?}");
        }
        let mut units = begun();
        push(&mut units, &NEXT, false, 3_000);
        assert_eq!(next(&mut units, &NEXT, 6_000), Some((false, false)), "the last packet was not marked");
    }

    #[test]
    fn parameters_may_come_before_and_need_not_come_again() {
        let mut units = AccessUnits::default();
        assert!(push(&mut units, &parameters(), true, 0).is_none(), "no picture by themselves");
        assert_eq!(next(&mut units, &IDR, 3_000), Some((true, false)));
        assert_eq!(next(&mut units, &NEXT, 6_000), Some((false, true)));
        assert_eq!(next(&mut units, &IDR, 9_000), Some((true, true)));
        assert!(push(&mut units, &parameters(), true, 9_000).is_none());
        assert_eq!(next(&mut units, &NEXT, 12_000), Some((false, true)), "the same again changes nothing");
        let mut never = AccessUnits::default();
        never.push(&[0x09, 0x10], false, stamp(0), target());
        assert_eq!(next(&mut never, &IDR, 0), Some((false, false)), "nobody could decode it");
    }

    #[test]
    fn other_parameters_are_another_beginning() {
        let mut units = begun();
        let other = bytes("6742c016da0280f6c044000003000400000300783c58ba80");
        push(&mut units, &other, false, 3_000);
        let picture = push(&mut units, &IDR, true, 3_000).unwrap();
        assert_eq!((picture.key.unwrap().size, picture.continuous), ((640, 480), true));
        push(&mut units, &bytes(SPS), false, 6_000);
        assert_eq!(next(&mut units, &NEXT, 6_000), Some((false, false)), "what follows does not belong to the file");
        let mut many = begun();
        for number in 0..=SETS {
            push(&mut many, &[0x68, 1 + number as u8], false, 9_000);
        }
        assert_eq!(next(&mut many, &IDR, 9_000), None, "more than anybody needs");
        let mut long = begun();
        push(&mut long, &vec![0x68; SET_BYTES + 1], false, 9_000);
        assert_eq!(next(&mut long, &IDR, 9_000), None);
    }

    #[test]
    fn padding_is_passed_over_and_no_picture_grows_without_end() {
        let mut units = begun();
        assert!(push(&mut units, &[], true, 3_000).is_none());
        assert_eq!(next(&mut units, &NEXT, 3_000), Some((false, true)));
        let mut part = vec![0x41; 60_000];
        for _ in 0..limits::RECORD_PICTURE / part.len() + 1 {
            assert!(push(&mut units, &part, false, 6_000).is_none());
        }
        part.truncate(10);
        assert!(push(&mut units, &part, true, 6_000).is_none());
    }

    proptest::proptest! {
        #[test]
        fn no_payload_breaks_it(payloads in proptest::collection::vec(
            (proptest::collection::vec(proptest::num::u8::ANY, 0..20), 0usize..8, proptest::bool::ANY, 0i64..4, 0u8..8),
            0..40,
        )) {
            let heads = [vec![], bytes(SPS), bytes(PPS), IDR.to_vec(), vec![0x7c, 0x85], vec![0x7c, 5], vec![0x7c, 0x45], vec![0x78, 0, 4]];
            let mut units = AccessUnits::default();
            for (noise, head, marker, rtp, lost) in payloads {
                if lost == 0 {
                    units.lost();
                }
                let payload = [&heads[head][..], &noise].concat();
                let picture = units.push(&payload, marker, stamp(rtp), target());
                if let Some(picture) = picture {
                    proptest::prop_assert!(marker && picture.stamp.rtp == rtp);
                    let mut rest = picture.data.as_slice();
                    while !rest.is_empty() {
                        let (length, tail) = rest.split_first_chunk::<LENGTH>().unwrap();
                        rest = tail.split_at_checked(u32::from_be_bytes(*length) as usize).unwrap().1;
                    }
                }
            }
        }
    }
}
