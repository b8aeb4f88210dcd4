//! Visits: registration, the queue, one call whatever is clicked, the closing card, classification, filing.

use std::collections::BTreeSet;

use super::{Context, Decided, Decision, Filing, people, required};
use crate::domain::calendar::local_date;
use crate::domain::cases::{Outcome, Petition, PetitionKind, Promise, StoredFile};
use crate::domain::event::{Event, Registration};
use crate::domain::ids::{PetitionId, PointId, PromiseId, VisitId};
use crate::domain::people::{Class, Person, PersonRole};
use crate::domain::refusal::Refusal;
use crate::domain::session::{EligibilityGround, SessionStatus};
use crate::domain::visit::{Answer, ClosingCard, VisitAct, VisitStatus};
use crate::room::state::VisitState;

const GROUPS: &str = "Điều 29 Luật Tiếp công dân";
const DENUNCIATION: &str = "Điều 20 khoản 4 Nghị định 154/2026/NĐ-CP";
const PROXIES: &str = "Điều 13 Nghị định 154/2026/NĐ-CP";
const SIGNING: &str = "Điều 14 khoản 1 Nghị định 154/2026/NĐ-CP";
const SECRECY: &str = "Điều 8 khoản 3 Luật Tố cáo";
const ANSWER: &str = "Điều 25 khoản 3 Nghị định 154/2026/NĐ-CP";
const IDENTITY: &str = "Điều 12 Nghị định 154/2026/NĐ-CP";
const RECORDING: &str = "Điều 24 khoản 1 Nghị định 154/2026/NĐ-CP";
const GUIDED: &str = "Điều 26 khoản 1 điểm b Luật Tiếp công dân";

pub(super) fn register(c: &Context<'_>, registration: &Registration) -> Decided {
    let state = c.state();
    if state.visits.contains_key(&registration.visit) {
        return Ok(Decision::default());
    }
    let status = state.status().ok_or(Refusal::new("session_unknown"))?;
    if !(status.is_before_start() || status.is_under_way()) {
        return Err(Refusal::new("session_over"));
    }
    if !state.points.contains_key(&registration.citizen_point) {
        return Err(Refusal::new("point_unknown").field("registration.citizen_point"));
    }
    if registration.agency_points.iter().any(|point| !state.points.contains_key(point)) {
        return Err(Refusal::new("point_unknown").field("registration.agency_points"));
    }
    without_agencies(registration.class, &registration.agency_points)
        .map_err(|refusal| refusal.field("registration.agency_points"))?;
    required(&registration.summary, "summary_missing", "registration.summary")?;
    let received: Vec<&Person> = registration.persons.iter().filter(|person| is_received(person.role)).collect();
    if received.is_empty() || registration.persons.iter().any(|person| person.name.trim().is_empty()) {
        return Err(Refusal::new("name_missing").field("registration.persons"));
    }
    if registration.presented_as == PetitionKind::Denunciation {
        let grounds = state.about.as_ref().map(|about| about.grounds.as_slice()).unwrap_or_default();
        if !grounds.contains(&EligibilityGround::ComplexDenunciation) {
            return Err(Refusal::new("denunciation_needs_ground")
                .field("registration.presented_as")
                .citing(DENUNCIATION));
        }
        if registration.class == Class::Normal {
            return Err(Refusal::new("denunciation_is_restricted").field("registration.class").citing(DENUNCIATION));
        }
        // Representatives and agents are named for complaints and feedback alone (Điều 13).
        if received.iter().any(|person| person.role == PersonRole::AuthorisedPerson) {
            return Err(Refusal::new("denunciation_by_proxy").field("registration.persons").citing(PROXIES));
        }
        let secrecy = match registration.secrecy_requested {
            Some(false) => None,
            Some(true) => Some("denunciation_in_person"),
            None => Some("secrecy_not_asked"),
        };
        if let Some(code) = secrecy {
            return Err(Refusal::new(code).field("registration.secrecy_requested").citing(DENUNCIATION));
        }
    }
    let most = most_representatives(registration.group_size);
    if received.len() > most {
        return Err(Refusal::new("too_many_representatives").field("registration.persons").citing(GROUPS));
    }
    let number = state.visits.values().map(|visit| visit.about.number).max().unwrap_or(0).saturating_add(1);
    let mut registration = Registration { number, ..registration.clone() };
    registration.group_size = registration.group_size.max(u32::try_from(received.len()).unwrap_or(u32::MAX));
    for person in &mut registration.persons {
        person.class = registration.class.max(person.class);
    }
    let (point, visit) = (registration.citizen_point, Some(registration.visit));
    let expected: Vec<Event> = registration
        .persons
        .iter()
        .map(|person| Event::PersonExpected { point, person: person.clone(), visit })
        .collect();
    let mut events = vec![Event::VisitRegistered(registration)];
    events.extend(expected);
    Ok(events.into())
}

/// The agency named could be the one denounced: it is neither in the call nor told of it (domain.md trap 40).
fn without_agencies(class: Class, agency_points: &[PointId]) -> Result<(), Refusal> {
    if class == Class::Restricted && !agency_points.is_empty() {
        return Err(Refusal::new("agency_in_restricted_visit").citing(SECRECY));
    }
    Ok(())
}

/// Those who are received, as against those who stand beside them.
fn is_received(role: PersonRole) -> bool {
    matches!(role, PersonRole::Citizen | PersonRole::Representative | PersonRole::AuthorisedPerson)
}

/// L42 Điều 29: 5–10 people appoint one or two, more than 10 at most five. Below five the law sets no number.
fn most_representatives(group_size: u32) -> usize {
    match group_size {
        0..=4 => 4,
        5..=10 => 2,
        _ => 5,
    }
}

pub(super) fn move_visit(c: &Context<'_>, id: VisitId, act: VisitAct, reason: &str) -> Decided {
    let visit = c.visit(id)?;
    let own_command = matches!(
        act,
        VisitAct::Hear
            | VisitAct::Record
            | VisitAct::ReadBack
            | VisitAct::Confirm
            | VisitAct::RefuseToSign
            | VisitAct::Classify
            | VisitAct::End
    );
    if own_command {
        return Err(Refusal::new("visit_act_needs_more").field("act"));
    }
    if act == VisitAct::Call {
        return call_next(c, id);
    }
    let to = visit.status.after(act).ok_or(Refusal::new("visit_cannot_move").field("act"))?;
    let reason = if act.early_end().is_some() || act == VisitAct::Reopen {
        required(reason, "reason_missing", "reason")?
    } else {
        reason.trim().to_owned()
    };
    match act {
        VisitAct::Identify => {
            let main = visit.about.persons.iter().find(|person| is_received(person.role));
            if !main.is_some_and(|person| visit.identity_seen.contains_key(&person.id)) {
                return Err(Refusal::new("identity_not_seen").citing(IDENTITY));
            }
        }
        VisitAct::Begin | VisitAct::Resume => stage_is_free(c, visit, act)?,
        VisitAct::Reopen if !visit.confirmed.is_empty() => {
            return Err(Refusal::new("already_signed").citing(SIGNING));
        }
        _ => {}
    }
    let mut events = vec![Event::VisitMoved { visit: id, act, to, reason }];
    if act == VisitAct::Reopen && !visit.refused.is_empty() {
        events.push(Event::AnswersVoided { visit: id });
    }
    if to.is_final() {
        events.extend(people::voided_by_end(c, visit));
    }
    Ok(events.into())
}

/// The visit is named, so that two clicks, two devices or a repeated frame make one call.
pub(super) fn call_next(c: &Context<'_>, id: VisitId) -> Decided {
    let visit = c.visit(id)?;
    if visit.status.is_on_stage() {
        return Ok(Decision::default());
    }
    let act = if visit.status == VisitStatus::Held { VisitAct::Resume } else { VisitAct::Call };
    let to = visit.status.after(act).ok_or(Refusal::new("visit_not_waiting").field("visit"))?;
    stage_is_free(c, visit, act)?;
    Ok(Event::VisitMoved { visit: id, act, to, reason: String::new() }.into())
}

/// One visit at a time, in a session that goes on, and nothing of it beside the recording.
fn stage_is_free(c: &Context<'_>, visit: &VisitState, act: VisitAct) -> Result<(), Refusal> {
    let state = c.state();
    if state.status() != Some(SessionStatus::InProgress) {
        return Err(Refusal::new("session_not_in_progress"));
    }
    if state.end_until.is_some() {
        return Err(Refusal::new("end_announced"));
    }
    if !state.consultation.is_empty() {
        return Err(Refusal::new("consultation_running").citing(RECORDING));
    }
    if state.on_stage().is_some_and(|running| running.about.visit != visit.about.visit) {
        return Err(Refusal::new("visit_running").field("visit"));
    }
    if act != VisitAct::Call && !state.is_announced(visit) {
        return Err(Refusal::new("recording_not_announced").citing(RECORDING));
    }
    Ok(())
}

pub(super) fn set_points(c: &Context<'_>, id: VisitId, agency_points: &[PointId]) -> Decided {
    let visit = c.visit(id)?;
    for point in agency_points {
        c.point(*point)?;
    }
    if visit.status.is_final() {
        return Err(Refusal::new("visit_over"));
    }
    without_agencies(visit.about.class, agency_points).map_err(|refusal| refusal.field("agency_points"))?;
    Ok(Event::VisitPointsSet { visit: id, agency_points: agency_points.to_vec() }.into())
}

/// The new order must hold every visit exactly once: nobody falls out of the queue by a wrong click.
pub(super) fn order_agenda(c: &Context<'_>, visits: &[VisitId]) -> Decided {
    let mut wanted = visits.to_vec();
    wanted.sort_unstable();
    let mut known = c.state().agenda.clone();
    known.sort_unstable();
    if wanted != known {
        return Err(Refusal::new("agenda_incomplete").field("visits"));
    }
    Ok(Event::AgendaOrdered { visits: visits.to_vec() }.into())
}

/// A head's reception ends with an answer now, or a time limit and a contact person (D154 Điều 25(2)–(3)). Until the text
/// is frozen, and again when it was reopened, the card can be put right: the citizen may object to it at the reading.
pub(super) fn close_hearing(c: &Context<'_>, id: VisitId, card: &ClosingCard) -> Decided {
    let visit = c.visit(id)?;
    let corrects = visit.status == VisitStatus::Heard;
    let to = visit.status.after(VisitAct::Hear).filter(|_| !corrects);
    if to.is_none() && !corrects {
        return Err(Refusal::new("visit_not_in_session").field("visit"));
    }
    if let Some(field) = card.missing_field() {
        return Err(Refusal::new("card_incomplete").field(field).citing(ANSWER));
    }
    if let Answer::Later { due, .. } = &card.answer
        && *due < local_date(c.now)
    {
        return Err(Refusal::new("due_in_the_past").field("answer.due").citing(ANSWER));
    }
    if corrects && visit.card.as_ref() == Some(card) {
        return Ok(Decision::default());
    }
    let moved = to.map(|to| Event::VisitMoved { visit: id, act: VisitAct::Hear, to, reason: String::new() });
    Ok([Event::ClosingCardFilled { visit: id, card: card.clone() }].into_iter().chain(moved).collect::<Vec<_>>().into())
}

/// A file of a restricted visit is restricted, whatever the sender says.
pub(super) fn attach_file(c: &Context<'_>, id: VisitId, file: &StoredFile) -> Decided {
    let visit = c.visit(id)?;
    if visit.status.is_final() {
        return Err(Refusal::new("visit_over"));
    }
    if visit.files.iter().any(|known| known.id == file.id) {
        return Ok(Decision::default());
    }
    let class = file.class.max(visit.about.class);
    let file = StoredFile { class, visit: Some(id), ..file.clone() };
    Ok(Event::FileAttached { visit: id, file }.into())
}

/// By content, not by title; every content its own petition (D154 Điều 14(4)).
pub(super) fn classify(c: &Context<'_>, id: VisitId, petitions: &[Petition]) -> Decided {
    let visit = c.visit(id)?;
    let to = visit.status.after(VisitAct::Classify).ok_or(Refusal::new("visit_not_signed").field("visit"))?;
    if petitions.is_empty() {
        return Err(Refusal::new("petition_missing").field("petitions"));
    }
    let of_others = c.state().visits.values().filter(|other| other.about.visit != id);
    let mut known: BTreeSet<PetitionId> =
        of_others.flat_map(|other| other.petitions.iter().map(|petition| petition.id)).collect();
    for petition in petitions {
        if !known.insert(petition.id) {
            return Err(Refusal::new("reference_unknown").field("petitions.id"));
        }
        required(&petition.content, "petition_content_missing", "petitions.content")?;
        if petition.kind == PetitionKind::Complaint && petition.outcome == Outcome::Forwarded {
            return Err(Refusal::new("complaint_is_guided").field("petitions.outcome").citing(GUIDED));
        }
        if matches!(petition.outcome, Outcome::Guided | Outcome::Forwarded | Outcome::Urged) {
            required(&petition.addressee, "addressee_missing", "petitions.addressee")?;
        }
    }
    let mut events = vec![
        Event::VisitClassified { visit: id, petitions: petitions.to_vec() },
        Event::VisitMoved { visit: id, act: VisitAct::Classify, to, reason: String::new() },
    ];
    let denunciation = petitions.iter().any(|petition| petition.kind == PetitionKind::Denunciation);
    if denunciation && visit.about.class == Class::Normal {
        events.push(Event::ClassRaised { visit: id });
    }
    Ok(events.into())
}

pub(super) fn end_visit(c: &Context<'_>, id: VisitId) -> Decided {
    let visit = c.visit(id)?;
    if visit.status == VisitStatus::Ended {
        return Ok(Decision::default());
    }
    let to = visit.status.after(VisitAct::End).ok_or(Refusal::new("visit_not_classified").field("visit"))?;
    let filing = c.filing.ok_or(Refusal::new("store_unavailable"))?;
    let [promise_id, _] = c.fresh;
    let moved = Event::VisitMoved { visit: id, act: VisitAct::End, to, reason: String::new() };
    let voided = people::voided_by_end(c, visit);
    Ok([moved, filed(visit, filing, PromiseId(promise_id))].into_iter().chain(voided).collect::<Vec<_>>().into())
}

fn filed(visit: &VisitState, filing: &Filing, promise: PromiseId) -> Event {
    let promise = visit.card.as_ref().map(|card| {
        let (text, due, contact) = match &card.answer {
            Answer::Now { text } => (text.clone(), None, String::new()),
            Answer::Later { due, contact, text } => (text.clone(), Some(*due), contact.clone()),
        };
        let text = if text.trim().is_empty() { card.conclusion.clone() } else { text };
        Promise { id: promise, visit: visit.about.visit, unit: card.unit, text, due, contact }
    });
    Event::VisitFiled {
        visit: visit.about.visit,
        case: filing.case,
        receptions: filing.earlier_receptions.saturating_add(1),
        promise,
        register_year: filing.year,
        register_number: filing.number,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// L42 Điều 29.
    #[test]
    fn representatives_by_size_of_group() {
        for (size, most) in [(1, 4), (2, 4), (4, 4), (5, 2), (10, 2), (11, 5), (300, 5)] {
            assert_eq!(most_representatives(size), most, "{size} people");
        }
    }
}
