//! The roster of one point.

use super::audience::Names;
use super::view::View;
use super::visits::nameless;
use crate::domain::ids::{PersonId, PointId, VisitId};
use crate::domain::people::Class;
use crate::domain::presence::{Entry, Standing};
use crate::protocol::section::{PointSection, RosterRow};
use crate::room::secrecy;
use crate::room::state::State;

pub(super) fn point(view: &View<'_>, id: PointId, names: Names) -> Option<PointSection> {
    let state = &view.book.state;
    let about = &state.points.get(&id)?.about;
    let tells = |visit: &VisitId| {
        let visit = state.visits.get(visit);
        visit.is_some_and(|visit| visit.about.class == Class::Normal || names != Names::Absent)
    };
    let here = |visit: &VisitId| {
        let visit = state.visits.get(visit);
        visit.is_some_and(|visit| visit.about.citizen_point == id && !visit.status.is_final())
    };
    Some(PointSection {
        point: id,
        name: about.name.clone(),
        address: about.address.clone(),
        roster: state.roster.at(id).filter_map(|entry| row(state, entry, names)).collect(),
        attested_by: state.attested.get(&id).cloned(),
        visits: state.agenda.iter().copied().filter(here).filter(tells).collect(),
        may_speak: state.floor.may_open(id, view.presider_point),
        microphone_open: state.floor.open().contains(&id),
        take_over: view.live.waiting_mains(id).collect(),
    })
}

fn row(state: &State, entry: &Entry, names: Names) -> Option<(PersonId, RosterRow)> {
    let hidden = secrecy::is_hidden(state, entry);
    if hidden && names == Names::Absent {
        return None;
    }
    let visit = secrecy::visit_of_entry(state, entry);
    let person = if hidden && names != Names::All { nameless(&entry.person) } else { entry.person.clone() };
    let standing = match entry.standing() {
        Standing::Expected => "expected",
        Standing::Present => "present",
        Standing::Out => "out",
    };
    let row = RosterRow {
        person,
        visit: visit.map(|visit| visit.about.visit),
        ordinal: visit.and_then(|visit| secrecy::ordinal(visit, entry.person.id)),
        seat: entry.seat,
        state: standing.to_owned(),
        first_in: entry.first_in(),
        substitute_for: entry.substitute_for,
    };
    Some((entry.person.id, row))
}
