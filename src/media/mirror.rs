//! A source that lives on another worker, as this one has it for its own receivers: what they show is taken from here as
//! if the connection were ours. Its packets come through the ring, what else is known of it by `letters`.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::forward::{Packet, PeerIndex};
use super::incoming::{Incoming, Origin};
use super::letters::News;
use super::neighbours::{FLUSHED, TAKEN};
use super::picture::Picture;
use super::plan::SourceKind;
use super::publisher::{KINDS, Publisher};
use super::rewrite::StreamKey;
use super::worker::Worker;
use crate::domain::ids::{ConnectionId, SessionId};

/// Places of mirrors come after all places of connections.
const FIRST: PeerIndex = 1 << 31;

/// What is told of a packet that crosses to another worker, beside its payload.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Crossing {
    pub(crate) room: SessionId,
    pub(crate) connection: ConnectionId,
    pub(crate) origin: Origin,
    pub(crate) index: u64,
    pub(crate) timestamp: u32,
    pub(crate) marker: bool,
    pub(crate) repaired: bool,
    pub(crate) captured_us: i64,
}

/// One source connection of another worker.
#[derive(Debug)]
pub(crate) struct Mirror {
    pub(crate) publisher: Publisher,
    /// When the connection joined; `None`: nothing is known of it.
    born_us: Option<i64>,
    /// When its worker told of it last.
    pub(crate) heard_us: i64,
    /// Layers whose key frame is asked for with the next letter, one bit each, by kind of source.
    pub(crate) key_frames: [u8; 3],
}

impl Mirror {
    /// The stream a packet or a letter is about; `None`: it is of a connection that has a successor.
    fn stream(&mut self, origin: Origin, new_key: impl FnOnce() -> StreamKey) -> Option<&mut Incoming> {
        if self.born_us.is_some_and(|known_us| known_us > origin.born_us) {
            return None;
        }
        if self.born_us.replace(origin.born_us) != Some(origin.born_us) {
            self.publisher.incoming.clear();
        }
        let Origin { kind, layer, codec, ssrc, .. } = origin;
        let streams = &mut self.publisher.incoming;
        let Some(place) = streams.iter().position(|stream| (stream.kind, stream.layer) == (kind, layer)) else {
            streams.push(Incoming::new(new_key(), kind, layer, codec, ssrc));
            return streams.last_mut();
        };
        let stream = streams.get_mut(place)?;
        if stream.ssrc != ssrc {
            // The browser restarted this layer.
            *stream = Incoming::new(new_key(), kind, layer, codec, ssrc);
        }
        Some(stream)
    }

    /// Its worker does not tell of it any more.
    pub(crate) fn forget(&mut self) {
        self.born_us = None;
        self.publisher.incoming.clear();
        self.publisher.existing = [0; 3];
    }
}

/// All mirrors of one worker.
#[derive(Debug, Default)]
pub(crate) struct Mirrors(Vec<Option<Box<Mirror>>>);

impl Mirrors {
    /// A mirror of which nothing is known yet; its place.
    pub(crate) fn add(&mut self, now_us: i64) -> PeerIndex {
        let mirror = Mirror { publisher: Publisher::default(), born_us: None, heard_us: now_us, key_frames: [0; 3] };
        let free = self.0.iter().position(Option::is_none).unwrap_or_else(|| {
            self.0.push(None);
            self.0.len() - 1
        });
        if let Some(place) = self.0.get_mut(free) {
            *place = Some(Box::new(mirror));
        }
        FIRST + free
    }

    pub(crate) fn get_mut(&mut self, place: PeerIndex) -> Option<&mut Mirror> {
        self.0.get_mut(place.checked_sub(FIRST)?)?.as_deref_mut()
    }

    pub(crate) fn remove(&mut self, place: PeerIndex) {
        if let Some(mirror) = place.checked_sub(FIRST).and_then(|place| self.0.get_mut(place)) {
            *mirror = None;
        }
    }
}

impl Worker {
    /// What is published at this place, here or on another worker.
    pub(crate) fn publisher(&mut self, place: PeerIndex) -> Option<&mut Publisher> {
        match self.peers.get_mut(place) {
            Some(peer) => peer.as_deref_mut().map(|peer| &mut peer.publisher),
            None => self.mirrors.get_mut(place).map(|mirror| &mut mirror.publisher),
        }
    }

    /// Who publishes a stream: the upper half of its key is the place.
    pub(crate) fn publisher_of(&mut self, stream: StreamKey) -> Option<&mut Publisher> {
        self.publisher(usize::try_from(stream >> 32).ok()?)
    }

    /// Gives a packet of one of our connections to the workers that have receivers for it, once each.
    pub(crate) fn cross(&mut self, packet: &Packet<'_>, ssrc: u32) {
        let Self { peers, neighbours, counters, now_us, .. } = self;
        let Some(peer) = peers.get_mut(packet.from).and_then(Option::as_deref_mut) else { return };
        let Some(source) = peer.publisher.source(packet.kind) else { return };
        let Packet { kind, layer, codec, index, timestamp, marker, repaired, captured_us, .. } = *packet;
        for abroad in source.abroad.iter().filter(|abroad| abroad.takes(layer, *now_us)) {
            let origin = Origin { born_us: peer.born_us, kind, layer, codec, ssrc };
            let (room, connection) = (peer.room, peer.connection);
            let crossing = Crossing { room, connection, origin, index, timestamp, marker, repaired, captured_us };
            if neighbours.cross(abroad.worker, crossing, packet.payload) {
                counters.crossed += 1;
            } else {
                counters.crossing_lost += 1;
            }
        }
    }

    /// Packets that crossed to us. `true`: there may be more.
    pub(crate) fn take_crossed(&mut self) -> bool {
        let post = self.neighbours.own.clone();
        post.crossings.look();
        for count in 1..=TAKEN {
            let Some(mut crossed) = post.crossings.take() else { return false };
            let (crossing, payload) = crossed.parts();
            if catch_unwind(AssertUnwindSafe(|| self.crossed(&crossing, payload))).is_err() {
                self.counters.panics += 1;
                tracing::error!("a packet of another worker made this one panic; its source is dropped here");
                self.drop_mirror(crossing.room, crossing.connection);
            }
            post.crossings.give_back(crossed);
            if count % FLUSHED == 0 {
                self.flush();
            }
        }
        true
    }

    /// A packet of another worker's connection, decrypted and let in there. `None`: nobody here has use for it.
    fn crossed(&mut self, crossing: &Crossing, payload: &[u8]) -> Option<()> {
        let now_us = self.now_us;
        let place = *self.rooms.get(&crossing.room)?.mirrors.get(&crossing.connection)?;
        let Self { mirrors, next_stream, .. } = self;
        let mirror = mirrors.get_mut(place)?;
        let Crossing { origin, index, timestamp, marker, repaired, captured_us, .. } = *crossing;
        let stream = mirror.stream(origin, || Self::new_stream(next_stream, place))?;
        stream.crossed(now_us);
        let codec = stream.codec;
        let picture = Picture::read(codec, payload);
        if stream.is_video() {
            stream.cache.keep(index, timestamp, marker, payload);
        }
        if picture.as_ref().is_some_and(Picture::begins) {
            stream.key_frames.arrived();
        }
        let Origin { kind, layer, .. } = origin;
        let stream = stream.key;
        // Our plan may be newer than the one by which it was let in.
        if kind == SourceKind::Microphone && !mirror.publisher.microphone_open {
            self.counters.gated += 1;
            return None;
        }
        let packet = Packet {
            from: place,
            kind,
            layer,
            stream,
            index,
            timestamp,
            marker,
            repaired,
            captured_us,
            payload,
            codec,
            picture,
        };
        self.pass_on(&packet);
        Some(())
    }

    /// What its worker tells of a connection.
    pub(crate) fn learn_of(&mut self, place: PeerIndex, news: &News) {
        let now_us = self.now_us;
        let Self { mirrors, next_stream, .. } = self;
        let Some(mirror) = mirrors.get_mut(place) else { return };
        let flow = |mirror: &Mirror| KINDS.map(|kind| mirror.publisher.flowing(kind, now_us));
        let before = flow(mirror);
        for told in &news.streams {
            if let Some(stream) = mirror.stream(told.origin, || Self::new_stream(next_stream, place)) {
                stream.learn(told);
            }
        }
        if mirror.born_us.is_some_and(|known_us| known_us > news.born_us) {
            return;
        }
        (mirror.publisher.clock, mirror.publisher.existing, mirror.heard_us) = (news.clock, news.existing, now_us);
        if flow(mirror) == before {
            return;
        }
        // Other layers may be shown now: lines are shared out anew, slots ask for key frames, and for what is to cross.
        let targets = mirror.publisher.sources.iter().flat_map(|source| &source.targets);
        let receivers: Vec<PeerIndex> = targets.map(|target| target.peer).collect();
        for receiver in receivers {
            if let Some(peer) = self.peer(receiver) {
                peer.due.allocation_us = now_us;
            }
            self.look_by(receiver, now_us);
        }
        self.letters_due_us = now_us;
    }

    /// Drops what is known of a source of another worker, with all that waits to be repaired from it.
    pub(crate) fn drop_mirror(&mut self, room: SessionId, connection: ConnectionId) {
        let Some(state) = self.rooms.get_mut(&room) else { return };
        let Some(place) = state.mirrors.remove(&connection) else { return };
        let members: Vec<PeerIndex> = state.members.values().copied().collect();
        self.mirrors.remove(place);
        for member in members {
            self.peer(member).into_iter().flat_map(|peer| &mut peer.slots).for_each(|slot| slot.lost(place));
        }
    }
}
