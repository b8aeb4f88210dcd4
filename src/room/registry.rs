//! Rooms by session: started on demand, also long before and after the call, and again after they were lost.
//!
//! Each session has a place of its own: whoever opens a room waits there, and holds up no other session.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::directory;
use super::handle::{Look, Message, RoomHandle};
use super::opening;
use super::quality::Totals;
use super::recording::RecordKeys;
use crate::clock::SharedClock;
use crate::domain::actor::Actor;
use crate::domain::chain::{Hash, Scope};
use crate::domain::event::{Event, Proposal, SessionPoint};
use crate::domain::ids::{CommandId, SessionId};
use crate::domain::refusal::Refusal;
use crate::media::engine::{Engine, EngineEvent};
use crate::media::record::{Recorder, RecorderEvent};
use crate::protocol::command::Command;
use crate::protocol::rest::NewSession;
use crate::store::keys::Wrap;
use crate::store::{Append, NewEvent, Store, StoreError};

/// What every room works with.
pub struct Services {
    pub clock: SharedClock,
    pub store: Store,
    pub engine: Arc<dyn Engine>,
    pub recorder: Arc<Recorder>,
    pub record_keys: Arc<RecordKeys>,
    /// Hash of the rule set in force: the genesis of every log names it.
    pub rules: Hash,
    /// How this process is called in leases.
    pub node: String,
    /// Samples of lines by level.
    pub lines: Arc<Totals>,
    /// One number of the register at a time.
    pub register: Arc<tokio::sync::Mutex<()>>,
}

/// All rooms of this process. Cheap to clone.
#[derive(Clone)]
pub struct Registry {
    services: Arc<Services>,
    places: Arc<Mutex<HashMap<SessionId, Arc<Place>>>>,
    /// Set once: no room is opened any more.
    stopping: Arc<AtomicBool>,
}

/// Where the room of one session is.
#[derive(Default)]
struct Place {
    /// Held while the room is made; the log is loaded and folded meanwhile.
    opening: tokio::sync::Mutex<()>,
    room: Mutex<Option<RoomHandle>>,
}

impl Place {
    /// The room, while it runs.
    fn room(&self) -> Option<RoomHandle> {
        lock(&self.room).clone().filter(|room| !room.inbox.is_closed())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Registry {
    /// No room is open yet.
    pub fn new(services: Arc<Services>) -> Self {
        Self { services, places: Arc::default(), stopping: Arc::default() }
    }

    /// What rooms work with.
    pub fn services(&self) -> &Arc<Services> {
        &self.services
    }

    /// How many rooms run.
    pub fn count(&self) -> usize {
        lock(&self.places).values().filter(|place| place.room().is_some()).count()
    }

    fn place(&self, session: SessionId) -> Arc<Place> {
        let mut places = lock(&self.places);
        if let Some(place) = places.get(&session) {
            return Arc::clone(place);
        }
        // Rooms end by themselves: their places are taken away when another is made.
        places.retain(|_, place| Arc::strong_count(place) > 1 || place.room().is_some());
        Arc::clone(places.entry(session).or_default())
    }

    /// The room of a session; opened from its log when it is not running.
    pub async fn open(&self, session: SessionId) -> Result<RoomHandle, Refusal> {
        let place = self.place(session);
        if let Some(room) = place.room() {
            return Ok(room);
        }
        let _opening = place.opening.lock().await;
        if let Some(room) = place.room() {
            return Ok(room);
        }
        if self.stopping.load(Ordering::Acquire) {
            return Err(Refusal::new("room_restarting"));
        }
        let room = opening::start(&self.services, session).await?;
        *lock(&place.room) = Some(room.clone());
        // The stop may have passed this place before the room was in it.
        if self.stopping.load(Ordering::Acquire) {
            room.stop().await;
            return Err(Refusal::new("room_restarting"));
        }
        Ok(room)
    }

    /// The committed state of a session as it is now. Asked once more where the room went to its rest at that moment.
    ///
    /// # Errors
    /// As [`Registry::open`].
    pub async fn look(&self, session: SessionId) -> Result<Look, Refusal> {
        let room = self.open(session).await?;
        match room.look().await {
            Err(_) if room.inbox.is_closed() => self.open(session).await?.look().await,
            answer => answer,
        }
    }

    /// A command from somebody who is in no room; asked once more like a look, its id makes it happen once.
    ///
    /// # Errors
    /// As [`Registry::open`], and what the room refuses.
    pub async fn command(
        &self,
        session: SessionId,
        actor: &Actor,
        id: CommandId,
        command: &Command,
    ) -> Result<i64, Refusal> {
        let room = self.open(session).await?;
        match room.command(actor.clone(), id, command.clone()).await {
            Err(_) if room.inbox.is_closed() => {
                self.open(session).await?.command(actor.clone(), id, command.clone()).await
            }
            answer => answer,
        }
    }

    /// A new session: its log begins with genesis and proposal, names as the directory has them. The same request again
    /// is answered by what is there; another one under a session's id is refused, whoever holds it.
    ///
    /// # Errors
    /// `session_id_taken`, `unit_or_point_unknown`, `account_unknown`, those of the acts, the store's.
    pub async fn create(&self, actor: Actor, new: NewSession) -> Result<i64, Refusal> {
        let session = new.id;
        let mut points = Vec::with_capacity(new.points.len());
        for point in new.points {
            points.push(directory::point(&self.services.store, point).await?);
        }
        let proposal = Proposal {
            session,
            unit: new.unit,
            title: new.title,
            kind: new.kind,
            starts_at: new.starts_at,
            grounds: new.grounds,
            points,
        };
        let mut seq = self.propose(&actor, proposal).await?;
        // What follows is done once, however often the request comes: its commands have the ids they had before.
        let mut ids = (1_u128..).map(|n| CommandId(uuid::Uuid::from_u128(session.0.as_u128().wrapping_add(n))));
        let mut id = || ids.next().unwrap_or(CommandId(session.0));
        for function in new.functions {
            let account = directory::officer(&self.services.store, function.user, "functions.user").await?;
            let command = Command::AssignFunction {
                user: function.user,
                name: account.name,
                title: account.title,
                function: function.function,
                point: function.point,
            };
            seq = self.command(session, &actor, id(), &command).await?;
        }
        for registration in new.visits {
            let command = self.complete(session, Command::RegisterVisit { registration }).await?;
            seq = self.command(session, &actor, id(), &command).await?;
        }
        Ok(seq)
    }

    /// The log of a new session, unless it is there already by the same words of the same person. Nothing is taken from
    /// a session that exists: not its lease, so not its room.
    async fn propose(&self, actor: &Actor, proposal: Proposal) -> Result<i64, Refusal> {
        let (services, session) = (&self.services, proposal.session);
        let place = self.place(session);
        let _opening = place.opening.lock().await;
        let begun = services.store.load_begin(session).await.map_err(refusal)?;
        if !begun.is_empty() {
            let same = begun.get(1).is_some_and(|stored| {
                let event = stored.typed().ok().flatten();
                stored.item.header.actor == actor.label()
                    && matches!(event, Some(Event::SessionProposed(before)) if same_words(&before, &proposal))
            });
            return if same { Ok(PROPOSAL_SEQ) } else { Err(Refusal::new("session_id_taken").field("id")) };
        }
        let now = services.clock.now();
        let epoch = services.store.take_lease(session, &services.node, now).await.map_err(refusal)?;
        let mut append = Append::new(session, epoch, 0, (services.clock.boot(), services.clock.mono_us(), now));
        let command = CommandId(session.0);
        let genesis = services.store.genesis(session, services.rules, now).map_err(refusal)?;
        append.events.push(NewEvent::genesis(&genesis, command));
        let proposal = Event::SessionProposed(proposal);
        append.events.push(NewEvent::typed(&proposal, command, 1, actor.label()).map_err(refusal)?);
        append.scopes.push((Scope::Session, Wrap::Normal));
        append.rows = super::project::proposed(&proposal, now).map_err(refusal)?;
        services.store.append(append).await.map_err(refusal)?;
        Ok(PROPOSAL_SEQ)
    }

    /// A client's command with names, titles, addresses and units as the directory has them. Every way from a client to
    /// a room leads through here.
    ///
    /// # Errors
    /// `account_unknown`, `unit_or_point_unknown`, `case_unknown`, `visit_id_taken`; the store's.
    pub async fn complete(&self, session: SessionId, command: Command) -> Result<Command, Refusal> {
        directory::complete(&self.services.store, session, command).await
    }

    /// Hands an event of the media plane to its room.
    pub async fn engine_event(&self, event: EngineEvent) {
        let session = match &event {
            EngineEvent::Connected { room, .. }
            | EngineEvent::Alive { room, .. }
            | EngineEvent::Silent { room, .. }
            | EngineEvent::Gone { room, .. }
            | EngineEvent::Source { room, .. }
            | EngineEvent::Levels { room, .. }
            | EngineEvent::Quality { room, .. } => *room,
        };
        self.tell(session, Message::Engine(event)).await;
    }

    /// Hands an event of the recorder to its room. A room that has ended is opened again: it finds by itself which files
    /// of its log are finished.
    pub async fn recorder_event(&self, event: RecorderEvent) {
        let session = event.target().session;
        if !self.tell(session, Message::Recorder(event)).await {
            let registry = self.clone();
            tokio::spawn(async move {
                if let Err(refusal) = registry.open(session).await {
                    tracing::warn!(%session, code = refusal.code, "a recording without a room");
                }
            });
        }
    }

    async fn tell(&self, session: SessionId, message: Message) -> bool {
        let place = lock(&self.places).get(&session).cloned();
        match place.and_then(|place| place.room()) {
            Some(room) => room.inbox.send(message).await.is_ok(),
            None => false,
        }
    }

    /// From now on nothing of any room is forwarded or recorded: what the recorder has is the whole recording.
    pub fn silence(&self) {
        self.stopping.store(true, Ordering::Release);
        for session in self.running().keys() {
            self.services.engine.close_room(*session);
        }
    }

    fn running(&self) -> HashMap<SessionId, RoomHandle> {
        lock(&self.places).iter().filter_map(|(session, place)| Some((*session, place.room()?))).collect()
    }

    /// Orderly stop of all rooms: what is decided is committed, wires are told when to come back.
    pub async fn shutdown(&self) {
        self.stopping.store(true, Ordering::Release);
        for room in self.running().into_values() {
            room.stop().await;
        }
    }
}

/// Genesis is 0.
const PROPOSAL_SEQ: i64 = 1;

/// Whether two proposals ask for the same. Names of points are the directory's and may have changed since.
fn same_words(one: &Proposal, other: &Proposal) -> bool {
    let asked = |proposal: &Proposal| {
        let nameless =
            |point: &SessionPoint| SessionPoint { name: String::new(), address: String::new(), ..point.clone() };
        Proposal { points: proposal.points.iter().map(nameless).collect(), ..proposal.clone() }
    };
    asked(one) == asked(other)
}

/// A failure of the store as a refusal.
pub(super) fn refusal(error: StoreError) -> Refusal {
    tracing::error!(code = error.code(), "the store refused a room");
    match error {
        StoreError::Unavailable(_) => Refusal::new("store_unavailable"),
        StoreError::Constraint { .. } => Refusal::new("unit_or_point_unknown"),
        StoreError::LeaseHeld { .. } | StoreError::LeaseLost => Refusal::new("room_elsewhere"),
        _ => Refusal::new("log_unreadable"),
    }
}
