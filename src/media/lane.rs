//! The way out to one stream: what the worker wants sent and the network has not taken yet.
//!
//! Nothing waits for a slow reader. Sound and control go first and have a place of their own; pictures get what is left,
//! and what has waited too long is thrown away: a late picture is worth less than the next one.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::limits;

/// A datagram, and for whom of our addresses the browser takes the sender (`Remote::Stream`); `None`: bytes that need no
/// frame.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Parcel {
    pub(crate) to: Option<u8>,
    pub(crate) bytes: Vec<u8>,
}

/// What a datagram is worth when not everything can go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Worth {
    /// Sound, checks, handshakes, reports.
    Must,
    /// Pictures.
    May,
}

#[derive(Debug, Default)]
struct Queue {
    must: VecDeque<Parcel>,
    must_bytes: usize,
    may: VecDeque<(i64, Parcel)>,
    may_bytes: usize,
    closed: bool,
}

/// Filled by the worker, emptied by the stream's task.
#[derive(Debug, Default)]
pub(crate) struct Lane {
    queue: Mutex<Queue>,
    ready: Notify,
}

impl Lane {
    /// Adds what there is room for; the number of datagrams that found none.
    pub(crate) fn push<'a>(
        &self,
        to: Option<u8>,
        datagrams: impl Iterator<Item = (Worth, &'a [u8])>,
        now_us: i64,
    ) -> usize {
        let mut lost = 0;
        {
            let mut queue = self.lock();
            if queue.closed {
                return datagrams.count();
            }
            for (worth, datagram) in datagrams {
                let size = datagram.len();
                let parcel = |bytes: &[u8]| Parcel { to, bytes: bytes.to_vec() };
                match worth {
                    Worth::Must if queue.must_bytes + size <= limits::STREAM_SOUND_BYTES => {
                        queue.must_bytes += size;
                        queue.must.push_back(parcel(datagram));
                    }
                    Worth::May if queue.may_bytes + size <= limits::STREAM_PICTURE_BYTES => {
                        queue.may_bytes += size;
                        queue.may.push_back((now_us, parcel(datagram)));
                    }
                    Worth::Must | Worth::May => lost += 1,
                }
            }
        }
        self.ready.notify_one();
        lost
    }

    /// Waits for something to send and takes about `most` bytes of it. `false`: closed, and nothing is left.
    pub(crate) async fn take(&self, most: usize, now_us: impl Fn() -> i64, out: &mut Vec<Parcel>) -> bool {
        loop {
            if self.take_now(most, now_us(), out) {
                return true;
            }
            if self.lock().closed {
                return false;
            }
            self.ready.notified().await;
        }
    }

    fn take_now(&self, most: usize, now_us: i64, out: &mut Vec<Parcel>) -> bool {
        let mut queue = self.lock();
        let oldest_us = now_us - limits::STREAM_PICTURE_AGE.as_micros() as i64;
        while queue.may.front().is_some_and(|(since_us, _)| *since_us < oldest_us) {
            if let Some((_, stale)) = queue.may.pop_front() {
                queue.may_bytes -= stale.bytes.len();
            }
        }
        let mut taken = 0;
        while taken < most {
            let parcel = match queue.must.pop_front() {
                Some(parcel) => {
                    queue.must_bytes -= parcel.bytes.len();
                    parcel
                }
                None => match queue.may.pop_front() {
                    Some((_, parcel)) => {
                        queue.may_bytes -= parcel.bytes.len();
                        parcel
                    }
                    None => break,
                },
            };
            taken += parcel.bytes.len();
            out.push(parcel);
        }
        taken > 0
    }

    /// Nothing more goes in; what waits may still go out.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.ready.notify_one();
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        // Every change above is whole; a panic elsewhere leaves nothing half done here.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(lane: &Lane, worth: Worth, size: usize, now_us: i64) -> usize {
        lane.push(Some(0), std::iter::once((worth, vec![7; size].as_slice())), now_us)
    }

    fn sizes(lane: &Lane, most: usize, now_us: i64) -> Vec<usize> {
        let mut out = Vec::new();
        lane.take_now(most, now_us, &mut out);
        out.iter().map(|parcel| parcel.bytes.len()).collect()
    }

    #[test]
    fn sound_goes_before_pictures() {
        let lane = Lane::default();
        push(&lane, Worth::May, 1_000, 0);
        push(&lane, Worth::May, 1_001, 0);
        push(&lane, Worth::Must, 100, 0);
        assert_eq!(sizes(&lane, 1_050, 0), [100, 1_000]);
        assert_eq!(sizes(&lane, 1_050, 0), [1_001]);
    }

    #[test]
    fn a_reader_that_takes_nothing_costs_a_bounded_amount_and_loses_pictures_first() {
        let lane = Lane::default();
        let mut lost = [0, 0];
        for _ in 0..10_000 {
            lost[0] += push(&lane, Worth::May, 1_000, 0);
        }
        assert_eq!(push(&lane, Worth::Must, 100, 0), 0, "sound still has its place");
        for _ in 0..10_000 {
            lost[1] += push(&lane, Worth::Must, 1_000, 0);
        }
        assert!(lost[0] > 9_000 && lost[1] > 9_000, "{lost:?}");
        let waiting: usize = sizes(&lane, usize::MAX, 0).iter().sum();
        assert!(waiting <= limits::STREAM_PICTURE_BYTES + limits::STREAM_SOUND_BYTES);
    }

    #[test]
    fn late_pictures_are_thrown_away_late_sound_is_not() {
        let lane = Lane::default();
        let late_us = limits::STREAM_PICTURE_AGE.as_micros() as i64 + 1;
        push(&lane, Worth::May, 1_000, 0);
        push(&lane, Worth::Must, 100, 0);
        push(&lane, Worth::May, 1_001, late_us);
        assert_eq!(sizes(&lane, usize::MAX, late_us), [100, 1_001]);
        assert_eq!(push(&lane, Worth::May, limits::STREAM_PICTURE_BYTES, late_us), 0, "their room is free again");
    }

    #[tokio::test]
    async fn what_was_said_before_the_end_is_still_said() {
        let lane = Lane::default();
        push(&lane, Worth::Must, 9, 0);
        lane.close();
        assert_eq!(push(&lane, Worth::Must, 9, 0), 1);
        let mut out = Vec::new();
        assert!(lane.take(100, || 0, &mut out).await);
        assert!(!lane.take(100, || 0, &mut out).await);
        assert_eq!(out.len(), 1);
    }
}
