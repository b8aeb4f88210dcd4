//! One picture or sound that a load client publishes.

use std::collections::VecDeque;

use super::Profile;
use super::material::{self, Medium, Piece};
use super::sdp::LEVEL_ID;
use crate::media::outbox::Outbox;
use crate::media::srtp::SrtpSession;

/// A key frame at least this often, as encoders do.
const KEY_FRAMES_US: i64 = 10_000_000;
/// Level of the sound: somebody speaks.
const LEVEL: u8 = 30;
/// Sent packets kept for those who ask again.
const KEPT: usize = 256;
const HEADER: usize = 12;
const LEVEL_EXTENSION: [u8; 8] = [0xbe, 0xde, 0, 1, LEVEL_ID << 4, LEVEL, 0, 0];

/// Numbers of a stream's first packet.
#[derive(Clone, Copy, Debug)]
pub(super) struct First {
    pub(super) sequence: u16,
    pub(super) timestamp: u32,
}

/// A stream on its way out.
pub(super) struct Source {
    pub(super) medium: Medium,
    pub(super) ssrc: u32,
    /// Which source of the whole load.
    pub(super) place: u32,
    /// Packets sent.
    pub(super) number: u64,
    pub(super) octets: u32,
    pub(super) due_us: i64,
    /// Sent later than planned, µs: how well the load keeps its own time.
    pub(super) late_us: i64,
    profile: Profile,
    /// 48-bit SRTP index of the next packet.
    index: u64,
    first_timestamp: u32,
    /// Added to the time stamps of the clock; known from the first frame on.
    timestamp_shift: Option<u32>,
    frame: u64,
    began_us: i64,
    key_due_us: i64,
    with_level: bool,
    kept: VecDeque<(u16, Vec<u8>)>,
    keep: bool,
}

impl Source {
    /// `keep`: packets may be asked for again.
    pub(super) fn new(
        medium: Medium,
        (ssrc, place): (u32, u32),
        profile: &Profile,
        first: First,
        with_level: bool,
        keep: bool,
    ) -> Self {
        Self {
            medium,
            ssrc,
            place,
            number: 0,
            octets: 0,
            due_us: i64::MAX,
            late_us: 0,
            profile: profile.clone(),
            index: u64::from(first.sequence),
            first_timestamp: first.timestamp,
            timestamp_shift: None,
            frame: 0,
            began_us: 0,
            key_due_us: 0,
            with_level: with_level && medium == Medium::Audio,
            kept: VecDeque::new(),
            keep,
        }
    }

    /// Begins to send: not all sources at the same moment, but each in its own phase.
    pub(super) fn begin(&mut self, now_us: i64) {
        let phase_us = i64::from(self.place.wrapping_mul(7_919) % 1_000) * self.interval_us() / 1_000;
        self.began_us = now_us + phase_us - self.frame as i64 * self.interval_us();
        self.due_us = now_us + phase_us;
        self.key_due_us = now_us;
    }

    /// Sends nothing from now on.
    pub(super) fn pause(&mut self) {
        self.due_us = i64::MAX;
    }

    /// The next frame begins with a key frame.
    pub(super) fn want_key_frame(&mut self) {
        self.key_due_us = i64::MIN;
    }

    /// RTP time stamp of a moment, µs.
    pub(super) fn timestamp(&self, at_us: i64) -> u32 {
        self.medium.timestamp(at_us).wrapping_add(self.timestamp_shift.unwrap_or(0))
    }

    fn rate(&self) -> u32 {
        match self.medium {
            Medium::Video => self.profile.frames_per_second,
            Medium::Audio => self.profile.sound_per_second,
        }
    }

    fn interval_us(&self) -> i64 {
        1_000_000 / i64::from(self.rate().max(1))
    }

    /// Writes the frame that is due at `now_us` into the outbox.
    pub(super) fn frame(&mut self, now_us: i64, srtp: &SrtpSession, outbox: &mut Outbox) {
        self.late_us = now_us - self.due_us;
        self.timestamp_shift.get_or_insert(self.first_timestamp.wrapping_sub(self.medium.timestamp(now_us)));
        self.frame += 1;
        self.due_us = self.began_us + (self.frame as i64 * 1_000_000) / i64::from(self.rate().max(1));
        if self.due_us < now_us {
            // What cannot be caught up with is left out rather than sent as a burst no camera makes.
            self.began_us += now_us - self.due_us;
            self.due_us = now_us;
        }
        let key = self.medium == Medium::Video && now_us >= self.key_due_us;
        if key {
            self.key_due_us = now_us + KEY_FRAMES_US;
        }
        let (packets, length) = match self.medium {
            Medium::Video => (self.profile.packets_per_frame, self.profile.packet_bytes),
            Medium::Audio => (1, self.profile.sound_bytes),
        };
        for packet in 0..packets {
            let piece = Piece {
                medium: self.medium,
                source: self.place,
                number: self.number,
                frame: self.frame,
                begins: packet == 0,
                key,
                at_us: now_us,
                length,
            };
            self.packet(&piece, packet + 1 == packets, srtp, outbox);
        }
    }

    fn packet(&mut self, piece: &Piece, last: bool, srtp: &SrtpSession, outbox: &mut Outbox) {
        let (index, ssrc) = (self.index, self.ssrc);
        let sequence = index as u16;
        let marker = last && self.medium == Medium::Video;
        let timestamp = self.timestamp(piece.at_us);
        let kept = &mut self.kept;
        let keep = self.keep && self.medium == Medium::Video;
        let with_level = self.with_level;
        outbox.push(|out, start| {
            out.push(if with_level { 0x90 } else { 0x80 });
            out.push(u8::from(marker) << 7 | self.medium.payload_type());
            out.extend_from_slice(&sequence.to_be_bytes());
            out.extend_from_slice(&timestamp.to_be_bytes());
            out.extend_from_slice(&ssrc.to_be_bytes());
            let mut header = HEADER;
            if with_level {
                out.extend_from_slice(&LEVEL_EXTENSION);
                header += LEVEL_EXTENSION.len();
            }
            material::write(piece, out);
            let sealed = srtp.seal_rtp(out, start, header, ssrc, index).is_ok();
            if let Some(sealed) = out.get(start..).filter(|_| sealed && keep) {
                if kept.len() == KEPT {
                    kept.pop_front();
                }
                kept.push_back((sequence, sealed.to_vec()));
            }
            sealed
        });
        self.index += 1;
        self.number += 1;
        self.octets = self.octets.wrapping_add(piece.length as u32);
    }

    /// Sends a packet again, byte for byte.
    pub(super) fn again(&self, sequence: u16, outbox: &mut Outbox) {
        if let Some((_, sealed)) = self.kept.iter().rev().find(|(of, _)| *of == sequence) {
            outbox.push(|out, _| {
                out.extend_from_slice(sealed);
                true
            });
        }
    }
}
