//! Typed identifiers: a `VisitId` cannot be passed where a `SessionId` is meant.
//!
//! All are UUIDs, version 7 where the server makes them, so that they sort by birth. Making one needs a clock
//! and randomness, which the rules do not have: `crate::clock` hands them in.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! typed_ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(type = "string", export_to = "ids.ts"))]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }
        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }
    )+};
}

typed_ids! {
    /// One installation of the server (genesis of every log names it).
    InstallationId,
    /// Đơn vị: an agency or unit of the administration.
    UnitId,
    /// Điểm cầu: a place linked in sessions.
    PointId,
    /// A paired machine of a point.
    DeviceId,
    /// An account of an officer. Citizens have none.
    UserId,
    /// Buổi tiếp công dân.
    SessionId,
    /// Lượt tiếp.
    VisitId,
    /// A person who is present or concerned; not an account.
    PersonId,
    /// Vụ việc: the matter, to which visits and petitions belong.
    CaseId,
    /// Đơn, written or recorded.
    PetitionId,
    /// What was answered or is due, by whom and when.
    PromiseId,
    /// A stored file: exhibit, scan, printed paper.
    FileId,
    /// A block of minutes text.
    BlockId,
    /// Made by the client, once per act: the key of idempotency.
    CommandId,
    /// One wire: a socket with its media. Never a legal object.
    ConnectionId,
    /// One run of the process; monotonic times compare only within it.
    BootId,
    /// One file of the recorder.
    SegmentId,
}
