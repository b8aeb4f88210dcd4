//! What is on its way from one worker to another: datagrams from the worker whose socket got them to the worker whose they
//! are, and packets that cross to a room's receivers elsewhere. A bounded ring of buffers, each made when the first needs
//! it; from then on giving and taking neither locks nor allocates. The ring belongs to the place of a worker, not to its
//! thread's state, so it outlives a failure of the worker.

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crossbeam_queue::ArrayQueue;

use super::mux::Kind;
use crate::limits;

/// From whom a datagram came, and to which of our addresses.
pub(crate) type Way = (SocketAddr, Option<IpAddr>);

/// Some bytes, and what is to be known of them.
pub(crate) struct Handed<H> {
    head: H,
    length: usize,
    bytes: [u8; limits::HANDOVER_BYTES],
}

impl<H: Copy> Handed<H> {
    /// What is to be known, and the bytes.
    pub(crate) fn parts(&mut self) -> (H, &mut [u8]) {
        (self.head, self.bytes.get_mut(..self.length).unwrap_or_default())
    }
}

/// What others give to one worker.
pub(crate) struct Ring<H> {
    full: ArrayQueue<Box<Handed<H>>>,
    free: ArrayQueue<Box<Handed<H>>>,
    /// Buffers there are, and may be.
    made: AtomicUsize,
    most: usize,
    /// Something was announced that the worker has not looked for yet.
    announced: AtomicBool,
}

impl Ring<Way> {
    /// Gives one datagram; `false` when there is no place for it. Checks may take half of the places: whoever repeats one
    /// he overheard, from any address he likes, does not push out media.
    pub(crate) fn give_datagram(&self, way: Way, datagram: &[u8]) -> bool {
        let is_check = Kind::of(datagram) == Kind::Stun;
        !(is_check && self.full.len() >= self.full.capacity() / 2) && self.give(way, datagram)
    }
}

impl<H: Copy> Ring<H> {
    /// `alone`: there is nobody who would give.
    pub(crate) fn new(alone: bool) -> Self {
        let most = if alone { 0 } else { limits::HANDOVER_RING };
        let queue = || ArrayQueue::new(most.max(1));
        Self { full: queue(), free: queue(), made: AtomicUsize::new(0), most, announced: AtomicBool::new(false) }
    }

    /// Gives `bytes`; `false` when there is no place for them.
    pub(crate) fn give(&self, head: H, bytes: &[u8]) -> bool {
        let another = |made: usize| (made < self.most).then_some(made + 1);
        let mut handed = match self.free.pop() {
            Some(handed) => handed,
            None if self.made.fetch_update(Ordering::Relaxed, Ordering::Relaxed, another).is_ok() => {
                Box::new(Handed { head, length: 0, bytes: [0; limits::HANDOVER_BYTES] })
            }
            None => return false,
        };
        let fits = match handed.bytes.get_mut(..bytes.len()) {
            Some(place) => {
                place.copy_from_slice(bytes);
                true
            }
            None => false,
        };
        (handed.head, handed.length) = (head, bytes.len());
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
    pub(crate) fn take(&self) -> Option<Box<Handed<H>>> {
        self.full.pop()
    }

    /// A buffer that was read.
    pub(crate) fn give_back(&self, handed: Box<Handed<H>>) {
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
        let count = |datagram: &[u8]| {
            std::iter::repeat_with(|| ring.give_datagram((from, None), datagram)).take_while(|it| *it).count()
        };
        assert_eq!(count(&check), limits::HANDOVER_RING / 2);
        assert_eq!(count(&media), limits::HANDOVER_RING / 2);
        let mut taken = ring.take().unwrap();
        assert_eq!(taken.parts(), ((from, None), &mut [0u8, 1, 0, 0][..]));
        ring.give_back(taken);
        assert!(ring.give_datagram((from, None), &media) && !ring.give_datagram((from, None), &media));
        assert!(!Ring::new(true).give_datagram((from, None), &media), "alone there is nobody to give to");
    }

    #[test]
    fn what_is_too_long_is_refused_and_costs_no_buffer() {
        let ring = Ring::new(false);
        let from = SocketAddr::from(([10, 0, 0, 1], 7));
        for _ in 0..2 * limits::HANDOVER_RING {
            assert!(!ring.give_datagram((from, None), &[0x80; limits::HANDOVER_BYTES + 1]));
        }
        assert!(ring.give((from, None), &[0x80; limits::HANDOVER_BYTES]));
    }

    #[test]
    fn one_wake_up_for_all_that_comes_before_a_look() {
        let ring = Ring::<Way>::new(false);
        assert!(ring.announce() && !ring.announce());
        ring.look();
        assert!(ring.announce());
    }
}
