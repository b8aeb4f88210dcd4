//! The recorder listens to itself: what it says it wrote is compared with what goes through the room live. Pure.
//!
//! The two sides do not know of each other: that a source sends, and how loud it is, comes from the forwarding of its
//! packets; how its file grows comes from the recorder's thread. What is lost between them is seen by neither alone.

use std::collections::BTreeMap;

use crate::limits;
use crate::media::plan::{RecordTarget, SourceId};
use crate::media::record::{Fault, RunningSource};

/// Louder than this is somebody who speaks, in dB below overload (RFC 6464); a quiet room is at 60 and more.
const SPEECH: u8 = 45;
/// The alarm's bound without the way from the recorder to the room, and from there to the screens.
const STUCK_US: i64 = limits::RECORD_CHECK.as_micros() as i64 - 1_500_000;
/// So much speech without a sound in the file is no delay any more.
const UNHEARD_US: i64 = 2_000_000;
const LEVEL_US: i64 = limits::MEDIA_LEVELS.as_micros() as i64;
const SILENT_US: i64 = limits::SOURCE_SILENT.as_micros() as i64;

/// What is wrong with the recording of one source.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Trouble {
    /// Packets arrive, and its file does not grow.
    NotWritten,
    /// Somebody speaks there, and the file holds silence.
    Muted,
    /// Nothing arrives any more, although the line stands: a camera that froze, a microphone that was unplugged. The
    /// recorder writes what comes; it is the source that fails.
    Stopped,
    /// Pictures arrive without a key frame for longer than a file lasts.
    NoKeyFrame,
}

impl Trouble {
    /// Stable code for wire and texts.
    pub fn code(self) -> &'static str {
        match self {
            Self::NotWritten => "source_not_written",
            Self::Muted => "source_muted",
            Self::Stopped => "source_stopped",
            Self::NoKeyFrame => "source_no_key_frame",
        }
    }

    /// Cause of the gap in the record; none where the recorder tells the gap itself, or all is there.
    fn gap(self, known: bool) -> Option<&'static str> {
        match self {
            Self::NotWritten => (!known).then_some("fault"),
            Self::Muted => Some("muted"),
            Self::Stopped => Some("stopped"),
            Self::NoKeyFrame => None,
        }
    }
}

/// How a source stands live.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flow {
    /// Its packets arrive.
    Sends,
    /// None arrive, and its line stands.
    Stopped,
    /// Nothing is to be expected: a closed microphone, a lost line, a disk that fails for all.
    Excused,
}

/// One source that is to be recorded, from both sides.
pub struct Look<'a> {
    pub source: SourceId,
    pub target: RecordTarget,
    pub flow: Flow,
    /// What the recorder says; none when it does not know the source.
    pub running: Option<&'a RunningSource>,
}

/// A part of a source that is not in its recording, as the self-check found it. Monotonic microseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lack {
    pub source: SourceId,
    pub target: RecordTarget,
    pub from_us: i64,
    pub to_us: i64,
    /// Key `recording_gap.<cause>` of the text catalogue.
    pub cause: &'static str,
}

/// All sources of a room that are to be recorded.
#[derive(Debug, Default)]
pub struct SelfCheck {
    sources: BTreeMap<SourceId, Seen>,
}

#[derive(Debug)]
struct Seen {
    target: RecordTarget,
    written: u64,
    sounding_us: u64,
    /// Since when its file should grow and does not.
    stuck_us: Option<i64>,
    /// Speech that was heard live since the file last grew by a sound: since when, and how much of it.
    unheard: Option<(i64, i64)>,
    /// It has sent since it is to be recorded.
    sent: bool,
    /// The recorder knew it when the trouble began.
    known: bool,
    trouble: Option<(Trouble, i64)>,
}

impl SelfCheck {
    /// The level of an open microphone, 0 (loud) to 127, over the last `limits::MEDIA_LEVELS`.
    pub fn heard(&mut self, source: SourceId, level: u8, now_us: i64) {
        if level > SPEECH {
            return;
        }
        if let Some(seen) = self.sources.get_mut(&source) {
            let (_, unheard_us) = seen.unheard.get_or_insert((now_us - LEVEL_US, 0));
            *unheard_us += LEVEL_US;
        }
    }

    /// Compares both sides at `now_us` (monotonic); what was missing and is over comes out.
    pub fn look<'a>(&mut self, now_us: i64, looks: impl Iterator<Item = Look<'a>>) -> Vec<Lack> {
        let mut lacks = Vec::new();
        let mut before = std::mem::take(&mut self.sources);
        for look in looks {
            let kept = before.remove(&look.source).and_then(|seen| match seen.target == look.target {
                true => Some(seen),
                false => {
                    lacks.extend(seen.lack(look.source, now_us, false));
                    None
                }
            });
            let mut seen = kept.unwrap_or_else(|| Seen::new(&look));
            lacks.extend(seen.compare(&look, now_us));
            self.sources.insert(look.source, seen);
        }
        lacks.extend(before.into_iter().filter_map(|(source, seen)| seen.lack(source, now_us, false)));
        lacks
    }

    /// What is wrong now.
    pub fn troubles(&self) -> impl Iterator<Item = (SourceId, Trouble)> {
        self.sources.iter().filter_map(|(source, seen)| Some((*source, seen.trouble?.0)))
    }
}

impl Seen {
    fn new(look: &Look<'_>) -> Self {
        Self {
            target: look.target,
            written: look.running.map_or(0, |running| running.written),
            sounding_us: look.running.map_or(0, |running| running.sounding_us),
            stuck_us: None,
            unheard: None,
            sent: false,
            known: false,
            trouble: None,
        }
    }

    /// Takes a look; what was missing comes out where a trouble is over.
    fn compare(&mut self, look: &Look<'_>, now_us: i64) -> Option<Lack> {
        let (written, sounding_us) = look.running.map_or((0, 0), |running| (running.written, running.sounding_us));
        // A track that was forgotten and made anew counts from zero.
        let came_us = sounding_us.checked_sub(self.sounding_us).unwrap_or(sounding_us);
        let heard_us = self.unheard.map_or(0, |(_, heard_us)| heard_us);
        if look.flow != Flow::Sends || written != self.written {
            self.stuck_us = None;
        } else {
            self.stuck_us.get_or_insert(now_us);
        }
        if look.flow == Flow::Excused || came_us > 0 {
            self.unheard = None;
        }
        self.sent |= look.flow == Flow::Sends;
        (self.written, self.sounding_us) = (written, sounding_us);

        let found = self.trouble_now(look, now_us);
        if found.map(|(trouble, _)| trouble) == self.trouble.map(|(trouble, _)| trouble) {
            return None;
        }
        // Most of what was heard has come: it was late and not lost.
        let late = i64::try_from(came_us).unwrap_or(i64::MAX) > heard_us / 2;
        let lack = self.lack(look.source, now_us, late);
        self.known = look.running.is_some();
        self.trouble = found;
        lack
    }

    /// What is wrong, and since when.
    fn trouble_now(&self, look: &Look<'_>, now_us: i64) -> Option<(Trouble, i64)> {
        match look.flow {
            Flow::Excused => None,
            Flow::Stopped => self.sent.then_some((Trouble::Stopped, now_us - SILENT_US)),
            Flow::Sends => {
                let refused = look.running.is_some_and(|running| running.fault == Some(Fault::NothingWritten));
                let stuck_us = self.stuck_us.filter(|since_us| refused || now_us - since_us >= STUCK_US);
                let unheard = self.unheard.filter(|(_, heard_us)| *heard_us >= UNHEARD_US);
                let overdue = look.running.is_some_and(|running| running.key_overdue);
                stuck_us
                    .map(|since_us| (Trouble::NotWritten, since_us))
                    .or(unheard.map(|(since_us, _)| (Trouble::Muted, since_us)))
                    .or(overdue.then_some((Trouble::NoKeyFrame, now_us)))
            }
        }
    }

    fn lack(&self, source: SourceId, now_us: i64, late: bool) -> Option<Lack> {
        let (trouble, from_us) = self.trouble?;
        let cause = trouble.gap(self.known).filter(|_| !(late && trouble == Trouble::Muted))?;
        Some(Lack { source, target: self.target, from_us, to_us: now_us, cause })
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::ids::{ConnectionId, SegmentId, SessionId};
    use crate::media::plan::SourceKind;

    const SECOND: i64 = 1_000_000;
    const TARGET: RecordTarget = RecordTarget { session: SessionId(Uuid::from_u128(1)), visit: None };

    fn source(kind: SourceKind) -> SourceId {
        SourceId { connection: ConnectionId(Uuid::from_u128(2)), kind }
    }

    fn running(kind: SourceKind, written: u64, sounding_us: u64) -> RunningSource {
        RunningSource {
            source: source(kind),
            target: TARGET,
            segment: Some(SegmentId(Uuid::from_u128(3))),
            bytes: written,
            written,
            sounding_us,
            key_overdue: false,
            fault: None,
        }
    }

    fn look<'a>(kind: SourceKind, flow: Flow, running: Option<&'a RunningSource>) -> impl Iterator<Item = Look<'a>> {
        [Look { source: source(kind), target: TARGET, flow, running }].into_iter()
    }

    fn troubles(check: &SelfCheck) -> Vec<Trouble> {
        check.troubles().map(|(_, trouble)| trouble).collect()
    }

    #[test]
    fn a_file_that_does_not_grow_is_told_within_five_seconds_and_no_sooner() {
        let mut check = SelfCheck::default();
        for tick in 0..=12 {
            let file = running(SourceKind::Camera, tick, 0);
            assert_eq!(check.look(tick as i64 * SECOND, look(SourceKind::Camera, Flow::Sends, Some(&file))), []);
        }
        let stands = running(SourceKind::Camera, 12, 0);
        assert_eq!(check.look(15 * SECOND, look(SourceKind::Camera, Flow::Sends, Some(&stands))), []);
        assert_eq!(troubles(&check), []);
        check.look(18 * SECOND, look(SourceKind::Camera, Flow::Sends, Some(&stands)));
        assert_eq!(troubles(&check), [], "three seconds since the first look that found it standing");
        check.look(18 * SECOND + SECOND / 2, look(SourceKind::Camera, Flow::Sends, Some(&stands)));
        assert_eq!(troubles(&check), [Trouble::NotWritten]);
        let again = running(SourceKind::Camera, 13, 0);
        let lacks = check.look(19 * SECOND, look(SourceKind::Camera, Flow::Sends, Some(&again)));
        assert_eq!((lacks, troubles(&check)), (vec![], vec![]), "the recorder tells this gap itself");
    }

    #[test]
    fn what_the_recorder_never_got_is_a_gap_that_only_this_side_can_tell() {
        let mut check = SelfCheck::default();
        for tick in 0..=4 {
            check.look(tick * SECOND, look(SourceKind::Camera, Flow::Sends, None));
        }
        assert_eq!(troubles(&check), [Trouble::NotWritten]);
        let lack =
            Lack { source: source(SourceKind::Camera), target: TARGET, from_us: 0, to_us: 6 * SECOND, cause: "fault" };
        assert_eq!(check.look(6 * SECOND, std::iter::empty()), [lack]);
    }

    #[test]
    fn speech_that_is_heard_and_not_in_the_file_is_a_muted_recording() {
        let mut check = SelfCheck::default();
        let at = |tenth: i64| tenth * SECOND / 5;
        let file = |written, sounding_us| running(SourceKind::Microphone, written, sounding_us);
        check.look(0, look(SourceKind::Microphone, Flow::Sends, Some(&file(1, 0))));
        for turn in 1..=9_i64 {
            check.heard(source(SourceKind::Microphone), 20, at(turn));
            check.look(at(turn), look(SourceKind::Microphone, Flow::Sends, Some(&file(turn as u64, 0))));
            assert_eq!(troubles(&check), []);
        }
        check.heard(source(SourceKind::Microphone), 90, at(10));
        check.look(at(10), look(SourceKind::Microphone, Flow::Sends, Some(&file(10, 0))));
        assert_eq!(troubles(&check), [], "a quiet moment is no speech");
        check.heard(source(SourceKind::Microphone), 20, at(11));
        check.look(at(11), look(SourceKind::Microphone, Flow::Sends, Some(&file(11, 0))));
        assert_eq!(troubles(&check), [Trouble::Muted]);

        let cause = "muted";
        let lack = Lack { source: source(SourceKind::Microphone), target: TARGET, from_us: 0, to_us: at(12), cause };
        let little = check.look(at(12), look(SourceKind::Microphone, Flow::Sends, Some(&file(12, 20_000))));
        assert_eq!((little, troubles(&check)), (vec![lack], vec![]));
    }

    #[test]
    fn speech_that_comes_late_is_no_gap() {
        let mut check = SelfCheck::default();
        let file = |sounding_us| running(SourceKind::Microphone, 1, sounding_us);
        check.look(0, look(SourceKind::Microphone, Flow::Sends, Some(&file(0))));
        (0..20).for_each(|_| check.heard(source(SourceKind::Microphone), 20, SECOND));
        check.look(SECOND, look(SourceKind::Microphone, Flow::Sends, Some(&file(0))));
        assert_eq!(troubles(&check), [Trouble::Muted]);
        assert_eq!(check.look(2 * SECOND, look(SourceKind::Microphone, Flow::Sends, Some(&file(3_900_000)))), []);
        assert_eq!(troubles(&check), []);
    }

    #[test]
    fn a_source_that_stops_is_named_and_a_closed_one_is_not() {
        let mut check = SelfCheck::default();
        let file = running(SourceKind::Camera, 7, 0);
        check.look(0, look(SourceKind::Camera, Flow::Stopped, None));
        assert_eq!(troubles(&check), [], "it never began");
        check.look(SECOND, look(SourceKind::Camera, Flow::Sends, Some(&file)));
        check.look(9 * SECOND, look(SourceKind::Camera, Flow::Stopped, Some(&file)));
        assert_eq!(troubles(&check), [Trouble::Stopped]);
        let lacks = check.look(20 * SECOND, look(SourceKind::Camera, Flow::Excused, Some(&file)));
        let (from_us, to_us) = (6 * SECOND, 20 * SECOND);
        let lack = Lack { source: source(SourceKind::Camera), target: TARGET, from_us, to_us, cause: "stopped" };
        assert_eq!((lacks, troubles(&check)), (vec![lack], vec![]));
    }

    #[test]
    fn a_file_without_a_place_to_enter_is_named() {
        let mut check = SelfCheck::default();
        for turn in 1..=2 {
            let file = RunningSource { key_overdue: true, ..running(SourceKind::Camera, turn, 0) };
            check.look(turn as i64, look(SourceKind::Camera, Flow::Sends, Some(&file)));
        }
        assert_eq!(troubles(&check), [Trouble::NoKeyFrame]);
    }
}
