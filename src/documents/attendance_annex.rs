//! Phụ lục: who was expected and who came, point by point, attested by a named officer of each (design §6).

use jiff::civil::{Date, DateTime};
use serde::{Deserialize, Serialize};

use super::parts::Interruption;
use super::{Paper, PaperProof};
use crate::domain::presence::AttendanceStatus;

/// The attendance of one session or of one visit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AttendanceAnnex {
    /// What it is attached to.
    pub belongs_to: MainPaper,
    /// Title of the session, in words.
    pub session: String,
    /// Day of the session.
    pub day: Date,
    /// The points, the central one first.
    pub points: Vec<PointAttendance>,
    /// Only some of the points, for who may read no others; proves nothing and says so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub extract: bool,
    /// From which state of the record; none prints as a draft.
    pub proof: Option<PaperProof>,
}

/// The paper or file that the annex is attached to (D30, Phụ lục I: an annex carries no national motto of its own).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MainPaper {
    /// Number and symbol of the minutes, for example `05/BB-BTCD`; none when it belongs to the whole session.
    pub number: Option<String>,
    /// Date of that paper or session.
    pub date: Option<Date>,
    /// Who issued it.
    pub agency: String,
}

/// One point.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PointAttendance {
    /// Name of the point.
    pub name: String,
    /// Address.
    pub address: Option<String>,
    /// One row per person, however often the connection was cut.
    pub people: Vec<Attendee>,
    /// Technical gaps of the point.
    pub gaps: Vec<Interruption>,
    /// Officer of the point who attests these rows.
    pub attested_by: Option<String>,
    /// Their title.
    pub attested_title: Option<String>,
    /// When they attested; none leaves it to the hand.
    pub attested_at: Option<DateTime>,
}

/// One person at one point.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Attendee {
    /// Name, or the code of a denouncer under secrecy.
    pub name: String,
    /// Title and unit, or standing.
    pub title: Option<String>,
    /// What came of it.
    pub attendance: Attendance,
    /// First coming in, by an act of the point officer.
    pub came_at: Option<DateTime>,
    /// Last going out.
    pub left_at: Option<DateTime>,
    /// For whom this person came.
    pub substitute_for: Option<String>,
    /// Reason of absence or other remark.
    pub remark: Option<String>,
}

/// What came of an expectation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Attendance {
    /// Present from the beginning to the end.
    Present,
    /// Came after the beginning.
    Late,
    /// Left before the end.
    LeftEarly,
    /// Came after the beginning and left before the end.
    LateAndLeftEarly,
    /// Did not come, with reason given.
    AbsentExcused,
    /// Did not come, without reason.
    Absent,
    /// Came without being expected.
    Unexpected,
}

/// A substitute is present; for whom stands in [`Attendee::substitute_for`].
impl From<AttendanceStatus> for Attendance {
    fn from(status: AttendanceStatus) -> Self {
        match status {
            AttendanceStatus::Present | AttendanceStatus::Substitute => Self::Present,
            AttendanceStatus::Late => Self::Late,
            AttendanceStatus::LeftEarly => Self::LeftEarly,
            AttendanceStatus::Absent => Self::Absent,
        }
    }
}

impl Paper for AttendanceAnnex {
    const FORM: &'static str = "attendance_annex";
    fn proof(&self) -> Option<&PaperProof> {
        self.proof.as_ref()
    }
}
