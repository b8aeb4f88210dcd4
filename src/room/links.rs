//! Wires come and go; points are connected, lost and back. Pure: what the log should say of it.

use jiff::{SignedDuration, Timestamp};

use super::decide::missing_points;
use super::live::{Live, MediaLink};
use super::state::State;
use crate::domain::event::Event;
use crate::domain::ids::{ConnectionId, PointId};
use crate::domain::session::SessionStatus;
use crate::domain::units::DeviceKind;
use crate::limits;

/// Chooses the main wire of a point after any change. A reconnect of the same browser takes over as soon as its media
/// flows (make before break) or the old wire is gone; another browser asks (`take_over`), unless the point has been
/// without its own for longer than an interruption.
pub fn elect_main(live: &mut Live, point: PointId, now: Timestamp) {
    let present = live.main.get(&point).copied().filter(|id| live.wires.contains_key(id));
    let candidates: Vec<(ConnectionId, uuid::Uuid, MediaLink)> = live
        .wires
        .at(point)
        .filter(|(_, wire)| wire.actor.device == DeviceKind::Main)
        .map(|(id, wire)| (id, wire.actor.browser, wire.media))
        .collect();
    let owner = live.main_browser.get(&point).copied();
    let long_gone = [&live.missing, &live.absent]
        .iter()
        .filter_map(|places| places.get(&point))
        .any(|since| now.duration_since(*since) >= duration(limits::INTERRUPT_AFTER));
    // Connection ids sort by birth: the last one is the newest.
    let newest = |wanted: &dyn Fn(uuid::Uuid, MediaLink) -> bool| {
        candidates
            .iter()
            .rev()
            .find(|(_, browser, media)| wanted(*browser, *media))
            .map(|(id, browser, _)| (*id, *browser))
    };
    let same = |browser: uuid::Uuid| owner.is_none() || owner == Some(browser);
    let chosen = match present {
        Some(main) => newest(&|browser, media| same(browser) && media == MediaLink::Connected)
            .filter(|(id, _)| *id > main)
            .or_else(|| owner.map(|browser| (main, browser))),
        None => newest(&|browser, _| same(browser)).or_else(|| newest(&|_, _| long_gone)),
    };
    match chosen {
        Some((id, browser)) => {
            // Nobody has pressed the key since this wire is there.
            let untouched = live.at_key.get(&point).is_none_or(|newest| *newest < id);
            if live.main.insert(point, id) != Some(id) && untouched {
                live.rejoined.insert(point);
            }
            live.main_browser.insert(point, browser);
            live.absent.remove(&point);
        }
        None => {
            live.main.remove(&point);
            // Whose place it is also lapses before the session begins and where the point was never seen in it.
            if owner.is_some() {
                live.absent.entry(point).or_insert(now);
            }
        }
    }
}

/// What the log should say of the points now; also keeps `live.missing`.
pub fn reconcile(state: &State, live: &mut Live, now: Timestamp) -> Vec<Event> {
    if !state.status().is_some_and(SessionStatus::is_live) {
        live.missing.clear();
        return Vec::new();
    }
    let mut events = Vec::new();
    for point in std::mem::take(&mut live.rejoined) {
        if state.floor.open().contains(&point) {
            live.rejoined.insert(point);
            events.push(Event::MicrophoneClosed { point, reason: "reconnected".to_owned() });
        }
    }
    let missing = missing_points(state, live);
    for (point, since) in &missing {
        live.missing.entry(*point).or_insert(since.unwrap_or(now));
    }
    for point in state.points.values() {
        let id = point.about.point;
        let alive = live.main_wire(id).is_some_and(|(_, wire)| !matches!(wire.media, MediaLink::Silent(_)));
        if alive {
            live.missing.remove(&id);
            if !point.connected {
                events.push(if point.seen {
                    Event::PointBack { point: id }
                } else {
                    Event::PointConnected { point: id }
                });
            }
        } else if let Some(since) = live.missing.get(&id).copied()
            && point.connected
            && now.duration_since(since) >= duration(limits::MEDIA_SILENT)
        {
            events.push(Event::PointLost { point: id, since });
        }
    }
    events
}

fn duration(limit: std::time::Duration) -> SignedDuration {
    SignedDuration::try_from(limit).unwrap_or(SignedDuration::ZERO)
}
