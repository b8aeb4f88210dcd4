//! The recorder and the session: no reception without a recording (D154 Điều 24(1)).
//!
//! What the log says of the recorder follows what is seen of it, by levels and not by edges: a fault whose telling was
//! lost with a failed commit is told by the next look.

use super::session::{moved, stopped};
use super::{Context, Decided, Decision, required};
use crate::domain::event::Event;
use crate::domain::refusal::Refusal;
use crate::domain::session::{SessionAct, SessionStatus};
use crate::room::live::Live;
use crate::room::state::{Recording, State};

pub(super) const RECORDING_DUTY: &str = "Điều 24 khoản 1 Nghị định 154/2026/NĐ-CP";

/// Packets arrive and nothing reaches a file: writing to the disk beside it proves nothing about that.
const NOTHING_WRITTEN: &str = "recorder_nothing_written";

/// What the log has to say after a look at the recorder.
///
/// While the session goes on its sources are the proof; while it stands, the recorder's own trial is. A recorder that
/// writes again is used again, also after presider and note-taker had gone on without it.
pub fn follow_recorder(state: &State, live: &Live) -> Vec<Event> {
    let Some(status) = state.status().filter(|status| status.is_under_way()) else { return Vec::new() };
    let goes_on = status == SessionStatus::InProgress;
    match state.recording {
        Recording::Running => {
            let fault = if goes_on { live.recorder_fault } else { live.recorder_refuses };
            let Some(cause) = fault else { return Vec::new() };
            let mut events = vec![Event::RecorderFailed { cause: cause.to_owned() }];
            if goes_on {
                let pause = moved(SessionAct::Pause, SessionStatus::Paused, "recorder_failed".to_owned());
                events.extend(stopped(state, pause));
            }
            events
        }
        Recording::Failed | Recording::Waived if live.recorder_ready && state.recorder_fault != NOTHING_WRITTEN => {
            vec![Event::RecorderRecovered]
        }
        Recording::Failed | Recording::Waived | Recording::Off => Vec::new(),
    }
}

/// Going on needs a recorder that writes, or the two who go on without. Where only recording can show whether it works
/// again, going on is the trial.
pub(super) fn resumed(c: &Context<'_>, moved: Event) -> Result<Vec<Event>, Refusal> {
    let state = c.state();
    match state.recording {
        Recording::Waived => Ok(vec![moved]),
        Recording::Running if c.live.recorder_ready => Ok(vec![moved]),
        Recording::Failed if c.live.recorder_ready && state.recorder_fault == NOTHING_WRITTEN => {
            Ok(vec![Event::RecorderRecovered, moved])
        }
        _ => Err(Refusal::new("recorder_failed").citing(RECORDING_DUTY)),
    }
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
