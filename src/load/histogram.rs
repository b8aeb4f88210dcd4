//! How often which duration occurred, in 2 KiB: enough for any quantile to 3 %.

/// Steps per doubling.
const STEPS: u32 = 32;
const SHIFT: u32 = STEPS.trailing_zeros();

/// Counts of whole numbers (microseconds here).
#[derive(Clone, Debug, Default)]
pub struct Histogram {
    counts: Vec<u64>,
    total: u64,
    most: u64,
}

impl Histogram {
    /// Counts one value.
    pub fn add(&mut self, value: u64) {
        let place = place_of(value);
        if self.counts.len() <= place {
            self.counts.resize(place + 1, 0);
        }
        if let Some(count) = self.counts.get_mut(place) {
            *count += 1;
        }
        self.total += 1;
        self.most = self.most.max(value);
    }

    /// Counts all of another.
    pub fn merge(&mut self, other: &Self) {
        if self.counts.len() < other.counts.len() {
            self.counts.resize(other.counts.len(), 0);
        }
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
        self.total += other.total;
        self.most = self.most.max(other.most);
    }

    /// How many values were counted.
    pub fn count(&self) -> u64 {
        self.total
    }

    /// The greatest value, exactly.
    pub fn max(&self) -> u64 {
        self.most
    }

    /// The value that `permille` of a thousand do not exceed, to 3 %; 0 when nothing was counted.
    pub fn quantile(&self, permille: u64) -> u64 {
        let wanted = (self.total * permille).div_ceil(1_000).max(1);
        let mut seen = 0;
        for (place, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= wanted {
                return upper_end(place).min(self.most);
            }
        }
        self.most
    }
}

fn place_of(value: u64) -> usize {
    let octave = (64 - value.leading_zeros()).saturating_sub(SHIFT + 1);
    let step = value >> octave;
    // The first two octaves are exact; from then on each doubling has STEPS places.
    (u64::from(octave * STEPS) + step) as usize
}

fn upper_end(place: usize) -> u64 {
    let place = place as u64;
    let octave = (place / u64::from(STEPS)).saturating_sub(1).min(58);
    let step = place - octave * u64::from(STEPS);
    ((step + 1) << octave) - 1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Every value lies in the place it is counted in, and the place is at most 3 % (one step) wide.
        #[test]
        fn places_are_narrow(value in 0u64..1 << 60) {
            let end = upper_end(place_of(value));
            prop_assert!(end >= value && end - value <= value / u64::from(STEPS), "{value} counted up to {end}");
            prop_assert_eq!(place_of(end), place_of(value));
        }
    }

    #[test]
    fn quantiles_and_merging() {
        let (mut low, mut high) = (Histogram::default(), Histogram::default());
        (1..=50).for_each(|value| low.add(value));
        (51..=100).for_each(|value| high.add(value));
        low.merge(&high);
        assert_eq!((low.count(), low.max()), (100, 100));
        assert_eq!(low.quantile(500), 50);
        assert!((99..=100).contains(&low.quantile(990)));
        assert_eq!(Histogram::default().quantile(990), 0);
    }
}
