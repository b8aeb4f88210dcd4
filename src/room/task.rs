//! The task that owns one room: one message at a time, decide, persist, and only then publish.
//!
//! A commit runs beside the inbox; commands that arrive meanwhile decide on top (`flight`). A failed commit refuses
//! everything decided since the last good one, and nobody has seen any of it. A lost lease ends the room: another
//! process owns the log.

use std::collections::{BTreeSet, HashMap};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;

use super::decide::{self, Context};
use super::flight::{self, Asked, Pending, Queue};
use super::handle::{Closing, Message, Reply};
use super::live::{Book, Live};
use super::publish::Publisher;
use super::registry::Services;
use super::sections::View;
use super::state::Logged;
use super::{links, media_plan, owed};
use crate::domain::actor::Actor;
use crate::domain::chain::Checkpoint;
use crate::domain::event::Event;
use crate::domain::ids::{CommandId, ConnectionId, PointId, SessionId};
use crate::domain::refusal::Refusal;
use crate::domain::session::SessionStatus;
use crate::limits;
use crate::media::plan::Plan;
use crate::protocol::command::Command;
use crate::protocol::frame::{ServerBody, SlotView};
use crate::store::{Append, Appended, StoreError};

/// How often loss, leases, undo and slow wires are looked at; presence changes are published at most this often.
const TICK: Duration = Duration::from_millis(250);
/// Text that is being written goes to the log this often (design §4).
const LOG_TEXT_EVERY: SignedDuration = SignedDuration::from_secs(30);

/// A difference between the clocks that is a step and no drift.
const CLOCK_STEP_US: u64 = 1_000_000;

/// The running commit.
type Commit = Pin<Box<dyn Future<Output = Result<Option<Appended>, StoreError>> + Send>>;

/// One room.
pub(super) struct Task {
    pub(super) session: SessionId,
    pub(super) services: Arc<Services>,
    pub(super) epoch: u64,
    /// Hash of the newest event.
    pub(super) head_hash: String,
    pub(super) book: Book,
    pub(super) queue: Queue,
    pub(super) live: Live,
    pub(super) publisher: Publisher,
    /// Sequence of every command of the log: a repeated frame is answered, not repeated.
    pub(super) commands: HashMap<CommandId, i64>,
    pub(super) plan: Plan,
    pub(super) slots_sent: HashMap<ConnectionId, Vec<SlotView>>,
    /// Where wires that are gone belonged: their last files still come in.
    pub(super) former_points: HashMap<ConnectionId, PointId>,
    /// Points that had media here, or were linked before the server was started: where newcomers are refused they are not.
    pub(super) served: BTreeSet<PointId>,
    pub(super) text_logged_at: Timestamp,
    pub(super) recorder_checked_at: Timestamp,
    pub(super) lines: super::quality::Lines,
    pub(super) selfcheck: super::selfcheck::SelfCheck,
    pub(super) echoes: super::echo::Echoes,
    /// Wall clock minus monotonic clock, microseconds: a jump is a step of the clock.
    pub(super) wall_offset_us: i64,
    /// Presence or quality changed since the last publication.
    pub(super) stale: bool,
    /// Since when a publication waits for messages that may change more, microseconds of the monotonic clock.
    pub(super) due_since: Option<i64>,
    pub(super) rest: super::rest::Rest,
    pub(super) inbox: mpsc::Receiver<Message>,
    pub(super) own: mpsc::Sender<Message>,
    pub(super) stopping: Option<tokio::sync::oneshot::Sender<()>>,
}

/// Why the loop ended.
pub(super) enum End {
    Stopped,
    /// Nobody has asked for anything for a while.
    Rested,
    /// Another process owns the log, or the log is not where this room thought.
    Lost,
}

struct InFlight {
    commit: Commit,
    batch: Vec<Pending>,
    at: Timestamp,
}

impl Task {
    /// Runs until stopped or until the log belongs to another.
    pub(super) async fn run(mut self, first: Vec<Event>) -> End {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        self.by_itself(first);
        // What a restart has to say is stored before anybody is shown anything.
        if let Some(mut flight) = self.next_flight() {
            let result = flight.commit.as_mut().await;
            if let Err(end) = self.landed(flight, result) {
                return self.finish(end);
            }
        }
        let mut in_flight: Option<InFlight> = None;
        loop {
            if in_flight.is_none() {
                in_flight = self.next_flight();
            }
            if in_flight.is_none() {
                if self.rest.lost {
                    return self.finish(End::Lost);
                }
                if self.stopping.is_some() {
                    return self.finish(End::Stopped);
                }
                if self.rest.resting {
                    return self.finish(End::Rested);
                }
            }
            tokio::select! {
                biased;
                result = wait(&mut in_flight) => {
                    if let Some(flight) = in_flight.take()
                        && let Err(end) = self.landed(flight, result)
                    {
                        return self.finish(end);
                    }
                }
                message = self.inbox.recv(), if self.stopping.is_none() && !self.rest.resting => match message {
                    Some(message) => self.handle(message),
                    None => return self.finish(End::Stopped),
                },
                _ = tick.tick() => self.tick(),
            }
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.services.clock.now()
    }

    fn next_flight(&mut self) -> Option<InFlight> {
        while self.queue.waiting.is_empty() {
            let pending = self.queue.alone.pop_front()?;
            self.decide_pending(pending);
        }
        let now = self.now();
        let (mut batch, at) = self.queue.take();
        let at = at.unwrap_or(now);
        let clock = &self.services.clock;
        let next = u64::try_from(self.book.state.seq.saturating_add(1)).unwrap_or(0);
        let append = Append::new(self.session, self.epoch, next, (clock.boot(), clock.mono_us(), at));
        let saves: Vec<_> = batch
            .iter()
            .flat_map(|pending| pending.decision.drafts.iter())
            .map(|draft| flight::to_save(self.session, draft).statement())
            .collect();
        let store = self.services.store.clone();
        let rows = flight::take_rows(&mut batch);
        let commit: Commit = match flight::to_append(append, &batch) {
            Some(mut append) => {
                append.rows = saves;
                Box::pin(async move {
                    append.rows.extend(rows?);
                    store.append(append).await.map(Some)
                })
            }
            None if saves.is_empty() => Box::pin(async { Ok(None) }),
            None => Box::pin(async move { store.write_live(at, saves).await.map(|()| None) }),
        };
        Some(InFlight { commit, batch, at })
    }

    /// The commit has an answer: now, and only now, it is true for everybody.
    fn landed(&mut self, mut flight: InFlight, result: Result<Option<Appended>, StoreError>) -> Result<(), End> {
        self.queue.land(&mut flight.batch);
        match result {
            // Stored by an earlier try whose answer was lost: what this room thinks is not what the log says.
            Ok(Some(appended)) if appended.replayed => {
                self.refuse_all(flight.batch, Refusal::new("room_restarting"));
                Err(End::Lost)
            }
            Ok(appended) => {
                let signed = appended.as_ref().and_then(|appended| appended.checkpoint.clone());
                if let Some(appended) = appended {
                    self.head_hash = appended.head.1.to_string();
                }
                self.commit(flight);
                if let Some(signed) = signed {
                    self.give_away(&signed);
                }
                Ok(())
            }
            Err(StoreError::LeaseLost | StoreError::SeqConflict { .. }) => {
                self.refuse_all(flight.batch, Refusal::new("room_restarting"));
                Err(End::Lost)
            }
            Err(error) if flight::is_of_content(&error) => {
                tracing::warn!(session = %self.session, code = error.code(), "the tables refuse what was asked");
                self.one_by_one(flight.batch);
                Ok(())
            }
            Err(error) => {
                tracing::error!(session = %self.session, code = error.code(), "commit refused");
                self.refuse_all(flight.batch, Refusal::new("store_unavailable"));
                Ok(())
            }
        }
    }

    /// A signed head goes at once to every connected place, which keeps it (design §4): out of this house it is the only
    /// defence against a log rewritten as a whole.
    fn give_away(&mut self, signed: &Checkpoint) {
        let now = self.now();
        let file = signed.file(self.services.store.keys().installation());
        let seq = i64::try_from(signed.seq).unwrap_or(i64::MAX);
        let seated = self.live.wires.iter().filter(|(_, wire)| wire.actor.point.is_some());
        let connections: Vec<ConnectionId> = seated.map(|(connection, _)| *connection).collect();
        for connection in connections {
            let (reason, file) = (signed.reason.to_string(), file.clone());
            self.publisher.send(connection, ServerBody::Checkpoint { seq, reason, file }, now);
        }
    }

    fn commit(&mut self, flight: InFlight) {
        let before = self.book.state.status();
        for pending in flight.batch {
            for event in &pending.decision.events {
                let seq = self.book.state.seq.saturating_add(1);
                let logged = Logged { seq, at: flight.at, actor: pending.actor.clone(), event: Some(event.clone()) };
                flight::apply(&mut self.book, &logged);
                self.after_event(event);
            }
            for draft in &pending.decision.drafts {
                self.book.write(draft);
            }
            let seq = self.book.state.seq;
            self.commands.insert(pending.id, seq);
            for reply in pending.replies {
                self.reply(reply, pending.id, Ok(seq));
            }
        }
        if before != self.book.state.status() {
            self.live.end_asked_by = None;
            self.end_foreign();
        }
        self.refresh();
    }

    /// Everything decided since the last good commit never happened; everybody who asked is told. What happened to the
    /// room itself is owed to the log.
    fn refuse_all(&mut self, batch: Vec<Pending>, refusal: Refusal) {
        let later = self.queue.restart(self.book.clone());
        let alone = std::mem::take(&mut self.queue.alone);
        for pending in batch.into_iter().chain(later).chain(alone) {
            if pending.asked.is_none() {
                pending.decision.events.into_iter().for_each(|event| self.queue.owed.keep(event));
            }
            for reply in pending.replies {
                self.reply(reply, pending.id, Err(refusal));
            }
        }
        self.refresh();
    }

    /// A commit that the tables refuse names nobody: alone is who went alone, all others are decided again, each for
    /// itself.
    fn one_by_one(&mut self, mut batch: Vec<Pending>) {
        if let [_] = batch.as_slice()
            && let Some(wrong) = batch.pop()
        {
            if wrong.asked.is_none() {
                tracing::error!(session = %self.session, events = ?kinds(&wrong), "what the room wrote cannot be stored");
            }
            for reply in wrong.replies {
                self.reply(reply, wrong.id, Err(Refusal::new("reference_unknown")));
            }
        }
        let later = self.queue.restart(self.book.clone());
        let alone = std::mem::take(&mut self.queue.alone);
        self.queue.alone = batch.into_iter().chain(later).chain(alone).collect();
        self.refresh();
    }

    /// What follows from a committed event outside the log.
    fn after_event(&mut self, event: &Event) {
        match event {
            Event::TakeOver { point, to } => {
                let Some(browser) = self.live.wires.get(to).map(|wire| wire.actor.browser) else { return };
                self.live.main_browser.insert(*point, browser);
                self.live.absent.remove(point);
                if let Some(replaced) = self.live.main.insert(*point, *to).filter(|replaced| replaced != to) {
                    self.replaced(replaced);
                }
            }
            Event::MicrophoneOpened { point } => self.live.key_pressed(*point),
            Event::UnrecordedAllowed { .. } | Event::RecorderRecovered => self.live.unrecorded_asked = None,
            Event::VisitRegistered(_) | Event::SessionMoved { .. } => {
                tokio::spawn(self.fetch_keys());
            }
            Event::VisitMoved { visit, to, .. } if !to.is_on_stage() => {
                let digest = self.lines.digest(*visit);
                self.by_itself(digest);
            }
            _ => {}
        }
    }

    /// Publishes once for all messages that wait: when 300 points come back together, once for each of them would keep
    /// the room busy for minutes.
    pub(super) fn refresh_soon(&mut self) {
        self.due_since.get_or_insert(self.services.clock.mono_us());
        self.refresh_if_due();
    }

    /// After each message. Whoever goes on sending does not keep others waiting.
    pub(super) fn refresh_if_due(&mut self) {
        let Some(since) = self.due_since else { return };
        let waited_us = self.services.clock.mono_us().saturating_sub(since);
        if self.inbox.is_empty() || waited_us >= TICK.as_micros() as i64 {
            self.refresh();
        }
    }

    /// Publishes the state and the plan as they are now.
    pub(super) fn refresh(&mut self) {
        let now = self.now();
        self.stale = false;
        self.due_since = None;
        self.publisher.publish(&View::of(&self.book, &self.live, now));
        let plan = media_plan::plan(self.session, &self.book.state, &self.live);
        if plan != self.plan {
            self.services.engine.set_plan(self.session, plan.clone());
            let before = std::mem::replace(&mut self.plan, plan);
            self.plan_changed(&before);
        }
        let connections: Vec<ConnectionId> = self.publisher.connections().collect();
        for connection in connections {
            let slots = media_plan::slot_points(&self.plan, &self.live, connection);
            if self.slots_sent.get(&connection) != Some(&slots) {
                self.publisher.send(connection, ServerBody::Slots { slots: slots.clone() }, now);
                self.slots_sent.insert(connection, slots);
            }
        }
    }

    /// Decides a command of an actor and queues what it comes to.
    pub(super) fn decide(&mut self, actor: Actor, id: CommandId, command: Command, reply: Reply) {
        if let Some(seq) = self.commands.get(&id).copied() {
            return self.reply(reply, id, Ok(seq));
        }
        let reply = match self.queue.join(id, reply) {
            Ok(()) => return,
            Err(reply) => reply,
        };
        match command {
            Command::EndVisit { visit } => self.read_register(actor, id, visit, reply),
            Command::CloseHearing { ref card, .. } => {
                let unit = card.unit;
                self.read_unit(Pending::of(id, Asked { actor, command, filing: None }, reply, None), unit);
            }
            command => self.decide_now(Pending::of(id, Asked { actor, command, filing: None }, reply, None)),
        }
    }

    /// Decides now, or in its turn while commands go one by one.
    pub(super) fn decide_now(&mut self, pending: Pending) {
        if self.queue.alone.is_empty() {
            self.decide_pending(pending);
        } else {
            self.queue.alone.push_back(pending);
        }
    }

    fn decide_pending(&mut self, pending: Pending) {
        let now = self.now();
        let Some(Asked { actor, command, filing }) = &pending.asked else { return self.queue.push(pending, now) };
        let clock = &self.services.clock;
        let (fresh, filing) = ([clock.new_id(), clock.new_id()], filing.as_ref());
        let context = Context { book: &self.queue.ahead, live: &self.live, actor, now, fresh, filing };
        match decide::decide(&context, command) {
            Ok(decision) => self.take(Pending { decision, ..pending }, now),
            Err(refusal) => {
                for reply in pending.replies {
                    self.reply(reply, pending.id, Err(refusal));
                }
            }
        }
    }

    fn take(&mut self, pending: Pending, now: Timestamp) {
        if let Some(reason) = &pending.decision.ask_unrecorded {
            self.live.unrecorded_asked = Some((pending.user, reason.clone()));
            self.stale = true;
        }
        if pending.decision.ask_end {
            self.live.end_asked_by = Some(pending.user);
        }
        let lease = SignedDuration::try_from(limits::BLOCK_LEASE).unwrap_or(SignedDuration::from_secs(10));
        flight::change_lease(&mut self.live.leases, &pending, now.checked_add(lease).unwrap_or(now));
        if pending.decision.lease.is_some() {
            self.stale = true;
        }
        self.queue.push(pending, now);
    }

    /// Events the server brings about: no actor, its own command id. What is owed goes first.
    pub(super) fn by_itself(&mut self, mut events: Vec<Event>) {
        if !self.queue.owed.is_empty() {
            for event in events.extract_if(.., |event| owed::is_told_once(event)) {
                self.queue.owed.keep(event);
            }
        }
        if events.is_empty() {
            return;
        }
        let pending = Pending {
            id: CommandId(self.services.clock.new_id()),
            actor: "system".to_owned(),
            user: crate::domain::ids::UserId(uuid::Uuid::nil()),
            user_name: String::new(),
            decision: events.into(),
            rows: Ok(Vec::new()),
            replies: Vec::new(),
            asked: None,
            _register: None,
        };
        self.decide_now(pending);
    }

    /// What could not be stored is tried again, at the pace of the room's turns.
    fn pay_what_is_owed(&mut self) {
        let owed = self.queue.owed.take();
        for part in owed.chunks(limits::APPEND_EVENTS) {
            self.by_itself(part.to_vec());
        }
    }

    fn tick(&mut self) {
        let now = self.now();
        self.watch_clock(now);
        let points: Vec<_> = self.book.state.points.keys().copied().collect();
        for point in points {
            let before = self.live.main.get(&point).copied();
            links::elect_main(&mut self.live, point, now);
            self.stale |= self.live.main.get(&point).copied() != before;
        }
        // Nothing new is decided while a decision about the same thing is on its way.
        self.watch_recorder();
        if self.queue.is_idle(&self.book) {
            self.pay_what_is_owed();
            let missing: Vec<_> = self.live.missing.keys().copied().collect();
            let mut events = links::reconcile(&self.book.state, &mut self.live, now);
            // A cut too short for the log was shown all the same: so is its end.
            self.stale |= !self.live.missing.keys().copied().eq(missing);
            // One of them moves the session; the next turn sees it moved.
            let moves = [
                decide::interrupt_for_loss(&self.book.state, &self.live, now),
                decide::follow_recorder(&self.book.state, &self.live),
                decide::close_after_undo(&self.book.state, now),
            ];
            events.extend(moves.into_iter().find(|events| !events.is_empty()).unwrap_or_default());
            if now.duration_since(self.text_logged_at) >= LOG_TEXT_EVERY {
                self.text_logged_at = now;
                events.extend(decide::unlogged_text(&self.book));
            }
            self.by_itself(events);
        }
        let leases = self.live.leases.len();
        self.live.leases.retain(|_, lease| lease.until > now);
        if self.stale || self.due_since.is_some() || leases != self.live.leases.len() {
            self.refresh();
        }
        self.publisher.nurse(now);
        self.check_recorder();
        self.watch_lease(now);
        self.rest_when_idle(now);
    }

    /// A step of more than a second is an event: order is the sequence, durations are monotonic (design §4).
    fn watch_clock(&mut self, now: Timestamp) {
        let offset = now.as_microsecond().saturating_sub(self.services.clock.mono_us());
        let delta_us = offset.saturating_sub(self.wall_offset_us);
        if delta_us.unsigned_abs() > CLOCK_STEP_US {
            self.wall_offset_us = offset;
            self.by_itself(vec![Event::ClockStepped { delta_us }]);
        }
    }

    pub(super) fn reply(&mut self, reply: Reply, re: CommandId, result: Result<i64, Refusal>) {
        match reply {
            Reply::Rest(answer) => {
                if answer.send(result).is_err() {
                    tracing::debug!("an office page left before its answer");
                }
            }
            Reply::Wire(connection) => {
                let now = self.now();
                let body = match result {
                    Ok(seq) => ServerBody::Done { re, seq },
                    Err(refusal) => refused(re, &refusal),
                };
                self.publisher.send(connection, body, now);
            }
        }
    }

    fn finish(mut self, end: End) -> End {
        let lost = matches!(end, End::Lost);
        if lost {
            // An erased visit must not be recorded, nor opened, by a key that is at hand.
            self.services.record_keys.forget(self.session);
        }
        let batch = std::mem::take(&mut self.queue.waiting);
        self.refuse_all(batch, Refusal::new("room_restarting"));
        let connections: Vec<ConnectionId> = self.publisher.connections().collect();
        for (n, connection) in connections.into_iter().enumerate() {
            // Spread, so that 300 points do not come back in one instant.
            let retry_ms = 200_u64.saturating_add(u64::try_from(n % 20).unwrap_or(0).saturating_mul(50));
            self.publisher.close(connection, Closing { code: 1012, reason: "server_restarts", retry_ms });
        }
        if lost || !self.book.state.status().is_some_and(SessionStatus::is_live) {
            self.services.engine.close_room(self.session);
        }
        if let Some(stopped) = self.stopping.take()
            && stopped.send(()).is_err()
        {
            tracing::debug!("nobody waits for this room to stop");
        }
        end
    }
}

/// A refusal as a frame, with its sentence in both languages.
pub(super) fn refused(re: CommandId, refusal: &Refusal) -> ServerBody {
    let sentence = crate::text::refusal(refusal.code);
    ServerBody::Refused {
        re,
        code: refusal.code.to_owned(),
        field: refusal.field.map(str::to_owned),
        citation: refusal.citation.map(str::to_owned),
        vi: sentence.vi.to_owned(),
        en: sentence.en.to_owned(),
    }
}

fn kinds(pending: &Pending) -> Vec<String> {
    pending.decision.events.iter().map(Event::kind).collect()
}

async fn wait(in_flight: &mut Option<InFlight>) -> Result<Option<Appended>, StoreError> {
    match in_flight {
        Some(flight) => flight.commit.as_mut().await,
        None => std::future::pending().await,
    }
}
