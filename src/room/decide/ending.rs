//! The end of a session: two acts, half a minute to take it back, then the server closes.

use jiff::{SignedDuration, Timestamp};

use super::session::moved;
use super::{Context, Decided, Decision};
use crate::domain::event::Event;
use crate::domain::refusal::Refusal;
use crate::domain::session::{SessionAct, SessionStatus};
use crate::limits;
use crate::room::state::State;

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

/// The end that was not undone in time. Never with somebody on stage: from the announcement on nobody is called, and
/// this holds whatever an older log says.
pub fn close_after_undo(state: &State, now: Timestamp) -> Vec<Event> {
    let due = state.end_until.is_some_and(|until| until <= now);
    if !due || state.status() != Some(SessionStatus::InProgress) || state.on_stage().is_some() {
        return Vec::new();
    }
    // Nobody came, whoever was registered: the day was held all the same and is counted (domain.md §4.2, `no_show`).
    let came = state.facts.visits.values().any(|visit| visit.arrived_at.is_some());
    let reason = if came { String::new() } else { "no_show".to_owned() };
    vec![
        moved(SessionAct::Close, SessionStatus::Closed, reason),
        Event::RecordingStopped { reason: "session_closed".to_owned() },
    ]
}
