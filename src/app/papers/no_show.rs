//! Minutes that a citizen did not come (domain.md §6.1, TCD_21). There is no frozen text, so they carry no proof and are
//! printed for signing by hand.

use crate::documents::parts::SignatureRole;
use crate::documents::{Invited, NoShowMinutes};
use crate::room::state::{State, VisitState};

use super::minutes::{COPIES, Scene};
use super::span::local;
use super::{Office, online, people, signing, words};

/// Minutes of a visit that ended as `no_show`.
pub fn no_show(state: &State, visit: &VisitState, office: &Office) -> NoShowMinutes {
    let officers = people::officers(state, visit);
    let scene = Scene::of(state, visit);
    let at = state.about.as_ref().map(|about| local(about.starts_at));
    let invited = people::received(visit).map(|person| Invited {
        name: people::printed_name(visit, person).unwrap_or_default(),
        address: people::given(&person.address).filter(|_| !people::is_hidden(state, person)),
        at,
        invitation: None,
    });
    let signatures = signing::signatures(state, visit, &officers).into_iter();
    NoShowMinutes {
        head: office.head(scene.date),
        reception: state.about.as_ref().map(|about| words::reception(about.kind)),
        opened_at: scene.opened_at,
        place: scene.place,
        address: scene.address,
        invited: invited.collect(),
        online: online::online(state, visit, &officers),
        waited_until: scene.ended_at.unwrap_or(scene.opened_at),
        remark: None,
        copies: COPIES,
        signatures: signatures.filter(|one| one.role != SignatureRole::Citizen).collect(),
        officers: officers.into_iter().map(|seated| seated.officer).collect(),
        proof: None,
    }
}
