//! What a paper says about the record it was made from, so that `diemcau verify --paper` can compare the two.

use serde::{Deserialize, Serialize};

use crate::domain::chain::{self, Hash};
use crate::domain::ids::{SessionId, VisitId};

/// First field of the QR text; a later layout gets another number.
const TAG: &str = "DIEMCAU-PAPER-1";

/// State of the session log at the moment the text was frozen (design §4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaperProof {
    /// The session.
    pub session: SessionId,
    /// The visit; none for a paper about the whole session.
    pub visit: Option<VisitId>,
    /// Sequence number of the freezing event.
    pub seq: u64,
    /// SHA-256 head of the log at that event.
    pub head: Hash,
    /// SHA-256 of the frozen text.
    pub text: Hash,
    /// SHA-256 of the installation's public signing key.
    pub key: Hash,
}

/// Why a scanned text is not a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// Another QR code, or a layout of a later release.
    #[error("not the QR code of a paper of this system")]
    Foreign,
    /// The named field does not read.
    #[error("field {0} of the QR code does not read")]
    Field(&'static str),
}

impl PaperProof {
    /// The part that the log itself can be compared with.
    pub fn mark(&self) -> chain::Paper {
        chain::Paper {
            session: self.session,
            visit: self.visit,
            seq: self.seq,
            head: self.head,
            text: self.text,
            fingerprint: self.key,
        }
    }

    /// `DIEMCAU-PAPER-1:SESSION:VISIT:SEQ:HEAD:TEXT:KEY`, capitals only: a QR code packs them 40 % denser than bytes.
    /// `VISIT` is `-` for a whole session; hashes are hexadecimal.
    pub fn qr_text(&self) -> String {
        let visit = self.visit.map_or_else(|| "-".to_owned(), |visit| visit.to_string());
        format!("{TAG}:{}:{visit}:{}:{}:{}:{}", self.session, self.seq, self.head, self.text, self.key)
            .to_ascii_uppercase()
    }

    /// Reads back what [`PaperProof::qr_text`] wrote; small letters and surrounding space are accepted.
    ///
    /// # Errors
    /// [`ProofError`] names the field.
    pub fn parse(scanned: &str) -> Result<Self, ProofError> {
        let scanned = scanned.trim().to_ascii_lowercase();
        let mut fields = scanned.split(':');
        if !fields.next().is_some_and(|tag| tag.eq_ignore_ascii_case(TAG)) {
            return Err(ProofError::Foreign);
        }
        let mut field = |name| fields.next().ok_or(ProofError::Field(name));
        let proof = Self {
            session: field("session")?.parse().map_err(|_| ProofError::Field("session"))?,
            visit: match field("visit")? {
                "-" => None,
                id => Some(id.parse().map_err(|_| ProofError::Field("visit"))?),
            },
            seq: field("seq")?.parse().map_err(|_| ProofError::Field("seq"))?,
            head: field("head")?.parse().map_err(|_| ProofError::Field("head"))?,
            text: field("text")?.parse().map_err(|_| ProofError::Field("text"))?,
            key: field("key")?.parse().map_err(|_| ProofError::Field("key"))?,
        };
        if fields.next().is_some() { Err(ProofError::Foreign) } else { Ok(proof) }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn proof(visit: Option<VisitId>) -> PaperProof {
        PaperProof {
            session: SessionId(Uuid::from_u128(0x0192_aaaa_0000_7000_8000_0000_0000_00ff)),
            visit,
            seq: 412,
            head: Hash(std::array::from_fn(|index| u8::try_from(index * 7).unwrap())),
            text: Hash([0xab; 32]),
            key: Hash([0; 32]),
        }
    }

    #[test]
    fn what_is_printed_reads_back() {
        for visit in [None, Some(VisitId(Uuid::from_u128(5)))] {
            let proof = proof(visit);
            assert_eq!(PaperProof::parse(&proof.qr_text()), Ok(proof.clone()));
            assert_eq!(PaperProof::parse(&format!(" {}\n", proof.qr_text().to_lowercase())), Ok(proof.clone()));
            assert_eq!(serde_json::from_str::<PaperProof>(&serde_json::to_string(&proof).unwrap()).unwrap(), proof);
        }
    }

    #[test]
    fn the_qr_text_stays_in_the_dense_alphabet() {
        let text = proof(Some(VisitId(Uuid::from_u128(u128::MAX)))).qr_text();
        assert!(
            text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || " $%*+-./:".contains(c)),
            "{text}"
        );
        assert!(text.len() <= 311, "more than version 10 at level M holds: {}", text.len());
    }

    #[test]
    fn a_wrong_scan_names_its_field() {
        let text = proof(None).qr_text();
        assert_eq!(PaperProof::parse("https://example.com"), Err(ProofError::Foreign));
        assert_eq!(PaperProof::parse(&format!("{text}:MORE")), Err(ProofError::Foreign));
        assert_eq!(PaperProof::parse(&text.replace(":412:", ":x:")), Err(ProofError::Field("seq")));
        assert_eq!(PaperProof::parse(text.trim_end_matches('0')), Err(ProofError::Field("key")));
        assert_eq!(PaperProof::parse(&text.replace("ABAB", "ẾAB")), Err(ProofError::Field("text")));
    }
}
