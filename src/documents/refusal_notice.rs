//! Mẫu 01/TCD, Thông báo về việc từ chối tiếp công dân (D154, phụ lục).

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Paper;
use super::parts::{CitizenData, Head, Signer};
use crate::domain::cases::PetitionKind;

/// Notice that a citizen is not received.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RefusalNotice {
    /// Agencies, number, place, date.
    pub head: Head,
    /// The citizen.
    pub citizen: CitizenData,
    /// Day on which the citizen came.
    pub came_on: Date,
    /// What they came for.
    pub matters: Vec<PetitionKind>,
    /// About what, in words.
    pub about: Option<String>,
    /// Reason of the refusal, in words.
    pub reason: Option<String>,
    /// Legal basis, in words from the dated rules in force on the day.
    pub basis: Option<String>,
    /// Content that is not taken in.
    pub refused_content: Option<String>,
    /// Whom else it goes to: before the filing line.
    pub recipients: Vec<String>,
    /// Filing line after "Lưu: ", for example "VT, hồ sơ".
    pub filed: String,
    /// Who signs.
    pub signer: Signer,
}

impl Paper for RefusalNotice {
    const FORM: &'static str = "refusal_notice";
}
