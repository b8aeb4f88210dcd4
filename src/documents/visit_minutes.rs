//! Biên bản về việc tiếp công dân: minutes of one visit, in the order of domain.md §6.1 with what §6.4 adds online.
//! One visit, one paper: several citizens with several matters never share a page.

use jiff::civil::{Date, DateTime};
use serde::{Deserialize, Serialize};

use super::parts::{Citizen, Exhibit, Head, Officer, Online, ReadBack, Signature};
use super::{Paper, PaperProof};
use crate::domain::cases::PetitionKind;

/// Minutes of a visit that took place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VisitMinutes {
    /// Agency, number, place, date.
    pub head: Head,
    /// Kind of reception in words, for example "Tiếp công dân định kỳ của Chủ tịch Ủy ban nhân dân tỉnh".
    pub reception: Option<String>,
    /// When the visit began.
    pub opened_at: DateTime,
    /// Where the receiver sits: name of the place.
    pub place: String,
    /// Address of that place.
    pub address: Option<String>,
    /// Receiver or presider first, then the other officers.
    pub officers: Vec<Officer>,
    /// The persons received; representatives of a group come first.
    pub citizens: Vec<Citizen>,
    /// How many people came with the same matter, where more than those named.
    pub group_size: Option<u32>,
    /// Points, connection and recording; none for reception at a desk.
    pub online: Option<Online>,
    /// What it is about; more than one when the petition holds several.
    pub matters: Vec<PetitionKind>,
    /// II.1, text as frozen; paragraphs are parted by line ends.
    pub content: Option<String>,
    /// II.2 yêu cầu, đề nghị.
    pub requests: Option<String>,
    /// II.3 thông tin, tài liệu, chứng cứ: the text as frozen.
    pub documents: Option<String>,
    /// II.3 the documents themselves, as a table after the text.
    pub exhibits: Vec<Exhibit>,
    /// Documents that came after the text was frozen: no part of what was read back and signed.
    #[serde(default)]
    pub added: Vec<Exhibit>,
    /// III.1, text as frozen.
    pub opinions: Option<String>,
    /// III.2.
    pub conclusion: Conclusion,
    /// III.3 opinion of the person received.
    pub reply: Option<String>,
    /// When the visit ended.
    pub ended_at: Option<DateTime>,
    /// Reading back.
    pub read_back: ReadBack,
    /// Number of copies; 2 by the form.
    pub copies: u32,
    /// Who signs where.
    pub signatures: Vec<Signature>,
    /// Whether only those get the paper who received and who were received: it says so under its title.
    pub restricted: bool,
    /// From which state of the record the text was frozen; none prints as a draft.
    pub proof: Option<PaperProof>,
}

/// The closing card: D154 Điều 25(2)–(3).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Conclusion {
    /// Conclusion in words, with the sentences that say who answers until when.
    pub text: Option<String>,
    /// Answered on the spot, where the words do not say it: minutes frozen by the first releases.
    pub answered_now: bool,
    /// What is due, where the words do not say it.
    pub promised: Vec<Promised>,
}

/// What is due after the visit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Promised {
    /// What.
    pub task: String,
    /// Responsible unit.
    pub unit: String,
    /// By when.
    pub due: Option<Date>,
    /// Contact person, with telephone.
    pub contact: Option<String>,
}

impl Paper for VisitMinutes {
    const FORM: &'static str = "visit_minutes";
    fn proof(&self) -> Option<&PaperProof> {
        self.proof.as_ref()
    }
}
