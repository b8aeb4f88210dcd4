//! Sections: the published state by audience. What an audience may not see is absent, not hidden.

mod audience;
mod points;
mod public;
mod visits;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

pub use audience::{Key, Names, subscriptions};

use super::live::{Alarm, Book, Live, MediaLink};
use super::stage::Stage;
use super::state::State;
use crate::domain::ids::PointId;
use crate::media::plan::{Layer, SourceKind};
use crate::protocol::section::{AlarmView, DeviceRow, DevicesSection};

/// The section of a key as JSON; `Null` where there is nothing to show.
pub fn render(book: &Book, live: &Live, key: &Key, now: Timestamp) -> Value {
    let state = &book.state;
    let value = match key {
        Key::Public { told } => serde_json::to_value(public::public(state, live, *told)),
        Key::Staff(audience) => serde_json::to_value(visits::staff(state, live, *audience)),
        Key::Devices => serde_json::to_value(devices(state, live)),
        Key::Visit { visit, masked } => serde_json::to_value(visits::visit(state, *visit, *masked)),
        Key::Minutes(visit) => serde_json::to_value(visits::minutes(book, live, *visit, now)),
        Key::Point { point, names } => serde_json::to_value(points::point(state, live, *point, *names)),
    };
    value.unwrap_or(Value::Null)
}

/// Points and devices, no content (domain.md trap 47).
fn devices(state: &State, live: &Live) -> DevicesSection {
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
                layer: wire.layer.map(|layer| layer_name(layer).to_owned()),
                concealed_permille: wire.senses.map(|(senses, _)| senses.concealed_permille),
            };
            (id.to_string(), row)
        })
        .collect();
    let take_over = live.waiting_mains().map(|(id, point)| (id.to_string(), point)).collect();
    let alarms = alarms(live, |_| !Stage::of(state).is_private());
    let history = live.lines.iter().map(|(point, line)| (*point, line.history())).collect();
    DevicesSection { connections, take_over, alarms, history }
}

/// What is not as it should be. Which place it is tells who takes part in something private: only to
/// whom `names` allows it.
fn alarms(live: &Live, names: impl Fn(PointId) -> bool) -> Vec<AlarmView> {
    let mut views: Vec<AlarmView> = Vec::new();
    for Alarm { code, source, with, disk } in &live.alarms {
        let view = AlarmView {
            code: (*code).to_owned(),
            point: source.map(|(point, _)| point).filter(|point| names(*point)),
            source: source.map(|(_, kind)| source_name(kind).to_owned()),
            with: with.filter(|point| names(*point)),
            disk: *disk,
        };
        if !views.contains(&view) {
            views.push(view);
        }
    }
    views
}

fn layer_name(layer: Layer) -> &'static str {
    match layer {
        Layer::Quarter => "quarter",
        Layer::Half => "half",
        Layer::Full => "full",
    }
}

/// Name of a source on the wire and in the log.
pub fn source_name(kind: SourceKind) -> &'static str {
    match kind {
        SourceKind::Microphone => "microphone",
        SourceKind::Camera => "camera",
        SourceKind::Paper => "paper",
    }
}
