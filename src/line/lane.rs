//! One direction of a line at work.
//!
//! Loss comes in bursts (Gilbert and Elliott: a good and a bad state), a rate has a buffer of its own in front, jitter
//! keeps the order, and what overtakes does so because it was chosen to.

use std::collections::VecDeque;

use serde::Serialize;

use super::dice::Dice;
use super::shape::{Direction, Schedule, Way};

/// IP and UDP headers that travel with each datagram, and the shorter half of those of TCP.
const HEADERS: i64 = 28;
/// A datagram that is held back arrives at least this much later; a copy this much after its original.
const HELD_BACK_US: i64 = 2_000;
const COPY_US: i64 = 500;

/// What became of everything so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Datagrams that came to the line.
    pub datagrams: u64,
    /// Of them lost on the way, the cut ones too.
    pub lost: u64,
    /// Of them lost because the buffer was full.
    pub full: u64,
    /// Of them held back so that others overtake them.
    pub held_back: u64,
    /// Of them that came twice.
    pub doubled: u64,
    /// Pieces of streams.
    pub pieces: u64,
    /// Bytes of datagrams that entered the line.
    pub bytes: u64,
    /// Bytes of streams that did, what was sent again too.
    pub stream_bytes: u64,
}

/// One direction at work.
#[derive(Clone, Debug)]
pub struct Lane {
    way: Way,
    /// What it becomes, and when.
    then: VecDeque<(i64, Way)>,
    dice: Dice,
    bad: bool,
    /// Nothing passes: the cable is out.
    pub cut: bool,
    /// When the last datagram has left the sender's side of the wire.
    free_us: i64,
    last_us: i64,
    counts: Counts,
}

impl Lane {
    /// `seed`: the same seed, the same fate for the same datagrams.
    pub fn new(way: Way, seed: u64) -> Self {
        Self {
            way,
            then: VecDeque::new(),
            dice: Dice(seed),
            bad: false,
            cut: false,
            free_us: 0,
            last_us: 0,
            counts: Counts::default(),
        }
    }

    /// A direction of a line that changes, counted from `began_us`.
    pub fn along(schedule: &Schedule, direction: Direction, seed: u64, began_us: i64) -> Self {
        let mut lane = Self::new(Way::default(), seed);
        lane.follow(schedule, direction, began_us);
        lane
    }

    /// From now on another line; what is on its way arrives as it would have.
    pub fn follow(&mut self, schedule: &Schedule, direction: Direction, began_us: i64) {
        self.way = schedule.first.way(direction).clone();
        let then = schedule.then.iter().map(|(after_us, line)| (began_us + after_us, line.way(direction).clone()));
        self.then = then.collect();
    }

    /// What became of everything so far.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// What waits for its turn now, µs.
    pub fn waits_us(&self, now_us: i64) -> i64 {
        (self.free_us - now_us).max(0)
    }

    /// When a datagram of `bytes` that is sent now arrives, µs: not at all, once, or twice.
    pub fn pass(&mut self, now_us: i64, bytes: usize) -> [Option<i64>; 2] {
        self.change(now_us);
        self.counts.datagrams += 1;
        let lost = self.loses();
        let Some(sent_us) = self.queue(now_us, bytes) else {
            self.counts.full += 1;
            return [None, None];
        };
        self.counts.bytes += bytes as u64;
        if lost || self.cut {
            self.counts.lost += 1;
            return [None, None];
        }
        let Way { reorder_permille, duplicate_permille, .. } = self.way;
        let (due_us, jitter_us) = self.arrives(sent_us);
        let mut due_us = due_us.max(self.last_us);
        if self.dice.chance(reorder_permille, 1_000) {
            self.counts.held_back += 1;
            due_us += HELD_BACK_US + jitter_us;
        } else {
            self.last_us = due_us;
        }
        let again = self.dice.chance(duplicate_permille, 1_000).then_some(due_us + COPY_US);
        self.counts.doubled += u64::from(again.is_some());
        [Some(due_us), again]
    }

    /// Whether nothing passes now.
    pub(super) fn is_cut(&mut self, now_us: i64) -> bool {
        self.change(now_us);
        self.cut
    }

    /// When a piece of a stream arrives that is sent now; what is lost is sent again `again_us` after its round trip
    /// would be over. A stream takes half of the buffer at most, as one that is paced does: while that is full, `Err`
    /// says when there is room again.
    pub(super) fn carry(&mut self, now_us: i64, bytes: usize, again_us: i64) -> Result<i64, i64> {
        let too_much_us = self.waits_us(now_us) - self.way.buffer_us / 2;
        if self.way.rate > 0 && too_much_us > 0 {
            return Err(now_us + too_much_us);
        }
        self.counts.pieces += 1;
        self.counts.stream_bytes += bytes as u64;
        let mut tries_us = 0;
        while self.loses() && tries_us < 8 * again_us {
            // The lost one took its share of the line too.
            self.counts.stream_bytes += bytes as u64;
            self.queue(now_us, bytes);
            tries_us += again_us + 2 * self.way.delay_us;
        }
        let sent_us = self.queue(now_us, bytes).unwrap_or(self.free_us);
        Ok(self.arrives(sent_us).0 + tries_us)
    }

    fn change(&mut self, now_us: i64) {
        while let Some((_, way)) = self.then.pop_front_if(|(at_us, _)| *at_us <= now_us) {
            self.way = way;
        }
    }

    /// When what left then arrives, and how much of that is jitter.
    fn arrives(&mut self, sent_us: i64) -> (i64, i64) {
        let jitter_us = self.dice.below(u64::try_from(self.way.jitter_us).unwrap_or(0)) as i64;
        (sent_us + self.way.delay_us + jitter_us, jitter_us)
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
        let waits_us = self.waits_us(now_us);
        if self.way.rate > 0 && waits_us > self.way.buffer_us {
            return None;
        }
        if self.way.rate == 0 {
            return Some(now_us);
        }
        let takes_us = (bytes as i64 + HEADERS) * 8_000_000 / i64::from(self.way.rate);
        self.free_us = now_us + waits_us + takes_us;
        Some(self.free_us)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::shape::Line;
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

    #[test]
    fn a_schedule_is_followed_and_replaced() {
        let plan: Schedule = "800 kbit/s; 10 s: 80 kbit/s, 30 ms delay; 20 s: 100 % loss".parse().unwrap();
        let mut lane = Lane::along(&plan, Direction::Up, 1, 5_000_000);
        assert_eq!(lane.pass(14_999_999, 972)[0], Some(15_009_999));
        assert_eq!(lane.pass(15_100_000, 972)[0], Some(15_230_000));
        assert_eq!(lane.pass(25_000_000, 972), [None, None]);
        assert_eq!(lane.counts(), Counts { datagrams: 3, lost: 1, bytes: 3 * 972, ..Counts::default() });
        lane.follow(&"perfect".parse().unwrap(), Direction::Up, 26_000_000);
        assert_eq!(lane.pass(30_000_000, 972)[0], Some(30_000_000));
    }

    fn ways() -> impl Strategy<Value = Way> {
        let chances = (0..300_u32, 0..1_000_u32, 0..5_000_u32, 0..30_u32, 0..100_u32, 0..100_u32);
        (0..600_000_i64, 0..200_000_i64, chances, prop_oneof![Just(0), 50_000..10_000_000_u32], 0..2_000_000_i64)
            .prop_map(
                |(delay_us, jitter_us, (loss, burst_loss, begins, length, reorder, duplicate), rate, buffer_us)| Way {
                    delay_us,
                    jitter_us,
                    loss_permille: loss,
                    burst_loss_permille: burst_loss,
                    burst_begins: begins,
                    burst_length: length,
                    reorder_permille: reorder,
                    duplicate_permille: duplicate,
                    rate,
                    buffer_us,
                },
            )
    }

    proptest! {
        /// Any line, any traffic: the same seed gives the same again, nothing is early or later than the line says,
        /// what comes keeps to the rate, and every datagram is accounted for.
        #[test]
        fn a_lane_keeps_its_word(
            way in ways(),
            seed: u64,
            traffic in prop::collection::vec((0..40_000_i64, 1..1_472_usize), 1..300),
        ) {
            let play = || {
                let (mut lane, mut now_us) = (Lane::new(way.clone(), seed), 0);
                let fates: Vec<_> = traffic.iter().map(|(pause_us, bytes)| {
                    now_us += pause_us;
                    (now_us, *bytes, lane.pass(now_us, *bytes))
                }).collect();
                (fates, lane.counts())
            };
            let (fates, counts) = play();
            prop_assert_eq!(play(), (fates.clone(), counts));
            let came = fates.iter().filter(|(_, _, fate)| fate[0].is_some());
            for (now_us, _, fate) in came.clone() {
                for due_us in fate.iter().flatten() {
                    prop_assert!((way.delay_us..=way.longest_us()).contains(&(due_us - now_us)), "{} after {}", due_us, now_us);
                }
            }
            let twice = fates.iter().filter(|(_, _, fate)| fate[1].is_some()).count() as u64;
            prop_assert_eq!(counts.doubled, twice);
            prop_assert_eq!(counts.datagrams - counts.lost - counts.full, came.clone().count() as u64);
            if way.rate > 0 {
                let bits: i64 = came.clone().map(|(_, bytes, _)| (*bytes as i64 + HEADERS) * 8).sum();
                let (first, last) = (fates[0].0, fates.last().unwrap().0);
                let most = (last - first + way.buffer_us) as f64 / 1e6 * f64::from(way.rate);
                // One datagram may have been let in when the buffer was all but full.
                prop_assert!(bits as f64 <= most + 12_100.0, "{} bits where {} have room", bits, most);
            }
        }
    }
}
