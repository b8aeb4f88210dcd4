//! The text of a visit: leases, drafts, freezing, reading back, confirming.

use super::{Context, Decided, Decision, LeaseChange, required};
use crate::domain::event::Event;
use crate::domain::ids::{BlockId, PersonId, VisitId};
use crate::domain::minutes;
use crate::domain::people::PersonRole;
use crate::domain::refusal::Refusal;
use crate::domain::visit::{BlockKind, Confirmation, VisitAct};
use crate::limits;
use crate::room::answer;
use crate::room::live::{Book, Draft, DraftWrite};
use crate::room::state::VisitState;

const READING_BACK: &str = "Điều 14 khoản 1 Nghị định 154/2026/NĐ-CP";

/// One writer per block.
pub(super) fn lease(c: &Context<'_>, id: VisitId, block: BlockId) -> Decided {
    writable(c, id)?;
    free_for_me(c, block)?;
    Ok(Decision { lease: Some(LeaseChange::Take(block)), ..Decision::default() })
}

/// The writer's text replaces the block's. The revision it started from must be the stored one: two writers never
/// overwrite each other in silence.
pub(super) fn write(c: &Context<'_>, id: VisitId, block: BlockId, kind: BlockKind, base: u64, text: &str) -> Decided {
    writable(c, id)?;
    free_for_me(c, block)?;
    if text.len() > limits::BLOCK_BYTES {
        return Err(Refusal::new("text_too_long").field("text"));
    }
    let of_other_visit = c.book.drafts.iter().any(|(visit, blocks)| *visit != id && blocks.contains_key(&block));
    if of_other_visit {
        return Err(Refusal::new("block_unknown").field("block"));
    }
    let known = c.book.drafts.get(&id).and_then(|blocks| blocks.get(&block));
    let revision = known.map_or(0, |draft| draft.revision);
    if known.is_some_and(|draft| draft.kind != kind) {
        return Err(Refusal::new("block_unknown").field("block_kind"));
    }
    if known.is_some_and(|draft| draft.text == text) {
        return Ok(Decision { lease: Some(LeaseChange::Take(block)), ..Decision::default() });
    }
    if revision != base {
        return Err(Refusal::new("text_changed_elsewhere").field("base"));
    }
    let draft = Draft {
        kind,
        revision: revision.saturating_add(1),
        text: text.to_owned(),
        author: c.actor.user,
        saved_at: c.now,
        logged_revision: known.map_or(0, |draft| draft.logged_revision),
    };
    let write = DraftWrite { visit: id, block, draft };
    Ok(Decision { drafts: vec![write], lease: Some(LeaseChange::Take(block)), ..Decision::default() })
}

pub(super) fn leave(c: &Context<'_>, id: VisitId, block: BlockId) -> Decided {
    c.visit(id)?;
    let mine = c.live.lease(block, c.now).is_some_and(|lease| lease.user == c.actor.user);
    let events = if mine { unlogged(c, id, Some(block)) } else { Vec::new() };
    let lease = mine.then_some(LeaseChange::Release(block));
    Ok(Decision { events, lease, ..Decision::default() })
}

fn unlogged(c: &Context<'_>, id: VisitId, only: Option<BlockId>) -> Vec<Event> {
    newer_than_log(c.book, id, only)
}

/// Blocks whose stored text is newer than the log's.
fn newer_than_log(book: &Book, id: VisitId, only: Option<BlockId>) -> Vec<Event> {
    let blocks = book.drafts.get(&id).into_iter().flatten();
    blocks
        .filter(|(block, draft)| only.is_none_or(|only| only == **block) && draft.revision > draft.logged_revision)
        .map(|(block, draft)| Event::BlockLeft {
            visit: id,
            block: *block,
            block_kind: draft.kind,
            revision: draft.revision,
            text: draft.text.clone(),
        })
        .collect()
}

/// All text of the session that the log does not have yet; written every 30 s while someone types.
pub fn unlogged_text(book: &Book) -> Vec<Event> {
    book.drafts.keys().flat_map(|visit| newer_than_log(book, *visit, None)).collect()
}

/// What is frozen is what is read back and signed: blocks, conclusion, the citizen's opinion on it.
pub(super) fn freeze(c: &Context<'_>, id: VisitId) -> Decided {
    let visit = c.visit(id)?;
    let to = visit.status.after(VisitAct::Record).ok_or(Refusal::new("visit_not_heard").field("visit"))?;
    let card = visit.card.as_ref().ok_or(Refusal::new("card_incomplete"))?;
    let blocks = c.book.drafts.get(&id).into_iter().flat_map(|blocks| blocks.keys());
    for block in blocks {
        free_for_me(c, *block)?;
    }
    let text = minutes::freeze(&c.book.texts(id), card, &answer::sentences(card));
    let content_missing = text.blocks.iter().any(|(kind, text)| *kind == BlockKind::Content && text.trim().is_empty());
    if content_missing {
        return Err(Refusal::new("content_missing").citing("Điều 25 khoản 2 Luật Tiếp công dân"));
    }
    let mut events = unlogged(c, id, None);
    events.push(Event::TextFrozen { visit: id, text });
    events.push(Event::VisitMoved { visit: id, act: VisitAct::Record, to, reason: String::new() });
    Ok(events.into())
}

pub(super) fn read_back(c: &Context<'_>, id: VisitId) -> Decided {
    let visit = c.visit(id)?;
    let to = visit.status.after(VisitAct::ReadBack);
    let to = to.ok_or(Refusal::new("text_not_frozen").field("visit").citing(READING_BACK))?;
    Ok(Event::VisitMoved { visit: id, act: VisitAct::ReadBack, to, reason: String::new() }.into())
}

/// Signature or fingerprint of one person; the visit moves when all who sign have answered.
pub(super) fn confirm(c: &Context<'_>, id: VisitId, person: PersonId, how: Confirmation) -> Decided {
    let visit = answering(c, id, person)?;
    if visit.confirmed.get(&person) == Some(&how) {
        return Ok(Decision::default());
    }
    let point = c.own_point()?;
    let mut events = vec![Event::TextConfirmed { visit: id, person, point, how }];
    events.extend(all_answered(visit, person, true));
    Ok(events.into())
}

/// Who does not sign is written down with the reason (KN Điều 30(4), by analogy).
pub(super) fn refuse(c: &Context<'_>, id: VisitId, person: PersonId, reason: &str) -> Decided {
    let visit = answering(c, id, person)?;
    let reason = required(reason, "reason_missing", "reason")?;
    let point = c.own_point()?;
    let mut events = vec![Event::SignatureRefused { visit: id, person, point, reason }];
    events.extend(all_answered(visit, person, false));
    Ok(events.into())
}

fn answering<'a>(c: &Context<'a>, id: VisitId, person: PersonId) -> Result<&'a VisitState, Refusal> {
    let visit = c.book.state.visits.get(&id).ok_or(Refusal::new("visit_unknown").field("visit"))?;
    if visit.status.after(VisitAct::Confirm).is_none() {
        return Err(Refusal::new("text_not_read_back").field("visit").citing(READING_BACK));
    }
    if !signers(visit).any(|signer| signer == person) {
        return Err(Refusal::new("person_does_not_sign").field("person"));
    }
    Ok(visit)
}

/// Those received, and the interpreter, who speaks for them (domain.md trap 44).
fn signers(visit: &VisitState) -> impl Iterator<Item = PersonId> {
    visit
        .about
        .persons
        .iter()
        .filter(|person| {
            use PersonRole::{AuthorisedPerson, Citizen, Interpreter, Representative};
            matches!(person.role, Citizen | Representative | AuthorisedPerson | Interpreter)
        })
        .map(|person| person.id)
}

/// The first signer is the one received: without that signature the minutes are "refused to sign".
fn all_answered(visit: &VisitState, answering: PersonId, confirms: bool) -> Option<Event> {
    let answered = |person: PersonId| {
        person == answering || visit.confirmed.contains_key(&person) || visit.refused.contains_key(&person)
    };
    if !signers(visit).all(answered) {
        return None;
    }
    let main = signers(visit).next()?;
    let main_confirms = if main == answering { confirms } else { visit.confirmed.contains_key(&main) };
    let act = if main_confirms { VisitAct::Confirm } else { VisitAct::RefuseToSign };
    let to = visit.status.after(act)?;
    Some(Event::VisitMoved { visit: visit.about.visit, act, to, reason: String::new() })
}

fn writable(c: &Context<'_>, id: VisitId) -> Result<(), Refusal> {
    if c.visit(id)?.status.text_is_open() { Ok(()) } else { Err(Refusal::new("text_closed").field("visit")) }
}

fn free_for_me(c: &Context<'_>, block: BlockId) -> Result<(), Refusal> {
    match c.live.lease(block, c.now) {
        Some(lease) if lease.user != c.actor.user => Err(Refusal::new("block_being_written").field("block")),
        _ => Ok(()),
    }
}
