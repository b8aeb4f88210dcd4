//! What happened once and could not be stored: kept until the store takes it again. Losses, pauses and text are looked at
//! anew by every turn of the room; a file that was begun, a gap, a step of the clock are told by nobody again.

use std::collections::VecDeque;

use crate::domain::event::{Event, SegmentMark};
use crate::domain::ids::SegmentId;
use crate::limits;

/// Events of the server's own that wait for the store, oldest first.
#[derive(Debug, Default)]
pub(super) struct Owed {
    events: VecDeque<Event>,
}

impl Owed {
    pub(super) fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// Keeps what nobody will tell again; everything else is decided anew from what is seen.
    pub(super) fn keep(&mut self, event: Event) {
        if !is_told_once(&event) {
            return;
        }
        // A later mark of a file says all that an earlier one said.
        if let Event::SegmentHashed { mark, .. } | Event::SegmentClosed { mark, .. } = &event {
            self.events.retain(
                |known| !matches!(known, Event::SegmentHashed { mark: earlier, .. } if earlier.segment == mark.segment),
            );
        }
        if self.events.len() >= limits::OWED_EVENTS {
            let least = self.events.iter().position(|known| {
                matches!(
                    known,
                    Event::QualityCrossed { .. } | Event::QualityDigest { .. } | Event::SegmentHashed { .. }
                )
            });
            if self.events.remove(least.unwrap_or(0)).is_some() {
                tracing::error!("the store was away for too long: an event of the room is lost");
            }
        }
        self.events.push_back(event);
    }

    /// Everything that is owed, in its order.
    pub(super) fn take(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events).into()
    }

    /// The newest mark of a file that the store does not know yet.
    pub(super) fn mark(&self, segment: SegmentId) -> Option<&SegmentMark> {
        self.events.iter().rev().filter_map(mark_of).find(|mark| mark.segment == segment)
    }
}

/// Whether only one message brings it.
pub(super) fn is_told_once(event: &Event) -> bool {
    matches!(
        event,
        Event::ServerStarted { .. }
            | Event::ClockStepped { .. }
            | Event::QualityCrossed { .. }
            | Event::QualityDigest { .. }
            | Event::SegmentOpened { .. }
            | Event::SegmentHashed { .. }
            | Event::SegmentClosed { .. }
            | Event::RecordingGap { .. }
    )
}

/// The mark an event of a file carries.
pub(super) fn mark_of(event: &Event) -> Option<&SegmentMark> {
    match event {
        Event::SegmentOpened { mark, .. } | Event::SegmentHashed { mark, .. } | Event::SegmentClosed { mark, .. } => {
            Some(mark)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::PointId;
    use uuid::Uuid;

    fn mark(segment: u128, bytes: u64) -> SegmentMark {
        SegmentMark {
            segment: SegmentId(Uuid::from_u128(segment)),
            point: PointId(Uuid::from_u128(1)),
            source: "camera".to_owned(),
            bytes,
            sha256: String::new(),
            duration_ms: 0,
        }
    }

    fn hashed(segment: u128, bytes: u64) -> Event {
        Event::SegmentHashed { visit: None, mark: mark(segment, bytes) }
    }

    #[test]
    fn a_file_is_owed_by_its_begin_its_newest_mark_and_its_end() {
        let mut owed = Owed::default();
        let opened = Event::SegmentOpened { visit: None, mark: mark(1, 0), began_at: None };
        owed.keep(opened.clone());
        for bytes in [10, 20, 30] {
            owed.keep(hashed(1, bytes));
            owed.keep(hashed(2, bytes));
        }
        assert_eq!(owed.mark(SegmentId(Uuid::from_u128(1))).map(|mark| mark.bytes), Some(30));
        let closed = Event::SegmentClosed { visit: None, mark: mark(1, 40) };
        owed.keep(closed.clone());
        assert_eq!(owed.take(), [opened, hashed(2, 30), closed]);
        assert!(owed.is_empty());
    }

    #[test]
    fn what_is_seen_again_is_not_owed() {
        let mut owed = Owed::default();
        owed.keep(Event::RecorderFailed { cause: String::new() });
        owed.keep(Event::EndUndone);
        assert!(owed.is_empty());
    }

    #[test]
    fn a_store_that_is_away_for_ever_costs_the_least_first() {
        let mut owed = Owed::default();
        owed.keep(Event::ClockStepped { delta_us: 1 });
        owed.keep(hashed(1, 10));
        for n in 2..u128::try_from(limits::OWED_EVENTS).unwrap() + 1 {
            owed.keep(Event::SegmentClosed { visit: None, mark: mark(n, 1) });
        }
        let kept = owed.take();
        assert_eq!(kept.len(), limits::OWED_EVENTS);
        assert_eq!(kept[0], Event::ClockStepped { delta_us: 1 });
        assert!(!kept.contains(&hashed(1, 10)));
    }
}
