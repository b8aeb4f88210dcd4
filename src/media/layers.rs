//! Which simulcast layer a slot should show, from what flows and what it may have.

use super::plan::Layer;

/// A layer without packets for this long does not flow: senders pause layers when their line is narrow.
pub(crate) const FLOWING_US: i64 = 400_000;

/// All layers, lowest first.
pub(crate) const LAYERS: [Layer; 3] = [Layer::Quarter, Layer::Half, Layer::Full];

impl Layer {
    /// Its bit in a set of layers.
    pub(crate) const fn bit(self) -> u8 {
        1 << self as u8
    }

    /// The bits of this layer and of all below it.
    pub(crate) const fn and_below(self) -> u8 {
        (2 << self as u8) - 1
    }
}

/// Which layers of one source flow now, lowest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Flowing([bool; 3]);

impl Flowing {
    pub(crate) fn set(&mut self, layer: Layer) {
        if let Some(place) = self.0.get_mut(layer as usize) {
            *place = true;
        }
    }

    pub(crate) fn has(self, layer: Layer) -> bool {
        self.0.get(layer as usize).copied().unwrap_or(false)
    }

    /// The best layer not above `cap`; a source that has only better ones is shown all the same.
    pub(crate) fn target(self, cap: Layer) -> Option<Layer> {
        let flows = |layer: &&Layer| self.has(**layer);
        LAYERS.iter().rfind(|layer| flows(layer) && **layer <= cap).or_else(|| LAYERS.iter().find(flows)).copied()
    }

    /// The best layer of all.
    pub(crate) fn top(self) -> Option<Layer> {
        self.target(Layer::Full)
    }

    /// Whether a key frame of `offered` begins to be shown, when `running` (of the same source) is shown now.
    /// Something is better than nothing: without a running layer any key frame will do, and the target is reached later.
    pub(crate) fn accepts(self, running: Option<Layer>, offered: Layer, cap: Layer) -> bool {
        let Some(target) = self.target(cap) else { return false };
        match running {
            Some(running) if self.has(running) => offered == target && running != target,
            _ => offered <= target,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flowing(layers: &[Layer]) -> Flowing {
        let mut flowing = Flowing::default();
        layers.iter().for_each(|layer| flowing.set(*layer));
        flowing
    }

    #[test]
    fn the_best_allowed_layer_is_the_target() {
        let all = flowing(&LAYERS);
        assert_eq!(all.target(Layer::Half), Some(Layer::Half));
        assert_eq!(flowing(&[Layer::Quarter]).target(Layer::Full), Some(Layer::Quarter));
        assert_eq!(
            flowing(&[Layer::Full]).target(Layer::Quarter),
            Some(Layer::Full),
            "one layer only: better than nothing"
        );
        assert_eq!(flowing(&[]).target(Layer::Full), None);
    }

    #[test]
    fn a_key_frame_is_taken_when_it_helps() {
        let all = flowing(&LAYERS);
        assert!(all.accepts(None, Layer::Quarter, Layer::Full), "something is better than nothing");
        assert!(all.accepts(Some(Layer::Quarter), Layer::Full, Layer::Full));
        assert!(!all.accepts(Some(Layer::Quarter), Layer::Half, Layer::Full), "not the target");
        assert!(!all.accepts(Some(Layer::Full), Layer::Full, Layer::Full));
        assert!(all.accepts(Some(Layer::Full), Layer::Quarter, Layer::Quarter), "the cap came down");
        let without_full = flowing(&[Layer::Quarter, Layer::Half]);
        assert!(without_full.accepts(Some(Layer::Full), Layer::Half, Layer::Full), "the shown layer fell silent");
        assert!(without_full.accepts(Some(Layer::Full), Layer::Quarter, Layer::Full));
    }
}
