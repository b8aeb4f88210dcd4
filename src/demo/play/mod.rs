//! One session played from its script: the same commands, by the same people, in the same order as on a real day.

mod film;
mod visit;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::cast;
use super::error::DemoError;
use super::ids::id;
use super::province::Province;
use super::script::{Came, Script, VisitScript};
use super::stage::Stage;
use crate::domain::actor::Actor;
use crate::domain::event::{Registration, SessionPoint};
use crate::domain::ids::{CommandId, ConnectionId, PointId, SessionId, VisitId};
use crate::domain::people::{Function, Person};
use crate::domain::session::{SessionAct, SessionStatus, SessionStep, StepOutcome};
use crate::domain::units::{DeviceKind, PointRole};
use crate::protocol::command::Command;
use crate::protocol::rest::NewSession;
use crate::room::handle::RoomHandle;
use crate::room::state::State;

/// Time between two acts of the same person.
const BREATH: SignedDuration = SignedDuration::from_secs(9);
/// How the days before a session are spent: proposal, decision, publication and notices, trial call.
const PROPOSED: SignedDuration = SignedDuration::from_hours(24 * 12);
const DECIDED: SignedDuration = SignedDuration::from_hours(24 * 11);
const TOLD: SignedDuration = SignedDuration::from_hours(24 * 10);
const TRIED: SignedDuration = SignedDuration::from_hours(24 * 4);
/// D154 Điều 23(1): all points are linked an hour before the start.
const LOBBY: SignedDuration = SignedDuration::from_mins(65);
const PATIENCE: Duration = Duration::from_secs(20);
const LOOK_EVERY: Duration = Duration::from_millis(25);
/// More than any script has.
const MOST_ACTS: u32 = 1_000;

/// A session under way on the stage.
pub(super) struct Play<'a> {
    stage: &'a Stage,
    province: &'a Province,
    script: &'a Script,
    /// Part of every derived identifier.
    name: &'a str,
    session: SessionId,
    starts_at: Timestamp,
    room: RoomHandle,
    secretary: Actor,
    acts: u32,
    /// How many acts an earlier run did: they are passed over, and no time goes by.
    done: u32,
    seats: BTreeMap<PointId, u32>,
    wires: BTreeMap<PointId, ConnectionId>,
}

impl<'a> Play<'a> {
    /// Proposes the session, or finds it where an earlier run left it.
    pub(super) async fn begin(
        stage: &'a Stage,
        province: &'a Province,
        script: &'a Script,
        name: &'a str,
        session: SessionId,
        starts_at: Timestamp,
    ) -> Result<Self, DemoError> {
        let (done, left_at) = left_by_earlier_run(stage, name, session).await?;
        stage.clock.set(left_at.unwrap_or(starts_at.saturating_sub(PROPOSED).unwrap_or(starts_at)));
        let central = province.point(&script.central)?;
        let secretary = cast::actor(province, "thu-ky", Some(central.id), DeviceKind::Companion)?;
        let mut points = vec![session_point(province, &script.central, PointRole::Central)?];
        for key in &script.components {
            points.push(session_point(province, key, PointRole::Component)?);
        }
        // Functions and visits follow as acts of their own: a proposal that is repeated does nothing.
        let new = NewSession {
            id: session,
            unit: province.unit(&script.unit)?.id,
            title: script.title.clone(),
            kind: script.kind,
            starts_at,
            grounds: script.grounds.clone(),
            points,
            functions: Vec::new(),
            visits: Vec::new(),
        };
        let refused = |refusal| DemoError::Refused { act: "propose".to_owned(), refusal };
        stage.registry.create(secretary.clone(), new).await.map_err(refused)?;
        let room = stage.registry.open(session).await.map_err(refused)?;
        stage.recover(session).await?;
        let (acts, seats, wires) = (0, BTreeMap::new(), BTreeMap::new());
        Ok(Self { stage, province, script, name, session, starts_at, room, secretary, acts, done, seats, wires })
    }

    /// Plays the days before, and the day itself where the script has one.
    pub(super) async fn run(mut self) -> Result<(), DemoError> {
        self.days_before().await?;
        let Some(conclusion) = self.script.conclusion.clone() else { return Ok(()) };
        self.lobby().await?;
        self.start().await?;
        for visit in &self.script.visits {
            if let Some(heard) = &visit.heard {
                self.visit(visit, heard).await?;
            }
        }
        self.end(conclusion).await
    }

    async fn days_before(&mut self) -> Result<(), DemoError> {
        let secretary = self.secretary.clone();
        for part in &self.script.functions {
            let (user, _) = self.province.user(&part.user)?;
            let point = self.province.point(&part.point)?.id;
            let (name, title) = (user.name, user.title);
            let function = part.function;
            self.act(&secretary, Command::AssignFunction { user: user.id, name, title, function, point }).await?;
        }
        for visit in &self.script.visits {
            let registration = self.registration(visit)?;
            self.act(&secretary, Command::RegisterVisit { registration }).await?;
        }
        for (point, person, _) in self.officers()? {
            self.act(&secretary, Command::ExpectPerson { point, person }).await?;
        }
        self.at(DECIDED);
        let head = self.office("chu-tri")?;
        self.act(&head, moved(SessionAct::Approve)).await?;
        self.at(TOLD);
        self.act(&secretary, step(SessionStep::Publication, None)).await?;
        self.act(&secretary, moved(SessionAct::Publish)).await?;
        self.act(&secretary, step(SessionStep::Notice, None)).await?;
        self.act(&secretary, moved(SessionAct::Notify)).await?;
        self.at(TRIED);
        let technician = self.office("ky-thuat")?;
        for key in &self.script.components {
            let point = self.province.point(key)?.id;
            self.act(&technician, step(SessionStep::TrialCall, Some(point))).await?;
        }
        self.act(&technician, moved(SessionAct::Test)).await
    }

    async fn lobby(&mut self) -> Result<(), DemoError> {
        self.at(LOBBY);
        let (technician, secretary) = (self.office("ky-thuat")?, self.secretary.clone());
        self.act(&technician, moved(SessionAct::OpenLobby)).await?;
        let presider = self.presider()?;
        self.connect(presider).await?;
        self.connect(secretary.clone()).await?;
        for key in &self.script.components {
            let officer = self.officer_of(key)?;
            self.connect(officer).await?;
        }
        let points = self.script.components.len().saturating_add(1);
        self.until("every point connected", |state| {
            state.points.values().filter(|point| point.connected).count() == points
        })
        .await?;
        for key in &self.script.components {
            let officer = self.officer_of(key)?;
            self.act(&officer, step(SessionStep::SeenAndHeard, officer.point)).await?;
        }
        for (point, person, came) in self.officers()? {
            if came == Came::InTime {
                self.seat(point, person).await?;
            }
        }
        self.act(&secretary, moved(SessionAct::MakeReady)).await
    }

    async fn start(&mut self) -> Result<(), DemoError> {
        self.at(SignedDuration::from_mins(0_i64.saturating_sub(self.script.starts_late_by)));
        let (presider, secretary) = (self.presider()?, self.secretary.clone());
        self.start_when_recording(&presider).await?;
        self.act(&secretary, step(SessionStep::RollCall, None)).await?;
        self.act(&secretary, step(SessionStep::RulesRead, None)).await?;
        for (point, person, came) in self.officers()? {
            if came == Came::Late {
                self.wait(SignedDuration::from_mins(6));
                self.seat(point, person).await?;
            }
        }
        Ok(())
    }

    /// The recorder shows every three seconds that it can write; until it has, the start is refused.
    async fn start_when_recording(&mut self, presider: &Actor) -> Result<(), DemoError> {
        let tries = PATIENCE.as_millis() / LOOK_EVERY.as_millis();
        for _ in 0..tries {
            match self.act(presider, moved(SessionAct::Start)).await {
                Err(DemoError::Refused { refusal, .. }) if refusal.code == "recorder_not_ready" => {
                    self.acts = self.acts.saturating_sub(1);
                    self.stage.clock.advance(SignedDuration::from_secs(1));
                    tokio::time::sleep(LOOK_EVERY).await;
                }
                other => return other,
            }
        }
        Err(DemoError::Stuck("the recorder"))
    }

    async fn end(&mut self, conclusion: String) -> Result<(), DemoError> {
        let (presider, secretary) = (self.presider()?, self.secretary.clone());
        for key in &self.script.components {
            let officer = self.officer_of(key)?;
            if let Some(point) = officer.point {
                self.act(&officer, Command::AttestAttendance { point }).await?;
            }
        }
        if let Some(point) = secretary.point {
            self.act(&secretary, Command::AttestAttendance { point }).await?;
        }
        self.act(&presider, Command::ProposeEnd).await?;
        self.act(&presider, Command::ConfirmEnd).await?;
        self.stage.clock.advance(SignedDuration::from_secs(31));
        self.until("the end of the session", |state| state.status() != Some(SessionStatus::InProgress)).await?;
        for (_, connection) in std::mem::take(&mut self.wires) {
            self.room.detach(connection).await;
        }
        self.wait(SignedDuration::from_mins(25));
        self.act(&secretary, moved(SessionAct::Minute)).await?;
        self.wait(SignedDuration::from_hours(3));
        let conclude = Command::MoveSession { act: SessionAct::Conclude, reason: conclusion, new_start: None };
        self.act(&presider, conclude).await
    }

    // --- people

    fn office(&self, login: &str) -> Result<Actor, DemoError> {
        cast::actor(self.province, login, None, DeviceKind::Companion)
    }

    fn presider(&self) -> Result<Actor, DemoError> {
        self.holder(Function::Presider, &self.script.central)
    }

    fn officer_of(&self, point: &str) -> Result<Actor, DemoError> {
        self.holder(Function::PointOfficer, point)
    }

    fn holder(&self, function: Function, point: &str) -> Result<Actor, DemoError> {
        let part = self.script.functions.iter().find(|part| part.function == function && part.point == point);
        let part = part.ok_or(DemoError::Stuck("somebody for every function"))?;
        let point = self.province.point(&part.point)?.id;
        cast::actor(self.province, &part.user, Some(point), DeviceKind::Main)
    }

    /// Officers with the point they are expected at: each account once, then those without.
    fn officers(&self) -> Result<Vec<(PointId, Person, Came)>, DemoError> {
        let mut officers: Vec<(PointId, Person, Came)> = Vec::new();
        for part in self.script.functions.iter().filter(|part| part.function != Function::Technician) {
            let (user, _) = self.province.user(&part.user)?;
            let person = cast::officer(&user);
            if !officers.iter().any(|(_, known, _)| known.id == person.id) {
                officers.push((self.province.point(&part.point)?.id, person, Came::InTime));
            }
        }
        for guest in &self.script.people {
            let person = cast::guest(self.name, &guest.name, &guest.title);
            officers.push((self.province.point(&guest.point)?.id, person, guest.came));
        }
        Ok(officers)
    }

    /// The next free seat of the point, given by its officer, at the central point by the note-taker.
    async fn seat(&mut self, point: PointId, person: Person) -> Result<(), DemoError> {
        let next = self.seats.entry(point).or_insert(0);
        *next = next.saturating_add(1);
        let seat = *next;
        let key = self.script.components.iter().find(|key| self.province.point(key).is_ok_and(|of| of.id == point));
        let by = match key {
            Some(key) => self.officer_of(key)?,
            None => self.secretary.clone(),
        };
        self.act(&by, Command::SeatPerson { point, person, seat, substitute_for: None }).await
    }

    async fn connect(&mut self, actor: Actor) -> Result<(), DemoError> {
        let (point, main) = (actor.point, actor.device == DeviceKind::Main);
        // Days may have passed since the room was last asked for anything.
        let opened = self.stage.registry.open(self.session).await;
        self.room = opened.map_err(|refusal| DemoError::Refused { act: "open".to_owned(), refusal })?;
        let connection = self.stage.connect(self.session, &self.room, actor).await?;
        if let Some(point) = point.filter(|_| main) {
            self.wires.insert(point, connection);
        }
        Ok(())
    }

    // --- things

    fn visit_id(&self, visit: &VisitScript) -> VisitId {
        VisitId(id("visit", &format!("{}/{}", self.name, visit.key)))
    }

    fn registration(&self, visit: &VisitScript) -> Result<Registration, DemoError> {
        let agency_points = visit.agency_points.iter().map(|key| Ok(self.province.point(key)?.id));
        Ok(Registration {
            visit: self.visit_id(visit),
            number: 0,
            class: visit.class,
            presented_as: visit.presented_as,
            citizen_point: self.province.point(&visit.citizen_point)?.id,
            agency_points: agency_points.collect::<Result<_, DemoError>>()?,
            summary: visit.summary.clone(),
            persons: visit.people(self.name),
            group_size: visit.group_size,
            case: visit.case(),
            secrecy_requested: visit.secrecy_requested,
        })
    }

    // --- doing

    /// Whether an earlier run went beyond this place: an act that comes later is in the log.
    fn passed(&self) -> bool {
        self.acts < self.done
    }

    /// So long before the announced start; after it when negative.
    fn at(&self, before: SignedDuration) {
        if !self.passed() {
            self.stage.clock.set(self.starts_at.saturating_sub(before).unwrap_or(self.starts_at));
        }
    }

    /// Time in which nothing is done.
    fn wait(&self, time: SignedDuration) {
        if !self.passed() {
            self.stage.clock.advance(time);
        }
    }

    /// One act. Its identifier is its place in the script, so that a later run knows that it was done.
    async fn act(&mut self, who: &Actor, command: Command) -> Result<(), DemoError> {
        self.act_after(BREATH, who, command).await
    }

    async fn act_after(&mut self, pause: SignedDuration, who: &Actor, command: Command) -> Result<(), DemoError> {
        self.acts = self.acts.saturating_add(1);
        if self.acts <= self.done {
            return Ok(());
        }
        self.wait(pause);
        self.command(who, command_id(self.name, self.acts), command).await
    }

    async fn command(&self, who: &Actor, id: CommandId, command: Command) -> Result<(), DemoError> {
        let act = command.action();
        let done = self.stage.registry.command(self.session, who, id, &command).await;
        done.map(|_| ()).map_err(|refusal| DemoError::Refused { act, refusal })
    }

    async fn look(&self) -> Result<State, DemoError> {
        let look = self.stage.registry.look(self.session).await;
        look.map(|look| look.state).map_err(|refusal| DemoError::Refused { act: "look".to_owned(), refusal })
    }

    /// Waits for what the room does by itself.
    async fn until(&self, what: &'static str, done: impl Fn(&State) -> bool) -> Result<(), DemoError> {
        let tries = PATIENCE.as_millis() / LOOK_EVERY.as_millis();
        for _ in 0..tries {
            if done(&self.look().await?) {
                return Ok(());
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Err(DemoError::Stuck(what))
    }
}

/// How many acts of the script are in the log already, and the moment after its last event.
async fn left_by_earlier_run(
    stage: &Stage,
    name: &str,
    session: SessionId,
) -> Result<(u32, Option<Timestamp>), DemoError> {
    let store = &stage.registry.services().store;
    if store.session_row(session).await?.is_none() {
        return Ok((0, None));
    }
    let log = store.load(session, 0).await?;
    let known: BTreeSet<CommandId> = log.iter().map(|event| event.item.header.command_id).collect();
    // Acts are done one after the other, and some leave no event: the last one found counts.
    let done = (1..=MOST_ACTS).rev().find(|number| known.contains(&command_id(name, *number)));
    let last = log.last().map(|event| event.item.header.at_us.saturating_add(1));
    Ok((done.unwrap_or(0), last.and_then(|at_us| Timestamp::from_microsecond(at_us).ok())))
}

fn command_id(name: &str, number: u32) -> CommandId {
    CommandId(id("command", &format!("{name}/{number}")))
}

fn session_point(province: &Province, key: &str, role: PointRole) -> Result<SessionPoint, DemoError> {
    let point = province.point(key)?;
    Ok(SessionPoint { point: point.id, unit: point.unit, role, name: point.name, address: point.address })
}

fn moved(act: SessionAct) -> Command {
    Command::MoveSession { act, reason: String::new(), new_start: None }
}

fn step(step: SessionStep, point: Option<PointId>) -> Command {
    Command::RecordStep { step, point, outcome: StepOutcome::Done { note: String::new() } }
}
