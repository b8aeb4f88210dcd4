//! What rooms want of a worker. Not a queue of commands but the latest wishes: a plan replaces the plan before it, so
//! nothing is lost when the worker is busy and nothing piles up. Only joins queue, and their number is bounded.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

use mio::Waker;
use tokio::sync::oneshot;

use super::directory::WorkerIndex;
use super::engine::JoinRefusal;
use super::ice::Credentials;
use super::letters::Letter;
use super::placement::Placed;
use super::sdp::negotiate::Negotiated;
use crate::domain::ids::{ConnectionId, SessionId};
use crate::limits;

/// A connection as agreed, ready to be served.
pub(crate) struct NewPeer {
    pub(crate) room: SessionId,
    pub(crate) connection: ConnectionId,
    pub(crate) credentials: Credentials,
    pub(crate) agreed: Negotiated,
    pub(crate) reply: oneshot::Sender<Result<(), JoinRefusal>>,
}

/// Everything wished since the worker looked last. To be carried out in the order of the fields: what would have
/// been made void by a later wish was removed when that came.
#[derive(Default)]
pub(crate) struct Wishes {
    pub(crate) stop: bool,
    /// A fault on purpose, for tests.
    pub(crate) fault: bool,
    pub(crate) closes: BTreeSet<SessionId>,
    pub(crate) leaves: BTreeSet<(SessionId, ConnectionId)>,
    pub(crate) joins: VecDeque<NewPeer>,
    pub(crate) plans: BTreeMap<SessionId, Placed>,
    /// By whom they were written.
    pub(crate) letters: BTreeMap<(SessionId, WorkerIndex), Letter>,
}

/// Shared between rooms and one worker.
pub(crate) struct Mailbox {
    wishes: Mutex<Wishes>,
    /// Of the poll the worker waits at; another one only if that failed.
    waker: RwLock<Waker>,
}

impl Mailbox {
    pub(crate) fn new(waker: Waker) -> Self {
        Self { wishes: Mutex::default(), waker: RwLock::new(waker) }
    }

    /// Takes all wishes.
    pub(crate) fn take(&self) -> Wishes {
        std::mem::take(&mut *self.lock())
    }

    pub(crate) fn join(&self, peer: NewPeer) -> Result<(), JoinRefusal> {
        {
            let mut wishes = self.lock();
            if wishes.joins.len() >= limits::MEDIA_JOINS {
                return Err(JoinRefusal::Full);
            }
            wishes.joins.push_back(peer);
        }
        self.wake();
        Ok(())
    }

    pub(crate) fn leave(&self, room: SessionId, connection: ConnectionId) {
        {
            let mut wishes = self.lock();
            wishes.joins.retain(|peer| (peer.room, peer.connection) != (room, connection));
            wishes.leaves.insert((room, connection));
        }
        self.wake();
    }

    pub(crate) fn set_plan(&self, room: SessionId, placed: Placed) {
        self.lock().plans.insert(room, placed);
        self.wake();
    }

    pub(crate) fn letter(&self, room: SessionId, from: WorkerIndex, letter: Letter) {
        self.lock().letters.entry((room, from)).or_default().replace(letter);
        self.wake();
    }

    pub(crate) fn close_room(&self, room: SessionId) {
        {
            let mut wishes = self.lock();
            wishes.joins.retain(|peer| peer.room != room);
            wishes.leaves.retain(|(of, _)| *of != room);
            wishes.plans.remove(&room);
            wishes.letters.retain(|(of, _), _| *of != room);
            wishes.closes.insert(room);
        }
        self.wake();
    }

    /// From now on the worker waits somewhere else.
    pub(crate) fn wake_by(&self, waker: Waker) {
        *self.waker.write().unwrap_or_else(PoisonError::into_inner) = waker;
    }

    /// Makes the worker fail. For tests of what happens then.
    pub(crate) fn fault(&self) {
        self.lock().fault = true;
        self.wake();
    }

    pub(crate) fn stop(&self) {
        self.lock().stop = true;
        self.wake();
    }

    fn lock(&self) -> MutexGuard<'_, Wishes> {
        // Every change above is whole; a panic elsewhere leaves nothing half done here.
        self.wishes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn wake(&self) {
        if let Err(error) = self.waker.read().unwrap_or_else(PoisonError::into_inner).wake() {
            // The worker looks every tick as well: a wish is late, not lost.
            tracing::warn!(%error, "the media worker could not be woken");
        }
    }
}
