//! What a client can ask of a session. Every command is one act of one person; its effect is a set of events, or a
//! refusal that names a code.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::cases::{Petition, StoredFile};
use crate::domain::event::{Registration, SessionPoint};
use crate::domain::ids::{BlockId, ConnectionId, PersonId, PointId, UserId, VisitId};
use crate::domain::people::{Function, IdentityCheck, Person};
use crate::domain::session::{SessionAct, SessionStep, StepOutcome};
use crate::domain::visit::{BlockKind, ClosingCard, Confirmation, VisitAct};

/// One act. Tagged by `do`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "command.ts"))]
#[serde(rename_all = "snake_case", tag = "do", deny_unknown_fields)]
pub enum Command {
    // --- the session
    /// Any move of the session but closing and interruption by loss, which have commands of their own.
    MoveSession {
        act: SessionAct,
        /// A duty for reject, pause, interrupt, postpone, cancel; for a start with duties open, the reason to start all the same.
        #[serde(default)]
        reason: String,
        /// A duty for postpone and reschedule.
        #[serde(default)]
        #[cfg_attr(test, ts(type = "string | null"))]
        new_start: Option<Timestamp>,
    },
    RecordStep {
        step: SessionStep,
        #[serde(default)]
        point: Option<PointId>,
        outcome: StepOutcome,
    },
    AddPoint {
        point: SessionPoint,
    },
    AssignFunction {
        user: UserId,
        name: String,
        title: String,
        function: Function,
        point: PointId,
    },
    WithdrawFunction {
        user: UserId,
        function: Function,
    },
    HandOverPresiding {
        to: UserId,
    },
    SetRoomWide {
        on: bool,
    },
    /// First of the two steps that end a session; undone within 30 s by `undo_end`.
    ProposeEnd,
    UndoEnd,
    /// Second step, possible at once after the first; the undo is offered for 30 s and the server closes when they are over.
    ConfirmEnd,
    BeginConsultation {
        points: Vec<PointId>,
    },
    EndConsultation,
    /// Going on while the recorder has failed: asked by the presider, agreed by the note-taker.
    AllowUnrecorded {
        reason: String,
    },
    // --- wires
    /// A second `main` device of a point asks to become the one.
    TakeOver {
        connection: ConnectionId,
    },
    // --- people at points
    ExpectPerson {
        point: PointId,
        person: Person,
    },
    SeatPerson {
        point: PointId,
        person: Person,
        seat: u32,
        #[serde(default)]
        substitute_for: Option<PersonId>,
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
    SeeIdentity {
        visit: VisitId,
        person: PersonId,
        how: IdentityCheck,
    },
    AnnounceRecording {
        visit: VisitId,
        language: String,
    },
    AttestAttendance {
        point: PointId,
    },
    // --- visits
    RegisterVisit {
        registration: Registration,
    },
    /// Any move of a visit that needs nothing but a reason.
    MoveVisit {
        visit: VisitId,
        act: VisitAct,
        #[serde(default)]
        reason: String,
    },
    /// Names the visit the presider saw as next: two clicks or two devices make one call.
    CallNext {
        visit: VisitId,
    },
    SetVisitPoints {
        visit: VisitId,
        agency_points: Vec<PointId>,
    },
    OrderAgenda {
        visits: Vec<VisitId>,
    },
    /// Fills the closing card and ends the hearing of the visit.
    CloseHearing {
        visit: VisitId,
        card: ClosingCard,
    },
    AttachFile {
        visit: VisitId,
        file: StoredFile,
    },
    Classify {
        visit: VisitId,
        petitions: Vec<Petition>,
    },
    // --- floor
    RaiseHand {
        #[serde(default)]
        person: Option<PersonId>,
    },
    LowerHand,
    GiveFloor {
        point: PointId,
        #[serde(default)]
        person: Option<PersonId>,
    },
    TakeFloor {
        point: PointId,
    },
    /// The officer's key (F8 or foot switch). Opens only with the floor.
    Microphone {
        open: bool,
    },
    // --- minutes
    LeaseBlock {
        visit: VisitId,
        block: BlockId,
        block_kind: BlockKind,
    },
    /// The whole text of the block as the writer sees it; acknowledged when it is stored.
    WriteBlock {
        visit: VisitId,
        block: BlockId,
        block_kind: BlockKind,
        /// Revision the writer started from.
        #[cfg_attr(test, ts(type = "number"))]
        base: u64,
        text: String,
    },
    LeaveBlock {
        visit: VisitId,
        block: BlockId,
    },
    FreezeText {
        visit: VisitId,
    },
    ReadBack {
        visit: VisitId,
    },
    ConfirmText {
        visit: VisitId,
        person: PersonId,
        how: Confirmation,
    },
    RefuseSignature {
        visit: VisitId,
        person: PersonId,
        reason: String,
    },
    EndVisit {
        visit: VisitId,
    },
}

impl Command {
    /// The name on the wire, in `domain::access` and in the text catalogue.
    pub fn name(&self) -> String {
        serde_json::to_value(self)
            .ok()
            .and_then(|value| value.get("do").and_then(|name| name.as_str().map(str::to_owned)))
            .unwrap_or_default()
    }

    /// The action that `domain::access` has a row for: the name, with the act where one command has many.
    pub fn action(&self) -> String {
        let name = self.name();
        let act = match self {
            Self::MoveSession { act, .. } => serde_json::to_value(act),
            Self::MoveVisit { act, .. } => serde_json::to_value(act),
            Self::RecordStep { step, .. } => serde_json::to_value(step),
            _ => return name,
        };
        match act.ok().as_ref().and_then(serde_json::Value::as_str) {
            Some(act) => format!("{name}.{act}"),
            None => name,
        }
    }
}
