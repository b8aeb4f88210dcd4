//! Time: sender reports in both directions on one clock, and the statistics of receiver reports (RFC 3550 §6.4).

use super::rtcp::ReportBlock;
use super::wire::us_to_ntp32;

/// The SSRC our receiver reports and feedback come from.
pub(crate) const OUR_SSRC: u32 = 1;
/// Seconds from 1900 to 1970.
const NTP_UNIX: u64 = 2_208_988_800;

/// 64-bit NTP time of a wall clock time in microseconds since 1970.
pub(crate) fn ntp(unix_us: i64) -> u64 {
    let us = u64::try_from(unix_us).unwrap_or(0);
    let seconds = us / 1_000_000 + NTP_UNIX;
    let fraction = ((us % 1_000_000) << 32) / 1_000_000;
    seconds << 32 | fraction
}

/// Microseconds on the publisher's NTP clock, from its own zero.
fn ntp_us(ntp: u64) -> i64 {
    let seconds = (ntp >> 32) as i64;
    let fraction = ((ntp & 0xffff_ffff) * 1_000_000) >> 32;
    seconds * 1_000_000 + fraction as i64
}

/// The difference between a publisher's clock and ours, from all its sender reports.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct PublisherClock {
    offset_us: Option<i64>,
}

impl PublisherClock {
    /// A sender report with this NTP time arrived. The smallest difference is the least delayed report; it creeps up
    /// slowly, so that two clocks drifting apart over hours are followed.
    pub(crate) fn reported(&mut self, ntp: u64, now_us: i64) {
        let seen = now_us - ntp_us(ntp);
        self.offset_us = Some(match self.offset_us {
            Some(offset) if (seen - offset).abs() > 5_000_000 => seen,
            Some(offset) if seen > offset => offset + (seen - offset) / 16,
            _ => seen,
        });
    }
}

/// How RTP time stamps of one stream relate to time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StreamClock {
    hz: u32,
    /// From the last sender report: the publisher's time and time stamp.
    report: Option<(i64, u32)>,
    /// Of the newest packet: arrival and time stamp.
    arrival: Option<(i64, u32)>,
}

impl StreamClock {
    pub(crate) fn new(hz: u32) -> Self {
        Self { hz, report: None, arrival: None }
    }

    pub(crate) fn reported(&mut self, ntp: u64, timestamp: u32) {
        self.report = Some((ntp_us(ntp), timestamp));
    }

    pub(crate) fn arrived(&mut self, timestamp: u32, now_us: i64) {
        self.arrival = Some((now_us, timestamp));
    }

    /// When the packet with this time stamp was captured, on our clock; `None` before the first report.
    pub(crate) fn captured_us(&self, timestamp: u32, publisher: PublisherClock) -> Option<i64> {
        let (reported_us, reported) = self.report?;
        let ticks = i64::from(timestamp.wrapping_sub(reported) as i32);
        Some(publisher.offset_us? + reported_us + ticks * 1_000_000 / i64::from(self.hz))
    }

    /// The time stamp the publisher would give at `now_us`: by its reports, else by arrival.
    pub(crate) fn timestamp_at(&self, now_us: i64, publisher: PublisherClock) -> Option<u32> {
        let (then_us, timestamp) = match (self.report, publisher.offset_us) {
            (Some((reported_us, timestamp)), Some(offset)) => (offset + reported_us, timestamp),
            _ => self.arrival?,
        };
        Some(timestamp.wrapping_add(((now_us - then_us) * i64::from(self.hz) / 1_000_000) as u32))
    }
}

/// What arrived of one stream.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ReceiveStatistics {
    first: Option<u64>,
    highest: u64,
    received: u64,
    /// In 1/16 of a clock tick (RFC 3550 §A.8).
    jitter16: u64,
    transit: Option<i64>,
    last_expected: u64,
    last_received: u64,
    /// Packets there should have been between the last two blocks.
    lately: u64,
    last_report: Option<(u32, i64)>,
}

impl ReceiveStatistics {
    /// An original packet (no repair) with this index arrived.
    pub(crate) fn arrived(&mut self, index: u64, timestamp: u32, now_us: i64, hz: u32) {
        self.first.get_or_insert(index);
        self.highest = self.highest.max(index);
        self.received += 1;
        let arrival = now_us * i64::from(hz) / 1_000_000;
        let transit = i64::from((arrival as u32).wrapping_sub(timestamp) as i32);
        if let Some(before) = self.transit.replace(transit) {
            let change = (transit - before).unsigned_abs().min(u64::from(hz));
            self.jitter16 = (self.jitter16 + change).saturating_sub((self.jitter16 + 8) / 16);
        }
    }

    /// A sender report arrived.
    pub(crate) fn reported(&mut self, ntp: u64, now_us: i64) {
        self.last_report = Some(((ntp >> 16) as u32, now_us));
    }

    /// Packets there should have been and packets there were, since the beginning.
    pub(crate) fn totals(&self) -> (u64, u64) {
        (self.first.map_or(0, |first| self.highest + 1 - first.min(self.highest)), self.received)
    }

    /// Packets there should have been between the last two blocks.
    pub(crate) fn lately(&self) -> u64 {
        self.lately
    }

    /// In milliseconds.
    pub(crate) fn jitter_ms(&self, hz: u32) -> u16 {
        u16::try_from(self.jitter16 / 16 * 1_000 / u64::from(hz.max(1))).unwrap_or(u16::MAX)
    }

    /// The block for the next receiver report; `None` when nothing has arrived yet.
    pub(crate) fn block(&mut self, ssrc: u32, now_us: i64) -> Option<ReportBlock> {
        self.first?;
        let (expected, received) = self.totals();
        let (expected_now, received_now) = (expected - self.last_expected, received.saturating_sub(self.last_received));
        (self.last_expected, self.last_received, self.lately) = (expected, received, expected_now);
        let lost_now = expected_now.saturating_sub(received_now);
        let fraction = (lost_now << 8).checked_div(expected_now).unwrap_or(0);
        let (last_sr, delay) = self.last_report.map_or((0, 0), |(sr, at_us)| (sr, us_to_ntp32(now_us - at_us)));
        Some(ReportBlock {
            ssrc,
            fraction_lost: u8::try_from(fraction).unwrap_or(255),
            total_lost: i32::try_from(expected.saturating_sub(received)).unwrap_or(i32::MAX),
            highest_sequence: self.highest as u32,
            jitter: u32::try_from(self.jitter16 / 16).unwrap_or(u32::MAX),
            last_sr,
            delay,
        })
    }
}

/// What a microphone's worst listener loses. Nobody asks for lost sound again: it is made whole only by what the encoder
/// put into the next packet (Opus FEC), and it does so when it is told of losses. On its own way there may be none.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ListenersLoss {
    /// In 1/256, as receiver reports have it.
    worst: u8,
    told_us: i64,
    /// Told as lost on behalf of listeners so far, in 1/256 of a packet.
    added: u64,
}

/// Browsers report sound every 5 s.
const LISTENER_US: i64 = 6_000_000;
/// Just below a tenth: from there on browsers that go by reports alone lower the rate of all they send, and for others'
/// losses nobody's picture is to suffer.
const MOST_PROTECTED: u8 = 25;

impl ListenersLoss {
    /// A listener lost this much of the sound since its last report.
    pub(crate) fn reported(&mut self, fraction: u8, now_us: i64) {
        if fraction >= self.worst || now_us - self.told_us > LISTENER_US {
            (self.worst, self.told_us) = (fraction.min(MOST_PROTECTED), now_us);
        }
    }

    /// What the worst listener loses, in 1/256, and when it said so.
    pub(crate) fn worst(&self) -> (u8, i64) {
        (self.worst, self.told_us)
    }

    /// Makes the microphone's block tell of the worst listener where that loses more. Browsers take the losses of all
    /// their streams together: `expected` are the packets of all of them since the last report.
    pub(crate) fn tell(&mut self, block: &mut ReportBlock, expected: u64, now_us: i64) {
        let worst = if now_us - self.told_us > 2 * LISTENER_US { 0 } else { self.worst };
        self.added += expected * u64::from(worst.saturating_sub(block.fraction_lost));
        let added = i32::try_from(self.added >> 8).unwrap_or(i32::MAX);
        block.total_lost = block.total_lost.saturating_add(added);
        block.fraction_lost = block.fraction_lost.max(worst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capture_times_of_sound_and_picture_meet() {
        let mut publisher = PublisherClock::default();
        let (mut sound, mut picture) = (StreamClock::new(48_000), StreamClock::new(90_000));
        let then = ntp(1_700_000_000_000_000);
        for (late_us, at_us) in [(40_000, 0), (15_000, 1_000_000), (90_000, 2_000_000)] {
            let report = ntp(1_700_000_000_000_000 + at_us);
            publisher.reported(report, 5_000_000 + at_us + late_us);
            sound.reported(report, (at_us * 48 / 1_000) as u32);
            picture.reported(report, 77u32.wrapping_add((at_us * 90 / 1_000) as u32));
        }
        assert_eq!(ntp_us(then) - ntp_us(ntp(1_699_999_999_000_000)), 1_000_000);
        let heard = sound.captured_us(48_000 * 3, publisher).unwrap();
        let seen = picture.captured_us(77 + 90_000 * 3, publisher).unwrap();
        assert!((heard - seen).abs() < 100, "{heard} {seen}");
        assert!((heard - 8_015_000).abs() < 10_000, "least delayed report counts: {heard}");
        let back = sound.timestamp_at(heard, publisher).unwrap();
        assert!(back.abs_diff(48_000 * 3) < 10);
    }

    #[test]
    fn losses_and_delay_are_reported() {
        let mut statistics = ReceiveStatistics::default();
        assert_eq!(statistics.block(9, 0), None);
        for index in (65_530u64..65_630).filter(|index| index % 4 != 0) {
            statistics.arrived(index, (index * 960) as u32, index as i64 * 20_000, 48_000);
        }
        statistics.reported(0x1111_2222_3333_4444, 1_000_000);
        let block = statistics.block(9, 1_500_000).unwrap();
        assert!((60..=66).contains(&block.fraction_lost), "{}", block.fraction_lost);
        assert_eq!((block.total_lost, block.highest_sequence), (25, 65_629));
        assert_eq!((block.last_sr, block.delay), (0x2222_3333, 32_768));
        assert!(block.jitter < 50);
        assert_eq!(statistics.block(9, 1_500_000).unwrap().fraction_lost, 0);
    }

    #[test]
    fn a_microphone_is_told_of_its_worst_listener() {
        let own = |lost| ReportBlock {
            ssrc: 9,
            fraction_lost: lost,
            total_lost: 3,
            highest_sequence: 1_000,
            jitter: 0,
            last_sr: 0,
            delay: 0,
        };
        let told = |loss: &mut ListenersLoss, lost, now_us| {
            let mut block = own(lost);
            loss.tell(&mut block, 128, now_us);
            (block.fraction_lost, block.total_lost)
        };
        let mut loss = ListenersLoss::default();
        assert_eq!(told(&mut loss, 0, 0), (0, 3));
        loss.reported(8, 1_000_000);
        loss.reported(4, 1_500_000);
        // 8 of 256, of 128 packets in all streams.
        assert_eq!(told(&mut loss, 0, 2_000_000), (8, 7));
        assert_eq!(told(&mut loss, 2, 3_000_000), (8, 10));
        assert_eq!(told(&mut loss, 9, 4_000_000), (9, 10), "its own line is worse");
        loss.reported(0, 7_500_000);
        assert_eq!(told(&mut loss, 0, 8_000_000), (0, 10), "what was added stays: a total never falls");
        loss.reported(255, 9_000_000);
        assert_eq!(told(&mut loss, 0, 9_500_000).0, MOST_PROTECTED);
        assert_eq!(told(&mut loss, 0, 30_000_000).0, 0, "nobody reports any more");
    }
}
