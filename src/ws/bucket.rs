//! Rate of one client's frames: a token bucket. Pure, the time is passed in.

use crate::limits;

/// Millionths of a frame.
const FRAME: i64 = 1_000_000;
/// Micro-frames that come back per microsecond: `FRAMES_PER_SECOND` frames in a million microseconds.
const PER_US: i64 = limits::FRAMES_PER_SECOND as i64;
const FULL: i64 = limits::FRAMES_BURST as i64 * FRAME;

/// What becomes of a frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It is handled.
    Pass,
    /// It is refused `slow_down`.
    SlowDown,
    /// The connection is closed with 4429.
    Close,
}

/// The bucket of one connection.
#[derive(Clone, Copy, Debug)]
pub struct Bucket {
    tokens: i64,
    last_us: i64,
    refused: u32,
}

impl Bucket {
    /// Full at the start.
    pub fn new(now_us: i64) -> Self {
        Self { tokens: FULL, last_us: now_us, refused: 0 }
    }

    /// Takes one frame at this time (microseconds, never going back).
    pub fn take(&mut self, now_us: i64) -> Verdict {
        let gained = now_us.saturating_sub(self.last_us).max(0).saturating_mul(PER_US);
        self.last_us = now_us;
        self.tokens = self.tokens.saturating_add(gained).min(FULL);
        if self.tokens >= FRAME {
            self.tokens -= FRAME;
            self.refused = 0;
            return Verdict::Pass;
        }
        self.refused = self.refused.saturating_add(1);
        if self.refused > limits::FRAMES_REFUSED { Verdict::Close } else { Verdict::SlowDown }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_then_slows_down_then_closes() {
        let mut bucket = Bucket::new(0);
        let verdicts: Vec<_> = (0..100).map(|_| bucket.take(0)).collect();
        assert!(verdicts[..60].iter().all(|v| *v == Verdict::Pass));
        assert!(verdicts[60..80].iter().all(|v| *v == Verdict::SlowDown));
        assert_eq!(verdicts[80], Verdict::Close);
    }

    #[test]
    fn twenty_a_second_pass_for_ever() {
        let mut bucket = Bucket::new(0);
        assert!((0..10_000).all(|i| bucket.take(i * 50_000) == Verdict::Pass));
    }

    #[test]
    fn a_client_that_slows_down_is_heard_again() {
        let mut bucket = Bucket::new(0);
        for _ in 0..70 {
            bucket.take(0);
        }
        assert_eq!(bucket.take(49_999), Verdict::SlowDown);
        assert_eq!(bucket.take(50_000), Verdict::Pass);
    }

    #[test]
    fn a_clock_that_stands_still_or_goes_back_gives_nothing() {
        let mut bucket = Bucket::new(1_000_000);
        for _ in 0..60 {
            assert_eq!(bucket.take(1_000_000), Verdict::Pass);
        }
        assert_eq!(bucket.take(0), Verdict::SlowDown);
    }
}
