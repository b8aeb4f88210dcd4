//! One load client without its socket: bytes and time in, bytes out.

use std::net::SocketAddr;
use std::time::Instant;

use bytes::BytesMut;

use super::Profile;
use super::dtls::{Dtls, Identity, Outcome};
use super::histogram::Histogram;
use super::ice::Checks;
use super::material::{self, Mark, Medium, PT_AUDIO, PT_VIDEO};
use super::sdp::{Local, Remote};
use super::source::{First, Source};
use super::tally::{Clear, Sight, Stream};
use crate::media::outbox::Outbox;
use crate::media::reports::ntp;
use crate::media::rtcp::{self, ReportBlock, Rtcp};
use crate::media::srtp::SrtpSession;

const REPORTS_US: i64 = 1_000_000;
/// No answer to any check for so long: the connection is over (RFC 7675).
const CONSENT_US: i64 = 30_000_000;
/// Report blocks of one receiver report.
const BLOCKS: usize = 31;

/// A moment in all the ways it is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Now {
    pub(super) us: i64,
    pub(super) instant: Instant,
    /// Microseconds since 1970.
    pub(super) wall_us: i64,
}

/// When what happened, µs of the load's clock.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Times {
    /// The client began to ask for admission.
    pub(super) asked_us: i64,
    pub(super) connected_us: Option<i64>,
    /// First packet of anybody.
    pub(super) first_us: Option<i64>,
    /// First packet of a picture.
    pub(super) picture_us: Option<i64>,
    /// So long until the first packet it was the load's turn: it had been answered and had not gone on yet.
    pub(super) own_us: i64,
}

/// What a client is made of, before it knows the other side.
pub(super) struct Draft {
    pub(super) local: Local,
    /// Places of its picture and its sound in the whole load.
    pub(super) places: (u32, u32),
    pub(super) first: First,
    pub(super) profile: Profile,
    /// Packets get lost on the way: keep them for those who ask again.
    pub(super) lossy: bool,
    /// Of its first check; others' must be far from it.
    pub(super) serial: u64,
}

/// A client.
pub(super) struct Client {
    pub(super) times: Times,
    pub(super) over: bool,
    pub(super) sources: Vec<Source>,
    pub(super) streams: Vec<Stream>,
    /// Repairs that came, which are not counted as packets.
    pub(super) repairs: u64,
    /// Protected datagrams, to the selected address.
    pub(super) outbox: Outbox,
    /// Checks and handshakes.
    pub(super) single: Vec<(Vec<u8>, SocketAddr)>,
    checks: Checks,
    dtls: Dtls,
    srtp: Option<Box<SrtpSession>>,
    profile: Profile,
    handshake: Vec<BytesMut>,
    last: usize,
    /// It is the load's turn since then.
    turn_since_us: Option<i64>,
    reports_us: i64,
    /// Sender reports heard: SSRC, middle of the NTP time, when.
    heard: Vec<(u32, u32, i64)>,
    /// Expected and received at the last report, per stream.
    told: Vec<(u64, u64)>,
}

impl Client {
    /// `asked_us`: when it began to ask for admission, `answered_us`: when it had it.
    pub(super) fn new(draft: Draft, remote: Remote, asked_us: i64, answered_us: i64) -> Self {
        let Draft { local, places, first, profile, lossy, serial } = draft;
        let sources = local.sends.map_or_else(Vec::new, |(video, audio)| {
            [(Medium::Video, (video, places.0)), (Medium::Audio, (audio, places.1))]
                .map(|(medium, names)| Source::new(medium, names, &profile, first, remote.level, lossy))
                .into()
        });
        Self {
            times: Times { asked_us, ..Times::default() },
            over: false,
            sources,
            streams: Vec::new(),
            repairs: 0,
            outbox: Outbox::default(),
            single: Vec::new(),
            dtls: Dtls::new(remote.fingerprint),
            checks: Checks::new(&local, remote, serial),
            srtp: None,
            profile,
            handshake: Vec::new(),
            last: 0,
            turn_since_us: Some(answered_us),
            reports_us: i64::MAX,
            heard: Vec::new(),
            told: Vec::new(),
        }
    }

    /// The address asked first.
    pub(super) fn candidate(&self) -> Option<SocketAddr> {
        self.checks.candidate()
    }

    /// Where protected datagrams go.
    pub(super) fn path(&self) -> Option<SocketAddr> {
        self.checks.selected()
    }

    /// When [`Client::tick`] wants to be called.
    pub(super) fn due_us(&self, now: Now) -> i64 {
        if self.over {
            return i64::MAX;
        }
        let handshake_us =
            self.dtls.deadline().map(|due| now.us + due.saturating_duration_since(now.instant).as_micros() as i64);
        let sources = self.sources.iter().map(|source| source.due_us);
        sources.chain(handshake_us).chain([self.checks.due_us, self.reports_us]).min().unwrap_or(i64::MAX)
    }

    /// Does what is due; adds how late each frame left to `late`.
    pub(super) fn tick(&mut self, now: Now, identity: &Identity, late: &mut Histogram) {
        if self.over {
            return;
        }
        let heard_us = self.checks.heard_us;
        if self.checks.selected().is_some() && now.us - heard_us > CONSENT_US {
            self.over = true;
            return;
        }
        if let Some(check) = self.checks.ask(now.us, identity.provider.crypto()) {
            self.single.push(check);
        }
        self.dtls.timeout(now.instant, &mut self.handshake);
        self.post_handshake();
        let Some(srtp) = self.srtp.as_deref_mut() else { return };
        for source in self.sources.iter_mut().filter(|source| source.due_us <= now.us) {
            source.frame(now.us, srtp, &mut self.outbox);
            late.add(u64::try_from(source.late_us).unwrap_or(0));
        }
        if now.us >= self.reports_us {
            self.reports_us = now.us + REPORTS_US;
            self.report(now);
        }
    }

    /// A datagram came. `arrived_us`: when the system had it.
    pub(super) fn datagram(
        &mut self,
        now: Now,
        arrived_us: i64,
        from: SocketAddr,
        datagram: &mut [u8],
        identity: &Identity,
        delay: &mut Histogram,
    ) {
        if self.times.first_us.is_none() {
            self.turn_since_us.get_or_insert(arrived_us);
        }
        match datagram {
            [128..=191, 192..=223, ..] => self.rtcp(now, datagram),
            [128..=191, ..] => self.rtp(arrived_us, datagram, delay),
            [20..=63, ..] => self.dtls(now, datagram, identity),
            [0..=3, ..] => self.stun(now, from, datagram, identity),
            _ => {}
        }
    }

    fn stun(&mut self, now: Now, from: SocketAddr, datagram: &[u8], identity: &Identity) {
        let crypto = identity.provider.crypto();
        if let Some(answer) = self.checks.answer(datagram, from, crypto) {
            self.single.push((answer, from));
        } else if self.checks.answered(datagram, from, now.us, crypto) {
            self.dtls.begin(identity, now.instant, &mut self.handshake);
            self.post_handshake();
        }
    }

    /// All that it had to say has left.
    pub(super) fn flushed(&mut self, now_us: impl FnOnce() -> i64) {
        if let Some(since_us) = self.turn_since_us.take()
            && self.times.first_us.is_none()
        {
            self.times.own_us += (now_us() - since_us).max(0);
        }
    }

    /// Stops sending, or goes on.
    pub(super) fn play(&mut self, now_us: i64, on: bool) {
        for source in &mut self.sources {
            if on && self.times.connected_us.is_some() {
                source.begin(now_us);
            } else {
                source.pause();
            }
        }
    }

    /// Says good-bye.
    pub(super) fn close(&mut self, now: Now) {
        self.dtls.close(now.instant, &mut self.handshake);
        self.post_handshake();
        self.over = true;
    }

    fn dtls(&mut self, now: Now, datagram: &[u8], identity: &Identity) {
        match self.dtls.read(datagram, identity, now.instant, &mut self.handshake) {
            Outcome::Going => {}
            Outcome::Over => self.over = true,
            Outcome::Connected(session) => {
                self.srtp = Some(session);
                self.times.connected_us = Some(now.us);
                self.reports_us = now.us + REPORTS_US;
                self.play(now.us, true);
            }
        }
        self.post_handshake();
    }

    fn post_handshake(&mut self) {
        let Some(to) = self.checks.selected() else { return };
        self.single.extend(self.handshake.drain(..).map(|datagram| (datagram.to_vec(), to)));
    }

    fn rtp(&mut self, arrived_us: i64, datagram: &mut [u8], delay: &mut Histogram) {
        let Some(clear) = Clear::read(datagram) else { return };
        let medium = match clear.payload_type {
            PT_VIDEO => Medium::Video,
            PT_AUDIO => Medium::Audio,
            _ => {
                self.repairs += 1;
                return;
            }
        };
        if self.streams.get(self.last).is_none_or(|stream| stream.ssrc != clear.ssrc) {
            let known = self.streams.iter().position(|stream| stream.ssrc == clear.ssrc);
            self.last = known.unwrap_or_else(|| {
                self.streams.push(Stream::new(clear.ssrc, medium));
                self.streams.len() - 1
            });
        }
        self.times.first_us.get_or_insert(arrived_us);
        if medium == Medium::Video {
            self.times.picture_us.get_or_insert(arrived_us);
        }
        let Some(stream) = self.streams.get_mut(self.last) else { return };
        let sight = stream.saw(clear.sequence);
        if let Sight::Open(index) = sight
            && let Some(srtp) = self.srtp.as_deref()
        {
            let mark = srtp
                .open_rtp(datagram, clear.length, clear.ssrc, index)
                .ok()
                .and_then(|length| material::read(medium, datagram.get(clear.length..length)?));
            let packets_per_frame = u64::from(self.profile.packets_per_frame.max(1));
            let frame_of = |mark: &Mark| if medium == Medium::Video { 1 + mark.number / packets_per_frame } else { 0 };
            stream.compare(index, clear.timestamp, mark, frame_of);
        }
        if sight != Sight::Repeated
            && let Some(sent_us) = stream.sent_us(clear.timestamp)
        {
            delay.add(u64::try_from(arrived_us - sent_us).unwrap_or(0));
        }
    }

    fn rtcp(&mut self, now: Now, datagram: &mut [u8]) {
        let Some(srtp) = self.srtp.as_deref_mut() else { return };
        let Ok(length) = srtp.open_rtcp(datagram) else { return };
        let Self { sources, outbox, heard, .. } = self;
        rtcp::read(datagram.get(..length).unwrap_or_default(), |item| match item {
            Rtcp::KeyFrame { media_ssrc } => {
                sources.iter_mut().filter(|source| source.ssrc == media_ssrc).for_each(Source::want_key_frame);
            }
            Rtcp::Nack { media_ssrc, sequence, following } => {
                for source in sources.iter().filter(|source| source.ssrc == media_ssrc) {
                    rtcp::nacked(sequence, following).for_each(|sequence| source.again(sequence, outbox));
                }
            }
            Rtcp::SenderReport { ssrc, ntp, .. } => {
                heard.retain(|(of, _, _)| *of != ssrc);
                heard.push((ssrc, (ntp >> 16) as u32, now.us));
            }
            _ => {}
        });
    }

    /// Sender reports of what is published, receiver reports of what arrives, as browsers send them.
    fn report(&mut self, now: Now) {
        let mut written = Vec::new();
        // One that has sent nothing yet has no clock to tell of.
        for source in self.sources.iter().filter(|source| source.number > 0) {
            let timestamp = source.timestamp(now.us);
            let packets = source.number as u32;
            rtcp::write_sender_report(&mut written, source.ssrc, ntp(now.wall_us), timestamp, packets, source.octets);
        }
        self.told.resize(self.streams.len(), (0, 0));
        let mut blocks = Vec::new();
        for (stream, told) in self.streams.iter().zip(&mut self.told) {
            let (expected, received) = (stream.expected(None), stream.received);
            // A window that began since makes both smaller.
            let (more, came) = (expected.saturating_sub(told.0), received.saturating_sub(told.1));
            *told = (expected, received);
            let heard = self.heard.iter().find(|(of, _, _)| *of == stream.ssrc);
            blocks.push(ReportBlock {
                ssrc: stream.ssrc,
                fraction_lost: ((more.saturating_sub(came) * 256) / more.max(1)).min(255) as u8,
                total_lost: expected.saturating_sub(received) as i32,
                highest_sequence: stream.highest().unwrap_or(0) as u32,
                jitter: 0,
                last_sr: heard.map_or(0, |(_, ntp, _)| *ntp),
                delay: heard.map_or(0, |(_, _, at_us)| ((now.us - at_us) * 65_536 / 1_000_000) as u32),
            });
        }
        let ssrc = self.sources.first().map_or(2, |source| source.ssrc);
        for some in blocks.chunks(BLOCKS) {
            rtcp::write_receiver_report(&mut written, ssrc, some);
        }
        let Some(srtp) = self.srtp.as_deref_mut().filter(|_| !written.is_empty()) else { return };
        self.outbox.push(|out, start| {
            out.extend_from_slice(&written);
            srtp.seal_rtcp(out, start).is_ok()
        });
    }
}
