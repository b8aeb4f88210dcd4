//! Reading back and signatures: who answered what, where and when; who still has to.

use crate::documents::parts::{Manner, ReadBack, Signature, SignatureRole};
use crate::domain::people::{Function, Person, PersonRole};
use crate::room::state::{State, VisitFacts, VisitState};

use super::people::{self, Seated};
use super::span::local;

fn facts<'a>(state: &'a State, visit: &VisitState) -> Option<&'a VisitFacts> {
    state.facts.visits.get(&visit.about.visit)
}

/// Of the first person received: without that answer the minutes are unsigned.
pub(super) fn read_back(state: &State, visit: &VisitState) -> ReadBack {
    let facts = facts(state, visit);
    let refused = people::received(visit).next().and_then(|main| Some((main.id, visit.refused.get(&main.id)?)));
    if let Some((main, reason)) = refused {
        let witness = facts.and_then(|facts| facts.answered.get(&main)).and_then(|act| people::name_of(state, act.by));
        return ReadBack::Refused { reason: people::given(reason), witness };
    }
    match facts.and_then(|facts| facts.read_back) {
        Some(act) => ReadBack::ReadAloud { by: people::name_of(state, act.by) },
        None => ReadBack::Pending,
    }
}

/// Citizens first, then presider, note-taker, the officer beside the citizen, and members.
pub(super) fn signatures(state: &State, visit: &VisitState, officers: &[Seated]) -> Vec<Signature> {
    let mut list: Vec<Signature> =
        people::received(visit).filter_map(|person| of_person(state, visit, person)).collect();
    for seated in officers {
        let role = match seated.officer.function {
            Some(Function::Presider) => SignatureRole::Presider,
            Some(Function::NoteTaker) => SignatureRole::NoteTaker,
            Some(Function::PointOfficer) if seated.point == visit.about.citizen_point => SignatureRole::Witness,
            Some(Function::AgencyRepresentative | Function::AdvisingUnit) => SignatureRole::Member,
            _ => continue,
        };
        list.push(Signature {
            role,
            name: Some(seated.officer.name.clone()),
            point: seated.officer.point.clone(),
            manner: Manner::Ink,
            at: None,
        });
    }
    list
}

/// Those received sign; the interpreter signs beside them (L42 Điều 7). Lawyers and witnesses of the citizen do not.
fn of_person(state: &State, visit: &VisitState, person: &Person) -> Option<Signature> {
    use PersonRole::{AuthorisedPerson, Citizen, Interpreter, Representative};
    let role = match person.role {
        Citizen | Representative | AuthorisedPerson => SignatureRole::Citizen,
        Interpreter => SignatureRole::Member,
        _ => return None,
    };
    let answer = facts(state, visit).and_then(|facts| facts.answered.get(&person.id)).copied();
    let point = answer.and_then(|act| act.point).unwrap_or(visit.about.citizen_point);
    let manner = match visit.confirmed.get(&person.id) {
        Some(how) => Manner::from(*how),
        None if visit.refused.contains_key(&person.id) => Manner::Refused,
        None => Manner::Ink,
    };
    Some(Signature {
        role,
        name: people::printed_name(visit, person),
        point: people::point_name(state, point),
        manner,
        at: answer.map(|act| local(act.at)),
    })
}
