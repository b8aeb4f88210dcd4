//! Carrying out what rooms wish: who comes, who goes, and the plan as differences to what runs.

use std::collections::BTreeSet;

use super::dtls::Dtls;
use super::engine::{EngineEvent, JoinRefusal};
use super::forward::{PeerIndex, Shown, VideoFeed};
use super::mailbox::{NewPeer, Wishes};
use super::peer::{Peer, SlotRef};
use super::plan::{Plan, SourceId, SourceKind};
use super::worker::{Room, Worker};
use crate::domain::ids::SessionId;
use crate::limits;

const KINDS: [SourceKind; 3] = [SourceKind::Microphone, SourceKind::Camera, SourceKind::Paper];

impl Worker {
    pub(crate) fn fulfil(&mut self, wishes: Wishes) {
        if wishes.fault {
            // As a panic, without its page of text.
            std::panic::resume_unwind(Box::new("the fault that was asked for"));
        }
        for room in wishes.closes {
            let members = self.rooms.remove(&room).map(|room| room.members).unwrap_or_default();
            members.into_values().for_each(|place| self.remove(place, true));
        }
        for (room, connection) in wishes.leaves {
            if let Some(place) = self.rooms.get(&room).and_then(|room| room.members.get(&connection)).copied() {
                self.remove(place, true);
            }
        }
        // A plan is carried out once for all that came together: three hundred who come at once are not looked at three
        // hundred times each.
        let mut touched = BTreeSet::new();
        for peer in wishes.joins {
            touched.extend(self.join(peer));
        }
        for (room, plan) in wishes.plans {
            self.rooms.entry(room).or_default().plan = plan;
            touched.insert(room);
        }
        for room in touched {
            self.reconcile(room);
        }
    }

    /// The room that has somebody new.
    fn join(&mut self, new: NewPeer) -> Option<SessionId> {
        if self.peers.len() - self.free.len() >= limits::MEDIA_CONNECTIONS {
            if new.reply.send(Err(JoinRefusal::Full)).is_err() {
                tracing::debug!("a join was refused that nobody waits for any more");
            }
            return None;
        }
        let before = self.rooms.get(&new.room).and_then(|room| room.members.get(&new.connection)).copied();
        if let Some(before) = before {
            self.remove(before, true);
        }
        let place = self.free.pop().unwrap_or_else(|| {
            self.peers.push(None);
            self.peers.len() - 1
        });
        let serial = self.new_serial();
        let dtls = Dtls::new(self.identity.clone(), new.agreed.fingerprint, new.agreed.client);
        let ufrag = new.credentials.ufrag.clone();
        let now_us = self.now_us;
        let peer =
            Peer::new(new.room, new.connection, serial, new.credentials, dtls, new.agreed, || self.random(), now_us);
        if let Some(free) = self.peers.get_mut(place) {
            *free = Some(Box::new(peer));
        }
        self.own_ufrag(ufrag, place);
        self.rooms.entry(new.room).or_default().members.insert(new.connection, place);
        self.schedule(place, now_us);
        if new.reply.send(Ok(())).is_err() {
            // Nobody waits for the answer any more, so nobody can connect.
            self.remove(place, false);
        }
        Some(new.room)
    }

    /// Ends a connection and everything fed by it.
    pub(crate) fn remove(&mut self, place: PeerIndex, say_goodbye: bool) {
        let Some(mut peer) = self.peers.get_mut(place).and_then(Option::take) else { return };
        if say_goodbye && let Some(to) = peer.paths.selected() {
            peer.handshake.clear();
            peer.dtls.close(self.now, &mut peer.handshake);
            for datagram in &peer.handshake {
                self.send_one(datagram, to, peer.local);
            }
        }
        for way in peer.paths.valid() {
            self.disown_address(*way, place);
            if let Some(id) = way.stream() {
                self.streams.end(id);
            }
        }
        self.disown_ufrag(&peer.credentials.ufrag);
        self.free.push(place);
        let (room, connection) = (peer.room, peer.connection);
        for kind in KINDS {
            if peer.source(kind).is_some_and(|source| source.sending) {
                self.tell(EngineEvent::Source {
                    room,
                    source: SourceId { connection, kind },
                    sending: false,
                    top_layer: None,
                });
            }
        }
        let members: Vec<PeerIndex> = match self.rooms.get_mut(&room) {
            Some(room) => {
                room.members.remove(&connection);
                room.members.values().copied().collect()
            }
            None => Vec::new(),
        };
        for member in members {
            if let Some(other) = self.peer(member) {
                for slot in &mut other.slots {
                    slot.video.lost(place);
                    slot.audio.wanted = slot.audio.wanted.filter(|from| *from != place);
                }
                for source in &mut other.sources {
                    source.targets.retain(|target| target.peer != place);
                }
            }
        }
        self.tell(EngineEvent::Gone { room, connection });
    }

    pub(crate) fn close_all(&mut self) {
        for place in 0..self.peers.len() {
            self.remove(place, true);
        }
        self.events.flush();
    }

    /// Makes what runs in a room what its plan says. A plan repeated changes nothing.
    pub(crate) fn reconcile(&mut self, id: SessionId) {
        // The room is taken out while its members are changed, and put back.
        let Some(room) = self.rooms.remove(&id) else { return };
        for (connection, place) in &room.members {
            let Some(peer) = self.peer(*place) else { continue };
            peer.microphone_open = room.plan.open_microphones.contains(connection);
            // Whatever has changed: what was said until now was for those who listened until now.
            peer.incoming.iter_mut().filter_map(|stream| stream.sound.as_mut()).for_each(|sound| sound.settle());
            for kind in KINDS {
                let record = room.plan.record.get(&SourceId { connection: *connection, kind }).copied();
                if let Some(source) = peer.source_mut(kind) {
                    source.targets.clear();
                    source.record = record;
                    source.recorded = source.recorded.filter(|_| record.is_some());
                }
            }
        }
        for (connection, place) in &room.members {
            let feeds = room.plan.slots.get(connection).map(Vec::as_slice).unwrap_or_default();
            let visible = |shown: Shown| {
                feeds.iter().filter_map(|feed| feed.video).any(|(source, _)| {
                    source.kind == shown.kind && room.members.get(&source.connection) == Some(&shown.from)
                })
            };
            let mut fed = Vec::new();
            if let Some(peer) = self.peer(*place) {
                for (index, slot) in peer.slots.iter_mut().enumerate() {
                    let feed = feeds.get(index).copied().unwrap_or_default();
                    slot.audio.wanted = feed.audio.and_then(|source| sound(&room, source));
                    slot.video.want(feed.video.and_then(|(source, cap)| picture(&room, source, cap)), visible);
                    fed.extend(slot.audio.wanted.map(|from| (from, SourceKind::Microphone, index)));
                    fed.extend(slot.video.wanted.map(|wanted| (wanted.from, wanted.kind, index)));
                    fed.extend(slot.video.shown.map(|shown| (shown.from, shown.kind, index)));
                }
            }
            for (from, kind, slot) in fed {
                let target = SlotRef { peer: *place, slot };
                if let Some(source) = self.peer(from).and_then(|peer| peer.source_mut(kind))
                    && !source.targets.contains(&target)
                {
                    source.targets.push(target);
                }
            }
        }
        let members: Vec<PeerIndex> = room.members.values().copied().collect();
        if !(room.members.is_empty() && room.plan == Plan::default()) {
            self.rooms.insert(id, room);
        }
        // Whose picture goes where has changed: what each line takes is shared out anew, and layers nobody sent so far
        // may be wanted now.
        let now_us = self.now_us;
        for member in members {
            self.chase_key_frames(member);
            if let Some(peer) = self.peer(member) {
                (peer.due.allocation_us, peer.due.layers_us) = (now_us, now_us);
            }
            self.look_by(member, now_us);
        }
    }
}

fn sound(room: &Room, source: SourceId) -> Option<PeerIndex> {
    (source.kind == SourceKind::Microphone).then(|| room.members.get(&source.connection).copied()).flatten()
}

fn picture(room: &Room, source: SourceId, cap: super::plan::LayerCap) -> Option<VideoFeed> {
    if source.kind == SourceKind::Microphone {
        return None;
    }
    room.members.get(&source.connection).map(|from| VideoFeed { from: *from, kind: source.kind, cap })
}
