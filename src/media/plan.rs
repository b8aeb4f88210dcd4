//! What the room wants of the media plane: who hears and sees whom, whose microphone passes, what is recorded.
//!
//! A `Plan` is the whole wanted state of one room, never a change: the engine compares it with what runs
//! (desired state and reconcile), so a lost or repeated plan does no harm.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::domain::ids::{ConnectionId, SessionId, VisitId};

/// What a connection can send. One of each at most.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// Opus. The only source that is gated.
    Microphone,
    /// VP8 in up to three simulcast layers (rid q, h, f; RFC 8853).
    Camera,
    /// Document camera or screen: one layer, sharp and slow.
    Paper,
}

/// One stream of sound or picture as published.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct SourceId {
    /// Who sends it.
    pub connection: ConnectionId,
    /// What it is.
    pub kind: SourceKind,
}

/// A simulcast layer, lowest first (rid `q`, `h`, `f`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layer {
    /// 180p.
    Quarter,
    /// 360p.
    Half,
    /// 720p.
    Full,
}

/// What feeds slot pair k of a connection: picture and sound of one place share one stream, so that
/// the browser keeps the lips in sync.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct SlotFeed {
    /// Sound of the slot.
    pub audio: Option<SourceId>,
    /// Picture of the slot and the highest layer worth sending.
    pub video: Option<(SourceId, LayerCap)>,
}

/// The highest layer a slot may receive.
pub type LayerCap = Layer;

/// Where the recording of a source belongs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct RecordTarget {
    /// The session.
    pub session: SessionId,
    /// The running visit; `None` is the session's own part (opening, roll-call, closing).
    pub visit: Option<VisitId>,
}

/// The wanted state of one room's media.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Plan {
    /// Per receiving connection its slots in order, as many as it negotiated.
    pub slots: BTreeMap<ConnectionId, Vec<SlotFeed>>,
    /// Cameras that whoever is in `watching` may see, also those it has no slot for: such a picture goes on until the key
    /// frame of the one that takes its slot.
    pub on_stage: BTreeSet<SourceId>,
    /// Connections that are shown all that is on stage, as far as their slots go.
    pub watching: BTreeSet<ConnectionId>,
    /// Connections whose microphone is forwarded and recorded. Sound of all others is dropped on arrival.
    pub open_microphones: BTreeSet<ConnectionId>,
    /// Sources to record, and where they belong.
    pub record: BTreeMap<SourceId, RecordTarget>,
}
