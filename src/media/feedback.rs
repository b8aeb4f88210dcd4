//! RTCP of browsers: reports, repairs they ask for, key frames they need; and key frames we need ourselves.

use super::downlink::Content;
use super::engine::Codec;
use super::forward::PeerIndex;
use super::peer::Peer;
use super::picture::Picture;
use super::plan::{Layer, SourceId, SourceKind};
use super::quality::now_ntp32;
use super::reports::OUR_SSRC;
use super::rewrite::StreamKey;
use super::rtcp::{self, Rtcp};
use super::worker::Worker;

impl Worker {
    pub(crate) fn rtcp(&mut self, place: PeerIndex, datagram: &mut [u8]) {
        let Some(peer) = self.peer(place) else { return };
        let Some(Ok(length)) = peer.srtp.as_deref_mut().map(|srtp| srtp.open_rtcp(datagram)) else {
            self.counters.refused += 1;
            return;
        };
        self.alive(place);
        rtcp::read(datagram.get(..length).unwrap_or_default(), |item| self.rtcp_item(place, &item));
    }

    fn rtcp_item(&mut self, place: PeerIndex, item: &Rtcp<'_>) {
        let now_us = self.now_us;
        let wall_us = self.wall_us;
        let Some(peer) = self.peer(place) else { return };
        match *item {
            Rtcp::SenderReport { ssrc, ntp, timestamp } => {
                if let Some(stream) = peer.publisher.incoming.iter_mut().find(|stream| stream.ssrc == ssrc) {
                    stream.clock.reported(ntp, timestamp);
                    stream.statistics.reported(ntp, now_us);
                    peer.publisher.clock.reported(ntp, now_us);
                }
            }
            Rtcp::Block(block) => {
                // Only of streams we send: a stranger's numbers would count as loss.
                let ours = |slot: &super::peer::Slot| {
                    slot.video.out.stream.ssrc == block.ssrc || slot.audio.out.stream.ssrc == block.ssrc
                };
                let Some(slot) = peer.slots.iter().find(|slot| ours(slot)) else { return };
                let sound = slot.audio.out.stream;
                let of_sound = sound.ssrc == block.ssrc;
                // Who hears what was lost from the next packet needs nothing of the encoder.
                let protected = sound.red.is_some() && peer.down.protection.depth() > 0;
                let heard = slot.audio.out.rewriter.stream().filter(|_| of_sound && !protected);
                peer.quality.block(&block, now_ntp32(wall_us + now_us));
                if of_sound {
                    peer.down.protection.reported(block.fraction_lost);
                }
                if let Some(stream) = heard {
                    self.listener_lost(stream, block.fraction_lost);
                }
            }
            Rtcp::Bye { ssrc } => {
                if let Some(stream) = peer.publisher.incoming.iter_mut().find(|stream| stream.ssrc == ssrc) {
                    stream.ended();
                }
            }
            Rtcp::KeyFrame { media_ssrc } => {
                let shown = peer
                    .slots
                    .iter()
                    .find(|slot| slot.video.out.stream.ssrc == media_ssrc)
                    .and_then(|slot| slot.video.shown);
                if let Some(shown) = shown {
                    self.want_key_frame(shown.from, shown.kind, shown.layer);
                }
            }
            Rtcp::Feedback(fci) => {
                if let Some(bandwidth) = &mut peer.down.bandwidth {
                    let calm = bandwidth.is_calm();
                    bandwidth.feedback(fci, now_us);
                    // A queue is not waited with: sound stands behind it.
                    if calm && !bandwidth.is_calm() {
                        peer.due.allocation_us = now_us;
                        self.look_by(place, now_us);
                    }
                }
            }
            Rtcp::Nack { media_ssrc, sequence, following } => {
                for sequence in rtcp::nacked(sequence, following) {
                    self.repair(place, media_ssrc, sequence);
                }
            }
        }
    }

    /// Somebody who hears this stream told what was lost of it.
    fn listener_lost(&mut self, stream: StreamKey, fraction: u8) {
        let now_us = self.now_us;
        if let Some(incoming) = self.publisher_of(stream).and_then(|publisher| publisher.keyed(stream)) {
            incoming.listeners.reported(fraction, now_us);
        }
    }

    /// Sends a lost packet again, from the cache of the stream it came from. What we lack ourselves is not answered:
    /// it was asked for upstream already.
    fn repair(&mut self, place: PeerIndex, media_ssrc: u32, sequence: u16) -> Option<()> {
        let now_us = self.now_us;
        let peer = self.peer(place)?;
        if peer.repairs_left == 0 {
            return None;
        }
        let number = peer.slots.iter().position(|slot| slot.video.out.stream.ssrc == media_ssrc)?;
        let slot = peer.slots.get(number)?;
        slot.video.out.stream.rtx?;
        let (stream, index, sent_as) = slot.video.out.rewriter.sent_as(sequence)?;
        if !slot.video.repairs(stream) {
            return None;
        }
        let (timestamp, marker, codec) = self.copy_cached(stream, index)?;
        let Self { peers, scratch, .. } = self;
        let peer: &mut Peer = peers.get_mut(place).and_then(Option::as_deref_mut)?;
        let picture = Picture::read(codec, scratch);
        let out = &mut peer.slots.get_mut(number)?.video.out;
        let content = Content {
            timestamp,
            marker,
            payload: scratch.as_slice(),
            codec,
            picture: picture.as_ref(),
            again: Default::default(),
        };
        if peer.down.repair(peer.srtp.as_deref()?, out, sent_as, content, now_us) {
            peer.repairs_left -= 1;
            self.counters.repaired += 1;
            self.mark_dirty(place);
        }
        Some(())
    }

    /// Copies a cached payload into the scratch buffer.
    fn copy_cached(&mut self, stream: StreamKey, index: u64) -> Option<(u32, bool, Codec)> {
        // Taken out while the cache is read.
        let mut scratch = std::mem::take(&mut self.scratch);
        let incoming = self.publisher_of(stream).and_then(|publisher| publisher.keyed(stream));
        let cached = incoming.and_then(|incoming| Some((incoming.codec, incoming.cache.get(index)?)));
        let found = cached.map(|(codec, cached)| {
            scratch.clear();
            scratch.extend_from_slice(cached.payload);
            (cached.timestamp, cached.marker, codec)
        });
        self.scratch = scratch;
        found
    }

    /// Notes that a layer's key frame is needed and asks for it as soon as the last request is old enough.
    pub(crate) fn want_key_frame(&mut self, place: PeerIndex, kind: SourceKind, layer: Layer) {
        let now_us = self.now_us;
        if let Some(mirror) = self.mirrors.get_mut(place) {
            let Some(stream) = mirror.publisher.stream(kind, layer) else { return };
            stream.key_frames.want();
            if stream.key_frames.take(now_us)
                && let Some(layers) = mirror.key_frames.get_mut(kind as usize)
            {
                *layers |= layer.bit();
                self.letters_due_us = now_us;
            }
            return;
        }
        let Some(peer) = self.peer(place) else { return };
        let Some(stream) = peer.publisher.stream(kind, layer) else { return };
        stream.key_frames.want();
        if peer.srtp.is_none() || !stream.key_frames.take(now_us) {
            return;
        }
        let ssrc = stream.ssrc;
        peer.send_rtcp(|out| rtcp::write_pli(out, OUR_SSRC, ssrc));
        self.dirty.push(place);
    }

    /// Asks for the key frames this connection's slots wait for.
    pub(crate) fn chase_key_frames(&mut self, place: PeerIndex) {
        let now_us = self.now_us;
        for number in 0.. {
            let Some(peer) = self.peer(place) else { return };
            if peer.srtp.is_none() {
                return;
            }
            let Some(slot) = peer.slots.get(number) else { return };
            let Some(wanted) = slot.video.wanted else { continue };
            let stream = slot.video.out.stream;
            let Some(from) = self.publisher(wanted.from) else { continue };
            // Of a source on another worker it is learnt late that this receiver does not decode it.
            if from.incoming.iter().any(|one| one.kind == wanted.kind && !stream.takes(one.codec)) {
                continue;
            }
            let flowing = from.flowing(wanted.kind, now_us);
            let missing =
                self.peer(place).and_then(|peer| peer.slots.get(number)).and_then(|slot| slot.video.missing(flowing));
            if let Some(layer) = missing {
                self.want_key_frame(wanted.from, wanted.kind, layer);
            }
        }
    }

    /// Asks for the key frames the recorder waits for.
    pub(crate) fn chase_recorded(&mut self, place: PeerIndex, kind: SourceKind) {
        let now_us = self.now_us;
        let Some(peer) = self.peer(place) else { return };
        let flowing = peer.publisher.flowing(kind, now_us);
        let source_id = SourceId { connection: peer.connection, kind };
        let Some(source) = peer.publisher.source(kind).filter(|source| source.record.is_some()) else { return };
        let recorded = source.recorded.map(|(_, layer)| layer);
        let Some(top) = flowing.top() else { return };
        if recorded != Some(top) || self.recorder.wants_key_frame(source_id) {
            self.want_key_frame(place, kind, top);
        }
    }
}
