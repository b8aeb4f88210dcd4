//! What the recording of a visit lacks, as minutes and record must say it (D154 Điều 24(1); domain.md §4.2, §6.4): holes
//! the recorder counted, what a restart of the server cut off, and times in which two people went on without a recorder.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::{Segment, State};
use crate::domain::event::Event;
use crate::domain::ids::{PointId, SegmentId, UserId, VisitId};
use crate::domain::presence::Interval;
use crate::domain::session::SessionAct;

/// Cause of what a restart cut off; the other causes are the recorder's.
pub const RESTARTED: &str = "server_restarted";

/// An orderly stop closes files before the room ends: what was closed this shortly before the last word of the log was
/// being recorded until then.
const STOPPING: SignedDuration = SignedDuration::from_secs(5);

/// A part of one source that is not in its recording.
#[derive(Clone, PartialEq, Debug)]
pub struct Lack {
    pub visit: Option<VisitId>,
    pub point: PointId,
    /// `microphone`, `camera` or `paper`.
    pub source: String,
    /// Open until the source is recorded again or the visit leaves the stage.
    pub span: Interval,
    /// Key `recording_gap.<cause>` of the text catalogue.
    pub cause: String,
    /// The file that was cut off: it may tell its end later.
    after: Option<SegmentId>,
}

/// A time in which the session went on, or could, without a recording.
#[derive(Clone, PartialEq, Debug)]
pub struct Waiver {
    pub by_presider: UserId,
    pub by_note_taker: UserId,
    pub reason: String,
    /// From the second one's word until the recorder worked again or the sitting was over.
    pub span: Interval,
}

/// A source of a visit: what one row of files belongs to.
type Track = (Option<VisitId>, PointId, String);

/// Everything the recording of a session lacks.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Lacks {
    pub holes: Vec<Lack>,
    pub waivers: Vec<Waiver>,
    /// The newest file of each source, and when the log was told of its end.
    newest: BTreeMap<Track, (SegmentId, Option<Timestamp>)>,
    /// Of the newest event.
    last: Option<Timestamp>,
}

/// When a file ends by what is known of it.
fn end_of(segment: &Segment) -> Timestamp {
    let length = SignedDuration::from_millis(i64::try_from(segment.mark.duration_ms).unwrap_or_default());
    segment.began_at.checked_add(length).unwrap_or(segment.began_at)
}

impl Lacks {
    /// What the recording of one visit lacks, in the order of time.
    pub fn of(&self, visit: VisitId) -> Vec<&Lack> {
        let mut holes: Vec<&Lack> = self.holes.iter().filter(|hole| hole.visit == Some(visit)).collect();
        holes.sort_by_key(|hole| (hole.span.from, hole.point));
        holes
    }

    /// The times without a recording that fall into a visit's times on the stage.
    pub fn waivers_of(&self, stage: &[Interval]) -> Vec<&Waiver> {
        self.waivers.iter().filter(|waiver| stage.iter().any(|own| own.overlaps(waiver.span))).collect()
    }

    /// Takes what it needs from an event that was just applied to `state`.
    pub(super) fn note(&mut self, at: Timestamp, event: &Event, state: &State) {
        match event {
            Event::RecordingGap { visit, point, source, from, to, cause } => self.holes.push(Lack {
                visit: *visit,
                point: *point,
                source: source.clone(),
                span: Interval { from: *from, to: Some(*to) },
                cause: cause.clone(),
                after: None,
            }),
            Event::SegmentOpened { visit, mark, began_at } => {
                let track = (*visit, mark.point, mark.source.clone());
                let again = began_at.unwrap_or(at);
                self.end(again, |hole| (hole.visit, hole.point, &hole.source) == (track.0, track.1, &track.2));
                self.newest.insert(track, (mark.segment, None));
            }
            Event::SegmentHashed { mark, .. } => self.known_end(mark.segment, state),
            Event::SegmentClosed { mark, .. } => {
                if let Some((_, told)) = self.newest.values_mut().find(|(newest, _)| *newest == mark.segment) {
                    *told = Some(at);
                }
                self.known_end(mark.segment, state);
            }
            Event::ServerStarted { .. } => self.restarted(state),
            Event::VisitMoved { visit, to, .. } if !to.is_on_stage() => {
                self.end(at, |hole| hole.visit == Some(*visit));
            }
            Event::UnrecordedAllowed { by_presider, by_note_taker, reason } => self.waivers.push(Waiver {
                by_presider: *by_presider,
                by_note_taker: *by_note_taker,
                reason: reason.clone(),
                span: Interval { from: at, to: None },
            }),
            Event::RecorderRecovered
            | Event::RecordingStarted
            | Event::SessionMoved { act: SessionAct::Close | SessionAct::Postpone, .. } => {
                if let Some(waiver) = self.waivers.last_mut() {
                    waiver.span.to.get_or_insert(at);
                }
            }
            _ => {}
        }
        self.last = Some(at);
    }

    /// A file that was cut off tells more of itself than was known.
    fn known_end(&mut self, segment: SegmentId, state: &State) {
        let Some(end) = state.segments.get(&segment).map(end_of) else { return };
        for hole in self.holes.iter_mut().filter(|hole| hole.after == Some(segment)) {
            hole.span.from = hole.span.to.map_or(end, |to| end.min(to));
        }
    }

    fn end(&mut self, at: Timestamp, of: impl Fn(&Lack) -> bool) {
        for hole in self.holes.iter_mut().filter(|hole| hole.span.to.is_none() && of(hole)) {
            hole.span.to = Some(at.max(hole.span.from));
        }
    }

    /// Nobody could count what was lost with the process: everything from the end of each file that was being written.
    fn restarted(&mut self, state: &State) {
        let Some(visit) = state.on_stage().map(|visit| visit.about.visit) else { return };
        let last = self.last;
        let stopping = |told: Timestamp| last.is_some_and(|last| last.duration_since(told) <= STOPPING && told <= last);
        for ((of, point, source), (segment, told)) in &self.newest {
            let Some(file) = state.segments.get(segment).filter(|_| *of == Some(visit)) else { continue };
            let known = self.holes.iter().any(|hole| hole.after == Some(*segment));
            if known || told.is_some_and(|told| !stopping(told)) {
                continue;
            }
            self.holes.push(Lack {
                visit: *of,
                point: *point,
                source: source.clone(),
                span: Interval { from: end_of(file), to: None },
                cause: RESTARTED.to_owned(),
                after: Some(*segment),
            });
        }
    }
}

#[cfg(test)]
mod tests;
