//! The life of a session: decisions, duties, the two-step end, pauses, interruption, consultation.

use jiff::{SignedDuration, Timestamp};

use super::{Context, Decided, Decision, required};
use crate::domain::event::{Event, SessionPoint};
use crate::domain::ids::{PointId, UserId};
use crate::domain::people::Function;
use crate::domain::refusal::Refusal;
use crate::domain::session::{SessionAct, SessionStatus, SessionStep, StepOutcome};
use crate::domain::units::PointRole;
use crate::domain::visit::{VisitAct, VisitStatus};
use crate::limits;
use crate::room::live::{Live, MediaLink};
use crate::room::state::{Recording, State};

const RECORDING_DUTY: &str = "Điều 24 khoản 1 Nghị định 154/2026/NĐ-CP";
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
        SessionAct::Resume => resume(c, reason),
        SessionAct::Minute if c.state().visits.values().any(|visit| !visit.status.is_final()) => {
            Err(Refusal::new("visits_open"))
        }
        SessionAct::Postpone => Ok(postpone(c.state(), reason, new_start).into()),
        _ => {
            let new_start = new_start.filter(|_| act == SessionAct::Reschedule);
            Ok(Event::SessionMoved { act, to, reason, new_start }.into())
        }
    }
}

/// A visit that was on the stage keeps its place for the new day: called goes back to the queue, running is held.
fn postpone(state: &State, reason: String, new_start: Option<Timestamp>) -> Vec<Event> {
    let to = SessionStatus::Postponed;
    let mut events = vec![Event::SessionMoved { act: SessionAct::Postpone, to, reason, new_start }];
    let stage = state.on_stage().and_then(|visit| {
        let act = if visit.status == VisitStatus::Called { VisitAct::ReturnToQueue } else { VisitAct::Hold };
        visit.status.after(act).map(|to| (visit.about.visit, act, to))
    });
    if let Some((visit, act, to)) = stage {
        events.push(Event::VisitMoved { visit, act, to, reason: String::new() });
    }
    if state.recording != Recording::Off {
        events.push(Event::RecordingStopped { reason: "session_postponed".to_owned() });
    }
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
    let moved = Event::SessionMoved { act: SessionAct::Start, to: SessionStatus::InProgress, reason, new_start: None };
    Ok(vec![moved, Event::RecordingStarted].into())
}

/// After the recorder failed a session goes on with one that writes again, or by `allow_unrecorded`: never with the
/// presider's word alone.
fn resume(c: &Context<'_>, reason: String) -> Decided {
    let to = SessionStatus::InProgress;
    let moved = Event::SessionMoved { act: SessionAct::Resume, to, reason, new_start: None };
    match c.state().recording {
        Recording::Failed if c.live.recorder_ready => Ok(vec![Event::RecorderRecovered, moved].into()),
        Recording::Failed => Err(Refusal::new("recorder_still_failing").citing(RECORDING_DUTY)),
        _ => Ok(moved.into()),
    }
}

/// Codes of the duties that are open before the start; `duty.<code>` of the text catalogue.
pub fn open_duties(state: &State, live: &Live) -> Vec<String> {
    let mut duties = Vec::new();
    let Some(status) = state.status() else { return duties };
    if !status.is_before_start() {
        return duties;
    }
    let done = |step: SessionStep| state.steps.iter().any(|done| done.step == step);
    for (step, code) in [
        (SessionStep::Publication, "publication"),
        (SessionStep::Notice, "notice"),
        (SessionStep::TrialCall, "trial_call"),
    ] {
        if !done(step) {
            duties.push(code.to_owned());
        }
    }
    for (function, code) in [
        (Function::Presider, "presider_present"),
        (Function::NoteTaker, "note_taker_present"),
        (Function::AdvisingUnit, "advising_unit_present"),
    ] {
        if !state.functions.iter().any(|(user, held)| held.functions.contains(&function) && live.is_connected(*user)) {
            duties.push(code.to_owned());
        }
    }
    for point in state.points.values() {
        let id = point.about.point;
        if !point.connected {
            duties.push(format!("point_connected:{id}"));
        } else if point.about.role == PointRole::Component
            && !state.steps.iter().any(|done| done.step == SessionStep::SeenAndHeard && done.point == Some(id))
        {
            duties.push(format!("seen_and_heard:{id}"));
        }
    }
    if !live.recorder_ready {
        duties.push("recorder".to_owned());
    }
    duties
}

pub(super) fn record_step(
    c: &Context<'_>,
    step: SessionStep,
    point: Option<PointId>,
    outcome: &StepOutcome,
) -> Decided {
    if let Some(point) = point {
        c.point(point)?;
    }
    if let StepOutcome::NotPossible { reason, decided_by } = outcome {
        required(reason, "reason_missing", "outcome.reason")?;
        required(decided_by, "decided_by_missing", "outcome.decided_by")?;
    }
    Ok(Event::StepRecorded { step, point, outcome: outcome.clone() }.into())
}

pub(super) fn add_point(c: &Context<'_>, point: &SessionPoint) -> Decided {
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

pub(super) fn assign_function(
    c: &Context<'_>,
    user: UserId,
    name: &str,
    title: &str,
    function: Function,
    point: PointId,
) -> Decided {
    c.point(point)?;
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

/// All points see and hear every visit that is not restricted, or only those of its list (D154 Điều 21).
pub(super) fn set_room_wide(c: &Context<'_>, on: bool) -> Decided {
    if c.state().room_wide == on { Ok(Decision::default()) } else { Ok(Event::RoomWideSet { on }.into()) }
}

/// First step: is the end possible at all? The presider is shown what is still open.
pub(super) fn propose_end(c: &Context<'_>) -> Decided {
    endable(c)?;
    Ok(Decision { ask_end: true, ..Decision::default() })
}

/// Second step: the end is announced and can be undone for 30 s; then the server closes.
pub(super) fn confirm_end(c: &Context<'_>) -> Decided {
    endable(c)?;
    if c.live.end_asked_by != Some(c.actor.user) {
        return Err(Refusal::new("end_in_two_steps"));
    }
    if c.state().end_until.is_some() {
        return Ok(Decision::default());
    }
    let wait = SignedDuration::try_from(limits::END_UNDO).unwrap_or(SignedDuration::from_secs(30));
    let until = c.now.checked_add(wait).unwrap_or(c.now);
    Ok(Event::EndProposed { until }.into())
}

pub(super) fn undo_end(c: &Context<'_>) -> Decided {
    if c.state().end_until.is_none() {
        return Ok(Decision::default());
    }
    Ok(Event::EndUndone.into())
}

fn endable(c: &Context<'_>) -> Result<(), Refusal> {
    let state = c.state();
    if state.status() != Some(SessionStatus::InProgress) {
        return Err(Refusal::new("session_not_in_progress"));
    }
    if state.on_stage().is_some() {
        return Err(Refusal::new("visit_running"));
    }
    Ok(())
}

/// The end that was not undone in time.
pub fn close_after_undo(state: &State, now: Timestamp) -> Vec<Event> {
    let due = state.end_until.is_some_and(|until| until <= now);
    if !due || state.status() != Some(SessionStatus::InProgress) {
        return Vec::new();
    }
    let reason = if state.visits.is_empty() { "no_show".to_owned() } else { String::new() };
    let moved = Event::SessionMoved { act: SessionAct::Close, to: SessionStatus::Closed, reason, new_start: None };
    vec![moved, Event::RecordingStopped { reason: "session_closed".to_owned() }]
}

/// A point of the running visit, or the presider's, gone for 10 s: "full picture and sound, all at the same time" is the
/// definition of the form (D154 Điều 3(3)).
pub fn interrupt_for_loss(state: &State, live: &Live, now: Timestamp) -> Vec<Event> {
    if state.status() != Some(SessionStatus::InProgress) {
        return Vec::new();
    }
    let mut needed = state.on_stage().map(|visit| state.points_of(visit)).unwrap_or_default();
    needed.extend(state.presider_point());
    let limit = SignedDuration::try_from(limits::INTERRUPT_AFTER).unwrap_or(SignedDuration::from_secs(10));
    let lost =
        live.missing.iter().find(|(point, since)| needed.contains(point) && now.duration_since(**since) >= limit);
    let Some((point, _)) = lost else { return Vec::new() };
    let reason = state.points.get(point).map(|state| state.about.name.clone()).unwrap_or_default();
    let to = SessionStatus::Interrupted;
    vec![Event::SessionMoved { act: SessionAct::Interrupt, to, reason, new_start: None }]
}

pub(super) fn begin_consultation(c: &Context<'_>, points: &[PointId]) -> Decided {
    if !c.state().status().is_some_and(SessionStatus::is_under_way) {
        return Err(Refusal::new("session_not_live"));
    }
    for point in points {
        c.point(*point)?;
    }
    let mut points = points.to_vec();
    points.extend(c.state().presider_point());
    points.sort_unstable();
    points.dedup();
    if points.len() < 2 {
        return Err(Refusal::new("consultation_needs_two").field("points"));
    }
    Ok(Event::ConsultationBegan { points }.into())
}

pub(super) fn end_consultation(c: &Context<'_>) -> Decided {
    if c.state().consultation.is_empty() {
        return Ok(Decision::default());
    }
    Ok(Event::ConsultationEnded.into())
}

/// Going on without a recorder takes two people and a reason (D154 Điều 24(1)).
pub(super) fn allow_unrecorded(c: &Context<'_>, reason: &str) -> Decided {
    if c.state().recording != Recording::Failed {
        return Err(Refusal::new("recorder_works").citing(RECORDING_DUTY));
    }
    let presider = c.state().presider();
    if presider == Some(c.actor.user) {
        let reason = required(reason, "reason_missing", "reason")?;
        return Ok(Decision { ask_unrecorded: Some(reason), ..Decision::default() });
    }
    let (asked_by, reason) = c.live.unrecorded_asked.clone().ok_or(Refusal::new("presider_must_ask_first"))?;
    if presider != Some(asked_by) {
        return Err(Refusal::new("presider_must_ask_first"));
    }
    Ok(Event::UnrecordedAllowed { by_presider: asked_by, by_note_taker: c.actor.user, reason }.into())
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
