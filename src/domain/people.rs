//! People: who is present, in which part, and how their identity was seen.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::ids::{PersonId, UnitId, UserId};

/// Confidentiality of a visit, a person or a file, from the first day of its life.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "people.ts"))]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Named where the role allows.
    #[default]
    Normal,
    /// Absent from every audience but the receiver's point (TC Điều 8(3), 56).
    Restricted,
}

/// The part a person takes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "people.ts"))]
#[serde(rename_all = "snake_case")]
pub enum PersonRole {
    /// Cán bộ at a point.
    Officer,
    /// Công dân.
    Citizen,
    /// Người đại diện of a group (L42 Điều 29) or of an organisation.
    Representative,
    /// Người được ủy quyền.
    AuthorisedPerson,
    /// Người phiên dịch (L42 Điều 7): speaks, is listed, signs.
    Interpreter,
    /// Luật sư.
    Lawyer,
    /// Trợ giúp viên pháp lý.
    LegalAidOfficer,
    /// Người chứng kiến.
    Witness,
}

/// Which paper or number names a person (D154 Điều 12).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "people.ts"))]
#[serde(rename_all = "snake_case")]
pub enum IdentityKind {
    /// Số căn cước.
    CitizenIdentity,
    /// Giấy chứng nhận căn cước.
    IdentityCertificate,
    /// Số định danh cá nhân.
    PersonalNumber,
    /// Hộ chiếu.
    Passport,
    /// Another paper, named in `issued_by`.
    Other,
}

/// How the identity was checked by the officer beside the person.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "people.ts"))]
#[serde(rename_all = "snake_case")]
pub enum IdentityCheck {
    Stated,
    DocumentSeen,
    QrScanned,
    ChipRead,
    Vneid,
    KnownToOfficer,
}

/// Identity data as stated or read. The number is a string: leading zeros, passports.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "people.ts"))]
pub struct Identity {
    pub kind: IdentityKind,
    pub number: String,
    #[cfg_attr(test, ts(type = "string | null"))]
    pub issued_on: Option<Date>,
    pub issued_by: String,
}

/// A person of a visit or at a point. Personal data: lives only in sealed bodies and sealed rows.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "people.ts"))]
pub struct Person {
    pub id: PersonId,
    /// Họ và tên, NFC, never split.
    pub name: String,
    pub role: PersonRole,
    #[serde(default)]
    pub class: Class,
    /// Ông, Bà, or a title such as "Chủ tịch UBND xã".
    #[serde(default)]
    pub title: String,
    /// Address as stated, of whatever level.
    #[serde(default)]
    pub address: String,
    #[serde(default)]
    pub phone: String,
    #[serde(default)]
    pub identity: Option<Identity>,
    /// The account behind an officer.
    #[serde(default)]
    pub user: Option<UserId>,
    /// Whom a representative, lawyer or interpreter stands beside.
    #[serde(default)]
    pub on_behalf_of: Option<PersonId>,
}

/// What an account may be in a unit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "people.ts"))]
#[serde(rename_all = "snake_case")]
pub enum UnitRole {
    Administrator,
    /// Người đứng đầu.
    Head,
    /// Người tiếp công dân.
    ReceptionOfficer,
    /// Cán bộ kỹ thuật: points and devices, never content.
    Technician,
    Inspector,
    Archivist,
    DataProtectionOfficer,
}

/// What an account does in one session.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "people.ts", rename = "SessionFunction"))]
#[serde(rename_all = "snake_case")]
pub enum Function {
    /// Người chủ trì. One at a time.
    Presider,
    /// Người ghi biên bản.
    NoteTaker,
    /// Assistant of the note-taker at a component point.
    Assistant,
    /// Đơn vị tham mưu.
    AdvisingUnit,
    /// Cán bộ điểm cầu.
    PointOfficer,
    /// Đại diện cơ quan.
    AgencyRepresentative,
    Interpreter,
    Observer,
    /// Cán bộ kỹ thuật of the session.
    Technician,
}

/// Accounts of paired devices begin so; no officer's sign-in name may.
pub const KIOSK_LOGIN: &str = "kiosk-";

/// An officer's account.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "people.ts"))]
pub struct User {
    pub id: UserId,
    /// What is typed at sign-in: ASCII, lower case.
    pub login: String,
    pub name: String,
    /// Chức vụ as papers print it.
    pub title: String,
    pub disabled: bool,
}

/// A role of a user in a unit, with validity by the grant itself.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "people.ts"))]
pub struct RoleGrant {
    pub user: UserId,
    pub unit: UnitId,
    pub role: UnitRole,
}
