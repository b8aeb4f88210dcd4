//! Which form, whose names, and that nothing of the frozen text is left out.

use uuid::Uuid;

use super::super::tests::{CENTRAL, NOTE_TAKER, OTHER, VISIT, citizen, confirmed, heard, office, text};
use super::super::{attendance, denunciation, minutes, no_show};
use super::*;
use crate::documents::parts::Citizen;
use crate::domain::cases::{Outcome, Petition};
use crate::domain::event::Event;
use crate::domain::ids::PetitionId;
use crate::domain::people::Class;
use crate::domain::visit::BlockKind;

fn petition(kind: PetitionKind) -> Petition {
    Petition {
        id: PetitionId(Uuid::from_u128(7)),
        kind,
        content: "Nội dung".to_owned(),
        request: String::new(),
        outcome: Outcome::AcceptedForProposal,
        addressee: String::new(),
    }
}

/// What a visit is decides the form, its class decides who is named.
#[test]
fn the_form_follows_the_content_and_not_the_class() {
    use PetitionKind::{Complaint, Denunciation, FeedbackPetition};
    use VisitStatus::{Ended, NoShow, Registered};
    let base = heard().state().visits[&VISIT].clone();
    for (presented, classified, status, wanted, source) in [
        (Complaint, vec![], Registered, Form::Visit, "domain.md §6.1"),
        (FeedbackPetition, vec![FeedbackPetition], Ended, Form::Visit, "domain.md §6.1"),
        (Denunciation, vec![], Registered, Form::Denunciation, "domain.md §6.3: until classified, as presented"),
        (Denunciation, vec![Denunciation], Ended, Form::Denunciation, "domain.md §6.3, V TCD_13"),
        (Denunciation, vec![Complaint], Ended, Form::Visit, "D154 Điều 14(4): by content, not by the title"),
        (Complaint, vec![Denunciation], Ended, Form::Denunciation, "D154 Điều 14(4); TC Điều 8(3)"),
        (Complaint, vec![Complaint, Denunciation], Ended, Form::Denunciation, "TC Điều 56: kept apart with the rest"),
        (Complaint, vec![Complaint, FeedbackPetition], Ended, Form::Visit, "L42 Điều 25(3): two contents, no secret"),
        (Complaint, vec![], NoShow, Form::NoShow, "domain.md §6.1, V TCD_21"),
        (Denunciation, vec![], NoShow, Form::NoShow, "domain.md §6.1, V TCD_21"),
    ] {
        for class in [Class::Normal, Class::Restricted] {
            let mut visit = VisitState { status, ..base.clone() };
            (visit.about.presented_as, visit.about.class) = (presented, class);
            visit.petitions = classified.iter().copied().map(petition).collect();
            let case = format!("{presented:?}, {classified:?}, {status:?}, {class:?}: {source}");
            assert_eq!(of(&visit), wanted, "{case}");
        }
    }
}

/// A complaint that is restricted for another reason is the complaint it is; its paper says who gets it.
#[test]
fn a_restricted_complaint_has_the_ordinary_minutes_for_few() {
    let mut day = confirmed();
    day.add((8, 55, 0), None, Event::ClassRaised { visit: VISIT });
    let state = day.state();
    let visit = &state.visits[&VISIT];
    let paper = minutes(&state, visit, &office(), None);
    assert_eq!(of(visit), Form::Visit);
    assert!(paper.restricted);
    assert_eq!(paper.citizens, [Citizen::Masked { code: "000000000ABC".to_owned() }], "no name of the class's people");
    assert_eq!(paper.content.as_deref(), Some("Ông trình bày việc thu hồi đất."));
    assert!(paper.conclusion.text.is_some_and(|text| text.contains("chậm nhất ngày 07/12/2026")));
    let open = confirmed().state();
    assert!(!minutes(&open, &open.visits[&VISIT], &office(), None).restricted);
}

/// TC Điều 8(3), 56: nothing of the denouncer but a code, in no paper and no annex.
#[test]
fn a_raised_class_leaves_a_code_and_nothing_in_the_annex() {
    let mut day = confirmed();
    let petitions = vec![petition(PetitionKind::Denunciation)];
    day.add((8, 55, 0), None, Event::VisitClassified { visit: VISIT, petitions });
    day.add((8, 55, 0), None, Event::ClassRaised { visit: VISIT });
    // Typed anew by an officer who was not told.
    let again = Event::PersonIn { point: OTHER, person: citizen(), seat: 5, substitute_for: None, visit: None };
    day.add((8, 56, 0), None, again);
    let state = day.state();
    let visit = &state.visits[&VISIT];
    assert_eq!(of(visit), Form::Denunciation);
    let paper = denunciation(&state, visit, &office(), None);
    assert_eq!(paper.denouncer, Citizen::Masked { code: "000000000ABC".to_owned() });
    assert_eq!(paper.signatures[0].name.as_deref(), Some("000000000ABC"));
    for json in [
        serde_json::to_string(&paper).unwrap(),
        serde_json::to_string(&minutes(&state, visit, &office(), None)).unwrap(),
        serde_json::to_string(&attendance(&state, &office())).unwrap(),
        serde_json::to_string(&no_show(&state, visit, &office(), None)).unwrap(),
    ] {
        for personal in ["Nguyễn Văn Một", "022065001234", "Thôn 1", "0912 000 111"] {
            assert!(!json.contains(personal), "{personal} in {json}");
        }
    }
}

/// What is hashed is what is read: every block of the frozen text is on the paper, whichever form it has.
#[test]
fn every_frozen_block_is_on_either_form() {
    let mut day = heard();
    let texts = [BlockKind::Content, BlockKind::Requests, BlockKind::Documents, BlockKind::Opinions]
        .map(|kind| (kind, format!("Lời của phần {kind:?}.")));
    let text = text(&texts);
    day.add((8, 45, 0), Some((NOTE_TAKER, CENTRAL)), Event::TextFrozen { visit: VISIT, text: text.clone() });
    let state = day.state();
    let visit = &state.visits[&VISIT];
    assert_eq!(text.blocks.len(), 6);
    for (form, json) in [
        ("visit", serde_json::to_string(&minutes(&state, visit, &office(), None)).unwrap()),
        ("denunciation", serde_json::to_string(&denunciation(&state, visit, &office(), None)).unwrap()),
    ] {
        for (kind, words) in &text.blocks {
            assert!(!words.is_empty());
            let quoted = serde_json::to_string(words).unwrap();
            assert!(json.contains(&quoted), "{kind:?} is not in the {form} minutes: {json}");
        }
    }
}
