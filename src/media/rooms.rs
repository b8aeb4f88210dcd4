//! Carrying out what rooms wish: who comes, who goes, and the plan as differences to what runs.

use std::collections::BTreeSet;

use super::dtls::Dtls;
use super::engine::{Codec, EngineEvent, JoinRefusal};
use super::forward::{PeerIndex, Shown, VideoFeed};
use super::mailbox::{NewPeer, Wishes};
use super::peer::Peer;
use super::placement::Placed;
use super::plan::{Plan, SourceId, SourceKind};
use super::publisher::{KINDS, SlotRef};
use super::worker::{Room, Worker};
use crate::domain::ids::{ConnectionId, SessionId};
use crate::limits;

impl Worker {
    pub(crate) fn fulfil(&mut self, wishes: Wishes) {
        if wishes.fault {
            // As a panic, without its page of text.
            std::panic::resume_unwind(Box::new("the fault that was asked for"));
        }
        for room in wishes.closes {
            let Some(Room { members, mirrors, .. }) = self.rooms.remove(&room) else { continue };
            members.into_values().for_each(|place| self.remove(place, true));
            mirrors.into_values().for_each(|place| self.mirrors.remove(place));
        }
        // A plan is carried out once for all that came together: three hundred who come at once are not looked at three
        // hundred times each.
        let mut touched = BTreeSet::new();
        for (room, connection) in wishes.leaves {
            if let Some(place) = self.rooms.get(&room).and_then(|room| room.members.get(&connection)).copied() {
                self.remove(place, true);
                // It may have gone to another worker, and be seen from here.
                touched.extend(self.rooms.get(&room).filter(|state| state.workers.len() > 1).map(|_| room));
            }
        }
        for peer in wishes.joins {
            touched.extend(self.join(peer));
        }
        for (id, Placed { plan, workers }) in wishes.plans {
            let room = self.rooms.entry(id).or_default();
            (room.plan, room.workers) = (plan, workers);
            touched.insert(id);
        }
        for room in touched {
            self.reconcile(room);
        }
        for ((room, from), letter) in wishes.letters {
            self.read_letter(room, from, letter);
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
        let dtls = Dtls::new(self.identity.clone(), new.agreed.fingerprint, new.agreed.client, new.agreed.calls);
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
            if peer.publisher.source(kind).is_some_and(|source| source.sending) {
                self.tell(EngineEvent::Source {
                    room,
                    source: SourceId { connection, kind },
                    sending: false,
                    top_layer: None,
                });
            }
        }
        let others: Vec<PeerIndex> = match self.rooms.get_mut(&room) {
            Some(room) => {
                room.members.remove(&connection);
                room.members.values().chain(room.mirrors.values()).copied().collect()
            }
            None => Vec::new(),
        };
        for other in others {
            self.peer(other).into_iter().flat_map(|peer| &mut peer.slots).for_each(|slot| slot.lost(place));
            for source in self.publisher(other).into_iter().flat_map(|publisher| &mut publisher.sources) {
                source.targets.retain(|target| target.peer != place);
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

    /// Pictures of a room that come as H.264, as far as it is known of those that live on other workers.
    fn h264_of(&mut self, room: &Room) -> BTreeSet<(PeerIndex, SourceKind)> {
        let mut found = BTreeSet::new();
        for place in room.members.values().copied() {
            let lines = self.peer(place).into_iter().flat_map(|peer| &peer.lines);
            found.extend(lines.filter(|line| line.codec == Codec::H264).map(|line| (place, line.kind)));
        }
        for place in room.mirrors.values().copied() {
            let streams = self.publisher(place).into_iter().flat_map(|publisher| &publisher.incoming);
            found.extend(streams.filter(|stream| stream.codec == Codec::H264).map(|stream| (place, stream.kind)));
        }
        found
    }

    /// Has a mirror for whoever somebody here should hear or see and who is not here. What nobody wants any more goes with
    /// the next letter: until then it may still be shown.
    fn keep_mirrors(&mut self, room: &mut Room) {
        let Room { plan, members, workers, mirrors, .. } = room;
        for place in mirrors.values() {
            for source in self.publisher(*place).into_iter().flat_map(|publisher| &mut publisher.sources) {
                source.targets.clear();
            }
        }
        if workers.len() > 1 {
            let feeds = plan.slots.iter().filter(|(receiver, _)| members.contains_key(receiver));
            let sources =
                feeds.flat_map(|(_, feeds)| feeds).flat_map(|feed| [feed.audio, feed.video.map(|(it, _)| it)]);
            for source in sources.flatten().filter(|source| !members.contains_key(&source.connection)) {
                mirrors.entry(source.connection).or_insert_with(|| self.mirrors.add(self.now_us));
            }
        }
        for (connection, place) in mirrors {
            if let Some(publisher) = self.publisher(*place) {
                publisher.microphone_open = plan.open_microphones.contains(connection);
                publisher.settle();
            }
        }
    }

    /// Makes what runs in a room what its plan says. A plan repeated changes nothing.
    pub(crate) fn reconcile(&mut self, id: SessionId) {
        // The room is taken out while its members are changed, and put back.
        let Some(mut room) = self.rooms.remove(&id) else { return };
        self.keep_mirrors(&mut room);
        for (connection, place) in &room.members {
            let Some(peer) = self.peer(*place) else { continue };
            peer.publisher.microphone_open = room.plan.open_microphones.contains(connection);
            peer.publisher.settle();
            for kind in KINDS {
                let record = room.plan.record.get(&SourceId { connection: *connection, kind }).copied();
                if let Some(source) = peer.publisher.source_mut(kind) {
                    source.targets.clear();
                    source.record = record;
                    source.recorded = source.recorded.filter(|_| record.is_some());
                }
            }
        }
        let h264 = self.h264_of(&room);
        for (connection, place) in &room.members {
            let feeds = room.plan.slots.get(connection).map(Vec::as_slice).unwrap_or_default();
            let watches = room.plan.watching.contains(connection);
            let visible = |shown: Shown| {
                let is_shown = |source: &SourceId| {
                    source.kind == shown.kind && room.place_of(source.connection) == Some(shown.from)
                };
                feeds.iter().filter_map(|feed| feed.video).any(|(source, _)| is_shown(&source))
                    || watches && room.plan.on_stage.iter().any(is_shown)
            };
            let mut fed = Vec::new();
            if let Some(peer) = self.peer(*place) {
                for (index, slot) in peer.slots.iter_mut().enumerate() {
                    let feed = feeds.get(index).copied().unwrap_or_default();
                    slot.audio.wanted = feed.audio.and_then(|source| sound(&room, source));
                    let wanted = feed.video.and_then(|(source, cap)| picture(&room, source, cap));
                    // What its receiver has no decoder for is not even asked for.
                    let takes_h264 = slot.video.out.stream.takes(Codec::H264);
                    let wanted = wanted.filter(|feed| takes_h264 || !h264.contains(&(feed.from, feed.kind)));
                    slot.video.want(wanted, visible);
                    fed.extend(slot.audio.wanted.map(|from| (from, SourceKind::Microphone, index)));
                    fed.extend(slot.video.wanted.map(|wanted| (wanted.from, wanted.kind, index)));
                    fed.extend(slot.video.shown.map(|shown| (shown.from, shown.kind, index)));
                }
            }
            for (from, kind, slot) in fed {
                let target = SlotRef { peer: *place, slot };
                if let Some(source) = self.publisher(from).and_then(|publisher| publisher.source_mut(kind))
                    && !source.targets.contains(&target)
                {
                    source.targets.push(target);
                }
            }
        }
        let members: Vec<PeerIndex> = room.members.values().copied().collect();
        let spread = room.workers.len() > 1;
        let needed = !room.members.is_empty() || room.plan != Plan::default() || spread;
        if needed {
            self.rooms.insert(id, room);
        }
        // Whose picture goes where has changed: what each line takes is shared out anew, and layers nobody sent so far
        // may be wanted now.
        let now_us = self.now_us;
        if spread {
            self.letters_due_us = now_us;
        }
        for member in members {
            self.chase_key_frames(member);
            if let Some(peer) = self.peer(member) {
                (peer.due.allocation_us, peer.due.layers_us) = (now_us, now_us);
            }
            self.look_by(member, now_us);
        }
    }
}

impl Room {
    /// Where a connection publishes, on this worker or another.
    fn place_of(&self, connection: ConnectionId) -> Option<PeerIndex> {
        self.members.get(&connection).or_else(|| self.mirrors.get(&connection)).copied()
    }
}

fn sound(room: &Room, source: SourceId) -> Option<PeerIndex> {
    (source.kind == SourceKind::Microphone).then(|| room.place_of(source.connection)).flatten()
}

fn picture(room: &Room, source: SourceId, cap: super::plan::LayerCap) -> Option<VideoFeed> {
    if source.kind == SourceKind::Microphone {
        return None;
    }
    room.place_of(source.connection).map(|from| VideoFeed { from, kind: source.kind, cap })
}
