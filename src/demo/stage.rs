//! Rooms for the past: the same registry and recorder as in production, with a clock that can be set and without a media
//! port, since nobody connects to what is over: what points would have sent is played by the `studio`.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::{Mutex, mpsc, watch};

use super::clock::DemoClock;
use super::error::DemoError;
use super::studio::Studio;
use crate::clock::{Clock as _, SharedClock};
use crate::domain::actor::Actor;
use crate::domain::chain::Hash;
use crate::domain::ids::{ConnectionId, SessionId};
use crate::limits;
use crate::media::engine::EngineEvent;
use crate::media::record::{KeyLookup, Recorder, RecorderConfig, RecorderEvent, recover_session};
use crate::room::handle::{Attach, RoomHandle, Wire};
use crate::room::recording::RecordKeys;
use crate::room::registry::{Registry, Services};
use crate::run::{self, StoredKeys};
use crate::store::Store;

/// How rooms of the past are called in leases.
const NODE: &str = "demo-stage";
const RECORDER_EVENTS: usize = 1_024;

/// Rooms, a recorder, a clock.
pub(super) struct Stage {
    pub(super) registry: Registry,
    pub(super) clock: Arc<DemoClock>,
    pub(super) studio: Arc<Studio>,
    recorder: Arc<Recorder>,
    recordings: PathBuf,
}

impl Stage {
    /// Starts the recorder on `recordings`; rooms start when they are opened.
    pub(super) fn open(
        store: &Store,
        recordings: PathBuf,
        clock: Arc<DemoClock>,
        rules: Hash,
    ) -> Result<Self, DemoError> {
        let (events_in, mut events) = mpsc::channel::<RecorderEvent>(RECORDER_EVENTS);
        let record_keys = Arc::new(RecordKeys::default());
        let keys: Arc<dyn KeyLookup> = record_keys.clone();
        let config = RecorderConfig::new(recordings.clone());
        let recorder = Recorder::start(config, clock.running(), keys.clone(), events_in)?;
        let studio = Arc::new(Studio::new(recorder.clone(), keys, clock.clone()));
        let shared: SharedClock = clock.clone();
        let registry = Registry::new(Arc::new(Services {
            clock: shared,
            store: store.clone(),
            engine: studio.clone(),
            recorder: recorder.clone(),
            record_keys,
            rules,
            node: NODE.to_owned(),
            lines: Arc::default(),
            register: Arc::new(Mutex::new(())),
        }));
        let rooms = registry.clone();
        tokio::spawn(async move {
            while let Some(event) = events.recv().await {
                rooms.recorder_event(event).await;
            }
        });
        Ok(Self { registry, clock, studio, recorder, recordings })
    }

    /// Finishes what an earlier run had begun to record of this session, as a server does when it starts. Its room is open.
    pub(super) async fn recover(&self, session: SessionId) -> Result<(), DemoError> {
        let (root, keys) = (self.recordings.clone(), StoredKeys::of(&self.registry.services().store));
        let recovered = tokio::task::spawn_blocking(move || recover_session(&root, session, &keys)).await;
        for file in recovered.map_err(std::io::Error::other)??.finished {
            self.registry.recorder_event(run::closing(file)).await;
        }
        Ok(())
    }

    /// A device of a point is connected, sends and receives as far as the room can tell.
    pub(super) async fn connect(
        &self,
        session: SessionId,
        room: &RoomHandle,
        actor: Actor,
    ) -> Result<ConnectionId, DemoError> {
        let connection = ConnectionId(self.clock.new_id());
        let (frames, mut queue) = mpsc::channel(limits::CLIENT_QUEUE);
        let (close, _) = watch::channel(None);
        tokio::spawn(async move { while queue.recv().await.is_some() {} });
        let attach = Attach { connection, actor, have: Default::default(), wire: Wire { frames, close } };
        let refused = |refusal| DemoError::Refused { act: "attach".to_owned(), refusal };
        room.attach(attach).await.map_err(refused)?;
        self.registry.engine_event(EngineEvent::Connected { room: session, connection }).await;
        Ok(connection)
    }

    /// Rooms commit what is decided, the recorder closes its files.
    pub(super) async fn close(self) -> Result<(), DemoError> {
        let recorder = self.recorder.clone();
        tokio::task::spawn_blocking(move || recorder.shutdown()).await.map_err(std::io::Error::other)?;
        self.registry.shutdown().await;
        Ok(())
    }
}

/// Who is cut off leaves nobody behind who writes into files that the next run finishes.
impl Drop for Stage {
    fn drop(&mut self) {
        self.recorder.shutdown();
    }
}
