//! The line of one connection, counted over an interval.

use std::collections::BTreeMap;

use super::engine::{LinkQuality, Rung};
use super::rtcp::ReportBlock;
use super::wire::ntp32_to_us;

/// Counters since the last [`QualityMeter::take`].
#[derive(Debug, Default)]
pub(crate) struct QualityMeter {
    pub(crate) bytes_in: u64,
    pub(crate) bytes_out: u64,
    /// Totals of the incoming streams at the last call: expected and received.
    uplink: (u64, u64),
    downlink_expected: u64,
    downlink_lost: u64,
    /// Per slot stream the last report: highest sequence and total lost.
    reported: BTreeMap<u32, (u32, i32)>,
    rtt_ms: Option<u16>,
}

impl QualityMeter {
    /// The browser reported on one of our streams. `now_ntp32`: our clock as in our sender reports.
    pub(crate) fn block(&mut self, block: &ReportBlock, now_ntp32: u32) {
        if let Some((highest, lost)) = self.reported.insert(block.ssrc, (block.highest_sequence, block.total_lost)) {
            let expected = block.highest_sequence.wrapping_sub(highest);
            // A restarted count is not a loss of billions.
            if expected < 100_000 {
                self.downlink_expected += u64::from(expected);
                self.downlink_lost += u64::try_from(block.total_lost - lost).unwrap_or(0);
            }
        }
        if block.last_sr != 0 {
            let round_trip = now_ntp32.wrapping_sub(block.last_sr).wrapping_sub(block.delay);
            // A clock of the peer that rounds up makes tiny negative times: those are zero.
            let us = if round_trip > u32::MAX / 2 { 0 } else { ntp32_to_us(round_trip) };
            self.rtt_ms = Some(u16::try_from(us / 1_000).unwrap_or(u16::MAX));
        }
    }

    /// Round trip in microseconds as last seen.
    pub(crate) fn rtt_us(&self) -> Option<i64> {
        self.rtt_ms.map(|ms| i64::from(ms) * 1_000)
    }

    /// `uplink`: expected and received packets of all incoming streams since the beginning.
    pub(crate) fn take(&mut self, uplink: (u64, u64), jitter_ms: u16, interval_us: i64, rung: Rung) -> LinkQuality {
        let expected = uplink.0.saturating_sub(self.uplink.0);
        let received = uplink.1.saturating_sub(self.uplink.1);
        self.uplink = uplink;
        let kbps = |bytes: u64| {
            let interval = u64::try_from(interval_us).unwrap_or(1).max(1);
            u32::try_from(bytes * 8_000 / interval).unwrap_or(u32::MAX)
        };
        let quality = LinkQuality {
            uplink_loss_permille: permille(expected.saturating_sub(received), expected),
            downlink_loss_permille: permille(self.downlink_lost, self.downlink_expected),
            rtt_ms: self.rtt_ms,
            jitter_ms,
            uplink_kbps: kbps(self.bytes_in),
            downlink_kbps: kbps(self.bytes_out),
            rung,
        };
        (self.bytes_in, self.bytes_out, self.downlink_expected, self.downlink_lost) = (0, 0, 0, 0);
        quality
    }
}

fn permille(part: u64, whole: u64) -> u16 {
    u16::try_from((part * 1_000).checked_div(whole).unwrap_or(0).min(1_000)).unwrap_or(1_000)
}

/// Our clock in the middle bits of NTP time, as sender reports carry it.
pub(crate) fn now_ntp32(unix_us: i64) -> u32 {
    (super::reports::ntp(unix_us) >> 16) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_round_trip_and_rates() {
        let mut meter = QualityMeter::default();
        let unix_us = 1_700_000_000_000_000;
        let block = |highest, lost| ReportBlock {
            ssrc: 9,
            fraction_lost: 0,
            total_lost: lost,
            highest_sequence: highest,
            jitter: 0,
            last_sr: now_ntp32(unix_us),
            delay: super::super::wire::us_to_ntp32(100_000),
        };
        meter.block(&block(1_000, 5), now_ntp32(unix_us + 140_000));
        meter.block(&block(1_100, 8), now_ntp32(unix_us + 140_000));
        meter.bytes_in = 125_000;
        let quality = meter.take((200, 190), 7, 5_000_000, Rung::Udp);
        assert_eq!(quality.downlink_loss_permille, 30);
        assert_eq!(quality.uplink_loss_permille, 50);
        assert_eq!((quality.uplink_kbps, quality.downlink_kbps, quality.jitter_ms), (200, 0, 7));
        assert!(quality.rtt_ms.is_some_and(|ms| (39..=41).contains(&ms)), "{:?}", quality.rtt_ms);
        let quiet = meter.take((200, 190), 7, 5_000_000, Rung::Udp);
        assert_eq!((quiet.uplink_loss_permille, quiet.downlink_loss_permille), (0, 0));
    }
}
