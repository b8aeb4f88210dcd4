//! The matter and what becomes of it: cases, petitions, promises, register entries, files.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::ids::{CaseId, FileId, PetitionId, PointId, PromiseId, SessionId, UnitId, VisitId};
use super::people::Class;

/// Classification, by content and never by title.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "cases.ts"))]
#[serde(rename_all = "snake_case")]
pub enum PetitionKind {
    /// Khiếu nại.
    Complaint,
    /// Tố cáo.
    Denunciation,
    /// Kiến nghị, phản ánh.
    FeedbackPetition,
}

/// Kết quả xử lý of a classified petition (domain.md §4.4).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "cases.ts"))]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Trả lời ngay (D154 Điều 25(3)).
    AnsweredOnSpot,
    /// Tiếp nhận, đề xuất thụ lý (L42 Điều 26(1)a).
    AcceptedForProposal,
    /// Hướng dẫn (L42 Điều 26(1)b).
    Guided,
    /// Chuyển đơn (L42 Điều 26(2)b; TC Điều 24(2)).
    Forwarded,
    /// Đôn đốc (D154 Điều 15(3)).
    Urged,
    /// Giải thích, vận động chấm dứt (L42 Điều 26(1)c).
    ExplainedFinal,
    /// Hướng dẫn tách đơn (L42 Điều 25(3)).
    SplitRequired,
    /// Yêu cầu bổ sung (L42 Điều 25(2)).
    SupplementRequired,
}

/// Vụ việc.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "cases.ts"))]
pub struct Case {
    pub id: CaseId,
    pub unit: UnitId,
    pub class: Class,
    /// One line: what it is about. Sealed at rest.
    pub summary: String,
    #[cfg_attr(test, ts(type = "string"))]
    pub opened_at: Timestamp,
    /// How many times the case has been received, this one included: 1 is "lần đầu", more is "nhiều lần".
    pub receptions: u32,
}

/// Đơn: one content of one kind.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "cases.ts"))]
pub struct Petition {
    pub id: PetitionId,
    pub kind: PetitionKind,
    pub content: String,
    /// Yêu cầu, đề nghị of the citizen (L42 Điều 25(2)).
    pub request: String,
    pub outcome: Outcome,
    /// Agency the citizen is guided to, or the petition forwarded to.
    pub addressee: String,
}

/// What was answered or is due, by whom and when (D154 Điều 25(2)–(3)).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "cases.ts", rename = "CasePromise"))]
pub struct Promise {
    pub id: PromiseId,
    pub visit: VisitId,
    pub unit: UnitId,
    pub text: String,
    /// `None`: answered on the spot.
    #[cfg_attr(test, ts(type = "string | null"))]
    pub due: Option<Date>,
    /// Person to ask, with telephone.
    pub contact: String,
}

/// Dòng sổ of form 03/TCD.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "cases.ts"))]
pub struct RegisterEntry {
    pub unit: UnitId,
    pub year: i16,
    /// STT; restarts at 1 each year.
    pub number: u32,
    pub session: SessionId,
    pub visit: VisitId,
    #[cfg_attr(test, ts(type = "string"))]
    pub day: Date,
    pub class: Class,
    pub people: u32,
    pub petitions: Vec<PetitionKind>,
}

/// What a stored file is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "cases.ts"))]
#[serde(rename_all = "snake_case")]
pub enum FileKind {
    /// Handed over or shown by a person.
    Exhibit,
    /// A signed paper, scanned.
    SignedScan,
    /// Made by the server: minutes, annex.
    Paper,
}

/// A stored file. The name is personal data of its scope.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "cases.ts"))]
pub struct StoredFile {
    pub id: FileId,
    pub visit: Option<VisitId>,
    pub kind: FileKind,
    pub class: Class,
    pub name: String,
    pub media_type: String,
    #[cfg_attr(test, ts(type = "number"))]
    pub bytes: u64,
    /// SHA-256 of the content, hex.
    pub sha256: String,
    /// Pages and condition as form 02/TCD lists them.
    pub pages: Option<u32>,
    pub condition: String,
    /// Point where it was shown or handed over.
    pub point: Option<PointId>,
}
