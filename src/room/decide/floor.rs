//! Hands, floor, microphones.

use super::super::standing;
use super::{Context, Decided, Decision};
use crate::domain::event::Event;
use crate::domain::ids::{PersonId, PointId};
use crate::domain::refusal::Refusal;
use crate::domain::session::SessionStatus;
use crate::domain::units::DeviceKind;

pub(super) fn raise_hand(c: &Context<'_>, person: Option<PersonId>) -> Decided {
    let point = c.own_point()?;
    if c.state().floor.hand_raised(point) {
        return Ok(Decision::default());
    }
    Ok(Event::FloorRequested { point, person }.into())
}

pub(super) fn lower_hand(c: &Context<'_>) -> Decided {
    let point = c.own_point()?;
    if !c.state().floor.hand_raised(point) {
        return Ok(Decision::default());
    }
    Ok(Event::FloorRequestWithdrawn { point }.into())
}

/// The floor goes to a place that takes part in what is running (design §2, list of points per visit).
pub(super) fn give(c: &Context<'_>, point: PointId, person: Option<PersonId>) -> Decided {
    c.point(point)?;
    let state = c.state();
    if !state.status().is_some_and(SessionStatus::is_live) {
        return Err(Refusal::new("session_not_live"));
    }
    if let Some(visit) = state.on_stage()
        && !standing::is_seen_at(state, visit, point)
    {
        return Err(Refusal::new("floor_outside_visit").field("point"));
    }
    if !state.consultation.is_empty() && !state.consultation.contains(&point) {
        return Err(Refusal::new("floor_outside_consultation").field("point"));
    }
    if state.floor.holder().is_some_and(|holder| holder.point == point && holder.person == person) {
        return Ok(Decision::default());
    }
    Ok(Event::FloorGiven { point, person }.into())
}

pub(super) fn take(c: &Context<'_>, point: PointId) -> Decided {
    c.point(point)?;
    let floor = &c.state().floor;
    if floor.holder().is_none_or(|holder| holder.point != point) && !floor.open().contains(&point) {
        return Ok(Decision::default());
    }
    Ok(Event::FloorTaken { point, reason: String::new() }.into())
}

/// The officer's key. Closing is always possible; opening needs the floor (D154 Điều 21(2)).
pub(super) fn microphone(c: &Context<'_>, open: bool) -> Decided {
    let point = c.own_point()?;
    let state = c.state();
    // Also where it is open already: the key of another device has not opened it.
    let second = c.live.main_wire(point).is_some_and(|(_, main)| main.actor.browser != c.actor.browser);
    if open && (c.actor.device != DeviceKind::Main || second) {
        return Err(Refusal::new("microphone_needs_main_device"));
    }
    let is_open = state.floor.open().contains(&point);
    if open == is_open {
        return Ok(Decision::default());
    }
    if !open {
        return Ok(Event::MicrophoneClosed { point, reason: "key".to_owned() }.into());
    }
    if !state.status().is_some_and(SessionStatus::is_live) {
        return Err(Refusal::new("session_not_live"));
    }
    let presider_point = state.presider_point();
    let calm = !matches!(state.status(), Some(SessionStatus::Paused | SessionStatus::Interrupted));
    if !state.floor.may_open(point, presider_point) || !(calm || presider_point == Some(point)) {
        return Err(Refusal::new("microphone_without_floor").citing("Điều 21 khoản 2 Nghị định 154/2026/NĐ-CP"));
    }
    if !state.consultation.is_empty() && !state.consultation.contains(&point) {
        return Err(Refusal::new("floor_outside_consultation"));
    }
    Ok(Event::MicrophoneOpened { point }.into())
}
