//! Which layer of each picture one receiver gets, from what its line takes. Sound is taken off before.
//!
//! The order of slots is the order of importance. Each gets something before any gets more, except that the first
//! picture is readable (half size) before the many small ones are shown at all, and papers come before these too.

use super::layers::LAYERS;
use super::plan::{Layer, SourceKind};

/// More than a step costs must be free before it is taken, not before it is kept.
const MARGIN: f64 = 1.15;
/// So much more for a picture that would be none without it.
const SMALL_MARGIN: f64 = 1.05;
/// The first picture is tried at its lowest layer with a little less: estimates are cautious, and whether it was too
/// much shows at once.
const FIRST_MARGIN: f64 = 0.9;
/// What is asked of the line, over what is needed: its answer is never quite the question.
const GOAL: f64 = 1.05;
/// A picture that got better and had to go back within this long waits longer before the next try.
const PROBATION_US: i64 = 8_000_000;
/// While nothing queues, a shortage is believed only after this: estimates stumble over jitter.
const SHORTAGE_US: i64 = 1_000_000;
/// First wait after going back, doubled each time up to the second.
const WAIT_US: (i64, i64) = (1_000_000, 8_000_000);
/// The same for the lowest layer of a picture that paused, doubled every second time: soon at first, but one that cannot
/// stay is not tried again and again, because each of its key frames is a burst that sound has to pass.
const PAUSED_WAIT_US: (i64, i64) = (250_000, 16_000_000);

/// What a slot would show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// Place of its publisher.
    pub(crate) from: usize,
    pub(crate) kind: SourceKind,
    pub(crate) cap: Layer,
    /// Bits per second of each layer there is or could be.
    pub(crate) costs: [Option<u32>; 3],
}

impl Wanted {
    fn cost(&self, layer: Layer) -> Option<u32> {
        self.costs.get(layer as usize).copied().flatten()
    }

    fn layers(&self) -> impl DoubleEndedIterator<Item = Layer> {
        LAYERS.into_iter().filter(|layer| self.cost(*layer).is_some())
    }

    /// Layers it may have, lowest first: the cap, or the lowest there is when all are above.
    fn allowed(&self) -> impl DoubleEndedIterator<Item = Layer> {
        let lowest = self.layers().next();
        self.layers().filter(move |layer| *layer <= self.cap || Some(*layer) == lowest)
    }
}

/// What a slot has been given, and how that went.
#[derive(Clone, Copy, Debug, Default)]
struct Grant {
    of: Option<(usize, SourceKind)>,
    layer: Option<Layer>,
    rose_us: i64,
    may_rise_us: i64,
    /// How often it got better and had to go back, one after the other.
    falls: u32,
}

/// Grants of one receiver's slots.
#[derive(Debug, Default)]
pub(crate) struct Allocator {
    grants: Vec<Grant>,
    /// Since when more is granted than there is.
    short_us: Option<i64>,
}

/// What is known of the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Budget {
    /// Bits per second for pictures.
    pub(crate) rate: u32,
    /// It was measured. Before that the first picture begins at its lowest layer whatever it costs, because somebody
    /// waits for it.
    pub(crate) known: bool,
    /// Nothing queues: pictures may get better.
    pub(crate) calm: bool,
}

/// What came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// Some slot got another layer than before.
    pub(crate) changed: bool,
    /// Bits per second for the next improvement, and for all of them; 0 when there is none.
    pub(crate) next: u32,
    pub(crate) all: u32,
}

impl Allocator {
    /// The layer a slot may show; `None` when its picture pauses.
    pub(crate) fn layer(&self, slot: usize) -> Option<Layer> {
        self.grants.get(slot).and_then(|grant| grant.layer)
    }

    /// Shares `budget` among `wanted`, by slot.
    pub(crate) fn allocate(&mut self, budget: Budget, wanted: &[Option<Wanted>], now_us: i64) -> Outcome {
        self.grants.resize(wanted.len(), Grant::default());
        for (grant, wanted) in self.grants.iter_mut().zip(wanted) {
            let of = wanted.map(|wanted| (wanted.from, wanted.kind));
            if grant.of != of {
                *grant = Grant { of, ..Grant::default() };
            }
        }
        let rate = f64::from(budget.rate);
        let granted: f64 = wanted
            .iter()
            .zip(&self.grants)
            .filter_map(|(wanted, grant)| wanted.as_ref()?.cost(grant.layer?))
            .map(f64::from)
            .sum();
        self.short_us = if granted > rate { self.short_us.or(Some(now_us)) } else { None };
        // What is there stays for a moment, and nothing comes to it.
        let bear = budget.calm && self.short_us.is_some_and(|since_us| now_us - since_us < SHORTAGE_US);
        let mut given: Vec<Option<Layer>> = vec![None; wanted.len()];
        let mut stopped = vec![false; wanted.len()];
        let (mut used, mut all, mut next) = (0.0, 0.0, 0.0);
        for (number, (slot, layer)) in steps(wanted).into_iter().enumerate() {
            let (Some(Some(wanted)), Some(grant)) = (wanted.get(slot), self.grants.get(slot)) else { continue };
            let (Some(now), Some(stopped)) = (given.get_mut(slot), stopped.get_mut(slot)) else { continue };
            let before = now.and_then(|layer| wanted.cost(layer)).unwrap_or(0);
            // A better layer that happens to be cheaper costs nothing more.
            let more = f64::from(wanted.cost(layer).unwrap_or(0).saturating_sub(before));
            all += more;
            if *stopped {
                continue;
            }
            let has = grant.layer.is_some_and(|granted| granted >= layer);
            let (keep, take) = match *now {
                None if number == 0 => (FIRST_MARGIN, FIRST_MARGIN),
                None => (1.0, SMALL_MARGIN),
                Some(_) => (1.0, MARGIN),
            };
            let needed = (used + more) * take;
            let fits = if has {
                bear || (used + more) * keep <= rate
            } else {
                !bear && budget.calm && needed <= rate && now_us >= grant.may_rise_us
            };
            if fits || (number == 0 && !budget.known) {
                used += more;
                *now = Some(layer);
            } else {
                if next == 0.0 {
                    next = needed * GOAL;
                }
                *stopped = true;
            }
        }
        let mut changed = false;
        for (grant, layer) in self.grants.iter_mut().zip(given) {
            changed |= grant.change(layer, now_us);
        }
        let all = if next > 0.0 { all * MARGIN * GOAL } else { 0.0 };
        Outcome { changed, next: next as u32, all: all as u32 }
    }
}

impl Grant {
    fn change(&mut self, layer: Option<Layer>, now_us: i64) -> bool {
        if layer > self.layer {
            self.rose_us = now_us;
        } else if layer < self.layer {
            let again = now_us - self.rose_us < PROBATION_US;
            self.falls = if again { self.falls + 1 } else { 0 };
            let ((first_us, longest_us), times) =
                if layer.is_none() { (PAUSED_WAIT_US, self.falls / 2) } else { (WAIT_US, self.falls) };
            self.may_rise_us = now_us + (first_us << times.min(30)).min(longest_us);
        }
        std::mem::replace(&mut self.layer, layer) != layer
    }
}

/// Slots and layers in the order in which they are given.
fn steps(wanted: &[Option<Wanted>]) -> Vec<(usize, Layer)> {
    let mut steps: Vec<(u8, usize, Layer)> = Vec::with_capacity(3 * wanted.len());
    let mut cameras = 0usize;
    for (slot, wanted) in wanted.iter().enumerate() {
        let Some(wanted) = wanted else { continue };
        let paper = wanted.kind == SourceKind::Paper;
        let place = cameras;
        cameras += usize::from(!paper);
        for (step, layer) in wanted.allowed().enumerate() {
            let turn = match (paper, place, step, layer) {
                (false, 0 | 1, 0, _) => 0,
                (true, _, 0, _) => 1,
                (false, 0, _, Layer::Quarter | Layer::Half) => 2,
                (false, _, 0, _) => 3,
                (_, 0, _, _) => 4,
                (_, _, _, Layer::Quarter | Layer::Half) => 5,
                _ => 6,
            };
            steps.push((turn, slot, layer));
        }
    }
    steps.sort_unstable();
    steps.into_iter().map(|(_, slot, layer)| (slot, layer)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const S: i64 = 1_000_000;
    const CAMERA: [Option<u32>; 3] = [Some(150_000), Some(500_000), Some(1_500_000)];

    fn camera(from: usize, cap: Layer) -> Option<Wanted> {
        Some(Wanted { from, kind: SourceKind::Camera, cap, costs: CAMERA })
    }

    fn paper(from: usize, cost: u32) -> Option<Wanted> {
        Some(Wanted { from, kind: SourceKind::Paper, cap: Layer::Full, costs: [None, None, Some(cost)] })
    }

    fn measured(rate: u32) -> Budget {
        Budget { rate, known: true, calm: true }
    }

    fn layers(rate: u32, wanted: &[Option<Wanted>]) -> Vec<Option<Layer>> {
        let mut allocator = Allocator::default();
        allocator.allocate(measured(rate), wanted, S);
        (0..wanted.len()).map(|slot| allocator.layer(slot)).collect()
    }

    #[test]
    fn by_importance() {
        use Layer::{Full, Half, Quarter};
        let wanted =
            [camera(1, Full), camera(2, Quarter), paper(1, 400_000), camera(3, Quarter), None, camera(4, Quarter)];
        for (budget, expected) in [
            (100_000, [None; 6]),
            (140_000, [Some(Quarter), None, None, None, None, None]),
            (200_000, [Some(Quarter), None, None, None, None, None]),
            // The papers do not fit, the small ones do.
            (600_000, [Some(Quarter), Some(Quarter), None, Some(Quarter), None, None]),
            (850_000, [Some(Quarter), Some(Quarter), Some(Full), None, None, None]),
            (1_250_000, [Some(Half), Some(Quarter), Some(Full), None, None, None]),
            (1_600_000, [Some(Half), Some(Quarter), Some(Full), Some(Quarter), None, Some(Quarter)]),
            (3_000_000, [Some(Full), Some(Quarter), Some(Full), Some(Quarter), None, Some(Quarter)]),
        ] {
            assert_eq!(layers(budget, &wanted), expected, "{budget}");
        }
    }

    #[test]
    fn kept_without_margin_and_taken_with_it() {
        let wanted = [camera(1, Layer::Full)];
        let mut allocator = Allocator::default();
        let mut at = |rate, seconds: i64| {
            let budget = Budget { calm: rate > 1_000_000, ..measured(rate) };
            let outcome = allocator.allocate(budget, &wanted, seconds * S);
            (allocator.layer(0), outcome.next)
        };
        assert_eq!(at(1_600_000, 0), (Some(Layer::Half), 1_811_249));
        assert_eq!(at(1_800_000, 1), (Some(Layer::Full), 0));
        assert_eq!(at(1_500_000, 2), (Some(Layer::Full), 0));
        assert_eq!(at(600_000, 3).0, Some(Layer::Half));
        // It rose two seconds before: it has to wait two, then four, then eight.
        assert_eq!(at(9_000_000, 4).0, Some(Layer::Half));
        assert_eq!(at(9_000_000, 5).0, Some(Layer::Full));
        assert_eq!(at(600_000, 6).0, Some(Layer::Half));
        assert_eq!(at(9_000_000, 9).0, Some(Layer::Half));
        assert_eq!(at(9_000_000, 10).0, Some(Layer::Full));
        assert_eq!(at(600_000, 30).0, Some(Layer::Half), "long after it is no failed try");
        assert_eq!(at(9_000_000, 31).0, Some(Layer::Full));
    }

    #[test]
    fn a_shortage_is_borne_for_a_moment_while_nothing_queues() {
        let wanted = [camera(1, Layer::Full), camera(2, Layer::Quarter)];
        let mut allocator = Allocator::default();
        let mut at = |rate, calm, ms: i64| {
            allocator.allocate(Budget { calm, ..measured(rate) }, &wanted, ms * 1_000);
            (allocator.layer(0), allocator.layer(1))
        };
        let (half, quarter) = (Some(Layer::Half), Some(Layer::Quarter));
        assert_eq!(at(1_000_000, true, 0), (half, quarter));
        assert_eq!(at(400_000, true, 100), (half, quarter));
        assert_eq!(at(1_000_000, true, 900), (half, quarter), "it was nothing");
        assert_eq!(at(400_000, true, 1_000), (half, quarter));
        assert_eq!(at(400_000, true, 2_000), (quarter, quarter));
        assert_eq!(at(160_000, false, 2_100), (quarter, None), "a queue is not borne");
    }

    #[test]
    fn a_picture_that_cannot_stay_is_tried_more_and_more_rarely() {
        let wanted = [camera(1, Layer::Full)];
        let mut allocator = Allocator::default();
        let (mut rises, mut rose_ms) = (Vec::new(), 0);
        // The line takes it for a second each time, and then does not.
        for ms in (0..120_000).step_by(50) {
            let bears = allocator.layer(0).is_none() || ms - rose_ms < 1_000;
            let budget = if bears { measured(200_000) } else { Budget { calm: false, ..measured(100_000) } };
            let before = allocator.layer(0);
            allocator.allocate(budget, &wanted, ms * 1_000);
            if allocator.layer(0) > before {
                rises.push(ms - rose_ms);
                rose_ms = ms;
            }
        }
        let pauses: Vec<i64> = rises.iter().skip(1).map(|ms| ms - 1_000).collect();
        let first =
            [250, 500, 500, 1_000, 1_000, 2_000, 2_000, 4_000, 4_000, 8_000, 8_000, 16_000, 16_000, 16_000, 16_000];
        assert_eq!(pauses, first);
    }

    #[test]
    fn another_source_begins_anew_and_the_first_picture_begins_at_once() {
        let mut allocator = Allocator::default();
        let full = |from| camera(from, Layer::Full);
        let queue = |rate| Budget { calm: false, ..measured(rate) };
        allocator.allocate(Budget { known: false, ..measured(100_000) }, &[full(1), camera(2, Layer::Quarter)], 0);
        assert_eq!((allocator.layer(0), allocator.layer(1)), (Some(Layer::Quarter), None));
        allocator.allocate(queue(100_000), &[full(1)], 0);
        assert_eq!(allocator.layer(0), None, "now it is known that the line does not take it");
        allocator.allocate(queue(800_000), &[full(9)], 1);
        assert_eq!(allocator.layer(0), None, "nothing better while a queue drains");
        allocator.allocate(measured(800_000), &[full(9)], 1);
        assert_eq!(allocator.layer(0), Some(Layer::Half));
        let one = Wanted { costs: [None, None, Some(900_000)], cap: Layer::Quarter, ..full(3).unwrap() };
        assert_eq!(layers(2_000_000, &[Some(one)]), [Some(Layer::Full)], "one layer only: better than nothing");
    }

    proptest! {
        /// What is given never costs more than there is for longer than is borne, and a more important picture never
        /// pauses for a lesser one of its kind.
        #[test]
        fn within_the_budget(budgets in proptest::collection::vec(0u32..6_000_000, 1..40), count in 1usize..9) {
            let wanted: Vec<_> =
                (0..count).map(|n| camera(n, if n == 0 { Layer::Full } else { Layer::Quarter })).collect();
            let mut allocator = Allocator::default();
            for (second, budget) in budgets.into_iter().enumerate() {
                allocator.allocate(measured(budget), &wanted, 10 * second as i64 * S);
                allocator.allocate(measured(budget), &wanted, (10 * second as i64 + 2) * S);
                let cost: u32 = (0..count)
                    .filter_map(|slot| wanted[slot].unwrap().cost(allocator.layer(slot)?))
                    .sum();
                let first = allocator.layer(0) == Some(Layer::Quarter) && cost == 150_000 && budget >= 135_000;
                prop_assert!(cost <= budget || first, "{cost} of {budget}");
                let shown: Vec<bool> = (0..count).map(|slot| allocator.layer(slot).is_some()).collect();
                if second == 0 {
                    prop_assert!(shown.windows(2).all(|pair| pair[0] || !pair[1]), "{shown:?}");
                }
            }
        }
    }
}
