//! How busy a worker is: the share of a processor it uses, and how late it comes to what is due. Not the share of time it
//! is awake: beside other programs it also waits for a processor, and that is told by the lag.

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
    /// Processor time of the thread when the window began; its zero is unknown before the first one is over.
    used_us: Option<i64>,
    latest_us: i64,
    busy_permille: i64,
    lag_us: i64,
}

impl Gauge {
    /// Measuring begins.
    pub(crate) fn begin(now_us: i64) -> Self {
        Self { from_us: now_us, ..Self::default() }
    }

    /// The worker waited until `now_us`, and had to until `due_us` at the longest. `used_us` reads the processor time of
    /// its thread, which costs a call of the system: asked once in a window.
    pub(crate) fn woke(&mut self, now_us: i64, due_us: i64, used_us: impl FnOnce() -> i64) {
        self.latest_us = self.latest_us.max(now_us - due_us);
        let window_us = now_us - self.from_us;
        if window_us < WINDOW_US && self.used_us.is_some() {
            return;
        }
        let used_us = used_us();
        if let Some(before_us) = self.used_us.replace(used_us) {
            let busy = (used_us - before_us).clamp(0, window_us) * 1_000 / window_us;
            self.busy_permille = (self.busy_permille * (ALL_PARTS - NEW_PARTS) + busy * NEW_PARTS) / ALL_PARTS;
            self.lag_us = self.latest_us;
        }
        (self.from_us, self.latest_us) = (now_us, 0);
    }

    /// Per mille of a processor that the worker used over some seconds.
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

    /// A worker of which each turn of 10 ms takes so much of a processor.
    #[derive(Default)]
    struct Work {
        gauge: Gauge,
        now_us: i64,
        used_us: i64,
        asked: u32,
    }

    impl Work {
        fn goes_on(&mut self, seconds: i64, work_us: i64) {
            for _ in 0..seconds * 100 {
                self.now_us += 10_000;
                self.used_us += work_us;
                let Self { gauge, now_us, used_us, asked } = self;
                gauge.woke(*now_us, *now_us, || {
                    *asked += 1;
                    *used_us
                });
            }
        }
    }

    #[test]
    fn the_share_follows_within_seconds_and_not_at_once() {
        let mut work = Work { used_us: 77_000_000, ..Work::default() };
        work.goes_on(1, 10_000);
        assert_eq!(work.gauge.busy_permille(), 0, "what the thread did before is not counted");
        work.goes_on(1, 10_000);
        assert_eq!(work.gauge.busy_permille(), 250, "one full second may be a storm of joins");
        work.goes_on(20, 10_000);
        assert!(work.gauge.busy_permille() > 980, "{:?}", work.gauge);
        work.goes_on(20, 3_000);
        assert!((295..=305).contains(&work.gauge.busy_permille()), "{:?}", work.gauge);
        work.goes_on(30, 0);
        assert!(work.gauge.busy_permille() < 5, "{:?}", work.gauge);
        assert!((70..=73).contains(&work.asked), "once a second: {}", work.asked);
    }

    #[test]
    fn lag_is_the_worst_of_a_second() {
        let mut gauge = Gauge::begin(0);
        gauge.woke(0, 0, || 0);
        gauge.woke(500_000, 470_000, || 0);
        assert_eq!(gauge.lag_us(), 0, "the second is not over");
        gauge.woke(1_000_000, 2_000_000, || 0);
        assert_eq!(gauge.lag_us(), 30_000);
        gauge.woke(2_100_000, 2_100_000, || 0);
        assert_eq!(gauge.lag_us(), 0);
        // A clock that jumps makes no figure absurd.
        gauge.woke(3_200_000, 3_200_000, || i64::MAX / 2_000);
        assert!(gauge.busy_permille() <= 1_000);
    }
}
