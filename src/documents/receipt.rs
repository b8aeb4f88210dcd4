//! Mẫu 02/TCD, Giấy biên nhận thông tin, tài liệu (D154, phụ lục).

use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};

use super::Paper;
use super::parts::{CitizenData, Exhibit, Head};

/// Receipt of documents.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Receipt {
    /// Agencies, place and date; the form carries no number.
    pub head: Head,
    /// When they were received.
    pub at: DateTime,
    /// Where.
    pub place: String,
    /// Name of the receiver.
    pub receiver: String,
    /// Their title.
    pub receiver_title: Option<String>,
    /// The provider.
    pub provider: CitizenData,
    /// What was received.
    pub items: Vec<Exhibit>,
    /// Number of copies of this receipt.
    pub copies: u32,
}

impl Paper for Receipt {
    const FORM: &'static str = "receipt";
}
