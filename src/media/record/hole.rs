//! What of a source is missing at the moment, and what is told of it.

use super::event::{GapCause, RecorderEvent};
use crate::limits;
use crate::media::plan::{RecordTarget, SourceId};

const GAP_US: i64 = limits::RECORD_GAP.as_micros() as i64;

/// A part that is missing so far; begins with the first thing that is not recorded.
#[derive(Default)]
pub(super) struct Hole(Option<Missing>);

struct Missing {
    target: RecordTarget,
    from_us: i64,
    cause: GapCause,
}

impl Hole {
    /// Something of `target` from `from_us` on (monotonic) is not in the recording. The first cause counts; what was
    /// missing of another target ends here.
    pub(super) fn miss(
        &mut self,
        source: SourceId,
        target: RecordTarget,
        from_us: i64,
        cause: GapCause,
    ) -> Option<RecorderEvent> {
        let ended = if self.is_of(target) { None } else { self.fill(source, from_us) };
        self.0.get_or_insert(Missing { target, from_us, cause });
        ended
    }

    /// True when the part that is missing belongs to `target`.
    pub(super) fn is_of(&self, target: RecordTarget) -> bool {
        self.0.as_ref().is_some_and(|missing| missing.target == target)
    }

    /// The recording goes on at `to_us`, or ends there: a gap, if it was long enough to be one.
    pub(super) fn fill(&mut self, source: SourceId, to_us: i64) -> Option<RecorderEvent> {
        let Missing { target, from_us, cause } = self.0.take()?;
        (to_us - from_us >= GAP_US).then_some(RecorderEvent::Gap { source, target, from_us, to_us, cause })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{packet, target};
    use super::*;

    #[test]
    fn the_first_cause_counts_and_short_holes_are_none() {
        let source = packet(0, 0).source;
        let mut hole = Hole::default();
        assert_eq!(hole.fill(source, GAP_US * 9), None);
        assert_eq!(hole.miss(source, target(), 1000, GapCause::Loss), None);
        assert_eq!(hole.fill(source, 999 + GAP_US), None, "too short");
        assert_eq!(hole.miss(source, target(), 1000, GapCause::Loss), None);
        assert_eq!(hole.miss(source, target(), 2000, GapCause::Fault), None);
        let next = RecordTarget { visit: None, ..target() };
        let (from_us, to_us) = (1000, 1000 + GAP_US);
        let gap = RecorderEvent::Gap { source, target: target(), from_us, to_us, cause: GapCause::Loss };
        assert_eq!(hole.miss(source, next, to_us, GapCause::Fault), Some(gap), "a target's gap ends with it");
        assert!(hole.is_of(next));
    }
}
