//! Telling rooms what happens, without ever waiting for them.

use std::collections::VecDeque;

use tokio::sync::mpsc::Sender;
use tokio::sync::mpsc::error::TrySendError;

use super::engine::EngineEvent;
use crate::domain::ids::ConnectionId;

/// The bounded way out, and what did not fit yet.
pub(crate) struct Events {
    out: Sender<EngineEvent>,
    waiting: VecDeque<EngineEvent>,
}

impl Events {
    pub(crate) fn new(out: Sender<EngineEvent>) -> Self {
        Self { out, waiting: VecDeque::new() }
    }

    /// An edge that must arrive: it waits when the channel is full, and replaces an older one it makes void, so that
    /// the queue stays as short as there are connections.
    pub(crate) fn tell(&mut self, event: EngineEvent) {
        self.flush();
        if self.waiting.is_empty() {
            match self.out.try_send(event) {
                Err(TrySendError::Full(event)) => self.waiting.push_back(event),
                Ok(()) | Err(TrySendError::Closed(_)) => {}
            }
            return;
        }
        self.waiting.retain(|waiting| !replaces(&event, waiting));
        self.waiting.push_back(event);
    }

    /// Levels and quality: the next ones will do.
    pub(crate) fn tell_if_room(&mut self, event: EngineEvent) {
        self.flush();
        if self.waiting.is_empty() && self.out.try_send(event).is_err() {
            tracing::trace!("a level or quality event was dropped");
        }
    }

    /// Sends what waits.
    pub(crate) fn flush(&mut self) {
        while let Some(event) = self.waiting.pop_front() {
            if let Err(TrySendError::Full(event)) = self.out.try_send(event) {
                self.waiting.push_front(event);
                return;
            }
        }
    }

    pub(crate) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }
}

/// The wire a presence event is about.
fn presence(event: &EngineEvent) -> Option<ConnectionId> {
    match event {
        EngineEvent::Alive { connection, .. } | EngineEvent::Silent { connection, .. } => Some(*connection),
        _ => None,
    }
}

fn replaces(new: &EngineEvent, old: &EngineEvent) -> bool {
    match (new, old) {
        (EngineEvent::Source { source: new, .. }, EngineEvent::Source { source: old, .. }) => new == old,
        (EngineEvent::Paused { connection: new, .. }, EngineEvent::Paused { connection: old, .. })
        | (EngineEvent::Layers { connection: new, .. }, EngineEvent::Layers { connection: old, .. }) => new == old,
        (EngineEvent::Gone { connection, .. }, old) => presence(old) == Some(*connection),
        (new, old) => presence(new).is_some() && presence(new) == presence(old),
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;
    use uuid::Uuid;

    use super::*;
    use crate::domain::ids::SessionId;

    #[test]
    fn a_full_channel_delays_edges_and_drops_levels() {
        let (out, mut taken) = mpsc::channel(1);
        let mut events = Events::new(out);
        let room = SessionId(Uuid::nil());
        let connection = ConnectionId(Uuid::nil());
        events.tell(EngineEvent::Connected { room, connection });
        for round in 0..1_000 {
            events.tell(EngineEvent::Silent { room, connection, since_mono_us: round });
            events.tell(EngineEvent::Alive { room, connection });
            events.tell_if_room(EngineEvent::Levels { room, levels: vec![] });
        }
        assert_eq!(events.waiting.len(), 1);
        assert!(matches!(taken.try_recv(), Ok(EngineEvent::Connected { .. })));
        events.flush();
        assert!(matches!(taken.try_recv(), Ok(EngineEvent::Alive { .. })));
        assert!(!events.is_waiting());
    }
}
