//! What became of one stream at one receiver: counted by sequence numbers of the clear headers, and for a share of the
//! packets held against what was sent. Nothing here shares code with what is being judged, but for the reading of
//! numbers.

use super::histogram::Histogram;
use super::material::{Mark, Medium};
use crate::media::wire::{u16_at, u32_at};

/// One packet of this many is opened and compared.
const SHARE: u64 = 64;
/// Packets back that are told from repeated ones.
const MEMORY: u64 = 2_048;

/// The clear header of an RTP packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Clear {
    pub(super) payload_type: u8,
    pub(super) sequence: u16,
    pub(super) timestamp: u32,
    pub(super) ssrc: u32,
    /// Bytes before the payload.
    pub(super) length: usize,
}

impl Clear {
    pub(super) fn read(packet: &[u8]) -> Option<Self> {
        let first = *packet.first()?;
        let mut length = 12 + 4 * usize::from(first & 0x0f);
        if first & 0x10 != 0 {
            length += 4 + 4 * usize::from(u16_at(packet, length + 2)?);
        }
        if first >> 6 != 2 || packet.len() < length {
            return None;
        }
        Some(Self {
            payload_type: *packet.get(1)? & 0x7f,
            sequence: u16_at(packet, 2)?,
            timestamp: u32_at(packet, 4)?,
            ssrc: u32_at(packet, 8)?,
            length,
        })
    }
}

/// How what arrives lines up with what was sent.
#[derive(Clone, Copy, Debug)]
struct Anchor {
    /// Extended sequence number of the first opened packet here, and its number at the source.
    index: u64,
    number: u64,
    timestamp: u32,
    at_us: i64,
    /// Picture id less frame number.
    picture_shift: u16,
}

/// One stream of one receiver.
#[derive(Debug)]
pub(super) struct Stream {
    pub(super) ssrc: u32,
    pub(super) medium: Medium,
    /// Known once a packet was opened.
    pub(super) source: Option<u32>,
    highest: Option<u64>,
    seen: Vec<u64>,
    anchor: Option<Anchor>,
    /// First index that counts: set anew when a window begins.
    from: u64,
    pub(super) received: u64,
    pub(super) repeated: u64,
    pub(super) compared: u64,
    pub(super) wrong: u64,
}

/// What to do with a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sight {
    /// Came before, or is older than anybody remembers.
    Repeated,
    /// Counted; the index is its extended sequence number.
    Counted,
    /// Counted, and it is one of those that are opened: by this index.
    Open(u64),
}

impl Stream {
    pub(super) fn new(ssrc: u32, medium: Medium) -> Self {
        Self {
            ssrc,
            medium,
            source: None,
            highest: None,
            seen: vec![0; (MEMORY / 64) as usize],
            anchor: None,
            from: 0,
            received: 0,
            repeated: 0,
            compared: 0,
            wrong: 0,
        }
    }

    /// A packet arrived.
    pub(super) fn saw(&mut self, sequence: u16) -> Sight {
        let Some(highest) = self.highest else {
            // Senders begin in their first 2^16.
            let index = u64::from(sequence);
            self.highest = Some(index);
            self.from = index;
            self.mark(index);
            self.received = 1;
            return Sight::Open(index);
        };
        let ahead = i64::from(sequence.wrapping_sub(highest as u16) as i16);
        let Some(index) = highest.checked_add_signed(ahead) else { return Sight::Repeated };
        if index > highest {
            for skipped in highest + 1..index {
                self.unmark(skipped);
            }
            self.highest = Some(index);
        } else if highest - index >= MEMORY || self.marked(index) {
            self.repeated += 1;
            return Sight::Repeated;
        }
        self.mark(index);
        if index >= self.from {
            self.received += 1;
        }
        if self.anchor.is_none() || index % SHARE == 0 { Sight::Open(index) } else { Sight::Counted }
    }

    /// An opened packet said this of itself (`None`: nothing, or it was changed), under this header.
    pub(super) fn compare(&mut self, index: u64, timestamp: u32, mark: Option<Mark>, frame_of: impl Fn(&Mark) -> u64) {
        self.compared += 1;
        let Some(mark) = mark else {
            self.wrong += 1;
            return;
        };
        let picture_shift = mark.picture_id.wrapping_sub(frame_of(&mark) as u16) & 0x7fff;
        match self.anchor {
            Some(anchor) if self.source == Some(mark.source) => {
                let number = anchor.number.wrapping_add(index).wrapping_sub(anchor.index);
                let late_us = self.sent_us(timestamp).map_or(i64::MAX, |sent_us| sent_us - mark.at_us);
                if number != mark.number || anchor.picture_shift != picture_shift || late_us.abs() > 100 {
                    self.wrong += 1;
                }
            }
            // The server has put another source into this stream: everything lines up anew.
            _ => {
                self.source = Some(mark.source);
                self.anchor = Some(Anchor { index, number: mark.number, timestamp, at_us: mark.at_us, picture_shift });
            }
        }
    }

    /// When a packet with this time stamp was sent, µs of the load's clock.
    pub(super) fn sent_us(&self, timestamp: u32) -> Option<i64> {
        let anchor = self.anchor?;
        Some(anchor.at_us + self.medium.ticks_to_us(timestamp.wrapping_sub(anchor.timestamp) as i32))
    }

    /// Counting begins anew with the next packet.
    pub(super) fn begin_window(&mut self) {
        self.from = self.highest.map_or(0, |highest| highest + 1);
        self.received = 0;
        self.repeated = 0;
    }

    /// Packets that should have come since the window began, when the source has sent `sent` packets in all; without
    /// that, those up to the last one that came.
    pub(super) fn expected(&self, sent: Option<u64>) -> u64 {
        let after_last = self.highest.map_or(0, |highest| highest + 1);
        let end = match (sent, self.anchor) {
            (Some(sent), Some(anchor)) => anchor.index.wrapping_add(sent.wrapping_sub(anchor.number)),
            _ => after_last,
        };
        end.max(after_last).saturating_sub(self.from)
    }

    pub(super) fn highest(&self) -> Option<u64> {
        self.highest
    }

    fn marked(&self, index: u64) -> bool {
        let place = index % MEMORY;
        self.seen.get((place / 64) as usize).is_some_and(|word| word >> (place % 64) & 1 == 1)
    }

    fn mark(&mut self, index: u64) {
        let place = index % MEMORY;
        if let Some(word) = self.seen.get_mut((place / 64) as usize) {
            *word |= 1 << (place % 64);
        }
    }

    fn unmark(&mut self, index: u64) {
        let place = index % MEMORY;
        if let Some(word) = self.seen.get_mut((place / 64) as usize) {
            *word &= !(1 << (place % 64));
        }
    }
}

/// What all receivers together saw in the window.
#[derive(Clone, Debug, Default)]
pub(super) struct Sum {
    pub(super) streams: u64,
    pub(super) expected: u64,
    pub(super) received: u64,
    pub(super) repeated: u64,
    pub(super) compared: u64,
    pub(super) wrong: u64,
    /// From the sender's system call to the receiver's socket, µs.
    pub(super) delay: Histogram,
}

impl Sum {
    pub(super) fn add(&mut self, stream: &Stream, sent: Option<u64>) {
        self.streams += 1;
        self.expected += stream.expected(sent);
        self.received += stream.received;
        self.repeated += stream.repeated;
        self.compared += stream.compared;
        self.wrong += stream.wrong;
    }

    pub(super) fn lost(&self) -> u64 {
        self.expected.saturating_sub(self.received)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(number: u64, at_us: i64) -> Option<Mark> {
        Some(Mark { source: 3, number, at_us, picture_id: (number / 8) as u16 })
    }

    fn frame(mark: &Mark) -> u64 {
        mark.number / 8
    }

    #[test]
    fn losses_repeats_and_late_packets_over_a_wrap() {
        let mut stream = Stream::new(1, Medium::Video);
        assert_eq!(stream.saw(65_530), Sight::Open(65_530));
        stream.compare(65_530, 900, mark(100, 1_000), frame);
        for sequence in [65_531, 65_533, 65_535, 0, 2, 65_534, 2] {
            stream.saw(sequence);
        }
        assert_eq!((stream.received, stream.repeated), (7, 1));
        assert_eq!(stream.expected(None), 9);
        // The source has sent three more than arrived at the end.
        assert_eq!(stream.expected(Some(112)), 12);
        stream.begin_window();
        stream.saw(3);
        stream.saw(65_532);
        assert_eq!(
            (stream.received, stream.expected(Some(113))),
            (1, 4),
            "what is older than the window does not count"
        );
    }

    #[test]
    fn what_does_not_line_up_is_wrong() {
        let mut stream = Stream::new(1, Medium::Video);
        stream.saw(64);
        stream.compare(64, Medium::Video.timestamp(5_000), mark(64, 5_000), frame);
        assert_eq!(stream.saw(128), Sight::Open(128));
        stream.compare(128, Medium::Video.timestamp(90_000), mark(128, 90_000), frame);
        assert_eq!((stream.compared, stream.wrong), (2, 0));
        for (index, at_us, mark) in [
            (192, 91_000, mark(191, 91_000)),
            (256, 92_000, mark(256, 99_000)),
            (320, 93_000, None),
            (384, 94_000, mark(384, 94_000).map(|mark| Mark { picture_id: 9, ..mark })),
        ] {
            stream.compare(index, Medium::Video.timestamp(at_us), mark, frame);
        }
        assert_eq!((stream.compared, stream.wrong), (6, 4));
        let other = Mark { source: 4, number: 9, at_us: 7, picture_id: 1 };
        stream.compare(448, 0, Some(other), frame);
        assert_eq!((stream.source, stream.wrong), (Some(4), 4), "another source may come into a stream");
    }

    #[test]
    fn clear_headers_with_everything() {
        let mut packet = vec![0x91, 0xe0, 1, 2, 0, 0, 0, 9, 0, 0, 0, 7, 1, 1, 1, 1, 0xbe, 0xde, 0, 1, 0, 0, 0, 0];
        assert_eq!(
            Clear::read(&packet).map(|clear| (clear.length, clear.payload_type, clear.sequence)),
            Some((24, 96, 258))
        );
        packet.truncate(23);
        assert_eq!(Clear::read(&packet), None);
    }
}
