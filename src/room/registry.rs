//! Rooms by session: started on demand, also long before and after the call, and again after they were lost.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, mpsc};

use super::flight::{self, Queue};
use super::handle::{Message, RoomHandle};
use super::live::{Book, Draft, Live};
use super::publish::Publisher;
use super::recording::RecordKeys;
use super::state::Logged;
use super::task::{End, Task};
use crate::clock::{Clock, SharedClock};
use crate::domain::actor::Actor;
use crate::domain::chain::{GENESIS_KIND, Hash, Scope};
use crate::domain::event::{Event, Proposal};
use crate::domain::ids::{CommandId, PointId, SessionId, UserId};
use crate::domain::refusal::Refusal;
use crate::domain::session::SessionStatus;
use crate::limits;
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
    /// One number of the register at a time.
    pub register: Arc<Mutex<()>>,
}

/// All rooms of this process. Cheap to clone.
#[derive(Clone)]
pub struct Registry {
    services: Arc<Services>,
    rooms: Arc<Mutex<HashMap<SessionId, RoomHandle>>>,
}

/// A lease of a process that died runs out; until then a room cannot be opened.
const LEASE_PATIENCE: Duration = Duration::from_millis(500);
const LEASE_TRIES: usize = 40;

impl Registry {
    /// No room is open yet.
    pub fn new(services: Arc<Services>) -> Self {
        Self { services, rooms: Arc::default() }
    }

    /// What rooms work with.
    pub fn services(&self) -> &Arc<Services> {
        &self.services
    }

    /// The room of a session; opened from its log when it is not running.
    pub async fn open(&self, session: SessionId) -> Result<RoomHandle, Refusal> {
        let mut rooms = self.rooms.lock().await;
        if let Some(room) = rooms.get(&session).filter(|room| !room.inbox.is_closed()) {
            return Ok(room.clone());
        }
        let room = self.start(session).await?;
        rooms.insert(session, room.clone());
        Ok(room)
    }

    /// A new session: its log begins with genesis and proposal. A repeated request finds it there.
    pub async fn create(&self, actor: Actor, new: NewSession) -> Result<i64, Refusal> {
        let services = &self.services;
        let now = services.clock.now();
        let session = new.id;
        let epoch = services.store.take_lease(session, &services.node, now).await.map_err(refusal)?;
        let mut append = Append::new(session, epoch, 0, (services.clock.boot(), services.clock.mono_us(), now));
        let command = CommandId(session.0);
        let genesis = services.store.genesis(session, services.rules, now).map_err(refusal)?;
        append.events.push(NewEvent::genesis(&genesis, command));
        let proposal = Event::SessionProposed(Proposal {
            session,
            unit: new.unit,
            title: new.title,
            kind: new.kind,
            starts_at: new.starts_at,
            grounds: new.grounds,
            points: new.points,
        });
        append.events.push(NewEvent {
            kind: proposal.kind(),
            v: 1,
            command_id: command,
            part: 1,
            actor: actor.label(),
            scope: Scope::Session,
            body: serde_json::to_vec(&proposal).unwrap_or_default(),
        });
        append.scopes.push((Scope::Session, Wrap::Normal));
        append.rows = super::project::proposed(&proposal, now).map_err(refusal)?;
        let appended = services.store.append(append).await.map_err(refusal)?;
        let room = self.open(session).await?;
        let mut seq = i64::try_from(appended.head.0).unwrap_or(0);
        if appended.replayed {
            return Ok(seq);
        }
        for function in new.functions {
            let account = services.store.account(function.user).await.map_err(refusal)?;
            let account = account.ok_or(Refusal::new("account_unknown").field("functions.user"))?.user;
            let command = Command::AssignFunction {
                user: function.user,
                name: account.name,
                title: account.title,
                function: function.function,
                point: function.point,
            };
            seq = room.command(actor.clone(), CommandId(services.clock.new_id()), command).await?;
        }
        for registration in new.visits {
            let command = Command::RegisterVisit { registration };
            seq = room.command(actor.clone(), CommandId(services.clock.new_id()), command).await?;
        }
        Ok(seq)
    }

    /// Hands an event of the media plane to its room.
    pub async fn engine_event(&self, event: EngineEvent) {
        let room = match &event {
            EngineEvent::Connected { room, .. }
            | EngineEvent::Alive { room, .. }
            | EngineEvent::Silent { room, .. }
            | EngineEvent::Gone { room, .. }
            | EngineEvent::Source { room, .. }
            | EngineEvent::Levels { room, .. }
            | EngineEvent::Quality { room, .. } => *room,
        };
        self.tell(room, Message::Engine(event)).await;
    }

    /// Hands an event of the recorder to its room.
    pub async fn recorder_event(&self, event: RecorderEvent) {
        self.tell(event.target().session, Message::Recorder(event)).await;
    }

    async fn tell(&self, session: SessionId, message: Message) {
        let room = self.rooms.lock().await.get(&session).cloned();
        if let Some(room) = room
            && room.inbox.send(message).await.is_err()
        {
            tracing::debug!("a room ended before its media");
        }
    }

    /// Orderly stop of all rooms: what is decided is committed, wires are told when to come back.
    pub async fn shutdown(&self) {
        let rooms: Vec<RoomHandle> = self.rooms.lock().await.drain().map(|(_, room)| room).collect();
        for room in rooms {
            room.stop().await;
        }
    }

    /// Load, fold, go on: the same path as a first start.
    async fn start(&self, session: SessionId) -> Result<RoomHandle, Refusal> {
        let services = &self.services;
        let epoch = self.lease(session).await?;
        let stored = services.store.load(session, 0).await.map_err(refusal)?;
        if stored.is_empty() {
            return Err(Refusal::new("session_unknown"));
        }
        let mut book = Book { state: super::state::State::empty(), ..Book::default() };
        let mut commands = HashMap::new();
        let mut last = services.clock.now();
        let mut head_hash = String::new();
        for event in stored {
            let header = &event.item.header;
            head_hash = event.item.hash.to_string();
            let seq = i64::try_from(header.seq).unwrap_or(i64::MAX);
            last = jiff::Timestamp::from_microsecond(header.at_us).unwrap_or(last);
            let body = match event.body {
                Some(body) if header.kind != GENESIS_KIND && header.scope != Scope::Open => {
                    let parsed: Result<Event, _> = serde_json::from_slice(&body);
                    Some(parsed.map_err(|_| Refusal::new("log_unreadable"))?)
                }
                _ => None,
            };
            flight::apply(&mut book, &Logged { seq, at: last, actor: header.actor.clone(), event: body });
            commands.insert(header.command_id, seq);
        }
        self.load_drafts(session, &mut book).await?;
        let resumed = resumed(&book, services.clock.as_ref(), last);
        let (own, inbox) = mpsc::channel(limits::ROOM_QUEUE);
        let now = services.clock.now();
        let live = Live { missing: cut(&book).map(|point| (point, now)).collect(), ..Live::default() };
        let task = Task {
            session,
            services: Arc::clone(services),
            epoch,
            head_hash,
            queue: Queue::new(book.clone()),
            book,
            live,
            publisher: Publisher::default(),
            commands,
            plan: Default::default(),
            slots_sent: HashMap::new(),
            former_points: HashMap::new(),
            text_logged_at: now,
            recorder_checked_at: jiff::Timestamp::UNIX_EPOCH,
            lines: Default::default(),
            wall_offset_us: now.as_microsecond().saturating_sub(services.clock.mono_us()),
            stale: false,
            inbox,
            own: own.clone(),
            stopping: None,
        };
        task.fetch_keys().await;
        task.find_closed();
        tokio::spawn(async move {
            if matches!(task.run(resumed).await, End::Lost) {
                tracing::warn!(%session, "the room's log belongs to another process now");
            }
        });
        Ok(RoomHandle { inbox: own })
    }

    async fn lease(&self, session: SessionId) -> Result<u64, Refusal> {
        let services = &self.services;
        for _ in 0..LEASE_TRIES {
            match services.store.take_lease(session, &services.node, services.clock.now()).await {
                Ok(epoch) => return Ok(epoch),
                Err(StoreError::LeaseHeld { .. }) => tokio::time::sleep(LEASE_PATIENCE).await,
                Err(error) => return Err(refusal(error)),
            }
        }
        Err(Refusal::new("room_elsewhere"))
    }

    async fn load_drafts(&self, session: SessionId, book: &mut Book) -> Result<(), Refusal> {
        let visits: Vec<_> = book.state.visits.keys().copied().collect();
        for visit in visits {
            for block in self.services.store.minutes_blocks(session, visit).await.map_err(refusal)? {
                let (Some(kind), Some(text)) = (flight::block_kind(&block.kind), block.text) else { continue };
                let left = book.state.visits.get(&visit).and_then(|visit| visit.left_blocks.get(&block.block));
                let draft = Draft {
                    kind,
                    revision: block.revision,
                    text,
                    author: block.author.parse().unwrap_or(UserId(uuid::Uuid::nil())),
                    saved_at: block.at,
                    logged_revision: left.map_or(0, |(_, revision, _)| *revision),
                };
                book.drafts.entry(visit).or_default().insert(block.block, draft);
            }
        }
        Ok(())
    }
}

/// After a restart in mid-session every linked point has been cut since the last sign of life.
fn resumed(book: &Book, clock: &dyn Clock, last: jiff::Timestamp) -> Vec<Event> {
    if !book.state.status().is_some_and(SessionStatus::is_live) {
        return Vec::new();
    }
    let lost = cut(book).map(|point| Event::PointLost { point, since: last });
    std::iter::once(Event::ServerStarted { boot: clock.boot() }).chain(lost).collect()
}

/// Points that were linked when the process ended. They have from now on as long to come back as after any other loss.
fn cut(book: &Book) -> impl Iterator<Item = PointId> {
    book.state.points.values().filter(|point| point.connected).map(|point| point.about.point)
}

/// A failure of the store as a refusal.
fn refusal(error: StoreError) -> Refusal {
    tracing::error!(code = error.code(), "the store refused a room");
    match error {
        StoreError::Unavailable(_) => Refusal::new("store_unavailable"),
        StoreError::Constraint { .. } => Refusal::new("unit_or_point_unknown"),
        StoreError::LeaseHeld { .. } | StoreError::LeaseLost => Refusal::new("room_elsewhere"),
        _ => Refusal::new("log_unreadable"),
    }
}
