//! What papers print of a session beyond what its rooms need to decide: who did an act, when, and at which point. Part
//! of the fold like everything else, so a paper made years later says the same.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Lacks, Logged, State};
use crate::domain::actor;
use crate::domain::event::Event;
use crate::domain::ids::{PersonId, PointId, UserId, VisitId};
use crate::domain::presence::{Entry, Interval};
use crate::domain::session::{SessionAct, SessionStatus};
use crate::domain::visit::{VisitAct, VisitStatus};

/// The facts of a session.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Facts {
    /// Everybody who ever had a function, also after it was withdrawn.
    pub officers: BTreeMap<UserId, Named>,
    /// When a point was linked for the first time.
    pub linked_at: BTreeMap<PointId, Timestamp>,
    /// Times in which the session sat: from a start to a postponement or the end.
    pub sittings: Vec<Interval>,
    /// When the session was put off last: what was announced before that was announced for another day.
    pub postponed_at: Option<Timestamp>,
    /// Pauses and interruptions of the whole session.
    pub stops: Vec<Stop>,
    pub attested_at: BTreeMap<PointId, Timestamp>,
    pub visits: BTreeMap<VisitId, VisitFacts>,
    pub lacks: Lacks,
}

/// An officer as papers print them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Named {
    pub name: String,
    pub title: String,
}

/// The session stood.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stop {
    pub span: Interval,
    /// As it was given, or a code of the room: the name of the point that was lost, `recorder_failed`.
    pub reason: String,
}

/// Who did something, when and where.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Act {
    pub at: Timestamp,
    /// None for what the room did by itself.
    pub by: Option<UserId>,
    pub point: Option<PointId>,
}

/// The facts of a visit.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct VisitFacts {
    /// When the visit had the room's sound and picture; more than once when it was held meanwhile.
    pub stage: Vec<Interval>,
    /// Who presided when it was heard; until then, who called it.
    pub presider: Option<UserId>,
    /// When the citizen came, for the first time.
    pub arrived_at: Option<Timestamp>,
    pub announced: Option<Act>,
    pub frozen: Option<Act>,
    pub read_back: Option<Act>,
    /// Answers to what was read back: signatures and refusals alike.
    pub answered: BTreeMap<PersonId, Act>,
    /// When it ended, in whichever way.
    pub over_at: Option<Timestamp>,
}

impl VisitFacts {
    /// From the first to the last moment on the stage; the end is open while it is there.
    pub fn span(&self) -> Option<Interval> {
        let (first, last) = (self.stage.first()?, self.stage.last()?);
        Some(Interval { from: first.from, to: last.to })
    }
}

impl Facts {
    /// The sitting somebody had to be at: begun when they came or next, ended when they left it last.
    pub fn sitting_of(&self, entry: &Entry) -> Option<Interval> {
        let at = |moment: Option<Timestamp>| {
            let over = |sitting: &Interval| moment.zip(sitting.to).is_some_and(|(moment, to)| to <= moment);
            self.sittings.iter().find(|sitting| !over(sitting)).or(self.sittings.last())
        };
        let (first, last) = (at(entry.first_in())?, at(entry.intervals.last().map(|last| last.from))?);
        Some(Interval { from: first.from, to: last.to })
    }

    /// Takes what papers need from an event that was just applied to `state`.
    pub(super) fn note(&mut self, logged: &Logged, event: &Event, state: &State) {
        let at = logged.at;
        self.lacks.note(at, event, state);
        let act = |point: Option<PointId>| {
            let (by, of_actor) = actor::parse_label(&logged.actor);
            Act { at, by, point: point.or(of_actor) }
        };
        match event {
            Event::FunctionAssigned { user, name, title, .. } => {
                self.officers.insert(*user, Named { name: name.clone(), title: title.clone() });
            }
            Event::PointConnected { point } | Event::PointBack { point } => {
                self.linked_at.entry(*point).or_insert(at);
            }
            Event::SessionMoved { act, to, reason, since, .. } => {
                self.session_moved(*act, *to, reason, since.unwrap_or(at), at);
            }
            Event::AttendanceAttested { point } => {
                self.attested_at.insert(*point, at);
            }
            Event::AttestationVoided { point } => {
                self.attested_at.remove(point);
            }
            Event::VisitMoved { visit, act: moved, to, .. } => {
                let visit = self.visits.entry(*visit).or_default();
                visit.moved(*to, at);
                match moved {
                    VisitAct::Call | VisitAct::Begin | VisitAct::Resume | VisitAct::Hear => {
                        visit.presider = state.presider().or(visit.presider);
                    }
                    VisitAct::Arrive => {
                        visit.arrived_at.get_or_insert(at);
                    }
                    VisitAct::ReadBack => visit.read_back = Some(act(None)),
                    // Nobody came: there is nothing to read back, the text stands with the end.
                    VisitAct::NoShow => visit.frozen = Some(act(None)),
                    VisitAct::Reopen => {
                        visit.frozen = None;
                        visit.read_back = None;
                    }
                    _ => {}
                }
            }
            Event::RecordingAnnounced { visit, point, .. } => {
                self.visits.entry(*visit).or_default().announced = Some(act(Some(*point)));
            }
            Event::TextFrozen { visit, .. } => self.visits.entry(*visit).or_default().frozen = Some(act(None)),
            Event::TextConfirmed { visit, person, point, .. }
            | Event::SignatureRefused { visit, person, point, .. } => {
                self.visits.entry(*visit).or_default().answered.insert(*person, act(Some(*point)));
            }
            Event::AnswersVoided { visit } => self.visits.entry(*visit).or_default().answered.clear(),
            _ => {}
        }
    }

    fn session_moved(&mut self, act: SessionAct, to: SessionStatus, reason: &str, since: Timestamp, at: Timestamp) {
        match act {
            SessionAct::Start => self.sittings.push(Interval { from: at, to: None }),
            SessionAct::Close | SessionAct::Postpone => {
                if let Some(sitting) = self.sittings.last_mut() {
                    sitting.to.get_or_insert(at);
                }
            }
            _ => {}
        }
        if act == SessionAct::Postpone {
            self.postponed_at = Some(at);
        }
        match to {
            SessionStatus::Paused | SessionStatus::Interrupted => {
                self.stops.push(Stop { span: Interval { from: since, to: None }, reason: reason.to_owned() });
            }
            SessionStatus::InProgress => {
                if let Some(stop) = self.stops.last_mut() {
                    stop.span.to.get_or_insert(at);
                }
            }
            // Put off from an interruption: it never went on.
            _ => {}
        }
    }
}

impl VisitFacts {
    fn moved(&mut self, to: VisitStatus, at: Timestamp) {
        let on_stage = self.stage.last().is_some_and(|interval| interval.to.is_none());
        match (on_stage, to.is_on_stage()) {
            (false, true) => self.stage.push(Interval { from: at, to: None }),
            (true, false) => {
                if let Some(interval) = self.stage.last_mut() {
                    interval.to = Some(at);
                }
            }
            _ => {}
        }
        if to.is_final() {
            self.over_at = Some(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const VISIT: VisitId = VisitId(Uuid::from_u128(1));
    const POINT: PointId = PointId(Uuid::from_u128(2));
    const OFFICER: UserId = UserId(Uuid::from_u128(3));
    const PERSON: PersonId = PersonId(Uuid::from_u128(4));

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn fold(events: Vec<(i64, &str, Event)>) -> Facts {
        let log: Vec<Logged> = (0..)
            .zip(events)
            .map(|(seq, (second, actor, event))| Logged {
                seq,
                at: at(second),
                actor: actor.to_owned(),
                event: Some(event),
            })
            .collect();
        State::fold(&log).facts
    }

    fn visit(act: VisitAct, to: VisitStatus) -> Event {
        Event::VisitMoved { visit: VISIT, act, to, reason: String::new() }
    }

    fn session(to: SessionStatus, reason: &str) -> Event {
        let act = crate::domain::session::SessionAct::Pause;
        Event::SessionMoved { act, to, reason: reason.to_owned(), new_start: None, since: None }
    }

    #[test]
    fn a_held_visit_is_on_stage_twice_and_ends_once() {
        let facts = fold(vec![
            (10, "system", visit(VisitAct::Call, VisitStatus::Called)),
            (12, "system", visit(VisitAct::Begin, VisitStatus::InSession)),
            (20, "system", visit(VisitAct::Hold, VisitStatus::Held)),
            (30, "system", visit(VisitAct::Resume, VisitStatus::InSession)),
            (40, "system", visit(VisitAct::Hear, VisitStatus::Heard)),
            (90, "system", visit(VisitAct::End, VisitStatus::Ended)),
        ]);
        let visit = &facts.visits[&VISIT];
        let stage: Vec<_> = visit.stage.iter().map(|one| (one.from, one.to)).collect();
        assert_eq!(stage, [(at(10), Some(at(20))), (at(30), Some(at(40)))]);
        assert_eq!(visit.span(), Some(Interval { from: at(10), to: Some(at(40)) }));
        assert_eq!(visit.over_at, Some(at(90)));
    }

    #[test]
    fn a_stop_ends_when_the_session_goes_on_and_stays_open_when_it_does_not() {
        let facts = fold(vec![
            (10, "system", session(SessionStatus::Paused, "nghỉ")),
            (20, "system", session(SessionStatus::InProgress, "")),
            (30, "system", session(SessionStatus::Interrupted, "Xã A")),
            (40, "system", session(SessionStatus::Postponed, "mưa bão")),
        ]);
        let stops: Vec<_> =
            facts.stops.iter().map(|stop| (stop.span.from, stop.span.to, stop.reason.as_str())).collect();
        assert_eq!(stops, [(at(10), Some(at(20)), "nghỉ"), (at(30), None, "Xã A")]);
    }

    #[test]
    fn acts_keep_who_when_and_where() {
        let label = format!("user:{OFFICER}@point:{POINT}");
        let facts = fold(vec![
            (1, "system", Event::PointConnected { point: POINT }),
            (5, "system", Event::PointLost { point: POINT, since: at(4) }),
            (9, "system", Event::PointBack { point: POINT }),
            (10, &label, Event::RecordingAnnounced { visit: VISIT, point: POINT, language: "vi".into() }),
            (11, &label, visit(VisitAct::ReadBack, VisitStatus::ReadBack)),
            (
                12,
                &label,
                Event::SignatureRefused {
                    visit: VISIT, person: PERSON, point: POINT, reason: "không đồng ý".into()
                },
            ),
        ]);
        let of_officer = |second| Some(Act { at: at(second), by: Some(OFFICER), point: Some(POINT) });
        let visit = &facts.visits[&VISIT];
        assert_eq!(facts.linked_at.get(&POINT), Some(&at(1)), "the first link, whatever came after");
        assert_eq!((visit.announced, visit.read_back), (of_officer(10), of_officer(11)));
        assert_eq!(visit.answered.get(&PERSON).copied(), of_officer(12));
    }
}
