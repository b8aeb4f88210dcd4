//! How much of what was said before goes with each packet of sound to one receiver: nothing while its line is clean.
//!
//! One packet again makes single losses good, at the price of the sound's own rate once more. Two are for lines where the
//! one after a lost packet is often lost too: many losses, or losses in a row. More than that comes too late to be played.

use super::bandwidth::Losses;

/// From this share of losses on one packet is said again, until it is below the second: a hundredth is heard, and what
/// decoders make up for less is not.
const SOME: (f64, f64) = (0.010, 0.003);
/// The same for two: from here on single repetition leaves more than half a hundredth.
const MANY: (f64, f64) = (0.080, 0.050);
/// Two also from this share on, where so many losses follow another.
const IN_ROW: ((f64, f64), (f64, f64)) = ((0.020, 0.25), (0.010, 0.15));
/// Less only after so long: losses come in weather, and each change of mind costs the words in between.
const HOLD_US: i64 = 15_000_000;
/// The same where a picture waits for the room it takes.
const HOLD_SHORT_US: i64 = 4_000_000;
/// More must be free before redundancy is begun than it takes, not before it is kept.
const MARGIN: f64 = 1.1;
/// Headers of 50 packets a second, bits per second: redundancy costs none.
const HEADERS: u32 = 25_600;

/// What is said again to one receiver.
#[derive(Debug, Default)]
pub(crate) struct Protection {
    /// What its reports tell, where it gives no other feedback.
    reported: Losses,
    /// What the losses call for.
    called: u8,
    /// What the line has room for.
    depth: u8,
    /// Since when less would do.
    less_us: Option<i64>,
}

impl Protection {
    /// Packets said again now.
    pub(crate) fn depth(&self) -> u8 {
        self.depth
    }

    /// A report on sound: lost of 256 packets.
    pub(crate) fn reported(&mut self, fraction: u8) {
        self.reported.share = (self.reported.share + f64::from(fraction) / 256.0) / 2.0;
    }

    /// Decides anew. `losses`: from feedback, if there is any. `sound`: bits per second of each sound that may have
    /// redundancy; `rest`: of all others; `room`: what the line takes, where that is known; `short`: it does not take the
    /// pictures that are wanted. Returns the bits per second of all sound with what is said again: where there is not
    /// enough, redundancy gives way and not the sound.
    pub(crate) fn decide(
        &mut self,
        losses: Option<Losses>,
        sound: &[u32],
        rest: u32,
        room: Option<u32>,
        short: bool,
        now_us: i64,
    ) -> u32 {
        let hold_us = if short { HOLD_SHORT_US } else { HOLD_US };
        self.call(losses.unwrap_or(self.reported), hold_us, now_us);
        let cost = |depth: u8| {
            let again = |rate: u32| rate + u32::from(depth) * rate.saturating_sub(HEADERS);
            sound.iter().map(|rate| again(*rate)).sum::<u32>() + rest
        };
        let fits = |depth: &u8| {
            let margin = if *depth > self.depth { MARGIN } else { 1.0 };
            room.is_none_or(|room| f64::from(cost(*depth)) * margin <= f64::from(room))
        };
        self.depth = (1..=self.called).rev().find(fits).unwrap_or(0);
        cost(self.depth)
    }

    fn call(&mut self, losses: Losses, hold_us: i64, now_us: i64) {
        let Losses { share, in_row } = losses;
        let depth = |some: f64, many: f64, (least, row): (f64, f64)| {
            let close = share >= least && in_row >= row;
            if share >= many || close { 2 } else { u8::from(share >= some) }
        };
        let begin = depth(SOME.0, MANY.0, IN_ROW.0);
        let keep = depth(SOME.1, MANY.1, IN_ROW.1);
        if begin >= self.called || keep >= self.called {
            self.called = self.called.max(begin);
            self.less_us = None;
        } else if now_us - *self.less_us.get_or_insert(now_us) >= hold_us {
            self.called = keep;
            self.less_us = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const S: i64 = 1_000_000;
    const SOUND: u32 = 65_000;

    fn lost(share: f64, in_row: f64) -> Option<Losses> {
        Some(Losses { share, in_row })
    }

    #[test]
    fn as_deep_as_the_losses_and_slow_to_give_up() {
        let mut protection = Protection::default();
        let mut at = |seconds: i64, share, in_row| {
            protection.decide(lost(share, in_row), &[SOUND], 0, None, false, seconds * S);
            protection.depth()
        };
        assert_eq!(at(0, 0.0, 0.0), 0);
        assert_eq!(at(1, 0.009, 0.0), 0, "what decoders hide is left to them");
        assert_eq!(at(2, 0.011, 0.0), 1, "at once");
        assert_eq!(at(3, 0.004, 0.0), 1);
        assert_eq!(at(4, 0.002, 0.0), 1);
        assert_eq!(at(18, 0.002, 0.0), 1);
        assert_eq!(at(20, 0.002, 0.0), 0, "15 s without");
        assert_eq!(at(21, 0.09, 0.0), 2);
        assert_eq!(at(22, 0.06, 0.0), 2);
        assert_eq!(at(23, 0.03, 0.0), 2);
        assert_eq!(at(40, 0.03, 0.0), 1);
        assert_eq!(at(41, 0.03, 0.3), 2, "few, but in a row");
        assert_eq!(at(50, 0.03, 0.1), 2);
        assert_eq!(at(59, 0.03, 0.2), 2, "it came back: the count begins anew");
        assert_eq!(at(60, 0.0, 0.0), 2);
        assert_eq!(at(80, 0.0, 0.0), 0);
    }

    #[test]
    fn given_up_sooner_where_a_picture_waits_for_its_room() {
        let mut protection = Protection::default();
        let mut at = |seconds: i64, share, short| {
            protection.decide(lost(share, 0.0), &[SOUND], 0, None, short, seconds * S);
            protection.depth()
        };
        assert_eq!(at(0, 0.1, true), 2);
        assert_eq!(at(1, 0.001, true), 2);
        assert_eq!(at(4, 0.001, true), 2);
        assert_eq!(at(5, 0.001, true), 0);
        assert_eq!(at(6, 0.1, true), 2, "at once again");
        assert_eq!(at(60, 0.06, true), 2, "and kept while it is of use");
    }

    #[test]
    fn reports_will_do_where_there_is_no_feedback() {
        let mut protection = Protection::default();
        protection.reported(8);
        protection.decide(None, &[SOUND], 0, None, false, 0);
        assert_eq!(protection.depth(), 1);
    }

    #[test]
    fn redundancy_gives_way_before_sound() {
        let mut protection = Protection::default();
        let mut at = |room| {
            (protection.decide(lost(0.1, 0.0), &[SOUND, SOUND], 10_000, Some(room), false, 0), protection.depth())
        };
        let (once, twice) = (140_000 + 2 * 39_400, 140_000 + 4 * 39_400);
        assert_eq!(at(400_000), (twice, 2));
        assert_eq!(at(twice), (twice, 2), "kept without a margin");
        assert_eq!(at(250_000), (once, 1));
        assert_eq!(at(twice), (once, 1), "and begun with one");
        assert_eq!(at(100_000), (140_000, 0), "the sound itself stays");
        assert_eq!(at(once), (140_000, 0));
        assert_eq!(at(1_000_000).1, 2);
    }

    proptest! {
        /// Whatever is lost and whatever the line takes: what is counted is what is sent, and with redundancy it fits.
        #[test]
        fn what_is_said_again_fits(steps in proptest::collection::vec((0.0..0.5f64, 0.0..1.0f64, 0u32..500_000), 1..60)) {
            let mut protection = Protection::default();
            for (second, (share, in_row, room)) in steps.into_iter().enumerate() {
                let cost = protection.decide(lost(share, in_row), &[SOUND], 0, Some(room), false, second as i64 * S);
                prop_assert_eq!(cost, SOUND + u32::from(protection.depth()) * (SOUND - HEADERS));
                prop_assert!(protection.depth() == 0 || cost <= room);
                prop_assert!(protection.depth() <= super::super::sound::DEPTH as u8);
            }
        }
    }
}
