//! A datagram's way in: whose it is, whether it is authentic, and which slots get it.

use std::net::IpAddr;
use std::time::Instant;

use bytes::Bytes;

use super::downlink::Content;
use super::dtls::DtlsOutcome;
use super::engine::{Codec, EngineEvent, RecordedPacket};
use super::forward::{Forward, Packet, PeerIndex};
use super::ice::{self, PathChange};
use super::mux::Kind;
use super::peer::Belongs;
use super::picture::Picture;
use super::plan::{Layer, SourceId, SourceKind};
use super::remote::Remote;
use super::rewrite::StreamKey;
use super::rtp::RtpHeader;
use super::sound::{Found, Said};
use super::wire::u16_at;
use super::worker::Worker;
use crate::limits;

/// Further from now than this a capture time is not believed: a publisher's clock may jump.
const ABSURD_US: i64 = 2_000_000;

/// What is known of a media packet after decryption.
struct Arrived<'a> {
    stream: usize,
    index: u64,
    timestamp: u32,
    marker: bool,
    payload: &'a [u8],
    /// Came as a repair (RTX) or within a later packet (RED), not by itself.
    repaired: bool,
    /// What it brings came within a later packet before: it counts, and is not passed on again.
    known: bool,
}

/// What became of an authentic packet.
enum Opened {
    Taken,
    /// It belongs to nothing we agreed on, or not yet: repairs of a layer that has not begun, to probe the line.
    Unbound,
}

impl Worker {
    pub(crate) fn datagram(&mut self, from: Remote, to: Option<IpAddr>, datagram: &mut [u8]) {
        let kind = Kind::of(datagram);
        self.way = matches!(kind, Kind::Rtp | Kind::Rtcp).then_some((from, to));
        if kind == Kind::Stun {
            return self.stun(from, to, datagram);
        }
        let Some(place) = self.mux.by_address(from) else {
            return match kind {
                Kind::Unknown => self.counters.strangers += 1,
                _ => self.not_ours(from, to, datagram, None),
            };
        };
        if let Some(peer) = self.peer(place) {
            peer.quality.bytes_in += datagram.len() as u64;
        }
        match kind {
            Kind::Rtp => self.rtp(place, datagram),
            Kind::Rtcp => self.rtcp(place, datagram),
            Kind::Dtls => self.dtls(place, datagram),
            Kind::Stun | Kind::Unknown => self.counters.strangers += 1,
        }
    }

    fn stun(&mut self, from: Remote, to: Option<IpAddr>, datagram: &[u8]) {
        let Some(ufrag) = ice::local_ufrag(datagram) else {
            self.counters.strangers += 1;
            return;
        };
        let Some(place) = self.mux.by_ufrag(ufrag) else {
            return self.not_ours(from, to, datagram, Some(ufrag));
        };
        let mapped = match from {
            Remote::Udp(address) => Some(address),
            Remote::Stream { id, .. } => self.streams.mapped(id),
        };
        let identity = self.identity.clone();
        let (Some(mapped), Some(peer)) = (mapped, self.peer(place)) else { return };
        let Some(checked) = ice::answer(datagram, mapped, &peer.credentials.pwd, identity.provider.as_ref()) else {
            self.counters.refused += 1;
            return;
        };
        let change = peer.paths.checked(from, checked.nominated);
        if peer.paths.selected() == Some(from) {
            peer.local = to;
        }
        let still_used = |id| peer.paths.valid().iter().any(|way| way.stream() == Some(id));
        if let PathChange::Added { forgotten } = change {
            if let Some(forgotten) = forgotten {
                let unused = forgotten.stream().filter(|id| !still_used(*id));
                self.disown_address(forgotten, place);
                if let Some(id) = unused {
                    self.streams.end(id);
                }
            }
            self.own_address(from, place);
        }
        if let Some(id) = from.stream() {
            self.streams.prove(id, place);
        }
        self.alive(place);
        self.send_one(&checked.response, from, to);
        self.call(place);
    }

    /// A machine that waits for our hello gets it as soon as there is a way.
    fn call(&mut self, place: PeerIndex) {
        let now = self.now;
        let Some(peer) = self.peer(place).filter(|peer| peer.paths.selected().is_some()) else { return };
        if peer.dtls.begin(now, &mut peer.handshake) {
            let deadline = peer.dtls.deadline();
            self.mark_dirty(place);
            self.watch_handshake(place, deadline);
        }
    }

    fn watch_handshake(&mut self, place: PeerIndex, deadline: Option<Instant>) {
        if let Some(deadline) = deadline {
            let wait = deadline.saturating_duration_since(self.now);
            self.look_by(place, self.now_us + wait.as_micros() as i64);
        }
    }

    fn dtls(&mut self, place: PeerIndex, datagram: &[u8]) {
        let now = self.now;
        let Some(peer) = self.peer(place) else { return };
        let mut out = std::mem::take(&mut peer.handshake);
        let outcome = peer.dtls.read(datagram, now, &mut out);
        peer.handshake = out;
        let deadline = peer.dtls.deadline();
        self.mark_dirty(place);
        self.watch_handshake(place, deadline);
        match outcome {
            DtlsOutcome::Going => {}
            DtlsOutcome::Connected(session) => {
                let Some(peer) = self.peer(place) else { return };
                peer.srtp = Some(session);
                let (room, connection) = (peer.room, peer.connection);
                self.alive(place);
                self.tell(EngineEvent::Connected { room, connection });
                self.chase_key_frames(place);
            }
            DtlsOutcome::Closed | DtlsOutcome::Failed => {
                // What the crate wants to say last goes out first.
                self.flush();
                self.remove(place, false);
            }
        }
    }

    /// An authentic packet arrived.
    pub(crate) fn alive(&mut self, place: PeerIndex) {
        let (now_us, way) = (self.now_us, self.way.take());
        let Some(peer) = self.peer(place) else { return };
        peer.alive_us = now_us;
        if let Some((way, to)) = way
            && peer.paths.heard(way)
        {
            peer.local = to;
        }
        if std::mem::take(&mut peer.silent) {
            let (room, connection) = (peer.room, peer.connection);
            self.tell(EngineEvent::Alive { room, connection });
        }
    }

    fn rtp(&mut self, place: PeerIndex, datagram: &mut [u8]) {
        match self.open_rtp(place, datagram) {
            Some(Opened::Taken) => {}
            Some(Opened::Unbound) => {
                self.alive(place);
                self.counters.unbound += 1;
            }
            None => self.counters.refused += 1,
        }
    }

    /// Authenticates before anything else is believed; `None` for what is refused.
    fn open_rtp(&mut self, place: PeerIndex, datagram: &mut [u8]) -> Option<Opened> {
        let now_us = self.now_us;
        let header = RtpHeader::parse(datagram)?;
        let (peer, next_stream) = self.peer_and_streams(place)?;
        let srtp = peer.srtp.as_deref()?;
        let known = peer.belongs(header.ssrc);
        let window = match known {
            Some(Belongs::Media(stream)) => Some(&peer.publisher.incoming.get(stream)?.window),
            Some(Belongs::Repair(stream)) => Some(&peer.publisher.incoming.get(stream)?.repair.as_ref()?.1),
            None if peer.publisher.incoming.len() >= limits::INCOMING_STREAMS => return None,
            None => None,
        };
        // A stream's first packet is in its first 2^16: senders begin with a roll-over count of zero.
        let index = window.map_or(u64::from(header.sequence), |window| window.index(header.sequence));
        if window.is_some_and(|window| !window.is_free(index)) {
            return None;
        }
        let length = srtp.open_rtp(datagram, header.length, header.ssrc, index).ok()?;
        let packet = datagram.get(..length)?;
        let extensions = peer.extensions;
        for (id, value) in header.extensions(packet) {
            if Some(id) == extensions.transport_cc
                && let Some(number) = u16_at(value, 0)
            {
                peer.twcc.arrived(number, now_us);
            }
        }
        let belongs = match known {
            Some(belongs) => belongs,
            None => match peer.bind(packet, &header, || Self::new_stream(next_stream, place)) {
                Some(belongs) => belongs,
                None => return Some(Opened::Unbound),
            },
        };
        let payload = header.payload(packet)?;
        let arrived = match belongs {
            Belongs::Media(stream) => {
                peer.publisher.incoming.get_mut(stream)?.window.take(index);
                if peer.publisher.incoming.get(stream)?.kind == SourceKind::Microphone && peer.publisher.microphone_open
                {
                    for (id, value) in header.extensions(packet) {
                        if Some(id) == extensions.audio_level {
                            peer.level.heard(value);
                        }
                    }
                }
                Some(Arrived {
                    stream,
                    index,
                    timestamp: header.timestamp,
                    marker: header.marker,
                    payload,
                    repaired: false,
                    known: false,
                })
            }
            Belongs::Repair(stream) => {
                let incoming = peer.publisher.incoming.get_mut(stream)?;
                incoming.repair.as_mut()?.1.take(index);
                // Padding to probe the line comes as empty repairs or as repairs of what we have.
                u16_at(payload, 0).and_then(|original| {
                    let index = incoming.window.index(original);
                    incoming.window.take(index).then(|| Arrived {
                        stream,
                        index,
                        timestamp: header.timestamp,
                        marker: header.marker,
                        payload: payload.get(2..).unwrap_or_default(),
                        repaired: true,
                        known: false,
                    })
                })
            }
        };
        self.alive(place);
        if let Some(arrived) = arrived {
            self.part(place, &arrived, header.payload_type);
        }
        Some(Opened::Taken)
    }

    /// A packet of sound may carry those before it: what never came of them goes first, each as a packet of its own, so
    /// that all that follows sees plain Opus in its order.
    fn part(&mut self, place: PeerIndex, arrived: &Arrived<'_>, payload_type: u8) {
        let stream = self.peer(place).and_then(|peer| peer.publisher.incoming.get_mut(arrived.stream));
        let Some(sound) = stream.and_then(|stream| stream.sound.as_mut()) else { return self.media(place, arrived) };
        let brought = sound.arrived(arrived.index, arrived.timestamp, payload_type, arrived.payload);
        for found in brought.found() {
            self.counters.recovered += 1;
            let Found { index, timestamp, payload } = *found;
            self.media(place, &Arrived { index, timestamp, marker: false, payload, repaired: true, ..*arrived });
        }
        self.media(place, &Arrived { payload: brought.payload, known: brought.known, ..*arrived });
    }

    fn media(&mut self, place: PeerIndex, arrived: &Arrived<'_>) {
        let now_us = self.now_us;
        let Some(peer) = self.peer(place) else { return };
        let publisher_clock = peer.publisher.clock;
        let Some(stream) = peer.publisher.incoming.get_mut(arrived.stream) else { return };
        let too_much_missing =
            stream.arrived(arrived.index, arrived.timestamp, arrived.payload.len(), arrived.repaired, now_us);
        if arrived.known {
            return;
        }
        let nack_due_us = stream.nack.due_us();
        let (video, ssrc) = (stream.is_video(), stream.ssrc);
        if video {
            stream.cache.keep(arrived.index, arrived.timestamp, arrived.marker, arrived.payload);
        }
        let captured_us = stream.clock.captured_us(arrived.timestamp, publisher_clock);
        let packet = Packet {
            from: place,
            kind: stream.kind,
            layer: stream.layer,
            stream: stream.key,
            index: arrived.index,
            timestamp: arrived.timestamp,
            marker: arrived.marker,
            repaired: arrived.repaired,
            captured_us: captured_us.filter(|at_us| (now_us - at_us).abs() < ABSURD_US).unwrap_or(now_us),
            payload: arrived.payload,
            codec: stream.codec,
            picture: Picture::read(stream.codec, arrived.payload),
        };
        if too_much_missing {
            stream.key_frames.want();
        } else if packet.begins() {
            stream.key_frames.arrived();
        }
        if let Some(due_us) = nack_due_us {
            self.look_by(place, due_us);
        }
        // The gate: what the floor does not allow ends here, neither heard nor recorded.
        if packet.kind == SourceKind::Microphone && !self.peer(place).is_some_and(|peer| peer.publisher.microphone_open)
        {
            self.counters.gated += 1;
            return;
        }
        self.record(&packet, captured_us);
        self.pass_on(&packet);
        self.cross(&packet, ssrc);
    }

    /// Passes on what was let in, to receivers here.
    pub(crate) fn pass_on(&mut self, packet: &Packet<'_>) {
        let mut said = self.said(packet.stream).map(std::mem::take).unwrap_or_default();
        self.forward(packet, &said);
        said.keep(packet.index, packet.timestamp, packet.payload);
        if let Some(place) = self.said(packet.stream) {
            *place = said;
        }
    }

    /// What was said last on a stream of sound: taken out while it is passed on.
    fn said(&mut self, stream: StreamKey) -> Option<&mut Said> {
        Some(&mut self.publisher_of(stream)?.keyed(stream)?.sound.as_mut()?.said)
    }

    fn forward(&mut self, packet: &Packet<'_>, said: &Said) {
        let now_us = self.now_us;
        let Some(publisher) = self.publisher(packet.from) else { return };
        let flowing = publisher.flowing(packet.kind, now_us);
        let Some(source) = publisher.source_mut(packet.kind) else { return };
        // Taken out while others' slots are changed; nothing below touches it.
        let targets = std::mem::take(&mut source.targets);
        for target in &targets {
            let Some(receiver) = self.peers.get_mut(target.peer).and_then(Option::as_deref_mut) else { continue };
            let Some(srtp) = receiver.srtp.as_deref() else { continue };
            let Some(slot) = receiver.slots.get_mut(target.slot) else { continue };
            let (forward, out) = if packet.kind == SourceKind::Microphone {
                (slot.audio.forward(packet), &mut slot.audio.out)
            } else {
                (slot.video.forward(packet, flowing), &mut slot.video.out)
            };
            let place = match forward {
                Forward::Nothing => continue,
                Forward::Payload(place) | Forward::Padding(place) => place,
            };
            if std::mem::take(&mut out.began) {
                receiver.due.reports_us = now_us;
                self.hurried.push(target.peer);
            }
            let again = if packet.kind == SourceKind::Microphone {
                out.again(said, packet, receiver.down.protection.depth())
            } else {
                Default::default()
            };
            let content = Content {
                timestamp: packet.timestamp,
                marker: packet.marker,
                payload: packet.payload,
                codec: packet.codec,
                picture: packet.picture.as_ref(),
                again,
            };
            if receiver.down.media(srtp, out, place, content, now_us) {
                self.counters.forwarded += 1;
                if !std::mem::replace(&mut receiver.dirty, true) {
                    self.dirty.push(target.peer);
                }
            }
            if receiver.due.pace_us == i64::MAX
                && let Some(due_us) = receiver.down.due_us(now_us)
            {
                receiver.due.pace_us = due_us;
                self.hurried.push(target.peer);
            }
        }
        if let Some(source) = self.publisher(packet.from).and_then(|publisher| publisher.source_mut(packet.kind)) {
            source.targets = targets;
        }
        // What was held back, and slots whose receiver should learn a new clock.
        while let Some(place) = self.hurried.pop() {
            self.reschedule(place);
        }
    }

    fn record(&mut self, packet: &Packet<'_>, capture_us: Option<i64>) {
        let now_us = self.now_us;
        let recorder = self.recorder.clone();
        let Some(peer) = self.peer(packet.from) else { return };
        let flowing = peer.publisher.flowing(packet.kind, now_us);
        let connection = peer.connection;
        let Some(source) = peer.publisher.source_mut(packet.kind) else { return };
        let Some(target) = source.record else { return };
        // Pictures of VP8 are numbered: padding between them is told from loss by that. Those of H.264 are not.
        if packet.payload.is_empty() && packet.codec != Codec::H264 {
            return;
        }
        if packet.kind != SourceKind::Microphone && source.recorded.is_none_or(|(stream, _)| stream != packet.stream) {
            let running = source.recorded.map(|(_, layer)| layer).filter(|layer| *layer != packet.layer);
            if !packet.begins() || !flowing.accepts(running, packet.layer, Layer::Full) {
                return;
            }
            source.recorded = Some((packet.stream, packet.layer));
        }
        let taken = recorder.push(RecordedPacket {
            source: SourceId { connection, kind: packet.kind },
            target,
            layer: packet.layer,
            codec: packet.codec,
            sequence: packet.index as u16,
            timestamp: packet.timestamp,
            marker: packet.marker,
            arrival_us: now_us,
            capture_us,
            payload: Bytes::copy_from_slice(packet.payload),
        });
        if !taken {
            self.counters.unrecorded += 1;
        }
    }
}
