//! What is decided and not yet stored. Commands that arrive while a commit is in flight decide on top of it and share
//! the next commit; when a commit fails, everything decided since is refused.

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;

use super::decide::{Decision, Filing, LeaseChange};
use super::handle::Reply;
use super::live::{Book, DraftWrite};
use super::owed::{self, Owed};
use super::project::{self, Before};
use super::state::Logged;
use crate::domain::actor::Actor;
use crate::domain::chain::CheckpointReason;
use crate::domain::event::{Event, SegmentMark};
use crate::domain::ids::{BlockId, CommandId, SegmentId, SessionId, UserId};
use crate::domain::people::Class;
use crate::domain::session::SessionStatus;
use crate::domain::visit::{BlockKind, VisitAct};
use crate::protocol::command::Command;
use crate::store::keys::Wrap;
use crate::store::{Append, NewEvent, SaveBlock, Statement, StoreError};

/// One decided command.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) id: CommandId,
    pub(super) actor: String,
    pub(super) user: UserId,
    pub(super) user_name: String,
    pub(super) decision: Decision,
    /// Rows of the office that follow from its events; read from the book ahead when they are applied to it.
    pub(super) rows: Result<Vec<Statement>, StoreError>,
    pub(super) replies: Vec<Reply>,
    /// What was asked, to decide it again; `None` for what the server brought about.
    pub(super) asked: Option<Asked>,
    /// The register's lock: dropped with the command, when its number is stored or refused.
    pub(super) _register: Option<tokio::sync::OwnedMutexGuard<()>>,
}

/// A command as it came, with what was read for it.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) actor: Actor,
    pub(super) command: Command,
    pub(super) filing: Option<Filing>,
}

impl Pending {
    /// A command that has not been decided yet.
    pub(super) fn of(
        id: CommandId,
        asked: Asked,
        reply: Reply,
        register: Option<tokio::sync::OwnedMutexGuard<()>>,
    ) -> Self {
        Self {
            id,
            actor: asked.actor.label(),
            user: asked.actor.user,
            user_name: asked.actor.name.clone(),
            decision: Decision::default(),
            rows: Ok(Vec::new()),
            replies: vec![reply],
            asked: Some(asked),
            _register: register,
        }
    }
}

/// Decided commands in order, and the book as it will be.
pub(super) struct Queue {
    pub(super) ahead: Book,
    pub(super) waiting: Vec<Pending>,
    /// Commands whose commit is running, with the replies to those that were sent again meanwhile.
    flying: BTreeMap<CommandId, Vec<Reply>>,
    /// The moment all events of the next commit carry.
    pub(super) at: Option<Timestamp>,
    /// The tables refused something in a commit: these go one by one, each decided anew and stored alone, so that only
    /// the one that is wrong is refused.
    pub(super) alone: VecDeque<Pending>,
    /// What happened and could not be stored.
    pub(super) owed: Owed,
}

impl Queue {
    pub(super) fn new(book: Book) -> Self {
        let (alone, owed) = Default::default();
        Self { ahead: book, waiting: Vec::new(), flying: BTreeMap::new(), at: None, alone, owed }
    }

    /// After a commit that failed: what was decided on top of it is handed back, the book ahead is the stored one.
    pub(super) fn restart(&mut self, book: Book) -> Vec<Pending> {
        self.ahead = book;
        self.flying.clear();
        self.at = None;
        std::mem::take(&mut self.waiting)
    }

    /// Nothing is decided that is not stored.
    pub(super) fn is_idle(&self, stored: &Book) -> bool {
        self.alone.is_empty() && self.ahead.state.seq == stored.state.seq
    }

    /// What is known of a file, stored or not.
    pub(super) fn segment(&self, segment: SegmentId) -> Option<SegmentMark> {
        let stored = self.ahead.state.segments.get(&segment).map(|known| &known.mark);
        let decided = || self.alone.iter().flat_map(|pending| &pending.decision.events).rev().filter_map(owed::mark_of);
        let known = stored.or_else(|| decided().find(|mark| mark.segment == segment));
        known.or_else(|| self.owed.mark(segment)).cloned()
    }

    /// Whether the log has the end of a file.
    pub(super) fn is_closed(&self, segment: SegmentId) -> bool {
        self.ahead.state.segments.get(&segment).is_some_and(|known| known.closed)
    }

    /// Puts a decision on top; its events are applied to the book ahead, and what they make of the office's tables is
    /// read from there.
    pub(super) fn push(&mut self, mut pending: Pending, now: Timestamp) {
        let at = *self.at.get_or_insert(now);
        let mut projected = Vec::new();
        for event in &pending.decision.events {
            let seq = self.ahead.state.seq.saturating_add(1);
            let before = Before::of(&self.ahead.state);
            apply(&mut self.ahead, &Logged { seq, at, actor: pending.actor.clone(), event: Some(event.clone()) });
            projected.push(project::rows(before, &self.ahead.state, event, at));
        }
        let projected: Result<Vec<Vec<Statement>>, StoreError> = projected.into_iter().collect();
        pending.rows = projected.map(|rows| rows.into_iter().flatten().collect());
        for draft in &pending.decision.drafts {
            self.ahead.write(draft);
        }
        self.waiting.push(pending);
    }

    /// Adds a reply to a decided command that was sent again. Decided twice it would be in the log twice, which the
    /// store refuses together with everything that shares its commit.
    pub(super) fn join(&mut self, id: CommandId, reply: Reply) -> Result<(), Reply> {
        let decided = self.waiting.iter_mut().chain(&mut self.alone);
        let waiting = decided.into_iter().find(|pending| pending.id == id).map(|pending| &mut pending.replies);
        match waiting.or_else(|| self.flying.get_mut(&id)) {
            Some(replies) => {
                replies.push(reply);
                Ok(())
            }
            None => Err(reply),
        }
    }

    /// The commit that was running has an answer: whoever asked meanwhile gets it too.
    pub(super) fn land(&mut self, batch: &mut [Pending]) {
        let mut flying = std::mem::take(&mut self.flying);
        for pending in batch {
            pending.replies.extend(flying.remove(&pending.id).unwrap_or_default());
        }
    }

    /// Takes what goes into the next commit.
    pub(super) fn take(&mut self) -> (Vec<Pending>, Option<Timestamp>) {
        let events = |pending: &Pending| pending.decision.events.len();
        let mut room = crate::limits::APPEND_EVENTS;
        let mut count = 0_usize;
        for pending in &self.waiting {
            let needed = events(pending);
            if needed > room && count > 0 {
                break;
            }
            room = room.saturating_sub(needed);
            count = count.saturating_add(1);
        }
        let rest = self.waiting.split_off(count.min(self.waiting.len()));
        let taken = std::mem::replace(&mut self.waiting, rest);
        self.flying = taken.iter().map(|pending| (pending.id, Vec::new())).collect();
        let at = self.at;
        if self.waiting.is_empty() {
            self.at = None;
        }
        (taken, at)
    }
}

/// Whether the store refuses something that was asked of it, as against being away: the rest of the commit is innocent.
pub(super) fn is_of_content(error: &StoreError) -> bool {
    use StoreError::{Constraint, Duplicate, Invalid, ScopeErased, Stale};
    matches!(error, Constraint { .. } | Stale { .. } | Invalid { .. } | Duplicate { .. } | ScopeErased(_))
}

/// Applies an event to the book: the state, and what the log knows of the drafts.
pub(super) fn apply(book: &mut Book, logged: &Logged) {
    book.state.apply(logged);
    if let Some(Event::BlockLeft { visit, block, revision, .. }) = &logged.event
        && let Some(draft) = book.drafts.get_mut(visit).and_then(|blocks| blocks.get_mut(block))
    {
        draft.logged_revision = draft.logged_revision.max(*revision);
    }
}

/// The store's form of a batch. `None` when the batch has no events, only drafts.
pub(super) fn to_append(mut append: Append, batch: &[Pending]) -> Option<Append> {
    for pending in batch {
        for (part, event) in pending.decision.events.iter().enumerate() {
            append.events.push(NewEvent {
                kind: event.kind(),
                v: event.version(),
                command_id: pending.id,
                part: u32::try_from(part).unwrap_or(u32::MAX),
                actor: pending.actor.clone(),
                scope: event.scope(),
                body: serde_json::to_vec(event).unwrap_or_default(),
            });
            match event {
                Event::VisitRegistered(registration) if registration.class == Class::Restricted => {
                    append.scopes.push((event.scope(), Wrap::Restricted));
                }
                Event::ClassRaised { .. } => append.scopes.push((event.scope(), Wrap::Restricted)),
                _ => {}
            }
            append.checkpoint = checkpoint_after(event).or(append.checkpoint);
        }
    }
    (!append.events.is_empty()).then_some(append)
}

/// What the events of a batch make of the office's tables.
pub(super) fn take_rows(batch: &mut [Pending]) -> Result<Vec<Statement>, StoreError> {
    let taken = batch.iter_mut().map(|pending| std::mem::replace(&mut pending.rows, Ok(Vec::new())));
    Ok(taken.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

/// A signed head at each freeze of minutes, of those that say that nobody came too, at `closed`, `minuted`, `archived`
/// (design §4).
fn checkpoint_after(event: &Event) -> Option<CheckpointReason> {
    match event {
        Event::TextFrozen { .. } | Event::VisitMoved { act: VisitAct::NoShow, .. } => Some(CheckpointReason::Frozen),
        Event::SessionMoved { to: SessionStatus::Closed, .. } => Some(CheckpointReason::Closed),
        Event::SessionMoved { to: SessionStatus::Minuted, .. } => Some(CheckpointReason::Minuted),
        Event::SessionMoved { to: SessionStatus::Archived, .. } => Some(CheckpointReason::Archived),
        _ => None,
    }
}

/// The store's form of a draft.
pub(super) fn to_save(session: SessionId, write: &DraftWrite) -> SaveBlock {
    SaveBlock {
        session,
        visit: write.visit,
        block: write.block,
        kind: block_kind_name(write.draft.kind),
        revision: write.draft.revision,
        text: write.draft.text.clone(),
        author: write.draft.author.to_string(),
        at: write.draft.saved_at,
    }
}

/// Code of a block's kind in the store.
pub(super) fn block_kind_name(kind: BlockKind) -> String {
    serde_json::to_value(kind).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// Reads what `block_kind_name` wrote.
pub(super) fn block_kind(name: &str) -> Option<BlockKind> {
    serde_json::from_value(serde_json::Value::String(name.to_owned())).ok()
}

/// Leases are of the moment: they change when their decision is committed.
pub(super) fn change_lease(leases: &mut BTreeMap<BlockId, super::live::Lease>, pending: &Pending, until: Timestamp) {
    match pending.decision.lease {
        Some(LeaseChange::Take(block)) => {
            let lease = super::live::Lease { user: pending.user, name: pending.user_name.clone(), until };
            leases.insert(block, lease);
        }
        Some(LeaseChange::Release(block)) => {
            leases.remove(&block);
        }
        None => {}
    }
}
