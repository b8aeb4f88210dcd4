//! Sections: the published state by audience. What an audience may not see is absent, not hidden.

mod audience;
mod points;
mod visits;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

pub use audience::{Key, subscriptions};

use super::live::{Book, Live, MediaLink};
use super::state::{Recording, State};
use crate::domain::ids::PointId;
use crate::domain::people::Class;
use crate::domain::visit::VisitStatus;
use crate::media::plan::SourceKind;
use crate::protocol::section::{
    DeviceRow, DevicesSection, FloorView, LinkView, PublicPoint, PublicSection, RecordingView,
};

/// The section of a key as JSON; `Null` where there is nothing to show.
pub fn render(book: &Book, live: &Live, key: &Key, now: Timestamp) -> Value {
    let state = &book.state;
    let value = match key {
        Key::Public => serde_json::to_value(public(state, live)),
        Key::Staff(audience) => serde_json::to_value(visits::staff(state, live, *audience)),
        Key::Devices => serde_json::to_value(devices(live)),
        Key::Visit { visit, masked } => serde_json::to_value(visits::visit(state, *visit, *masked)),
        Key::Minutes(visit) => serde_json::to_value(visits::minutes(book, live, *visit, now)),
        Key::Point(point) => serde_json::to_value(points::point(state, live, *point)),
    };
    value.unwrap_or(Value::Null)
}

fn public(state: &State, live: &Live) -> Option<PublicSection> {
    let about = state.about.as_ref()?;
    let points = state.points.values().map(|point| {
        let id = point.about.point;
        let view = PublicPoint {
            name: point.about.name.clone(),
            role: point.about.role,
            link: link(state, live, id),
            microphone_open: state.floor.open().contains(&id),
            hand_raised: state.floor.hand_raised(id),
            waiting: waiting_numbers(state, id),
        };
        (id, view)
    });
    let on_stage = state.on_stage();
    let running = on_stage.filter(|visit| visit.about.class == Class::Normal);
    let holder = state.floor.holder();
    Some(PublicSection {
        session: book_session(state)?,
        title: about.title.clone(),
        kind: about.kind,
        status: about.status,
        starts_at: about.starts_at,
        recording: recording(state, live),
        notice: state.notice.clone(),
        ends_at: state.end_until,
        points: points.collect(),
        running_number: running.map(|visit| visit.about.number),
        running_point: running.map(|visit| visit.about.citizen_point),
        floor: FloorView {
            point: holder.map(|holder| holder.point),
            person: holder.and_then(|holder| holder.person).filter(|_| running.is_some()),
            since: holder.map(|holder| holder.since),
            hands: state.floor.hands().iter().map(|hand| hand.point).collect(),
        },
        consultation: !state.consultation.is_empty(),
        room_wide: state.room_wide
            && about.status.is_under_way()
            && state.consultation.is_empty()
            && (on_stage.is_none() || running.is_some()),
    })
}

fn book_session(state: &State) -> Option<crate::domain::ids::SessionId> {
    state.about.as_ref().map(|about| about.session)
}

/// How a point is linked, as the public is shown it.
fn link(state: &State, live: &Live, point: PointId) -> LinkView {
    let known = state.points.get(&point);
    if live.missing.contains_key(&point) && known.is_some_and(|state| state.seen) {
        return LinkView::Lost;
    }
    match known {
        Some(state) if state.connected => LinkView::Connected,
        Some(state) if state.seen => LinkView::Lost,
        _ => LinkView::Absent,
    }
}

/// Numbers only, never a name; a restricted visit has not even a number here.
fn waiting_numbers(state: &State, point: PointId) -> Vec<u32> {
    state
        .agenda
        .iter()
        .filter_map(|id| state.visits.get(id))
        .filter(|visit| visit.about.citizen_point == point && visit.about.class == Class::Normal)
        .filter(|visit| matches!(visit.status, VisitStatus::Waiting | VisitStatus::Held))
        .map(|visit| visit.about.number)
        .collect()
}

/// The alarm does not wait for the log: the disk that fails may be the log's own.
fn recording(state: &State, live: &Live) -> RecordingView {
    match state.recording {
        Recording::Running if live.recorder_fault.is_some() => RecordingView::Failed,
        Recording::Off => RecordingView::Off,
        Recording::Running => RecordingView::Running,
        Recording::Failed => RecordingView::Failed,
        Recording::Waived => RecordingView::Waived,
    }
}

/// Points and devices, no content (domain.md trap 47).
fn devices(live: &Live) -> DevicesSection {
    let connections: BTreeMap<String, DeviceRow> = live
        .wires
        .iter()
        .map(|(id, wire)| {
            let media = match wire.media {
                MediaLink::None => "none",
                MediaLink::Connected => "connected",
                MediaLink::Silent(_) => "silent",
            };
            let sending = wire.sending.iter().map(|kind| source_name(*kind).to_owned()).collect();
            let row = DeviceRow {
                point: wire.actor.point,
                device: wire.actor.device,
                media: media.to_owned(),
                sending,
                loss_permille: wire.quality.uplink_loss_permille.max(wire.quality.downlink_loss_permille),
                rtt_ms: wire.quality.rtt_ms,
                jitter_ms: wire.quality.jitter_ms,
                up_kbps: wire.quality.uplink_kbps,
                down_kbps: wire.quality.downlink_kbps,
            };
            (id.to_string(), row)
        })
        .collect();
    let take_over = live.waiting_mains().map(|(id, point)| (id.to_string(), point)).collect();
    DevicesSection { connections, take_over }
}

/// Name of a source on the wire and in the log.
pub fn source_name(kind: SourceKind) -> &'static str {
    match kind {
        SourceKind::Microphone => "microphone",
        SourceKind::Camera => "camera",
        SourceKind::Paper => "paper",
    }
}
