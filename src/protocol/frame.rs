//! Frames of the socket in both directions. Text frames of JSON, one frame one object.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::command::Command;
use crate::domain::ids::{CommandId, ConnectionId, PointId};
use crate::domain::units::DeviceKind;

/// Client to server.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "frame.ts"))]
#[serde(deny_unknown_fields)]
pub struct ClientFrame {
    /// Protocol version, 1.
    pub v: u16,
    /// Made by the client once per act and kept when the frame is sent again: the answer carries it as `re`.
    pub id: CommandId,
    pub body: ClientBody,
}

/// What a client sends. Tagged by `type`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "frame.ts"))]
#[serde(rename_all = "snake_case", tag = "type", deny_unknown_fields)]
pub enum ClientBody {
    /// First frame: which device this is, and what the client still has of the sections.
    Hello {
        device: DeviceKind,
        /// Sections and the hash of each that the client holds; unchanged ones are not sent again.
        #[serde(default)]
        have: std::collections::BTreeMap<String, String>,
    },
    /// An act that becomes part of the record.
    Command { command: Box<Command> },
    /// Media: the only offer of this connection.
    Offer { sdp: String },
    /// Sound level of the own microphone for the others' lamps; never part of the record.
    Typing { visit: crate::domain::ids::VisitId, block: crate::domain::ids::BlockId },
    /// What the browser finds in its own devices and in the sound it plays, each 5 s; never part of the record.
    Senses { camera: CameraSense, microphone: MicrophoneSense, concealed_permille: u16 },
    /// Answer to `ping`, or a sign of life.
    Pong,
}

/// A camera as its own browser sees it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "frame.ts"))]
#[serde(rename_all = "snake_case")]
pub enum CameraSense {
    Fine,
    /// Black for 10 s: covered, or no light.
    Dark,
    /// The same picture to the last dot for 10 s.
    Frozen,
    /// There is none.
    Absent,
}

/// A microphone as its own browser hears it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "frame.ts"))]
#[serde(rename_all = "snake_case")]
pub enum MicrophoneSense {
    Fine,
    /// Open, and without a sound for 10 s: unplugged or switched off at the device.
    Silent,
    /// Overdriven again and again.
    Clipping,
    /// Not open, or there is none: nothing to say.
    Closed,
}

/// Server to client.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "frame.ts"))]
pub struct ServerFrame {
    pub v: u16,
    pub body: ServerBody,
}

/// What the server sends. Tagged by `type`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "frame.ts"))]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum ServerBody {
    /// Answer to `hello`.
    Welcome {
        connection: ConnectionId,
        point: Option<PointId>,
        /// Server time, RFC 3339.
        now: String,
        server: String,
        /// Receive slot pairs the client should offer.
        slots: u32,
        /// The server's relay, for networks that let nothing else through; absent where there is none.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        relay: Option<RelayView>,
    },
    /// A section whole.
    Snapshot {
        section: String,
        /// Sequence of the log this state is the fold of.
        #[cfg_attr(test, ts(type = "number"))]
        seq: i64,
        hash: String,
        #[cfg_attr(test, ts(type = "unknown"))]
        state: Value,
    },
    /// RFC 6902 patch from the state with hash `base` to the state with hash `hash`.
    Patch {
        section: String,
        #[cfg_attr(test, ts(type = "number"))]
        seq: i64,
        base: String,
        hash: String,
        #[cfg_attr(test, ts(type = "unknown"))]
        patch: Value,
    },
    /// The client may not see this section any more: forget it.
    Forget {
        section: String,
    },
    /// The command is committed.
    Done {
        re: CommandId,
        #[cfg_attr(test, ts(type = "number"))]
        seq: i64,
    },
    /// The command was refused; nothing happened.
    Refused {
        re: CommandId,
        /// Stable code, key of the text catalogue.
        code: String,
        /// Field of the command the refusal is about.
        field: Option<String>,
        /// Article of law the rule rests on.
        citation: Option<String>,
        /// Sentence in Vietnamese and English.
        vi: String,
        en: String,
    },
    /// Answer to `offer`.
    Answer {
        re: CommandId,
        sdp: String,
        slots: u32,
    },
    /// Which point feeds which slot pair of this connection.
    Slots {
        slots: Vec<SlotView>,
    },
    /// Which layers of its camera this connection should send; before the first such frame all. `idle`: nobody watches
    /// or records it, a few pictures a second will do.
    Layers {
        layers: Vec<CameraLayer>,
        idle: bool,
    },
    /// Sound level per point, 0 (loud) to 127; no sequence.
    Levels {
        levels: std::collections::BTreeMap<PointId, u8>,
    },
    /// Someone writes in a block; no sequence.
    Typing {
        visit: crate::domain::ids::VisitId,
        block: crate::domain::ids::BlockId,
        name: String,
    },
    /// A signed head of the log, without a word of its content. Keep it: whoever has one can prove later that the log was
    /// neither cut nor rewritten before it (`diemcau verify --checkpoint`).
    Checkpoint {
        #[cfg_attr(test, ts(type = "number"))]
        seq: i64,
        /// `frozen`, `closed`, `minuted`, `archived`.
        reason: String,
        /// The signed text, and the signature as its last line.
        file: String,
    },
    Ping,
    /// The connection ends: code as in the close frame, and whether to come back.
    Bye {
        code: u16,
        reason: String,
        #[cfg_attr(test, ts(type = "number"))]
        retry_ms: u64,
    },
}

/// Where the relay is, and credentials of this connection alone; they are good for two minutes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "frame.ts"))]
pub struct RelayView {
    /// As a browser wants them (RFC 7065).
    pub urls: Vec<String>,
    pub username: String,
    pub credential: String,
}

/// What one slot pair shows.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "frame.ts"))]
pub struct SlotView {
    pub point: Option<PointId>,
    /// `camera` or `paper`.
    pub picture: Option<String>,
    pub sound: bool,
    /// The line of this connection does not take the picture now: the last one stands still, sound goes on.
    pub paused: bool,
    /// The picture comes as H.264, which the offer of this connection did not take: nothing of it is sent, sound goes on.
    pub undecoded: bool,
}

/// A simulcast layer of a camera: in the order of `a=simulcast`, the lowest first.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(export_to = "frame.ts"))]
#[serde(rename_all = "snake_case")]
pub enum CameraLayer {
    Quarter,
    Half,
    Full,
}
