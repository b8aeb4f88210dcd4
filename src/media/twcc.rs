//! Transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01): when which packet came. Publishers
//! compute their bit rate from what we write, so the upper layers appear only when this works; what receivers write
//! is read for ours.

use std::collections::BTreeMap;

use super::wire::{u16_at, u24_at};

/// Packets one message may describe; more are split.
const MOST: u64 = 1_000;
/// Reference time has this unit.
const REFERENCE_US: i64 = 64_000;
const TICK_US: i64 = 250;
/// The reference time has 24 bits.
pub(crate) const CLOCK_US: i64 = REFERENCE_US << 24;
/// Where the chunks begin.
const CHUNKS: usize = 8;

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

/// Reads the FCI of a feedback message about what we sent: calls `found` with each number it describes, in order, and
/// when that packet arrived, in microseconds on its receiver's clock (which wraps after [`CLOCK_US`]); `None` for one
/// that did not. `None` as a whole: the message is malformed, what was found before that stands.
pub(crate) fn read(fci: &[u8], mut found: impl FnMut(u16, Option<i64>)) -> Option<()> {
    let base = u16_at(fci, 0)?;
    let count = usize::from(u16_at(fci, 2)?);
    if count as u64 > 4 * MOST {
        return None;
    }
    let mut time = i64::from(u24_at(fci, 4)?) * REFERENCE_US;
    let mut delta_at = chunks_end(fci, count)?;
    let (mut chunk_at, mut done) = (CHUNKS, 0);
    while done < count {
        let chunk = u16_at(fci, chunk_at)?;
        chunk_at += 2;
        for place in 0..symbols_in(chunk).min(count - done) {
            let number = base.wrapping_add((done + place) as u16);
            let delta = match symbol(chunk, place) {
                0 => {
                    found(number, None);
                    continue;
                }
                1 => {
                    delta_at += 1;
                    i64::from(*fci.get(delta_at - 1)?)
                }
                2 => {
                    delta_at += 2;
                    i64::from(u16_at(fci, delta_at - 2)?.cast_signed())
                }
                _ => return None,
            };
            time += delta * TICK_US;
            found(number, Some(time));
        }
        done += symbols_in(chunk);
    }
    Some(())
}

/// Where the deltas begin: behind as many chunks as describe `count` packets.
fn chunks_end(fci: &[u8], count: usize) -> Option<usize> {
    let (mut at, mut done) = (CHUNKS, 0);
    while done < count {
        let symbols = symbols_in(u16_at(fci, at)?);
        // A run of nothing would be read for ever.
        if symbols == 0 {
            return None;
        }
        done += symbols;
        at += 2;
    }
    Some(at)
}

fn symbols_in(chunk: u16) -> usize {
    match chunk >> 14 {
        0 | 1 => usize::from(chunk & 0x1fff),
        2 => 14,
        _ => 7,
    }
}

fn symbol(chunk: u16, place: usize) -> u16 {
    match chunk >> 14 {
        0 | 1 => chunk >> 13,
        2 => chunk >> (13 - place) & 1,
        _ => chunk >> (12 - 2 * place) & 3,
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
    use proptest::prelude::*;

    use super::*;

    fn read_all(fci: &[u8]) -> Option<Vec<(u16, Option<i64>)>> {
        let mut all = Vec::new();
        read(fci, |number, arrival| all.push((number, arrival)))?;
        Some(all)
    }

    proptest! {
        /// What is written is read, whatever was lost, reordered or late; and an independent reader agrees.
        #[test]
        fn reading_undoes_writing(steps in proptest::collection::vec((0u16..30, 0i64..90_000), 1..200)) {
            let mut recorder = TwccRecorder::default();
            let mut sent = BTreeMap::new();
            let (mut number, mut at_us) = (65_000u16, 77_000_000);
            for (skip, later_us) in steps {
                number = number.wrapping_add(1 + skip % 4);
                at_us += later_us;
                recorder.arrived(number, at_us);
                sent.insert(number, at_us);
            }
            let mut found = BTreeMap::new();
            while let Some(fci) = recorder.report() {
                let read = read_all(&fci).unwrap();
                prop_assert_eq!(&read, &decode(&fci));
                found.extend(read.into_iter().filter_map(|(number, at)| Some((number, at?))));
            }
            prop_assert_eq!(found.len(), sent.len());
            for (number, at_us) in sent {
                prop_assert!((found[&number] - at_us).abs() <= TICK_US);
            }
        }

        #[test]
        fn noise_never_panics(fci in proptest::collection::vec(any::<u8>(), 0..80)) {
            let mut count = 0u64;
            let _ = read(&fci, |_, _| count += 1);
            prop_assert!(count <= 4 * MOST);
        }
    }

    #[test]
    fn one_bit_chunks_and_late_packets() {
        // Numbers 9..: received, lost, received 2.5 ms before that (a negative delta).
        let fci = [0, 9, 0, 3, 0, 0, 2, 0, 0b1101_0010, 0, 4, 0xff, 0xf6, 0];
        assert_eq!(read_all(&fci), Some(vec![(9, Some(129_000)), (10, None), (11, Some(126_500))]));
        let bits = [0, 1, 0, 2, 0, 0, 0, 0, 0b1001_0000, 0, 8];
        assert_eq!(read_all(&bits), Some(vec![(1, None), (2, Some(2_000))]));
    }

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
