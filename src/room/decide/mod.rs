//! A command becomes events or a refusal. Sans-IO: the state, the moment and fresh ids are passed in, nothing is changed.
//!
//! Contract: `decide` looks at the book with every event already decided (committed or on its way); its events are
//! applied in order; a refusal means that nothing happened.

mod consultation;
mod duties;
mod ending;
mod floor;
mod minutes;
mod people;
mod recorder;
mod session;
mod visits;

use jiff::Timestamp;
use uuid::Uuid;

use super::live::{Book, DraftWrite, Live};
use super::standing::{self, About};
use super::state::{State, VisitState};
use crate::domain::actor::Actor;
use crate::domain::event::Event;
use crate::domain::ids::{CaseId, PointId, VisitId};
use crate::domain::refusal::Refusal;
use crate::protocol::command::Command;

pub use duties::open_duties;
pub use ending::close_after_undo;
pub use minutes::unlogged_text;
pub use recorder::follow_recorder;
pub use session::{interrupt_for_loss, missing_points};

/// Everything a decision may look at.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    pub book: &'a Book,
    pub live: &'a Live,
    pub actor: &'a Actor,
    pub now: Timestamp,
    /// Identifiers for what the decision makes, made by the clock.
    pub fresh: [Uuid; 2],
    /// What the office's tables say, for the end of a visit.
    pub filing: Option<&'a Filing>,
}

/// What the end of a visit needs from the office's tables, read under the register's lock.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Filing {
    /// Year of the register: the local year of this moment.
    pub year: i16,
    /// Next free number of the unit's register.
    pub number: u32,
    /// The case the visit belongs to and how often it was received before.
    pub case: CaseId,
    pub earlier_receptions: u32,
}

/// What a command comes to.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Decision {
    pub events: Vec<Event>,
    pub drafts: Vec<DraftWrite>,
    pub lease: Option<LeaseChange>,
    /// The presider asks to go on without a recorder; kept until the note-taker agrees.
    pub ask_unrecorded: Option<String>,
    /// First step of the end: the presider has seen what is open.
    pub ask_end: bool,
}

/// A lease is of the moment: it is changed when the decision is committed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LeaseChange {
    Take(crate::domain::ids::BlockId),
    Release(crate::domain::ids::BlockId),
}

impl From<Vec<Event>> for Decision {
    fn from(events: Vec<Event>) -> Self {
        Self { events, ..Self::default() }
    }
}

impl From<Event> for Decision {
    fn from(event: Event) -> Self {
        vec![event].into()
    }
}

/// What every decision returns.
pub type Decided = Result<Decision, Refusal>;

/// Decides a command.
pub fn decide(context: &Context<'_>, command: &Command) -> Decided {
    let c = context;
    c.permitted(command)?;
    match command {
        Command::MoveSession { act, reason, new_start } => session::move_session(c, *act, reason, *new_start),
        Command::RecordStep { step, point, outcome } => duties::record_step(c, *step, *point, outcome),
        Command::AddPoint { point } => session::add_point(c, point),
        Command::AssignFunction { user, name, title, function, point } => {
            session::assign_function(c, *user, name, title, *function, *point)
        }
        Command::WithdrawFunction { user, function } => session::withdraw_function(c, *user, *function),
        Command::HandOverPresiding { to } => session::hand_over(c, *to),
        Command::SetRoomWide { on } => session::set_room_wide(c, *on),
        Command::ProposeEnd => ending::propose_end(c),
        Command::UndoEnd => ending::undo_end(c),
        Command::ConfirmEnd => ending::confirm_end(c),
        Command::BeginConsultation { points } => consultation::begin(c, points),
        Command::EndConsultation => consultation::end(c),
        Command::AllowUnrecorded { reason } => recorder::allow_unrecorded(c, reason),
        Command::TakeOver { connection } => people::take_over(c, *connection),
        Command::ExpectPerson { point, person } => people::expect_person(c, *point, person),
        Command::SeatPerson { point, person, seat, substitute_for } => {
            people::seat_person(c, *point, person, *seat, *substitute_for)
        }
        Command::PersonOut { point, person } => people::person_out(c, *point, *person),
        Command::PersonBack { point, person, seat } => people::person_back(c, *point, *person, *seat),
        Command::SeeIdentity { visit, person, how } => people::see_identity(c, *visit, *person, *how),
        Command::AnnounceRecording { visit, language } => people::announce_recording(c, *visit, language),
        Command::AttestAttendance { point } => people::attest_attendance(c, *point),
        Command::RegisterVisit { registration } => visits::register(c, registration),
        Command::MoveVisit { visit, act, reason } => visits::move_visit(c, *visit, *act, reason),
        Command::CallNext { visit } => visits::call_next(c, *visit),
        Command::SetVisitPoints { visit, agency_points } => visits::set_points(c, *visit, agency_points),
        Command::OrderAgenda { visits } => visits::order_agenda(c, visits),
        Command::CloseHearing { visit, card } => visits::close_hearing(c, *visit, card),
        Command::AttachFile { visit, file } => visits::attach_file(c, *visit, file),
        Command::Classify { visit, petitions } => visits::classify(c, *visit, petitions),
        Command::EndVisit { visit } => visits::end_visit(c, *visit),
        Command::RaiseHand { person } => floor::raise_hand(c, *person),
        Command::LowerHand => floor::lower_hand(c),
        Command::GiveFloor { point, person } => floor::give(c, *point, *person),
        Command::TakeFloor { point } => floor::take(c, *point),
        Command::Microphone { open } => floor::microphone(c, *open),
        Command::LeaseBlock { visit, block, block_kind: _ } => minutes::lease(c, *visit, *block),
        Command::WriteBlock { visit, block, block_kind, base, text } => {
            minutes::write(c, *visit, *block, *block_kind, *base, text)
        }
        Command::LeaveBlock { visit, block } => minutes::leave(c, *visit, *block),
        Command::FreezeText { visit } => minutes::freeze(c, *visit),
        Command::ReadBack { visit } => minutes::read_back(c, *visit),
        Command::ConfirmText { visit, person, how } => minutes::confirm(c, *visit, *person, *how),
        Command::RefuseSignature { visit, person, reason } => minutes::refuse(c, *visit, *person, reason),
    }
}

impl Context<'_> {
    pub(super) fn state(&self) -> &State {
        &self.book.state
    }

    fn announced(&self, id: VisitId) -> bool {
        self.state().visits.get(&id).is_some_and(|visit| self.state().is_announced(visit))
    }

    /// What tells who was there and what was done has an end: that of the session.
    fn open_record(&self) -> Result<(), Refusal> {
        match self.state().status() {
            Some(status) if status.is_over() => Err(Refusal::new("session_over")),
            Some(_) => Ok(()),
            None => Err(Refusal::new("session_unknown")),
        }
    }

    fn visit(&self, id: VisitId) -> Result<&VisitState, Refusal> {
        self.state().visits.get(&id).ok_or(Refusal::new("visit_unknown").field("visit"))
    }

    fn point(&self, id: PointId) -> Result<(), Refusal> {
        if self.state().points.contains_key(&id) { Ok(()) } else { Err(Refusal::new("point_unknown").field("point")) }
    }

    /// The point of the actor's device.
    fn own_point(&self) -> Result<PointId, Refusal> {
        self.actor.point.filter(|point| self.state().points.contains_key(point)).ok_or(Refusal::new("not_at_a_point"))
    }

    fn permitted(&self, command: &Command) -> Result<(), Refusal> {
        let (action, about) = action_of(command);
        standing::check(self.state(), self.actor, &action, about)
    }
}

/// The row of `domain::access` a command needs, and what it is about.
pub fn action_of(command: &Command) -> (String, About) {
    let name = command.name();
    let snake = |value: Result<serde_json::Value, serde_json::Error>| {
        value.ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
    };
    match command {
        Command::MoveSession { act, .. } => (format!("{name}.{}", snake(serde_json::to_value(act))), About::Session),
        Command::RecordStep { step, point, .. } => {
            let about = point.map_or(About::Session, About::Point);
            (format!("{name}.{}", snake(serde_json::to_value(step))), about)
        }
        Command::MoveVisit { visit, act, .. } => {
            (format!("{name}.{}", snake(serde_json::to_value(act))), About::Visit(*visit))
        }
        Command::ExpectPerson { point, .. }
        | Command::SeatPerson { point, .. }
        | Command::PersonOut { point, .. }
        | Command::PersonBack { point, .. }
        | Command::AttestAttendance { point } => (name, About::Point(*point)),
        Command::SeeIdentity { visit, .. }
        | Command::AnnounceRecording { visit, .. }
        | Command::CallNext { visit }
        | Command::SetVisitPoints { visit, .. }
        | Command::CloseHearing { visit, .. }
        | Command::AttachFile { visit, .. }
        | Command::Classify { visit, .. }
        | Command::EndVisit { visit }
        | Command::LeaseBlock { visit, .. }
        | Command::WriteBlock { visit, .. }
        | Command::LeaveBlock { visit, .. }
        | Command::FreezeText { visit }
        | Command::ReadBack { visit }
        | Command::ConfirmText { visit, .. }
        | Command::RefuseSignature { visit, .. } => (name, About::Visit(*visit)),
        _ => (name, About::Session),
    }
}

/// A reason that is a duty.
fn required(text: &str, code: &'static str, field: &'static str) -> Result<String, Refusal> {
    let text = text.trim();
    if text.is_empty() { Err(Refusal::new(code).field(field)) } else { Ok(text.to_owned()) }
}
