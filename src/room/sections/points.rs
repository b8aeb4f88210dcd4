//! The roster of one point.

use crate::domain::ids::PointId;
use crate::domain::presence::Standing;
use crate::protocol::section::{PointSection, RosterRow};
use crate::room::live::Live;
use crate::room::state::State;

pub(super) fn point(state: &State, live: &Live, id: PointId) -> Option<PointSection> {
    let about = &state.points.get(&id)?.about;
    let roster = state.roster.at(id).map(|entry| {
        let standing = match entry.standing() {
            Standing::Expected => "expected",
            Standing::Present => "present",
            Standing::Out => "out",
        };
        let row = RosterRow {
            person: entry.person.clone(),
            seat: entry.seat,
            state: standing.to_owned(),
            first_in: entry.first_in(),
            substitute_for: entry.substitute_for,
        };
        (entry.person.id, row)
    });
    let visits = state.agenda.iter().copied().filter(|visit| {
        state.visits.get(visit).is_some_and(|visit| visit.about.citizen_point == id && !visit.status.is_final())
    });
    Some(PointSection {
        point: id,
        name: about.name.clone(),
        address: about.address.clone(),
        roster: roster.collect(),
        attested_by: state.attested.get(&id).cloned(),
        visits: visits.collect(),
        may_speak: state.floor.may_open(id, state.presider_point()),
        microphone_open: state.floor.open().contains(&id),
        take_over: live.waiting_mains().filter(|(_, at)| *at == id).map(|(wire, _)| wire).collect(),
    })
}
