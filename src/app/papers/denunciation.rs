//! Minutes recording a denunciation under secrecy (domain.md §3.8, §6.3): the denouncer is in them by code alone.

use crate::documents::parts::{Citizen, CitizenData};
use crate::documents::{DenunciationMinutes, PaperProof};
use crate::domain::visit::BlockKind;
use crate::room::state::{State, VisitState};

use super::minutes::{COPIES, Exhibits, Scene, block, conclusion};
use super::{Office, online, people, signing};

/// As the record has it now; without `proof` a draft. People whose class is restricted are in it by code.
pub fn denunciation(
    state: &State,
    visit: &VisitState,
    office: &Office,
    proof: Option<PaperProof>,
) -> DenunciationMinutes {
    let officers = people::officers(state, visit);
    let scene = Scene::of(state, visit);
    let exhibits = Exhibits::of(state, visit);
    let denouncer = people::received(visit).next().map(|person| people::citizen(visit, person));
    DenunciationMinutes {
        head: office.head(scene.date),
        opened_at: scene.opened_at,
        place: scene.place,
        address: scene.address,
        denouncer: denouncer.unwrap_or_else(|| Citizen::Open(CitizenData::default())),
        online: online::online(state, visit, &officers),
        content: block(visit, BlockKind::Content),
        documents: block(visit, BlockKind::Documents),
        exhibits: exhibits.before,
        added: exhibits.added,
        requests: block(visit, BlockKind::Requests),
        opinions: block(visit, BlockKind::Opinions),
        conclusion: conclusion(visit),
        reply: block(visit, BlockKind::CitizenOpinion),
        ended_at: scene.ended_at,
        read_back: signing::read_back(state, visit),
        copies: COPIES,
        signatures: signing::signatures(state, visit, &officers),
        officers: officers.into_iter().map(|seated| seated.officer).collect(),
        proof,
    }
}
