//! Sharing out what each receiver's line takes, and telling publishers which layers are worth sending.

use std::collections::BTreeSet;

use super::allocator::{Budget, Wanted};
use super::bandwidth::{Bandwidth, Goal};
use super::downlink::Downlink;
use super::engine::EngineEvent;
use super::forward::{PeerIndex, VideoFeed};
use super::layers::LAYERS;
use super::plan::{Layer, SourceKind};
use super::worker::Worker;
use crate::limits;

const ALLOCATION_US: i64 = 200_000;
const LAYERS_US: i64 = 500_000;
/// A picture that pauses for less than this, as while a join finds out what its line takes, is not spoken of.
const TOLD_US: i64 = 1_500_000;
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
            let sound = audio.and_then(|from| self.publisher(from)).map_or(0, |from| from.sound_cost(now_us));
            if red {
                redundant.push(sound);
            } else {
                plain += sound;
            }
            wanted.push(video.and_then(|feed| {
                let costs = self.publisher(feed.from)?.costs(feed.kind, now_us);
                Some(Wanted { from: feed.from, kind: feed.kind, cap: feed.cap, costs })
            }));
        }
        let Some(peer) = self.peer(place) else { return };
        let Downlink { bandwidth, protection, .. } = &mut peer.down;
        let told = bandwidth.as_deref().filter(|bandwidth| !bandwidth.is_mute(now_us));
        let (losses, room) = (told.and_then(Bandwidth::losses), told.map(Bandwidth::usable));
        let short = told.is_some_and(Bandwidth::is_short);
        let sound = protection.decide(losses, &redundant, plain, room, short, now_us);
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
        let existing = peer.publisher.existing(kind);
        if existing == 0 || peer.srtp.is_none() {
            return;
        }
        let flowing = peer.publisher.flowing(kind, now_us);
        let Some(source) = peer.publisher.source_mut(kind) else { return };
        let recorded = source.record.is_some();
        // A recording takes the best there is.
        let mut wanted = lowest(existing) | if recorded { highest(existing) } else { 0 };
        let abroad = source.abroad.iter().filter(|abroad| now_us < abroad.until_us);
        let (elsewhere, mut asked) = abroad.fold((false, 0), |(_, all), abroad| (true, all | abroad.asked));
        let watched = recorded || elsewhere || !source.targets.is_empty();
        let targets = std::mem::take(&mut source.targets);
        for target in &targets {
            let slot = self.peer(target.peer).and_then(|peer| peer.slots.get(target.slot));
            asked |= slot.map_or(0, |slot| slot.video.asks((place, kind)));
        }
        for layer in LAYERS.into_iter().filter(|layer| asked & layer.bit() != 0) {
            wanted |= highest(existing & layer.and_below());
        }
        // Where a wanted layer does not come (its publisher's line is thin), the next lower one stands in for it.
        for layer in LAYERS.into_iter().rev() {
            if wanted & layer.bit() != 0 && !flowing.has(layer) {
                wanted |= highest(existing & layer.and_below() >> 1);
            }
        }
        let Some(peer) = self.peer(place) else { return };
        if let Some(source) = peer.publisher.source_mut(kind) {
            source.targets = targets;
        }
        let (room, connection) = (peer.room, peer.connection);
        let before = (peer.asked.layers, peer.asked.idle);
        peer.asked.update(wanted, existing, watched, now_us);
        let after = (peer.asked.layers, peer.asked.idle);
        if before != after {
            let layers = LAYERS.into_iter().filter(|layer| after.0 & layer.bit() != 0).collect();
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
        assert_eq!(highest(0b101 & Layer::Half.and_below()), 0b001);
    }
}
