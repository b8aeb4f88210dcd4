//! Phiếu hẹn: time and place of a reception (domain.md §5.3, TCD_04).

use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};

use super::Paper;
use super::parts::{CitizenData, Head, Signer};
use crate::domain::cases::PetitionKind;

/// Appointment given to a citizen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AppointmentSlip {
    /// Agencies, number, place, date.
    pub head: Head,
    /// The citizen.
    pub citizen: CitizenData,
    /// What they are received about.
    pub matters: Vec<PetitionKind>,
    /// When.
    pub at: DateTime,
    /// Name of the place or point to come to.
    pub place: String,
    /// Its address.
    pub address: Option<String>,
    /// Received by whom, in words.
    pub receiver: Option<String>,
    /// True when the reception is online from that point.
    pub online: bool,
    /// Documents to bring; empty prints the general sentence only.
    pub bring: Vec<String>,
    /// Telephone for questions.
    pub contact: Option<String>,
    /// Filing line after "Lưu: ".
    pub filed: String,
    /// Who signs.
    pub signer: Signer,
}

impl Paper for AppointmentSlip {
    const FORM: &'static str = "appointment_slip";
}
