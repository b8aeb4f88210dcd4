//! Transport-wide feedback to publishers (draft-holmer-rmcat-transport-wide-cc-extensions-01): when which packet came.
//! The browser computes its bit rate from it, so the upper layers appear only when this works.

use std::collections::BTreeMap;

/// Packets one message may describe; more are split.
const MOST: u64 = 1_000;
/// Reference time has this unit.
const REFERENCE_US: i64 = 64_000;
const TICK_US: i64 = 250;

/// Arrivals that were not reported yet.
#[derive(Debug, Default)]
pub(crate) struct TwccRecorder {
    arrivals: BTreeMap<u64, i64>,
    highest: Option<u64>,
    /// First number the next message describes.
    next: Option<u64>,
    messages: u8,
}

impl TwccRecorder {
    /// A packet with this transport-wide number arrived.
    pub(crate) fn arrived(&mut self, sequence: u16, now_us: i64) {
        let index = match self.highest {
            None => 0x1_0000 + u64::from(sequence),
            Some(highest) => {
                // The nearest number with these low bits.
                let ahead = sequence.wrapping_sub(highest as u16);
                if ahead < 0x8000 {
                    highest + u64::from(ahead)
                } else {
                    highest.saturating_sub(u64::from((highest as u16).wrapping_sub(sequence)))
                }
            }
        };
        self.highest = Some(self.highest.map_or(index, |highest| highest.max(index)));
        // What was already reported as lost is not reported again; a jump in numbers is not described packet by packet.
        let next = *self.next.get_or_insert(index);
        if index < next {
            return;
        }
        if index - next > 4 * MOST {
            self.arrivals.clear();
            self.next = Some(index);
        }
        self.arrivals.insert(index, now_us);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.arrivals.is_empty()
    }

    /// The FCI of the next feedback message (everything after sender and media SSRC), padded to 32 bits.
    /// `None` when nothing is left to report.
    pub(crate) fn report(&mut self) -> Option<Vec<u8>> {
        let (&first_arrived, &first_us) = self.arrivals.first_key_value()?;
        // After a cut the first number may be further away than one message reaches: what was lost is not listed then.
        let base = self.next.filter(|next| first_arrived < next + MOST).unwrap_or(first_arrived);
        let last = self.arrivals.range(..base + MOST).next_back().map(|(index, _)| *index)?;
        let reference = first_us.div_euclid(REFERENCE_US);
        let mut time = reference * REFERENCE_US;
        let mut symbols = Vec::new();
        let mut deltas = Vec::new();
        let mut end = base;
        for index in base..=last {
            match self.arrivals.get(&index) {
                None => symbols.push(0u8),
                Some(&at) => {
                    let delta = (at - time).div_euclid(TICK_US);
                    if let Ok(small) = u8::try_from(delta) {
                        symbols.push(1);
                        deltas.push(small);
                    } else if let Ok(large) = i16::try_from(delta) {
                        symbols.push(2);
                        deltas.extend_from_slice(&large.to_be_bytes());
                    } else {
                        // More than 8 s apart: the next message has its own reference time.
                        break;
                    }
                    time += delta * TICK_US;
                }
            }
            end = index + 1;
        }
        let count = (end - base) as u16;
        self.next = Some(end);
        self.arrivals = self.arrivals.split_off(&end);

        let mut fci = Vec::with_capacity(12 + symbols.len() / 2 + deltas.len());
        fci.extend_from_slice(&(base as u16).to_be_bytes());
        fci.extend_from_slice(&count.to_be_bytes());
        let [_, _, _, _, _, a, b, c] = reference.to_be_bytes();
        fci.extend_from_slice(&[a, b, c, self.messages]);
        self.messages = self.messages.wrapping_add(1);
        write_chunks(&symbols, &mut fci);
        fci.extend_from_slice(&deltas);
        while !fci.len().is_multiple_of(4) {
            fci.push(0);
        }
        Some(fci)
    }
}

/// Run-length chunks for long runs, vectors of seven two-bit symbols for the rest.
fn write_chunks(symbols: &[u8], fci: &mut Vec<u8>) {
    let mut rest = symbols;
    while let Some(&symbol) = rest.first() {
        let run = rest.iter().take_while(|next| **next == symbol).count().min(0x1fff);
        if run >= 7 {
            fci.extend_from_slice(&(u16::from(symbol) << 13 | run as u16).to_be_bytes());
            rest = rest.get(run..).unwrap_or(&[]);
            continue;
        }
        let (chunk, after) = rest.split_at(rest.len().min(7));
        let mut word = 0xc000u16;
        for (place, symbol) in chunk.iter().enumerate() {
            word |= u16::from(*symbol) << (12 - 2 * place);
        }
        fci.extend_from_slice(&word.to_be_bytes());
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::super::wire::u16_at;
    use super::*;

    /// An independent reader of the format: `(number, arrival in us)`; `None` = lost.
    fn decode(fci: &[u8]) -> Vec<(u16, Option<i64>)> {
        let base = u16_at(fci, 0).unwrap();
        let count = u16_at(fci, 2).unwrap() as usize;
        let mut time = i64::from(u32::from_be_bytes([0, fci[4], fci[5], fci[6]])) * REFERENCE_US;
        let mut symbols = Vec::new();
        let mut at = 8;
        while symbols.len() < count {
            let chunk = u16_at(fci, at).unwrap();
            at += 2;
            if chunk & 0x8000 == 0 {
                symbols.extend(std::iter::repeat_n((chunk >> 13) as u8, (chunk & 0x1fff) as usize));
            } else {
                assert_eq!(chunk & 0x4000, 0x4000);
                symbols.extend((0..7).map(|place| (chunk >> (12 - 2 * place) & 3) as u8));
            }
        }
        symbols.truncate(count);
        symbols
            .into_iter()
            .enumerate()
            .map(|(place, symbol)| {
                let number = base.wrapping_add(place as u16);
                let delta = match symbol {
                    0 => return (number, None),
                    1 => {
                        at += 1;
                        i64::from(fci[at - 1])
                    }
                    _ => {
                        at += 2;
                        i64::from(u16_at(fci, at - 2).unwrap() as i16)
                    }
                };
                time += delta * TICK_US;
                (number, Some(time))
            })
            .collect()
    }

    #[test]
    fn losses_reordering_and_wrap_are_described() {
        let mut recorder = TwccRecorder::default();
        let at = |n: i64| 5_000_000 + n * 3_000;
        for (n, sequence) in [65_533u16, 65_534, 1, 0, 2, 3, 4, 5, 6, 7, 8, 9, 20].into_iter().enumerate() {
            recorder.arrived(sequence, at(n as i64));
        }
        let decoded = decode(&recorder.report().unwrap());
        assert_eq!(decoded.len(), 24);
        assert_eq!(decoded[2], (65_535, None));
        assert!((decoded[3].1.unwrap() - at(3)).abs() <= TICK_US, "reordered packet has a negative delta");
        assert!((decoded[23].1.unwrap() - at(12)).abs() <= TICK_US);
        assert_eq!(decoded.iter().filter(|(_, time)| time.is_none()).count(), 11);
        assert!(recorder.report().is_none());
        recorder.arrived(22, at(20));
        assert_eq!(decode(&recorder.report().unwrap()), vec![(21, None), (22, Some(at(20) / 250 * 250))]);
    }

    #[test]
    fn a_long_silence_and_a_jump_are_split() {
        let mut recorder = TwccRecorder::default();
        recorder.arrived(1, 0);
        recorder.arrived(2, 20_000_000);
        assert_eq!(decode(&recorder.report().unwrap()).len(), 1);
        assert_eq!(decode(&recorder.report().unwrap()), vec![(2, Some(20_000_000))]);
        recorder.arrived(1_500, 20_500_000);
        assert_eq!(decode(&recorder.report().unwrap()), vec![(1_500, Some(20_500_000))], "a cut of 1500 packets");
        recorder.arrived(30_000, 21_000_000);
        assert_eq!(decode(&recorder.report().unwrap()), vec![(30_000, Some(21_000_000))]);
    }
}
