//! Biên bản về việc công dân không đến: the same head, signed by officers only (domain.md §6.1, TCD_21). A head's day
//! on which nobody came is written down too: the day counts.

use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};

use super::parts::{Head, Officer, Online, Signature};
use super::{Paper, PaperProof};

/// Minutes of a visit, or of a whole session, to which nobody came.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NoShowMinutes {
    /// Agency, number, place, date.
    pub head: Head,
    /// Kind of reception in words.
    pub reception: Option<String>,
    /// When the officers were ready.
    pub opened_at: DateTime,
    /// Name of the place.
    pub place: String,
    /// Address of that place.
    pub address: Option<String>,
    /// The officers present.
    pub officers: Vec<Officer>,
    /// Who was registered or invited; empty when nobody was.
    pub invited: Vec<Invited>,
    /// Points, connection and recording; none at a desk.
    pub online: Option<Online>,
    /// Until when the officers waited.
    pub waited_until: DateTime,
    /// Remark, for example a telephone call that was tried.
    pub remark: Option<String>,
    /// Number of copies.
    pub copies: u32,
    /// Who signs where: officers.
    pub signatures: Vec<Signature>,
    /// From which state of the record; none prints as a draft.
    pub proof: Option<PaperProof>,
}

/// A citizen who was expected.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Invited {
    /// Name, or the code of a denouncer under secrecy.
    pub name: String,
    /// Address.
    pub address: Option<String>,
    /// Appointed time.
    pub at: Option<DateTime>,
    /// Number of the invitation or appointment slip.
    pub invitation: Option<String>,
}

impl Paper for NoShowMinutes {
    const FORM: &'static str = "no_show_minutes";
    fn proof(&self) -> Option<&PaperProof> {
        self.proof.as_ref()
    }
}
