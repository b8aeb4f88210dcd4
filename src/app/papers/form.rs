//! Which form a visit's minutes take: what the visit is decides, never how secret it is.

use crate::domain::cases::PetitionKind;
use crate::domain::visit::VisitStatus;
use crate::room::state::VisitState;

/// The forms of minutes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Form {
    /// Biên bản về việc tiếp công dân (domain.md §6.1).
    Visit,
    /// The same when nobody came (TCD_21).
    NoShow,
    /// Biên bản ghi nội dung tố cáo trực tiếp (domain.md §6.3).
    Denunciation,
}

/// By content where it is classified, until then by what the citizen says it is (D154 Điều 14(4)). One denunciation among
/// several contents is enough: what is said of it stands on this paper, and it is kept apart (TC Điều 8(3), 56). A visit
/// that is restricted for another reason has the ordinary form; who gets it is another question.
pub(super) fn of(visit: &VisitState) -> Form {
    if visit.status == VisitStatus::NoShow {
        return Form::NoShow;
    }
    let denounces = match visit.petitions.as_slice() {
        [] => visit.about.presented_as == PetitionKind::Denunciation,
        petitions => petitions.iter().any(|petition| petition.kind == PetitionKind::Denunciation),
    };
    if denounces { Form::Denunciation } else { Form::Visit }
}

#[cfg(test)]
mod tests;
