//! Papers of the office: what each one says (view models, one file each) and the press that sets them.
//!
//! A view model holds data only, in local civil time; words and layout are in the form of the same name under
//! `config/forms`. Nothing here reads a clock or a table: the caller folds the log and fills the model. A model that is
//! kept can be printed again years later with the same bytes.

mod appointment_slip;
mod attendance_annex;
mod denunciation_minutes;
mod no_show_minutes;
pub mod parts;
mod press;
mod proof;
mod receipt;
mod refusal_notice;
mod visit_minutes;

pub use appointment_slip::AppointmentSlip;
pub use attendance_annex::{Attendance, AttendanceAnnex, Attendee, MainPaper, PointAttendance};
pub use denunciation_minutes::DenunciationMinutes;
pub use no_show_minutes::{Invited, NoShowMinutes};
#[cfg(feature = "pdf")]
pub use press::typeset_main;
pub use press::{PaperError, Press};
pub use proof::{PaperProof, ProofError};
pub use receipt::Receipt;
pub use refusal_notice::RefusalNotice;
pub use visit_minutes::{Conclusion, Promised, VisitMinutes};

use std::fmt;

use jiff::Zoned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A kind of paper: a view model that knows its form.
pub trait Paper: Serialize {
    /// Name of the form under `config/forms`.
    const FORM: &'static str;

    /// What the paper can be checked against, printed as text and QR; none on papers that are not from a log.
    fn proof(&self) -> Option<&PaperProof> {
        None
    }
}

/// One paper to be set: what goes to the `typeset` process as JSON.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct PaperRequest {
    /// Name of the form.
    pub form: String,
    /// Stable name of the document, for example `session/visit/minutes`; hashed into the PDF's identifier.
    pub ident: String,
    /// Date of the document in local time, written into the PDF; never the moment of printing.
    pub date: Zoned,
    /// Text of the QR code.
    pub qr: Option<String>,
    /// The view model as JSON.
    pub data: Value,
}

/// Names the paper, never its data: requests may reach a log line, personal data may not.
impl fmt::Debug for PaperRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PaperRequest").field("form", &self.form).field("ident", &self.ident).finish_non_exhaustive()
    }
}

impl PaperRequest {
    /// The request for this paper.
    ///
    /// # Errors
    /// Only if the model cannot be written as JSON.
    pub fn new<P: Paper>(paper: &P, ident: impl Into<String>, date: Zoned) -> Result<Self, PaperError> {
        Ok(Self {
            form: P::FORM.to_owned(),
            ident: ident.into(),
            date,
            qr: paper.proof().map(PaperProof::qr_text),
            data: serde_json::to_value(paper).map_err(PaperError::Request)?,
        })
    }
}
