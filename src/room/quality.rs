//! The lines of the points, by samples each 5 s. What the log keeps: crossings of a threshold and one digest per visit.
//! What people see: a level, and a quarter of an hour for the technician. Pure.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::domain::event::Event;
use crate::domain::ids::{PointId, VisitId};
use crate::media::engine::LinkQuality;
use crate::protocol::section::{LineHistory, LineLevel};

/// Samples that are kept: a quarter of an hour (product.md (f)).
const KEPT: usize = 180;

impl LineLevel {
    /// Thresholds: 3, 8 and 15 % of loss; a round trip above 400 ms is poor at best.
    pub fn of(loss_permille: u16, rtt_ms: u16) -> Self {
        let by_loss = match loss_permille {
            0..30 => Self::Good,
            30..80 => Self::Fair,
            80..150 => Self::Poor,
            _ => Self::Bad,
        };
        if rtt_ms > 400 { by_loss.max(Self::Poor) } else { by_loss }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Fair => "fair",
            Self::Poor => "poor",
            Self::Bad => "bad",
        }
    }
}

/// The line of a point over the last quarter of an hour, for those who watch.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Seen {
    pub level: LineLevel,
    samples: VecDeque<(u16, u16)>,
}

impl Seen {
    fn add(&mut self, loss_permille: u16, rtt_ms: u16) {
        if self.samples.len() >= KEPT {
            self.samples.pop_front();
        }
        self.samples.push_back((loss_permille, rtt_ms));
    }

    /// As section `devices` has it.
    pub fn history(&self) -> LineHistory {
        let text = |of: &dyn Fn(&(u16, u16)) -> u16| {
            self.samples.iter().map(|sample| of(sample).to_string()).collect::<Vec<_>>().join(" ")
        };
        LineHistory { loss: text(&|sample| sample.0), rtt: text(&|sample| sample.1) }
    }
}

/// Samples of all rooms by level since the start of the process, for `/metrics`.
#[derive(Debug, Default)]
pub struct Totals([AtomicU64; 4]);

impl Totals {
    fn count(&self, level: LineLevel) {
        if let Some(total) = self.0.get(level as usize) {
            total.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Good, fair, poor, bad.
    pub fn get(&self) -> [u64; 4] {
        self.0.each_ref().map(|total| total.load(Ordering::Relaxed))
    }
}

/// The lines of a room's points.
#[derive(Debug, Default)]
pub struct Lines {
    points: BTreeMap<PointId, Line>,
    /// Loss samples of the visit on stage, under its own name: whoever else moves meanwhile takes none of them.
    visits: BTreeMap<VisitId, BTreeMap<PointId, Vec<u16>>>,
}

#[derive(Debug, Default)]
struct Line {
    told: LineLevel,
    /// The sample before: a level counts when two in a row have it, which makes 10 s.
    before: LineLevel,
}

impl Lines {
    /// Takes a sample, also into what is shown; the crossing to be logged, if one is confirmed. `visit`: the one on stage,
    /// where the point takes part in it.
    pub fn sample(
        &mut self,
        point: PointId,
        quality: &LinkQuality,
        visit: Option<VisitId>,
        (seen, totals): (&mut Seen, &Totals),
    ) -> Option<Event> {
        let loss_permille = quality.uplink_loss_permille.max(quality.downlink_loss_permille);
        let rtt_ms = quality.rtt_ms.unwrap_or(0);
        seen.add(loss_permille, rtt_ms);
        if let Some(visit) = visit {
            self.visits.entry(visit).or_default().entry(point).or_default().push(loss_permille);
        }
        let level = LineLevel::of(loss_permille, rtt_ms);
        let line = self.points.entry(point).or_default();
        let confirmed = level == line.before && level != line.told;
        line.before = level;
        totals.count(level);
        seen.level = if confirmed { level } else { line.told };
        if !confirmed {
            return None;
        }
        line.told = level;
        Some(Event::QualityCrossed { point, level: level.name().to_owned(), loss_permille, rtt_ms })
    }

    /// One line per point for a visit that is not on stage any more; none when it never was.
    pub fn digest(&mut self, visit: VisitId) -> Vec<Event> {
        self.visits
            .remove(&visit)
            .into_iter()
            .flatten()
            .filter_map(|(point, mut samples)| {
                samples.sort_unstable();
                let worst_loss_permille = *samples.last()?;
                let median_loss_permille = *samples.get(samples.len() / 2)?;
                Some(Event::QualityDigest { visit, point, worst_loss_permille, median_loss_permille })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const POINT: PointId = PointId(Uuid::from_u128(1));

    fn loss(permille: u16) -> LinkQuality {
        LinkQuality { uplink_loss_permille: permille, ..LinkQuality::default() }
    }

    #[test]
    fn levels_follow_loss_and_round_trip() {
        for (permille, rtt, wanted) in [
            (0, 20, LineLevel::Good),
            (29, 400, LineLevel::Good),
            (30, 20, LineLevel::Fair),
            (80, 20, LineLevel::Poor),
            (150, 20, LineLevel::Bad),
            (0, 401, LineLevel::Poor),
            (200, 500, LineLevel::Bad),
        ] {
            assert_eq!(LineLevel::of(permille, rtt), wanted, "{permille} ‰, {rtt} ms");
        }
    }

    #[test]
    fn a_crossing_is_told_once_when_it_lasts() {
        let (mut lines, mut seen, totals) = (Lines::default(), Seen::default(), Totals::default());
        let told: Vec<bool> = [0, 100, 0, 100, 100, 100, 0, 0]
            .map(|permille| lines.sample(POINT, &loss(permille), None, (&mut seen, &totals)).is_some())
            .to_vec();
        assert_eq!(told, [false, false, false, false, true, false, false, true]);
        assert_eq!((seen.level, totals.get()), (LineLevel::Good, [4, 0, 4, 0]));
        assert_eq!(seen.history().loss, "0 100 0 100 100 100 0 0");
        (0..KEPT).for_each(|_| seen.add(7, 20));
        assert_eq!(seen.history().rtt, vec!["20"; 180].join(" "), "a quarter of an hour and no more");
    }

    /// While one citizen is heard others arrive, wait and leave at their own points.
    #[test]
    fn the_digest_is_of_the_visit_alone() {
        let (mut lines, mut seen, totals) = (Lines::default(), Seen::default(), Totals::default());
        lines.sample(POINT, &loss(900), None, (&mut seen, &totals));
        let (visit, other) = (VisitId(Uuid::from_u128(2)), VisitId(Uuid::from_u128(3)));
        for permille in [10, 50, 20] {
            lines.sample(POINT, &loss(permille), Some(visit), (&mut seen, &totals));
            assert!(lines.digest(other).is_empty(), "another visit moved beside the one on stage");
        }
        let (worst_loss_permille, median_loss_permille) = (50, 20);
        let wanted = Event::QualityDigest { visit, point: POINT, worst_loss_permille, median_loss_permille };
        assert_eq!(lines.digest(visit), [wanted]);
        assert!(lines.digest(visit).is_empty());
    }
}
