//! Sharing out what each receiver's line takes, and telling publishers which layers are worth sending.

use std::collections::BTreeSet;

use super::allocator::{Budget, Wanted};
use super::bandwidth::{Bandwidth, Goal};
use super::downlink::Downlink;
use super::engine::EngineEvent;
use super::forward::{PeerIndex, VideoFeed};
use super::layers::LAYERS;
use super::peer::Peer;
use super::plan::{Layer, SourceKind};
use super::worker::Worker;
use crate::limits;

const ALLOCATION_US: i64 = 200_000;
const LAYERS_US: i64 = 500_000;
/// A picture that pauses for less than this, as while a join finds out what its line takes, is not spoken of.
const TOLD_US: i64 = 1_500_000;
/// What a microphone takes while somebody speaks and nothing was measured yet: 40 kbit/s and 50 headers a second.
const SOUND: u32 = 65_000;
/// What a layer takes that does not flow now: as browsers are told to encode it, with headers.
const NOMINAL: [u32; 3] = [165_000, 540_000, 1_600_000];
const NOMINAL_PAPER: u32 = 500_000;

/// What a publisher was told about its camera.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    /// One bit per layer.
    layers: u8,
    /// Nobody watches or records: a few pictures a second will do.
    idle: bool,
    /// When each layer, and the camera at all, was wanted last.
    wanted_us: [i64; 3],
    watched_us: i64,
}

impl Asked {
    /// A publisher begins with all it has.
    pub(crate) fn new(now_us: i64) -> Self {
        Self { layers: 0b111, idle: false, wanted_us: [now_us; 3], watched_us: now_us }
    }
}

impl Peer {
    /// Bits per second of each layer of a source, those that could be sent included.
    fn costs(&self, kind: SourceKind, now_us: i64) -> [Option<u32>; 3] {
        let Some(line) = self.lines.iter().find(|line| line.kind == kind) else { return [None; 3] };
        LAYERS.map(|layer| {
            let exists =
                if line.rids.is_empty() { layer == Layer::Full } else { line.rids.iter().any(|(_, of)| *of == layer) };
            let flows = |stream: &&super::incoming::Incoming| (stream.kind, stream.layer) == (kind, layer);
            let measured = self.incoming.iter().find(flows).and_then(|stream| stream.cost(now_us));
            let nominal = match kind {
                SourceKind::Paper => NOMINAL_PAPER,
                _ => NOMINAL.get(layer as usize).copied().unwrap_or_default(),
            };
            exists.then(|| measured.unwrap_or(nominal))
        })
    }

    /// Bits per second of the own microphone, while it is open.
    fn sound_cost(&self, now_us: i64) -> u32 {
        if !self.microphone_open {
            return 0;
        }
        let mut sounds = self.incoming.iter().filter(|stream| !stream.is_video());
        // Discontinuous transmission makes pauses cheap, but the next word needs its place.
        sounds.find_map(|stream| stream.cost(now_us)).map_or(SOUND, |cost| cost.max(SOUND * 2 / 3))
    }
}

impl Worker {
    /// Gives each slot of a receiver the layer its line takes, and remembers what would be of use beyond.
    pub(crate) fn allocate(&mut self, place: PeerIndex) {
        let now_us = self.now_us;
        let Some(peer) = self.peer(place) else { return };
        peer.due.allocation_us = now_us + ALLOCATION_US;
        if peer.srtp.is_none() {
            return;
        }
        let feeds: Vec<(Option<VideoFeed>, Option<PeerIndex>, bool)> = peer
            .slots
            .iter()
            .map(|slot| (slot.video.wanted, slot.audio.wanted, slot.audio.out.stream.red.is_some()))
            .collect();
        let (mut redundant, mut plain) = (Vec::new(), 0);
        let mut wanted = Vec::with_capacity(feeds.len());
        for (video, audio, red) in feeds {
            let sound = audio.and_then(|from| self.peer(from)).map_or(0, |from| from.sound_cost(now_us));
            if red {
                redundant.push(sound);
            } else {
                plain += sound;
            }
            wanted.push(video.and_then(|feed| {
                let costs = self.peer(feed.from)?.costs(feed.kind, now_us);
                Some(Wanted { from: feed.from, kind: feed.kind, cap: feed.cap, costs })
            }));
        }
        let Some(peer) = self.peer(place) else { return };
        let Downlink { bandwidth, protection, .. } = &mut peer.down;
        let told = bandwidth.as_deref().filter(|bandwidth| !bandwidth.is_mute(now_us));
        let (losses, room) = (told.and_then(Bandwidth::losses), told.map(Bandwidth::usable));
        let sound = protection.decide(losses, &redundant, plain, room, now_us);
        let Some(bandwidth) = bandwidth.as_deref_mut() else { return };
        if bandwidth.is_mute(now_us) {
            peer.slots.iter_mut().for_each(|slot| slot.video.grant(Some(Layer::Full), false, now_us));
            return;
        }
        let calm = bandwidth.is_calm();
        let budget = Budget { rate: bandwidth.usable().saturating_sub(sound), known: bandwidth.is_measured(), calm };
        let outcome = peer.allocator.allocate(budget, &wanted, now_us);
        let with_sound = |rate: u32| if rate == 0 { 0.0 } else { f64::from(rate) + f64::from(sound) };
        bandwidth.wish(Goal { next: with_sound(outcome.next), all: with_sound(outcome.all) });
        let mut paused = BTreeSet::new();
        for (number, slot) in peer.slots.iter_mut().enumerate() {
            slot.video.grant(peer.allocator.layer(number), !calm, now_us);
            if slot.video.pauses_since().is_some_and(|since_us| now_us - since_us >= TOLD_US) {
                paused.insert(number);
            }
        }
        let changed = peer.paused != paused;
        let (room, connection) = (peer.room, peer.connection);
        if changed {
            peer.paused.clone_from(&paused);
            self.tell(EngineEvent::Paused { room, connection, slots: paused });
        }
        if outcome.changed {
            self.chase_key_frames(place);
        }
    }

    /// Tells a publisher which layers of its camera anybody wants. What is new is told at once, what is over after a
    /// while: encoders start anew when layers come and go. The lowest layer always stays, so that there is something
    /// to fall back to, a camera is seen to live, and a picture stands at once when a place is called.
    pub(crate) fn ask_for_layers(&mut self, place: PeerIndex) {
        let now_us = self.now_us;
        let Some(peer) = self.peer(place) else { return };
        peer.due.layers_us = now_us + LAYERS_US;
        let kind = SourceKind::Camera;
        let Some(line) = peer.lines.iter().find(|line| line.kind == kind).filter(|_| peer.srtp.is_some()) else {
            return;
        };
        let existing = if line.rids.is_empty() {
            1 << Layer::Full as u8
        } else {
            line.rids.iter().fold(0u8, |all, (_, layer)| all | 1 << *layer as u8)
        };
        let flowing = peer.flowing(kind, now_us);
        let Some(source) = peer.source_mut(kind) else { return };
        let recorded = source.record.is_some();
        // A recording takes the best there is.
        let mut wanted = lowest(existing) | if recorded { highest(existing) } else { 0 };
        let targets = std::mem::take(&mut source.targets);
        for target in &targets {
            let slot = self.peer(target.peer).and_then(|peer| peer.slots.get(target.slot));
            let Some(video) = slot.map(|slot| &slot.video) else { continue };
            let shown = video.shown.filter(|shown| (shown.from, shown.kind) == (place, kind)).map(|shown| shown.layer);
            let fed = video.wanted.is_some_and(|wanted| (wanted.from, wanted.kind) == (place, kind));
            for layer in shown.into_iter().chain(video.cap().filter(|_| fed)) {
                wanted |= highest(existing & up_to(layer));
            }
        }
        // Where a wanted layer does not come (its publisher's line is thin), the next lower one stands in for it.
        for layer in LAYERS.into_iter().rev() {
            if wanted & 1 << layer as u8 != 0 && !flowing.has(layer) {
                wanted |= highest(existing & up_to(layer) >> 1);
            }
        }
        let watched = recorded || !targets.is_empty();
        let Some(peer) = self.peer(place) else { return };
        if let Some(source) = peer.source_mut(kind) {
            source.targets = targets;
        }
        let (room, connection) = (peer.room, peer.connection);
        let before = (peer.asked.layers, peer.asked.idle);
        peer.asked.update(wanted, existing, watched, now_us);
        let after = (peer.asked.layers, peer.asked.idle);
        if before != after {
            let layers = LAYERS.into_iter().filter(|layer| after.0 >> *layer as u8 & 1 == 1).collect();
            self.tell(EngineEvent::Layers { room, connection, layers, idle: after.1 });
        }
    }
}

/// The highest bit alone.
fn highest(bits: u8) -> u8 {
    bits.checked_ilog2().map_or(0, |place| 1 << place)
}

/// The lowest bit alone.
fn lowest(bits: u8) -> u8 {
    bits & bits.wrapping_neg()
}

/// The bits of a layer and of all below it.
fn up_to(layer: Layer) -> u8 {
    (2 << layer as u8) - 1
}

impl Asked {
    fn update(&mut self, wanted: u8, existing: u8, watched: bool, now_us: i64) {
        let patience_us = limits::LAYER_UNWATCHED.as_micros() as i64;
        let mut layers = 0;
        for (place, wanted_us) in self.wanted_us.iter_mut().enumerate() {
            if wanted >> place & 1 == 1 {
                *wanted_us = now_us;
            }
            if now_us - *wanted_us < patience_us {
                layers |= 1 << place;
            }
        }
        // What was off stays off until it is wanted; what was never there is not asked for.
        self.layers = layers & (self.layers | wanted) & existing;
        if watched {
            self.watched_us = now_us;
        }
        self.idle = now_us - self.watched_us >= patience_us;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: i64 = 1_000_000;

    #[test]
    fn layers_begin_at_once_and_end_after_a_while() {
        let mut asked = Asked::new(0);
        asked.update(0b001, 0b111, true, S);
        assert_eq!((asked.layers, asked.idle), (0b111, false), "not at once");
        asked.update(0b001, 0b111, true, 6 * S);
        assert_eq!(asked.layers, 0b001);
        asked.update(0b101, 0b111, true, 7 * S);
        assert_eq!(asked.layers, 0b101, "what is wanted comes at once");
        asked.update(0b011, 0b111, true, 8 * S);
        assert_eq!(asked.layers, 0b111);
        asked.update(0b001, 0b111, false, 13 * S);
        assert_eq!((asked.layers, asked.idle), (0b001, true));
        asked.update(0b001, 0b111, true, 14 * S);
        assert!(!asked.idle);
        let mut single = Asked::new(0);
        single.update(0b100, 0b100, true, S);
        assert_eq!(single.layers, 0b100);
    }

    #[test]
    fn the_next_lower_layer_stands_for_a_missing_one() {
        assert_eq!((highest(0b101), highest(0b001), highest(0)), (0b100, 0b001, 0));
        assert_eq!((lowest(0b110), lowest(0)), (0b010, 0));
        assert_eq!(highest(0b101 & up_to(Layer::Half)), 0b001);
    }
}
