//! What a connection publishes, and which slots get it: kept by the worker that has the connection, and as a mirror by
//! every other that has receivers for it.

use super::directory::WorkerIndex;
use super::forward::PeerIndex;
use super::incoming::Incoming;
use super::layers::{FLOWING_US, Flowing, LAYERS};
use super::plan::{Layer, RecordTarget, SourceKind};
use super::reports::PublisherClock;
use super::rewrite::StreamKey;

/// All kinds of sources, in the order of what is kept for each.
pub(crate) const KINDS: [SourceKind; 3] = [SourceKind::Microphone, SourceKind::Camera, SourceKind::Paper];

/// What a microphone takes while somebody speaks and nothing was measured yet: 40 kbit/s and 50 headers a second.
const SOUND: u32 = 65_000;
/// What a layer takes that does not flow now: as browsers are told to encode it, with headers.
const NOMINAL: [u32; 3] = [165_000, 540_000, 1_600_000];
const NOMINAL_PAPER: u32 = 500_000;

/// A slot of some connection that is fed by a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SlotRef {
    pub(crate) peer: PeerIndex,
    pub(crate) slot: usize,
}

/// What another worker wants of a source for its receivers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Abroad {
    pub(crate) worker: WorkerIndex,
    /// Layers whose packets cross, one bit each.
    pub(crate) layers: u8,
    /// Layers that should be sent.
    pub(crate) asked: u8,
    /// It is believed until then, unless it is said again.
    pub(crate) until_us: i64,
}

impl Abroad {
    /// Packets of this layer cross now.
    pub(crate) fn takes(&self, layer: Layer, now_us: i64) -> bool {
        self.layers & layer.bit() != 0 && now_us < self.until_us
    }
}

/// The same for each kind of source: what the engine last told about it and who gets it.
#[derive(Debug, Default)]
pub(crate) struct SourceState {
    pub(crate) targets: Vec<SlotRef>,
    /// One for each other worker that has receivers for it.
    pub(crate) abroad: Vec<Abroad>,
    pub(crate) sending: bool,
    pub(crate) top: Option<Layer>,
    /// Where its recording belongs, if it is recorded.
    pub(crate) record: Option<RecordTarget>,
    /// Which layer the recorder is given.
    pub(crate) recorded: Option<(StreamKey, Layer)>,
}

/// All that one connection publishes.
#[derive(Debug, Default)]
pub(crate) struct Publisher {
    pub(crate) incoming: Vec<Incoming>,
    pub(crate) sources: [SourceState; 3],
    pub(crate) microphone_open: bool,
    pub(crate) clock: PublisherClock,
    /// Layers that may come, one bit each, by kind of source.
    pub(crate) existing: [u8; 3],
}

impl Publisher {
    pub(crate) fn source(&self, kind: SourceKind) -> Option<&SourceState> {
        self.sources.get(kind as usize)
    }

    pub(crate) fn source_mut(&mut self, kind: SourceKind) -> Option<&mut SourceState> {
        self.sources.get_mut(kind as usize)
    }

    /// Layers of a source that may come, one bit each.
    pub(crate) fn existing(&self, kind: SourceKind) -> u8 {
        self.existing.get(kind as usize).copied().unwrap_or_default()
    }

    /// Which layers of a source flow now.
    pub(crate) fn flowing(&self, kind: SourceKind, now_us: i64) -> Flowing {
        let mut flowing = Flowing::default();
        for stream in &self.incoming {
            if stream.kind == kind && now_us - stream.last_packet_us() < FLOWING_US {
                flowing.set(stream.layer);
            }
        }
        flowing
    }

    /// The stream of one layer.
    pub(crate) fn stream(&mut self, kind: SourceKind, layer: Layer) -> Option<&mut Incoming> {
        self.incoming.iter_mut().find(|stream| (stream.kind, stream.layer) == (kind, layer))
    }

    /// Whatever has changed for those who hear this: what was said until now was for those who listened until now.
    pub(crate) fn settle(&mut self) {
        self.incoming.iter_mut().filter_map(|stream| stream.sound.as_mut()).for_each(|sound| sound.settle());
    }

    /// The stream of this key; a successor in the same place has another.
    pub(crate) fn keyed(&mut self, stream: StreamKey) -> Option<&mut Incoming> {
        self.incoming.iter_mut().find(|incoming| incoming.key == stream)
    }

    /// Bits per second of each layer of a source, those that could be sent included.
    pub(crate) fn costs(&self, kind: SourceKind, now_us: i64) -> [Option<u32>; 3] {
        LAYERS.map(|layer| {
            let flows = |stream: &&Incoming| (stream.kind, stream.layer) == (kind, layer);
            let measured = self.incoming.iter().find(flows).and_then(|stream| stream.cost(now_us));
            let nominal = match kind {
                SourceKind::Paper => NOMINAL_PAPER,
                _ => NOMINAL.get(layer as usize).copied().unwrap_or_default(),
            };
            let exists = self.existing(kind) & layer.bit() != 0;
            exists.then(|| measured.unwrap_or(nominal))
        })
    }

    /// Bits per second of the microphone, while it is open.
    pub(crate) fn sound_cost(&self, now_us: i64) -> u32 {
        if !self.microphone_open {
            return 0;
        }
        let mut sounds = self.incoming.iter().filter(|stream| !stream.is_video());
        // Discontinuous transmission makes pauses cheap, but the next word needs its place.
        sounds.find_map(|stream| stream.cost(now_us)).map_or(SOUND, |cost| cost.max(SOUND * 2 / 3))
    }
}
