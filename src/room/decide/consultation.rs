//! Private consultation among points: not seen, not heard, not recorded, and therefore never with a citizen.

use super::{Context, Decided, Decision};
use crate::domain::event::Event;
use crate::domain::ids::PointId;
use crate::domain::refusal::Refusal;
use crate::domain::session::SessionStatus;
use crate::domain::visit::VisitStatus;

const RECORDING: &str = "Điều 24 khoản 1 Nghị định 154/2026/NĐ-CP";

pub(super) fn begin(c: &Context<'_>, points: &[PointId]) -> Decided {
    let state = c.state();
    if !state.status().is_some_and(SessionStatus::is_under_way) {
        return Err(Refusal::new("session_not_live"));
    }
    for point in points {
        c.point(*point)?;
    }
    let mut points = points.to_vec();
    points.extend(state.presider_point());
    points.sort_unstable();
    points.dedup();
    if points.len() < 2 {
        return Err(Refusal::new("consultation_needs_two").field("points"));
    }
    if state.on_stage().is_some() {
        return Err(Refusal::new("visit_running"));
    }
    let citizen_there = |point: &PointId| {
        let mut visits = state.visits.values().filter(|visit| visit.about.citizen_point == *point);
        visits.any(|visit| is_there(visit.status))
    };
    if points.iter().any(citizen_there) {
        return Err(Refusal::new("consultation_with_citizen").field("points").citing(RECORDING));
    }
    Ok(Event::ConsultationBegan { points }.into())
}

/// From coming to going. Whoever is awaited is not there.
fn is_there(status: VisitStatus) -> bool {
    !status.is_awaited() && !status.is_final()
}

/// Everybody hears everybody again: what was opened for the few is closed first.
pub(super) fn end(c: &Context<'_>) -> Decided {
    let state = c.state();
    if state.consultation.is_empty() {
        return Ok(Decision::default());
    }
    let presider = state.presider_point();
    let why = || "consultation_ended".to_owned();
    let floor = &state.floor;
    let taken = floor.holder().map(|holder| Event::FloorTaken { point: holder.point, reason: why() });
    let open = floor.open().iter().filter(|point| Some(**point) != presider);
    let closed = open.map(|point| Event::MicrophoneClosed { point: *point, reason: why() });
    Ok(taken.into_iter().chain(closed).chain([Event::ConsultationEnded]).collect::<Vec<_>>().into())
}
