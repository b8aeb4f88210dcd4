//! What a session's papers may say: the hashes of its texts, readable without keys. Covered by the signed list of files
//! like every other part of the bundle. Bundles of the first releases have none: there a paper's position alone is compared.

use serde::{Deserialize, Serialize};

use crate::domain::chain::{Fault, FaultKind, Hash, LogId, Paper};
use crate::domain::ids::VisitId;

/// Name of the list in a bundle.
pub const TEXTS: &str = "texts.json";

/// The text a paper carries that was made from one event. No personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaperText {
    /// Of which visit; none for the attendance of the session.
    pub visit: Option<VisitId>,
    /// The event at which it was frozen or signed for.
    pub seq: u64,
    /// SHA-256 of the text; none where the event was erased, and with it what it said.
    pub text: Option<Hash>,
}

/// Whether the paper's text is that of its event. An event that froze no text of that visit has no paper. The attendance
/// goes on being attested after its event: another hash there is an earlier or later print, or none, and proves nothing.
pub(super) fn compare(list: &[PaperText], paper: &Paper) -> Result<bool, Fault> {
    let entry = list.iter().find(|entry| entry.visit == paper.visit && entry.seq == paper.seq);
    let same = entry.map(|entry| entry.text.map(|text| text == paper.text));
    match (paper.visit, same) {
        (_, Some(Some(true))) => Ok(true),
        (_, Some(None)) | (None, _) => Ok(false),
        (Some(_), None | Some(Some(false))) => {
            let (log, seq) = (Some(LogId::Session(paper.session)), Some(paper.seq));
            Err(Fault { log, seq, kind: FaultKind::PaperTextMismatch })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::SessionId;
    use uuid::Uuid;

    #[test]
    fn only_the_text_of_the_event_passes_and_what_cannot_be_known_is_said() {
        let visit = |n| Some(VisitId(Uuid::from_u128(n)));
        let entry = |visit, seq, text: Option<&[u8]>| PaperText { visit, seq, text: text.map(Hash::of) };
        let list = [entry(visit(1), 7, Some(b"a")), entry(visit(2), 9, None), entry(None, 20, Some(b"annex"))];
        for (visit, seq, text, wanted) in [
            (visit(1), 7, b"a".as_slice(), Some(true)),
            (visit(1), 7, b"b", None),
            (visit(1), 8, b"a", None),
            (visit(3), 7, b"a", None),
            (visit(2), 9, b"a", Some(false)),
            (None, 20, b"annex", Some(true)),
            (None, 20, b"another", Some(false)),
            (None, 21, b"annex", Some(false)),
        ] {
            let paper = Paper {
                session: SessionId(Uuid::nil()),
                visit,
                seq,
                head: Hash::ZERO,
                text: Hash::of(text),
                fingerprint: Hash::ZERO,
            };
            assert_eq!(compare(&list, &paper).ok(), wanted, "{paper:?}");
        }
    }
}
