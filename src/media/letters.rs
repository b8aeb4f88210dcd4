//! What workers of one room tell each other beside its packets: what each wants of the others' sources, what there is to
//! know of those wanted, and how loud its microphones are. Each letter says all of it and makes the one before void; it is
//! written again and again, so one that is lost with a worker that failed does no harm, and who writes no more is forgotten.

use super::directory::WorkerIndex;
use super::forward::PeerIndex;
use super::incoming::StreamNews;
use super::layers::LAYERS;
use super::plan::{Layer, SourceId, SourceKind};
use super::publisher::{Abroad, KINDS, SlotRef};
use super::reports::PublisherClock;
use super::worker::{Room, Worker};
use crate::domain::ids::{ConnectionId, SessionId};
use crate::limits;

/// Layers count as flowing for four of these.
const LETTERS_US: i64 = 100_000;
const BELIEVED_US: i64 = limits::MEDIA_LETTERS.as_micros() as i64;
/// Levels of another worker this old are not told as those of now.
const LEVELS_US: i64 = 2 * limits::MEDIA_LEVELS.as_micros() as i64;

/// Levels of microphones, and when they were measured.
pub(crate) type Heard = (i64, Vec<(ConnectionId, u8)>);

/// What receivers of one worker want of a source of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Want {
    pub(crate) source: SourceId,
    /// Layers whose packets should cross, one bit each.
    pub(crate) layers: u8,
    /// Layers that should be sent at all.
    pub(crate) asked: u8,
    /// Layers whose key frame is needed.
    pub(crate) key_frames: u8,
    /// What the worst listener loses of it, and when it said so ([`super::reports::ListenersLoss`]).
    pub(crate) lost: (u8, i64),
}

/// What there is to know of a connection.
#[derive(Clone, Debug)]
pub(crate) struct News {
    pub(crate) connection: ConnectionId,
    pub(crate) born_us: i64,
    pub(crate) clock: PublisherClock,
    pub(crate) existing: [u8; 3],
    pub(crate) streams: Vec<StreamNews>,
}

/// All that one worker tells another of a room.
#[derive(Clone, Debug, Default)]
pub(crate) struct Letter {
    pub(crate) wants: Vec<Want>,
    pub(crate) news: Vec<News>,
    pub(crate) levels: Heard,
}

impl Letter {
    /// Takes the place of a letter that was not read yet. A wish for a key frame is said once.
    pub(crate) fn replace(&mut self, mut newer: Self) {
        for want in &mut newer.wants {
            let same = self.wants.iter().find(|unread| unread.source == want.source);
            want.key_frames |= same.map_or(0, |unread| unread.key_frames);
        }
        *self = newer;
    }
}

impl Worker {
    /// Tells the other workers of all rooms that are not on this one alone.
    pub(crate) fn write_letters(&mut self) {
        self.letters_due_us = i64::MAX;
        let spread = |room: &Room| room.workers.len() > 1;
        let rooms: Vec<SessionId> = self.rooms.iter().filter(|(_, room)| spread(room)).map(|(id, _)| *id).collect();
        for id in rooms {
            self.letters_due_us = self.now_us + LETTERS_US;
            // Taken out while it is read, and put back.
            let Some(mut room) = self.rooms.remove(&id) else { continue };
            let wants = self.wants(&mut room);
            let own = self.neighbours.index;
            for to in room.workers.iter().copied().filter(|to| *to != own) {
                let news = room.members.iter().filter_map(|(connection, place)| self.news(*connection, *place, to));
                let news = news.collect();
                self.neighbours.write(to, id, Letter { wants: wants.clone(), news, levels: room.levels.clone() });
            }
            self.rooms.insert(id, room);
        }
    }

    /// What the receivers here want of others' sources. What nobody here wants any more is dropped.
    fn wants(&mut self, room: &mut Room) -> Vec<Want> {
        let now_us = self.now_us;
        let mut wants = Vec::new();
        room.mirrors.retain(|connection, place| {
            let before = wants.len();
            for kind in KINDS {
                wants.extend(self.want(SourceId { connection: *connection, kind }, *place));
            }
            let wanted = wants.len() > before;
            if !wanted {
                self.mirrors.remove(*place);
            } else if let Some(mirror) = self.mirrors.get_mut(*place).filter(|it| now_us - it.heard_us > BELIEVED_US) {
                mirror.forget();
            }
            wanted
        });
        wants
    }

    fn want(&mut self, source: SourceId, place: PeerIndex) -> Option<Want> {
        let (now_us, kind) = (self.now_us, source.kind);
        let mirror = self.mirrors.get_mut(place)?;
        let targets: Vec<SlotRef> = mirror.publisher.source(kind)?.targets.clone();
        if targets.is_empty() {
            return None;
        }
        let flowing = mirror.publisher.flowing(kind, now_us);
        let key_frames = mirror.key_frames.get_mut(kind as usize).map(std::mem::take).unwrap_or_default();
        let lost = mirror.publisher.stream(kind, Layer::Full).map(|stream| stream.listeners.worst());
        let (mut layers, mut asked) = (0, 0);
        for target in targets {
            let Some(slot) = self.peer(target.peer).and_then(|peer| peer.slots.get(target.slot)) else { continue };
            if kind == SourceKind::Microphone {
                layers |= Layer::Full.bit();
            } else {
                layers |= slot.video.takes((place, kind), flowing);
                asked |= slot.video.asks((place, kind));
            }
        }
        Some(Want { source, layers, asked, key_frames, lost: lost.unwrap_or_default() })
    }

    /// What `to` should know of a connection here; `None`: it wants nothing of it.
    fn news(&mut self, connection: ConnectionId, place: PeerIndex, to: WorkerIndex) -> Option<News> {
        let now_us = self.now_us;
        let peer = self.peer(place)?;
        let wants = |abroad: &Abroad| abroad.worker == to && now_us < abroad.until_us;
        if !peer.publisher.sources.iter().flat_map(|source| &source.abroad).any(wants) {
            return None;
        }
        let born_us = peer.born_us;
        let streams = peer.publisher.incoming.iter().map(|stream| stream.news(born_us)).collect();
        Some(News { connection, born_us, clock: peer.publisher.clock, existing: peer.publisher.existing, streams })
    }

    /// What another worker tells.
    pub(crate) fn read_letter(&mut self, id: SessionId, from: WorkerIndex, letter: Letter) {
        let Some(room) = self.rooms.get_mut(&id) else { return };
        room.levels_of.insert(from, letter.levels);
        let mirrors: Vec<_> =
            letter.news.iter().filter_map(|news| Some((*room.mirrors.get(&news.connection)?, news))).collect();
        let wanted: Vec<_> =
            letter.wants.iter().filter_map(|want| Some((*room.members.get(&want.source.connection)?, want))).collect();
        let members: Vec<PeerIndex> = room.members.values().copied().collect();
        let mut before = Vec::new();
        for place in members {
            let sources = self.peer(place).into_iter().flat_map(|peer| peer.publisher.sources.iter_mut().zip(KINDS));
            for (source, kind) in sources {
                before
                    .extend(source.abroad.extract_if(.., |abroad| abroad.worker == from).map(|old| (place, kind, old)));
            }
        }
        for (place, want) in wanted {
            let kind = want.source.kind;
            let old = before.iter().find(|(at, of, _)| (*at, *of) == (place, kind)).map(|(_, _, old)| *old);
            self.wanted_by(from, place, want, old);
        }
        for (place, news) in mirrors {
            self.learn_of(place, news);
        }
    }

    /// Another worker wants something of a source here; `old`: what it wanted before.
    fn wanted_by(&mut self, worker: WorkerIndex, place: PeerIndex, want: &Want, old: Option<Abroad>) {
        let now_us = self.now_us;
        let kind = want.source.kind;
        let Some(peer) = self.peer(place) else { return };
        let Some(source) = peer.publisher.source_mut(kind) else { return };
        let Want { layers, asked, lost: (lost, lost_us), .. } = *want;
        source.abroad.push(Abroad { worker, layers, asked, until_us: now_us + BELIEVED_US });
        if lost > 0
            && let Some(stream) = peer.publisher.stream(kind, Layer::Full)
        {
            stream.listeners.reported(lost, lost_us);
        }
        if old.is_none_or(|old| old.asked != asked) {
            peer.due.layers_us = now_us;
            self.look_by(place, now_us);
        }
        if old.is_none_or(|old| now_us >= old.until_us) {
            // It waits to know what there is.
            self.letters_due_us = now_us;
        }
        for layer in LAYERS.into_iter().filter(|layer| want.key_frames & layer.bit() != 0) {
            self.want_key_frame(place, kind, layer);
        }
    }
}

impl Room {
    /// The levels of its microphones wherever they are, for its first worker to tell; none at the others. `here`: on this
    /// worker, `own`.
    pub(crate) fn levels_to_tell(
        &mut self,
        own: WorkerIndex,
        now_us: i64,
        here: Vec<(ConnectionId, u8)>,
    ) -> Vec<(ConnectionId, u8)> {
        if self.workers.first().is_some_and(|first| *first != own) {
            self.levels = (now_us, here);
            return Vec::new();
        }
        let elsewhere = self.levels_of.values().filter(|(at_us, _)| now_us - at_us < LEVELS_US);
        elsewhere.flat_map(|(_, levels)| levels.iter().copied()).chain(here).collect()
    }
}
