//! The last packets of one incoming video stream, shared by all its viewers, for answers to NACK (RFC 4585).
//!
//! One ring of bytes per stream, bounded in bytes and packets; nothing is allocated once it has grown.

use std::collections::VecDeque;

use crate::limits;

#[derive(Clone, Copy, Debug)]
struct Entry {
    index: u64,
    timestamp: u32,
    marker: bool,
    start: usize,
    length: usize,
}

/// A kept packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cached<'a> {
    pub(crate) timestamp: u32,
    pub(crate) marker: bool,
    pub(crate) payload: &'a [u8],
}

/// Ring of payloads.
#[derive(Debug)]
pub(crate) struct PacketCache {
    bytes: Vec<u8>,
    budget: usize,
    write: usize,
    entries: VecDeque<Entry>,
}

impl PacketCache {
    /// `budget`: most bytes of payload kept.
    pub(crate) fn new(budget: usize) -> Self {
        Self { bytes: Vec::new(), budget, write: 0, entries: VecDeque::new() }
    }

    pub(crate) fn keep(&mut self, index: u64, timestamp: u32, marker: bool, payload: &[u8]) {
        let length = payload.len();
        // Padding is not worth keeping: its place was closed or filled when it came.
        if length == 0 || length > self.budget {
            return;
        }
        if self.write + length > self.budget {
            // The tail of the ring is given up; everything that begins there is the oldest.
            while self.entries.front().is_some_and(|oldest| oldest.start >= self.write) {
                self.entries.pop_front();
            }
            self.write = 0;
        }
        let (start, end) = (self.write, self.write + length);
        while self.entries.front().is_some_and(|oldest| oldest.start < end && start < oldest.start + oldest.length)
            || self.entries.len() >= limits::NACK_CACHE
        {
            self.entries.pop_front();
        }
        if self.bytes.len() < end {
            self.bytes.resize(end, 0);
        }
        if let Some(place) = self.bytes.get_mut(start..end) {
            place.copy_from_slice(payload);
        }
        self.write = end;
        self.entries.push_back(Entry { index, timestamp, marker, start, length });
    }

    /// The packet with this SRTP index, if still kept. Newest first: that is what a NACK asks for.
    pub(crate) fn get(&self, index: u64) -> Option<Cached<'_>> {
        let entry = self.entries.iter().rev().find(|entry| entry.index == index)?;
        let payload = self.bytes.get(entry.start..entry.start + entry.length)?;
        Some(Cached { timestamp: entry.timestamp, marker: entry.marker, payload })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// A kept packet is whole, the newest is always there, and memory stays inside the budget.
        #[test]
        fn what_is_found_is_what_was_kept(lengths in proptest::collection::vec(1usize..120, 1..300)) {
            let mut cache = PacketCache::new(500);
            let mut total = VecDeque::new();
            for (index, length) in lengths.into_iter().enumerate() {
                let payload = vec![index as u8; length];
                cache.keep(index as u64, index as u32, index % 2 == 0, &payload);
                total.push_back(payload.clone());
                prop_assert_eq!(cache.get(index as u64).map(|kept| kept.payload.to_vec()), Some(payload));
                for (old, payload) in total.iter().enumerate() {
                    if let Some(found) = cache.get(old as u64) {
                        prop_assert_eq!(found.payload, &payload[..]);
                        prop_assert_eq!(found.timestamp, old as u32);
                    }
                }
                prop_assert!(cache.bytes.len() <= 500);
            }
        }
    }

    #[test]
    fn bounded_in_packets() {
        let mut cache = PacketCache::new(1 << 20);
        for index in 0..limits::NACK_CACHE as u64 * 2 {
            cache.keep(index, 0, false, &[1, 2, 3]);
        }
        assert_eq!(cache.entries.len(), limits::NACK_CACHE);
        assert!(cache.get(0).is_none());
    }
}
