//! Which of the last `64 * WORDS` packet indices were taken. One structure for three duties: replay protection of
//! what arrives (RFC 3711 §3.3.2), loss accounting, and never encrypting twice under one index (RFC 7714 §8.1).

/// A sliding set of 48-bit packet indices.
#[derive(Clone, Debug)]
pub(crate) struct IndexWindow<const WORDS: usize> {
    highest: Option<u64>,
    bits: [u64; WORDS],
}

impl<const WORDS: usize> IndexWindow<WORDS> {
    const SPAN: u64 = 64 * WORDS as u64;

    pub(crate) fn new() -> Self {
        Self { highest: None, bits: [0; WORDS] }
    }

    /// The greatest index taken so far.
    pub(crate) fn highest(&self) -> Option<u64> {
        self.highest
    }

    /// True when `index` may still be taken: newer than all, or inside the window and free.
    pub(crate) fn is_free(&self, index: u64) -> bool {
        match self.highest {
            None => true,
            Some(highest) if index > highest => true,
            Some(highest) => highest - index < Self::SPAN && !self.bit(index),
        }
    }

    /// True when `index` is inside the window and was taken.
    pub(crate) fn was_taken(&self, index: u64) -> bool {
        self.highest.is_some_and(|highest| index <= highest && highest - index < Self::SPAN && self.bit(index))
    }

    /// Takes `index`; `false` when it was taken before or is too old to know.
    pub(crate) fn take(&mut self, index: u64) -> bool {
        if !self.is_free(index) {
            return false;
        }
        match self.highest {
            Some(highest) if index <= highest => {}
            Some(highest) if index - highest < Self::SPAN => {
                for skipped in highest + 1..index {
                    self.set(skipped, false);
                }
                self.highest = Some(index);
            }
            _ => {
                self.bits = [0; WORDS];
                self.highest = Some(index);
            }
        }
        self.set(index, true);
        true
    }

    fn bit(&self, index: u64) -> bool {
        let place = index % Self::SPAN;
        self.bits.get((place / 64) as usize).is_some_and(|word| word >> (place % 64) & 1 == 1)
    }

    fn set(&mut self, index: u64, taken: bool) {
        let place = index % Self::SPAN;
        if let Some(word) = self.bits.get_mut((place / 64) as usize) {
            let mask = 1 << (place % 64);
            *word = if taken { *word | mask } else { *word & !mask };
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whatever the order, no index is granted twice, and inside the window nothing new is refused.
        #[test]
        fn no_index_twice(steps in proptest::collection::vec(0u64..2_000, 1..400)) {
            let mut window = IndexWindow::<2>::new();
            let mut taken = BTreeSet::new();
            for index in steps {
                let fresh = !taken.contains(&index);
                let inside = taken.last().is_none_or(|highest| index > *highest || highest - index < 128);
                prop_assert_eq!(window.take(index), fresh && inside);
                prop_assert_eq!(window.was_taken(index), taken.last().is_none_or(|h| index >= *h || h - index < 128));
                taken.insert(index);
            }
        }
    }
}
