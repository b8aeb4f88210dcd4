//! What has happened: the typed events of a session log. Golden for ever: a variant is never changed, only followed by
//! a new one; a new field has a default.
//!
//! The envelope (sequence, time, actor, scope, hashes) belongs to `chain`; an event is only its body.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::cases::{Petition, PetitionKind, Promise, StoredFile};
use super::chain::Scope;
use super::ids::{
    BlockId, BootId, CaseId, ConnectionId, PersonId, PointId, SegmentId, SessionId, UnitId, UserId, VisitId,
};
use super::people::{Class, Function, IdentityCheck, Person};
use super::session::{EligibilityGround, ReceptionKind, SessionAct, SessionStatus, SessionStep, StepOutcome};
use super::units::PointRole;
use super::visit::{BlockKind, ClosingCard, Confirmation, VisitAct, VisitStatus};

/// How a session begins to exist.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "event.ts"))]
pub struct Proposal {
    pub session: SessionId,
    pub unit: UnitId,
    pub title: String,
    pub kind: ReceptionKind,
    #[cfg_attr(test, ts(type = "string"))]
    pub starts_at: Timestamp,
    pub grounds: Vec<EligibilityGround>,
    pub points: Vec<SessionPoint>,
}

/// A point as the session knows it: names as printed on that day.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "event.ts"))]
pub struct SessionPoint {
    pub point: PointId,
    pub unit: UnitId,
    pub role: PointRole,
    pub name: String,
    pub address: String,
}

/// A visit as it is registered.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "event.ts"))]
pub struct Registration {
    pub visit: VisitId,
    /// What a restricted or public screen shows instead of a name.
    pub number: u32,
    pub class: Class,
    /// What the citizen says it is; classification comes at the end, by content.
    pub presented_as: PetitionKind,
    /// Where the citizen sits (D154 Điều 22(3)).
    pub citizen_point: PointId,
    /// Who sees and hears this visit besides the central and the citizen's point.
    pub agency_points: Vec<PointId>,
    pub summary: String,
    /// Those received, the first is the main one.
    pub persons: Vec<Person>,
    /// People of the group in all, members who are not in the call included.
    pub group_size: u32,
    /// The matter, where it is known already.
    pub case: Option<CaseId>,
    /// Whether the denouncer asks for secrecy; asked of a denunciation alone (D154 Điều 20(4)).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub secrecy_requested: Option<bool>,
}

/// What the recorder tells the log of one of its files.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "event.ts"))]
pub struct SegmentMark {
    pub segment: SegmentId,
    pub point: PointId,
    /// `microphone`, `camera` or `paper`.
    pub source: String,
    /// Bytes of ciphertext the digest covers.
    #[cfg_attr(test, ts(type = "number"))]
    pub bytes: u64,
    /// SHA-256 over the file's prefix, hex.
    pub sha256: String,
    #[cfg_attr(test, ts(type = "number"))]
    pub duration_ms: u64,
}

/// Frozen text of a visit: what is read back and signed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "event.ts"))]
pub struct FrozenText {
    pub blocks: Vec<(BlockKind, String)>,
    /// SHA-256 of the canonical text, hex; printed on the paper.
    pub sha256: String,
    /// Whether the conclusion says in words who answers until when (`minutes::TextForm::Three`). Where it does not, the
    /// paper of an old log takes that from the closing card.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(test, ts(optional, as = "Option<bool>"))]
    pub answer_told: bool,
}

/// One thing that happened in a session.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "event.ts"))]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum Event {
    // --- the session
    SessionProposed(Proposal),
    SessionMoved {
        act: SessionAct,
        to: SessionStatus,
        reason: String,
        /// For a postponement or a new time.
        #[cfg_attr(test, ts(type = "string | null"))]
        new_start: Option<Timestamp>,
        /// From when it is so, where that is earlier than the event: an interruption begins with the loss.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional, as = "Option<String>"))]
        since: Option<Timestamp>,
    },
    StepRecorded {
        step: SessionStep,
        point: Option<PointId>,
        outcome: StepOutcome,
    },
    PointAdded(SessionPoint),
    FunctionAssigned {
        user: UserId,
        name: String,
        title: String,
        function: Function,
        point: PointId,
    },
    FunctionWithdrawn {
        user: UserId,
        function: Function,
    },
    PresidingHandedOver {
        from: UserId,
        to: UserId,
    },
    RoomWideSet {
        on: bool,
    },
    EndProposed {
        #[cfg_attr(test, ts(type = "string"))]
        until: Timestamp,
    },
    EndUndone,
    ConsultationBegan {
        points: Vec<PointId>,
    },
    ConsultationEnded,
    // --- wires, as facts about places
    PointConnected {
        point: PointId,
    },
    PointLost {
        point: PointId,
        #[cfg_attr(test, ts(type = "string"))]
        since: Timestamp,
    },
    PointBack {
        point: PointId,
    },
    ServerStarted {
        boot: BootId,
    },
    ClockStepped {
        #[cfg_attr(test, ts(type = "number"))]
        delta_us: i64,
    },
    TakeOver {
        point: PointId,
        to: ConnectionId,
    },
    // --- people
    PersonExpected {
        point: PointId,
        person: Person,
        /// The visit whose person this is: the name is sealed with the visit, and goes with it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        visit: Option<VisitId>,
    },
    PersonIn {
        point: PointId,
        person: Person,
        seat: u32,
        substitute_for: Option<PersonId>,
        /// The visit whose person this is: the name is sealed with the visit, and goes with it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        visit: Option<VisitId>,
    },
    PersonOut {
        point: PointId,
        person: PersonId,
    },
    PersonBack {
        point: PointId,
        person: PersonId,
        seat: u32,
    },
    IdentitySeen {
        visit: VisitId,
        person: PersonId,
        how: IdentityCheck,
    },
    RecordingAnnounced {
        visit: VisitId,
        point: PointId,
        language: String,
    },
    AttendanceAttested {
        point: PointId,
    },
    /// The roster changed after it was attested: an officer has to answer for it anew.
    AttestationVoided {
        point: PointId,
    },
    // --- visits
    VisitRegistered(Registration),
    VisitMoved {
        visit: VisitId,
        act: VisitAct,
        to: VisitStatus,
        reason: String,
    },
    VisitPointsSet {
        visit: VisitId,
        agency_points: Vec<PointId>,
    },
    AgendaOrdered {
        visits: Vec<VisitId>,
    },
    ClosingCardFilled {
        visit: VisitId,
        card: ClosingCard,
    },
    FileAttached {
        visit: VisitId,
        file: StoredFile,
    },
    VisitClassified {
        visit: VisitId,
        petitions: Vec<Petition>,
    },
    /// The content turned out to be a denunciation: what exists is masked from now on.
    ClassRaised {
        visit: VisitId,
    },
    VisitFiled {
        visit: VisitId,
        case: CaseId,
        /// How often the case has been received, this visit included: 1 is "lần đầu".
        receptions: u32,
        promise: Option<Promise>,
        register_year: i16,
        register_number: u32,
    },
    // --- floor
    FloorRequested {
        point: PointId,
        person: Option<PersonId>,
    },
    FloorRequestWithdrawn {
        point: PointId,
    },
    FloorGiven {
        point: PointId,
        person: Option<PersonId>,
    },
    FloorTaken {
        point: PointId,
        reason: String,
    },
    MicrophoneOpened {
        point: PointId,
    },
    MicrophoneClosed {
        point: PointId,
        reason: String,
    },
    // --- minutes
    BlockLeft {
        visit: VisitId,
        block: BlockId,
        block_kind: BlockKind,
        #[cfg_attr(test, ts(type = "number"))]
        revision: u64,
        text: String,
    },
    TextFrozen {
        visit: VisitId,
        text: FrozenText,
    },
    TextConfirmed {
        visit: VisitId,
        person: PersonId,
        point: PointId,
        how: Confirmation,
    },
    SignatureRefused {
        visit: VisitId,
        person: PersonId,
        point: PointId,
        reason: String,
    },
    /// The text was opened again: who had refused to sign it has not answered to the next one.
    AnswersVoided {
        visit: VisitId,
    },
    // --- recorder
    RecordingStarted,
    RecordingStopped {
        reason: String,
    },
    SegmentOpened {
        visit: Option<VisitId>,
        mark: SegmentMark,
        /// Of its first picture or sound; the event's own time may be later.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional, as = "Option<String>"))]
        began_at: Option<Timestamp>,
    },
    SegmentHashed {
        visit: Option<VisitId>,
        mark: SegmentMark,
    },
    SegmentClosed {
        visit: Option<VisitId>,
        mark: SegmentMark,
    },
    RecordingGap {
        visit: Option<VisitId>,
        point: PointId,
        source: String,
        #[cfg_attr(test, ts(type = "string"))]
        from: Timestamp,
        #[cfg_attr(test, ts(type = "string"))]
        to: Timestamp,
        cause: String,
    },
    RecorderFailed {
        cause: String,
    },
    RecorderRecovered,
    /// Going on without a recorder: presider and note-taker, with a reason (D154 Điều 24(1)).
    UnrecordedAllowed {
        by_presider: UserId,
        by_note_taker: UserId,
        reason: String,
    },
    // --- quality
    QualityCrossed {
        point: PointId,
        level: String,
        loss_permille: u16,
        rtt_ms: u16,
    },
    QualityDigest {
        visit: VisitId,
        point: PointId,
        worst_loss_permille: u16,
        median_loss_permille: u16,
    },
}

impl Event {
    /// The stable name, as the log's `kind` column has it.
    pub fn kind(&self) -> String {
        serde_json::to_value(self)
            .ok()
            .and_then(|value| value.get("event").and_then(|name| name.as_str().map(str::to_owned)))
            .unwrap_or_default()
    }

    /// Version of the body, for the log's `v` column. It rises where the meaning of a kind changes.
    pub fn version(&self) -> u32 {
        match self {
            // 2: the hash is of `minutes::TextForm::Two`. 3: of `TextForm::Three`.
            Self::TextFrozen { text, .. } if text.answer_told => 3,
            Self::TextFrozen { .. } => 2,
            _ => 1,
        }
    }

    /// Whose key seals the body: what tells of a visit goes with the visit.
    pub fn scope(&self) -> Scope {
        match self {
            Self::VisitRegistered(registration) => Scope::Visit(registration.visit),
            Self::PersonExpected { visit: Some(visit), .. }
            | Self::PersonIn { visit: Some(visit), .. }
            | Self::IdentitySeen { visit, .. }
            | Self::RecordingAnnounced { visit, .. }
            | Self::VisitMoved { visit, .. }
            | Self::VisitPointsSet { visit, .. }
            | Self::ClosingCardFilled { visit, .. }
            | Self::FileAttached { visit, .. }
            | Self::VisitClassified { visit, .. }
            | Self::ClassRaised { visit }
            | Self::VisitFiled { visit, .. }
            | Self::BlockLeft { visit, .. }
            | Self::TextFrozen { visit, .. }
            | Self::TextConfirmed { visit, .. }
            | Self::SignatureRefused { visit, .. }
            | Self::AnswersVoided { visit }
            | Self::QualityDigest { visit, .. }
            | Self::SegmentOpened { visit: Some(visit), .. }
            | Self::SegmentHashed { visit: Some(visit), .. }
            | Self::SegmentClosed { visit: Some(visit), .. }
            | Self::RecordingGap { visit: Some(visit), .. } => Scope::Visit(*visit),
            _ => Scope::Session,
        }
    }
}
