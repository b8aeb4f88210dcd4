//! Puts packets back in order and waits for repair (RFC 4585 NACK, RFC 4588 RTX) before anything is called lost.

use std::collections::BTreeMap;

use crate::limits;
use crate::media::engine::RecordedPacket;

/// RFC 3550 appendix A.1: a jump further than this is a restarted sender, not loss.
const MAX_DROPOUT: i64 = 3000;
const MAX_MISORDER: i64 = 1000;

/// What comes out, in order.
#[derive(Debug)]
pub(super) enum Step {
    Packet(RecordedPacket),
    /// So many packets are missing here for good.
    Lost(u32),
}

/// Reorder buffer of one RTP stream.
#[derive(Default)]
pub(super) struct Jitter {
    next: Option<i64>,
    waiting: BTreeMap<i64, RecordedPacket>,
    restarted: bool,
}

impl Jitter {
    /// Takes a packet; a repeated or too late one is dropped.
    pub(super) fn insert(&mut self, packet: RecordedPacket) {
        let mut at = match self.next {
            None => i64::from(packet.sequence),
            Some(next) => {
                let expected = u16::try_from(next & 0xffff).unwrap_or_default();
                next + i64::from(packet.sequence.wrapping_sub(expected).cast_signed())
            }
        };
        let next = *self.next.get_or_insert(at);
        if !(-MAX_MISORDER..=MAX_DROPOUT).contains(&(at - next)) {
            at = i64::from(packet.sequence);
            self.waiting.clear();
            self.next = Some(at);
            self.restarted = true;
        }
        if Some(at) >= self.next {
            self.waiting.entry(at).or_insert(packet);
        }
    }

    /// The next step that is due at `now_us` (monotonic microseconds).
    pub(super) fn pop(&mut self, now_us: i64) -> Option<Step> {
        if std::mem::take(&mut self.restarted) {
            return Some(Step::Lost(1));
        }
        let next = self.next?;
        let first = self.waiting.first_entry()?;
        let at = *first.key();
        if at == next {
            self.next = Some(next + 1);
            return Some(Step::Packet(first.remove()));
        }
        let waited = now_us.saturating_sub(first.get().arrival_us);
        if waited < limits::RECORD_REORDER.as_micros() as i64 && self.waiting.len() <= limits::RECORD_REORDER_PACKETS {
            return None;
        }
        self.next = Some(at);
        Some(Step::Lost(u32::try_from(at - next).unwrap_or(u32::MAX)))
    }

    /// The sender pauses on purpose: whatever sequence number comes next is no loss. Call after draining.
    pub(super) fn pause(&mut self) {
        self.next = None;
        self.waiting.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::packet;
    use super::*;

    const WAIT: i64 = limits::RECORD_REORDER.as_micros() as i64;

    fn drain(jitter: &mut Jitter, now_us: i64) -> Vec<Result<u16, u32>> {
        std::iter::from_fn(|| jitter.pop(now_us))
            .map(|step| match step {
                Step::Packet(packet) => Ok(packet.sequence),
                Step::Lost(count) => Err(count),
            })
            .collect()
    }

    #[test]
    fn order_is_restored_across_the_wrap_and_repeats_are_dropped() {
        let mut jitter = Jitter::default();
        for sequence in [65_534, 0, 65_535, 65_535, 1, 65_534] {
            jitter.insert(packet(sequence, 0));
        }
        assert_eq!(drain(&mut jitter, 0), [Ok(65_534), Ok(65_535), Ok(0), Ok(1)]);
        jitter.insert(packet(65_535, 0));
        assert_eq!(drain(&mut jitter, WAIT), [], "too late is too late");
    }

    #[test]
    fn a_hole_waits_for_repair_and_then_is_loss() {
        let mut jitter = Jitter::default();
        jitter.insert(packet(10, 0));
        jitter.insert(packet(13, 1000));
        assert_eq!(drain(&mut jitter, WAIT), [Ok(10)]);
        jitter.insert(packet(12, 2000));
        assert_eq!(drain(&mut jitter, WAIT + 1000), []);
        assert_eq!(drain(&mut jitter, WAIT + 2000), [Err(1), Ok(12), Ok(13)]);
        jitter.insert(packet(15, 0));
        jitter.insert(packet(14, 5));
        assert_eq!(drain(&mut jitter, 6), [Ok(14), Ok(15)], "repaired in time");
    }

    #[test]
    fn a_full_buffer_does_not_wait() {
        let mut jitter = Jitter::default();
        jitter.insert(packet(0, 0));
        for sequence in 2..=(limits::RECORD_REORDER_PACKETS as u16 + 2) {
            jitter.insert(packet(sequence, 0));
        }
        let steps = drain(&mut jitter, 0);
        assert_eq!(steps[..3], [Ok(0), Err(1), Ok(2)]);
        assert_eq!(steps.len(), limits::RECORD_REORDER_PACKETS + 3);
    }

    #[test]
    fn a_restarted_sender_is_followed_and_a_pause_is_no_loss() {
        let mut jitter = Jitter::default();
        jitter.insert(packet(100, 0));
        assert_eq!(drain(&mut jitter, 0), [Ok(100)]);
        jitter.insert(packet(40_000, 0));
        assert_eq!(drain(&mut jitter, 0), [Err(1), Ok(40_000)]);
        jitter.pause();
        jitter.insert(packet(40_500, 0));
        assert_eq!(drain(&mut jitter, 0), [Ok(40_500)]);
    }

    proptest::proptest! {
        #[test]
        fn whatever_comes_goes_out_in_order_and_every_number_is_accounted_for(
            start: u16,
            swaps in proptest::collection::vec((0usize..200, 0usize..40), 0..60),
            lost in proptest::collection::btree_set(1usize..199, 0..30),
        ) {
            let mut order: Vec<usize> = (0..200).collect();
            for (at, by) in swaps {
                // The first packet stays: what comes before it is not known to be missing.
                let (a, b) = (at.max(1), (at + by).clamp(1, 199));
                order.swap(a, b);
            }
            let mut jitter = Jitter::default();
            let mut seen = Vec::new();
            for number in order.into_iter().filter(|number| !lost.contains(number)) {
                jitter.insert(packet(start.wrapping_add(number as u16), 0));
                seen.extend(drain(&mut jitter, 0));
            }
            seen.extend(drain(&mut jitter, i64::MAX));
            let mut next = start;
            for step in &seen {
                match step {
                    Ok(sequence) => {
                        proptest::prop_assert_eq!(*sequence, next);
                        next = next.wrapping_add(1);
                    }
                    Err(count) => next = next.wrapping_add(*count as u16),
                }
            }
            let missing: u32 = seen.iter().filter_map(|step| step.err()).sum();
            let tail = (0..200).rev().take_while(|number| lost.contains(number)).count();
            proptest::prop_assert_eq!(missing as usize, lost.len() - tail);
        }
    }
}
