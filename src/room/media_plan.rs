//! From the state of the room to the wanted state of its media: who hears and sees whom, which microphones pass, what is
//! recorded. The only place that decides it; the media plane obeys.

use std::collections::BTreeSet;

use super::live::{Live, MediaLink};
use super::standing::sees;
use super::state::{Recording, State};
use crate::domain::ids::{ConnectionId, PointId, SessionId};
use crate::domain::people::Function;
use crate::domain::session::SessionStatus;
use crate::domain::units::DeviceKind;
use crate::media::plan::{Layer, Plan, RecordTarget, SlotFeed, SourceId, SourceKind};

/// Computes the plan. Sources are named by the main wire of their point; a paper camera may be a wire of its own.
pub fn plan(session: SessionId, state: &State, live: &Live) -> Plan {
    let mut plan = Plan::default();
    let stage = Stage::of(state);
    for (connection, wire) in &live.wires {
        if wire.slots == 0 || wire.media == MediaLink::None {
            continue;
        }
        let feeds = match wire.actor.point {
            Some(point) if !is_technician(state, &wire.actor) => {
                feeds_of_point(state, live, &stage, point, wire.actor.device, *connection)
            }
            // A technician sees that points send, small and without sound.
            _ => feeds_of_wall(state, live, &wire.actor),
        };
        plan.slots.insert(*connection, feeds);
    }
    for point in state.floor.open().difference(&live.rejoined) {
        if let Some((connection, _)) = live.main_wire(*point) {
            plan.open_microphones.insert(connection);
        }
    }
    if records(state) {
        let target = RecordTarget { session, visit: state.on_stage().map(|visit| visit.about.visit) };
        // Waiting points and consultations are never recorded.
        for point in stage.points.iter().copied() {
            for source in sources_of(live, point) {
                plan.record.insert(source, target);
            }
        }
    }
    plan
}

/// The places that take part in what is running now.
struct Stage {
    points: BTreeSet<PointId>,
    /// Whose picture is largest: floor, citizen, presider, then the others.
    order: Vec<PointId>,
    /// A visit is on stage: all other points get the waiting picture.
    visit: bool,
}

impl Stage {
    fn of(state: &State) -> Self {
        let visit = state.on_stage();
        let points: BTreeSet<PointId> = if state.consultation.is_empty() {
            visit.map_or_else(|| state.points.keys().copied().collect(), |visit| sees(state, visit))
        } else {
            state.consultation.clone()
        };
        let first = [
            state.floor.holder().map(|holder| holder.point),
            visit.map(|visit| visit.about.citizen_point),
            state.presider_point(),
            state.central(),
        ];
        let mut order: Vec<PointId> = Vec::new();
        for point in first.into_iter().flatten().chain(points.iter().copied()) {
            if points.contains(&point) && !order.contains(&point) {
                order.push(point);
            }
        }
        Self { points, order, visit: visit.is_some() || !state.consultation.is_empty() }
    }
}

fn records(state: &State) -> bool {
    state.status() == Some(SessionStatus::InProgress)
        && matches!(state.recording, Recording::Running)
        && state.consultation.is_empty()
}

/// A place of the stage sees and hears the others of the stage; a waiting place gets nothing of it (D154 Điều 21; design
/// §2, list of points per visit). Outside a visit everybody sees everybody.
fn feeds_of_point(
    state: &State,
    live: &Live,
    stage: &Stage,
    own: PointId,
    device: DeviceKind,
    own_wire: ConnectionId,
) -> Vec<SlotFeed> {
    if !state.status().is_some_and(SessionStatus::is_live) || (stage.visit && !stage.points.contains(&own)) {
        return Vec::new();
    }
    // The citizen's screen and a companion stand beside the main device: they are silent, the room hears that one. The
    // citizen's screen shows the presider first, then the own place; a paper camera receives nothing.
    let order: Vec<PointId> = match device {
        DeviceKind::Main | DeviceKind::Companion => stage.order.clone(),
        DeviceKind::CitizenScreen => {
            let presider = state.presider_point();
            let mut order: Vec<PointId> =
                presider.into_iter().filter(|point| stage.points.contains(point) && *point != own).collect();
            order.push(own);
            order
        }
        DeviceKind::Paper => return Vec::new(),
    };
    let with_sound = device == DeviceKind::Main && !live.is_second_main(own_wire);
    let mut feeds = Vec::new();
    let large = order.iter().copied().find(|point| *point != own);
    for point in order {
        if point == own && device != DeviceKind::CitizenScreen {
            continue;
        }
        let Some((connection, wire)) = live.main_wire(point) else { continue };
        if wire.media == MediaLink::None || connection == own_wire {
            continue;
        }
        let cap = if Some(point) == large { Layer::Full } else { Layer::Quarter };
        feeds.push(SlotFeed {
            audio: with_sound.then_some(SourceId { connection, kind: SourceKind::Microphone }),
            video: Some((SourceId { connection, kind: SourceKind::Camera }, cap)),
        });
        if with_sound {
            feeds.extend(
                papers_of(live, point).map(|source| SlotFeed { audio: None, video: Some((source, Layer::Full)) }),
            );
        }
    }
    feeds
}

/// Points and devices, never content (domain.md trap 47): whoever has another function beside is that.
fn is_technician(state: &State, actor: &crate::domain::actor::Actor) -> bool {
    state.functions.get(&actor.user).is_some_and(|held| held.functions.iter().all(|one| *one == Function::Technician))
}

/// The technician's wall: small pictures without sound, and never a visit's.
fn feeds_of_wall(state: &State, live: &Live, actor: &crate::domain::actor::Actor) -> Vec<SlotFeed> {
    if !is_technician(state, actor) || state.on_stage().is_some() || !state.consultation.is_empty() {
        return Vec::new();
    }
    state
        .points
        .keys()
        .filter_map(|point| live.main_wire(*point))
        .filter(|(_, wire)| wire.media != MediaLink::None)
        .map(|(connection, _)| SlotFeed {
            audio: None,
            video: Some((SourceId { connection, kind: SourceKind::Camera }, Layer::Quarter)),
        })
        .collect()
}

/// Papers that are being shown at a point, by whatever wire of it.
fn papers_of(live: &Live, point: PointId) -> impl Iterator<Item = SourceId> {
    live.wires
        .iter()
        .filter(move |(_, wire)| wire.actor.point == Some(point) && wire.sending.contains(&SourceKind::Paper))
        .map(|(connection, _)| SourceId { connection: *connection, kind: SourceKind::Paper })
}

fn sources_of(live: &Live, point: PointId) -> Vec<SourceId> {
    let mut sources: Vec<SourceId> = papers_of(live, point).collect();
    if let Some((connection, _)) = live.main_wire(point) {
        sources.push(SourceId { connection, kind: SourceKind::Microphone });
        sources.push(SourceId { connection, kind: SourceKind::Camera });
    }
    sources
}

/// Which point feeds which slot, for the client's captions.
pub fn slot_points(plan: &Plan, live: &Live, connection: ConnectionId) -> Vec<crate::protocol::frame::SlotView> {
    let feeds = plan.slots.get(&connection).map(Vec::as_slice).unwrap_or_default();
    let point_of = |source: SourceId| live.wires.get(&source.connection).and_then(|wire| wire.actor.point);
    feeds
        .iter()
        .map(|feed| crate::protocol::frame::SlotView {
            point: feed.video.map(|(source, _)| source).or(feed.audio).and_then(point_of),
            picture: feed.video.map(|(source, _)| super::sections::source_name(source.kind).to_owned()),
            sound: feed.audio.is_some_and(|source| plan.open_microphones.contains(&source.connection)),
        })
        .collect()
}
