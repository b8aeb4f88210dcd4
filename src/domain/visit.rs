//! The visit (lượt tiếp): its states, its early ends, its closing card.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::ids::UnitId;

/// State of a visit (design §2; domain.md §4.4).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "visit.ts"))]
#[serde(rename_all = "snake_case")]
pub enum VisitStatus {
    /// Đã đăng ký.
    Registered,
    /// Hẹn (phiếu hẹn).
    Appointment,
    /// Đã đến.
    Arrived,
    /// Đã xác định nhân thân (D154 Điều 12).
    Identified,
    /// Đang chờ.
    Waiting,
    /// Đã mời.
    Called,
    /// Đang tiếp. One visit of a session at a time.
    InSession,
    /// Tạm giữ lượt.
    Held,
    /// Đã nghe xong: the closing card is complete.
    Heard,
    /// Đã ghi nội dung: the text is frozen.
    Recorded,
    /// Đã đọc lại (D154 Điều 14(1)).
    ReadBack,
    /// Đã ký hoặc điểm chỉ.
    Confirmed,
    /// Không ký.
    RefusedToSign,
    /// Đã phân loại.
    Classified,
    /// Kết thúc lượt.
    Ended,
    /// Từ chối tiếp.
    Refused,
    /// Công dân rút.
    Withdrawn,
    /// Công dân bỏ về.
    Left,
    /// Không đến.
    NoShow,
    /// Chuyển tiếp trực tiếp.
    MovedInPerson,
    /// Lùi lại.
    Postponed,
}

/// What moves a visit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "visit.ts"))]
#[serde(rename_all = "snake_case")]
pub enum VisitAct {
    MakeAppointment,
    Arrive,
    Identify,
    Wait,
    Call,
    /// A call that was a wrong click, or a point that is not ready: the place in the queue is kept.
    ReturnToQueue,
    Begin,
    Hold,
    Resume,
    /// With the closing card.
    Hear,
    /// Freezes the text.
    Record,
    /// The text is opened again while answers are still owed; those given are void, the frozen version stays in the log.
    Reopen,
    ReadBack,
    Confirm,
    RefuseToSign,
    Classify,
    End,
    Refuse,
    Withdraw,
    Leave,
    NoShow,
    MoveInPerson,
    Postpone,
}

every! {
    /// Every state, for tables and tests.
    ALL_STATUSES: VisitStatus {
        Registered, Appointment, Arrived, Identified, Waiting, Called, InSession, Held, Heard, Recorded, ReadBack,
        Confirmed, RefusedToSign, Classified, Ended, Refused, Withdrawn, Left, NoShow, MovedInPerson, Postponed,
    }
}

every! {
    /// Every act, for tables and tests.
    ALL_ACTS: VisitAct {
        MakeAppointment, Arrive, Identify, Wait, Call, ReturnToQueue, Begin, Hold, Resume, Hear, Record, Reopen,
        ReadBack, Confirm, RefuseToSign, Classify, End, Refuse, Withdraw, Leave, NoShow, MoveInPerson, Postpone,
    }
}

impl VisitStatus {
    /// The state after the act, or `None` where the act is not allowed.
    pub fn after(self, act: VisitAct) -> Option<Self> {
        use VisitAct as A;
        use VisitStatus as S;
        Some(match (self, act) {
            (S::Arrived | S::Identified | S::Waiting | S::Called, A::MakeAppointment) => S::Appointment,
            (S::Registered | S::Appointment, A::Arrive) => S::Arrived,
            (S::Arrived, A::Identify) => S::Identified,
            (S::Identified, A::Wait) | (S::Called, A::ReturnToQueue) => S::Waiting,
            (S::Waiting, A::Call) => S::Called,
            (S::Called, A::Begin) | (S::Held, A::Resume) => S::InSession,
            (S::InSession, A::Hold) => S::Held,
            (S::InSession, A::Hear) | (S::Recorded | S::ReadBack, A::Reopen) => S::Heard,
            (S::Heard, A::Record) => S::Recorded,
            (S::Recorded, A::ReadBack) => S::ReadBack,
            (S::ReadBack, A::Confirm) => S::Confirmed,
            (S::ReadBack, A::RefuseToSign) => S::RefusedToSign,
            // Again, too: the last thing that may be put right before the visit is in the register.
            (S::Confirmed | S::RefusedToSign | S::Classified, A::Classify) => S::Classified,
            (S::Classified, A::End) => S::Ended,
            // Who has come has not stayed away, and who never came has not walked out.
            (before, A::NoShow) if before.is_awaited() => S::NoShow,
            (before, A::Leave) if before.is_before_heard() && !before.is_awaited() => S::Left,
            (before, A::Refuse | A::Withdraw | A::MoveInPerson | A::Postpone) if before.is_before_heard() => {
                act.early_end()?
            }
            _ => return None,
        })
    }

    /// Whether the citizen is expected and has not come, or not come back.
    pub fn is_awaited(self) -> bool {
        matches!(self, Self::Registered | Self::Appointment)
    }

    /// Whether the matter has not been heard to its end. What was heard is written down, signed or refused, classified
    /// and entered into the register (L42 Điều 25; D154 Điều 27(1)): from there a visit only goes forward.
    pub fn is_before_heard(self) -> bool {
        use VisitStatus::{Appointment, Arrived, Called, Held, Identified, InSession, Registered, Waiting};
        matches!(self, Registered | Appointment | Arrived | Identified | Waiting | Called | InSession | Held)
    }

    /// Whether nothing can move the visit any more.
    pub fn is_final(self) -> bool {
        use VisitStatus::{Ended, Left, MovedInPerson, NoShow, Postponed, Refused, Withdrawn};
        matches!(self, Ended | Refused | Withdrawn | Left | NoShow | MovedInPerson | Postponed)
    }

    /// Whether the visit has the room's sound and picture. `Called` has: the point must be seen before it begins.
    pub fn is_on_stage(self) -> bool {
        matches!(self, Self::Called | Self::InSession)
    }

    /// Whether the note-taker may still write.
    pub fn text_is_open(self) -> bool {
        use VisitStatus::{Called, Heard, Held, Identified, InSession, Waiting};
        matches!(self, Identified | Waiting | Called | InSession | Held | Heard)
    }
}

impl VisitAct {
    /// The early end this act names, each with its own paper.
    pub fn early_end(self) -> Option<VisitStatus> {
        Some(match self {
            Self::Refuse => VisitStatus::Refused,
            Self::Withdraw => VisitStatus::Withdrawn,
            Self::Leave => VisitStatus::Left,
            Self::NoShow => VisitStatus::NoShow,
            Self::MoveInPerson => VisitStatus::MovedInPerson,
            Self::Postpone => VisitStatus::Postponed,
            _ => return None,
        })
    }
}

/// How the presider's answer stands at the end of a visit (D154 Điều 25(3)).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "visit.ts"))]
#[serde(rename_all = "snake_case", tag = "answer")]
pub enum Answer {
    /// Trả lời ngay.
    Now { text: String },
    /// Thời hạn và người liên hệ: both are duties.
    Later {
        #[cfg_attr(test, ts(type = "string"))]
        due: Date,
        contact: String,
        text: String,
    },
}

/// The closing card: without it a visit is not heard.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "visit.ts"))]
pub struct ClosingCard {
    pub answer: Answer,
    /// The responsible unit (D154 Điều 25(2)).
    pub unit: UnitId,
    /// Its name as the minutes print it.
    pub unit_name: String,
    /// Kết luận của người chủ trì.
    pub conclusion: String,
    /// Ý kiến của công dân on the conclusion; part of what is read back and signed.
    pub citizen_opinion: String,
}

impl ClosingCard {
    /// The first duty that is not fulfilled, as the field's name.
    pub fn missing_field(&self) -> Option<&'static str> {
        match &self.answer {
            Answer::Now { text } if text.trim().is_empty() => Some("answer.text"),
            Answer::Later { contact, .. } if contact.trim().is_empty() => Some("answer.contact"),
            _ if self.unit_name.trim().is_empty() => Some("unit_name"),
            _ if self.conclusion.trim().is_empty() => Some("conclusion"),
            _ => None,
        }
    }
}

/// How a person confirmed what was read back (D154 Điều 14(1)).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "visit.ts"))]
#[serde(rename_all = "snake_case")]
pub enum Confirmation {
    /// Ký.
    Signature,
    /// Điểm chỉ.
    Fingerprint,
    /// Digital signature.
    DigitalSignature,
    /// Verbal on the recording; a signature is still owed (domain.md §6.4, mode C).
    Verbal,
}

/// Part of the minutes a block of text belongs to (domain.md §6.1).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "visit.ts"))]
#[serde(rename_all = "snake_case")]
pub enum BlockKind {
    /// II.1 Nội dung trình bày.
    Content,
    /// II.2 Yêu cầu, đề nghị.
    Requests,
    /// II.3 Thông tin, tài liệu, bằng chứng.
    Documents,
    /// III.1 Ý kiến của các thành viên tham dự.
    Opinions,
    /// III.2 Kết luận.
    Conclusion,
    /// III.3 Ý kiến của người được tiếp.
    CitizenOpinion,
}

every! {
    /// Every kind of block, in the order of the paper.
    ALL_BLOCKS: BlockKind { Content, Requests, Documents, Opinions, Conclusion, CitizenOpinion }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EARLY: [VisitAct; 6] = {
        use VisitAct::{Leave, MoveInPerson, NoShow, Postpone, Refuse, Withdraw};
        [Refuse, Withdraw, Leave, NoShow, MoveInPerson, Postpone]
    };

    /// L42 Điều 25, D154 Điều 27(1): a matter that was heard reaches the register; no early end leads around it.
    #[test]
    fn what_was_heard_only_goes_forward() {
        use VisitStatus::{Classified, Confirmed, Heard, ReadBack, Recorded, RefusedToSign};
        for status in [Heard, Recorded, ReadBack, Confirmed, RefusedToSign, Classified] {
            for act in EARLY {
                assert_eq!(status.after(act), None, "{status:?} {act:?}");
            }
        }
    }

    /// The paper "no citizen came" is for a citizen who did not come.
    #[test]
    fn only_who_is_awaited_fails_to_come() {
        for status in ALL_STATUSES {
            let awaited = matches!(status, VisitStatus::Registered | VisitStatus::Appointment);
            assert_eq!(status.after(VisitAct::NoShow).is_some(), awaited, "{status:?}");
            assert!(!awaited || status.after(VisitAct::Leave).is_none(), "{status:?}");
        }
    }

    #[test]
    fn until_it_is_heard_a_visit_can_end_by_every_other_reason() {
        for status in ALL_STATUSES {
            for act in [VisitAct::Refuse, VisitAct::Withdraw, VisitAct::MoveInPerson, VisitAct::Postpone] {
                assert_eq!(status.after(act).is_some(), status.is_before_heard(), "{status:?} {act:?}");
            }
        }
    }
}
