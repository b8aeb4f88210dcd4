//! Redundancy for sound on the wire (RFC 2198): a packet that carries those before it once more. Bytes in, bytes out.
//!
//! ```text
//! 1 payload type(7) | ticks before this packet(14) | length(10)     for each block, then
//! 0 payload type(7)                                                 for the packet's own, then all of them
//! ```

/// What ten bits can say of a block's length.
pub(crate) const LONGEST: usize = (1 << 10) - 1;
/// What fourteen bits can say of its distance, in ticks of the clock: 341 ms of sound.
pub(crate) const FARTHEST: u32 = (1 << 14) - 1;
/// More blocks than any browser writes; what claims to have more is not believed.
pub(crate) const MOST: usize = 9;
const HEADER: usize = 4;

/// One earlier packet within a later one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Block<'a> {
    /// Ticks before the packet that carries it.
    pub(crate) before: u32,
    pub(crate) payload: &'a [u8],
}

impl Block<'_> {
    /// It can be written at all: neither too long ago, nor too long, nor nothing.
    pub(crate) fn fits(&self) -> bool {
        (1..=FARTHEST).contains(&self.before) && (1..=LONGEST).contains(&self.payload.len())
    }

    /// Bytes it takes.
    pub(crate) fn cost(&self) -> usize {
        HEADER + self.payload.len()
    }
}

/// A payload taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Red<'a> {
    blocks: [Block<'a>; MOST],
    count: usize,
    /// The packet's own; empty where it has only older ones.
    pub(crate) primary: &'a [u8],
}

impl<'a> Red<'a> {
    /// `codec`: the payload type agreed for every block. `None` for what is cut off, has lengths beyond its end, other
    /// codecs within, or too many blocks.
    pub(crate) fn parse(payload: &'a [u8], codec: u8) -> Option<Self> {
        let mut lengths = [0; MOST];
        let mut blocks = [Block::default(); MOST];
        let (mut count, mut rest) = (0, payload);
        loop {
            let (&first, after) = rest.split_first()?;
            if first & 0x7f != codec {
                return None;
            }
            if first & 0x80 == 0 {
                rest = after;
                break;
            }
            let ([high, middle, low], after) = after.split_first_chunk()?;
            let (block, length) = (blocks.get_mut(count)?, lengths.get_mut(count)?);
            block.before = u32::from(*high) << 6 | u32::from(*middle) >> 2;
            *length = usize::from(middle & 3) << 8 | usize::from(*low);
            count += 1;
            rest = after;
        }
        for (block, length) in blocks.iter_mut().zip(lengths).take(count) {
            (block.payload, rest) = rest.split_at_checked(length)?;
        }
        Some(Self { blocks, count, primary: rest })
    }

    /// The earlier packets, as written: the oldest is usually the first.
    pub(crate) fn blocks(&self) -> &[Block<'a>] {
        self.blocks.get(..self.count).unwrap_or_default()
    }
}

/// Appends a payload: `blocks`, oldest first, then `primary`. Blocks that do not fit are left out.
pub(crate) fn write<'a>(out: &mut Vec<u8>, codec: u8, blocks: impl Iterator<Item = Block<'a>> + Clone, primary: &[u8]) {
    let blocks = blocks.filter(Block::fits);
    for block in blocks.clone() {
        let (before, length) = (block.before, block.payload.len());
        out.extend_from_slice(&[
            0x80 | codec,
            (before >> 6) as u8,
            (before << 2) as u8 | (length >> 8) as u8,
            length as u8,
        ]);
    }
    out.push(codec & 0x7f);
    blocks.for_each(|block| out.extend_from_slice(block.payload));
    out.extend_from_slice(primary);
}

/// Bytes that [`write`] appends.
pub(crate) fn length<'a>(blocks: impl Iterator<Item = Block<'a>>, primary: &[u8]) -> usize {
    blocks.filter(Block::fits).map(|block| block.cost()).sum::<usize>() + 1 + primary.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const OPUS: u8 = 111;

    /// Distances and payloads, then the own payload.
    type Parts = (Vec<(u32, Vec<u8>)>, Vec<u8>);

    fn parsed(payload: &[u8]) -> Option<Parts> {
        let red = Red::parse(payload, OPUS)?;
        let blocks = red.blocks().iter().map(|block| (block.before, block.payload.to_vec())).collect();
        Some((blocks, red.primary.to_vec()))
    }

    #[test]
    fn as_browsers_write_it() {
        // 960 ticks before, 3 bytes; then the own two.
        let one = [0xef, 0x0f, 0x00, 3, 0x6f, 1, 2, 3, 8, 9];
        assert_eq!(parsed(&one), Some((vec![(960, vec![1, 2, 3])], vec![8, 9])));
        let two = [0xef, 0x1e, 0x00, 1, 0xef, 0x0f, 0x00, 2, 0x6f, 1, 2, 3, 8];
        assert_eq!(parsed(&two), Some((vec![(1_920, vec![1]), (960, vec![2, 3])], vec![8])));
        assert_eq!(parsed(&[0x6f, 5]), Some((vec![], vec![5])), "the first packet has none before it");
        assert_eq!(parsed(&[0xef, 0x0f, 0x00, 1, 0x6f, 7]), Some((vec![(960, vec![7])], vec![])), "nothing of its own");
        assert_eq!(
            parsed(&[0xef, 0xff, 0xfc, 0, 0x6f, 7]),
            Some((vec![(FARTHEST, vec![])], vec![7])),
            "an empty block"
        );
        let mut long = vec![0xef, 0x0f, 0x03, 0xff, 0x6f];
        long.extend([4; LONGEST + 1]);
        assert_eq!(parsed(&long), Some((vec![(960, vec![4; LONGEST])], vec![4])));
    }

    #[test]
    fn what_is_not_whole_is_refused() {
        for (what, payload) in [
            ("nothing", &[][..]),
            ("a header that is cut off", &[0xef, 0x0f, 0x00]),
            ("no header of its own", &[0xef, 0x0f, 0x00, 1]),
            ("a block beyond the end", &[0xef, 0x0f, 0x00, 3, 0x6f, 1, 2]),
            ("two blocks that share bytes", &[0xef, 0x1e, 0x00, 2, 0xef, 0x0f, 0x00, 2, 0x6f, 1, 2, 3]),
            ("another codec before", &[0xe0, 0x0f, 0x00, 1, 0x6f, 1, 2]),
            ("another codec of its own", &[0xef, 0x0f, 0x00, 1, 0x60, 1, 2]),
        ] {
            assert_eq!(parsed(payload), None, "{what}");
        }
        let many = |count: usize| [[0xef, 0x0f, 0x00, 0].repeat(count), vec![0x6f, 1]].concat();
        assert!(parsed(&many(MOST)).is_some() && parsed(&many(MOST + 1)).is_none());
    }

    #[test]
    fn what_does_not_fit_is_left_out() {
        let long = [1; LONGEST + 1];
        let blocks = [
            Block { before: FARTHEST + 1, payload: &[1] },
            Block { before: 960, payload: &long },
            Block { before: 0, payload: &[1] },
            Block { before: 960, payload: &[] },
            Block { before: 960, payload: &[2] },
        ];
        let mut out = Vec::new();
        write(&mut out, OPUS, blocks.into_iter(), &[3]);
        assert_eq!(parsed(&out), Some((vec![(960, vec![2])], vec![3])));
        assert_eq!(length(blocks.into_iter(), &[3]), out.len());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            blocks in proptest::collection::vec((1..=FARTHEST, proptest::collection::vec(any::<u8>(), 1..300)), 0..MOST),
            primary in proptest::collection::vec(any::<u8>(), 0..300),
        ) {
            let list = blocks.iter().map(|(before, payload)| Block { before: *before, payload });
            let mut out = Vec::new();
            write(&mut out, OPUS, list.clone(), &primary);
            prop_assert_eq!(length(list, &primary), out.len());
            prop_assert_eq!(parsed(&out), Some((blocks, primary)));
        }

        #[test]
        fn any_bytes_are_parted_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..80), headers in 0usize..12) {
            let mut bytes = bytes;
            // So that many get beyond the first header.
            for at in 0..headers {
                if let Some(byte) = bytes.get_mut(at * 4) { *byte = 0xef }
                if let Some(byte) = bytes.get_mut(at * 4 + 2) { *byte &= 0xfc }
            }
            if let Some(byte) = bytes.get_mut(headers * 4) { *byte = OPUS }
            if let Some((blocks, primary)) = parsed(&bytes) {
                let parts: usize = blocks.iter().map(|(_, payload)| HEADER + payload.len()).sum();
                prop_assert_eq!(parts + 1 + primary.len(), bytes.len(), "every byte belongs to one of them");
            }
        }
    }
}
