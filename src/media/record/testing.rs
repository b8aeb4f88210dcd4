//! Material for the unit tests of this folder.

use bytes::Bytes;
use uuid::Uuid;

use crate::domain::ids::{ConnectionId, SessionId, VisitId};
use crate::media::engine::{Codec, RecordedPacket};
use crate::media::plan::{Layer, RecordTarget, SourceId, SourceKind};

pub(super) fn target() -> RecordTarget {
    RecordTarget { session: SessionId(Uuid::from_u128(1)), visit: Some(VisitId(Uuid::from_u128(2))) }
}

/// One Opus packet of 20 ms.
pub(super) fn packet(sequence: u16, arrival_us: i64) -> RecordedPacket {
    RecordedPacket {
        source: SourceId { connection: ConnectionId(Uuid::from_u128(3)), kind: SourceKind::Microphone },
        target: target(),
        layer: Layer::Full,
        codec: Codec::Opus,
        sequence,
        timestamp: u32::from(sequence) * 960,
        marker: false,
        arrival_us,
        capture_us: None,
        payload: Bytes::from_static(&[0xfc, 1, 2, 3]),
    }
}
