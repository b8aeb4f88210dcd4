//! What reaches the room, message by message.

use std::sync::Arc;

use jiff::SignedDuration;

use super::flight::{Asked, Pending};
use super::handle::{Attach, Closing, FilingRead, Look, Message, Reply};
use super::live::{MediaLink, Senses, WireState};
use super::publish::serialize;
use super::sections::{self, View};
use super::task::{Task, refused};
use crate::domain::actor::Actor;
use crate::domain::calendar::local_date;
use crate::domain::event::{Event, SegmentMark};
use crate::domain::ids::{CaseId, CommandId, ConnectionId, UnitId, VisitId};
use crate::domain::people::Function;
use crate::domain::refusal::Refusal;
use crate::domain::units::DeviceKind;
use crate::media::engine::{Answer, EngineEvent, Join, JoinRefusal};
use crate::media::plan::{SourceId, SourceKind};
use crate::media::record::RecorderEvent;
use crate::protocol::command::Command;
use crate::protocol::frame::{ClientBody, ClientFrame, RelayView, ServerBody};

impl Task {
    pub(super) fn handle(&mut self, message: Message) {
        self.stay_awake(&message);
        match message {
            Message::Attach(attach, answer) => {
                let result = self.attach(*attach);
                if answer.send(result).is_err() {
                    tracing::debug!("a socket left before it was attached");
                }
            }
            Message::Detach(connection) => self.detach(connection),
            Message::Frame(connection, frame) => self.frame(connection, *frame),
            Message::Command { actor, id, command, reply } => self.decide(*actor, id, *command, reply),
            Message::Filing(read) => self.filing_read(*read),
            Message::UnitRead(pending, known) => self.unit_read(*pending, known),
            Message::Joined { connection, re, result } => self.joined(connection, re, result),
            Message::Foreign(connection, offer) => self.foreign_offer(connection, *offer),
            Message::ForeignJoined { connection, result, reply } => self.foreign_joined(connection, result, reply),
            Message::Engine(event) => self.engine_event(event),
            Message::Recorder(event) => self.recorder_event(event),
            Message::MediaArrives(connection, answer) => {
                let wire = self.live.wires.get(&connection);
                if answer.send(wire.is_some_and(|wire| wire.media == MediaLink::Connected)).is_err() {
                    tracing::debug!("nobody waits for this look");
                }
            }
            Message::Look(answer) => {
                if answer.send(Look { state: self.book.state.clone(), head_hash: self.head_hash.clone() }).is_err() {
                    tracing::debug!("nobody waits for this look");
                }
            }
            Message::RecorderChecked(refuses) => self.recorder_checked(refuses),
            Message::LeaseChecked { ours } => self.rest.lost |= !ours,
            Message::Stop(answer) => self.stopping = Some(answer),
        }
        self.refresh_if_due();
    }

    fn attach(&mut self, attach: Attach) -> Result<(), Refusal> {
        let Attach { connection, actor, have, wire } = attach;
        if self.live.wires.len() >= crate::limits::ROOM_WIRES {
            return Err(Refusal::new("room_full"));
        }
        let now = self.now();
        let slots = slots_for(&self.book.state, &actor);
        self.publisher.attach(connection, wire, have);
        let welcome = ServerBody::Welcome {
            connection,
            point: actor.point,
            now: now.to_string(),
            server: env!("CARGO_PKG_VERSION").to_owned(),
            slots,
            relay: self.services.engine.relay(connection).map(|access| RelayView {
                urls: access.urls,
                username: access.username,
                credential: access.password,
            }),
        };
        self.publisher.send(connection, welcome, now);
        let point = actor.point;
        let state = WireState {
            actor,
            media: MediaLink::None,
            slots: 0,
            paused: Default::default(),
            sends_h264: Default::default(),
            takes_h264: false,
            publishes: Default::default(),
            sending: Default::default(),
            layer: None,
            quality: Default::default(),
            senses: None,
        };
        self.live.wires.insert(connection, state);
        if let Some(point) = point {
            super::links::elect_main(&mut self.live, point, now);
        }
        self.refresh_soon();
        // Others may wait to see who came; who came sees at once what the others see.
        if self.due_since.is_some() {
            self.publisher.bring_in(&View::of(&self.book, &self.live, now), connection);
        }
        Ok(())
    }

    fn detach(&mut self, connection: ConnectionId) {
        let now = self.now();
        self.publisher.detach(connection);
        self.slots_sent.remove(&connection);
        self.services.engine.leave(self.session, connection);
        super::foreign::changed(&mut self.live, connection);
        let Some(wire) = self.live.wires.remove(&connection) else { return };
        if let Some(point) = wire.actor.point {
            self.former_points.insert(connection, point);
            if self.live.main.get(&point) == Some(&connection) {
                // Without power it was silent for seconds before its socket was given up.
                let since = if let MediaLink::Silent(since) = wire.media { since } else { now };
                self.live.absent.insert(point, since);
            }
            super::links::elect_main(&mut self.live, point, now);
            // The gap begins now; the log is told by the next tick that finds it still open.
            if !self.live.main.contains_key(&point) && self.book.state.points.get(&point).is_some_and(|p| p.connected) {
                self.live.missing.entry(point).or_insert(now);
            }
        }
        self.stale = true;
    }

    fn frame(&mut self, connection: ConnectionId, frame: ClientFrame) {
        let Some(wire) = self.live.wires.get(&connection) else { return };
        let actor = wire.actor.clone();
        match frame.body {
            ClientBody::Command { command } => self.decide(actor, frame.id, *command, Reply::Wire(connection)),
            ClientBody::Offer { sdp } => self.offer(connection, frame.id, sdp),
            ClientBody::Typing { visit, block } => {
                let body = ServerBody::Typing { visit, block, name: actor.name };
                let text = serialize(body);
                let now = self.now();
                let readers: Vec<ConnectionId> = self
                    .live
                    .wires
                    .iter()
                    .filter(|(id, _)| **id != connection)
                    .filter(|(_, wire)| sections::reads_minutes(&self.book.state, &wire.actor, visit))
                    .map(|(id, _)| *id)
                    .collect();
                for reader in readers {
                    self.publisher.send_loose(reader, &text, now);
                }
            }
            ClientBody::Senses { camera, microphone, concealed_permille } => {
                let senses = Senses { camera, microphone, concealed_permille: concealed_permille.min(1_000) };
                let now = self.now();
                if let Some(wire) = self.live.wires.get_mut(&connection) {
                    self.stale |= wire.senses.is_none_or(|(before, _)| before != senses);
                    wire.senses = Some((senses, now));
                }
            }
            ClientBody::Hello { .. } | ClientBody::Pong => {}
        }
    }

    /// The only offer of this wire goes to the media plane; the answer comes back as a message.
    fn offer(&mut self, connection: ConnectionId, re: CommandId, offer: String) {
        let again = self.comes_back(connection);
        let join = self.services.engine.join(Join { room: self.session, connection, offer, again });
        let own = self.own.clone();
        tokio::spawn(async move {
            let result = join.await;
            if own.send(Message::Joined { connection, re, result }).await.is_err() {
                tracing::debug!("a room ended before its answer");
            }
        });
    }

    /// Whether the point of a wire had media here before.
    pub(super) fn comes_back(&self, connection: ConnectionId) -> bool {
        let point = self.live.wires.get(&connection).and_then(|wire| wire.actor.point);
        point.is_some_and(|point| self.served.contains(&point))
    }

    fn joined(&mut self, connection: ConnectionId, re: CommandId, result: Result<Answer, JoinRefusal>) {
        let now = self.now();
        match result {
            Ok(answer) => {
                if let Some(wire) = self.live.wires.get_mut(&connection) {
                    wire.slots = answer.slots;
                    wire.takes_h264 = answer.takes_h264;
                }
                let slots = u32::try_from(answer.slots).unwrap_or(u32::MAX);
                self.publisher.send(connection, ServerBody::Answer { re, sdp: answer.sdp, slots }, now);
            }
            Err(refusal) => self.publisher.send(connection, refused(re, &Refusal::new(refusal.code())), now),
        }
    }

    fn engine_event(&mut self, event: EngineEvent) {
        let now = self.now();
        let mono = self.services.clock.mono_us();
        match event {
            EngineEvent::Connected { connection, .. } | EngineEvent::Alive { connection, .. } => {
                self.media(connection, MediaLink::Connected);
                self.served.extend(self.live.wires.get(&connection).and_then(|wire| wire.actor.point));
            }
            EngineEvent::Silent { connection, since_mono_us, .. } => {
                let ago = SignedDuration::from_micros(mono.saturating_sub(since_mono_us).max(0));
                self.media(connection, MediaLink::Silent(now.checked_sub(ago).unwrap_or(now)));
            }
            EngineEvent::Gone { connection, .. } => {
                // The socket may live on: the client joins anew on a new wire, this one has no media any more.
                let was_connected = self.live.wires.get(&connection).is_some_and(|wire| wire.media != MediaLink::None);
                if was_connected {
                    self.media(connection, MediaLink::Silent(now));
                }
                self.foreign_gone(connection);
            }
            EngineEvent::Source { source, sending, top_layer, .. } => {
                if let Some(wire) = self.live.wires.get_mut(&source.connection) {
                    if source.kind == SourceKind::Camera {
                        self.stale |= wire.layer != top_layer;
                        wire.layer = top_layer;
                    }
                    let changed =
                        if sending { wire.sending.insert(source.kind) } else { wire.sending.remove(&source.kind) };
                    self.stale |= changed;
                    if changed && source.kind == SourceKind::Paper {
                        self.refresh();
                    }
                }
            }
            EngineEvent::Levels { levels, .. } => {
                for (connection, level) in &levels {
                    let source = SourceId { connection: *connection, kind: SourceKind::Microphone };
                    self.selfcheck.heard(source, *level, mono);
                }
                let levels: super::media_plan::Levels = levels
                    .into_iter()
                    .filter_map(|(id, level)| Some((self.live.wires.get(&id)?.actor.point?, level)))
                    .collect();
                self.echoes.hear(&levels);
                for (levels, connections) in super::media_plan::audiences(&self.book.state, &self.live, &levels) {
                    let frame = serialize(ServerBody::Levels { levels });
                    for connection in connections {
                        self.publisher.send_loose(connection, &frame, now);
                    }
                }
            }
            EngineEvent::Paused { connection, slots, .. } => {
                if let Some(wire) = self.live.wires.get_mut(&connection) {
                    wire.paused = slots;
                    self.stale = true;
                }
            }
            EngineEvent::Layers { connection, layers, idle, .. } => {
                let layers = layers.into_iter().map(Into::into).collect();
                self.publisher.send(connection, ServerBody::Layers { layers, idle }, now);
            }
            EngineEvent::Quality { connection, quality, .. } => {
                let Some(wire) = self.live.wires.get_mut(&connection) else { return };
                wire.quality = quality;
                self.stale = true;
                let Some(point) = wire.actor.point.filter(|point| self.live.main.get(point) == Some(&connection))
                else {
                    return;
                };
                let state = &self.book.state;
                let visit = state.on_stage().filter(|visit| state.is_listed(visit, point));
                let visit = visit.map(|visit| visit.about.visit);
                let seen = (self.live.lines.entry(point).or_default(), self.services.lines.as_ref());
                let crossed = self.lines.sample(point, &quality, visit, seen);
                self.by_itself(crossed.into_iter().collect());
            }
        }
    }

    fn media(&mut self, connection: ConnectionId, media: MediaLink) {
        let now = self.now();
        let Some(wire) = self.live.wires.get_mut(&connection) else { return };
        wire.media = media;
        if let Some(point) = wire.actor.point {
            super::links::elect_main(&mut self.live, point, now);
        }
        self.refresh_soon();
    }

    /// The end of a visit needs the office's tables: read under the register's lock, decided when they are here.
    pub(super) fn read_register(&mut self, actor: Actor, id: CommandId, visit: VisitId, reply: Reply) {
        let Some(about) = self.queue.ahead.state.about.as_ref() else {
            return self.reply(reply, id, Err(Refusal::new("session_unknown")));
        };
        let unit = about.unit;
        let known = self.queue.ahead.state.visits.get(&visit).and_then(|visit| visit.about.case);
        let year = local_date(self.now()).year();
        let fresh = CaseId(self.services.clock.new_id());
        let (services, own) = (Arc::clone(&self.services), self.own.clone());
        tokio::spawn(async move {
            let lock = Arc::clone(&services.register).lock_owned().await;
            let read = super::project::read_register(&services.store, (unit, year), known, fresh).await;
            let filing = read.map_err(|_| Refusal::new("store_unavailable"));
            let read = FilingRead { actor, id, visit, reply, filing, lock };
            if own.send(Message::Filing(Box::new(read))).await.is_err() {
                tracing::debug!("a room ended before its register was read");
            }
        });
    }

    fn filing_read(&mut self, read: FilingRead) {
        let FilingRead { actor, id, visit, reply, filing, lock } = read;
        // The same command may have been stored while this one waited for the lock.
        if let Some(seq) = self.commands.get(&id).copied() {
            return self.reply(reply, id, Ok(seq));
        }
        match filing {
            Ok(filing) => {
                let asked = Asked { actor, command: Command::EndVisit { visit }, filing: Some(filing) };
                self.decide_now(Pending::of(id, asked, reply, Some(lock)));
            }
            Err(refusal) => self.reply(reply, id, Err(refusal)),
        }
    }

    /// The unit that answers is looked up before the card is filled: at the end of the visit it would be too late to name
    /// another.
    pub(super) fn read_unit(&mut self, pending: Pending, unit: UnitId) {
        let (store, own) = (self.services.store.clone(), self.own.clone());
        tokio::spawn(async move {
            let known = match store.unit(unit).await {
                Ok(Some(_)) => Ok(()),
                Ok(None) => Err(Refusal::new("reference_unknown").field("card.unit")),
                Err(_) => Err(Refusal::new("store_unavailable")),
            };
            if own.send(Message::UnitRead(Box::new(pending), known)).await.is_err() {
                tracing::debug!("a room ended before a unit was read");
            }
        });
    }

    fn unit_read(&mut self, mut pending: Pending, known: Result<(), Refusal>) {
        let stored = self.commands.get(&pending.id).copied().map(Ok);
        let answer = stored.or_else(|| known.err().map(Err));
        for reply in std::mem::take(&mut pending.replies) {
            match answer {
                Some(answer) => self.reply(reply, pending.id, answer),
                // The same command may have been decided while this one was looked up.
                None => pending.replies.extend(self.queue.join(pending.id, reply).err()),
            }
        }
        if !pending.replies.is_empty() {
            self.decide_now(pending);
        }
    }

    fn recorder_event(&mut self, event: RecorderEvent) {
        let visit = event.target().visit;
        let point_of = |connection: ConnectionId| self.point_of_source(connection);
        let log = match event {
            RecorderEvent::SegmentOpened { segment, source, at, .. } => point_of(source.connection).map(|point| {
                let source = sections::source_name(source.kind).to_owned();
                let mark = SegmentMark { segment, point, source, bytes: 0, sha256: String::new(), duration_ms: 0 };
                Event::SegmentOpened { visit, mark, began_at: Some(at) }
            }),
            RecorderEvent::Prefix { segment, bytes, sha256, .. } => self
                .queue
                .segment(segment)
                .map(|known| Event::SegmentHashed { visit, mark: SegmentMark { bytes, sha256, ..known } }),
            // A room that was opened anew has found the file by itself.
            RecorderEvent::SegmentClosed(closed) if self.queue.is_closed(closed.segment) => None,
            RecorderEvent::SegmentClosed(closed) => self.queue.segment(closed.segment).map(|known| {
                let (bytes, sha256, duration_ms) = (closed.bytes, closed.sha256, closed.duration_ms);
                Event::SegmentClosed { visit, mark: SegmentMark { bytes, sha256, duration_ms, ..known } }
            }),
            RecorderEvent::Gap { source, from_us, to_us, cause, .. } => {
                let cause = serde_json::to_value(cause).ok().and_then(|value| value.as_str().map(str::to_owned));
                self.recording_gap((source, visit), (from_us, to_us), cause.unwrap_or_default())
            }
            // One source's word; what it means for the session is seen by the next turn.
            RecorderEvent::Failed { .. } | RecorderEvent::Recovered { .. } | RecorderEvent::BoundaryDone { .. } => None,
        };
        self.by_itself(log.into_iter().collect());
    }

    /// Ends a wire that was replaced by a take-over.
    pub(super) fn replaced(&mut self, connection: ConnectionId) {
        self.publisher.close(connection, Closing { code: 4409, reason: "taken_over", retry_ms: 0 });
    }
}

/// Receive slot pairs by screen (design §5). A paper camera sends only; a companion receives what its function needs.
fn slots_for(state: &super::state::State, actor: &Actor) -> u32 {
    let functions = state.functions.get(&actor.user).map(|held| &held.functions);
    let has = |function: Function| functions.is_some_and(|held| held.contains(&function));
    let writes = has(Function::NoteTaker) || has(Function::Assistant);
    let follows = has(Function::Observer) || has(Function::AdvisingUnit) || has(Function::Interpreter);
    match actor.device {
        DeviceKind::CitizenScreen => 2,
        // They have no page to be told.
        DeviceKind::Paper | DeviceKind::Encoder | DeviceKind::Wall => 0,
        DeviceKind::Companion if has(Function::Technician) => 25,
        DeviceKind::Companion if writes => 2,
        // Their function is to follow the visit, from a machine beside the place's main one.
        DeviceKind::Companion if follows => 4,
        DeviceKind::Companion => 0,
        DeviceKind::Main if has(Function::Presider) => 9,
        DeviceKind::Main if writes => 2,
        DeviceKind::Main => 4,
    }
}
