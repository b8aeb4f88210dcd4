//! What was sent under which transport-wide number, until its receiver has said what became of it.

/// Numbers kept at first, and at most: four seconds of a thousand packets.
const FEWEST: usize = 128;
const MOST: usize = 4_096;

/// What is known of a packet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Fate {
    #[default]
    Unknown,
    Missing,
    Arrived,
}

#[derive(Clone, Copy, Debug, Default)]
struct Sent {
    /// Low half of the time; what is longer ago than an hour is not asked for.
    at_us: u32,
    bytes: u16,
    probe: u8,
    fate: Fate,
}

/// A packet whose fate was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) sent_us: i64,
    pub(crate) bytes: u16,
    /// Probe it was part of; 0 for none.
    pub(crate) probe: u8,
    /// What was known before.
    pub(crate) before: Fate,
}

/// A ring that grows while much is on its way, up to [`MOST`].
#[derive(Debug)]
pub(crate) struct SendHistory {
    ring: Vec<Sent>,
    /// Number of the next packet; its low half goes on the wire.
    next: u64,
    /// All below were told or given up.
    told: u64,
}

impl SendHistory {
    pub(crate) fn new() -> Self {
        Self { ring: vec![Sent::default(); FEWEST], next: 0, told: 0 }
    }

    /// Takes the next number for a packet of `bytes`.
    pub(crate) fn push(&mut self, now_us: i64, bytes: usize, probe: u8) -> u16 {
        if self.next - self.told >= self.ring.len() as u64 && self.ring.len() < MOST {
            self.grow();
        }
        let number = self.next;
        self.next += 1;
        self.told = self.told.max(self.next.saturating_sub(self.ring.len() as u64));
        let place = self.place(number);
        if let Some(sent) = self.ring.get_mut(place) {
            let bytes = u16::try_from(bytes).unwrap_or(u16::MAX);
            *sent = Sent { at_us: now_us as u32, bytes, probe, fate: Fate::Unknown };
        }
        number as u16
    }

    /// The receiver said whether this number arrived. `None`: it is too old or was never sent.
    pub(crate) fn told(&mut self, sequence: u16, arrived: bool, now_us: i64) -> Option<Told> {
        let newest = self.next.checked_sub(1)?;
        let number = newest.checked_sub(u64::from((newest as u16).wrapping_sub(sequence)))?;
        if self.next - number > self.ring.len() as u64 {
            return None;
        }
        let place = self.place(number);
        let sent = self.ring.get_mut(place)?;
        let before = sent.fate;
        if before != Fate::Arrived {
            sent.fate = if arrived { Fate::Arrived } else { Fate::Missing };
        }
        self.told = self.told.max(number + 1);
        let ago = i64::from((now_us as u32).wrapping_sub(sent.at_us));
        Some(Told { sent_us: now_us - ago, bytes: sent.bytes, probe: sent.probe, before })
    }

    fn place(&self, number: u64) -> usize {
        // The length is a power of two.
        number as usize & (self.ring.len() - 1)
    }

    fn grow(&mut self) {
        let mut wider = vec![Sent::default(); self.ring.len() * 2];
        for number in self.next.saturating_sub(self.ring.len() as u64)..self.next {
            let old = self.ring.get(self.place(number)).copied();
            if let (Some(old), Some(place)) = (old, wider.get_mut(number as usize & (self.ring.len() * 2 - 1))) {
                *place = old;
            }
        }
        self.ring = wider;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_wrap_and_each_fate_is_told_once() {
        let mut history = SendHistory::new();
        for number in 0..200_000u64 {
            let now_us = number as i64 * 1_000;
            assert_eq!(history.push(now_us, 1_000 + (number % 7) as usize, (number % 3) as u8), number as u16);
            if number >= 100 {
                let old = number - 100;
                let told = history.told(old as u16, old % 5 != 0, now_us).unwrap();
                assert_eq!((told.sent_us, told.bytes), (old as i64 * 1_000, 1_000 + (old % 7) as u16));
                assert_eq!((told.probe, told.before), ((old % 3) as u8, Fate::Unknown));
            }
        }
        assert_eq!(history.ring.len(), FEWEST, "it does not grow when it need not");
        let again = history.told(199_899u64 as u16, true, 200_000_000).unwrap();
        assert_eq!(again.before, Fate::Arrived);
        let late = history.told(199_895u64 as u16, true, 200_000_000).unwrap();
        assert_eq!(late.before, Fate::Missing, "what came after all");
        assert_eq!(history.next - history.told, 100);
    }

    #[test]
    fn it_grows_to_a_bound_and_forgets_the_oldest() {
        let mut history = SendHistory::new();
        for number in 0..10_000i64 {
            history.push(number, 100, 0);
        }
        assert_eq!((history.ring.len(), history.next - history.told), (MOST, MOST as u64));
        assert_eq!(history.told(5_000, true, 10_000), None, "forgotten");
        assert_eq!(history.told(10_000, true, 10_000), None, "never sent");
        assert_eq!(history.told(6_000, true, 10_000).map(|told| told.sent_us), Some(6_000));
    }
}
