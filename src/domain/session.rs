//! The session (buổi tiếp công dân): its states and every allowed transition.
//!
//! The table is the rule: what is not in it does not happen. `tests/golden/transitions.txt` prints it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// State of a session (design §2; domain.md §4.2).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "session.ts"))]
#[serde(rename_all = "snake_case")]
pub enum SessionStatus {
    /// Đề xuất.
    Proposed,
    /// Đã quyết định: the head's act (D154 Điều 20).
    Approved,
    /// Không chấp thuận.
    Rejected,
    /// Đã công bố (L42 Điều 24(4)).
    Published,
    /// Đã thông báo các bên (D154 Điều 23(1)).
    Notified,
    /// Đã kết nối thử (D154 Điều 23(1)).
    Tested,
    /// Đang kết nối.
    Connecting,
    /// Sẵn sàng (D154 Điều 23(1): 1 hour before).
    Ready,
    /// Đang tiếp.
    InProgress,
    /// Tạm dừng.
    Paused,
    /// Gián đoạn.
    Interrupted,
    /// Kết thúc.
    Closed,
    /// Đã có biên bản.
    Minuted,
    /// Đã kết luận.
    Concluded,
    /// Đã lưu trữ.
    Archived,
    /// Lùi lịch (L42 Điều 24(4)).
    Postponed,
    /// Hủy.
    Cancelled,
}

/// What moves a session.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "session.ts"))]
#[serde(rename_all = "snake_case")]
pub enum SessionAct {
    Approve,
    Reject,
    Publish,
    Notify,
    Test,
    OpenLobby,
    MakeReady,
    Start,
    Pause,
    Interrupt,
    /// From a pause or an interruption.
    Resume,
    Close,
    Minute,
    Conclude,
    Archive,
    Postpone,
    /// After a postponement the new time is decided.
    Reschedule,
    Cancel,
}

every! {
    /// Every state, for tables and tests.
    ALL_STATUSES: SessionStatus {
        Proposed, Approved, Rejected, Published, Notified, Tested, Connecting, Ready, InProgress, Paused,
        Interrupted, Closed, Minuted, Concluded, Archived, Postponed, Cancelled,
    }
}

every! {
    /// Every act, for tables and tests.
    ALL_ACTS: SessionAct {
        Approve, Reject, Publish, Notify, Test, OpenLobby, MakeReady, Start, Pause, Interrupt, Resume, Close, Minute,
        Conclude, Archive, Postpone, Reschedule, Cancel,
    }
}

impl SessionStatus {
    /// The state after the act, or `None` where the act is not allowed.
    pub fn after(self, act: SessionAct) -> Option<Self> {
        use SessionAct as A;
        use SessionStatus as S;
        Some(match (self, act) {
            (S::Proposed, A::Approve) | (S::Postponed, A::Reschedule) => S::Approved,
            (S::Proposed, A::Reject) => S::Rejected,
            (S::Approved, A::Publish) => S::Published,
            (S::Published, A::Notify) => S::Notified,
            (S::Notified, A::Test) => S::Tested,
            (S::Tested, A::OpenLobby) => S::Connecting,
            (S::Connecting, A::MakeReady) => S::Ready,
            (S::Ready, A::Start) | (S::Paused | S::Interrupted, A::Resume) => S::InProgress,
            (S::InProgress, A::Pause) => S::Paused,
            (S::InProgress, A::Interrupt) => S::Interrupted,
            (S::InProgress, A::Close) => S::Closed,
            (S::Closed, A::Minute) => S::Minuted,
            (S::Minuted, A::Conclude) => S::Concluded,
            (S::Concluded, A::Archive) => S::Archived,
            (S::Interrupted, A::Postpone) => S::Postponed,
            (before, A::Postpone) if before.is_before_start() => S::Postponed,
            (before, A::Cancel) if before.is_before_start() => S::Cancelled,
            _ => return None,
        })
    }

    /// Whether the session has been decided or proposed but not yet begun.
    pub fn is_before_start(self) -> bool {
        use SessionStatus::{Approved, Connecting, Notified, Proposed, Published, Ready, Tested};
        matches!(self, Proposed | Approved | Published | Notified | Tested | Connecting | Ready)
    }

    /// Whether points are linked: lobby, call, pauses.
    pub fn is_live(self) -> bool {
        use SessionStatus::{Connecting, InProgress, Interrupted, Paused, Ready};
        matches!(self, Connecting | Ready | InProgress | Paused | Interrupted)
    }

    /// Whether nothing goes on until somebody decides: people are told why.
    pub fn is_stopped(self) -> bool {
        use SessionStatus::{Cancelled, Interrupted, Paused, Postponed, Rejected};
        matches!(self, Paused | Interrupted | Postponed | Cancelled | Rejected)
    }

    /// Whether nothing more can happen that the record tells of: only papers follow, or nothing at all.
    pub fn is_over(self) -> bool {
        use SessionStatus::{Archived, Cancelled, Closed, Concluded, Minuted, Rejected};
        matches!(self, Closed | Minuted | Concluded | Archived | Rejected | Cancelled)
    }

    /// Whether the reception has begun and not yet been closed.
    pub fn is_under_way(self) -> bool {
        use SessionStatus::{InProgress, Interrupted, Paused};
        matches!(self, InProgress | Paused | Interrupted)
    }
}

/// Loại hình tiếp công dân (L42 Điều 2(1)).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "session.ts"))]
#[serde(rename_all = "snake_case")]
pub enum ReceptionKind {
    /// Thường xuyên.
    Regular,
    /// Định kỳ: the head's day.
    Periodic,
    /// Đột xuất (L42 Điều 18(3)).
    AdHoc,
}

/// Ground on which online reception may be chosen (D154 Điều 20).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "session.ts"))]
#[serde(rename_all = "snake_case")]
pub enum EligibilityGround {
    /// E1: complex, several agencies or places.
    Complex,
    /// E2: remote area, policy beneficiary, old, weak or disabled, who wishes it.
    RemoteOrWeak,
    /// E3: disaster, epidemic, security and order.
    Emergency,
    /// E4: complex denunciation without request for secrecy, confidentiality ensured.
    ComplexDenunciation,
    /// E5: other practical need. Never opens the way for a denunciation.
    OtherNeed,
}

/// A duty before or around the call that leaves evidence: who, when, at which point.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "session.ts"))]
#[serde(rename_all = "snake_case")]
pub enum SessionStep {
    /// Niêm yết, đăng tải lịch (L42 Điều 24).
    Publication,
    /// Thông báo cho công dân và cơ quan (D154 Điều 23(1)).
    Notice,
    /// Kết nối thử (D154 Điều 23(1)).
    TrialCall,
    /// Thấy rõ và nghe rõ, per point (D154 Điều 23(1)).
    SeenAndHeard,
    /// Điểm danh.
    RollCall,
    /// Phổ biến nội quy, quyền và nghĩa vụ.
    RulesRead,
}

/// How a step ended. Ad hoc sessions may pass a gate as not possible, and it is printed so.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "session.ts"))]
#[serde(rename_all = "snake_case", tag = "result")]
pub enum StepOutcome {
    /// Done; the note may name the evidence.
    Done { note: String },
    /// Không thể thực hiện: reason, and who decided to go on.
    NotPossible { reason: String, decided_by: String },
}

/// Why and until when a session was put off; the new time is a duty (L42 Điều 24(4)).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "session.ts"))]
pub struct Postponement {
    pub reason: String,
    #[cfg_attr(test, ts(type = "string"))]
    pub new_start: Timestamp,
}
