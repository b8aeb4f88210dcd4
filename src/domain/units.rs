//! Units, points and devices: who takes part in sessions, and from where.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::ids::{DeviceId, PointId, UnitId};

/// What kind of unit it is. The district level ended on 1 July 2025 and exists only for history.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "units.ts"))]
#[serde(rename_all = "snake_case")]
pub enum UnitKind {
    /// Ban Tiếp công dân tỉnh.
    ReceptionBoard,
    /// Ủy ban nhân dân tỉnh.
    Province,
    /// Ủy ban nhân dân cấp xã (xã, phường, đặc khu).
    Commune,
    /// Sở, ngành and other agencies.
    Agency,
    /// Ban Tiếp công dân cấp huyện, ended 1 July 2025.
    DistrictBoard,
}

/// Đơn vị. Never deleted: it ends, and names who continues its work.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "units.ts"))]
pub struct Unit {
    pub id: UnitId,
    /// Name as papers print it.
    pub name: String,
    pub kind: UnitKind,
    /// Superior unit at the head of papers.
    pub parent: Option<UnitId>,
    /// First day of existence.
    #[cfg_attr(test, ts(type = "string"))]
    pub valid_from: Date,
    /// Last day of existence.
    #[cfg_attr(test, ts(type = "string | null"))]
    pub valid_to: Option<Date>,
    /// Units that continue its work; one old unit may be split among several.
    pub successors: Vec<UnitId>,
    /// Abbreviation in document numbers, such as `BTCD`.
    pub code: String,
    /// Place name before the date of a paper, such as "Hạ Long".
    pub place: String,
}

impl Unit {
    /// Whether the unit exists on that day.
    pub fn exists_on(&self, day: Date) -> bool {
        self.valid_from <= day && self.valid_to.is_none_or(|last| day <= last)
    }
}

/// Điểm cầu: a place with its address. Whether it is central or component is a matter of the session.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "units.ts"))]
pub struct Point {
    pub id: PointId,
    pub unit: UnitId,
    pub name: String,
    pub address: String,
    /// Equipment card: what stands on the table, in the technician's words.
    pub equipment: String,
    /// Telephone for the day the line is cut.
    pub phone: String,
    #[cfg_attr(test, ts(type = "string"))]
    pub valid_from: Date,
    #[cfg_attr(test, ts(type = "string | null"))]
    pub valid_to: Option<Date>,
}

/// Role of a point in one session (D154 Điều 3(3)–(5)): exactly one is central.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "units.ts"))]
#[serde(rename_all = "snake_case")]
pub enum PointRole {
    /// Điểm cầu trung tâm.
    Central,
    /// Điểm cầu thành phần.
    Component,
}

/// What a device of a point is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "units.ts"))]
#[serde(rename_all = "snake_case")]
pub enum DeviceKind {
    /// The one with sound and camera. A second one asks for take-over.
    Main,
    /// Receives, muted.
    CitizenScreen,
    /// Document camera.
    Paper,
    /// No sound: papers, roster, texts.
    Companion,
    /// An encoder or a codec's output without a browser of ours (RFC 9725): picture and sound of the point.
    Encoder,
    /// A display of the public stage, without a browser of ours (WHEP). It stands at no point.
    Wall,
}

impl DeviceKind {
    /// Whether it comes by a token of its own and not through our pages: it has no socket and acts never.
    pub fn is_foreign(self) -> bool {
        matches!(self, Self::Encoder | Self::Wall)
    }
}

/// A machine paired with a point.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "units.ts"))]
pub struct Device {
    pub id: DeviceId,
    pub point: PointId,
    pub kind: DeviceKind,
    pub name: String,
    /// Public key of its pairing (SPKI, base64url), the private half never leaves its browser.
    pub public_key: String,
    pub revoked: bool,
}
