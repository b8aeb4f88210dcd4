//! What is due without anybody sending: repairs to ask for, feedback, reports, silence, good-byes.

use std::cmp::Reverse;

use super::engine::{EngineEvent, Rung};
use super::forward::PeerIndex;
use super::plan::{SourceId, SourceKind};
use super::remote::Remote;
use super::reports::{OUR_SSRC, ntp};
use super::rtcp;
use super::sdp::answer::cname;
use super::streams::Carrier;
use super::worker::Worker;
use crate::domain::ids::SessionId;
use crate::limits;

/// Feedback for the publisher's bit rate, and key frames that are still missing.
const TICK_US: i64 = 50_000;
const REPORTS_US: i64 = 1_000_000;
/// Where nothing else goes, so often: three lost in a row are no silence of three seconds yet.
const SIGNS_OF_LIFE_US: i64 = 500_000;
/// Padding of a probe leaves in parts this far apart.
const PROBE_STEP_US: i64 = 5_000;
/// Asking again for a lost packet sooner than this asks twice for one that is on its way.
const SHORTEST_RETRY_US: i64 = 40_000;

impl Worker {
    pub(crate) fn run_timers(&mut self) {
        while let Some(Reverse((due_us, place, serial))) = self.timers.peek().copied() {
            if due_us > self.now_us {
                break;
            }
            self.timers.pop();
            // An entry that was overtaken by an earlier one, or whose connection is gone.
            let valid = self.peer(place).is_some_and(|peer| peer.serial == serial && peer.due.tick_us == due_us);
            if valid {
                self.tick(place);
            }
        }
        if self.now_us >= self.levels_due_us {
            self.levels_due_us = self.now_us + limits::MEDIA_LEVELS.as_micros() as i64;
            self.tell_levels();
        }
        if self.now_us >= self.letters_due_us {
            self.write_letters();
        }
    }

    fn tick(&mut self, place: PeerIndex) {
        let now_us = self.now_us;
        self.pace(place);
        let Some(peer) = self.peer(place) else { return };
        let (round_due, report_due) = (now_us >= peer.due.round_us, now_us >= peer.due.reports_us);
        if round_due {
            peer.due.round_us = now_us + TICK_US;
            if self.presence(place) {
                return;
            }
            self.round(place);
        }
        if report_due {
            let told = self.reports(place);
            let Some(peer) = self.peer(place) else { return };
            peer.due.reports_us = now_us + if told { REPORTS_US } else { SIGNS_OF_LIFE_US };
        }
        let Some(peer) = self.peer(place) else { return };
        if std::mem::take(&mut peer.dirty) {
            self.mark_dirty(place);
        }
        let Some(peer) = self.peer(place) else { return };
        let due = &peer.due;
        let next_us = due.round_us.min(due.pace_us).min(due.reports_us).max(now_us + 1_000);
        self.schedule(place, next_us);
    }

    /// Lets leave what was held back and what a probe needs.
    fn pace(&mut self, place: PeerIndex) {
        let now_us = self.now_us;
        let Some(peer) = self.peer(place) else { return };
        if now_us < peer.due.pace_us {
            return;
        }
        peer.due.pace_us = i64::MAX;
        let Some(srtp) = peer.srtp.as_deref() else { return };
        let held_us = peer.down.release(srtp, now_us);
        let Some(bandwidth) = &mut peer.down.bandwidth else { return };
        let padding = bandwidth.padding(now_us);
        let probing_us = bandwidth.is_probing().then_some(now_us + PROBE_STEP_US);
        let numbered = |slot: &&mut super::peer::Slot| {
            slot.video.out.stream.rtx.is_some() && slot.video.out.stream.transport_cc.is_some()
        };
        if padding > 0
            && let Some(slot) = peer.slots.iter_mut().find(numbered)
        {
            peer.down.padding(srtp, &mut slot.video.out, padding, now_us);
        }
        peer.due.pace_us = held_us.into_iter().chain(probing_us).min().unwrap_or(i64::MAX);
        self.mark_dirty(place);
    }

    /// Everything that is looked at regularly.
    fn round(&mut self, place: PeerIndex) {
        let now_us = self.now_us;
        self.handshake(place);
        self.ask_for_repairs(place);
        self.chase_key_frames(place);
        for kind in [SourceKind::Camera, SourceKind::Paper] {
            self.chase_recorded(place, kind);
        }
        self.watch_sources(place);
        let Some(peer) = self.peer(place) else { return };
        peer.publisher.incoming.iter_mut().for_each(|stream| stream.measure(now_us));
        let way = peer.paths.selected();
        let moved = way.is_some_and(|way| peer.measured_way.replace(way).is_some_and(|before| !before.same_line(way)));
        if let Some(bandwidth) = &mut peer.down.bandwidth {
            if moved {
                bandwidth.new_way(now_us);
            }
            bandwidth.tick(now_us);
            if (bandwidth.is_probing() || bandwidth.asks(now_us)) && peer.due.pace_us == i64::MAX {
                peer.due.pace_us = now_us;
            }
        }
        let (allocation_due, layers_due) = (now_us >= peer.due.allocation_us, now_us >= peer.due.layers_us);
        if allocation_due {
            self.allocate(place);
        }
        if layers_due {
            self.ask_for_layers(place);
        }
        let Some(peer) = self.peer(place) else { return };
        if !peer.twcc.is_empty() {
            let media_ssrc = peer.publisher.incoming.first().map_or(0, |stream| stream.ssrc);
            while let Some(fci) = peer.twcc.report() {
                peer.send_rtcp(|out| rtcp::write_transport_feedback(out, OUR_SSRC, media_ssrc, &fci));
            }
        }
        if now_us >= peer.due.refill_us {
            peer.due.refill_us = now_us + REPORTS_US;
            peer.repairs_left = limits::REPAIRS_PER_SECOND;
        }
        if now_us >= peer.due.quality_us {
            let from_us = std::mem::replace(&mut peer.due.quality_from_us, now_us);
            peer.due.quality_us = now_us + limits::MEDIA_QUALITY.as_micros() as i64;
            self.tell_quality(place, now_us - from_us);
        }
        let Some(peer) = self.peer(place) else { return };
        let repairs_us = peer.publisher.incoming.iter().filter_map(|stream| stream.nack.due_us()).min();
        let handshake_us = peer.dtls.deadline();
        let handshake_us = handshake_us.map(|due| now_us + due.saturating_duration_since(self.now).as_micros() as i64);
        let round_us = [repairs_us, handshake_us].into_iter().flatten().fold(now_us + TICK_US, i64::min);
        if let Some(peer) = self.peer(place) {
            peer.due.round_us = round_us.max(now_us + 1_000);
        }
    }

    /// Silence and the end. `true`: the connection is gone.
    fn presence(&mut self, place: PeerIndex) -> bool {
        let now_us = self.now_us;
        let Some(peer) = self.peer(place) else { return true };
        let quiet_us = now_us - peer.alive_us;
        if quiet_us >= limits::CONSENT_TIMEOUT.as_micros() as i64 {
            self.remove(place, true);
            return true;
        }
        if quiet_us >= limits::MEDIA_SILENT.as_micros() as i64 && !peer.silent && peer.srtp.is_some() {
            peer.silent = true;
            let event =
                EngineEvent::Silent { room: peer.room, connection: peer.connection, since_mono_us: peer.alive_us };
            self.tell(event);
        }
        false
    }

    fn handshake(&mut self, place: PeerIndex) {
        let now = self.now;
        let Some(peer) = self.peer(place) else { return };
        let mut out = std::mem::take(&mut peer.handshake);
        if peer.dtls.deadline().is_some_and(|due| due <= now) {
            peer.dtls.timeout(now, &mut out);
        }
        let any = !out.is_empty();
        peer.handshake = out;
        if any {
            self.mark_dirty(place);
        }
    }

    fn ask_for_repairs(&mut self, place: PeerIndex) {
        let now_us = self.now_us;
        let Some(peer) = self.peer(place) else { return };
        let retry_us = peer.quality.rtt_us().unwrap_or(0).max(SHORTEST_RETRY_US);
        for stream in 0..peer.publisher.incoming.len() {
            let Some(incoming) = peer.publisher.incoming.get_mut(stream) else { continue };
            if incoming.nack.due_us().is_none_or(|due_us| due_us > now_us) {
                continue;
            }
            let mut ask = Vec::new();
            incoming.nack.ask(now_us, retry_us, &mut ask);
            let ssrc = incoming.ssrc;
            if !ask.is_empty() {
                peer.send_rtcp(|out| rtcp::write_nack(out, OUR_SSRC, ssrc, &ask));
            }
        }
    }

    /// Sender reports for every slot that runs, receiver reports for everything that arrives, on one clock. `false`: there
    /// was nothing to tell, and that was said.
    fn reports(&mut self, place: PeerIndex) -> bool {
        let now_us = self.now_us;
        let ntp_now = ntp(self.wall_us + now_us);
        let Some(slots) = self.peer(place).map(|peer| peer.slots.len()) else { return false };
        let (mut written, mut told) = (Vec::new(), false);
        for number in 0..slots {
            for video in [true, false] {
                let Some(slot) = self.peer(place).and_then(|peer| peer.slots.get(number)) else { continue };
                let out = if video { &slot.video.out } else { &slot.audio.out };
                let (Some(stream), Some(shift)) = (out.rewriter.stream(), out.rewriter.timestamp_shift()) else {
                    continue;
                };
                let (ssrc, packets, octets) = (out.stream.ssrc, out.packets, out.octets);
                let timestamp = self.publisher_of(stream).and_then(|publisher| {
                    let clock = publisher.clock;
                    publisher.keyed(stream)?.clock.timestamp_at(now_us, clock)
                });
                if let Some(timestamp) = timestamp {
                    rtcp::write_sender_report(
                        &mut written,
                        ssrc,
                        ntp_now,
                        timestamp.wrapping_add(shift),
                        packets,
                        octets,
                    );
                    rtcp::write_cname(&mut written, ssrc, &cname(number));
                }
                // 25 pairs would not fit one datagram.
                if written.len() > 1_000 {
                    let full = std::mem::take(&mut written);
                    told = true;
                    if let Some(peer) = self.peer(place) {
                        peer.send_rtcp(|out| out.extend_from_slice(&full));
                    }
                }
            }
        }
        let Some(peer) = self.peer(place) else { return false };
        let mut blocks: Vec<_> = peer
            .publisher
            .incoming
            .iter_mut()
            .filter_map(|stream| stream.statistics.block(stream.ssrc, now_us))
            .collect();
        let expected = peer.publisher.incoming.iter().map(|stream| stream.statistics.lately()).sum();
        for stream in peer.publisher.incoming.iter_mut().filter(|stream| !stream.is_video()) {
            if let Some(block) = blocks.iter_mut().find(|block| block.ssrc == stream.ssrc) {
                stream.listeners.tell(block, expected, now_us);
            }
        }
        // Where there is nothing to tell, an empty report (RFC 3550 §6.4.2): not every browser shows its page the answers
        // to its checks, and a page that nothing comes to takes its line for broken.
        told |= !blocks.is_empty() || !written.is_empty();
        if !blocks.is_empty() || !told {
            rtcp::write_receiver_report(&mut written, OUR_SSRC, &blocks);
        }
        if !written.is_empty() {
            peer.send_rtcp(|out| out.extend_from_slice(&written));
        }
        told
    }

    /// Tells when a source begins or stops, or its best layer changes.
    fn watch_sources(&mut self, place: PeerIndex) {
        let now_us = self.now_us;
        for kind in [SourceKind::Microphone, SourceKind::Camera, SourceKind::Paper] {
            let Some(peer) = self.peer(place) else { return };
            let last_us = peer
                .publisher
                .incoming
                .iter()
                .filter(|stream| stream.kind == kind)
                .map(super::incoming::Incoming::last_packet_us)
                .max();
            let Some(last_us) = last_us else { continue };
            let sending = now_us - last_us < limits::SOURCE_SILENT.as_micros() as i64;
            let flowing = peer.publisher.flowing(kind, now_us).top().filter(|_| kind != SourceKind::Microphone);
            let (room, source_id) = (peer.room, SourceId { connection: peer.connection, kind });
            let Some(source) = peer.publisher.source_mut(kind) else { continue };
            // A short pause between two frames of a slow paper camera is not a change of layers.
            let top = if sending { flowing.or(source.top) } else { None };
            if (source.sending, source.top) == (sending, top) {
                continue;
            }
            (source.sending, source.top) = (sending, top);
            self.tell(EngineEvent::Source { room, source: source_id, sending, top_layer: top });
        }
    }

    fn tell_quality(&mut self, place: PeerIndex, interval_us: i64) {
        let Some(peer) = self.peer(place).filter(|peer| peer.srtp.is_some()) else { return };
        let stream = peer.paths.selected().and_then(Remote::stream);
        let rung = match stream.and_then(|id| self.streams.carrier(id)) {
            None => Rung::Udp,
            Some(Carrier::Framed) => Rung::Tcp,
            Some(Carrier::Relay) => Rung::Relay,
        };
        let Some(peer) = self.peer(place) else { return };
        let uplink = peer
            .publisher
            .incoming
            .iter()
            .map(|stream| stream.statistics.totals())
            .fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        let jitter = peer
            .publisher
            .incoming
            .iter()
            .find(|stream| !stream.is_video())
            .map_or(0, |stream| stream.statistics.jitter_ms(48_000));
        let quality = peer.quality.take(uplink, jitter, interval_us, rung);
        let event = EngineEvent::Quality { room: peer.room, connection: peer.connection, quality };
        self.events.tell_if_room(event);
    }

    fn tell_levels(&mut self) {
        let Self { rooms, peers, events, neighbours, now_us, .. } = self;
        for (room, state) in rooms.iter_mut() {
            let mut levels = Vec::new();
            for (connection, place) in &state.members {
                let peer = peers.get_mut(*place).and_then(Option::as_deref_mut);
                if let Some(level) = peer.and_then(|peer| peer.level.take().filter(|_| peer.publisher.microphone_open))
                {
                    levels.push((*connection, level));
                }
            }
            let levels = state.levels_to_tell(neighbours.index, *now_us, levels);
            if !levels.is_empty() {
                events.tell_if_room(EngineEvent::Levels { room: SessionId(room.0), levels });
            }
        }
    }
}
