//! Which worker's connection an address or a ufrag belongs to. The owner writes here what it has proven, so nothing a
//! stranger sends can add, change or push out an entry. Each worker reads from a copy of its own; that it is behind costs
//! one look at a number.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Number of a worker, from 0.
pub(crate) type WorkerIndex = usize;

/// Changes that are kept for the copies. A copy that is further behind is made anew.
const CHANGES: usize = 1_024;

/// By what a datagram is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Sign {
    /// It comes from there: proven by an authentic check.
    Address(SocketAddr),
    /// It is a check that names this: ours, of a connection that was admitted.
    Ufrag(String),
}

/// Who owns what.
#[derive(Clone, Debug, Default)]
pub(crate) struct Owners {
    addresses: HashMap<SocketAddr, WorkerIndex>,
    ufrags: HashMap<String, WorkerIndex>,
}

impl Owners {
    pub(crate) fn of_address(&self, address: &SocketAddr) -> Option<WorkerIndex> {
        self.addresses.get(address).copied()
    }

    pub(crate) fn of_ufrag(&self, ufrag: &str) -> Option<WorkerIndex> {
        self.ufrags.get(ufrag).copied()
    }

    fn of(&self, sign: &Sign) -> Option<WorkerIndex> {
        match sign {
            Sign::Address(address) => self.of_address(address),
            Sign::Ufrag(ufrag) => self.of_ufrag(ufrag),
        }
    }

    fn set(&mut self, sign: &Sign, owner: Option<WorkerIndex>) {
        match (sign, owner) {
            (Sign::Address(address), Some(owner)) => drop(self.addresses.insert(*address, owner)),
            (Sign::Address(address), None) => drop(self.addresses.remove(address)),
            (Sign::Ufrag(ufrag), Some(owner)) => drop(self.ufrags.insert(ufrag.clone(), owner)),
            (Sign::Ufrag(ufrag), None) => drop(self.ufrags.remove(ufrag)),
        }
    }
}

#[derive(Debug, Default)]
struct Book {
    owners: Owners,
    /// The newest changes, oldest first.
    changes: VecDeque<(Sign, Option<WorkerIndex>)>,
    /// How many changes there were.
    version: u64,
}

impl Book {
    fn change(&mut self, sign: Sign, owner: Option<WorkerIndex>) {
        self.owners.set(&sign, owner);
        if self.changes.len() == CHANGES {
            self.changes.pop_front();
        }
        self.changes.push_back((sign, owner));
        self.version += 1;
    }
}

/// The book all workers share.
#[derive(Debug, Default)]
pub(crate) struct Directory {
    version: AtomicU64,
    book: Mutex<Book>,
}

/// What one worker knows of it.
#[derive(Debug, Default)]
pub(crate) struct Known {
    pub(crate) owners: Owners,
    version: u64,
}

impl Directory {
    /// From now on `sign` is this worker's, whoever had it before.
    pub(crate) fn claim(&self, sign: Sign, owner: WorkerIndex) {
        let mut book = self.lock();
        if book.owners.of(&sign) != Some(owner) {
            book.change(sign, Some(owner));
            self.version.store(book.version, Ordering::Release);
        }
    }

    /// It is nobody's any more, unless it is another's by now.
    pub(crate) fn release(&self, sign: Sign, owner: WorkerIndex) {
        let mut book = self.lock();
        if book.owners.of(&sign) == Some(owner) {
            book.change(sign, None);
            self.version.store(book.version, Ordering::Release);
        }
    }

    /// Nothing is this worker's any more.
    pub(crate) fn forget(&self, owner: WorkerIndex) {
        let mut book = self.lock();
        let addresses = book.owners.addresses.iter().filter(|(_, of)| **of == owner).map(|(at, _)| Sign::Address(*at));
        let ufrags = book.owners.ufrags.iter().filter(|(_, of)| **of == owner).map(|(at, _)| Sign::Ufrag(at.clone()));
        let signs: Vec<Sign> = addresses.chain(ufrags).collect();
        signs.into_iter().for_each(|sign| book.change(sign, None));
        self.version.store(book.version, Ordering::Release);
    }

    /// Whose a ufrag is, for those who keep no copy.
    pub(crate) fn of_ufrag(&self, ufrag: &str) -> Option<WorkerIndex> {
        self.lock().owners.of_ufrag(ufrag)
    }

    /// Brings a copy up to date. `None`: it was. Else the addresses that changed hands, each perhaps more than once.
    pub(crate) fn refresh(&self, known: &mut Known) -> Option<Vec<SocketAddr>> {
        if self.version.load(Ordering::Acquire) == known.version {
            return None;
        }
        let book = self.lock();
        let behind = usize::try_from(book.version - known.version).unwrap_or(usize::MAX);
        known.version = book.version;
        let Some(first) = book.changes.len().checked_sub(behind) else {
            known.owners = book.owners.clone();
            return Some(known.owners.addresses.keys().copied().collect());
        };
        let mut moved = Vec::new();
        for (sign, owner) in book.changes.range(first..) {
            known.owners.set(sign, *owner);
            if let Sign::Address(address) = sign {
                moved.push(*address);
            }
        }
        Some(moved)
    }

    fn lock(&self) -> MutexGuard<'_, Book> {
        // A change is whole before the next begins.
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn address(port: u16) -> SocketAddr {
        SocketAddr::from(([10, 0, 0, 1], port))
    }

    #[test]
    fn what_changed_hands_stays_with_the_last_who_proved_it() {
        let directory = Directory::default();
        let mut known = Known::default();
        assert_eq!(directory.refresh(&mut known), None);
        directory.claim(Sign::Address(address(1)), 0);
        directory.claim(Sign::Ufrag("abc".to_owned()), 0);
        directory.claim(Sign::Address(address(1)), 1);
        directory.release(Sign::Address(address(1)), 0);
        assert_eq!(directory.refresh(&mut known), Some(vec![address(1), address(1)]));
        assert_eq!(known.owners.of_address(&address(1)), Some(1), "who lost it cannot give it away");
        assert_eq!((known.owners.of_ufrag("abc"), directory.of_ufrag("abc")), (Some(0), Some(0)));
        directory.forget(0);
        assert_eq!(directory.refresh(&mut known), Some(vec![]));
        assert_eq!((known.owners.of_ufrag("abc"), directory.of_ufrag("abc")), (None, None));
        assert_eq!(known.owners.of_address(&address(1)), Some(1));
    }

    proptest! {
        /// However far behind a copy is, a refresh makes it what the book is.
        #[test]
        fn copies_follow(steps in proptest::collection::vec((0u16..40, 0usize..4, 0u8..12), 0..400), many in 0u16..2) {
            let directory = Directory::default();
            let mut known = Known::default();
            for (port, owner, what) in steps {
                let sign = if port % 3 == 0 { Sign::Ufrag(port.to_string()) } else { Sign::Address(address(port)) };
                match what {
                    0..=5 => directory.claim(sign, owner),
                    6..=8 => directory.release(sign, owner),
                    9 => directory.forget(owner),
                    10 => drop(directory.refresh(&mut known)),
                    // More at once than is kept.
                    _ => (0..many * 1_500).for_each(|port| directory.claim(Sign::Address(address(port)), owner)),
                }
            }
            directory.refresh(&mut known);
            let book = directory.lock();
            prop_assert_eq!(&known.owners.addresses, &book.owners.addresses);
            prop_assert_eq!(&known.owners.ufrags, &book.owners.ufrags);
            prop_assert!(book.changes.len() <= CHANGES);
        }
    }
}
