//! Minutes that a citizen did not come (domain.md §6.1, TCD_21). Nothing is read back: the act that ends the visit freezes
//! what its officer wrote of it, and their proof is that event's.

use crate::documents::parts::SignatureRole;
use crate::documents::{Invited, NoShowMinutes, PaperProof};
use crate::domain::visit::BlockKind;
use crate::room::state::{State, VisitState};

use super::minutes::{COPIES, Scene, block};
use super::span::local;
use super::{Office, online, people, signing, words};

/// Minutes of a visit that ended as `no_show`.
pub fn no_show(state: &State, visit: &VisitState, office: &Office, proof: Option<PaperProof>) -> NoShowMinutes {
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
        remark: block(visit, BlockKind::Content),
        copies: COPIES,
        signatures: signatures.filter(|one| one.role != SignatureRole::Citizen).collect(),
        officers: officers.into_iter().map(|seated| seated.officer).collect(),
        proof,
    }
}
