//! What the workers of one engine share. Each has a post that stays when the worker fails: its mailbox, the rings by which
//! others give it datagrams and packets, and what it told last. Beside them: whose an address is, and where which room lives.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mio::Waker;

use super::directory::{Directory, WorkerIndex};
use super::engine::WorkerStatus;
use super::handover::{Ring, Way};
use super::mailbox::Mailbox;
use super::mirror::Crossing;
use super::placement::{Load, Placement};
use super::worker::WorkerCounters;

/// What is kept for one worker.
pub(crate) struct Post {
    pub(crate) mailbox: Mailbox,
    pub(crate) ring: Ring<Way>,
    pub(crate) crossings: Ring<Crossing>,
    told: Mutex<(WorkerStatus, WorkerCounters)>,
}

impl Post {
    /// For metrics, admission and tests.
    pub(crate) fn tell(&self, status: WorkerStatus, counters: WorkerCounters) {
        *self.told.lock().unwrap_or_else(PoisonError::into_inner) = (status, counters);
    }

    /// What the worker told last.
    pub(crate) fn told(&self) -> (WorkerStatus, WorkerCounters) {
        *self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All workers of one engine.
pub(crate) struct Crew {
    posts: Vec<Arc<Post>>,
    pub(crate) directory: Directory,
    placement: Mutex<Placement>,
}

impl Crew {
    /// One worker for each waker.
    pub(crate) fn new(wakers: Vec<Waker>) -> Arc<Self> {
        let alone = wakers.len() < 2;
        let post = |waker| {
            let (mailbox, ring, crossings) = (Mailbox::new(waker), Ring::new(alone), Ring::new(alone));
            Arc::new(Post { mailbox, ring, crossings, told: Mutex::default() })
        };
        let posts = wakers.into_iter().map(post).collect();
        Arc::new(Self { posts, directory: Directory::default(), placement: Mutex::default() })
    }

    pub(crate) fn posts(&self) -> &[Arc<Post>] {
        &self.posts
    }

    /// The mailbox of one worker.
    pub(crate) fn mailbox(&self, worker: WorkerIndex) -> Option<&Mailbox> {
        self.posts.get(worker).map(|post| &post.mailbox)
    }

    /// Where rooms live. What is wished of a worker while this is held comes there in the same order.
    pub(crate) fn placement(&self) -> MutexGuard<'_, Placement> {
        self.placement.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What each worker has to do.
    pub(crate) fn loads(&self) -> Vec<Load> {
        let load = |post: &Arc<Post>| {
            let (status, _) = post.told();
            Load { busy_permille: status.busy_permille, connections: status.connections }
        };
        self.posts.iter().map(load).collect()
    }

    /// What the rooms of a worker want goes to it once more.
    pub(crate) fn tell_plans(&self, worker: WorkerIndex) {
        let Some(mailbox) = self.mailbox(worker) else { return };
        self.placement().rooms_of(worker).for_each(|(room, placed)| mailbox.set_plan(room, placed.clone()));
    }
}
