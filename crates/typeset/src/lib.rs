//! Papers of the reception day: one JSON request in, one PDF out.
//!
//! A paper is made in a process of its own (`diemcau typeset`, see [`press::run`]): Typst is a large program that reads
//! words typed by strangers, and a document that runs away must never take the call down with it. Everything here is
//! deterministic: the same request gives the same bytes, for ever with the same release; no clock, no network, no file.
//!
//! Data reaches a form as *values* (`json("/data.json")`), never as markup, so a citizen's `#panic()` prints as typed.
//! Output is PDF/A-2a (archive, D30 Điều 5 asks for lasting form) and PDF/UA-1 (readable by a screen reader) at once.

#![cfg_attr(
    test,
    allow(clippy::allow_attributes, clippy::allow_attributes_without_reason, reason = "tests read like a story")
)]

mod fence;
mod forms;
mod letters;
pub mod press;
mod qr;
mod world;

pub use fence::Fence;
pub use forms::FORMS;

use jiff::Zoned;
use serde::Deserialize;
use serde_json::Value;
use typst::diag::SourceDiagnostic;
use typst::foundations::{Datetime, Smart};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards, Timestamp};

use crate::world::PaperWorld;

/// What the parent process sends on standard input, as one JSON object.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Which form: a name of [`FORMS`], for example `visit_minutes`.
    pub form: String,
    /// Stable name of this document; the PDF's identifier is its hash. For example `session/visit/minutes/1`.
    pub ident: String,
    /// The date of the document in local time, written into the PDF. Never the present moment.
    pub date: Zoned,
    /// Text of the QR code, if the paper carries one.
    #[serde(default)]
    pub qr: Option<String>,
    /// The fields of the form.
    pub data: Value,
}

/// Why a paper was not made.
#[derive(Debug, thiserror::Error)]
pub enum TypesetError {
    /// The request is not JSON of the expected shape.
    #[error("request malformed: {0}")]
    Request(#[from] serde_json::Error),
    /// No form of that name.
    #[error("no form named {0:?}")]
    UnknownForm(String),
    /// A font file of the program is damaged.
    #[error("a font of the program cannot be read")]
    Font,
    /// The QR text is longer than a QR code can hold.
    #[error("QR text of {0} bytes does not fit")]
    Qr(usize),
    /// The form does not fit the data (a missing field) or breaks a rule of PDF/A or PDF/UA.
    #[error("form {form}: {what}")]
    Form {
        /// Name of the form.
        form: String,
        /// What Typst says; names fields and types, never values.
        what: String,
    },
}

/// Makes one paper.
///
/// # Errors
/// See [`TypesetError`]; a request that fails once fails always.
pub fn typeset(request: Request) -> Result<Vec<u8>, TypesetError> {
    let Request { form, ident, date, qr, data } = request;
    let source = forms::source(&form).ok_or_else(|| TypesetError::UnknownForm(form.clone()))?;
    let world = PaperWorld::new(source, &data, qr.as_deref())?;
    let failed = |errors: &[SourceDiagnostic]| TypesetError::Form { form: form.clone(), what: describe(errors) };

    let document: PagedDocument = typst::compile(&world).output.map_err(|errors| failed(&errors))?;
    let standards = PdfStandards::new(&[PdfStandard::A_2a, PdfStandard::Ua_1])
        .map_err(|error| TypesetError::Form { form: form.clone(), what: error.message().to_string() })?;
    let options = PdfOptions {
        ident: Smart::Custom(ident),
        creator: Smart::Custom(Some("Điểm Cầu".to_owned())),
        timestamp: stamp(&date),
        standards,
        ..PdfOptions::default()
    };
    typst_pdf::pdf(&document, &options).map_err(|errors| failed(&errors))
}

fn stamp(date: &Zoned) -> Option<Timestamp> {
    let part = |value: i8| u8::try_from(value).ok();
    let moment = Datetime::from_ymd_hms(
        i32::from(date.year()),
        part(date.month())?,
        part(date.day())?,
        part(date.hour())?,
        part(date.minute())?,
        part(date.second())?,
    )?;
    Timestamp::new_local(moment, date.offset().seconds() / 60)
}

fn describe(errors: &[SourceDiagnostic]) -> String {
    let lines: Vec<String> = errors
        .iter()
        .map(|error| {
            let hints: String = error.hints.iter().map(|hint| format!(" ({})", hint.v)).collect();
            format!("{}{hints}", error.message)
        })
        .collect();
    lines.join("; ")
}
