//! The seam between rooms and the media plane: commands down, events up, no type of any WebRTC crate in sight.

use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::plan::{Layer, Plan, RecordTarget, SourceId, SourceKind};
use crate::domain::ids::{ConnectionId, SessionId};

/// One browser asks to take part: its only offer.
#[derive(Clone, Debug)]
pub struct Join {
    /// Room the connection belongs to.
    pub room: SessionId,
    /// The wire.
    pub connection: ConnectionId,
    /// SDP offer (RFC 8866, 8829), at most `limits::SDP_BYTES`.
    pub offer: String,
    /// Its point had a connection in this room before: it comes back, and is taken where newcomers are refused.
    pub again: bool,
}

/// Who offers. What it may send or receive, and which keys it may ask for, follows from it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Client {
    /// One of our pages: both ways, AES-GCM alone. It sends VP8 and Opus.
    #[default]
    Browser,
    /// Sends only (RFC 9725), H.264 where it has no VP8. AES-CM with SHA-1 where it has nothing better.
    Encoder,
    /// Receives only (WHEP). Keys as an encoder.
    Wall,
}

/// The server's only answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// SDP answer with host candidates; ICE-lite, no trickle.
    pub sdp: String,
    /// How many slot pairs (picture k with sound k) the offer asked for and got.
    pub slots: usize,
    /// What it may send.
    pub sources: BTreeSet<SourceKind>,
    /// Which pictures of it come as H.264.
    pub h264: BTreeSet<SourceKind>,
    /// Its slots take H.264 too. Without, a picture that comes as H.264 is not sent to it.
    pub takes_h264: bool,
}

/// What a browser needs to use our relay (RFC 8656, long-term credentials).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelayAccess {
    /// `turns:host:port?transport=tcp` (RFC 7065).
    pub urls: Vec<String>,
    pub username: String,
    pub password: String,
}

/// Why a join was not possible; `code()` is stable on the wire.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JoinRefusal {
    /// The offer does not parse or lacks a fingerprint, ICE credentials or bundling.
    #[error("the offer is malformed: {0}")]
    Malformed(String),
    /// No common codec, SRTP profile or direction.
    #[error("nothing in the offer can be served: {0}")]
    Unsupported(String),
    /// An encoder offers its picture as H.264 alone, in a kind that not every browser with H.264 decodes.
    #[error("the picture is offered as H.264 alone, and not as Baseline with packetization-mode 1")]
    Undecodable,
    /// Admission control: the worker is at its limit.
    #[error("the media server is at its limit")]
    Full,
    /// The worker is gone or restarting.
    #[error("the media server is not available")]
    Unavailable,
}

impl JoinRefusal {
    /// Stable code for the wire and the text catalogue.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "media_offer_malformed",
            Self::Unsupported(_) => "media_offer_unsupported",
            Self::Undecodable => "h264_unsupported",
            Self::Full => "media_full",
            Self::Unavailable => "media_unavailable",
        }
    }
}

/// What the media plane tells the room. Sent on a bounded channel; levels and quality may be dropped when it is
/// full, the others are repeated by the next `Alive`/`Silent` edge.
#[derive(Clone, Debug)]
pub enum EngineEvent {
    /// DTLS is up: media may flow.
    Connected { room: SessionId, connection: ConnectionId },
    /// Packets (media or consent checks) arrive again after `Silent`.
    Alive { room: SessionId, connection: ConnectionId },
    /// No packet of any kind for `limits::MEDIA_SILENT`.
    Silent { room: SessionId, connection: ConnectionId, since_mono_us: i64 },
    /// The connection is over: closed by the peer, replaced, or silent for `limits::CONSENT_TIMEOUT` (RFC 7675).
    Gone { room: SessionId, connection: ConnectionId },
    /// A source sends now (`true`) or has sent nothing for `limits::SOURCE_SILENT`.
    Source { room: SessionId, source: SourceId, sending: bool, top_layer: Option<Layer> },
    /// Sound levels of the open microphones, 0 (loud) to 127 (silence) -dBov (RFC 6464), each 200 ms at most.
    Levels { room: SessionId, levels: Vec<(ConnectionId, u8)> },
    /// Slots of a connection whose picture pauses because its line does not take it. Told when it changes.
    Paused { room: SessionId, connection: ConnectionId, slots: BTreeSet<usize> },
    /// Which layers of its camera a connection should send, and whether nobody watches or records it at all: then a
    /// few pictures a second are enough. Told when it changes; a publisher begins with all layers.
    Layers { room: SessionId, connection: ConnectionId, layers: Vec<Layer>, idle: bool },
    /// Each 5 s per connection, measured over those 5 s.
    Quality { room: SessionId, connection: ConnectionId, quality: LinkQuality },
}

/// The line of one connection as both directions saw it over the last interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LinkQuality {
    /// Per mille of packets from the point that never arrived (before repair).
    pub uplink_loss_permille: u16,
    /// Per mille of packets to the point that it reported lost (RFC 3550 receiver report).
    pub downlink_loss_permille: u16,
    /// Round-trip time in milliseconds, from sender report echo.
    pub rtt_ms: Option<u16>,
    /// Interarrival jitter of the uplink sound in milliseconds.
    pub jitter_ms: u16,
    /// Uplink media bit rate.
    pub uplink_kbps: u32,
    /// Downlink media bit rate.
    pub downlink_kbps: u32,
    /// How its packets reach us.
    #[serde(default)]
    pub rung: Rung,
}

/// The ways through a network, best first (design §5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rung {
    /// Datagrams.
    #[default]
    Udp,
    /// ICE over TCP (RFC 6544): what is lost delays what follows.
    Tcp,
    /// Our relay, through TLS or TCP (RFC 8656).
    Relay,
}

/// Codec of a recorded packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Codec {
    /// RFC 7587, 48 kHz clock.
    Opus,
    /// RFC 7741, 90 kHz clock.
    Vp8,
    /// RFC 6184, 90 kHz clock; from encoders alone.
    H264,
}

impl Codec {
    /// Not sound.
    pub fn is_picture(self) -> bool {
        self != Self::Opus
    }
}

/// One packet as it is handed to the recorder: decrypted, padding removed, header extensions gone.
#[derive(Clone, Debug)]
pub struct RecordedPacket {
    /// Which stream.
    pub source: SourceId,
    /// Which file family.
    pub target: RecordTarget,
    /// Which simulcast layer (always `Full` for sound and papers).
    pub layer: Layer,
    /// How to read the payload.
    pub codec: Codec,
    /// RTP sequence number as published.
    pub sequence: u16,
    /// RTP timestamp as published.
    pub timestamp: u32,
    /// RTP marker.
    pub marker: bool,
    /// Monotonic arrival, microseconds, `clock::Clock::mono_us`.
    pub arrival_us: i64,
    /// Wall clock of this packet's capture by the publisher's last sender report mapped to server time, microseconds
    /// of `mono_us`; `None` before the first report.
    pub capture_us: Option<i64>,
    /// RTP payload.
    pub payload: Bytes,
}

/// Where recorded packets go. Must not block: a full queue is a counted gap, live media goes on.
pub trait RecordSink: Send + Sync + 'static {
    /// Takes one packet; `false` when it could not (the caller counts it).
    fn push(&self, packet: RecordedPacket) -> bool;
    /// True when a key frame is needed for this source to go on (start, layer change, after loss).
    fn wants_key_frame(&self, source: SourceId) -> bool;
}

/// Takes everything and keeps nothing: an engine that is measured, not used.
#[derive(Clone, Copy, Debug)]
pub struct NoRecorder;

impl RecordSink for NoRecorder {
    fn push(&self, _packet: RecordedPacket) -> bool {
        true
    }
    fn wants_key_frame(&self, _source: SourceId) -> bool {
        false
    }
}

/// How one worker of the media plane is, for those who watch the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WorkerStatus {
    /// Media connections it serves.
    pub connections: usize,
    /// Per mille of a processor that it used, over some seconds.
    pub busy_permille: u16,
    /// How late it came to what was due, at worst within a second, in microseconds.
    pub lag_us: u32,
    /// When it told this, `clock::Clock::mono_us`.
    pub told_us: i64,
    /// Packets passed on to slots.
    pub forwarded: u64,
    /// Datagrams given to the worker whose they are.
    pub handed_over: u64,
    /// Those for which that worker had no place.
    pub handover_lost: u64,
    /// Packets given to other workers for their receivers of the same room.
    pub crossed: u64,
    /// Those for which that worker had no place.
    pub crossing_lost: u64,
    /// How often it failed and began anew.
    pub restarts: u64,
}

/// A boxed future, so that the trait can be used as an object.
pub type EngineFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// The media plane as rooms see it.
pub trait Engine: Send + Sync + 'static {
    /// One offer, one answer. A second join of the same point is a new connection beside the old one.
    fn join(&self, join: Join) -> EngineFuture<Result<Answer, JoinRefusal>> {
        self.join_as(join, Client::Browser)
    }
    /// The same for whoever `client` is.
    fn join_as(&self, join: Join, client: Client) -> EngineFuture<Result<Answer, JoinRefusal>>;
    /// A relay to our own media address for a connection whose network lets nothing else through; `None` where there is
    /// none. Good for `limits::RELAY_CREDENTIALS`.
    fn relay(&self, _connection: ConnectionId) -> Option<RelayAccess> {
        None
    }
    /// How each worker is.
    fn workers(&self) -> Vec<WorkerStatus> {
        Vec::new()
    }
    /// Ends a connection at once; its sources vanish from all slots.
    fn leave(&self, room: SessionId, connection: ConnectionId);
    /// Replaces the wanted state of a room.
    fn set_plan(&self, room: SessionId, plan: Plan);
    /// Ends a room and all its connections.
    fn close_room(&self, room: SessionId);
}
