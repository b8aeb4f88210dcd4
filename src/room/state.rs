//! The state of a session as the fold of its log. `apply` is the only place that changes it, in the first run and after
//! every restart alike: recovery is load, fold, go on.

mod facts;
mod lacks;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

pub use facts::{Act, Facts, Named, Stop, VisitFacts};
pub use lacks::{Lack, Lacks, RESTARTED, Waiver};

use crate::domain::cases::{Petition, Promise, StoredFile};
use crate::domain::chain::Scope;
use crate::domain::event::{Event, FrozenText, Registration, SegmentMark, SessionPoint};
use crate::domain::floor::Floor;
use crate::domain::ids::{BlockId, CaseId, PersonId, PointId, SegmentId, SessionId, UnitId, UserId, VisitId};
use crate::domain::minutes;
use crate::domain::people::{Class, Function, IdentityCheck};
use crate::domain::presence::{AttendanceStatus, Entry, Roster};
use crate::domain::session::{EligibilityGround, ReceptionKind, SessionAct, SessionStatus, SessionStep, StepOutcome};
use crate::domain::units::PointRole;
use crate::domain::visit::{BlockKind, ClosingCard, Confirmation, VisitAct, VisitStatus};
use crate::room::standing::sees;

/// An event with its envelope, as it came from the log.
#[derive(Clone, PartialEq, Debug)]
pub struct Logged {
    pub seq: i64,
    pub at: Timestamp,
    /// `Actor::label`, or `system`.
    pub actor: String,
    /// `None` where the body was erased.
    pub event: Option<Event>,
}

/// Everything the log says of a session.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct State {
    /// Sequence of the newest event applied; -1 before the first.
    pub seq: i64,
    pub about: Option<About>,
    pub notice: String,
    pub began_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub points: BTreeMap<PointId, PointState>,
    pub functions: BTreeMap<UserId, FunctionState>,
    pub visits: BTreeMap<VisitId, VisitState>,
    /// Order of the agenda.
    pub agenda: Vec<VisitId>,
    pub roster: Roster,
    pub floor: Floor,
    pub steps: Vec<StepState>,
    pub recording: Recording,
    /// Why the recorder failed last; empty until it does.
    pub recorder_fault: String,
    pub room_wide: bool,
    /// Points in private consultation.
    pub consultation: BTreeSet<PointId>,
    /// When a proposed end becomes final.
    pub end_until: Option<Timestamp>,
    pub attested: BTreeMap<PointId, String>,
    pub gaps: Vec<Gap>,
    pub segments: BTreeMap<SegmentId, Segment>,
    /// What papers print besides.
    pub facts: Facts,
}

/// What the session is.
#[derive(Clone, PartialEq, Debug)]
pub struct About {
    pub session: SessionId,
    pub unit: UnitId,
    pub title: String,
    pub kind: ReceptionKind,
    pub grounds: Vec<EligibilityGround>,
    pub starts_at: Timestamp,
    pub status: SessionStatus,
}

/// A point in the session.
#[derive(Clone, PartialEq, Debug)]
pub struct PointState {
    pub about: SessionPoint,
    /// Has been connected in this session.
    pub seen: bool,
    /// The newest word of the log: linked, or lost since.
    pub connected: bool,
}

/// An account in the session.
#[derive(Clone, PartialEq, Debug)]
pub struct FunctionState {
    pub name: String,
    pub title: String,
    pub functions: BTreeSet<Function>,
    pub point: PointId,
}

/// Evidence of a duty.
#[derive(Clone, PartialEq, Debug)]
pub struct StepState {
    pub step: SessionStep,
    pub point: Option<PointId>,
    pub outcome: StepOutcome,
    pub by: String,
    pub at: Timestamp,
}

/// What the log says of the recorder.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Recording {
    #[default]
    Off,
    Running,
    Failed,
    /// Failed, and presider and note-taker go on.
    Waived,
}

/// A technical gap of a point.
#[derive(Clone, PartialEq, Debug)]
pub struct Gap {
    pub point: PointId,
    pub from: Timestamp,
    pub to: Option<Timestamp>,
    pub cause: &'static str,
    pub visit: Option<VisitId>,
}

/// A file of the recorder.
#[derive(Clone, PartialEq, Debug)]
pub struct Segment {
    pub visit: Option<VisitId>,
    pub mark: SegmentMark,
    pub began_at: Timestamp,
    pub closed: bool,
}

/// A visit with everything that happened to it.
#[derive(Clone, PartialEq, Debug)]
pub struct VisitState {
    pub about: Registration,
    pub status: VisitStatus,
    pub identity_seen: BTreeMap<PersonId, IdentityCheck>,
    /// Language in which the recording was announced.
    pub announced: Option<String>,
    pub began_at: Option<Timestamp>,
    pub heard_at: Option<Timestamp>,
    pub card: Option<ClosingCard>,
    pub files: Vec<StoredFile>,
    /// Texts as the log has them: newest revision of every block that was left.
    pub left_blocks: BTreeMap<BlockId, (BlockKind, u64, String)>,
    pub frozen: Option<FrozenText>,
    /// Sequence of the freezing event: what paper carries.
    pub frozen_seq: Option<i64>,
    /// How many of `files` there were then; those after them were added to a text that stood.
    pub frozen_files: Option<usize>,
    pub confirmed: BTreeMap<PersonId, Confirmation>,
    pub refused: BTreeMap<PersonId, String>,
    pub petitions: Vec<Petition>,
    pub filed: Option<Filed>,
    pub timeline: Vec<Line>,
}

/// What was filed at the end of a visit.
#[derive(Clone, PartialEq, Debug)]
pub struct Filed {
    pub case: CaseId,
    /// 1 is "lần đầu".
    pub receptions: u32,
    pub promise: Option<Promise>,
    pub register_year: i16,
    pub register_number: u32,
}

/// A line of a visit's story.
#[derive(Clone, PartialEq, Debug)]
pub struct Line {
    pub seq: i64,
    pub at: Timestamp,
    /// Key `timeline.<code>` of the text catalogue.
    pub code: String,
    pub point: Option<PointId>,
    pub person: Option<PersonId>,
    pub note: String,
}

/// The lines a timeline keeps; older ones stay in the log.
const TIMELINE: usize = 200;

impl State {
    /// The state before any event.
    pub fn empty() -> Self {
        Self { seq: -1, ..Self::default() }
    }

    /// Folds a log.
    pub fn fold<'a>(log: impl IntoIterator<Item = &'a Logged>) -> Self {
        let mut state = Self::empty();
        for logged in log {
            state.apply(logged);
        }
        state
    }

    pub fn status(&self) -> Option<SessionStatus> {
        self.about.as_ref().map(|about| about.status)
    }

    /// The one central point.
    pub fn central(&self) -> Option<PointId> {
        self.points.values().find(|point| point.about.role == PointRole::Central).map(|point| point.about.point)
    }

    pub fn presider(&self) -> Option<UserId> {
        self.holder_of(Function::Presider)
    }

    /// Where the presider sits.
    pub fn presider_point(&self) -> Option<PointId> {
        let presider = self.presider()?;
        self.functions.get(&presider).map(|function| function.point)
    }

    /// The first account with that function.
    pub fn holder_of(&self, wanted: Function) -> Option<UserId> {
        self.functions.iter().find(|(_, state)| state.functions.contains(&wanted)).map(|(user, _)| *user)
    }

    /// The visit that has the room's sound and picture.
    pub fn on_stage(&self) -> Option<&VisitState> {
        self.agenda.iter().filter_map(|id| self.visits.get(id)).find(|visit| visit.status.is_on_stage())
    }

    /// What the one button would call: the first that waits, else the first that is held.
    pub fn next_visit(&self) -> Option<VisitId> {
        let of = |wanted: VisitStatus| {
            self.agenda.iter().copied().find(|id| self.visits.get(id).is_some_and(|visit| visit.status == wanted))
        };
        of(VisitStatus::Waiting).or_else(|| of(VisitStatus::Held))
    }

    /// Whether the citizen was told of the recording, on this day and not on one that was put off.
    pub fn is_announced(&self, visit: &VisitState) -> bool {
        let told = self.facts.visits.get(&visit.about.visit).and_then(|facts| facts.announced);
        visit.announced.is_some() && told.is_some_and(|told| self.facts.postponed_at.is_none_or(|off| told.at > off))
    }

    /// The list of points of a visit: central, the citizen's, agencies named.
    pub fn points_of(&self, visit: &VisitState) -> BTreeSet<PointId> {
        let mut points: BTreeSet<PointId> = visit.about.agency_points.iter().copied().collect();
        points.extend(self.central());
        points.insert(visit.about.citizen_point);
        points
    }

    /// Whether this point is on the list of a visit.
    pub fn is_listed(&self, visit: &VisitState, point: PointId) -> bool {
        self.is_received_at(visit, point) || visit.about.agency_points.contains(&point)
    }

    /// Whether this point is the receiver's or the citizen's.
    pub fn is_received_at(&self, visit: &VisitState, point: PointId) -> bool {
        // Only a central point is asked whether it is the one that receives: there may be hundreds of others.
        let is_central = self.points.get(&point).is_some_and(|known| known.about.role == PointRole::Central);
        visit.about.citizen_point == point || is_central && self.central() == Some(point)
    }

    /// The time in which a person had to be there: of their own visit for those received, else of the session.
    pub fn attended_time(&self, entry: &Entry) -> (Option<Timestamp>, Option<Timestamp>) {
        let own = |visit: &&VisitState| visit.about.persons.iter().any(|person| person.id == entry.person.id);
        match self.visits.values().find(own) {
            Some(visit) => {
                let over = self.facts.visits.get(&visit.about.visit).and_then(|facts| facts.over_at);
                (visit.began_at, visit.heard_at.or(over))
            }
            None => self.facts.sitting_of(entry).map_or((None, None), |sitting| (Some(sitting.from), sitting.to)),
        }
    }

    /// The annex's word for a person. A citizen who goes home after the own visit has not left early.
    pub fn attendance_of(&self, entry: &Entry) -> AttendanceStatus {
        let (began, ended) = self.attended_time(entry);
        entry.attendance(began, ended)
    }

    /// Applies one event. Never refuses: what is in the log has happened.
    pub fn apply(&mut self, logged: &Logged) {
        self.seq = logged.seq;
        let Some(event) = &logged.event else { return };
        let at = logged.at;
        match event {
            Event::SessionProposed(proposal) => {
                self.about = Some(About {
                    session: proposal.session,
                    unit: proposal.unit,
                    title: proposal.title.clone(),
                    kind: proposal.kind,
                    grounds: proposal.grounds.clone(),
                    starts_at: proposal.starts_at,
                    status: SessionStatus::Proposed,
                });
                for point in &proposal.points {
                    self.add_point(point.clone());
                }
            }
            Event::SessionMoved { act, to, reason, new_start, .. } => {
                self.session_moved(*act, *to, reason, *new_start, at);
            }
            Event::StepRecorded { step, point, outcome } => self.steps.push(StepState {
                step: *step,
                point: *point,
                outcome: outcome.clone(),
                by: logged.actor.clone(),
                at,
            }),
            Event::PointAdded(point) => self.add_point(point.clone()),
            Event::FunctionAssigned { user, name, title, function, point } => {
                if *function == Function::Presider {
                    self.drop_function(Function::Presider);
                }
                let entry = self.functions.entry(*user).or_insert_with(|| FunctionState {
                    name: name.clone(),
                    title: title.clone(),
                    functions: BTreeSet::new(),
                    point: *point,
                });
                entry.name.clone_from(name);
                entry.title.clone_from(title);
                entry.point = *point;
                entry.functions.insert(*function);
            }
            Event::FunctionWithdrawn { user, function } => {
                if let Some(state) = self.functions.get_mut(user) {
                    state.functions.remove(function);
                }
                self.functions.retain(|_, state| !state.functions.is_empty());
            }
            Event::PresidingHandedOver { from: _, to } => {
                self.drop_function(Function::Presider);
                if let Some(state) = self.functions.get_mut(to) {
                    state.functions.insert(Function::Presider);
                }
                self.functions.retain(|_, state| !state.functions.is_empty());
            }
            Event::RoomWideSet { on } => self.room_wide = *on,
            Event::EndProposed { until } => self.end_until = Some(*until),
            Event::EndUndone => self.end_until = None,
            Event::ConsultationBegan { points } => {
                self.consultation = points.iter().copied().collect();
                let presider = self.presider_point();
                self.close_microphones(|point| Some(point) != presider);
            }
            Event::ConsultationEnded => self.consultation.clear(),
            Event::PointConnected { point } | Event::PointBack { point } => self.point_back(*point, at),
            Event::PointLost { point, since } => self.point_lost(*point, *since, "point_lost"),
            Event::ServerStarted { .. } | Event::ClockStepped { .. } | Event::QualityCrossed { .. } => {}
            Event::TakeOver { point, .. } => self.floor.set_microphone(*point, false),
            Event::PersonExpected { point, person, visit } => self.roster.expect(*point, person.clone(), *visit),
            Event::PersonIn { point, person, seat, substitute_for, visit } => {
                self.roster.enter(*point, (person.clone(), *visit), *seat, *substitute_for, at);
            }
            Event::PersonOut { point, person } => self.roster.leave(*point, *person, at),
            Event::PersonBack { point, person, seat } => self.roster.come_back(*point, *person, *seat, at),
            Event::AttendanceAttested { point } => {
                self.attested.insert(*point, logged.actor.clone());
            }
            Event::AttestationVoided { point } => {
                self.attested.remove(point);
            }
            Event::AgendaOrdered { visits } => self.agenda.clone_from(visits),
            Event::FloorRequested { point, person } => self.floor.raise(*point, *person),
            Event::FloorRequestWithdrawn { point } => self.floor.lower(*point),
            Event::FloorGiven { point, person } => {
                let presider = self.presider_point();
                self.floor.give(*point, *person, at, presider);
            }
            Event::FloorTaken { point, .. } => {
                let presider = self.presider_point();
                self.floor.take(*point, presider);
            }
            Event::MicrophoneOpened { point } => self.floor.set_microphone(*point, true),
            Event::MicrophoneClosed { point, .. } => self.floor.set_microphone(*point, false),
            Event::RecordingStarted | Event::RecorderRecovered => self.recording = Recording::Running,
            Event::RecordingStopped { .. } => self.recording = Recording::Off,
            Event::RecorderFailed { cause } => {
                self.recording = Recording::Failed;
                self.recorder_fault.clone_from(cause);
            }
            Event::UnrecordedAllowed { .. } => self.recording = Recording::Waived,
            Event::SegmentOpened { visit, mark, began_at } => {
                let began_at = began_at.unwrap_or(at);
                let segment = Segment { visit: *visit, mark: mark.clone(), began_at, closed: false };
                self.segments.insert(mark.segment, segment);
            }
            Event::SegmentHashed { mark, .. } => self.segment_mark(mark, false),
            Event::SegmentClosed { mark, .. } => self.segment_mark(mark, true),
            Event::RecordingGap { .. } => {}
            Event::VisitRegistered(registration) => {
                self.agenda.push(registration.visit);
                self.visits.insert(registration.visit, VisitState::new(registration.clone()));
            }
            Event::VisitMoved { visit, act, to, reason } => {
                self.visit_moved(*visit, *act, *to, at);
                if *act == VisitAct::NoShow
                    && let Some(visit) = self.visits.get_mut(visit)
                {
                    visit.frozen = Some(minutes::absence(reason));
                    visit.frozen_seq = Some(logged.seq);
                    visit.frozen_files = Some(visit.files.len());
                }
            }
            Event::IdentitySeen { .. }
            | Event::RecordingAnnounced { .. }
            | Event::VisitPointsSet { .. }
            | Event::ClosingCardFilled { .. }
            | Event::FileAttached { .. }
            | Event::VisitClassified { .. }
            | Event::ClassRaised { .. }
            | Event::VisitFiled { .. }
            | Event::BlockLeft { .. }
            | Event::TextFrozen { .. }
            | Event::TextConfirmed { .. }
            | Event::SignatureRefused { .. }
            | Event::AnswersVoided { .. }
            | Event::QualityDigest { .. } => self.apply_to_visit(logged.seq, event),
        }
        // Whoever presides may speak at any time; a place that no longer does needs the floor like any other.
        if matches!(
            event,
            Event::PresidingHandedOver { .. } | Event::FunctionAssigned { .. } | Event::FunctionWithdrawn { .. }
        ) {
            let presider = self.presider_point();
            let holder = self.floor.holder().map(|holder| holder.point);
            self.close_microphones(|point| Some(point) != presider && Some(point) != holder);
        }
        if matches!(event, Event::RoomWideSet { .. } | Event::VisitPointsSet { .. }) {
            self.close_outside_stage();
        }
        self.write_timeline(logged, event);
        let mut facts = std::mem::take(&mut self.facts);
        facts.note(logged, event, self);
        self.facts = facts;
    }

    fn add_point(&mut self, about: SessionPoint) {
        self.points.insert(about.point, PointState { about, seen: false, connected: false });
    }

    fn drop_function(&mut self, function: Function) {
        for state in self.functions.values_mut() {
            state.functions.remove(&function);
        }
    }

    fn close_microphones(&mut self, closes: impl Fn(PointId) -> bool) {
        let open: Vec<PointId> = self.floor.open().iter().copied().filter(|point| closes(*point)).collect();
        for point in open {
            self.floor.set_microphone(point, false);
        }
    }

    /// A point that no longer takes part in what runs loses the floor with its microphone.
    fn close_outside_stage(&mut self) {
        let Some(taking_part) = self.on_stage().map(|visit| sees(self, visit)) else { return };
        let presider = self.presider_point();
        self.close_microphones(|point| Some(point) != presider && !taking_part.contains(&point));
        let outside = self.floor.holder().map(|holder| holder.point).filter(|point| !taking_part.contains(point));
        if let Some(point) = outside {
            self.floor.take(point, presider);
        }
    }

    fn session_moved(
        &mut self,
        act: SessionAct,
        to: SessionStatus,
        reason: &str,
        new_start: Option<Timestamp>,
        at: Timestamp,
    ) {
        if let Some(about) = &mut self.about {
            about.status = to;
            if let Some(start) = new_start {
                about.starts_at = start;
            }
        }
        // What everybody reads: why nothing goes on. The reason of a start with open duties is the minutes' alone.
        if to.is_stopped() {
            reason.clone_into(&mut self.notice)
        } else {
            self.notice.clear()
        }
        match act {
            SessionAct::Start => self.began_at = Some(at),
            SessionAct::Close => {
                self.ended_at = Some(at);
                self.end_until = None;
                self.close_microphones(|_| true);
                self.consultation.clear();
            }
            SessionAct::Postpone => {
                self.end_until = None;
                self.close_microphones(|_| true);
                self.consultation.clear();
            }
            SessionAct::Pause | SessionAct::Interrupt => {
                let presider = self.presider_point();
                self.close_microphones(|point| Some(point) != presider);
            }
            _ => {}
        }
    }

    fn point_back(&mut self, point: PointId, at: Timestamp) {
        if let Some(state) = self.points.get_mut(&point) {
            state.seen = true;
            state.connected = true;
        }
        if let Some(gap) = self.gaps.iter_mut().rev().find(|gap| gap.point == point && gap.to.is_none()) {
            gap.to = Some(at);
        }
    }

    /// After any loss the microphone is closed; the floor stays (no hot microphone, same floor).
    fn point_lost(&mut self, point: PointId, since: Timestamp, cause: &'static str) {
        if let Some(state) = self.points.get_mut(&point) {
            state.connected = false;
        }
        self.floor.set_microphone(point, false);
        let visit = self.on_stage().filter(|visit| self.is_listed(visit, point)).map(|visit| visit.about.visit);
        self.gaps.push(Gap { point, from: since, to: None, cause, visit });
    }

    fn segment_mark(&mut self, mark: &SegmentMark, closed: bool) {
        if let Some(segment) = self.segments.get_mut(&mark.segment) {
            segment.mark = mark.clone();
            segment.closed = closed;
        }
    }

    fn visit_moved(&mut self, id: VisitId, act: VisitAct, to: VisitStatus, at: Timestamp) {
        let presider = self.presider_point();
        let Some(visit) = self.visits.get_mut(&id) else { return };
        let was_on_stage = visit.status.is_on_stage();
        visit.status = to;
        match act {
            VisitAct::Begin => {
                visit.began_at.get_or_insert(at);
            }
            VisitAct::Hear => visit.heard_at = Some(at),
            VisitAct::Reopen => {
                visit.frozen = None;
                visit.frozen_seq = None;
                visit.frozen_files = None;
            }
            _ => {}
        }
        if was_on_stage && !to.is_on_stage() {
            // The next citizen must not be heard by the one before: every microphone but the presider's closes.
            self.close_microphones(|point| Some(point) != presider);
            if let Some(holder) = self.floor.holder() {
                self.floor.take(holder.point, presider);
            }
        }
        if to.is_final()
            && let Some(visit) = self.visits.get(&id)
        {
            let point = visit.about.citizen_point;
            let people: Vec<PersonId> = visit.about.persons.iter().map(|person| person.id).collect();
            for person in people {
                self.roster.leave(point, person, at);
            }
        }
    }

    fn apply_to_visit(&mut self, seq: i64, event: &Event) {
        let Scope::Visit(id) = event.scope() else { return };
        let Some(visit) = self.visits.get_mut(&id) else { return };
        match event {
            Event::IdentitySeen { person, how, .. } => {
                visit.identity_seen.insert(*person, *how);
            }
            Event::RecordingAnnounced { language, .. } => visit.announced = Some(language.clone()),
            Event::VisitPointsSet { agency_points, .. } => visit.about.agency_points.clone_from(agency_points),
            Event::ClosingCardFilled { card, .. } => visit.card = Some(card.clone()),
            Event::FileAttached { file, .. } => visit.files.push(file.clone()),
            Event::VisitClassified { petitions, .. } => visit.petitions.clone_from(petitions),
            Event::ClassRaised { .. } => {
                visit.about.class = Class::Restricted;
                for person in &mut visit.about.persons {
                    person.class = Class::Restricted;
                }
                for file in &mut visit.files {
                    file.class = Class::Restricted;
                }
                self.roster.restrict(id, &visit.about.persons);
            }
            Event::VisitFiled { case, receptions, promise, register_year, register_number, .. } => {
                visit.filed = Some(Filed {
                    case: *case,
                    receptions: *receptions,
                    promise: promise.clone(),
                    register_year: *register_year,
                    register_number: *register_number,
                });
            }
            Event::BlockLeft { block, block_kind, revision, text, .. } => {
                visit.left_blocks.insert(*block, (*block_kind, *revision, text.clone()));
            }
            Event::TextFrozen { text, .. } => {
                visit.frozen = Some(text.clone());
                visit.frozen_seq = Some(seq);
                visit.frozen_files = Some(visit.files.len());
            }
            Event::TextConfirmed { person, how, .. } => {
                visit.confirmed.insert(*person, *how);
            }
            Event::SignatureRefused { person, reason, .. } => {
                visit.refused.insert(*person, reason.clone());
            }
            Event::AnswersVoided { .. } => {
                visit.confirmed.clear();
                visit.refused.clear();
            }
            _ => {}
        }
    }

    /// What belongs to the story of the visit on stage, or of the visit the event names.
    fn write_timeline(&mut self, logged: &Logged, event: &Event) {
        let Some((code, point, person, note)) = timeline_line(event) else { return };
        let id = match event.scope() {
            Scope::Visit(id) => Some(id),
            Scope::Session | Scope::Open | Scope::Office => self.on_stage().map(|visit| visit.about.visit),
        };
        let room_wide = self.room_wide;
        let Some(visit) = id.and_then(|id| self.visits.get_mut(&id)) else { return };
        visit.timeline.push(Line { seq: logged.seq, at: logged.at, code, point, person, note });
        // A switch thrown before this visit came is part of its story too.
        let comes = matches!(event, Event::VisitMoved { act: VisitAct::Call | VisitAct::Resume, .. });
        if room_wide && comes && visit.about.class == Class::Normal {
            let code = "room_wide_on".to_owned();
            visit.timeline.push(Line {
                seq: logged.seq,
                at: logged.at,
                code,
                point: None,
                person: None,
                note: String::new(),
            });
        }
        let over = visit.timeline.len().saturating_sub(TIMELINE);
        visit.timeline.drain(..over);
    }
}

impl VisitState {
    fn new(about: Registration) -> Self {
        Self {
            about,
            status: VisitStatus::Registered,
            identity_seen: BTreeMap::new(),
            announced: None,
            began_at: None,
            heard_at: None,
            card: None,
            files: Vec::new(),
            left_blocks: BTreeMap::new(),
            frozen: None,
            frozen_seq: None,
            frozen_files: None,
            confirmed: BTreeMap::new(),
            refused: BTreeMap::new(),
            petitions: Vec::new(),
            filed: None,
            timeline: Vec::new(),
        }
    }
}

/// Code, point, person and note of an event in a visit's timeline; most wires and hashes are no story.
fn timeline_line(event: &Event) -> Option<(String, Option<PointId>, Option<PersonId>, String)> {
    let line = |code: &str, point: Option<PointId>, person: Option<PersonId>, note: &str| {
        Some((code.to_owned(), point, person, note.to_owned()))
    };
    match event {
        Event::VisitMoved { to, reason, .. } => {
            let name = serde_json::to_value(to).ok()?;
            line(&format!("visit_{}", name.as_str()?), None, None, reason)
        }
        Event::SessionMoved { to, reason, .. } => {
            let name = serde_json::to_value(to).ok()?;
            line(&format!("session_{}", name.as_str()?), None, None, reason)
        }
        Event::FloorGiven { point, person } => line("floor_given", Some(*point), *person, ""),
        Event::FloorTaken { point, .. } => line("floor_taken", Some(*point), None, ""),
        Event::PointLost { point, .. } => line("point_lost", Some(*point), None, ""),
        Event::PointBack { point } => line("point_back", Some(*point), None, ""),
        Event::PersonIn { point, person, .. } => line("person_in", Some(*point), Some(person.id), ""),
        Event::PersonOut { point, person } => line("person_out", Some(*point), Some(*person), ""),
        Event::PersonBack { point, person, .. } => line("person_back", Some(*point), Some(*person), ""),
        Event::IdentitySeen { person, .. } => line("identity_seen", None, Some(*person), ""),
        Event::RecordingAnnounced { point, .. } => line("recording_announced", Some(*point), None, ""),
        Event::FileAttached { file, .. } => line("file_attached", file.point, None, &file.name),
        Event::RecorderFailed { .. } => line("recorder_failed", None, None, ""),
        Event::RecorderRecovered => line("recorder_recovered", None, None, ""),
        Event::ConsultationBegan { .. } => line("consultation_began", None, None, ""),
        Event::ConsultationEnded => line("consultation_ended", None, None, ""),
        Event::RoomWideSet { on } => line(if *on { "room_wide_on" } else { "room_wide_off" }, None, None, ""),
        Event::TextFrozen { .. } => line("text_frozen", None, None, ""),
        Event::AnswersVoided { .. } => line("answers_voided", None, None, ""),
        Event::TextConfirmed { person, point, .. } => line("text_confirmed", Some(*point), Some(*person), ""),
        Event::SignatureRefused { person, point, reason, .. } => {
            line("signature_refused", Some(*point), Some(*person), reason)
        }
        _ => None,
    }
}
