//! What is missing in one incoming video stream, and when to ask for it again (RFC 4585 §6.2.1).

use std::collections::VecDeque;

/// Asked this often, then given up: lost padding on the media stream can never be repaired.
const TRIES: u8 = 6;
/// A wider gap is not repaired packet by packet; a key frame is asked for instead.
const WIDEST: u64 = 300;
/// First question after this long, so that mere reordering asks nothing.
const REORDER_US: i64 = 8_000;

#[derive(Clone, Copy, Debug)]
struct Missing {
    index: u64,
    tries: u8,
    due_us: i64,
}

/// Gaps of one stream.
#[derive(Debug, Default)]
pub(crate) struct NackGenerator {
    highest: Option<u64>,
    missing: VecDeque<Missing>,
}

/// What `arrived` found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gap {
    None,
    /// Packets are missing that may still come.
    Open,
    /// Too much is missing: a key frame is the only repair.
    TooWide,
}

impl NackGenerator {
    /// A packet arrived, by itself or as a repair.
    pub(crate) fn arrived(&mut self, index: u64, now_us: i64) -> Gap {
        let Some(highest) = self.highest else {
            self.highest = Some(index);
            return Gap::None;
        };
        if index <= highest {
            self.missing.retain(|missing| missing.index != index);
            return Gap::None;
        }
        self.highest = Some(index);
        let gap = index - highest - 1;
        if gap == 0 {
            return Gap::None;
        }
        if gap > WIDEST {
            self.missing.clear();
            return Gap::TooWide;
        }
        for index in highest + 1..index {
            self.missing.push_back(Missing { index, tries: 0, due_us: now_us + REORDER_US });
        }
        self.missing.retain(|missing| missing.index + WIDEST >= index);
        Gap::Open
    }

    /// When the next question is due.
    pub(crate) fn due_us(&self) -> Option<i64> {
        self.missing.iter().map(|missing| missing.due_us).min()
    }

    /// Sequence numbers to ask for now, ascending. `interval_us`: at least a round trip, or every answer is paid twice.
    /// The second value is true when something was given up.
    pub(crate) fn ask(&mut self, now_us: i64, interval_us: i64, ask: &mut Vec<u16>) -> bool {
        let before = self.missing.len();
        self.missing.retain(|missing| missing.tries < TRIES || missing.due_us > now_us);
        let given_up = self.missing.len() < before;
        for missing in &mut self.missing {
            if missing.due_us <= now_us {
                ask.push(missing.index as u16);
                missing.tries += 1;
                missing.due_us = now_us + interval_us;
            }
        }
        given_up
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asks_after_reordering_time_and_gives_up() {
        let mut nack = NackGenerator::default();
        let mut asked = Vec::new();
        assert_eq!(nack.arrived(65_534, 0), Gap::None);
        assert_eq!(nack.arrived(65_538, 0), Gap::Open);
        nack.ask(0, 50_000, &mut asked);
        assert!(asked.is_empty(), "reordering is not loss");
        nack.arrived(65_536, 2_000);
        nack.ask(10_000, 50_000, &mut asked);
        assert_eq!(asked, vec![65_535, 1]);
        nack.arrived(65_537, 20_000);
        for round in 1..10 {
            asked.clear();
            let given_up = nack.ask(10_000 + round * 50_000, 50_000, &mut asked);
            assert_eq!(asked.len(), usize::from(round < 6));
            assert_eq!(given_up, round == 6);
        }
        assert_eq!(nack.due_us(), None);
    }

    #[test]
    fn a_wide_gap_asks_for_a_key_frame() {
        let mut nack = NackGenerator::default();
        nack.arrived(0, 0);
        assert_eq!(nack.arrived(1_000, 0), Gap::TooWide);
        assert_eq!(nack.due_us(), None);
    }
}
