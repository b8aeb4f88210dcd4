//! Parts that several papers share. An absent value (`None`) prints as a dotted line to be filled by hand; only what is
//! marked otherwise is required.

use jiff::civil::{Date, DateTime};
use serde::{Deserialize, Serialize};

use crate::domain::people::Function;
use crate::domain::visit::Confirmation;

/// Head of a paper: D30 Điều 8(2) b, c, d.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Head {
    /// Superior agency; none for an agency that has none to name.
    pub superior: Option<String>,
    /// Issuing agency, in ordinary case; the form prints capitals.
    pub agency: String,
    /// Number in the year's series; none until it is given (D30 Điều 15).
    pub number: Option<u32>,
    /// What follows the number: kind and agency, for example `BB-BTCD`.
    pub symbol: String,
    /// Place name before the date, for example `Quảng Ninh`.
    pub place: String,
    /// Date of the paper; none leaves it to the hand.
    pub date: Option<Date>,
}

/// An officer named in a paper.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Officer {
    /// Family name first, without academic titles.
    pub name: String,
    /// Title and unit.
    pub title: Option<String>,
    /// What the officer does in this reception; none prints "Người tiếp công dân" (reception where nobody presides).
    pub function: Option<Function>,
    /// Name of the point where the officer sits; none at a desk.
    pub point: Option<String>,
}

/// A citizen named in a paper.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "shown", rename_all = "snake_case")]
pub enum Citizen {
    /// Personal data are printed.
    Open(CitizenData),
    /// Denouncer under secrecy (Luật Tố cáo, Chương VI): the data are not in the request at all, only the code under
    /// which they are kept apart.
    Masked {
        /// Code of the sealed identity record.
        code: String,
    },
}

/// Personal data of a citizen as the forms ask for them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CitizenData {
    /// Full name.
    pub name: Option<String>,
    /// Standing: complainant, representative of a group, lawyer …, in words.
    pub standing: Option<String>,
    /// Address.
    pub address: Option<String>,
    /// Telephone.
    pub telephone: Option<String>,
    /// Number of the identity paper (căn cước, định danh cá nhân, hộ chiếu).
    pub identity_number: Option<String>,
    /// Date of issue.
    pub identity_date: Option<Date>,
    /// Place of issue.
    pub identity_place: Option<String>,
}

/// A document handed over or shown, as form 02/TCD lists it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Exhibit {
    /// Name of the document.
    pub name: String,
    /// Number of pages; none for a thing without pages.
    pub pages: Option<u32>,
    /// Condition, in words.
    pub condition: Option<String>,
    /// Original, copy or certified copy, in words.
    pub copy: Option<String>,
    /// Point where it was shown or handed over; none at a desk.
    pub point: Option<String>,
    /// SHA-256 of the stored file, hexadecimal.
    pub sha256: Option<String>,
}

/// What minutes add when the reception is online (online reception).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Online {
    /// Name of the platform.
    pub platform: String,
    /// The points of this visit, the central one first.
    pub points: Vec<PointLine>,
    /// Start of the connection.
    pub connected_from: DateTime,
    /// End of the connection.
    pub connected_to: Option<DateTime>,
    /// Every interruption; empty prints "no interruption".
    pub interruptions: Vec<Interruption>,
    /// The recording.
    pub recording: Recording,
}

/// One point of a visit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PointLine {
    /// Name of the point.
    pub name: String,
    /// Central or component.
    pub central: bool,
    /// Address.
    pub address: Option<String>,
    /// Officer in charge of the point.
    pub head: Option<String>,
    /// Who was present there; a masked denouncer is listed by code.
    pub present: Vec<String>,
    /// When the point was linked in this visit; none when it never was.
    #[serde(default)]
    pub connected_from: Option<DateTime>,
    /// Until when; none while it is.
    #[serde(default)]
    pub connected_to: Option<DateTime>,
}

/// A technical gap.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Interruption {
    /// Point that was cut; none when the whole session stood.
    pub point: Option<String>,
    /// Beginning.
    pub from: DateTime,
    /// End; none when the connection never came back.
    pub to: Option<DateTime>,
    /// Length in seconds; none while open.
    pub seconds: Option<u64>,
    /// Cause, in words.
    pub cause: Option<String>,
}

/// The recording of a visit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recording {
    /// When it was announced.
    pub announced_at: Option<DateTime>,
    /// Who announced it.
    pub announced_by: Option<String>,
    /// Its files.
    pub files: Vec<RecordingFile>,
    /// Parts of the visit that are in none of them.
    #[serde(default)]
    pub gaps: Vec<RecordingGap>,
    /// Times in which the reception went on without a recording.
    #[serde(default)]
    pub unrecorded: Vec<Unrecorded>,
}

/// A part of one source that was not recorded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecordingGap {
    /// Point and source.
    pub source: String,
    /// Beginning.
    pub from: DateTime,
    /// End; none while nothing is recorded yet.
    pub to: Option<DateTime>,
    /// Cause, in words.
    pub cause: String,
}

/// The reception went on without a recording: a decision of two, with a reason (D154 Điều 24(1)).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Unrecorded {
    /// When both had allowed it.
    pub from: DateTime,
    /// When the recorder worked again or the session was over; none while neither.
    pub to: Option<DateTime>,
    /// The presider who asked.
    pub by_presider: Option<String>,
    /// The note-taker who agreed.
    pub by_note_taker: Option<String>,
    /// Why.
    pub reason: String,
}

/// One file of a recording.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecordingFile {
    /// Its identifier in the record.
    pub id: String,
    /// Point or source recorded.
    pub source: String,
    /// Beginning.
    pub from: DateTime,
    /// End.
    pub to: DateTime,
    /// SHA-256 of the stored file, hexadecimal.
    pub sha256: String,
}

/// How the minutes came back to the person received.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "snake_case")]
pub enum ReadBack {
    /// The person has read the minutes.
    Read,
    /// The minutes were read aloud to the person.
    ReadAloud {
        /// Who read.
        by: Option<String>,
    },
    /// The person does not sign.
    Refused {
        /// The reason given; none prints "no reason given".
        reason: Option<String>,
        /// Who witnessed it.
        witness: Option<String>,
    },
    /// Not yet read back: the paper says so and leaves the line open.
    Pending,
}

/// Who signs, where and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Signature {
    /// As what the person signs.
    pub role: SignatureRole,
    /// Name under the signature; a masked denouncer signs by code.
    pub name: Option<String>,
    /// Point where the person signs; none at a desk.
    pub point: Option<String>,
    /// How.
    pub manner: Manner,
    /// When; none until signed.
    pub at: Option<DateTime>,
}

/// Places in the signature block, in the order of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignatureRole {
    /// Người được tiếp.
    Citizen,
    /// Người chủ trì.
    Presider,
    /// Người tiếp công dân ghi biên bản.
    NoteTaker,
    /// Cán bộ điểm cầu, người chứng kiến.
    Witness,
    /// Thành viên tham gia.
    Member,
}

/// How a signature is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Manner {
    /// By hand on paper.
    Ink,
    /// Fingerprint on paper.
    Fingerprint,
    /// Digital signature.
    Digital,
    /// By word on the recording; the signature is still owed (confirmation by word only bridges an interruption).
    Verbal,
    /// Refused.
    Refused,
}

impl From<Confirmation> for Manner {
    fn from(confirmation: Confirmation) -> Self {
        match confirmation {
            Confirmation::Signature => Self::Ink,
            Confirmation::Fingerprint => Self::Fingerprint,
            Confirmation::DigitalSignature => Self::Digital,
            Confirmation::Verbal => Self::Verbal,
        }
    }
}

/// Người ký: the block of D30 Điều 8(2) g.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Signer {
    /// Authority before the title: `TM.`, `KT.`, `TL.`, `TUQ.`, `Q.` with its words; none for a head.
    pub authority: Option<String>,
    /// Title, printed in capitals.
    pub title: String,
    /// Full name; none until it is known who signs.
    pub name: Option<String>,
}
