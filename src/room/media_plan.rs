//! From the state of the room to the wanted state of its media: who hears and sees whom, which microphones pass, what is
//! recorded. The only place that decides it; the media plane obeys.

use std::collections::BTreeMap;
use std::iter;

use super::live::{Live, MediaLink, WireState};
use super::stage::{Running, Sense, Stage};
use super::state::{Recording, State};
use crate::domain::ids::{ConnectionId, PointId, SessionId};
use crate::domain::people::Function;
use crate::domain::session::SessionStatus;
use crate::domain::units::DeviceKind;
use crate::media::plan::{Layer, Plan, RecordTarget, SlotFeed, SourceId, SourceKind};

/// Loudness by point, 0 (loud) to 127.
pub type Levels = BTreeMap<PointId, u8>;

/// Computes the plan: for each connection what fits into its slots. Sources are named by the main wire of their point; a
/// paper camera may be a wire of its own.
pub fn plan(session: SessionId, state: &State, live: &Live) -> Plan {
    let mut plan = Plan::default();
    let stage = Stage::of(state);
    let order: Vec<Place> = order_of(state, &stage).into_iter().map(|point| Place::of(live, point)).collect();
    for (connection, wire) in live.wires.iter() {
        if wire.slots == 0 || wire.media == MediaLink::None {
            continue;
        }
        let feeds = match wire.actor.point {
            None if wire.actor.device == DeviceKind::Wall => feeds_of_public_wall(state, &stage, &order, wire),
            Some(point) if !is_technician(state, &wire.actor) => {
                feeds_of_seat(state, live, (&stage, &order), point, (*connection, wire))
            }
            // A technician sees that points send, small and without sound.
            _ => feeds_of_wall(state, live, &stage, wire),
        };
        // The citizen's screen is fed two pictures of its own choice.
        if wire.actor.device != DeviceKind::CitizenScreen && !feeds.is_empty() {
            plan.watching.insert(*connection);
        }
        plan.slots.insert(*connection, feeds);
    }
    if !plan.watching.is_empty() {
        plan.on_stage = order.iter().filter_map(|place| place.picture).collect();
    }
    for point in state.floor.open().difference(&live.rejoined) {
        // An encoder has no key: without the page whose key opened it, the point's microphone is closed.
        if live.main_wire(*point).is_some()
            && let Some((connection, _)) = live.source_wire(*point, SourceKind::Microphone)
        {
            plan.open_microphones.insert(connection);
        }
    }
    if records(state) {
        let target = RecordTarget { session, visit: state.on_stage().map(|visit| visit.about.visit) };
        // Waiting points and consultations are never recorded.
        let sources = stage.points.iter().flat_map(|point| sources_of(live, *point));
        plan.record.extend(sources.map(|source| (source, target)));
    }
    plan
}

/// What a point of the stage sends, as far as its media is up.
struct Place {
    point: PointId,
    sound: Option<SourceId>,
    picture: Option<SourceId>,
    papers: Vec<SourceId>,
}

impl Place {
    fn of(live: &Live, point: PointId) -> Self {
        Self {
            point,
            sound: source_of(live, point, SourceKind::Microphone),
            picture: source_of(live, point, SourceKind::Camera),
            papers: papers_of(live, point).collect(),
        }
    }

    fn feed(&self, with_sound: bool, cap: Layer) -> Option<SlotFeed> {
        let sends = self.sound.is_some() || self.picture.is_some();
        let video = self.picture.map(|source| (source, cap));
        sends.then_some(SlotFeed { audio: self.sound.filter(|_| with_sound), video })
    }

    fn is_of(&self, wire: ConnectionId) -> bool {
        [self.sound, self.picture].into_iter().flatten().any(|source| source.connection == wire)
    }
}

/// Whose picture is largest: floor, citizen, presider, then the others.
fn order_of(state: &State, stage: &Stage) -> Vec<PointId> {
    let first = [
        state.floor.holder().map(|holder| holder.point),
        state.on_stage().map(|visit| visit.about.citizen_point),
        state.presider_point(),
        state.central(),
    ];
    let mut others = stage.points.clone();
    let mut order: Vec<PointId> = first.into_iter().flatten().filter(|point| others.remove(point)).collect();
    order.extend(others);
    order
}

fn records(state: &State) -> bool {
    state.status() == Some(SessionStatus::InProgress)
        && matches!(state.recording, Recording::Running)
        && state.consultation.is_empty()
}

/// A place of the stage sees and hears the others of the stage; a waiting place gets nothing of it (D154 Điều 21; design
/// §2, list of points per visit). Outside a visit everybody sees everybody. At the place it is the main device, and
/// beside it whose account passes the access table.
fn feeds_of_seat(
    state: &State,
    live: &Live,
    (stage, order): (&Stage, &[Place]),
    own: PointId,
    (own_wire, wire): (ConnectionId, &WireState),
) -> Vec<SlotFeed> {
    let (actor, device) = (&wire.actor, wire.actor.device);
    if !state.status().is_some_and(SessionStatus::is_live) || !stage.admits(state, actor, Sense::See) {
        return Vec::new();
    }
    let main = live.main_wire(own);
    let with_sound = match device {
        // A second main device waits to take over, unseen and deaf: it may stand anywhere. Two wires of one browser are
        // a reconnect; the picture must not stop while the new one begins.
        DeviceKind::Main if main.is_none_or(|(_, main)| main.actor.browser != actor.browser) => return Vec::new(),
        DeviceKind::Main => true,
        // Companions and the citizen's screen stand beside the main device: they are silent, the room hears that one.
        DeviceKind::Companion => main.is_none(),
        // Who waits at a place that is consulted must not watch it.
        DeviceKind::CitizenScreen if stage.running == Running::Consultation => return Vec::new(),
        DeviceKind::CitizenScreen => false,
        DeviceKind::Paper | DeviceKind::Encoder | DeviceKind::Wall => return Vec::new(),
    } && stage.admits(state, actor, Sense::Hear);
    let order: Vec<&Place> = match device {
        // The presider first, then the own place.
        DeviceKind::CitizenScreen => {
            let shown = state.presider_point().filter(|point| *point != own).into_iter().chain([own]);
            shown.filter_map(|point| order.iter().find(|place| place.point == point)).collect()
        }
        _ => order.iter().filter(|place| place.point != own).collect(),
    };
    let large = order.iter().map(|place| place.point).find(|point| *point != own);
    let feeds = |place: &Place| {
        let cap = if Some(place.point) == large { Layer::Full } else { Layer::Quarter };
        let papers: &[SourceId] = if with_sound { &place.papers } else { &[] };
        let paper = |source: &SourceId| SlotFeed { audio: None, video: Some((*source, Layer::Full)) };
        let feed = place.feed(with_sound, cap);
        feed.into_iter().flat_map(|feed| iter::once(feed).chain(papers.iter().map(paper))).collect::<Vec<_>>()
    };
    order.iter().filter(|place| !place.is_of(own_wire)).flat_map(|place| feeds(place)).take(wire.slots).collect()
}

/// Points and devices, never content (domain.md trap 47): whoever has another function beside is that.
fn is_technician(state: &State, actor: &crate::domain::actor::Actor) -> bool {
    state.functions.get(&actor.user).is_some_and(|held| held.functions.iter().all(|one| *one == Function::Technician))
}

/// The technician's wall: small pictures without sound, and never a visit's.
fn feeds_of_wall(state: &State, live: &Live, stage: &Stage, wire: &WireState) -> Vec<SlotFeed> {
    if !is_technician(state, &wire.actor) || stage.running != Running::Session {
        return Vec::new();
    }
    state
        .points
        .keys()
        .filter_map(|point| source_of(live, *point, SourceKind::Camera))
        .map(|source| SlotFeed { audio: None, video: Some((source, Layer::Quarter)) })
        .take(wire.slots)
        .collect()
}

/// A display for the public: who speaks now, then the others by their order. It has no account, so what it may show is
/// the same for all of them.
fn feeds_of_public_wall(state: &State, stage: &Stage, order: &[Place], wire: &WireState) -> Vec<SlotFeed> {
    if !state.status().is_some_and(SessionStatus::is_live) || !stage.is_for_walls(state) {
        return Vec::new();
    }
    let (speaking, silent): (Vec<&Place>, Vec<&Place>) =
        order.iter().partition(|place| state.floor.open().contains(&place.point));
    speaking.into_iter().chain(silent).filter_map(|place| place.feed(true, Layer::Full)).take(wire.slots).collect()
}

/// What a point sends of a kind, as far as its media is up.
fn source_of(live: &Live, point: PointId, kind: SourceKind) -> Option<SourceId> {
    let (connection, wire) = live.source_wire(point, kind)?;
    (wire.media != MediaLink::None).then_some(SourceId { connection, kind })
}

/// Papers that are being shown at a point: by its main device or a document camera of its own.
fn papers_of(live: &Live, point: PointId) -> impl Iterator<Item = SourceId> {
    let browser = live.main_wire(point).map(|(_, main)| main.actor.browser);
    let shows = move |wire: &WireState| match wire.actor.device {
        DeviceKind::Main => browser == Some(wire.actor.browser),
        DeviceKind::Paper | DeviceKind::Encoder => true,
        DeviceKind::Companion | DeviceKind::CitizenScreen | DeviceKind::Wall => false,
    };
    live.wires
        .at(point)
        .filter(move |(_, wire)| wire.sending.contains(&SourceKind::Paper) && shows(wire))
        .map(|(connection, _)| SourceId { connection, kind: SourceKind::Paper })
}

fn sources_of(live: &Live, point: PointId) -> Vec<SourceId> {
    let mut sources: Vec<SourceId> = papers_of(live, point).collect();
    for kind in [SourceKind::Microphone, SourceKind::Camera] {
        sources.extend(live.source_wire(point, kind).map(|(connection, _)| SourceId { connection, kind }));
    }
    sources
}

/// Loudness by point, and the wires that may be shown it: of a visit or consultation those who hear it, else the own
/// point's alone. Who speaks, second by second, tells others too much.
pub fn audiences(state: &State, live: &Live, levels: &Levels) -> BTreeMap<Levels, Vec<ConnectionId>> {
    let stage = Stage::of(state);
    let heard: Levels = levels
        .iter()
        .filter(|(point, _)| stage.points.contains(point))
        .map(|(point, level)| (*point, *level))
        .collect();
    let own = |point: PointId| levels.get(&point).map(|level| (point, *level)).into_iter().collect();
    let mut audiences: BTreeMap<Levels, Vec<ConnectionId>> = BTreeMap::new();
    for (connection, wire) in live.wires.iter() {
        let hears = stage.running == Running::Session || stage.admits(state, &wire.actor, Sense::Hear);
        let shown: Levels = if hears { heard.clone() } else { wire.actor.point.map(own).unwrap_or_default() };
        if !shown.is_empty() {
            audiences.entry(shown).or_default().push(*connection);
        }
    }
    audiences
}

/// Which point feeds which slot, for the client's captions.
pub fn slot_points(plan: &Plan, live: &Live, connection: ConnectionId) -> Vec<crate::protocol::frame::SlotView> {
    let feeds = plan.slots.get(&connection).map(Vec::as_slice).unwrap_or_default();
    let point_of = |source: SourceId| live.wires.get(&source.connection).and_then(|wire| wire.actor.point);
    let own = live.wires.get(&connection);
    let paused = own.map(|wire| &wire.paused);
    // The media plane sends nothing that was not agreed on; here it is only told.
    let undecoded = |source: SourceId| {
        let sender = live.wires.get(&source.connection);
        own.is_some_and(|wire| !wire.takes_h264) && sender.is_some_and(|wire| wire.sends_h264.contains(&source.kind))
    };
    feeds
        .iter()
        .enumerate()
        .map(|(number, feed)| crate::protocol::frame::SlotView {
            point: feed.video.map(|(source, _)| source).or(feed.audio).and_then(point_of),
            picture: feed.video.map(|(source, _)| super::sections::source_name(source.kind).to_owned()),
            sound: feed.audio.is_some_and(|source| plan.open_microphones.contains(&source.connection)),
            paused: feed.video.is_some() && paused.is_some_and(|paused| paused.contains(&number)),
            undecoded: feed.video.is_some_and(|(source, _)| undecoded(source)),
        })
        .collect()
}

impl From<Layer> for crate::protocol::frame::CameraLayer {
    fn from(layer: Layer) -> Self {
        match layer {
            Layer::Quarter => Self::Quarter,
            Layer::Half => Self::Half,
            Layer::Full => Self::Full,
        }
    }
}
