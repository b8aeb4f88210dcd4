//! One look at the room, from which all sections of a publication are rendered.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use jiff::Timestamp;

use super::audience::Audience;
use crate::domain::ids::{PointId, VisitId};
use crate::domain::people::Class;
use crate::room::live::{Book, Live};
use crate::room::stage::Stage;
use crate::room::standing::is_seen_at;

/// The room at one moment, and what many sections ask of it, looked up once.
pub struct View<'a> {
    pub book: &'a Book,
    pub live: &'a Live,
    pub now: Timestamp,
    pub(super) stage: Stage,
    pub(super) presider_point: Option<PointId>,
    first_alike: OnceCell<BTreeMap<PointId, PointId>>,
}

/// All that the staff of one audience is shown and that of another is not: the section asks nothing else of who it is for.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Shown {
    /// Visits of the agenda, in its order: on the receiver's side all of them, at a point the normal ones it takes part in.
    pub visits: Vec<VisitId>,
    /// Which points are consulted.
    pub consultation: bool,
    /// Whose sound or picture an alarm is about.
    pub alarms_named: bool,
    /// That the presider asked to go on without a recorder.
    pub unrecorded_asked: bool,
}

impl<'a> View<'a> {
    pub fn of(book: &'a Book, live: &'a Live, now: Timestamp) -> Self {
        let state = &book.state;
        let (stage, presider_point) = (Stage::of(state), state.presider_point());
        Self { book, live, now, stage, presider_point, first_alike: OnceCell::new() }
    }

    pub(super) fn shown_to(&self, audience: Audience) -> Shown {
        let state = &self.book.state;
        let visible = |id: &VisitId| match (state.visits.get(id), audience) {
            (Some(_), Audience::Receiver) => true,
            (Some(visit), Audience::Point(point)) => {
                visit.about.class == Class::Normal && is_seen_at(state, visit, point)
            }
            (Some(_), Audience::Nowhere) | (None, _) => false,
        };
        let takes_part = match audience {
            Audience::Receiver => true,
            Audience::Point(point) => self.stage.points.contains(&point),
            Audience::Nowhere => false,
        };
        let consulted = match audience {
            Audience::Receiver => true,
            Audience::Point(point) => state.consultation.contains(&point),
            Audience::Nowhere => false,
        };
        Shown {
            visits: state.agenda.iter().copied().filter(visible).collect(),
            consultation: consulted,
            alarms_named: takes_part || !self.stage.is_private(),
            unrecorded_asked: audience == Audience::Receiver,
        }
    }

    /// The first of the points whose staff is shown the same as that of this one: 300 points do not need 300 agendas.
    /// What is the same follows from the log alone, and every commit publishes: who is brought in between two
    /// publications finds the agenda of a point that is still shown the same.
    pub(super) fn first_alike(&self, audience: Audience) -> Audience {
        let Audience::Point(point) = audience else { return audience };
        let first_alike = self.first_alike.get_or_init(|| {
            let mut firsts: BTreeMap<Shown, PointId> = BTreeMap::new();
            let mut first = |point| *firsts.entry(self.shown_to(Audience::Point(point))).or_insert(point);
            self.book.state.points.keys().map(|point| (*point, first(*point))).collect()
        });
        Audience::Point(first_alike.get(&point).copied().unwrap_or(point))
    }
}
