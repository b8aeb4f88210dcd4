//! The part of the session that belongs to a visit, and what of other times falls into it.

use jiff::Timestamp;
use jiff::civil::DateTime;

use crate::documents::parts::Interruption;
use crate::domain::calendar::local_time;
use crate::domain::ids::PointId;
use crate::domain::presence::Interval;
use crate::room::state::{Gap, State, VisitState};

use super::words;

/// Whole seconds in local time: papers print no fractions.
pub(super) fn local(at: Timestamp) -> DateTime {
    let at = local_time(at);
    at.with().subsec_nanosecond(0).build().unwrap_or(at)
}

/// When the visit had the room; before that nothing.
pub(super) fn of_visit(state: &State, visit: &VisitState) -> Option<Interval> {
    state.facts.visits.get(&visit.about.visit)?.span()
}

/// Whether two spans share a moment; an open end goes on.
pub(super) fn overlap(a: Interval, b: Interval) -> bool {
    a.overlaps(b)
}

/// Gaps of the visit's points and stops of the session inside the visit's time, in their order.
pub(super) fn interruptions(state: &State, visit: &VisitState) -> Vec<Interruption> {
    let Some(span) = of_visit(state, visit) else { return Vec::new() };
    let points = state.points_of(visit);
    let gaps =
        state.gaps.iter().filter(|gap| points.contains(&gap.point)).map(|gap| (of_gap(gap), gap_line(state, gap)));
    let stops = state.facts.stops.iter().map(|stop| {
        let cause = words::stop_cause(state, &stop.reason);
        (stop.span, line(None, stop.span, cause))
    });
    let mut found: Vec<_> = gaps.chain(stops).filter(|(when, _)| overlap(*when, span)).collect();
    found.sort_by_key(|(when, _)| when.from);
    found.into_iter().map(|(_, line)| line).collect()
}

/// Gaps of one point in the whole session.
pub(super) fn gaps_of(state: &State, point: PointId) -> Vec<Interruption> {
    state.gaps.iter().filter(|gap| gap.point == point).map(|gap| gap_line(state, gap)).collect()
}

pub(super) fn of_gap(gap: &Gap) -> Interval {
    Interval { from: gap.from, to: gap.to }
}

fn gap_line(state: &State, gap: &Gap) -> Interruption {
    let point = state.points.get(&gap.point).map(|point| point.about.name.clone());
    line(point, of_gap(gap), Some(words::gap_cause(gap.cause)))
}

fn line(point: Option<String>, span: Interval, cause: Option<String>) -> Interruption {
    let seconds = span.to.map(|to| u64::try_from(to.duration_since(span.from).as_secs()).unwrap_or_default());
    Interruption { point, from: local(span.from), to: span.to.map(local), seconds, cause }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(from: i64, to: Option<i64>) -> Interval {
        let at = |second| Timestamp::from_second(1_800_000_000 + second).unwrap();
        Interval { from: at(from), to: to.map(at) }
    }

    #[test]
    fn what_only_touches_does_not_overlap() {
        let visit = span(10, Some(20));
        for (other, shares) in [
            (span(0, Some(10)), false),
            (span(0, Some(11)), true),
            (span(19, None), true),
            (span(20, None), false),
            (span(12, Some(13)), true),
        ] {
            assert_eq!(overlap(visit, other), shares, "{other:?}");
            assert_eq!(overlap(other, visit), shares, "{other:?}");
        }
    }
}
