//! Bits per second over a sliding second, without keeping packets.

const BUCKETS: usize = 40;
const BUCKET_US: i64 = 25_000;
/// Shorter than this nothing is called a rate.
const SHORTEST_US: i64 = 100_000;

/// Counts bytes in buckets of 25 ms; remembers one second.
#[derive(Clone, Debug, Default)]
pub(crate) struct RateMeter {
    buckets: Buckets,
    /// Number of the newest bucket.
    newest: i64,
    /// When counting began; `None` before the first byte.
    begun_us: Option<i64>,
}

#[derive(Clone, Debug)]
struct Buckets([u32; BUCKETS]);

impl Default for Buckets {
    fn default() -> Self {
        Self([0; BUCKETS])
    }
}

impl RateMeter {
    /// Counts `bytes` at `at_us`. Times may come out of order by less than a second.
    pub(crate) fn add(&mut self, at_us: i64, bytes: usize) {
        let number = at_us.div_euclid(BUCKET_US);
        if self.begun_us.is_none() || number - self.newest >= BUCKETS as i64 {
            // Also after a silence of a second: a rate over the silence would say nothing.
            self.buckets = Buckets::default();
            self.newest = number;
            self.begun_us = Some(at_us);
        }
        while self.newest < number {
            self.newest += 1;
            if let Some(bucket) = self.bucket(self.newest) {
                *bucket = 0;
            }
        }
        if self.newest - number < BUCKETS as i64
            && let Some(bucket) = self.bucket(number)
        {
            *bucket = bucket.saturating_add(u32::try_from(bytes).unwrap_or(u32::MAX));
        }
    }

    /// Bits per second over the last `window_us` before `now_us` (at most a second); `None` when counting has just begun.
    pub(crate) fn rate(&self, now_us: i64, window_us: i64) -> Option<f64> {
        let begun_us = self.begun_us?;
        let window_us = window_us.min(BUCKETS as i64 * BUCKET_US - BUCKET_US);
        let span_us = window_us.min(now_us - begun_us);
        if span_us < SHORTEST_US {
            return None;
        }
        let (first, last) = ((now_us - span_us).div_euclid(BUCKET_US) + 1, now_us.div_euclid(BUCKET_US));
        let bytes: u64 = (first.max(self.newest - BUCKETS as i64 + 1)..=last.min(self.newest))
            .filter_map(|number| self.buckets.0.get(number.rem_euclid(BUCKETS as i64) as usize))
            .map(|bytes| u64::from(*bytes))
            .sum();
        let counted_us = now_us - first * BUCKET_US;
        Some(bytes as f64 * 8e6 / counted_us.max(1) as f64)
    }

    fn bucket(&mut self, number: i64) -> Option<&mut u32> {
        self.buckets.0.get_mut(number.rem_euclid(BUCKETS as i64) as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_stream_has_its_rate_and_forgets() {
        let mut meter = RateMeter::default();
        assert_eq!(meter.rate(0, 500_000), None);
        for packet in 0..400 {
            meter.add(packet * 5_000, 1_000);
        }
        let rate = meter.rate(2_000_000, 500_000).unwrap();
        assert!((rate - 1_600_000.0).abs() < 80_000.0, "{rate}");
        assert!(meter.rate(2_600_000, 500_000).unwrap() < 1.0, "nothing came in that half second");
        meter.add(9_000_000, 10);
        assert_eq!(meter.rate(9_050_000, 500_000), None, "after a silence counting begins anew");
    }

    #[test]
    fn bytes_may_come_late() {
        let mut meter = RateMeter::default();
        for packet in 0..100 {
            meter.add(1_000_000 + (packet ^ 1) * 10_000, 100);
        }
        meter.add(0, 1_000_000);
        let rate = meter.rate(2_000_000, 900_000).unwrap();
        assert!((rate - 80_000.0).abs() < 4_000.0, "{rate}");
    }
}
