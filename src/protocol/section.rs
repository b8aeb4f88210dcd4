//! The published state: sections. Collections are objects keyed by id; what an audience may not see is absent.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::cases::{Petition, PetitionKind, Promise, StoredFile};
use crate::domain::ids::{BlockId, CaseId, ConnectionId, PersonId, PointId, SessionId, UnitId, UserId, VisitId};
use crate::domain::people::{Class, Function, IdentityCheck, Person};
use crate::domain::session::{EligibilityGround, ReceptionKind, SessionStatus, SessionStep, StepOutcome};
use crate::domain::units::PointRole;
use crate::domain::visit::{BlockKind, ClosingCard, Confirmation, VisitStatus};

/// Section `public`: what everybody of the session sees, citizen screens included. No names of citizens.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "section.ts"))]
pub struct PublicSection {
    pub session: SessionId,
    pub title: String,
    pub kind: ReceptionKind,
    pub status: SessionStatus,
    #[cfg_attr(test, ts(type = "string"))]
    pub starts_at: Timestamp,
    pub recording: RecordingView,
    /// Sentence for a pause, interruption or postponement; empty for those outside of something private.
    pub notice: String,
    /// When a proposed end becomes final.
    #[cfg_attr(test, ts(type = "string | null"))]
    pub ends_at: Option<Timestamp>,
    pub points: BTreeMap<PointId, PublicPoint>,
    /// Number of the running visit, absent while it is restricted.
    pub running_number: Option<u32>,
    /// Where its citizen sits, absent likewise.
    pub running_point: Option<PointId>,
    pub floor: FloorView,
    pub consultation: bool,
    /// Every point of the session sees and hears what is running now; never true of a restricted visit.
    pub room_wide: bool,
}

/// State of the recorder.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "section.ts"))]
#[serde(rename_all = "snake_case")]
pub enum RecordingView {
    Off,
    Running,
    Failed,
    /// Failed, and presider and note-taker go on without it.
    Waived,
}

/// A point as everybody sees it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "section.ts"))]
pub struct PublicPoint {
    pub name: String,
    pub role: PointRole,
    pub link: LinkView,
    pub microphone_open: bool,
    pub hand_raised: bool,
    /// Numbers waiting at this point, first in the queue first; restricted visits are absent.
    pub waiting: Vec<u32>,
    /// How its line was over the last 10 s; nothing while that is not known or the point is not connected.
    #[serde(default)]
    pub line: Option<LineLevel>,
    /// The citizen of the running visit sits here; of a restricted visit only those who take part in it are told.
    #[serde(default)]
    pub on_stage: bool,
}

/// How a point is linked.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "section.ts"))]
#[serde(rename_all = "snake_case")]
pub enum LinkView {
    /// Never connected in this session.
    Absent,
    Connected,
    /// Media or socket silent: being reconnected.
    Lost,
    /// Something private runs elsewhere: which places take part in it is not told.
    Untold,
}

/// How a line is, by loss over 10 s and round trip: below 3, 8 and 15 % of loss; above 400 ms `poor` at best.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "section.ts"))]
#[serde(rename_all = "snake_case")]
pub enum LineLevel {
    #[default]
    Good,
    Fair,
    Poor,
    Bad,
}

/// Who may speak.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "section.ts"))]
pub struct FloorView {
    pub point: Option<PointId>,
    pub person: Option<PersonId>,
    #[cfg_attr(test, ts(type = "string | null"))]
    pub since: Option<Timestamp>,
    /// Raised hands, first come first.
    pub hands: Vec<PointId>,
}

/// Section `staff`: agenda, duties, functions. Restricted visits are absent except at the receiver's point.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "section.ts"))]
pub struct StaffSection {
    pub grounds: Vec<EligibilityGround>,
    pub unit: UnitId,
    pub agenda: Vec<VisitId>,
    pub visits: BTreeMap<VisitId, AgendaRow>,
    /// The one button: what the presider would call next.
    pub next: Option<VisitId>,
    pub running: Option<VisitId>,
    pub functions: BTreeMap<UserId, FunctionRow>,
    pub steps: Vec<StepRow>,
    /// Codes of duties still open before the session may start.
    pub open_duties: Vec<String>,
    /// As it is switched, whatever runs now.
    pub room_wide: bool,
    /// The presider asks to go on without a recorder; for who may agree.
    pub unrecorded_asked: Option<UnrecordedAsked>,
    /// Points in private consultation, for those who are in it and at the receiver's side.
    pub consultation: Vec<PointId>,
    /// What of sound, picture and recording is not as it should be, within 5 s of its beginning.
    #[serde(default)]
    pub alarms: Vec<AlarmView>,
    /// Sequence and hash of the newest event: what paper carries.
    pub head: String,
}

/// Something about sound, picture or recording that staff must know at once.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "section.ts"))]
pub struct AlarmView {
    /// Key of the text catalogue. `recorder_disk_full`, `recorder_disk_error`, `recorder_key_missing`,
    /// `recorder_nothing_written`, `recorder_stalled`: nothing is recorded. `disk_full`, `disk_error`, `disk_stalled`: one
    /// of several disks is out. `source_not_written`, `source_muted`, `source_stopped`, `source_no_key_frame`: one source.
    /// `two_microphones`: those of two points hear the same. `camera_dark`, `camera_frozen`, `microphone_silent`,
    /// `microphone_clipping`: a device, by the word of its own browser.
    pub code: String,
    /// Where the source is; absent for the recorder as a whole, and where something private runs and which places take
    /// part in it is not told.
    pub point: Option<PointId>,
    /// `microphone`, `camera` or `paper`.
    pub source: Option<String>,
    /// The other point, where it is about two; absent like `point`.
    pub with: Option<PointId>,
    /// Which disk, the first is 1.
    pub disk: Option<u32>,
}

/// A question to the note-taker (D154 Điều 24(1)).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "section.ts"))]
pub struct UnrecordedAsked {
    pub by: UserId,
    /// As the record will have it.
    pub reason: String,
}

/// A visit in the agenda.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "section.ts"))]
pub struct AgendaRow {
    pub number: u32,
    pub class: Class,
    pub status: VisitStatus,
    pub presented_as: PetitionKind,
    pub citizen_point: PointId,
    pub summary: String,
    pub people: u32,
    /// Name of the main person.
    pub name: String,
}

/// An account in the session.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "section.ts"))]
pub struct FunctionRow {
    pub name: String,
    pub title: String,
    pub functions: Vec<Function>,
    pub point: PointId,
    pub connected: bool,
}

/// Evidence of a duty.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "section.ts"))]
pub struct StepRow {
    pub step: SessionStep,
    pub point: Option<PointId>,
    pub outcome: StepOutcome,
    /// Name of who recorded it; empty for an account without a function in the session.
    pub by: String,
    #[cfg_attr(test, ts(type = "string"))]
    pub at: Timestamp,
}

/// Section `devices`: what a technician needs, no content.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "section.ts"))]
pub struct DevicesSection {
    pub connections: BTreeMap<String, DeviceRow>,
    /// Connections of a second main device that ask to take over.
    pub take_over: BTreeMap<String, PointId>,
    /// As in section `staff`.
    #[serde(default)]
    pub alarms: Vec<AlarmView>,
    /// Line of each point over the last 15 minutes.
    #[serde(default)]
    pub history: BTreeMap<PointId, LineHistory>,
}

/// The line of a point, each 5 s, 180 times at most, oldest first: whole numbers with a space between, so that a patch
/// replaces one text and not a list.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "section.ts"))]
pub struct LineHistory {
    /// Per mille of packets lost, the worse direction.
    pub loss: String,
    /// Round trip in milliseconds.
    pub rtt: String,
}

/// One wire.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "section.ts"))]
pub struct DeviceRow {
    pub point: Option<PointId>,
    pub device: crate::domain::units::DeviceKind,
    /// `none`, `connected`, `silent`.
    pub media: String,
    /// Sources that send now: `microphone`, `camera`, `paper`.
    pub sending: Vec<String>,
    pub loss_permille: u16,
    pub rtt_ms: Option<u16>,
    pub jitter_ms: u16,
    pub up_kbps: u32,
    pub down_kbps: u32,
    /// Best layer of its camera that arrives: `quarter`, `half`, `full`.
    #[serde(default)]
    pub layer: Option<String>,
    /// Per mille of the sound it plays that its browser had to make up (webrtc-stats: concealed and not silent).
    #[serde(default)]
    pub concealed_permille: Option<u16>,
}

/// Section `visit:{id}`: the whole of one visit for those who take part in it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "section.ts"))]
pub struct VisitSection {
    pub visit: VisitId,
    pub number: u32,
    pub class: Class,
    pub status: VisitStatus,
    pub presented_as: PetitionKind,
    pub citizen_point: PointId,
    pub agency_points: Vec<PointId>,
    pub summary: String,
    /// Main person first.
    pub persons: Vec<Person>,
    pub group_size: u32,
    pub identity_seen: BTreeMap<PersonId, IdentityCheck>,
    pub recording_announced: bool,
    #[cfg_attr(test, ts(type = "string | null"))]
    pub began_at: Option<Timestamp>,
    pub card: Option<ClosingCard>,
    pub files: Vec<StoredFile>,
    pub petitions: Vec<Petition>,
    pub case: Option<CaseId>,
    pub promise: Option<Promise>,
    pub register: Option<String>,
    pub frozen: Option<String>,
    /// The frozen text as read back.
    pub frozen_text: Vec<(BlockKind, String)>,
    pub confirmed: BTreeMap<PersonId, Confirmation>,
    pub refused: BTreeMap<PersonId, String>,
    pub timeline: Vec<TimelineRow>,
}

/// A line of the visit's story, in local sentences by code.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "section.ts"))]
pub struct TimelineRow {
    #[cfg_attr(test, ts(type = "number"))]
    pub seq: i64,
    #[cfg_attr(test, ts(type = "string"))]
    pub at: Timestamp,
    /// Key of the text catalogue.
    pub code: String,
    pub point: Option<PointId>,
    pub person: Option<PersonId>,
    pub note: String,
}

/// Section `minutes:{visit}`: the text while it is written.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "section.ts"))]
pub struct MinutesSection {
    pub blocks: BTreeMap<BlockId, BlockView>,
}

/// One block of text.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "section.ts"))]
pub struct BlockView {
    pub block_kind: BlockKind,
    #[cfg_attr(test, ts(type = "number"))]
    pub revision: u64,
    pub text: String,
    /// Who holds the lease, and until when.
    pub writer: Option<UserId>,
    pub writer_name: String,
    /// Stored at.
    #[cfg_attr(test, ts(type = "string"))]
    pub saved_at: Timestamp,
}

/// Section `point:{id}`: the roster of one point.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "section.ts"))]
pub struct PointSection {
    pub point: PointId,
    pub name: String,
    pub address: String,
    pub roster: BTreeMap<PersonId, RosterRow>,
    pub attested_by: Option<String>,
    /// Visits whose citizen sits here, waiting or running, first in the queue first.
    pub visits: Vec<VisitId>,
    /// The point may open its microphone now.
    pub may_speak: bool,
    pub microphone_open: bool,
    /// Further main devices of the point: they see and hear nothing until one takes over.
    #[serde(default)]
    pub take_over: Vec<ConnectionId>,
}

/// A person of a point.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "section.ts"))]
pub struct RosterRow {
    /// Of a restricted visit without name, except at the receiver's side.
    pub person: Person,
    /// The visit they come for.
    pub visit: Option<VisitId>,
    /// Their number among the visit's persons, from 1: what is shown where there is no name.
    pub ordinal: Option<u32>,
    pub seat: Option<u32>,
    /// `expected`, `present`, `out`.
    pub state: String,
    #[cfg_attr(test, ts(type = "string | null"))]
    pub first_in: Option<Timestamp>,
    pub substitute_for: Option<PersonId>,
}
