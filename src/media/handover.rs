//! Datagrams on their way from the worker whose socket got them to the worker whose they are: a bounded ring of buffers
//! that were made when the worker started. Giving and taking neither locks nor allocates. The ring belongs to the place of
//! a worker, not to its thread's state, so it outlives a failure of the worker.

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};

use crossbeam_queue::ArrayQueue;

use super::mux::Kind;
use crate::limits;

/// One datagram as its socket got it.
pub(crate) struct Handed {
    from: SocketAddr,
    to: Option<IpAddr>,
    length: usize,
    bytes: [u8; limits::HANDOVER_BYTES],
}

impl Handed {
    /// From whom, to which of our addresses, and the bytes.
    pub(crate) fn parts(&mut self) -> (SocketAddr, Option<IpAddr>, &mut [u8]) {
        (self.from, self.to, self.bytes.get_mut(..self.length).unwrap_or_default())
    }
}

/// What others give to one worker.
pub(crate) struct Ring {
    full: ArrayQueue<Box<Handed>>,
    free: ArrayQueue<Box<Handed>>,
    /// Something was announced that the worker has not looked for yet.
    announced: AtomicBool,
}

impl Ring {
    /// `alone`: there is nobody who would give.
    pub(crate) fn new(alone: bool) -> Self {
        let places = if alone { 1 } else { limits::HANDOVER_RING };
        let free = ArrayQueue::new(places);
        let nowhere = SocketAddr::from(([0, 0, 0, 0], 0));
        let buffer = || Handed { from: nowhere, to: None, length: 0, bytes: [0; limits::HANDOVER_BYTES] };
        while !alone && free.push(Box::new(buffer())).is_ok() {}
        Self { full: ArrayQueue::new(places), free, announced: AtomicBool::new(false) }
    }

    /// Gives one datagram; `false` when there is no place for it. Checks may take half of the places: whoever repeats one
    /// he overheard, from any address he likes, does not push out media.
    pub(crate) fn give(&self, from: SocketAddr, to: Option<IpAddr>, datagram: &[u8]) -> bool {
        if Kind::of(datagram) == Kind::Stun && self.full.len() >= self.full.capacity() / 2 {
            return false;
        }
        let Some(mut handed) = self.free.pop() else { return false };
        let fits = match handed.bytes.get_mut(..datagram.len()) {
            Some(bytes) => {
                bytes.copy_from_slice(datagram);
                true
            }
            None => false,
        };
        (handed.from, handed.to, handed.length) = (from, to, datagram.len());
        // There are as many places as buffers on either side.
        let back = if fits { self.full.push(handed) } else { self.free.push(handed) };
        fits && back.is_ok()
    }

    /// After what was given; `true`: the worker must be woken. One wake-up for all that is given before it looks.
    pub(crate) fn announce(&self) -> bool {
        !self.announced.swap(true, Ordering::AcqRel)
    }

    /// Before taking: what is given from now on wakes again.
    pub(crate) fn look(&self) {
        self.announced.swap(false, Ordering::AcqRel);
    }

    /// The next one. Its buffer is to be given back.
    pub(crate) fn take(&self) -> Option<Box<Handed>> {
        self.full.pop()
    }

    /// A buffer that was read.
    pub(crate) fn give_back(&self, handed: Box<Handed>) {
        // One too many is not possible; it would be freed here.
        drop(self.free.push(handed));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_ring_takes_no_more_and_checks_leave_room_for_media() {
        let ring = Ring::new(false);
        let from = SocketAddr::from(([10, 0, 0, 1], 7));
        let (check, media) = ([0u8, 1, 0, 0], [0x80u8, 96, 1, 2]);
        let count =
            |datagram: &[u8]| std::iter::repeat_with(|| ring.give(from, None, datagram)).take_while(|it| *it).count();
        assert_eq!(count(&check), limits::HANDOVER_RING / 2);
        assert_eq!(count(&media), limits::HANDOVER_RING / 2);
        let mut taken = ring.take().unwrap();
        assert_eq!(taken.parts(), (from, None, &mut [0u8, 1, 0, 0][..]));
        ring.give_back(taken);
        assert!(ring.give(from, None, &media) && !ring.give(from, None, &media));
        assert!(!Ring::new(true).give(from, None, &media), "alone there is nobody to give to");
    }

    #[test]
    fn what_is_too_long_is_refused_and_costs_no_buffer() {
        let ring = Ring::new(false);
        let from = SocketAddr::from(([10, 0, 0, 1], 7));
        for _ in 0..2 * limits::HANDOVER_RING {
            assert!(!ring.give(from, None, &[0x80; limits::HANDOVER_BYTES + 1]));
        }
        assert!(ring.give(from, None, &[0x80; limits::HANDOVER_BYTES]));
    }

    #[test]
    fn one_wake_up_for_all_that_comes_before_a_look() {
        let ring = Ring::new(false);
        assert!(ring.announce() && !ring.announce());
        ring.look();
        assert!(ring.announce());
    }
}
