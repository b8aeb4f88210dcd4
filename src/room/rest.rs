//! When a room ends by itself: nobody has asked it for anything for a while, or its log has another owner.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::handle::Message;
use super::task::Task;
use crate::domain::session::SessionStatus;
use crate::limits;

/// What a room knows of its own end.
pub(super) struct Rest {
    /// When anybody last asked it for anything.
    asked_at: Timestamp,
    lease_checked_at: Timestamp,
    /// It takes no more messages, and ends when what is decided is stored.
    pub(super) resting: bool,
    /// Another process or act took the log: what this room thinks is not what the log says.
    pub(super) lost: bool,
}

impl Rest {
    pub(super) fn new(now: Timestamp) -> Self {
        Self { asked_at: now, lease_checked_at: now, resting: false, lost: false }
    }
}

impl Task {
    /// Its own questions to itself keep no room awake.
    pub(super) fn stay_awake(&mut self, message: &Message) {
        if !matches!(message, Message::RecorderChecked(_) | Message::LeaseChecked { .. }) {
            self.rest.asked_at = self.now();
        }
    }

    /// A room without wires, of a session that is not under way, is opened again when somebody asks.
    pub(super) fn rest_when_idle(&mut self, now: Timestamp) {
        let quiet = now.duration_since(self.rest.asked_at) >= span(limits::ROOM_REST);
        let live = self.book.state.status().is_some_and(SessionStatus::is_live);
        if self.rest.resting || live || !quiet || !self.live.wires.is_empty() || !self.queue.waiting.is_empty() {
            return;
        }
        // Before the inbox: from there on another room may take the place of this one, and its keys.
        self.services.record_keys.forget(self.session);
        self.rest.resting = true;
        self.inbox.close();
        while let Ok(message) = self.inbox.try_recv() {
            self.handle(message);
        }
    }

    /// An erasure, or another node, takes the log away without a word to this room.
    pub(super) fn watch_lease(&mut self, now: Timestamp) {
        if now.duration_since(self.rest.lease_checked_at) < span(limits::LEASE_CHECK) {
            return;
        }
        self.rest.lease_checked_at = now;
        let (services, own, session, epoch) = (Arc::clone(&self.services), self.own.clone(), self.session, self.epoch);
        tokio::spawn(async move {
            // A store that is away says nothing about the lease.
            let Ok(lease) = services.store.lease(session).await else { return };
            let ours = lease.is_some_and(|lease| lease.epoch == epoch);
            if own.send(Message::LeaseChecked { ours }).await.is_err() {
                tracing::debug!("a room ended before its lease was looked at");
            }
        });
    }
}

fn span(limit: std::time::Duration) -> SignedDuration {
    SignedDuration::try_from(limit).unwrap_or(SignedDuration::MAX)
}
