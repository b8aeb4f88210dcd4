//! Events on their way to the rooms. The recorder never waits for a reader.

use std::collections::VecDeque;

use tokio::sync::mpsc::{Sender, error::TrySendError};

use super::event::RecorderEvent;
use crate::limits;

pub(super) struct Outbox {
    sender: Sender<RecorderEvent>,
    waiting: VecDeque<RecorderEvent>,
    dropped: u64,
}

impl Outbox {
    pub(super) fn new(sender: Sender<RecorderEvent>) -> Self {
        Self { sender, waiting: VecDeque::new(), dropped: 0 }
    }

    /// Queues an event and sends what can be sent.
    pub(super) fn put(&mut self, event: RecorderEvent) {
        if self.waiting.len() >= limits::RECORD_EVENTS {
            // A later prefix says all that an earlier one said.
            let prefix = self.waiting.iter().position(|event| matches!(event, RecorderEvent::Prefix { .. }));
            self.waiting.remove(prefix.unwrap_or(0));
            self.dropped += 1;
        }
        self.waiting.push_back(event);
        self.send();
    }

    /// Sends what can be sent now.
    pub(super) fn send(&mut self) {
        while let Some(event) = self.waiting.pop_front() {
            match self.sender.try_send(event) {
                Ok(()) => {}
                Err(TrySendError::Full(event)) => {
                    self.waiting.push_front(event);
                    return;
                }
                Err(TrySendError::Closed(_)) => {
                    self.dropped += 1 + self.waiting.len() as u64;
                    self.waiting.clear();
                }
            }
        }
    }

    /// True when nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(super) fn dropped(&self) -> u64 {
        self.dropped
    }
}
