//! Holding back bursts of pictures where the line is thin, so that sound does not wait behind a key frame.
//!
//! A frame that the line carries off within [`BURST_US`] leaves at once and in one piece, so a fat line never waits
//! and costs no timer. What is beyond waits here, unsealed, and leaves in small parts; nothing waits for long.

use std::collections::VecDeque;

use super::rtp::Outline;

/// SRTP tag, UDP and IP around a packet: what the line carries beside it.
pub(crate) const AROUND: usize = 16 + 8 + 20;
/// A burst of so much time at the line's rate leaves at once, and at least so many bytes.
const BURST_US: f64 = 40_000.0;
const BURST_BYTES: f64 = 2_400.0;
/// Times the line's rate, which is told cautiously: what leaves faster than the line carries off only waits in its buffer,
/// or finds that full and takes sound with it.
const PACE: f64 = 1.25;
/// Nothing waits longer than about this, whatever the line takes.
const LONGEST_US: f64 = 500_000.0;
/// Repairs wait for nothing, but are not sent beyond so many times what may leave at once.
const REPAIRS: f64 = 2.0;
/// Parts leave this far apart.
const STEP_US: i64 = 5_000;
/// Bytes given up at the front of the buffer before the rest is moved there.
const SLACK: usize = 64 * 1024;

/// A packet that waits: its header and where its payload stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Held {
    pub(crate) outline: Outline,
    /// Id of the extension for its transport-wide number, which it gets when it leaves.
    pub(crate) number_id: Option<u8>,
    start: usize,
    length: usize,
}

/// Packets of pictures that wait for the line of one connection.
#[derive(Debug, Default)]
pub(crate) struct Pacer {
    held: VecDeque<Held>,
    bytes: Vec<u8>,
    waiting: usize,
    /// The most that has waited since the last time nothing did.
    peak: usize,
    /// Bytes sent that the line has not carried off yet, as far as is known, and when that was counted.
    debt: f64,
    counted_us: i64,
}

impl Pacer {
    /// Whether a packet of a picture has to wait. `rate`: what the line takes, bits per second.
    pub(crate) fn holds(&mut self, rate: f64, now_us: i64) -> bool {
        self.count(rate, now_us);
        !self.held.is_empty() || self.debt > allowance(rate)
    }

    /// Whether there is room for a repair. One that finds none is not sent: who misses it asks again, and where the line
    /// fell, what was lost belongs to a picture that it does not take any more.
    pub(crate) fn repairs(&mut self, rate: f64, now_us: i64) -> bool {
        self.count(rate, now_us);
        self.debt <= REPAIRS * allowance(rate)
    }

    /// Counts a packet with so much payload that leaves, pictures or not.
    pub(crate) fn sent(&mut self, length: usize) {
        self.debt += (length + AROUND) as f64;
    }

    /// Keeps a packet; `write` appends its payload.
    pub(crate) fn hold(&mut self, outline: Outline, number_id: Option<u8>, write: impl FnOnce(&mut Vec<u8>, usize)) {
        let start = self.bytes.len();
        write(&mut self.bytes, start);
        let length = self.bytes.len() - start;
        self.waiting += length;
        self.peak = self.peak.max(self.waiting);
        self.held.push_back(Held { outline, number_id, start, length });
    }

    /// Calls `send` with what may leave now, in order.
    pub(crate) fn release(&mut self, rate: f64, now_us: i64, mut send: impl FnMut(&Held, &[u8])) {
        self.count(rate, now_us);
        while self.debt <= allowance(rate) {
            let Some(first) = self.held.pop_front() else { break };
            let payload = self.bytes.get(first.start..first.start + first.length).unwrap_or_default();
            send(&first, payload);
            self.waiting -= first.length;
            self.sent(first.length);
        }
        let front = self.held.front().map(|first| first.start);
        match front {
            None => {
                self.bytes.clear();
                self.peak = 0;
            }
            Some(start) if start > SLACK => {
                self.bytes.drain(..start);
                self.held.iter_mut().for_each(|held| held.start -= start);
            }
            Some(_) => {}
        }
    }

    /// When to look again; `None` when nothing waits.
    pub(crate) fn due_us(&self, now_us: i64) -> Option<i64> {
        (!self.held.is_empty()).then_some(now_us + STEP_US)
    }

    /// The line carries off its rate, and more while much waits.
    fn count(&mut self, rate: f64, now_us: i64) {
        let bytes_a_us = (PACE * rate / 8e6).max(self.peak as f64 / LONGEST_US);
        let elapsed_us = (now_us - std::mem::replace(&mut self.counted_us, now_us)).max(0);
        self.debt = (self.debt - bytes_a_us * elapsed_us as f64).max(0.0);
    }
}

fn allowance(rate: f64) -> f64 {
    (rate / 8e6 * BURST_US).max(BURST_BYTES)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn outline(index: u64) -> Outline {
        Outline { padding: false, marker: false, payload_type: 96, index, timestamp: 0, ssrc: 1 }
    }

    /// Sends a burst at time zero and looks every 5 ms; when each packet left, in milliseconds.
    fn burst(packets: u64, bytes: usize, rate: f64) -> Vec<i64> {
        let mut pacer = Pacer::default();
        let mut left = Vec::new();
        for index in 0..packets {
            if pacer.holds(rate, 1) {
                pacer.hold(outline(index), None, |out, _| out.resize(out.len() + bytes, index as u8));
            } else {
                pacer.sent(bytes);
                left.push(0);
            }
        }
        let mut now_us = 1;
        while let Some(due_us) = pacer.due_us(now_us) {
            now_us = due_us;
            pacer.release(rate, now_us, |held, payload| {
                assert_eq!(held.outline.index, left.len() as u64);
                assert!(payload.len() == bytes && payload.iter().all(|byte| *byte == held.outline.index as u8));
                left.push(now_us / 1_000);
            });
        }
        assert!(pacer.bytes.is_empty());
        left
    }

    #[test]
    fn a_usual_frame_leaves_at_once_and_a_key_frame_in_parts() {
        assert!(burst(6, 1_100, 1_800e3).iter().all(|ms| *ms == 0), "a frame of 720p on a line that takes it");
        assert!(burst(60, 1_100, 50e6).iter().all(|ms| *ms == 0), "a key frame on a fat line");
        let key = burst(60, 1_100, 2_000e3);
        assert_eq!(key.len(), 60);
        assert!((9..12).contains(&key.iter().filter(|ms| **ms == 0).count()));
        assert!((100..200).contains(key.last().unwrap()), "{key:?}");
        let thin = burst(8, 1_100, 250e3);
        assert!(thin.iter().filter(|ms| **ms == 0).count() <= 3);
        let key = burst(14, 1_100, 217e3);
        let waits = key.iter().zip(1..).map(|(ms, sent)| sent * 1_144 - ms * 256 / 8);
        assert!(waits.max().unwrap() < 8_000, "15 kB on 256 kbit/s with a buffer for 8: {key:?}");
        let huge = burst(300, 1_100, 250e3);
        assert!(*huge.last().unwrap() < 800, "nothing waits for ever: {} ms", huge.last().unwrap());
    }

    #[test]
    fn repairs_keep_to_the_rate_of_the_line() {
        for rate in [100e3, 250e3, 2e6, 20e6] {
            let mut pacer = Pacer::default();
            // Asked for at 4 Mbit/s, as after a fall of the line: one each 2 ms for a second.
            let sent = (0..500).filter(|step| {
                let takes = pacer.repairs(rate, step * 2_000);
                if takes {
                    pacer.sent(1_000);
                }
                takes
            });
            let most = (PACE * rate + 2.0 * REPAIRS * 8.0 * allowance(rate)) as usize;
            let bits = sent.count() * 8 * (1_000 + AROUND);
            assert!(bits <= most && (bits == 4_176_000 || bits >= rate as usize), "{bits} at {rate}");
        }
    }

    proptest! {
        /// Whatever comes when, all leaves once and in order.
        #[test]
        fn nothing_is_lost(steps in proptest::collection::vec((0usize..1_400, 0i64..20_000), 1..400)) {
            let mut pacer = Pacer::default();
            let (mut now_us, mut next, mut left) = (0, 0u64, 0u64);
            for (bytes, later_us) in steps {
                now_us += later_us;
                pacer.release(300e3, now_us, |held, _| { assert_eq!(held.outline.index, left); left += 1; });
                if pacer.holds(300e3, now_us) {
                    pacer.hold(outline(next), None, |out, start| out.resize(start + bytes, 0));
                } else {
                    prop_assert_eq!(left, next, "nothing overtakes");
                    pacer.sent(bytes);
                    left += 1;
                }
                next += 1;
            }
            pacer.release(300e3, now_us + 60_000_000, |_, _| left += 1);
            while pacer.due_us(now_us).is_some() {
                now_us += 5_000;
                pacer.release(300e3, now_us + 60_000_000, |_, _| left += 1);
            }
            prop_assert_eq!(left, next);
        }
    }
}
