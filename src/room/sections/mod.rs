//! Sections: the published state by audience. What an audience may not see is absent, not hidden.

mod audience;
mod points;
mod public;
mod view;
mod visits;

use std::collections::BTreeMap;

pub use audience::{Audience, Key, Names, reads_minutes, subscriptions};
pub use view::View;

use super::live::{Alarm, Live, MediaLink};
use crate::domain::ids::PointId;
use crate::media::engine::Rung;
use crate::media::plan::{Layer, SourceKind};
use crate::protocol::section::{AlarmView, DeviceRow, DevicesSection};

/// The section of a key as JSON; `null` where there is nothing to show.
pub fn render(view: &View<'_>, key: &Key) -> String {
    let text = match key {
        Key::Public { told } => serde_json::to_string(&public::public(view, *told)),
        Key::Staff(audience) => serde_json::to_string(&visits::staff(view, &view.shown_to(*audience))),
        Key::Devices => serde_json::to_string(&devices(view)),
        Key::Visit { visit, masked } => serde_json::to_string(&visits::visit(&view.book.state, *visit, *masked)),
        Key::Minutes(visit) => serde_json::to_string(&visits::minutes(view, *visit)),
        Key::Point { point, names } => serde_json::to_string(&points::point(view, *point, *names)),
    };
    // Our own types always serialize.
    text.unwrap_or_else(|_| "null".to_owned())
}

/// Points and devices, no content (domain.md trap 47).
fn devices(view: &View<'_>) -> DevicesSection {
    let live = view.live;
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
                rung: rung_name(wire.quality.rung).to_owned(),
            };
            (id.to_string(), row)
        })
        .collect();
    let waiting = |point: &PointId| live.waiting_mains(*point).map(|id| (id.to_string(), *point)).collect::<Vec<_>>();
    let take_over = live.main_browser.keys().flat_map(waiting).collect();
    let alarms = alarms(live, |_| !view.stage.is_private());
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
