//! One microphone as it is published: which of its packets are here, by themselves or within later ones (`red`), and what
//! was said last, to be said again to those whose lines lose.

use std::collections::VecDeque;

use super::red::{Block, LONGEST, MOST, Red};
use super::window::IndexWindow;

/// Earlier packets that are kept for others: more than two are said again to nobody.
pub(crate) const DEPTH: usize = 2;
/// Packets of which index and time stamp are remembered; a wider gap is not closed.
const KNOWN: usize = 16;

/// Payload types under which redundancy was agreed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RedTypes {
    /// Of the whole.
    pub(crate) red: u8,
    /// Of what is within: Opus.
    pub(crate) codec: u8,
}

/// A packet that came within a later one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Found<'a> {
    pub(crate) index: u64,
    pub(crate) timestamp: u32,
    pub(crate) payload: &'a [u8],
}

/// What a packet brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Brought<'a> {
    found: [Found<'a>; MOST],
    count: usize,
    /// Its own; empty where there is none or nothing that can be read.
    pub(crate) payload: &'a [u8],
    /// What it brings of its own came within another before.
    pub(crate) known: bool,
}

impl<'a> Brought<'a> {
    /// Packets that never came by themselves, oldest first.
    pub(crate) fn found(&self) -> &[Found<'a>] {
        self.found.get(..self.count).unwrap_or_default()
    }

    fn add(&mut self, found: Found<'a>) {
        if let Some(place) = self.found.get_mut(self.count) {
            *place = found;
            self.count += 1;
        }
    }
}

/// State of one microphone.
#[derive(Debug)]
pub(crate) struct Sound {
    /// What was agreed on redundancy, if anything was.
    pub(crate) types: Option<RedTypes>,
    /// What is here, whichever way it came. The stream's own window holds what came by itself, against replays.
    here: IndexWindow<16>,
    /// Index and time stamp of what is here, ascending.
    known: VecDeque<(u64, u32)>,
    /// Ticks between two packets that follow each other.
    step: Option<u32>,
    /// The first packet that came by itself since it was last settled who hears this.
    since: Option<u64>,
    pub(crate) said: Said,
}

impl Sound {
    pub(crate) fn new() -> Self {
        Self {
            types: None,
            here: IndexWindow::new(),
            known: VecDeque::with_capacity(KNOWN + MOST),
            step: None,
            since: None,
            said: Said::default(),
        }
    }

    /// Who hears or records this may have changed. What was said before was said to others: it is neither taken from
    /// later packets nor said again.
    pub(crate) fn settle(&mut self) {
        self.since = None;
        self.said.clear();
    }

    /// An authentic packet that did not come before.
    pub(crate) fn arrived<'a>(
        &mut self,
        index: u64,
        timestamp: u32,
        payload_type: u8,
        payload: &'a [u8],
    ) -> Brought<'a> {
        let mut brought = Brought { found: [Found::default(); MOST], count: 0, payload, known: false };
        if let Some(types) = self.types.filter(|types| types.red == payload_type) {
            let red = Red::parse(payload, types.codec);
            brought.payload = red.map_or(&[], |red| red.primary);
            if let Some(red) = red {
                self.look_for(&mut brought, index, timestamp, &red);
            }
        }
        for found in brought.found() {
            self.know(found.index, found.timestamp);
        }
        brought.known = !self.here.take(index);
        if !brought.known {
            self.know(index, timestamp);
        }
        self.since.get_or_insert(index);
        brought
    }

    /// Finds the blocks that are packets between the one before and this, where it is certain which they are.
    fn look_for<'a>(&mut self, brought: &mut Brought<'a>, index: u64, timestamp: u32, red: &Red<'a>) {
        let Some(since) = self.since else { return };
        let Some((before, then)) = self.known.iter().rev().copied().find(|(known, _)| *known < index) else { return };
        let (gap, span) = (index - before - 1, timestamp.wrapping_sub(then));
        if gap == 0 || gap > KNOWN as u64 || span > u32::MAX / 2 {
            return;
        }
        let mut blocks = [Block::default(); MOST];
        let mut count = 0;
        for block in red.blocks().iter().filter(|block| block.fits() && block.before < span) {
            let taken = blocks.get(..count).is_some_and(|taken| taken.iter().any(|one| one.before == block.before));
            if let Some(place) = blocks.get_mut(count).filter(|_| !taken) {
                *place = *block;
                count += 1;
            }
        }
        let blocks = blocks.get_mut(..count).unwrap_or_default();
        blocks.sort_unstable_by_key(|block| std::cmp::Reverse(block.before));
        // Packets that follow each other at even steps are told by their distance. Around a pause of the sender distances
        // say nothing, but as many blocks as there are packets missing can be no others.
        let even = self.step.filter(|step| u64::from(*step) * (gap + 1) == u64::from(span));
        let all = count as u64 == gap;
        for (place, block) in blocks.iter().enumerate() {
            let back = match even {
                Some(step) if block.before.is_multiple_of(step) => u64::from(block.before / step),
                None if all => gap - place as u64,
                _ => continue,
            };
            let found = index - back;
            if found > since && self.here.take(found) {
                let timestamp = timestamp.wrapping_sub(block.before);
                brought.add(Found { index: found, timestamp, payload: block.payload });
            }
        }
    }

    fn know(&mut self, index: u64, timestamp: u32) {
        let place = self.known.iter().rposition(|(known, _)| *known < index).map_or(0, |place| place + 1);
        if let Some((before, then)) = place.checked_sub(1).and_then(|place| self.known.get(place))
            && before + 1 == index
        {
            self.step = Some(timestamp.wrapping_sub(*then)).filter(|step| *step > 0);
        }
        self.known.insert(place, (index, timestamp));
        while self.known.len() > KNOWN {
            self.known.pop_front();
        }
    }
}

#[derive(Debug, Default)]
struct Kept {
    index: u64,
    timestamp: u32,
    /// Empty: nothing is kept here.
    payload: Vec<u8>,
}

/// The last packets of a microphone that went through its gate, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Said {
    kept: [Kept; DEPTH],
}

impl Said {
    /// Keeps a packet that was passed on. One that came late is not kept: newer ones were said after it.
    pub(crate) fn keep(&mut self, index: u64, timestamp: u32, payload: &[u8]) {
        let late = self.kept.iter().any(|kept| !kept.payload.is_empty() && kept.index >= index);
        if late || payload.is_empty() || payload.len() > LONGEST {
            return;
        }
        self.kept.rotate_left(1);
        if let Some(newest) = self.kept.last_mut() {
            (newest.index, newest.timestamp) = (index, timestamp);
            newest.payload.clear();
            newest.payload.extend_from_slice(payload);
        }
    }

    /// The newest `depth` of what is kept, seen from a packet with this time stamp: its index and the block, oldest first.
    pub(crate) fn before(&self, depth: u8, timestamp: u32) -> impl Iterator<Item = (u64, Block<'_>)> {
        self.kept
            .iter()
            .skip(DEPTH.saturating_sub(usize::from(depth)))
            .map(move |kept| {
                (kept.index, Block { before: timestamp.wrapping_sub(kept.timestamp), payload: &kept.payload })
            })
            .filter(|(_, block)| block.fits())
    }

    fn clear(&mut self) {
        self.kept.iter_mut().for_each(|kept| kept.payload.clear());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::red;
    use super::*;

    const TYPES: RedTypes = RedTypes { red: 63, codec: 111 };
    const STEP: u32 = 960;

    fn agreed() -> Sound {
        Sound { types: Some(TYPES), ..Sound::new() }
    }

    fn said(index: u64) -> Vec<u8> {
        vec![0x78, index as u8, (index >> 8) as u8]
    }

    fn stamp(index: u64) -> u32 {
        (index as u32).wrapping_mul(STEP).wrapping_sub(STEP * 20)
    }

    /// A packet with redundancy of those at these distances.
    fn packet(index: u64, back: &[u64]) -> Vec<u8> {
        let payloads: Vec<_> = back.iter().map(|back| (*back as u32 * STEP, said(index - back))).collect();
        let mut out = Vec::new();
        let blocks = payloads.iter().map(|(before, payload)| Block { before: *before, payload });
        red::write(&mut out, TYPES.codec, blocks, &said(index));
        out
    }

    /// Indices that come out, in order.
    fn take(sound: &mut Sound, index: u64, timestamp: u32, payload: &[u8]) -> Vec<u64> {
        let brought = sound.arrived(index, timestamp, TYPES.red, payload);
        let mut out = Vec::new();
        for found in brought.found() {
            assert_eq!(found.payload, said(found.index), "it is what was said then");
            out.push(found.index);
        }
        if !brought.known {
            assert_eq!(brought.payload, said(index));
            out.push(index);
        }
        out
    }

    fn even(sound: &mut Sound, index: u64, back: &[u64]) -> Vec<u64> {
        take(sound, index, stamp(index), &packet(index, back))
    }

    #[test]
    fn a_lost_packet_comes_within_the_next_and_before_it() {
        let mut sound = agreed();
        assert_eq!(even(&mut sound, 10, &[1]), [10], "what was before the first is nobody's");
        assert_eq!(even(&mut sound, 11, &[1]), [11]);
        assert_eq!(even(&mut sound, 13, &[1]), [12, 13]);
        assert_eq!(even(&mut sound, 16, &[1]), [15, 16], "of two the first stays lost");
        assert_eq!(even(&mut sound, 19, &[2, 1]), [17, 18, 19]);
        assert_eq!(even(&mut sound, 20, &[2, 1]), [20]);
        let own = said(22);
        let plain = sound.arrived(22, stamp(22), TYPES.codec, &own);
        assert!(plain.found().is_empty() && plain.payload == own, "packets without redundancy are taken too");
    }

    #[test]
    fn one_that_is_merely_late_is_not_taken_twice() {
        let mut sound = agreed();
        even(&mut sound, 10, &[1]);
        even(&mut sound, 11, &[1]);
        assert_eq!(even(&mut sound, 14, &[1]), [13, 14]);
        let late = packet(13, &[1]);
        let brought = sound.arrived(13, stamp(13), TYPES.red, &late);
        assert!(brought.known, "its own is here");
        assert_eq!(
            brought.found().iter().map(|found| found.index).collect::<Vec<_>>(),
            [12],
            "what it carries was not"
        );
        assert_eq!(even(&mut sound, 12, &[1]), [0; 0]);
    }

    #[test]
    fn what_was_said_before_others_listened_stays_there() {
        let mut sound = agreed();
        even(&mut sound, 10, &[2, 1]);
        even(&mut sound, 11, &[2, 1]);
        sound.settle();
        assert_eq!(even(&mut sound, 14, &[2, 1]), [14], "12 and 13 were said before");
        assert_eq!(even(&mut sound, 17, &[2, 1]), [15, 16, 17]);
        sound.said.keep(17, stamp(17), &said(17));
        assert_eq!(sound.said.before(2, stamp(18)).count(), 1);
        sound.settle();
        assert_eq!(sound.said.before(2, stamp(18)).count(), 0);
    }

    #[test]
    fn around_a_pause_only_what_is_certain_is_taken() {
        let start = || {
            let mut sound = agreed();
            even(&mut sound, 10, &[1]);
            even(&mut sound, 11, &[1]);
            sound
        };
        // After a pause of 200 ms packet 12 was lost: the one block can be no other.
        let pause = 9_600;
        assert_eq!(take(&mut start(), 13, stamp(13).wrapping_add(pause), &packet(13, &[1])), [12, 13]);
        // Of 12 and 13 one block: which of them it is nobody knows, the pause may be between them.
        assert_eq!(take(&mut start(), 14, stamp(14).wrapping_add(pause), &packet(14, &[1])), [14]);
        assert_eq!(take(&mut start(), 14, stamp(14).wrapping_add(pause), &packet(14, &[2, 1])), [12, 13, 14]);
        // A distance that is not a whole number of steps, and one beyond what is missing.
        let mut odd = Vec::new();
        red::write(&mut odd, TYPES.codec, [Block { before: 900, payload: &said(12) }].into_iter(), &said(13));
        assert_eq!(take(&mut start(), 13, stamp(13), &odd), [13]);
        assert_eq!(even(&mut start(), 13, &[2]), [13]);
    }

    #[test]
    fn what_cannot_be_read_is_empty() {
        let mut sound = agreed();
        assert_eq!(sound.arrived(1, 0, TYPES.red, &[0xef, 1]).payload, &[] as &[u8]);
        let mut plain = Sound::new();
        assert_eq!(plain.arrived(1, 0, TYPES.red, &[0xef, 1]).payload, [0xef, 1], "nothing of the kind was agreed");
    }

    #[test]
    fn what_was_said_last_is_kept_in_order() {
        let mut said = Said::default();
        let kept = |said: &Said, depth, timestamp| {
            said.before(depth, timestamp).map(|(index, block)| (index, block.before)).collect::<Vec<_>>()
        };
        for index in [1, 2, 4, 3] {
            said.keep(index, index as u32 * STEP, &[1]);
        }
        assert_eq!(kept(&said, 2, 5 * STEP), [(2, 3 * STEP), (4, STEP)]);
        assert_eq!(kept(&said, 1, 5 * STEP), [(4, STEP)]);
        assert_eq!(kept(&said, 0, 5 * STEP), []);
        assert_eq!(kept(&said, 2, 20 * STEP), [(4, 16 * STEP)], "341 ms ago at most");
        assert_eq!(kept(&said, 2, 3 * STEP), [(2, STEP)], "a late packet has not what came after it");
        said.keep(5, 5 * STEP, &[0; LONGEST + 1]);
        said.keep(6, 6 * STEP, &[]);
        assert_eq!(kept(&said, 1, 7 * STEP), [(4, 3 * STEP)]);
    }

    proptest! {
        /// Whatever is lost, late or repeated by redundancy, on even steps and around pauses: nothing comes out twice,
        /// nothing under a wrong number, and on even steps every single loss is made good.
        #[test]
        fn every_packet_once(
            start in 0u64..70_000,
            fates in proptest::collection::vec((0u8..10, 0u8..20, 0usize..3), 30..200),
            depth in 0u64..4,
            pauses: bool,
        ) {
            let mut sound = agreed();
            let mut time = u32::MAX - 5_000;
            let mut sent = Vec::new();
            for (number, (_, pause, _)) in fates.iter().enumerate() {
                time = time.wrapping_add(STEP + if pauses && *pause == 0 { 7 * STEP + 13 } else { 0 });
                sent.push((start + number as u64, time));
            }
            let mut order: Vec<usize> = (0..sent.len()).collect();
            order.sort_by_key(|number| 2 * number + if *number > 3 { 3 * fates[*number].2 } else { 0 });
            let mut out = Vec::new();
            for number in order {
                if number > 2 && fates[number].0 == 0 {
                    continue;
                }
                let (index, time) = sent[number];
                let older: Vec<_> = (1..=depth as usize)
                    .rev()
                    .filter_map(|back| sent.get(number.checked_sub(back)?))
                    .map(|(older, then)| (time.wrapping_sub(*then), said(*older)))
                    .collect();
                let mut payload = Vec::new();
                let blocks = older.iter().map(|(before, payload)| Block { before: *before, payload });
                red::write(&mut payload, TYPES.codec, blocks, &said(index));
                out.extend(take(&mut sound, index, time, &payload));
            }
            let mut once = out.clone();
            once.sort_unstable();
            once.dedup();
            prop_assert_eq!(once.len(), out.len());
            if depth > 0 && !pauses {
                for number in 3..fates.len() - 4 {
                    let single = fates[number].0 == 0 && fates[number + 1].0 != 0;
                    prop_assert!(!single || once.binary_search(&sent[number].0).is_ok(), "{number}");
                }
            }
        }
    }
}
