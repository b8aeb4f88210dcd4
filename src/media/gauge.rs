//! How busy a worker is, by its own times: the share of its time it is not asleep, and how late it comes to what is due.

/// What is measured together.
const WINDOW_US: i64 = 1_000_000;
/// Of the new window so much goes into the share: a storm of joins is over in a second and is no reason to refuse the
/// next, a load that stays is one.
const NEW_PARTS: i64 = 1;
const ALL_PARTS: i64 = 4;

/// Measures one worker.
#[derive(Debug, Default)]
pub(crate) struct Gauge {
    from_us: i64,
    asleep_us: i64,
    latest_us: i64,
    busy_permille: i64,
    lag_us: i64,
}

impl Gauge {
    /// Measuring begins.
    pub(crate) fn begin(now_us: i64) -> Self {
        Self { from_us: now_us, ..Self::default() }
    }

    /// The worker waited from `from_us` to `to_us`, until `due_us` at the longest.
    pub(crate) fn slept(&mut self, from_us: i64, to_us: i64, due_us: i64) {
        self.asleep_us += (to_us - from_us).max(0);
        self.latest_us = self.latest_us.max(to_us - due_us);
        let window_us = to_us - self.from_us;
        if window_us < WINDOW_US {
            return;
        }
        let busy = (window_us - self.asleep_us).clamp(0, window_us) * 1_000 / window_us;
        self.busy_permille = (self.busy_permille * (ALL_PARTS - NEW_PARTS) + busy * NEW_PARTS) / ALL_PARTS;
        self.lag_us = self.latest_us;
        (self.from_us, self.asleep_us, self.latest_us) = (to_us, 0, 0);
    }

    /// Per mille of its time that a worker was not asleep, over some seconds.
    pub(crate) fn busy_permille(&self) -> u16 {
        u16::try_from(self.busy_permille).unwrap_or(1_000)
    }

    /// How late it was for a deadline at worst within the last whole second, in microseconds. The poll counts in
    /// milliseconds, so one is always in it.
    pub(crate) fn lag_us(&self) -> u32 {
        u32::try_from(self.lag_us.max(0)).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `seconds` of turns of 10 ms, each with so much work.
    fn work(gauge: &mut Gauge, from_us: i64, seconds: i64, work_us: i64) -> i64 {
        for turn in 0..seconds * 100 {
            let begins_us = from_us + turn * 10_000;
            gauge.slept(begins_us + work_us, begins_us + 10_000, begins_us + 10_000);
        }
        from_us + seconds * 1_000_000
    }

    #[test]
    fn the_share_follows_within_seconds_and_not_at_once() {
        let mut gauge = Gauge::begin(0);
        let mut now_us = work(&mut gauge, 0, 1, 10_000);
        assert_eq!(gauge.busy_permille(), 250, "one full second may be a storm of joins");
        now_us = work(&mut gauge, now_us, 20, 10_000);
        assert!(gauge.busy_permille() > 980, "{gauge:?}");
        now_us = work(&mut gauge, now_us, 20, 3_000);
        assert!((295..=305).contains(&gauge.busy_permille()), "{gauge:?}");
        work(&mut gauge, now_us, 30, 0);
        assert!(gauge.busy_permille() < 5, "{gauge:?}");
    }

    #[test]
    fn lag_is_the_worst_of_a_second() {
        let mut gauge = Gauge::begin(0);
        gauge.slept(0, 500_000, 470_000);
        assert_eq!(gauge.lag_us(), 0, "the second is not over");
        gauge.slept(600_000, 1_000_000, 2_000_000);
        assert_eq!(gauge.lag_us(), 30_000);
        gauge.slept(1_000_000, 2_100_000, 2_100_000);
        assert_eq!(gauge.lag_us(), 0);
        // A clock that jumps makes no figure absurd.
        gauge.slept(9_000_000, 8_000_000, 8_000_000);
        assert!(gauge.busy_permille() <= 1_000);
    }
}
