//! What is true of this moment and of no record: wires, leases, drafts not yet in the log.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::quality::Seen;
use super::state::State;
use super::wires::Wires;
use crate::domain::actor::Actor;
use crate::domain::ids::{BlockId, ConnectionId, PointId, UserId, VisitId};
use crate::domain::units::DeviceKind;
use crate::domain::visit::BlockKind;
use crate::media::engine::LinkQuality;
use crate::media::plan::{Layer, SourceKind};
use crate::protocol::frame::{CameraSense, MicrophoneSense};

/// The record as far as it is known: the fold of the log and the drafts of the minutes.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Book {
    pub state: State,
    pub drafts: BTreeMap<VisitId, BTreeMap<BlockId, Draft>>,
}

/// A block of minutes as it is stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Draft {
    pub kind: BlockKind,
    pub revision: u64,
    pub text: String,
    pub author: UserId,
    pub saved_at: Timestamp,
    /// Revision the log has; less than `revision` while the block is being written.
    pub logged_revision: u64,
}

/// A draft to be stored, acknowledged like an event.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DraftWrite {
    pub visit: VisitId,
    pub block: BlockId,
    pub draft: Draft,
}

impl Book {
    /// A draft that has been decided or stored.
    pub fn write(&mut self, write: &DraftWrite) {
        self.drafts.entry(write.visit).or_default().insert(write.block, write.draft.clone());
    }

    /// Texts of a visit in the order blocks were made (ids sort by birth).
    pub fn texts(&self, visit: VisitId) -> Vec<(BlockKind, String)> {
        let blocks = self.drafts.get(&visit);
        blocks.into_iter().flat_map(BTreeMap::values).map(|draft| (draft.kind, draft.text.clone())).collect()
    }
}

/// Wires and leases.
#[derive(Debug, Default)]
pub struct Live {
    pub wires: Wires,
    /// Which wire of a point is its `main` device.
    pub main: BTreeMap<PointId, ConnectionId>,
    /// Whose browser the point's main device is, also while its wire is cut.
    pub main_browser: BTreeMap<PointId, uuid::Uuid>,
    /// Points that had a main device and have no wire of it now: since when.
    pub absent: BTreeMap<PointId, Timestamp>,
    /// Points whose main device is another wire than the one whose key opened the microphone: after any reconnect it is
    /// closed (design §5).
    pub rejoined: BTreeSet<PointId>,
    /// Newest wire of the point when its key opened the microphone: whoever pressed knew of all reconnects up to it.
    pub at_key: BTreeMap<PointId, ConnectionId>,
    pub leases: BTreeMap<BlockId, Lease>,
    /// Whether the recorder has shown that it can write.
    pub recorder_ready: bool,
    /// A trial is on its way.
    pub recorder_asked: bool,
    /// Why it does not take a trial; none before the first one.
    pub recorder_refuses: Option<&'static str>,
    /// Why nothing of this session is being written, although it should be.
    pub recorder_fault: Option<&'static str>,
    /// Lines of the points, as they were measured at their main wires.
    pub lines: BTreeMap<PointId, Seen>,
    /// What of sound, picture and recording is not as it should be, one by one.
    pub alarms: BTreeSet<Alarm>,
    /// The presider asked to go on without a recorder; the note-taker has to agree.
    pub unrecorded_asked: Option<(UserId, String)>,
    /// Who took the first step to the end.
    pub end_asked_by: Option<UserId>,
    /// Points whose loss has been noticed but not yet shown: since when.
    pub missing: BTreeMap<PointId, Timestamp>,
}

/// Something about sound, picture or recording that staff must know at once.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Alarm {
    /// Stable code, key `alarm.<code>` of the texts.
    pub code: &'static str,
    /// Whose sound or picture; none for the recorder as a whole.
    pub source: Option<(PointId, SourceKind)>,
    /// The other place, where it is about two.
    pub with: Option<PointId>,
    /// Which of several disks of recordings, the first is 1.
    pub disk: Option<u32>,
}

/// One socket and its media.
#[derive(Clone, Debug)]
pub struct WireState {
    pub actor: Actor,
    pub media: MediaLink,
    /// Receive slot pairs of its offer.
    pub slots: usize,
    /// Slots whose picture its line does not take now.
    pub paused: BTreeSet<usize>,
    /// What a machine without a browser of ours was let in to send; empty for all others.
    pub publishes: BTreeSet<SourceKind>,
    /// Which pictures of it come as H.264.
    pub sends_h264: BTreeSet<SourceKind>,
    /// Its machine decodes H.264 too.
    pub takes_h264: bool,
    pub sending: BTreeSet<SourceKind>,
    /// Best layer of its camera that arrives.
    pub layer: Option<Layer>,
    pub quality: LinkQuality,
    /// What its own browser last said of its devices, and when.
    pub senses: Option<(Senses, Timestamp)>,
}

/// What a browser finds in its own devices and in the sound it plays.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Senses {
    pub camera: CameraSense,
    pub microphone: MicrophoneSense,
    pub concealed_permille: u16,
}

/// Media of a wire.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MediaLink {
    None,
    Connected,
    /// No packet since.
    Silent(Timestamp),
}

/// Who may write a block, until when.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lease {
    pub user: UserId,
    pub name: String,
    pub until: Timestamp,
}

impl Live {
    /// The wire whose device is the point's main one.
    pub fn main_wire(&self, point: PointId) -> Option<(ConnectionId, &WireState)> {
        let id = *self.main.get(&point)?;
        self.wires.get(&id).map(|wire| (id, wire))
    }

    /// Where sound or picture of a point comes from: its newest encoder that was let in to send it, else its main
    /// device. A picture that the encoder does not send just now is the main device's; a microphone never changes by
    /// itself.
    pub fn source_wire(&self, point: PointId, kind: SourceKind) -> Option<(ConnectionId, &WireState)> {
        let sends = |wire: &WireState| {
            wire.actor.device == DeviceKind::Encoder
                && wire.publishes.contains(&kind)
                && (kind == SourceKind::Microphone || wire.media == MediaLink::Connected)
        };
        self.wires.at(point).rfind(|(_, wire)| sends(wire)).or_else(|| self.main_wire(point))
    }

    /// Wires of a point that wait to take over its main device: of another browser than the one whose it is, also while
    /// that is away.
    pub fn waiting_mains(&self, point: PointId) -> impl Iterator<Item = ConnectionId> {
        let main = self.main_browser.get(&point);
        let waits = move |wire: &WireState| {
            wire.actor.device == DeviceKind::Main && main.is_some_and(|main| wire.actor.browser != *main)
        };
        self.wires.at(point).filter(move |(_, wire)| waits(wire)).map(|(id, _)| id)
    }

    /// The key of the point has opened its microphone.
    pub fn key_pressed(&mut self, point: PointId) {
        self.rejoined.remove(&point);
        let newest = self.wires.at(point).next_back();
        self.at_key.extend(newest.map(|(id, _)| (point, id)));
    }

    /// The lease of a block, if it still holds.
    pub fn lease(&self, block: BlockId, now: Timestamp) -> Option<&Lease> {
        self.leases.get(&block).filter(|lease| lease.until > now)
    }
}
