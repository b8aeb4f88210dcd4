//! The rate by delay: up while nothing queues, down to less than what arrives when something does
//! (draft-ietf-rmcat-gcc-02 §5.5).

use super::delay::Usage;

/// Share of what arrives that is sent on while a queue is there.
const DECREASE: f64 = 0.85;
/// Growth per second far from the known capacity.
const GROWTH: f64 = 1.08;
/// Growth near it: half a packet more per answer of the line.
const PACKET_BITS: f64 = 9_600.0;
const SLOWEST_GROWTH: f64 = 4_000.0;
/// What was never tried is not believed: at most this much above what arrives.
const TRIED: (f64, f64) = (1.25, 10_000.0);
/// Weight of a new sight of the capacity.
const CAPACITY_WEIGHT: f64 = 0.05;
/// A queue shorter than this is jitter, whatever the trend says.
const QUEUE_US: i64 = 12_000;
/// Of what arrives while packets wait, once the time before the decrease is out of sight.
const LEARNT: f64 = 0.9;
const LEARN_US: i64 = 700_000;
/// So long what the line took when it was full is believed to be its end.
const CAPACITY_US: i64 = 60_000_000;
/// A queue of this length is not added to, and if a decrease has not emptied it by then, there is another.
pub(super) const FULL_QUEUE_US: i64 = 50_000;
const DRAINED_US: i64 = 700_000;
/// A decrease shows its effect only after this.
const EFFECT_US: i64 = 100_000;

/// What arrived each time the line was full: mean, and variance in relation to it.
#[derive(Clone, Copy, Debug)]
struct Capacity {
    mean: f64,
    variance: f64,
}

impl Capacity {
    fn deviation(self) -> f64 {
        (self.variance * self.mean).sqrt()
    }

    fn near(self, rate: f64) -> bool {
        (rate - self.mean).abs() <= 3.0 * self.deviation()
    }
}

/// What one feedback shows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sight {
    pub(crate) usage: Usage,
    /// How long packets wait.
    pub(crate) queue_us: i64,
    /// More is lost than the line loses by itself.
    pub(crate) overflows: bool,
    /// What arrives, bits per second.
    pub(crate) delivered: Option<f64>,
    pub(crate) rtt_us: i64,
}

/// Bits per second that the line is believed to take.
#[derive(Debug)]
pub(crate) struct RateControl {
    rate: f64,
    least: f64,
    most: f64,
    capacity: Option<Capacity>,
    updated_us: Option<i64>,
    decreased_us: i64,
    full_us: i64,
}

impl RateControl {
    pub(crate) fn new(rate: f64, least: f64, most: f64) -> Self {
        Self { rate, least, most, capacity: None, updated_us: None, decreased_us: i64::MIN / 2, full_us: i64::MIN / 2 }
    }

    pub(crate) fn rate(&self) -> f64 {
        self.rate
    }

    /// The rate at which the line was full lately.
    pub(crate) fn full(&self, now_us: i64) -> Option<f64> {
        self.capacity.filter(|_| now_us - self.full_us < CAPACITY_US).map(|capacity| capacity.mean)
    }

    /// Packets wait, so what arrives is what the line takes: not less than nearly that.
    pub(crate) fn learn(&mut self, delivered: f64, now_us: i64) {
        if now_us - self.decreased_us > LEARN_US && self.rate < LEARNT * delivered {
            self.set(LEARNT * delivered);
        }
    }

    pub(crate) fn decreased_us(&self) -> i64 {
        self.decreased_us
    }

    /// Another judge (a probe, losses, silence) knows better.
    pub(crate) fn set(&mut self, rate: f64) {
        self.rate = rate.clamp(self.least, self.most);
    }

    /// Each feedback. `true`: the line is full, the rate went down.
    pub(crate) fn update(&mut self, sight: Sight, now_us: i64) -> bool {
        let Sight { usage, queue_us, overflows, delivered, rtt_us } = sight;
        let elapsed_us = now_us - self.updated_us.replace(now_us).unwrap_or(now_us);
        match usage {
            Usage::Over if queue_us >= QUEUE_US => self.decrease(delivered, rtt_us, now_us),
            // A full queue grows no further: it has no gradient, and is full all the same.
            Usage::Normal if queue_us >= FULL_QUEUE_US || overflows && queue_us >= QUEUE_US => {
                let settled = now_us - self.decreased_us > DRAINED_US + queue_us;
                settled && self.decrease(delivered, rtt_us, now_us)
            }
            Usage::Normal => {
                self.increase(delivered, rtt_us, (elapsed_us as f64 / 1e6).clamp(0.0, 1.0));
                // What arrives while nothing queues is what the line takes, whatever was thought of it.
                let settled = now_us - self.decreased_us > EFFECT_US + rtt_us;
                if let Some(delivered) =
                    delivered.filter(|rate| settled && queue_us < 2 * QUEUE_US && *rate > self.rate)
                {
                    self.set(delivered);
                }
                false
            }
            // While the queue drains nothing is added to it.
            Usage::Over | Usage::Under => false,
        }
    }

    fn decrease(&mut self, delivered: Option<f64>, rtt_us: i64, now_us: i64) -> bool {
        let Some(delivered) = delivered else { return false };
        if now_us - self.decreased_us < rtt_us.clamp(EFFECT_US, 3 * EFFECT_US) {
            return false;
        }
        self.saw_full(delivered);
        self.full_us = now_us;
        let rate = DECREASE * delivered;
        if rate >= self.rate {
            return false;
        }
        self.decreased_us = now_us;
        self.set(rate);
        true
    }

    fn saw_full(&mut self, delivered: f64) {
        let known = self.capacity.filter(|capacity| capacity.near(delivered));
        self.capacity = Some(match known {
            Some(Capacity { mean, variance }) => {
                let error = delivered - mean;
                let mean = mean + CAPACITY_WEIGHT * error;
                let variance = (1.0 - CAPACITY_WEIGHT) * variance + CAPACITY_WEIGHT * error * error / mean.max(1.0);
                Capacity { mean, variance: variance.clamp(400.0, 2_500.0) }
            }
            None => Capacity { mean: delivered, variance: 400.0 },
        });
    }

    fn increase(&mut self, delivered: Option<f64>, rtt_us: i64, seconds: f64) {
        let Some(delivered) = delivered else { return };
        if self.capacity.is_some_and(|capacity| delivered > capacity.mean + 3.0 * capacity.deviation()) {
            // The line takes more than it did: what was known of it is over.
            self.capacity = None;
        }
        let step = if self.capacity.is_some_and(|capacity| capacity.near(delivered)) {
            let answer_s = (rtt_us as f64 / 1e6) + 0.1;
            (PACKET_BITS / 2.0 / answer_s).max(SLOWEST_GROWTH) * seconds
        } else {
            (self.rate * (GROWTH.powf(seconds) - 1.0)).max(1_000.0 * seconds)
        };
        let tried = TRIED.0 * delivered + TRIED.1;
        if self.rate < tried {
            self.set((self.rate + step).min(tried));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: i64 = 1_000_000;

    fn see(control: &mut RateControl, usage: Usage, queue_us: i64, delivered: Option<f64>, now_us: i64) -> bool {
        control.update(Sight { usage, queue_us, overflows: false, delivered, rtt_us: 50_000 }, now_us)
    }

    #[test]
    fn up_slowly_down_at_once_and_never_above_what_was_tried() {
        let mut control = RateControl::new(300_000.0, 30_000.0, 50e6);
        for step in 0..100 {
            see(&mut control, Usage::Normal, 0, Some(290_000.0), step * S / 10);
        }
        assert!(control.rate() > 350_000.0 && control.rate() <= 372_501.0, "{}", control.rate());
        assert!(!see(&mut control, Usage::Over, 5_000, Some(200_000.0), 10 * S), "jitter");
        assert!(see(&mut control, Usage::Over, 50_000, Some(200_000.0), 10 * S));
        assert!((control.rate() - 170_000.0).abs() < 1.0);
        assert!(!see(&mut control, Usage::Over, 50_000, Some(100_000.0), 10 * S + 50_000), "too early to judge");
        assert!(see(&mut control, Usage::Over, 50_000, Some(100_000.0), 10 * S + 150_000));
    }

    #[test]
    fn near_the_known_capacity_it_creeps() {
        let mut control = RateControl::new(1_000_000.0, 30_000.0, 50e6);
        see(&mut control, Usage::Over, 50_000, Some(1_000_000.0), 0);
        let from = control.rate();
        for step in 1..=10 {
            see(&mut control, Usage::Normal, 30_000, Some(980_000.0), step * S / 10);
        }
        let crept = control.rate() - from;
        assert!((20_000.0..50_000.0).contains(&crept), "{crept} in a second");
        see(&mut control, Usage::Normal, 0, Some(980_000.0), 2 * S);
        assert_eq!(control.rate(), 980_000.0, "what arrives while nothing waits is taken");
    }

    #[test]
    fn nothing_is_known_without_arrivals() {
        let mut control = RateControl::new(300_000.0, 30_000.0, 50e6);
        assert!(!see(&mut control, Usage::Over, 90_000, None, S));
        see(&mut control, Usage::Normal, 0, None, 2 * S);
        assert_eq!(control.rate(), 300_000.0);
        control.set(1.0);
        assert_eq!(control.rate(), 30_000.0);
    }
}
