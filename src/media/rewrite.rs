//! One outgoing stream over many sources: sequence numbers, time stamps and VP8 numbers without holes.
//!
//! The mapping from a source's packet index to ours is piecewise: a new piece begins at a switch and wherever a
//! padding packet is left out. Keeping the last pieces answers two questions without a table per packet: where a
//! late packet belongs, and which cached packet a NACK means.

use std::collections::VecDeque;

use super::vp8::{Vp8Descriptor, Vp8Last, Vp8Shift};
use super::window::IndexWindow;

/// Which incoming stream feeds the slot: the publisher's place in the table in the upper half, a running number below.
pub(crate) type StreamKey = u64;

/// Pieces kept. Older packets are neither forwarded late nor repaired.
const PIECES: usize = 48;

#[derive(Clone, Copy, Debug)]
struct Piece {
    stream: StreamKey,
    in_start: u64,
    out_start: u64,
    timestamp_shift: u32,
    vp8: Vp8Shift,
}

impl Piece {
    fn out_index(&self, in_index: u64) -> u64 {
        self.out_start + (in_index - self.in_start)
    }
}

/// Where a packet goes in the slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// 48-bit SRTP index; its low 16 bits are the sequence number.
    pub(crate) index: u64,
    /// Added to the source's time stamp.
    pub(crate) timestamp_shift: u32,
    /// Added to the VP8 numbers.
    pub(crate) vp8: Vp8Shift,
}

/// The state of one outgoing stream.
#[derive(Debug)]
pub(crate) struct Rewriter {
    pieces: VecDeque<Piece>,
    /// Refuses to encrypt twice under one index, whatever the arithmetic above says (RFC 7714 §8.1).
    sent: IndexWindow<16>,
    next_index: u64,
    last_timestamp: u32,
    /// A moment on our clock and its time stamp in this stream. All sources follow this one line, so that a report on
    /// any of them is true for the others: browsers need several reports to believe that a line has changed.
    epoch: Option<(i64, u32)>,
    vp8: Vp8Last,
    clock_hz: u32,
}

impl Rewriter {
    /// `first_index` should be random below 2^15, so that a sequence number wrap is not met at once (RFC 3711 §3.3.1).
    pub(crate) fn new(clock_hz: u32, first_index: u16, first_timestamp: u32) -> Self {
        Self {
            pieces: VecDeque::new(),
            sent: IndexWindow::new(),
            next_index: u64::from(first_index & 0x7fff),
            last_timestamp: first_timestamp,
            epoch: None,
            vp8: Vp8Last::default(),
            clock_hz,
        }
    }

    /// The stream that feeds the slot now.
    pub(crate) fn stream(&self) -> Option<StreamKey> {
        self.pieces.back().map(|piece| piece.stream)
    }

    #[cfg(test)]
    pub(crate) fn next_sequence(&self) -> u16 {
        self.next_index as u16
    }

    /// Of the newest packet sent.
    pub(crate) fn last_timestamp(&self) -> u32 {
        self.last_timestamp
    }

    /// Added to the time stamps of the running stream.
    pub(crate) fn timestamp_shift(&self) -> Option<u32> {
        self.pieces.back().map(|piece| piece.timestamp_shift)
    }

    /// Continues with another stream from this packet on, which was captured at `captured_us` on our clock (or, as long
    /// as its publisher's clock is not known, has just arrived).
    pub(crate) fn switch(
        &mut self,
        stream: StreamKey,
        in_index: u64,
        timestamp: u32,
        vp8: Option<&Vp8Descriptor>,
        captured_us: i64,
    ) {
        let (epoch_us, epoch) = *self.epoch.get_or_insert((captured_us, self.last_timestamp));
        let ticks = (captured_us - epoch_us) as i128 * i128::from(self.clock_hz) / 1_000_000;
        let mut follow = epoch.wrapping_add(ticks as u32);
        // Time goes on, also where the new source's first packet was captured before the old one's last.
        let least = self.last_timestamp.wrapping_add(self.least_step());
        if !self.pieces.is_empty() && (follow.wrapping_sub(least) as i32) < 0 {
            follow = least;
        }
        self.push(Piece {
            stream,
            in_start: in_index,
            out_start: self.next_index,
            timestamp_shift: follow.wrapping_sub(timestamp),
            vp8: vp8.map(|first| self.vp8.shift_to(first)).unwrap_or_default(),
        });
    }

    /// True when this packet of the running stream was sent since the stream began here.
    pub(crate) fn was_sent(&self, stream: StreamKey, in_index: u64) -> bool {
        self.find(stream, in_index).is_some_and(|(_, index)| self.sent.was_taken(index))
    }

    /// The piece a packet belongs to and its index in it.
    fn find(&self, stream: StreamKey, in_index: u64) -> Option<(Piece, u64)> {
        // A piece ends where the next one begins; what lies beyond belongs to nobody.
        let mut end = u64::MAX;
        for piece in self.pieces.iter().rev().take_while(|piece| piece.stream == stream) {
            if in_index >= piece.in_start {
                let index = piece.out_index(in_index);
                return (index < end).then_some((*piece, index));
            }
            end = piece.out_start;
        }
        None
    }

    /// Where the packet goes; `None` when it is older than the switch, was sent before, or is of another stream.
    pub(crate) fn place(
        &mut self,
        stream: StreamKey,
        in_index: u64,
        timestamp: u32,
        vp8: Option<&Vp8Descriptor>,
    ) -> Option<Place> {
        let (piece, index) = self.find(stream, in_index)?;
        if !self.sent.take(index) {
            return None;
        }
        if index >= self.next_index {
            self.next_index = index + 1;
            self.last_timestamp = timestamp.wrapping_add(piece.timestamp_shift);
        }
        if let Some(found) = vp8 {
            self.vp8.note(found, piece.vp8);
        }
        Some(Place { index, timestamp_shift: piece.timestamp_shift, vp8: piece.vp8 })
    }

    /// Leaves out a packet without content (padding). `true`: the gap is closed. `false`: newer packets were already
    /// sent, so something must fill its place or the receiver asks for it for ever.
    pub(crate) fn skip(&mut self, stream: StreamKey, in_index: u64) -> bool {
        let Some(piece) = self.pieces.back().copied() else { return true };
        if piece.stream != stream || in_index < piece.in_start {
            return piece.stream != stream;
        }
        let index = piece.out_index(in_index);
        if index < self.next_index {
            return false;
        }
        self.push(Piece { in_start: in_index + 1, out_start: index, ..piece });
        true
    }

    /// Which packet of which stream was sent under this sequence number, for a NACK.
    pub(crate) fn sent_as(&self, sequence: u16) -> Option<(StreamKey, u64, Place)> {
        let highest = self.sent.highest()?;
        let back = (highest as u16).wrapping_sub(sequence);
        let index = highest.checked_sub(u64::from(back))?;
        if !self.sent.was_taken(index) {
            return None;
        }
        let piece = self.pieces.iter().rev().find(|piece| index >= piece.out_start)?;
        let in_index = piece.in_start + (index - piece.out_start);
        Some((piece.stream, in_index, Place { index, timestamp_shift: piece.timestamp_shift, vp8: piece.vp8 }))
    }

    /// 20 ms of sound, 1 ms between pictures.
    fn least_step(&self) -> u32 {
        if self.clock_hz == 48_000 { 960 } else { self.clock_hz / 1_000 }
    }

    fn push(&mut self, piece: Piece) {
        // A piece nobody used (two paddings in a row) is replaced, so that a burst of padding does not push out history.
        if self.pieces.back().is_some_and(|last| last.stream == piece.stream && last.out_start == piece.out_start) {
            self.pieces.pop_back();
        }
        if self.pieces.len() == PIECES {
            self.pieces.pop_front();
        }
        self.pieces.push_back(piece);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::super::vp8::tests::payload;
    use super::*;

    fn place(rewriter: &mut Rewriter, stream: StreamKey, in_index: u64) -> Option<u64> {
        rewriter.place(stream, in_index, 0, None).map(|place| place.index)
    }

    #[test]
    fn switch_leaves_no_hole_and_time_goes_on() {
        let mut rewriter = Rewriter::new(90_000, 65_533 & 0x7fff, 1_000);
        let start = u64::from(65_533u16 & 0x7fff);
        rewriter.switch(1, 500, 7_000, None, 1_000_000);
        let first = rewriter.place(1, 500, 7_000, None).unwrap();
        assert_eq!((first.index, 7_000u32.wrapping_add(first.timestamp_shift)), (start, 1_000));
        rewriter.place(1, 501, 10_000, None).unwrap();
        rewriter.switch(2, 9, 4_000_000_000, None, 1_133_000);
        let next = rewriter.place(2, 9, 4_000_000_000, None).unwrap();
        assert_eq!(next.index, start + 2);
        assert_eq!(4_000_000_000u32.wrapping_add(next.timestamp_shift), 1_000 + 133 * 90);
        rewriter.switch(3, 1, 77, None, 1_100_000);
        let early = rewriter.place(3, 1, 77, None).unwrap();
        assert_eq!(77u32.wrapping_add(early.timestamp_shift), 1_000 + 134 * 90, "captured earlier, and still later");
        assert_eq!(place(&mut rewriter, 1, 502), None, "the old stream is over");
        assert_eq!(place(&mut rewriter, 2, 8), None, "older than the switch");
    }

    #[test]
    fn padding_closes_its_gap_and_late_packets_find_their_place() {
        let mut rewriter = Rewriter::new(90_000, 100, 0);
        rewriter.switch(1, 10, 0, None, 0);
        assert_eq!(place(&mut rewriter, 1, 10), Some(100));
        // 11 is late, 12 and 13 are padding, 14 is media.
        assert!(rewriter.skip(1, 12));
        assert!(rewriter.skip(1, 13));
        assert_eq!(place(&mut rewriter, 1, 14), Some(102));
        assert_eq!(place(&mut rewriter, 1, 11), Some(101));
        assert!(!rewriter.skip(1, 13), "late padding cannot close a gap any more");
        assert_eq!(rewriter.sent_as(101).map(|(stream, index, _)| (stream, index)), Some((1, 11)));
        assert_eq!(rewriter.sent_as(102).map(|(stream, index, _)| (stream, index)), Some((1, 14)));
        assert_eq!(rewriter.sent_as(103), None);
    }

    #[test]
    fn nack_after_a_switch_means_the_stream_of_its_time() {
        let mut rewriter = Rewriter::new(90_000, 0x7ffe, 0);
        rewriter.switch(1, 70_000, 0, None, 0);
        for index in 70_000..70_005 {
            place(&mut rewriter, 1, index).unwrap();
        }
        rewriter.switch(2, 3, 0, None, 0);
        place(&mut rewriter, 2, 3).unwrap();
        assert_eq!(rewriter.sent_as(0x8001).map(|(stream, index, _)| (stream, index)), Some((1, 70_003)));
        assert_eq!(rewriter.sent_as(0x8003).map(|(stream, index, _)| (stream, index)), Some((2, 3)));
    }

    #[test]
    fn vp8_numbers_follow_over_a_switch() {
        let mut rewriter = Rewriter::new(90_000, 1, 0);
        let old = Vp8Descriptor::parse(&payload(true, 30_000, 200, 7)).unwrap();
        rewriter.switch(1, 0, 0, Some(&old), 0);
        let place = rewriter.place(1, 0, 0, Some(&old)).unwrap();
        let sent = old.picture_id.unwrap().1.wrapping_add(place.vp8.picture_id) & 0x7fff;
        let new = Vp8Descriptor::parse(&payload(true, 12, 3, 1)).unwrap();
        rewriter.switch(2, 0, 0, Some(&new), 0);
        let place = rewriter.place(2, 0, 0, Some(&new)).unwrap();
        assert_eq!(12u16.wrapping_add(place.vp8.picture_id) & 0x7fff, sent + 1);
    }

    proptest! {
        /// The stop-ship property: no index is ever used twice, for any order of switches, padding, late packets.
        #[test]
        fn no_index_is_used_twice(steps in proptest::collection::vec((0u8..8, 0u64..3, 0u64..60), 1..600)) {
            let mut rewriter = Rewriter::new(90_000, 9, 0);
            let mut used = BTreeSet::new();
            let mut at = [1_000u64; 3];
            for (now, (act, stream, distance)) in steps.into_iter().enumerate() {
                let head = &mut at[stream as usize];
                let now = now as i64 * 1_000;
                match act {
                    0 => { *head += 1; rewriter.switch(stream, *head, 5, None, now); }
                    1 => { *head += 1; rewriter.skip(stream, *head); }
                    2 => { rewriter.skip(stream, head.saturating_sub(distance)); }
                    3 => if let Some(place) = rewriter.place(stream, head.saturating_sub(distance), 5, None) {
                        prop_assert!(used.insert(place.index));
                    },
                    4 => { *head += distance; }
                    _ => { *head += 1; if let Some(place) = rewriter.place(stream, *head, 5, None) {
                        prop_assert!(used.insert(place.index));
                    } }
                }
            }
        }

        /// In order and without loss, what leaves has no hole, whatever is padding.
        #[test]
        fn in_order_means_no_hole(padding in proptest::collection::vec(any::<bool>(), 1..300)) {
            let mut rewriter = Rewriter::new(48_000, 40, 0);
            rewriter.switch(7, 0, 0, None, 0);
            let mut expected = 40;
            for (index, padding) in padding.into_iter().enumerate() {
                if padding {
                    prop_assert!(rewriter.skip(7, index as u64));
                } else {
                    prop_assert_eq!(place(&mut rewriter, 7, index as u64), Some(expected));
                    expected += 1;
                }
            }
        }
    }
}
