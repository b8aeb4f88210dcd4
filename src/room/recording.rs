//! The room's side of the recorder: keys at hand before they are needed, files closed where a visit ends, proof that it
//! can write before a session starts.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use jiff::SignedDuration;

use super::handle::Message;
use super::task::Task;
use crate::domain::chain::Scope;
use crate::domain::ids::{PointId, SessionId};
use crate::domain::session::SessionStatus;
use crate::media::plan::{Plan, RecordTarget};
use crate::media::record::{KeyLookup, RecordKey};

/// Keys of what may be recorded now, so that the recorder's thread never waits for the store.
#[derive(Default)]
pub struct RecordKeys {
    keys: RwLock<HashMap<RecordTarget, [u8; 32]>>,
}

impl RecordKeys {
    /// Puts a key at hand.
    pub fn put(&self, target: RecordTarget, key: [u8; 32]) {
        self.keys.write().unwrap_or_else(PoisonError::into_inner).insert(target, key);
    }

    /// Drops all keys of a session.
    pub fn forget(&self, session: SessionId) {
        self.keys.write().unwrap_or_else(PoisonError::into_inner).retain(|target, _| target.session != session);
    }

    fn has(&self, target: RecordTarget) -> bool {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).contains_key(&target)
    }
}

impl KeyLookup for RecordKeys {
    fn key(&self, target: RecordTarget) -> Option<RecordKey> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        keys.get(&target).map(|key| RecordKey(*key))
    }
}

/// While a session may start or go on, the recorder shows this often that it can write.
const CHECK_EVERY: SignedDuration = SignedDuration::from_secs(3);

impl Task {
    /// Fetches keys of the session and of every visit that is not over.
    pub(super) fn ensure_keys(&self) {
        let session = self.session;
        let state = &self.book.state;
        if state.about.is_none() {
            return;
        }
        let open = state.visits.values().filter(|visit| !visit.status.is_final()).map(|visit| Some(visit.about.visit));
        for visit in open.chain([None]) {
            let target = RecordTarget { session, visit };
            if self.services.record_keys.has(target) {
                continue;
            }
            let services = Arc::clone(&self.services);
            let scope = visit.map_or(Scope::Session, Scope::Visit);
            tokio::spawn(async move {
                match services.store.recording_key(session, scope).await {
                    Ok(key) => services.record_keys.put(target, *key.expose()),
                    Err(error) => tracing::error!(%session, code = error.code(), "no key for the recording"),
                }
            });
        }
    }

    /// Asks the recorder, beside the room, whether it can write.
    pub(super) fn check_recorder(&mut self) {
        use SessionStatus::{Connecting, InProgress, Paused, Ready, Tested};
        let now = self.now();
        let wanted = matches!(self.book.state.status(), Some(Tested | Connecting | Ready | InProgress | Paused));
        if !wanted || now.duration_since(self.recorder_checked_at) < CHECK_EVERY {
            return;
        }
        self.recorder_checked_at = now;
        let target = RecordTarget { session: self.session, visit: None };
        let (recorder, own) = (Arc::clone(&self.services.recorder), self.own.clone());
        tokio::spawn(async move {
            let checked = tokio::task::spawn_blocking(move || recorder.check_writable(target)).await;
            let ready = matches!(checked, Ok(Ok(())));
            if let Ok(Err(fault)) = checked {
                tracing::warn!(code = fault.code(), "the recorder cannot write");
            }
            if own.send(Message::RecorderChecked(ready)).await.is_err() {
                tracing::debug!("a room ended before its recorder was checked");
            }
        });
    }

    /// What the recorder must know when the plan has changed: a target that is over closes its files, a microphone that
    /// closed is a pause and no gap, a source that left is done.
    pub(super) fn plan_changed(&self, before: &Plan) {
        let after = &self.plan;
        let targets = |plan: &Plan| plan.record.values().copied().collect::<BTreeSet<RecordTarget>>();
        let recorder = &self.services.recorder;
        for over in targets(before).difference(&targets(after)) {
            recorder.boundary(*over);
        }
        for source in before.record.keys() {
            let closed = before.open_microphones.contains(&source.connection)
                && !after.open_microphones.contains(&source.connection);
            if !after.record.contains_key(source) {
                recorder.stop(*source);
            } else if closed && source.kind == crate::media::plan::SourceKind::Microphone {
                recorder.pause(*source);
            }
        }
    }

    /// The point a source belongs to; its wire may be gone already.
    pub(super) fn point_of_source(&self, connection: crate::domain::ids::ConnectionId) -> Option<PointId> {
        self.live
            .wires
            .get(&connection)
            .and_then(|wire| wire.actor.point)
            .or_else(|| self.former_points.get(&connection).copied())
    }
}
