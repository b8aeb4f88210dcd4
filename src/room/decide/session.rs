//! The life of a session: decisions, start, pauses, interruption, postponement; points and functions.

use jiff::{SignedDuration, Timestamp};

use super::duties::{self, open_duties};
use super::recorder::{self, RECORDING_DUTY};
use super::{Context, Decided, Decision, required};
use crate::domain::event::{Event, SessionPoint};
use crate::domain::ids::{PointId, UserId};
use crate::domain::people::Function;
use crate::domain::presence::Standing;
use crate::domain::refusal::Refusal;
use crate::domain::session::{SessionAct, SessionStatus};
use crate::domain::units::PointRole;
use crate::domain::visit::{VisitAct, VisitStatus};
use crate::limits;
use crate::room::live::{Live, MediaLink};
use crate::room::state::{Recording, State};

const COMPOSITION: &str = "Điều 22 khoản 1 Nghị định 154/2026/NĐ-CP";
const NOTE_TAKING: &str = "Điều 26 Nghị định 154/2026/NĐ-CP";
const POSTPONING: &str = "Điều 24 khoản 4 Luật Tiếp công dân";

pub(super) fn move_session(c: &Context<'_>, act: SessionAct, reason: &str, new_start: Option<Timestamp>) -> Decided {
    let status = c.state().status().ok_or(Refusal::new("session_unknown"))?;
    match act {
        SessionAct::Close => return Err(Refusal::new("end_in_two_steps")),
        // Sealing is a later release's record; without it nothing may claim to be archived.
        SessionAct::Archive => return Err(Refusal::new("archive_needs_sealing")),
        _ => {}
    }
    let to = status.after(act).ok_or(Refusal::new("session_cannot_move").field("act"))?;
    let reason = match act {
        SessionAct::Reject | SessionAct::Pause | SessionAct::Interrupt | SessionAct::Cancel => {
            required(reason, "reason_missing", "reason")?
        }
        SessionAct::Postpone => {
            let reason = required(reason, "reason_missing", "reason").map_err(|refusal| refusal.citing(POSTPONING))?;
            later(c, new_start)?;
            reason
        }
        SessionAct::Reschedule => {
            later(c, new_start)?;
            reason.trim().to_owned()
        }
        SessionAct::Conclude => required(reason, "conclusion_missing", "reason")?,
        _ => reason.trim().to_owned(),
    };
    match act {
        SessionAct::Start => start(c, reason),
        SessionAct::Minute if c.state().visits.values().any(|visit| !visit.status.is_final()) => {
            Err(Refusal::new("visits_open"))
        }
        SessionAct::Publish | SessionAct::Notify | SessionAct::Test => {
            duties::gate(c.state(), act, &reason)?;
            Ok(moved(act, to, reason).into())
        }
        SessionAct::Resume => Ok(recorder::resumed(c, moved(act, to, reason))?.into()),
        SessionAct::Pause | SessionAct::Interrupt => Ok(stopped(c.state(), moved(act, to, reason)).into()),
        SessionAct::Postpone => {
            let mut events = sitting_over(c.state(), &reason);
            events.push(Event::SessionMoved { act, to, reason, new_start, since: None });
            Ok(events.into())
        }
        SessionAct::Reschedule => Ok(Event::SessionMoved { act, to, reason, new_start, since: None }.into()),
        _ => Ok(moved(act, to, reason).into()),
    }
}

/// A move that is so from now on.
pub(super) fn moved(act: SessionAct, to: SessionStatus, reason: String) -> Event {
    Event::SessionMoved { act, to, reason, new_start: None, since: None }
}

/// The session stops in its course: an end that was announced and can still be taken back is taken back, so that nobody
/// finds the session closed after the repair.
pub(super) fn stopped(state: &State, moved: Event) -> Vec<Event> {
    state.end_until.map(|_| Event::EndUndone).into_iter().chain([moved]).collect()
}

/// What ends with the day when a session is put off: nobody is on stage, no microphone open, everybody goes home. Whoever
/// came and was not heard is invited anew; a visit that was begun is held.
fn sitting_over(state: &State, reason: &str) -> Vec<Event> {
    let mut events: Vec<Event> = state
        .agenda
        .iter()
        .filter_map(|id| state.visits.get(id))
        .filter_map(|visit| {
            let act = match visit.status {
                VisitStatus::InSession => VisitAct::Hold,
                VisitStatus::Arrived | VisitStatus::Identified | VisitStatus::Waiting | VisitStatus::Called => {
                    VisitAct::MakeAppointment
                }
                _ => return None,
            };
            let to = visit.status.after(act)?;
            Some(Event::VisitMoved { visit: visit.about.visit, act, to, reason: reason.to_owned() })
        })
        .collect();
    let why = || "session_postponed".to_owned();
    let floor = &state.floor;
    events.extend(floor.hands().iter().map(|hand| Event::FloorRequestWithdrawn { point: hand.point }));
    events.extend(floor.holder().map(|holder| Event::FloorTaken { point: holder.point, reason: why() }));
    events.extend(floor.open().iter().map(|point| Event::MicrophoneClosed { point: *point, reason: why() }));
    if !state.consultation.is_empty() {
        events.push(Event::ConsultationEnded);
    }
    let present = state.roster.entries().filter(|(_, entry)| entry.standing() == Standing::Present);
    events.extend(present.map(|(point, entry)| Event::PersonOut { point, person: entry.person.id }));
    events.extend(state.attested.keys().map(|point| Event::AttestationVoided { point: *point }));
    if state.recording != Recording::Off {
        events.push(Event::RecordingStopped { reason: why() });
    }
    events.extend(state.end_until.map(|_| Event::EndUndone));
    events
}

fn later(c: &Context<'_>, new_start: Option<Timestamp>) -> Result<(), Refusal> {
    match new_start {
        Some(start) if start > c.now => Ok(()),
        _ => Err(Refusal::new("new_start_missing").field("new_start").citing(POSTPONING)),
    }
}

/// No session starts without a recorder that writes and a named note-taker; other open duties need a reason, which the
/// minutes print.
fn start(c: &Context<'_>, reason: String) -> Decided {
    let state = c.state();
    if !c.live.recorder_ready {
        return Err(Refusal::new("recorder_not_ready").citing(RECORDING_DUTY));
    }
    if state.holder_of(Function::NoteTaker).is_none() {
        return Err(Refusal::new("note_taker_missing").citing(NOTE_TAKING));
    }
    if reason.is_empty() && !open_duties(state, c.live).is_empty() {
        return Err(Refusal::new("duties_open").field("reason").citing(COMPOSITION));
    }
    Ok(vec![moved(SessionAct::Start, SessionStatus::InProgress, reason), Event::RecordingStarted].into())
}

pub(super) fn add_point(c: &Context<'_>, point: &SessionPoint) -> Decided {
    c.open_record()?;
    if c.state().points.contains_key(&point.point) {
        return Ok(Decision::default());
    }
    if point.role == PointRole::Central && c.state().central().is_some() {
        return Err(Refusal::new("central_point_taken")
            .field("point.role")
            .citing("Điều 3 khoản 4 Nghị định 154/2026/NĐ-CP"));
    }
    required(&point.name, "name_missing", "point.name")?;
    Ok(Event::PointAdded(point.clone()).into())
}

/// All points see and hear every visit that is not restricted, or only those of its list (D154 Điều 21).
pub(super) fn set_room_wide(c: &Context<'_>, on: bool) -> Decided {
    c.open_record()?;
    if c.state().room_wide == on { Ok(Decision::default()) } else { Ok(Event::RoomWideSet { on }.into()) }
}

pub(super) fn assign_function(
    c: &Context<'_>,
    user: UserId,
    name: &str,
    title: &str,
    function: Function,
    point: PointId,
) -> Decided {
    c.point(point)?;
    // After the end somebody may be needed to write, sign and attest; nobody takes part any more.
    if c.state().status() != Some(SessionStatus::Closed)
        || !matches!(function, Function::NoteTaker | Function::Assistant | Function::PointOfficer)
    {
        c.open_record()?;
    }
    if function == Function::Presider && c.state().presider().is_some_and(|presider| presider != user) {
        return Err(Refusal::new("presider_taken").field("function"));
    }
    let name = required(name, "name_missing", "name")?;
    Ok(Event::FunctionAssigned { user, name, title: title.trim().to_owned(), function, point }.into())
}

pub(super) fn withdraw_function(c: &Context<'_>, user: UserId, function: Function) -> Decided {
    let held = c.state().functions.get(&user).is_some_and(|state| state.functions.contains(&function));
    if !held {
        return Err(Refusal::new("function_unknown").field("function"));
    }
    if c.state().status() != Some(SessionStatus::Closed) {
        c.open_record()?;
    }
    let under_way = c.state().status().is_some_and(SessionStatus::is_under_way);
    if under_way && matches!(function, Function::Presider | Function::NoteTaker) {
        return Err(Refusal::new("function_needed").field("function"));
    }
    Ok(Event::FunctionWithdrawn { user, function }.into())
}

pub(super) fn hand_over(c: &Context<'_>, to: UserId) -> Decided {
    let from = c.state().presider().ok_or(Refusal::new("presider_missing"))?;
    if from == to {
        return Ok(Decision::default());
    }
    if !c.state().functions.contains_key(&to) {
        return Err(Refusal::new("function_unknown").field("to"));
    }
    Ok(Event::PresidingHandedOver { from, to }.into())
}

/// A point of the running visit, or the presider's, gone for 10 s: "full picture and sound, all at the same time" is the
/// definition of the form (D154 Điều 3(3)). Interrupted from the moment of loss: what was said since did not reach all.
pub fn interrupt_for_loss(state: &State, live: &Live, now: Timestamp) -> Vec<Event> {
    if state.status() != Some(SessionStatus::InProgress) {
        return Vec::new();
    }
    let mut needed = state.on_stage().map(|visit| state.points_of(visit)).unwrap_or_default();
    needed.extend(state.presider_point());
    let limit = SignedDuration::try_from(limits::INTERRUPT_AFTER).unwrap_or(SignedDuration::from_secs(10));
    let lost = live
        .missing
        .iter()
        .filter(|(point, since)| needed.contains(point) && now.duration_since(**since) >= limit)
        .min_by_key(|(_, since)| **since);
    let Some((point, since)) = lost else { return Vec::new() };
    let reason = state.points.get(point).map(|state| state.about.name.clone()).unwrap_or_default();
    let (act, to) = (SessionAct::Interrupt, SessionStatus::Interrupted);
    stopped(state, Event::SessionMoved { act, to, reason, new_start: None, since: Some(*since) })
}

/// Points whose main device is gone or silent, and since when; pure, so that loss can be tested without a wire.
pub fn missing_points(state: &State, live: &Live) -> Vec<(PointId, Option<Timestamp>)> {
    state
        .points
        .values()
        .filter(|point| point.connected)
        .filter_map(|point| {
            let id = point.about.point;
            match live.main_wire(id) {
                None => Some((id, None)),
                Some((_, wire)) => match wire.media {
                    MediaLink::Silent(since) => Some((id, Some(since))),
                    MediaLink::None | MediaLink::Connected => None,
                },
            }
        })
        .collect()
}
