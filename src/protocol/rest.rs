//! Bodies of the REST interface under `/api/v1`. Lists are pages; errors are RFC 9457 problem documents.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::command::Command;
use crate::domain::cases::{Case, Petition, Promise, StoredFile};
use crate::domain::event::{Registration, SessionPoint};
use crate::domain::ids::{CommandId, PersonId, PointId, SegmentId, SessionId, UnitId, UserId, VisitId};
use crate::domain::people::{Class, Function, PersonRole, RoleGrant, User};
use crate::domain::session::{EligibilityGround, ReceptionKind, SessionStatus};
use crate::domain::units::{DeviceKind, Point, Unit};
use crate::domain::visit::VisitStatus;

/// RFC 9457 problem document.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "rest.ts"))]
pub struct Problem {
    pub status: u16,
    /// Sentence in Vietnamese: what is wrong and the next step.
    pub title: String,
    /// The same in English.
    pub title_en: String,
    /// Stable code.
    pub code: String,
    pub field: Option<String>,
    pub citation: Option<String>,
}

/// One page of a list.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "rest.ts"))]
pub struct Page<T> {
    pub rows: Vec<T>,
    /// Give it as `?after=` for the next page; absent on the last.
    pub next: Option<String>,
}

/// `POST /api/v1/sign-in`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "rest.ts"))]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    pub login: String,
    pub password: String,
}

/// `POST /api/v1/sign-in/link`: a one-use link made by the administrator, off by default.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "rest.ts"))]
#[serde(deny_unknown_fields)]
pub struct SignInLink {
    pub token: String,
}

/// `GET /api/v1/me`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "rest.ts"))]
pub struct Me {
    pub user: User,
    pub roles: Vec<RoleGrant>,
    /// Points of the units the account works for.
    pub points: Vec<Point>,
    /// The point this browser is paired with, where it is a kiosk.
    pub kiosk: Option<KioskView>,
}

/// A paired browser.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "rest.ts"))]
pub struct KioskView {
    pub point: PointId,
    pub device: DeviceKind,
    pub name: String,
}

/// `POST /api/v1/kiosk/pair`: the code was shown once to the administrator.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "rest.ts"))]
#[serde(deny_unknown_fields)]
pub struct KioskPair {
    pub code: String,
    /// SPKI of an ECDSA P-256 key that cannot leave its browser, base64url.
    pub public_key: String,
}

/// `GET /api/v1/kiosk/challenge`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "rest.ts"))]
pub struct KioskChallenge {
    /// The kiosk signs the line `diemcau-kiosk-sign-in-1`, LF, and this, with ECDSA P-256 and SHA-256 (r ‖ s), within 60 s.
    pub challenge: String,
}

/// Answer of `POST /api/v1/kiosk/pair`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "rest.ts"))]
pub struct KioskPaired {
    pub device: crate::domain::ids::DeviceId,
    pub point: PointId,
    pub kind: DeviceKind,
    pub name: String,
}

/// `POST /api/v1/kiosk/sign-in`: signature over the challenge of `GET /api/v1/kiosk/challenge`, base64url.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "rest.ts"))]
#[serde(deny_unknown_fields)]
pub struct KioskSignIn {
    pub device: crate::domain::ids::DeviceId,
    pub challenge: String,
    pub signature: String,
}

/// `POST /api/v1/tickets`: one use, 30 s, for `wss /ws`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "rest.ts"))]
#[serde(deny_unknown_fields)]
pub struct TicketRequest {
    pub session: SessionId,
    /// The point whose device this is; must be one of the account's or the kiosk's.
    pub point: Option<PointId>,
    pub device: DeviceKind,
}

/// Answer of `POST /api/v1/tickets`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "rest.ts"))]
pub struct Ticket {
    /// Goes into `Sec-WebSocket-Protocol` beside `diemcau.v1`, as `ticket.<token>`.
    pub token: String,
}

/// A session in a list: `GET /api/v1/sessions?day=&after=`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "rest.ts"))]
pub struct SessionRow {
    pub id: SessionId,
    pub unit: UnitId,
    pub unit_name: String,
    pub title: String,
    pub kind: ReceptionKind,
    pub status: SessionStatus,
    #[cfg_attr(test, ts(type = "string"))]
    pub starts_at: Timestamp,
    /// Visits the reader may know of.
    pub visits: u32,
    /// What the reader does in it.
    pub functions: Vec<Function>,
    /// Points of the session the reader may sit at.
    pub my_points: Vec<PointId>,
}

/// `POST /api/v1/sessions`: a proposal; the head's decision is a separate act.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "rest.ts"))]
#[serde(deny_unknown_fields)]
pub struct NewSession {
    /// Made by the client, so that a repeated request makes one session.
    pub id: SessionId,
    pub unit: UnitId,
    pub title: String,
    pub kind: ReceptionKind,
    #[cfg_attr(test, ts(type = "string"))]
    pub starts_at: Timestamp,
    pub grounds: Vec<EligibilityGround>,
    pub points: Vec<SessionPoint>,
    pub functions: Vec<NewFunction>,
    #[serde(default)]
    pub visits: Vec<Registration>,
}

/// Who does what in a new session.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "rest.ts"))]
#[serde(deny_unknown_fields)]
pub struct NewFunction {
    pub user: UserId,
    pub function: Function,
    pub point: PointId,
}

/// `POST /api/v1/sessions/{id}/commands`: the same commands as on the socket, for office pages.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "rest.ts"))]
#[serde(deny_unknown_fields)]
pub struct CommandRequest {
    pub id: CommandId,
    pub command: Command,
}

/// Answer of a committed command.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "rest.ts"))]
pub struct Committed {
    #[cfg_attr(test, ts(type = "number"))]
    pub seq: i64,
}

/// `GET /api/v1/directory`: what pickers need.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "rest.ts"))]
pub struct Directory {
    pub units: Vec<Unit>,
    pub points: Vec<Point>,
    pub users: Vec<User>,
}

/// `GET /api/v1/sessions/{id}/record`: what remains after the last word.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "rest.ts"))]
pub struct RecordView {
    pub session: SessionRow,
    pub points: Vec<SessionPoint>,
    pub attendance: Vec<AttendanceRow>,
    pub gaps: Vec<GapRow>,
    pub visits: Vec<VisitRecord>,
    pub segments: Vec<SegmentRow>,
    pub recording_gaps: Vec<RecordingGapRow>,
    pub unrecorded: Vec<UnrecordedRow>,
    /// Newest sequence and hash.
    #[cfg_attr(test, ts(type = "number"))]
    pub head_seq: i64,
    pub head_hash: String,
    /// Short fingerprint of the signing key.
    pub key_fingerprint: String,
}

/// A person as the annex names them: no number, address or telephone.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "rest.ts"))]
pub struct Attendee {
    pub id: PersonId,
    pub name: String,
    pub role: PersonRole,
    pub title: String,
}

/// One person of the attendance annex.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "rest.ts"))]
pub struct AttendanceRow {
    pub point: PointId,
    pub person: Attendee,
    /// `present`, `late`, `left_early`, `absent`, `substitute`.
    pub status: String,
    /// In and out, by act.
    #[cfg_attr(test, ts(type = "Array<[string, string | null]>"))]
    pub intervals: Vec<(Timestamp, Option<Timestamp>)>,
    pub substitute_for: Option<PersonId>,
    pub attested_by: Option<String>,
}

/// A technical gap of a point.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "rest.ts"))]
pub struct GapRow {
    pub point: PointId,
    #[cfg_attr(test, ts(type = "string"))]
    pub from: Timestamp,
    #[cfg_attr(test, ts(type = "string | null"))]
    pub to: Option<Timestamp>,
    /// Key of the text catalogue.
    pub cause: String,
    pub visit: Option<VisitId>,
}

/// A part of one source that is not in the recording.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "rest.ts"))]
pub struct RecordingGapRow {
    pub visit: Option<VisitId>,
    pub point: PointId,
    /// `microphone`, `camera`, `paper`.
    pub source: String,
    #[cfg_attr(test, ts(type = "string"))]
    pub from: Timestamp,
    /// None while nothing is recorded again.
    #[cfg_attr(test, ts(type = "string | null"))]
    pub to: Option<Timestamp>,
    /// Key of the text catalogue.
    pub cause: String,
}

/// A time in which presider and note-taker went on without a recording (D154 Điều 24(1)).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "rest.ts"))]
pub struct UnrecordedRow {
    /// Visits that were heard in it, those the reader may see.
    pub visits: Vec<VisitId>,
    #[cfg_attr(test, ts(type = "string"))]
    pub from: Timestamp,
    /// None while the recorder does not work.
    #[cfg_attr(test, ts(type = "string | null"))]
    pub to: Option<Timestamp>,
    pub by_presider: String,
    pub by_note_taker: String,
    /// Empty for whom the visit is masked.
    pub reason: String,
}

/// One visit of the record page.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "rest.ts"))]
pub struct VisitRecord {
    pub visit: VisitId,
    pub number: u32,
    pub class: Class,
    pub status: VisitStatus,
    pub summary: String,
    pub name: String,
    pub case: Option<Case>,
    pub petitions: Vec<Petition>,
    pub promise: Option<Promise>,
    pub register: Option<String>,
    pub text_hash: Option<String>,
    pub files: Vec<StoredFile>,
}

/// One file of the recording.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "rest.ts"))]
pub struct SegmentRow {
    pub segment: SegmentId,
    pub visit: Option<VisitId>,
    pub point: PointId,
    /// `microphone`, `camera`, `paper`.
    pub source: String,
    #[cfg_attr(test, ts(type = "string"))]
    pub began_at: Timestamp,
    #[cfg_attr(test, ts(type = "number"))]
    pub duration_ms: u64,
    #[cfg_attr(test, ts(type = "number"))]
    pub bytes: u64,
    pub sha256: String,
}

/// Where a day begins and ends for lists: the local day in Asia/Ho_Chi_Minh.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "rest.ts"))]
#[serde(deny_unknown_fields)]
pub struct DayQuery {
    #[cfg_attr(test, ts(type = "string | null"))]
    pub day: Option<Date>,
    pub after: Option<String>,
}
