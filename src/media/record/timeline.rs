//! From RTP time of one stream to the monotonic time that all sources share.

/// When a packet was captured and came, in units of its own stream.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Stamp {
    /// RTP timestamp, unwrapped.
    pub(super) rtp: i64,
    /// Monotonic microseconds.
    pub(super) arrival_us: i64,
}

/// Clock of one stream. Inside a file the sender's own clock counts, so that sound is never stretched; where a file
/// begins, sender reports (RFC 3550 section 6.4.1) say what time it is, and before the first one the fastest packet.
pub(super) struct Timeline {
    hertz: i64,
    last: Option<Stamp>,
    /// Microseconds of monotonic time at RTP time 0.
    zero_us: Option<i64>,
    reported: bool,
}

impl Timeline {
    /// `hertz`: RTP clock, 90 000 for pictures, 48 000 for Opus.
    pub(super) fn new(hertz: i64) -> Self {
        Self { hertz, last: None, zero_us: None, reported: false }
    }

    /// Takes the times of a packet, in order of its stream. `None` when the sender's clock jumped against ours: the
    /// stream has to be read as a new one.
    pub(super) fn observe(&mut self, timestamp: u32, arrival_us: i64, capture_us: Option<i64>) -> Option<Stamp> {
        const JUMP_US: i64 = 5_000_000;
        let rtp = match self.last {
            None => i64::from(timestamp),
            Some(last) => {
                let low = u32::try_from(last.rtp & 0xffff_ffff).unwrap_or_default();
                last.rtp + i64::from(timestamp.wrapping_sub(low).cast_signed())
            }
        };
        let stamp = Stamp { rtp, arrival_us };
        if let Some(last) = self.last
            && (self.span_us(last.rtp, rtp) - (arrival_us - last.arrival_us)).abs() > JUMP_US
        {
            return None;
        }
        let media_us = self.span_us(0, rtp);
        if let Some(capture_us) = capture_us {
            self.zero_us = Some(capture_us - media_us);
            self.reported = true;
        } else if !self.reported {
            let zero_us = arrival_us - media_us;
            self.zero_us = Some(self.zero_us.map_or(zero_us, |fastest| fastest.min(zero_us)));
        }
        self.last = Some(stamp);
        Some(stamp)
    }

    /// Monotonic microseconds of an RTP time, as well as it is known by now.
    pub(super) fn at_us(&self, rtp: i64) -> i64 {
        self.zero_us.unwrap_or_default() + self.span_us(0, rtp)
    }

    /// Microseconds between two RTP times by the sender's clock.
    pub(super) fn span_us(&self, from: i64, to: i64) -> i64 {
        let us = i128::from(to - from) * 1_000_000 / i128::from(self.hertz);
        i64::try_from(us).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rtp_time_is_unwrapped() {
        let mut timeline = Timeline::new(90_000);
        let first = timeline.observe(u32::MAX - 44_999, 1_000_000, None).unwrap();
        let second = timeline.observe(45_000, 2_000_000, None).unwrap();
        assert_eq!(timeline.span_us(first.rtp, second.rtp), 1_000_000);
        assert_eq!(timeline.at_us(second.rtp), 2_000_000);
    }

    #[test]
    fn before_a_report_the_fastest_packet_counts_and_then_the_report() {
        let mut timeline = Timeline::new(48_000);
        let first = timeline.observe(0, 1_080_000, None).unwrap();
        timeline.observe(960, 1_050_000, None).unwrap();
        assert_eq!(timeline.at_us(first.rtp), 1_030_000);
        timeline.observe(1920, 1_200_000, Some(1_042_000)).unwrap();
        assert_eq!(timeline.at_us(first.rtp), 1_002_000);
        timeline.observe(2880, 1_010_000, None).unwrap();
        assert_eq!(timeline.at_us(first.rtp), 1_002_000, "an arrival never overrules a report");
    }

    #[test]
    fn a_jump_of_the_senders_clock_is_refused_and_silence_is_not() {
        let mut timeline = Timeline::new(48_000);
        timeline.observe(0, 0, None).unwrap();
        assert!(timeline.observe(48_000 * 60, 60_000_000, None).is_some(), "a minute of silence");
        assert_eq!(timeline.observe(48_000 * 600, 60_020_000, None), None);
    }
}
