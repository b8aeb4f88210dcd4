//! Minutes of a visit (domain.md §6.1 with §6.4).

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};

use crate::documents::parts::Exhibit;
use crate::documents::{Conclusion, PaperProof, Promised, VisitMinutes};
use crate::domain::calendar::local_date;
use crate::domain::cases::{FileKind, PetitionKind, StoredFile};
use crate::domain::people::Class;
use crate::domain::visit::{Answer, BlockKind, ClosingCard};
use crate::room::answer;
use crate::room::state::{State, VisitState};

use super::span::{self, local};
use super::{Office, online, people, signing, words};

/// Copies by the form: each side keeps one.
pub(super) const COPIES: u32 = 2;

/// The minutes as the record has them now; without `proof` they are a draft.
pub fn minutes(state: &State, visit: &VisitState, office: &Office, proof: Option<PaperProof>) -> VisitMinutes {
    let officers = people::officers(state, visit);
    let scene = Scene::of(state, visit);
    let exhibits = Exhibits::of(state, visit);
    VisitMinutes {
        head: office.head(scene.date),
        reception: state.about.as_ref().map(|about| words::reception(about.kind)),
        opened_at: scene.opened_at,
        place: scene.place,
        address: scene.address,
        online: online::online(state, visit, &officers),
        citizens: people::citizens(visit),
        group_size: group_size(visit),
        matters: matters(visit),
        content: block(visit, BlockKind::Content),
        requests: block(visit, BlockKind::Requests),
        documents: block(visit, BlockKind::Documents),
        exhibits: exhibits.before,
        added: exhibits.added,
        opinions: block(visit, BlockKind::Opinions),
        conclusion: conclusion(visit),
        reply: block(visit, BlockKind::CitizenOpinion),
        ended_at: scene.ended_at,
        read_back: signing::read_back(state, visit),
        copies: COPIES,
        signatures: signing::signatures(state, visit, &officers),
        officers: officers.into_iter().map(|seated| seated.officer).collect(),
        restricted: visit.about.class == Class::Restricted,
        proof,
    }
}

/// When and where, as the first sentence of every kind of minutes says it.
pub(super) struct Scene {
    pub(super) date: Option<Date>,
    pub(super) opened_at: DateTime,
    pub(super) ended_at: Option<DateTime>,
    pub(super) place: String,
    pub(super) address: Option<String>,
}

impl Scene {
    pub(super) fn of(state: &State, visit: &VisitState) -> Self {
        let central = state.central().and_then(|point| state.points.get(&point)).map(|point| &point.about);
        let planned = state.began_at.or(state.about.as_ref().map(|about| about.starts_at));
        let called = span::of_visit(state, visit).map(|span| span.from);
        let opened_at = visit.began_at.or(called).or(planned).unwrap_or(Timestamp::UNIX_EPOCH);
        let facts = state.facts.visits.get(&visit.about.visit);
        let ended_at = visit.heard_at.or(facts.and_then(|facts| facts.over_at));
        Self {
            date: facts.and_then(|facts| facts.frozen).map(|frozen| local_date(frozen.at)),
            opened_at: local(opened_at),
            ended_at: ended_at.map(local),
            place: central.map(|point| point.name.clone()).unwrap_or_default(),
            address: central.and_then(|point| people::given(&point.address)),
        }
    }
}

/// The text of a part: as frozen, until then as the log has it, the closing card's words with it as they would be frozen.
pub(super) fn block(visit: &VisitState, kind: BlockKind) -> Option<String> {
    if let Some(frozen) = &visit.frozen {
        return frozen.blocks.iter().find(|(of, _)| *of == kind).and_then(|(_, text)| people::given(text));
    }
    let mut parts: Vec<&str> = match (&visit.card, kind) {
        (Some(card), BlockKind::Conclusion) => vec![&card.conclusion, answer_text(card)],
        (Some(card), BlockKind::CitizenOpinion) => vec![&card.citizen_opinion],
        _ => Vec::new(),
    };
    parts.extend(visit.left_blocks.values().filter(|(of, _, _)| *of == kind).map(|(_, _, text)| text.as_str()));
    let answer = match (&visit.card, kind) {
        (Some(card), BlockKind::Conclusion) => answer::sentences(card),
        _ => Vec::new(),
    };
    parts.extend(answer.iter().map(String::as_str));
    let text: Vec<&str> = parts.into_iter().map(str::trim).filter(|part| !part.is_empty()).collect();
    people::given(&text.join("\n"))
}

fn answer_text(card: &ClosingCard) -> &str {
    match &card.answer {
        Answer::Now { text } | Answer::Later { text, .. } => text,
    }
}

/// D154 Điều 25(2)–(3): answered now, or by whom and when. The frozen text says it, and nothing else: what the card or the
/// directory came to be afterwards was not signed. Texts of the first releases do not, and their paper takes the card.
pub(super) fn conclusion(visit: &VisitState) -> Conclusion {
    let text = block(visit, BlockKind::Conclusion);
    let silent = visit.frozen.as_ref().is_some_and(|frozen| !frozen.answer_told);
    let card = visit.card.as_ref().filter(|_| silent);
    let promised = card.and_then(|card| match &card.answer {
        Answer::Now { .. } => None,
        Answer::Later { due, contact, text } => Some(Promised {
            task: people::given(text).unwrap_or_else(|| card.conclusion.clone()),
            unit: card.unit_name.clone(),
            due: Some(*due),
            contact: people::given(contact),
        }),
    });
    let answered_now = card.is_some_and(|card| matches!(card.answer, Answer::Now { .. }));
    Conclusion { text, answered_now, promised: promised.into_iter().collect() }
}

/// As classified; before that, as the citizen calls it.
fn matters(visit: &VisitState) -> Vec<PetitionKind> {
    let mut kinds: Vec<PetitionKind> = visit.petitions.iter().map(|petition| petition.kind).collect();
    if kinds.is_empty() {
        kinds.push(visit.about.presented_as);
    }
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

/// Only where more came than are named.
fn group_size(visit: &VisitState) -> Option<u32> {
    let named = people::received(visit).count();
    Some(visit.about.group_size).filter(|size| usize::try_from(*size).is_ok_and(|size| size > named))
}

/// Documents handed over or shown, in the order of their coming.
pub(super) struct Exhibits {
    /// Those there were when the text was frozen; all of them until it is.
    pub(super) before: Vec<Exhibit>,
    /// Those added to a text that was read back and signed without them: an appendix of their own (domain.md §6.4).
    pub(super) added: Vec<Exhibit>,
}

impl Exhibits {
    pub(super) fn of(state: &State, visit: &VisitState) -> Self {
        let known = visit.frozen_files.unwrap_or(visit.files.len());
        let listed = (0_usize..).zip(&visit.files).filter(|(_, file)| file.kind == FileKind::Exhibit);
        let numbered: Vec<(u32, usize, &StoredFile)> =
            (1_u32..).zip(listed).map(|(number, (place, file))| (number, place, file)).collect();
        let of = |late: bool| {
            let wanted = numbered.iter().filter(|(_, place, _)| (*place >= known) == late);
            wanted.map(|(number, _, file)| exhibit(state, visit, *number, file)).collect()
        };
        Self { before: of(false), added: of(true) }
    }
}

/// Under secrecy by number and hash, because what a sender calls a file may name somebody.
fn exhibit(state: &State, visit: &VisitState, number: u32, file: &StoredFile) -> Exhibit {
    let masked = visit.about.class == Class::Restricted;
    Exhibit {
        name: if masked { words::exhibit(number) } else { file.name.clone() },
        pages: file.pages,
        condition: people::given(&file.condition).filter(|_| !masked),
        copy: None,
        point: file.point.and_then(|point| people::point_name(state, point)),
        sha256: Some(file.sha256.clone()),
    }
}
