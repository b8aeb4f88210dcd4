//! Biên bản ghi nội dung tố cáo trực tiếp (domain.md §6.3): apart from the session's minutes, and by default without
//! the denouncer's data.

use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};

use super::parts::{Citizen, Exhibit, Head, Officer, Online, ReadBack, Signature};
use super::{Conclusion, Paper, PaperProof};

/// What a denouncer said, written down by the receiver.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DenunciationMinutes {
    /// Agency, number, place, date.
    pub head: Head,
    /// When the reception began.
    pub opened_at: DateTime,
    /// Name of the place.
    pub place: String,
    /// Address of that place.
    pub address: Option<String>,
    /// The receivers.
    pub officers: Vec<Officer>,
    /// The denouncer.
    pub denouncer: Citizen,
    /// Points, connection and recording; none at a desk.
    pub online: Option<Online>,
    /// II. Content: who is denounced, for what.
    pub content: Option<String>,
    /// III. Documents: the text as frozen.
    pub documents: Option<String>,
    /// III. The documents themselves, as a table after the text.
    pub exhibits: Vec<Exhibit>,
    /// Documents that came after the text was frozen: no part of what was read back and signed.
    #[serde(default)]
    pub added: Vec<Exhibit>,
    /// IV. Requests, among them protection.
    pub requests: Option<String>,
    /// V.1, text as frozen. Part V is absent where nothing of it is given: at a desk a denunciation is only written down.
    pub opinions: Option<String>,
    /// V.2, what a presider must say at the end (D154 Điều 25(3)): it is read back and signed with the rest.
    pub conclusion: Conclusion,
    /// V.3 opinion of the denouncer.
    pub reply: Option<String>,
    /// When it ended.
    pub ended_at: Option<DateTime>,
    /// Reading back.
    pub read_back: ReadBack,
    /// Number of copies; 2 by the form.
    pub copies: u32,
    /// Who signs where.
    pub signatures: Vec<Signature>,
    /// From which state of the record; none prints as a draft.
    pub proof: Option<PaperProof>,
}

impl Paper for DenunciationMinutes {
    const FORM: &'static str = "denunciation_minutes";
    fn proof(&self) -> Option<&PaperProof> {
        self.proof.as_ref()
    }
}
