//! Agenda, visits and their text.

use super::alarms;
use super::view::{Shown, View};
use crate::domain::actor::parse_label;
use crate::domain::ids::VisitId;
use crate::domain::people::{Class, Person};
use crate::protocol::section::{
    AgendaRow, BlockView, FunctionRow, MinutesSection, StaffSection, StepRow, TimelineRow, UnrecordedAsked,
    VisitSection,
};
use crate::room::decide::open_duties;
use crate::room::state::{State, VisitState};

/// The agenda of an audience, and what all staff is shown.
pub(super) fn staff(view: &View<'_>, shown: &Shown) -> Option<StaffSection> {
    let (state, live) = (&view.book.state, view.live);
    let about = state.about.as_ref()?;
    let agenda = shown.visits.clone();
    let visits = agenda.iter().filter_map(|id| state.visits.get(id)).map(|visit| (visit.about.visit, row(visit)));
    let functions = state.functions.iter().map(|(user, held)| {
        let row = FunctionRow {
            name: held.name.clone(),
            title: held.title.clone(),
            functions: held.functions.iter().copied().collect(),
            point: held.point,
            connected: live.wires.has(*user),
        };
        (*user, row)
    });
    let named = |label: &str| {
        let held = parse_label(label).0.and_then(|user| state.functions.get(&user));
        held.map(|held| held.name.clone()).unwrap_or_default()
    };
    let steps = state.steps.iter().map(|step| StepRow {
        step: step.step,
        point: step.point,
        outcome: step.outcome.clone(),
        by: named(&step.by),
        at: step.at,
    });
    Some(StaffSection {
        grounds: about.grounds.clone(),
        unit: about.unit,
        visits: visits.collect(),
        next: state.next_visit().filter(|id| agenda.contains(id)),
        running: state.on_stage().map(|visit| visit.about.visit).filter(|id| agenda.contains(id)),
        agenda,
        functions: functions.collect(),
        steps: steps.collect(),
        open_duties: open_duties(state, live),
        room_wide: state.room_wide,
        unrecorded_asked: live
            .unrecorded_asked
            .as_ref()
            .filter(|_| shown.unrecorded_asked)
            .map(|(by, reason)| UnrecordedAsked { by: *by, reason: reason.clone() }),
        consultation: if shown.consultation { state.consultation.iter().copied().collect() } else { Vec::new() },
        alarms: alarms(live, |_| shown.alarms_named),
        head: state.seq.to_string(),
    })
}

fn row(visit: &VisitState) -> AgendaRow {
    AgendaRow {
        number: visit.about.number,
        class: visit.about.class,
        status: visit.status,
        presented_as: visit.about.presented_as,
        citizen_point: visit.about.citizen_point,
        summary: visit.about.summary.clone(),
        people: visit.about.group_size,
        name: visit.about.persons.first().map(|person| person.name.clone()).unwrap_or_default(),
    }
}

/// One visit; masked, it has people but no names, papers but no names of papers.
pub(super) fn visit(state: &State, id: VisitId, masked: bool) -> Option<VisitSection> {
    let visit = state.visits.get(&id)?;
    let about = &visit.about;
    let text = |text: &str| if masked { String::new() } else { text.to_owned() };
    let timeline = visit.timeline.iter().map(|line| TimelineRow {
        seq: line.seq,
        at: line.at,
        code: line.code.clone(),
        point: line.point,
        person: line.person,
        note: text(&line.note),
    });
    let frozen_text = visit.frozen.as_ref().map(|frozen| frozen.blocks.clone()).unwrap_or_default();
    let filed = visit.filed.as_ref();
    Some(VisitSection {
        visit: id,
        number: about.number,
        class: about.class,
        status: visit.status,
        presented_as: about.presented_as,
        citizen_point: about.citizen_point,
        agency_points: about.agency_points.clone(),
        summary: text(&about.summary),
        persons: if masked { about.persons.iter().map(nameless).collect() } else { about.persons.clone() },
        group_size: about.group_size,
        identity_seen: visit.identity_seen.clone(),
        recording_announced: state.is_announced(visit),
        began_at: visit.began_at,
        card: visit.card.clone().filter(|_| !masked),
        files: if masked { Vec::new() } else { visit.files.clone() },
        petitions: if masked { Vec::new() } else { visit.petitions.clone() },
        case: filed.map(|filed| filed.case),
        promise: filed.and_then(|filed| filed.promise.clone()).filter(|_| !masked),
        register: filed.map(|filed| format!("{}/{}", filed.register_number, filed.register_year)),
        frozen: visit.frozen.as_ref().map(|frozen| frozen.sha256.clone()),
        // What is read back must be readable where it is signed: the citizen's own point.
        frozen_text,
        confirmed: visit.confirmed.clone(),
        refused: if masked { Default::default() } else { visit.refused.clone() },
        timeline: timeline.collect(),
    })
}

/// That somebody is there, in which part and of which class, and nothing that says who.
pub(super) fn nameless(person: &Person) -> Person {
    Person {
        id: person.id,
        name: String::new(),
        role: person.role,
        class: Class::Restricted,
        title: String::new(),
        address: String::new(),
        phone: String::new(),
        identity: None,
        user: None,
        on_behalf_of: person.on_behalf_of,
    }
}

pub(super) fn minutes(view: &View<'_>, id: VisitId) -> MinutesSection {
    let blocks = view.book.drafts.get(&id).into_iter().flatten().map(|(block, draft)| {
        let lease = view.live.lease(*block, view.now);
        let view = BlockView {
            block_kind: draft.kind,
            revision: draft.revision,
            text: draft.text.clone(),
            writer: lease.map(|lease| lease.user),
            writer_name: lease.map(|lease| lease.name.clone()).unwrap_or_default(),
            saved_at: draft.saved_at,
        };
        (*block, view)
    });
    MinutesSection { blocks: blocks.collect() }
}
