//! A room from its log: load, fold, go on. The same path for a first start, after a crash and after a rest.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc;

use super::flight::{self, Queue};
use super::handle::RoomHandle;
use super::live::{Book, Draft, Live};
use super::publish::Publisher;
use super::registry::{Services, refusal};
use super::state::{Logged, State};
use super::task::{End, Task};
use crate::clock::Clock;
use crate::domain::chain::{GENESIS_KIND, Scope};
use crate::domain::event::{Event, SegmentMark};
use crate::domain::ids::{CommandId, PointId, SessionId, UserId};
use crate::domain::refusal::Refusal;
use crate::domain::session::SessionStatus;
use crate::limits;
use crate::media::plan::RecordTarget;
use crate::media::record::RecordKey;
use crate::store::{StoreError, StoredEvent};

/// A lease of a process that died runs out; until then a room cannot be opened.
const LEASE_PATIENCE: Duration = Duration::from_millis(500);
const LEASE_TRIES: usize = 40;

/// What a log comes to.
struct Folded {
    book: Book,
    commands: HashMap<CommandId, i64>,
    /// Time and hash of the newest event.
    last: Option<Timestamp>,
    head_hash: String,
}

/// Takes the log, folds it and lets its room run.
pub(super) async fn start(services: &Arc<Services>, session: SessionId) -> Result<RoomHandle, Refusal> {
    let epoch = lease(services, session).await?;
    let stored = services.store.load(session, 0).await.map_err(refusal)?;
    if stored.is_empty() {
        return Err(Refusal::new("session_unknown"));
    }
    // A long log takes long enough to keep others waiting.
    let folded = tokio::task::spawn_blocking(move || fold(stored)).await;
    let Folded { mut book, commands, last, head_hash } = folded.map_err(|_| Refusal::new("log_unreadable"))??;
    load_drafts(services, session, &mut book).await?;
    let clock = services.clock.as_ref();
    let now = clock.now();
    let mut first = finished_files(services, session, &book.state).await;
    first.extend(resumed(&book, clock, last.unwrap_or(now)));
    let (own, inbox) = mpsc::channel(limits::ROOM_QUEUE);
    let live = Live { missing: cut(&book).map(|point| (point, now)).collect(), ..Live::default() };
    let served = book.state.points.values().filter(|point| point.seen).map(|point| point.about.point).collect();
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
        served,
        text_logged_at: now,
        recorder_checked_at: Timestamp::UNIX_EPOCH,
        lines: Default::default(),
        selfcheck: Default::default(),
        echoes: Default::default(),
        wall_offset_us: now.as_microsecond().saturating_sub(clock.mono_us()),
        stale: false,
        due_since: None,
        rest: super::rest::Rest::new(now),
        inbox,
        own: own.clone(),
        stopping: None,
    };
    task.fetch_keys().await;
    tokio::spawn(async move {
        match task.run(first).await {
            End::Lost => tracing::warn!(%session, "the room's log belongs to another process now"),
            End::Rested => tracing::debug!(%session, "nobody was in the room any more"),
            End::Stopped => {}
        }
    });
    Ok(RoomHandle { inbox: own })
}

async fn lease(services: &Services, session: SessionId) -> Result<u64, Refusal> {
    for _ in 0..LEASE_TRIES {
        match services.store.take_lease(session, &services.node, services.clock.now()).await {
            Ok(epoch) => return Ok(epoch),
            Err(StoreError::LeaseHeld { .. }) => tokio::time::sleep(LEASE_PATIENCE).await,
            Err(error) => return Err(refusal(error)),
        }
    }
    Err(Refusal::new("room_elsewhere"))
}

fn fold(stored: Vec<StoredEvent>) -> Result<Folded, Refusal> {
    let book = Book { state: State::empty(), ..Book::default() };
    let mut folded = Folded { book, commands: HashMap::new(), last: None, head_hash: String::new() };
    for event in stored {
        let header = &event.item.header;
        folded.head_hash = event.item.hash.to_string();
        let seq = i64::try_from(header.seq).unwrap_or(i64::MAX);
        let at = Timestamp::from_microsecond(header.at_us).map_err(|_| Refusal::new("log_unreadable"))?;
        folded.last = Some(at);
        let body = match event.body {
            Some(body) if header.kind != GENESIS_KIND && header.scope != Scope::Open => {
                let parsed: Result<Event, _> = serde_json::from_slice(&body);
                Some(parsed.map_err(|_| Refusal::new("log_unreadable"))?)
            }
            _ => None,
        };
        flight::apply(&mut folded.book, &Logged { seq, at, actor: header.actor.clone(), event: body });
        folded.commands.insert(header.command_id, seq);
    }
    Ok(folded)
}

async fn load_drafts(services: &Services, session: SessionId, book: &mut Book) -> Result<(), Refusal> {
    let visits: Vec<_> = book.state.visits.keys().copied().collect();
    for visit in visits {
        for block in services.store.minutes_blocks(session, visit).await.map_err(refusal)? {
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

/// Files that are finished on the disk and open in the log: their end was told to nobody. Looked at wherever a room
/// begins, so that no way of ending a process loses the end of a recording.
async fn finished_files(services: &Arc<Services>, session: SessionId, state: &State) -> Vec<Event> {
    let mut events = Vec::new();
    for segment in state.segments.values().filter(|segment| !segment.closed) {
        let target = RecordTarget { session, visit: segment.visit };
        let scope = segment.visit.map_or(Scope::Session, Scope::Visit);
        let Ok(key) = services.store.recording_key(session, scope).await else { continue };
        let (recorder, key, id) = (Arc::clone(&services.recorder), RecordKey(*key.expose()), segment.mark.segment);
        let found = tokio::task::spawn_blocking(move || recorder.finished(target, id, &key)).await;
        let Ok(Some(file)) = found else { continue };
        let mark = SegmentMark {
            bytes: file.bytes,
            sha256: file.sha256,
            duration_ms: file.duration_ms,
            ..segment.mark.clone()
        };
        events.push(Event::SegmentClosed { visit: segment.visit, mark });
    }
    events
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
