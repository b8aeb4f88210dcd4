//! What the log keeps of the lines: crossings of a threshold and one digest per visit. Pure; samples come each 5 s.

use std::collections::BTreeMap;

use crate::domain::event::Event;
use crate::domain::ids::{PointId, VisitId};
use crate::media::engine::LinkQuality;

/// How a line is, by loss over 10 s and round-trip time (product.md (f)).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Level {
    #[default]
    Good,
    Fair,
    Poor,
    Bad,
}

impl Level {
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

/// The lines of a room's points.
#[derive(Debug, Default)]
pub struct Lines {
    points: BTreeMap<PointId, Line>,
    /// Loss samples of the visit on stage, under its own name: whoever else moves meanwhile takes none of them.
    visits: BTreeMap<VisitId, BTreeMap<PointId, Vec<u16>>>,
}

#[derive(Debug, Default)]
struct Line {
    told: Level,
    /// The sample before: a level counts when two in a row have it, which makes 10 s.
    before: Level,
}

impl Lines {
    /// Takes a sample; the crossing to be logged, if one is confirmed. `visit`: the one on stage, where the point takes
    /// part in it.
    pub fn sample(&mut self, point: PointId, quality: &LinkQuality, visit: Option<VisitId>) -> Option<Event> {
        let loss_permille = quality.uplink_loss_permille.max(quality.downlink_loss_permille);
        let rtt_ms = quality.rtt_ms.unwrap_or(0);
        if let Some(visit) = visit {
            self.visits.entry(visit).or_default().entry(point).or_default().push(loss_permille);
        }
        let level = Level::of(loss_permille, rtt_ms);
        let line = self.points.entry(point).or_default();
        let confirmed = level == line.before && level != line.told;
        line.before = level;
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
            (0, 20, Level::Good),
            (29, 400, Level::Good),
            (30, 20, Level::Fair),
            (80, 20, Level::Poor),
            (150, 20, Level::Bad),
            (0, 401, Level::Poor),
            (200, 500, Level::Bad),
        ] {
            assert_eq!(Level::of(permille, rtt), wanted, "{permille} ‰, {rtt} ms");
        }
    }

    #[test]
    fn a_crossing_is_told_once_when_it_lasts() {
        let mut lines = Lines::default();
        let told: Vec<bool> = [0, 100, 0, 100, 100, 100, 0, 0]
            .map(|permille| lines.sample(POINT, &loss(permille), None).is_some())
            .to_vec();
        assert_eq!(told, [false, false, false, false, true, false, false, true]);
    }

    /// While one citizen is heard others arrive, wait and leave at their own points.
    #[test]
    fn the_digest_is_of_the_visit_alone() {
        let mut lines = Lines::default();
        lines.sample(POINT, &loss(900), None);
        let (visit, other) = (VisitId(Uuid::from_u128(2)), VisitId(Uuid::from_u128(3)));
        for permille in [10, 50, 20] {
            lines.sample(POINT, &loss(permille), Some(visit));
            assert!(lines.digest(other).is_empty(), "another visit moved beside the one on stage");
        }
        let (worst_loss_permille, median_loss_permille) = (50, 20);
        let wanted = Event::QualityDigest { visit, point: POINT, worst_loss_permille, median_loss_permille };
        assert_eq!(lines.digest(visit), [wanted]);
        assert!(lines.digest(visit).is_empty());
    }
}
