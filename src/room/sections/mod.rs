//! Sections: the published state by audience. What an audience may not see is absent, not hidden.

mod audience;
mod points;
mod public;
mod visits;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

pub use audience::{Key, Names, subscriptions};

use super::live::{Book, Live, MediaLink};
use crate::media::engine::Rung;
use crate::media::plan::SourceKind;
use crate::protocol::section::{DeviceRow, DevicesSection};

/// The section of a key as JSON; `Null` where there is nothing to show.
pub fn render(book: &Book, live: &Live, key: &Key, now: Timestamp) -> Value {
    let state = &book.state;
    let value = match key {
        Key::Public { told } => serde_json::to_value(public::public(state, live, *told)),
        Key::Staff(audience) => serde_json::to_value(visits::staff(state, live, *audience)),
        Key::Devices => serde_json::to_value(devices(live)),
        Key::Visit { visit, masked } => serde_json::to_value(visits::visit(state, *visit, *masked)),
        Key::Minutes(visit) => serde_json::to_value(visits::minutes(book, live, *visit, now)),
        Key::Point { point, names } => serde_json::to_value(points::point(state, live, *point, *names)),
    };
    value.unwrap_or(Value::Null)
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
                rung: rung_name(wire.quality.rung).to_owned(),
            };
            (id.to_string(), row)
        })
        .collect();
    let take_over = live.waiting_mains().map(|(id, point)| (id.to_string(), point)).collect();
    DevicesSection { connections, take_over }
}

fn rung_name(rung: Rung) -> &'static str {
    match rung {
        Rung::Udp => "udp",
        Rung::Tcp => "tcp",
        Rung::Relay => "relay",
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
