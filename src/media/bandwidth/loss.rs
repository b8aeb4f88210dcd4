//! Losses that a lower rate would cure, told from losses that come with the line.
//!
//! A radio line loses packets whatever is sent over it; going down because of that would starve the picture for
//! nothing. So a decrease is a question: when the losses stay as they were at the lower rate, they belong to the line,
//! the rate comes back, and only losses beyond them count from then on.

/// Losses are judged over at least so many packets and so long a time.
const PACKETS: u32 = 100;
const SHORTEST_US: i64 = 250_000;
/// Without many packets, after this long with some.
const LONGEST_US: i64 = 1_500_000;
const FEW_PACKETS: u32 = 20;
/// Share of packets beyond the line's own losses that calls for a lower rate.
const TOO_MUCH: f64 = 0.1;
/// Beyond the line's own losses, together with a queue.
const OVERFLOW: f64 = 0.02;
/// Most that is believed to belong to a line.
const MOST_OWN: f64 = 0.3;
/// The rate has changed enough for an answer.
const LOWER: f64 = 0.9;
/// Losses that fell less than this did not fall.
const SAME: f64 = 0.7;
/// A question nobody answers (nothing lower can be sent) is given up.
const PATIENCE: u32 = 4;

/// What the losses of the last interval say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Verdict {
    Nothing,
    /// The line is overrun: not more than this.
    Cut(f64),
    /// The decrease was for nothing: back to this.
    Restore(f64),
}

#[derive(Clone, Copy, Debug)]
struct Question {
    /// What was sent and believed when the losses were seen.
    sending: f64,
    believed: f64,
    loss: f64,
    asked: u32,
}

/// Losses of one direction of one line.
#[derive(Debug, Default)]
pub(crate) struct LossControl {
    told: u32,
    lost: u32,
    since_us: Option<i64>,
    own: f64,
    recent: f64,
    question: Option<Question>,
}

impl LossControl {
    /// A packet's fate was told for the first time.
    pub(crate) fn told(&mut self, arrived: bool) {
        self.told += 1;
        self.lost += u32::from(!arrived);
    }

    /// A packet told as lost came after all.
    pub(crate) fn found(&mut self) {
        self.lost = self.lost.saturating_sub(1);
    }

    /// The rate was lowered for another reason: what was lost until that shows is cured already.
    pub(crate) fn pause(&mut self, until_us: i64) {
        (self.told, self.lost, self.since_us) = (0, 0, Some(until_us));
    }

    /// Share of packets lost over the last intervals, 0 to 1.
    pub(crate) fn recent(&self) -> f64 {
        self.recent
    }

    /// More is lost than the line loses by itself.
    pub(crate) fn overflows(&self) -> bool {
        self.recent > self.own + OVERFLOW
    }

    /// `sending` and `delivered`: what leaves and arrives; `believed`: the rate as it stands. Bits per second.
    pub(crate) fn judge(&mut self, sending: f64, delivered: Option<f64>, believed: f64, now_us: i64) -> Verdict {
        let age_us = now_us - *self.since_us.get_or_insert(now_us);
        if age_us < 0 {
            (self.told, self.lost) = (0, 0);
            return Verdict::Nothing;
        }
        let enough = self.told >= PACKETS && age_us >= SHORTEST_US || self.told >= FEW_PACKETS && age_us >= LONGEST_US;
        if !enough {
            return Verdict::Nothing;
        }
        let packets = f64::from(self.told);
        let loss = f64::from(self.lost) / packets;
        (self.told, self.lost, self.since_us) = (0, 0, Some(now_us));
        self.recent = 0.5 * self.recent + 0.5 * loss;
        if loss < self.own {
            self.own = 0.8 * self.own + 0.2 * loss;
        }
        // Two standard deviations, so that chance in a small sample is not taken for a full line.
        let expected = self.own + TOO_MUCH;
        let surely = loss > expected + 2.0 * (expected * (1.0 - expected) / packets).sqrt();
        if let Some(question) = self.question {
            return self.answer(question, sending, delivered, believed, loss, surely);
        }
        if !surely {
            return Verdict::Nothing;
        }
        self.question = Some(Question { sending, believed, loss, asked: 0 });
        Verdict::Cut(delivered.unwrap_or(sending * (1.0 - loss)).min(believed) * 0.9)
    }

    fn answer(
        &mut self,
        question: Question,
        sending: f64,
        delivered: Option<f64>,
        believed: f64,
        loss: f64,
        surely: bool,
    ) -> Verdict {
        let lower = sending <= LOWER * question.sending;
        if lower && loss > SAME * question.loss || surely && question.asked >= PATIENCE {
            self.own = loss.min(MOST_OWN);
            self.question = None;
            return Verdict::Restore(question.believed);
        }
        if !surely {
            // Cured.
            self.question = None;
            return Verdict::Nothing;
        }
        if lower {
            // Better, but not good: down once more, as a new question.
            self.question = Some(Question { sending, loss, asked: 0, ..question });
            return Verdict::Cut(delivered.unwrap_or(sending * (1.0 - loss)).min(believed) * 0.9);
        }
        self.question = Some(Question { asked: question.asked + 1, ..question });
        Verdict::Nothing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rounds of half a second; `loss(sent)` is the share lost when `sent` bits per second are sent. The believed rates.
    fn rounds(count: i64, start: f64, loss: impl Fn(f64) -> f64) -> Vec<f64> {
        let mut control = LossControl::default();
        let mut believed = start;
        (0..count)
            .map(|round| {
                let sending = believed;
                let lost = (loss(sending) * 100.0).round() as u32;
                (0..100).for_each(|packet| control.told(packet >= lost));
                match control.judge(sending, Some(sending * (1.0 - loss(sending))), believed, round * 500_000) {
                    Verdict::Nothing => {}
                    Verdict::Cut(rate) | Verdict::Restore(rate) => believed = rate,
                }
                believed
            })
            .collect()
    }

    #[test]
    fn the_lines_own_losses_do_not_starve_the_picture() {
        for own in [0.03, 0.10, 0.20] {
            let rates = rounds(40, 1e6, |_| own);
            assert_eq!(rates.last(), Some(&1e6), "{own}: {rates:?}");
            assert!(rates.iter().all(|rate| *rate > 0.6e6));
        }
    }

    #[test]
    fn a_policed_line_is_obeyed() {
        let policed = |sent: f64| (1.0 - 300_000.0 / sent).max(0.0);
        let rates = rounds(20, 1.5e6, policed);
        assert!(rates.iter().skip(3).all(|rate| *rate <= 300_000.0), "{rates:?}");
        assert!(rates.iter().all(|rate| *rate > 200_000.0), "{rates:?}");
    }

    #[test]
    fn a_few_packets_prove_nothing() {
        let mut control = LossControl::default();
        (0..19).for_each(|_| control.told(false));
        assert_eq!(control.judge(1e6, Some(1e5), 1e6, 0), Verdict::Nothing);
        assert_eq!(control.judge(1e6, Some(1e5), 1e6, 9_000_000), Verdict::Nothing);
        control.told(false);
        assert_eq!(control.judge(1e6, Some(1e5), 1e6, 9_100_000), Verdict::Cut(9e4));
    }
}
