//! A worker among others: what it tells them is its own, what it gives them, and what they give it.

use std::net::{IpAddr, SocketAddr};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::crew::{Crew, Post};
use super::directory::{Known, Sign, WorkerIndex};
use super::engine::{EngineEvent, WorkerStatus};
use super::forward::PeerIndex;
use super::letters::Letter;
use super::mirror::Crossing;
use super::remote::Remote;
use super::worker::Worker;
use crate::domain::ids::SessionId;

/// Datagrams and packets of others taken in one turn, and after how many of them is sent what they led to.
pub(crate) const TAKEN: usize = 512;
pub(crate) const FLUSHED: usize = 32;

/// What became of a datagram that is not ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Passed {
    /// It is nobody's.
    Stranger,
    Given,
    /// Its owner has no place for it.
    Full,
}

/// One worker's view of the others.
pub(crate) struct Neighbours {
    crew: Arc<Crew>,
    pub(crate) own: Arc<Post>,
    pub(crate) index: WorkerIndex,
    known: Known,
    /// Who was given something since the last announcement.
    given: Vec<WorkerIndex>,
}

impl Neighbours {
    /// `None`: there is no such post.
    pub(crate) fn new(crew: &Arc<Crew>, index: WorkerIndex) -> Option<Self> {
        let own = crew.posts().get(index)?.clone();
        let given = Vec::with_capacity(crew.posts().len());
        Some(Self { crew: crew.clone(), own, index, known: Known::default(), given })
    }

    fn alone(&self) -> bool {
        self.crew.posts().len() < 2
    }

    /// A check proved that an address is ours.
    fn claim_address(&self, address: SocketAddr) {
        if !self.alone() {
            self.crew.directory.claim(Sign::Address(address), self.index);
        }
    }

    fn release_address(&self, address: SocketAddr) {
        if !self.alone() {
            self.crew.directory.release(Sign::Address(address), self.index);
        }
    }

    /// A connection of ours was admitted.
    fn claim_ufrag(&self, ufrag: &str) {
        if !self.alone() {
            self.crew.directory.claim(Sign::Ufrag(ufrag.to_owned()), self.index);
        }
    }

    fn release_ufrag(&self, ufrag: &str) {
        if !self.alone() {
            self.crew.directory.release(Sign::Ufrag(ufrag.to_owned()), self.index);
        }
    }

    /// Nothing is ours any more.
    fn release_all(&self) {
        self.crew.directory.forget(self.index);
    }

    /// Learns what changed, if anything: the addresses that are another worker's now.
    fn refresh(&mut self) -> Option<Vec<SocketAddr>> {
        let mut moved = self.crew.directory.refresh(&mut self.known)?;
        moved.retain(|address| self.known.owners.of_address(address).is_some_and(|owner| owner != self.index));
        Some(moved)
    }

    /// Gives a datagram that is not ours to the worker whose it is. `ufrag`: it is a check that names this.
    fn pass(&mut self, from: SocketAddr, to: Option<IpAddr>, datagram: &[u8], ufrag: Option<&str>) -> Passed {
        let owner = match ufrag {
            Some(ufrag) => self.known.owners.of_ufrag(ufrag),
            None => self.known.owners.of_address(&from),
        };
        let Some((owner, post)) =
            owner.filter(|owner| *owner != self.index).and_then(|owner| Some((owner, self.crew.posts().get(owner)?)))
        else {
            return Passed::Stranger;
        };
        if !post.ring.give_datagram((from, to), datagram) {
            return Passed::Full;
        }
        self.gave(owner);
        Passed::Given
    }

    /// Gives a packet of one of our connections to a worker that has receivers for it; `false`: it has no place for it.
    pub(crate) fn cross(&mut self, to: WorkerIndex, crossing: Crossing, payload: &[u8]) -> bool {
        let given = self.crew.posts().get(to).is_some_and(|post| post.crossings.give(crossing, payload));
        if given {
            self.gave(to);
        }
        given
    }

    /// Tells another worker something of a room.
    pub(crate) fn write(&self, to: WorkerIndex, room: SessionId, letter: Letter) {
        if let Some(mailbox) = self.crew.mailbox(to) {
            mailbox.letter(room, self.index, letter);
        }
    }

    fn gave(&mut self, to: WorkerIndex) {
        if !self.given.contains(&to) {
            self.given.push(to);
        }
    }

    /// Wakes those who were given something.
    fn announce(&mut self) {
        while let Some(owner) = self.given.pop() {
            let announced = |post: &&Arc<Post>| post.ring.announce() | post.crossings.announce();
            if let Some(post) = self.crew.posts().get(owner).filter(announced) {
                post.mailbox.wake();
            }
        }
    }
}

impl Worker {
    /// An authentic check proved an address to be a connection's.
    pub(crate) fn own_address(&mut self, address: Remote, place: PeerIndex) {
        self.mux.add_address(address, place);
        if let Remote::Udp(address) = address {
            self.neighbours.claim_address(address);
        }
    }

    pub(crate) fn disown_address(&mut self, address: Remote, place: PeerIndex) {
        self.mux.remove_address(address, place);
        if let Remote::Udp(address) = address {
            self.neighbours.release_address(address);
        }
    }

    /// Checks that name this are for the connection at `place`.
    pub(crate) fn own_ufrag(&mut self, ufrag: String, place: PeerIndex) {
        self.neighbours.claim_ufrag(&ufrag);
        self.mux.add_ufrag(ufrag, place);
    }

    pub(crate) fn disown_ufrag(&mut self, ufrag: &str) {
        self.mux.remove_ufrag(ufrag);
        self.neighbours.release_ufrag(ufrag);
    }

    /// A datagram of none of our connections: perhaps another worker's. `ufrag`: it is a check that names this.
    pub(crate) fn not_ours(&mut self, from: Remote, to: Option<IpAddr>, datagram: &[u8], ufrag: Option<&str>) {
        let passed = match from {
            // What was handed to us and is not ours either would go round for ever.
            Remote::Udp(address) if !self.handed => {
                let passed = self.neighbours.pass(address, to, datagram, ufrag);
                // What was proven since we looked last counts: the first datagram after a check comes at once.
                if passed == Passed::Stranger && self.learn() {
                    self.neighbours.pass(address, to, datagram, ufrag)
                } else {
                    passed
                }
            }
            _ => Passed::Stranger,
        };
        match passed {
            Passed::Stranger => self.counters.strangers += 1,
            Passed::Given => self.counters.handed_over += 1,
            Passed::Full => self.counters.handover_lost += 1,
        }
    }

    /// Learns whose is what. `true`: something changed.
    pub(crate) fn learn(&mut self) -> bool {
        let Some(moved) = self.neighbours.refresh() else { return false };
        moved.into_iter().for_each(|address| self.mux.forget_address(address.into()));
        true
    }

    /// Wakes the others who were given something.
    pub(crate) fn announce(&mut self) {
        self.neighbours.announce();
    }

    /// What others gave us. `true`: there may be more.
    pub(crate) fn take_handed(&mut self) -> bool {
        let post = self.neighbours.own.clone();
        post.ring.look();
        for count in 1..=TAKEN {
            let Some(mut handed) = post.ring.take() else { return false };
            let ((from, to), datagram) = handed.parts();
            self.handed = true;
            self.guarded_datagram(from.into(), to, datagram);
            self.handed = false;
            post.ring.give_back(handed);
            if count % FLUSHED == 0 {
                self.flush();
            }
        }
        true
    }

    /// Says how it goes.
    pub(crate) fn tell_status(&self) {
        let counters = self.counters;
        let status = WorkerStatus {
            connections: self.peers.len() - self.free.len(),
            busy_permille: self.gauge.busy_permille(),
            lag_us: self.gauge.lag_us(),
            told_us: self.now_us,
            forwarded: counters.forwarded,
            handed_over: counters.handed_over,
            handover_lost: counters.handover_lost,
            crossed: counters.crossed,
            crossing_lost: counters.crossing_lost,
            restarts: counters.restarts,
        };
        self.neighbours.own.tell(status, counters);
    }

    /// After a failure: all connections end, and their rooms and browsers are told as far as what is left allows.
    pub(crate) fn lay_down(&mut self) {
        for place in 0..self.peers.len() {
            let who = self.peer(place).map(|peer| (peer.room, peer.connection));
            if catch_unwind(AssertUnwindSafe(|| self.remove(place, true))).is_err()
                && let Some((room, connection)) = who
            {
                self.tell(EngineEvent::Gone { room, connection });
            }
        }
        // Who was on the way in or out when it happened.
        for (room, left) in std::mem::take(&mut self.rooms) {
            left.members.into_keys().for_each(|connection| self.tell(EngineEvent::Gone { room, connection }));
        }
        self.streams.end_all();
        self.neighbours.release_all();
        self.events.flush();
    }
}
