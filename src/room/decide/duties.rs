//! Duties before a session: their evidence, the gates that rest on it, what is still open at the start.

use super::{Context, Decided, required};
use crate::domain::event::Event;
use crate::domain::ids::PointId;
use crate::domain::people::Function;
use crate::domain::refusal::Refusal;
use crate::domain::session::{ReceptionKind, SessionAct, SessionStep, StepOutcome};
use crate::domain::units::PointRole;
use crate::room::live::Live;
use crate::room::state::{State, StepState};

const POSTING: &str = "Điều 24 khoản 4 Luật Tiếp công dân";
const PREPARING: &str = "Điều 23 khoản 1 Nghị định 154/2026/NĐ-CP";

/// Where the law asks for a step before the session; `None` for what belongs to its course.
fn duty_of(step: SessionStep) -> Option<&'static str> {
    match step {
        SessionStep::Publication => Some(POSTING),
        SessionStep::Notice | SessionStep::TrialCall | SessionStep::SeenAndHeard => Some(PREPARING),
        SessionStep::RollCall | SessionStep::RulesRead => None,
    }
}

/// Published, notified and tested are words of law: they need their evidence, or a reason that stays in the record. With
/// a reason alone the duty stays open, and the start asks for it again.
pub(super) fn gate(state: &State, act: SessionAct, reason: &str) -> Result<(), Refusal> {
    let step = match act {
        SessionAct::Publish => SessionStep::Publication,
        SessionAct::Notify => SessionStep::Notice,
        SessionAct::Test => SessionStep::TrialCall,
        _ => return Ok(()),
    };
    if reason.is_empty() && !is_done(state, step) {
        let refusal = Refusal::new("gate_without_evidence").field("reason");
        return Err(duty_of(step).map_or(refusal, |article| refusal.citing(article)));
    }
    Ok(())
}

/// Evidence for the day that is planned now: what was done for a day that was put off does not count.
fn evidence(state: &State, step: SessionStep) -> impl Iterator<Item = &StepState> {
    let since = state.facts.postponed_at;
    state.steps.iter().filter(move |done| done.step == step && since.is_none_or(|since| done.at > since))
}

/// The trial call is owed with every component point; it may be told once for all of them.
fn is_done(state: &State, step: SessionStep) -> bool {
    let whole = evidence(state, step).any(|done| done.point.is_none() || step != SessionStep::TrialCall);
    let mut components = state.points.values().filter(|point| point.about.role == PointRole::Component).peekable();
    whole
        || (components.peek().is_some()
            && components.all(|point| evidence(state, step).any(|done| done.point == Some(point.about.point))))
}

pub(super) fn record_step(
    c: &Context<'_>,
    step: SessionStep,
    point: Option<PointId>,
    outcome: &StepOutcome,
) -> Decided {
    c.open_record()?;
    if let Some(point) = point {
        c.point(point)?;
    }
    if let StepOutcome::NotPossible { reason, decided_by } = outcome {
        required(reason, "reason_missing", "outcome.reason")?;
        required(decided_by, "decided_by_missing", "outcome.decided_by")?;
        let ad_hoc = c.state().about.as_ref().is_some_and(|about| about.kind == ReceptionKind::AdHoc);
        // What nobody planned may have had no time for it (L42 Điều 18(3)); a posted day has.
        if let Some(article) = duty_of(step).filter(|_| !ad_hoc) {
            return Err(Refusal::new("gate_not_waivable").field("outcome").citing(article));
        }
    }
    Ok(Event::StepRecorded { step, point, outcome: outcome.clone() }.into())
}

/// Codes of the duties that are open before the start; `duty.<code>` of the text catalogue.
pub fn open_duties(state: &State, live: &Live) -> Vec<String> {
    let mut duties = Vec::new();
    let Some(status) = state.status() else { return duties };
    if !status.is_before_start() {
        return duties;
    }
    for (step, code) in [
        (SessionStep::Publication, "publication"),
        (SessionStep::Notice, "notice"),
        (SessionStep::TrialCall, "trial_call"),
    ] {
        if !is_done(state, step) {
            duties.push(code.to_owned());
        }
    }
    for (function, code) in [
        (Function::Presider, "presider_present"),
        (Function::NoteTaker, "note_taker_present"),
        (Function::AdvisingUnit, "advising_unit_present"),
    ] {
        if !state.functions.iter().any(|(user, held)| held.functions.contains(&function) && live.wires.has(*user)) {
            duties.push(code.to_owned());
        }
    }
    for point in state.points.values() {
        let id = point.about.point;
        if !point.connected {
            duties.push(format!("point_connected:{id}"));
        } else if point.about.role == PointRole::Component
            && !evidence(state, SessionStep::SeenAndHeard).any(|done| done.point == Some(id))
        {
            duties.push(format!("seen_and_heard:{id}"));
        }
    }
    if !live.recorder_ready {
        duties.push("recorder".to_owned());
    }
    duties
}
