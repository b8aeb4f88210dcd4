//! Poor lines, by numbers and by name: what becomes of each datagram, decided by a seed and by nothing else.
//!
//! Loss comes in bursts (Gilbert and Elliott: a good and a bad state), a rate has a buffer of its own in front, jitter
//! keeps the order, and what overtakes does so because it was chosen to.

use std::str::FromStr;

/// What one direction of a line does to datagrams.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Way {
    /// On the way at least, µs.
    pub delay_us: i64,
    /// Added at random, up to so much, µs.
    pub jitter_us: i64,
    /// Of a thousand datagrams in the good state are lost.
    pub loss_permille: u32,
    /// Of a thousand datagrams in the bad state are lost.
    pub burst_loss_permille: u32,
    /// Of 100,000 datagrams the bad state begins with one.
    pub burst_begins: u32,
    /// Mean length of the bad state in datagrams; 0 for none.
    pub burst_length: u32,
    /// Of a thousand datagrams are held back so that others overtake them.
    pub reorder_permille: u32,
    /// Of a thousand datagrams come twice.
    pub duplicate_permille: u32,
    /// Bits per second; 0 for no bound.
    pub rate: u32,
    /// What waits longer than this for its turn is lost, µs.
    pub buffer_us: i64,
}

impl Way {
    /// Nothing that arrives at all is on its way for longer, µs.
    pub fn longest_us(&self) -> i64 {
        self.delay_us + 2 * self.jitter_us + self.buffer_us
    }
}

/// A line: from the client to the server and back.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Line {
    /// As asked for.
    pub name: &'static str,
    /// From the client.
    pub up: Way,
    /// To the client.
    pub down: Way,
}

/// Name, then per direction: delay ms, jitter ms, loss ‰, bursts (‰ lost, begins per 100,000, length), reorder ‰,
/// duplicate ‰, kbit/s.
type Row = (&'static str, [u32; 9], [u32; 9]);

/// Lines as communes have them. The figures are what such lines are commonly measured with, not any provider's promise.
const NAMED: [Row; 7] = [
    ("perfect", [0; 9], [0; 9]),
    ("fibre", [4, 1, 0, 0, 0, 0, 0, 0, 0], [4, 1, 0, 0, 0, 0, 0, 0, 0]),
    ("4g", [25, 15, 1, 500, 100, 6, 1, 0, 10_000], [20, 15, 1, 500, 100, 6, 1, 0, 20_000]),
    ("mountain-3g", [70, 60, 8, 600, 400, 8, 3, 1, 384], [60, 60, 5, 600, 300, 8, 3, 1, 1_500]),
    ("satellite", [290, 10, 3, 800, 50, 20, 0, 0, 2_000], [290, 10, 3, 800, 50, 20, 0, 0, 8_000]),
    ("broken-adsl", [20, 5, 2, 900, 500, 15, 0, 2, 600], [20, 5, 2, 900, 500, 15, 0, 2, 4_000]),
    ("commune", [40, 20, 30, 0, 0, 0, 2, 0, 128], [40, 20, 30, 0, 0, 0, 2, 0, 256]),
];

impl Line {
    /// Names that [`Line::from_str`] takes.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMED.iter().map(|(name, _, _)| *name)
    }

    /// True when datagrams may get lost.
    pub fn loses(&self) -> bool {
        let loses = |way: &Way| way.loss_permille + way.burst_begins + way.rate > 0;
        loses(&self.up) || loses(&self.down)
    }
}

impl FromStr for Line {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = NAMED.iter().find(|(name, _, _)| *name == text);
        let unknown = || format!("{text} is none of {}", Self::names().collect::<Vec<_>>().join(", "));
        let (name, up, down) = *found.ok_or_else(unknown)?;
        Ok(Self { name, up: way(up), down: way(down) })
    }
}

fn way([delay, jitter, loss, burst_loss, begins, length, reorder, duplicate, kbit]: [u32; 9]) -> Way {
    Way {
        delay_us: i64::from(delay) * 1_000,
        jitter_us: i64::from(jitter) * 1_000,
        loss_permille: loss,
        burst_loss_permille: burst_loss,
        burst_begins: begins,
        burst_length: length,
        reorder_permille: reorder,
        duplicate_permille: duplicate,
        rate: kbit * 1_000,
        buffer_us: 250_000,
    }
}

/// Random numbers by a seed alone (SplitMix64), so that a run can be had again.
#[derive(Clone, Debug)]
pub struct Dice(pub u64);

impl Dice {
    /// 64 random bits.
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`; 0 when that is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.roll().checked_rem(bound).unwrap_or(0)
    }

    fn chance(&mut self, of: u32, among: u32) -> bool {
        of > 0 && self.below(u64::from(among)) < u64::from(of)
    }
}

/// One direction at work.
#[derive(Clone, Debug)]
pub struct Lane {
    way: Way,
    dice: Dice,
    bad: bool,
    /// Nothing passes: the cable is out.
    pub cut: bool,
    /// When the last datagram has left the sender's side of the wire.
    free_us: i64,
    last_us: i64,
}

impl Lane {
    /// `seed`: the same seed, the same fate for the same datagrams.
    pub fn new(way: Way, seed: u64) -> Self {
        Self { way, dice: Dice(seed), bad: false, cut: false, free_us: 0, last_us: 0 }
    }

    /// When a datagram of `bytes` that is sent now arrives, µs: not at all, once, or twice.
    pub fn pass(&mut self, now_us: i64, bytes: usize) -> [Option<i64>; 2] {
        let lost = self.loses();
        let Some(sent_us) = self.queue(now_us, bytes) else { return [None, None] };
        if lost || self.cut {
            return [None, None];
        }
        let Way { delay_us, jitter_us, reorder_permille, duplicate_permille, .. } = self.way;
        let jitter_us = self.dice.below(u64::try_from(jitter_us).unwrap_or(0)) as i64;
        let mut due_us = (sent_us + delay_us + jitter_us).max(self.last_us);
        if self.dice.chance(reorder_permille, 1_000) {
            due_us += 2_000 + jitter_us;
        } else {
            self.last_us = due_us;
        }
        let again = self.dice.chance(duplicate_permille, 1_000).then_some(due_us + 500);
        [Some(due_us), again]
    }

    fn loses(&mut self) -> bool {
        let Way { burst_begins, burst_length, .. } = self.way;
        self.bad =
            if self.bad { !self.dice.chance(1, burst_length.max(1)) } else { self.dice.chance(burst_begins, 100_000) };
        let permille = if self.bad { self.way.burst_loss_permille } else { self.way.loss_permille };
        self.dice.chance(permille, 1_000)
    }

    /// When it has left, at the line's rate; `None` when the buffer is full.
    fn queue(&mut self, now_us: i64, bytes: usize) -> Option<i64> {
        if self.way.rate == 0 {
            return Some(now_us);
        }
        let waits_us = (self.free_us - now_us).max(0);
        if waits_us > self.way.buffer_us {
            return None;
        }
        // 28 bytes of IP and UDP travel with each datagram.
        let takes_us = (bytes as i64 + 28) * 8_000_000 / i64::from(self.way.rate);
        self.free_us = now_us + waits_us + takes_us;
        Some(self.free_us)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fates(way: &Way, seed: u64, count: i64, every_us: i64) -> Vec<[Option<i64>; 2]> {
        let mut lane = Lane::new(way.clone(), seed);
        (0..count).map(|n| lane.pass(n * every_us, 1_000)).collect()
    }

    #[test]
    fn a_seed_is_a_run() {
        let line: Line = "mountain-3g".parse().unwrap();
        assert_eq!(fates(&line.up, 7, 2_000, 25_000), fates(&line.up, 7, 2_000, 25_000));
        assert_ne!(fates(&line.up, 7, 2_000, 25_000), fates(&line.up, 8, 2_000, 25_000));
        assert!("mountain-5g".parse::<Line>().is_err());
    }

    #[test]
    fn losses_come_as_often_and_as_long_as_said() {
        let way = Way { burst_loss_permille: 1_000, burst_begins: 200, burst_length: 10, ..Way::default() };
        let fates = fates(&way, 3, 200_000, 1_000);
        let lost = fates.iter().filter(|fate| fate[0].is_none()).count();
        // 0.2 % begin a burst of 10: about 2 %.
        assert!((2_500..=5_500).contains(&lost), "{lost} of 200,000");
        let bursts = fates.windows(2).filter(|pair| pair[0][0].is_some() && pair[1][0].is_none()).count();
        assert!((7..=14).contains(&(lost / bursts)), "mean burst of {}", lost / bursts);
        let plain = Way { loss_permille: 30, ..Way::default() };
        let lost = super::tests::fates(&plain, 3, 100_000, 1_000).iter().filter(|fate| fate[0].is_none()).count();
        assert!((2_700..=3_300).contains(&lost), "{lost} of 100,000");
    }

    #[test]
    fn order_is_kept_but_for_what_was_chosen() {
        let jittery = Way { delay_us: 40_000, jitter_us: 30_000, ..Way::default() };
        let due: Vec<i64> = fates(&jittery, 1, 5_000, 2_000).into_iter().filter_map(|fate| fate[0]).collect();
        assert!(due.windows(2).all(|pair| pair[0] <= pair[1]));
        assert!(due.iter().enumerate().all(|(n, due)| due - n as i64 * 2_000 >= 40_000));
        let shuffled = Way { reorder_permille: 50, duplicate_permille: 20, ..jittery };
        let fates = fates(&shuffled, 1, 5_000, 2_000);
        let due: Vec<i64> = fates.iter().filter_map(|fate| fate[0]).collect();
        assert!(due.windows(2).filter(|pair| pair[0] > pair[1]).count() > 50);
        assert!((60..=140).contains(&fates.iter().filter(|fate| fate[1].is_some()).count()));
    }

    #[test]
    fn a_rate_is_kept_and_a_full_buffer_loses() {
        let slow = Way { rate: 1_028_000, buffer_us: 100_000, ..Way::default() };
        // 1,028 bytes each 4 ms are twice the rate.
        let fates = fates(&slow, 1, 2_000, 4_000);
        let came: Vec<i64> = fates.iter().filter_map(|fate| fate[0]).collect();
        assert!((990..=1_020).contains(&came.len()), "{} came", came.len());
        assert!(came.windows(2).all(|pair| pair[1] - pair[0] >= 8_000));
        let mut lane = Lane::new(Way::default(), 1);
        lane.cut = true;
        assert_eq!(lane.pass(0, 10), [None, None]);
    }
}
