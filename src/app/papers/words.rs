//! Words of the catalogue in papers. Papers are in Vietnamese whatever the reader's language.

use crate::domain::cases::PetitionKind;
use crate::domain::people::PersonRole;
use crate::domain::session::ReceptionKind;
use crate::room::state::{RESTARTED, State};
use crate::text::{self, Language};

fn vi(sentence: text::Sentence) -> String {
    sentence.get(Language::Vi).to_owned()
}

pub(super) fn platform() -> String {
    text::fill("paper.platform", Language::Vi, &[("version", env!("CARGO_PKG_VERSION"))])
}

/// A document that has no name to tell.
pub(super) fn exhibit(number: u32) -> String {
    text::fill("paper.exhibit", Language::Vi, &[("number", &number.to_string())])
}

pub(super) fn reception(kind: ReceptionKind) -> String {
    vi(match kind {
        ReceptionKind::Regular => text::sentence("paper.reception.regular"),
        ReceptionKind::Periodic => text::sentence("paper.reception.periodic"),
        ReceptionKind::AdHoc => text::sentence("paper.reception.ad_hoc"),
    })
}

/// Standing of a person received; what a citizen is follows what was presented.
pub(super) fn standing(role: PersonRole, presented: PetitionKind) -> Option<String> {
    Some(vi(match role {
        PersonRole::Officer => return None,
        PersonRole::Citizen => match presented {
            PetitionKind::Complaint => text::sentence("paper.standing.complainant"),
            PetitionKind::Denunciation => text::sentence("paper.standing.denouncer"),
            PetitionKind::FeedbackPetition => text::sentence("paper.standing.petitioner"),
        },
        PersonRole::Representative => text::sentence("paper.standing.representative"),
        PersonRole::AuthorisedPerson => text::sentence("paper.standing.authorised"),
        PersonRole::Interpreter => text::sentence("paper.standing.interpreter"),
        PersonRole::Lawyer => text::sentence("paper.standing.lawyer"),
        PersonRole::LegalAidOfficer => text::sentence("paper.standing.legal_aid"),
        PersonRole::Witness => text::sentence("paper.standing.witness"),
    }))
}

/// What of a point was recorded; sources of later releases print as their code.
pub(super) fn source(point: &str, source: &str) -> String {
    let what = match source {
        "microphone" => vi(text::sentence("paper.source.microphone")),
        "camera" => vi(text::sentence("paper.source.camera")),
        "paper" => vi(text::sentence("paper.source.paper")),
        other => other.to_owned(),
    };
    format!("{point}, {what}")
}

/// Cause of a point's gap.
pub(super) fn gap_cause(code: &str) -> String {
    match code {
        "point_lost" => vi(text::sentence("paper.cause.point_lost")),
        other => other.to_owned(),
    }
}

/// Why something is not in the recording; causes of later releases print as their code.
pub(super) fn recording_gap(code: &str) -> String {
    match code {
        "loss" => vi(text::sentence("paper.recording_gap.loss")),
        "no_key_frame" => vi(text::sentence("paper.recording_gap.no_key_frame")),
        "queue_full" => vi(text::sentence("paper.recording_gap.queue_full")),
        "fault" => vi(text::sentence("paper.recording_gap.fault")),
        "muted" => vi(text::sentence("paper.recording_gap.muted")),
        "stopped" => vi(text::sentence("paper.recording_gap.stopped")),
        RESTARTED => vi(text::sentence("paper.recording_gap.server_restarted")),
        other => other.to_owned(),
    }
}

/// Cause of a stop of the whole session: a person's words, or a code of the room in words.
pub(super) fn stop_cause(state: &State, reason: &str) -> Option<String> {
    if reason == "recorder_failed" {
        return Some(vi(text::sentence("paper.cause.recorder_failed")));
    }
    // The room interrupts with the name of the point it lost.
    if state.points.values().any(|point| point.about.name == reason) {
        return Some(text::fill("paper.cause.point_missing", Language::Vi, &[("point", reason)]));
    }
    (!reason.is_empty()).then(|| reason.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_in_the_catalogue() {
        let internal = vi(text::sentence("error.internal"));
        let kinds = [PetitionKind::Complaint, PetitionKind::Denunciation, PetitionKind::FeedbackPetition];
        let mut words: Vec<String> = kinds.iter().filter_map(|kind| standing(PersonRole::Citizen, *kind)).collect();
        for role in [
            PersonRole::Representative,
            PersonRole::AuthorisedPerson,
            PersonRole::Interpreter,
            PersonRole::Lawyer,
            PersonRole::LegalAidOfficer,
            PersonRole::Witness,
        ] {
            words.extend(standing(role, PetitionKind::Complaint));
        }
        words.extend([ReceptionKind::Regular, ReceptionKind::Periodic, ReceptionKind::AdHoc].map(reception));
        words.extend(["microphone", "camera", "paper"].map(|kind| source("X", kind)));
        words.extend([platform(), gap_cause("point_lost")]);
        words.extend(stop_cause(&State::empty(), "recorder_failed"));
        let causes = ["loss", "no_key_frame", "queue_full", "fault", "muted", "stopped", RESTARTED];
        assert!(causes.iter().all(|code| recording_gap(code) != *code), "each cause of the recorder has words");
        words.extend(causes.map(recording_gap));
        assert_eq!(words.len(), 9 + 3 + 3 + 2 + 1 + 7);
        assert!(words.iter().all(|word| !word.contains(&internal) && !word.contains('{')), "{words:?}");
    }
}
