//! Sends material as a browser would: pictures all the time, silence or the voice as sound, in RTP time.

use std::time::Duration;

use bytes::{BufMut as _, Bytes, BytesMut};

use super::material::{FRAMES_PER_SECOND, Material, SOUND_MS};
use crate::bot::{Bot, BotError, BotPacket};
use crate::media::plan::{Layer, SourceKind};

/// How often [`Player::tick`] is to be called.
pub(super) const TICK: Duration = Duration::from_millis(SOUND_MS as u64);
/// RTP time of one packet of sound (48 kHz) and of one picture (90 kHz).
const SOUND_STEP: u32 = 960;
const PICTURE_STEP: u32 = 90_000 / FRAMES_PER_SECOND;
/// 20 ms of Opus that decode to silence: configuration 31, one frame without data that a decoder conceals.
const SILENCE: &[u8] = &[0xf8, 0xff, 0xfe];
/// RTP payload that fits every path with SRTP and IP around it.
const PAYLOAD: usize = 1_150;

/// What one tick brings.
pub(super) struct Sent {
    pub(super) sound: BotPacket,
    /// The packets of a picture, when one is due.
    pub(super) picture: Vec<BotPacket>,
}

/// The sending half of a point.
pub(super) struct Player {
    material: Material,
    ticks: u32,
    /// Pictures sent so far.
    pictures: u32,
    /// Place of the next picture in the material.
    next_picture: usize,
    /// Place of the next packet of the voice; `None` while silent.
    voice: Option<usize>,
    sound_sequence: u16,
    picture_sequence: u16,
    picture_id: u16,
}

impl Player {
    pub(super) fn new(material: Material) -> Self {
        let start = rand::random::<u16>() >> 1;
        Self {
            material,
            ticks: 0,
            pictures: 0,
            next_picture: 0,
            voice: None,
            sound_sequence: start,
            picture_sequence: start,
            picture_id: start,
        }
    }

    /// The voice begins, from its first word.
    pub(super) fn speak(&mut self) {
        self.voice = Some(0);
    }

    /// The voice ends in mid-word.
    pub(super) fn hush(&mut self) {
        self.voice = None;
    }

    pub(super) fn is_speaking(&self) -> bool {
        self.voice.is_some()
    }

    /// 20 ms go by.
    ///
    /// # Errors
    /// [`BotError`] when the connection is over.
    pub(super) async fn tick(&mut self, bot: &Bot) -> Result<(), BotError> {
        let sent = self.next(|| bot.take_key_frame_wish(SourceKind::Camera, Layer::Full));
        bot.send(SourceKind::Microphone, Layer::Full, sent.sound).await?;
        for packet in sent.picture {
            bot.send(SourceKind::Camera, Layer::Full, packet).await?;
        }
        Ok(())
    }

    /// What 20 ms bring; a picture begins anew where `key_frame` wants it.
    pub(super) fn next(&mut self, key_frame: impl FnOnce() -> bool) -> Sent {
        let sound = self.sound();
        let due = self.ticks.saturating_mul(SOUND_MS).saturating_mul(FRAMES_PER_SECOND) / 1_000;
        let picture = if self.pictures <= due {
            if key_frame() {
                self.skip_to_key_frame();
            }
            self.picture()
        } else {
            Vec::new()
        };
        self.ticks = self.ticks.wrapping_add(1);
        Sent { sound, picture }
    }

    fn sound(&mut self) -> BotPacket {
        let spoken = self.voice.and_then(|at| self.material.voice.get(at));
        let (level, payload) = match spoken {
            Some(packet) => (packet.level, packet.data.clone()),
            None => (127, Bytes::from_static(SILENCE)),
        };
        self.voice = self.voice.filter(|_| spoken.is_some()).map(|at| at.saturating_add(1));
        self.sound_sequence = self.sound_sequence.wrapping_add(1);
        let timestamp = self.ticks.wrapping_mul(SOUND_STEP);
        BotPacket { sequence: self.sound_sequence, timestamp, marker: false, level: Some(level), payload }
    }

    fn skip_to_key_frame(&mut self) {
        let key = |at: &usize| self.material.pictures.get(*at).is_some_and(|picture| picture.key);
        self.next_picture = (self.next_picture..self.material.pictures.len()).find(key).unwrap_or(0);
    }

    /// The packets of the next picture: RFC 7741 descriptor with a picture id of 15 bits.
    fn picture(&mut self) -> Vec<BotPacket> {
        let Some(picture) = self.material.pictures.get(self.next_picture) else { return Vec::new() };
        self.next_picture = self.next_picture.saturating_add(1);
        if self.next_picture >= self.material.pictures.len() {
            self.next_picture = 0;
        }
        let timestamp = self.pictures.wrapping_mul(PICTURE_STEP);
        self.pictures = self.pictures.wrapping_add(1);
        self.picture_id = self.picture_id.wrapping_add(1) & 0x7fff;
        let parts = picture.data.chunks(PAYLOAD);
        let last = parts.len().saturating_sub(1);
        let mut packets = Vec::with_capacity(parts.len());
        for (n, part) in parts.enumerate() {
            let mut payload = BytesMut::with_capacity(part.len().saturating_add(4));
            payload.put_u8(if n == 0 { 0x90 } else { 0x80 });
            payload.put_u8(0x80);
            payload.put_u16(0x8000 | self.picture_id);
            payload.put_slice(part);
            self.picture_sequence = self.picture_sequence.wrapping_add(1);
            packets.push(BotPacket {
                sequence: self.picture_sequence,
                timestamp,
                marker: n == last,
                level: None,
                payload: payload.freeze(),
            });
        }
        packets
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_whole_and_in_order() {
        let material = Material::of("ben-da").unwrap();
        let mut player = Player::new(material);
        let mut sequence = player.picture_sequence;
        for original in material.pictures.iter().chain(material.pictures.first()) {
            let packets = player.picture();
            let joined: Vec<u8> = packets.iter().flat_map(|packet| packet.payload[4..].to_vec()).collect();
            assert_eq!(joined, original.data);
            assert!(packets.iter().all(|packet| packet.payload.len() <= 1_200));
            assert_eq!(packets.iter().filter(|packet| packet.marker).count(), 1);
            assert!(packets.last().unwrap().marker);
            assert_eq!(packets[0].payload[0] & 0x10, 0x10);
            for packet in packets {
                sequence = sequence.wrapping_add(1);
                assert_eq!(packet.sequence, sequence);
            }
        }
    }

    #[test]
    fn a_wish_for_a_key_frame_is_met_by_the_next_one() {
        let mut player = Player::new(Material::of("ben-da").unwrap());
        for _ in 0..17 {
            player.picture();
        }
        player.skip_to_key_frame();
        assert_eq!(player.next_picture, 30);
        let packets = player.picture();
        assert_eq!(packets[0].payload[4] & 1, 0);
        player.next_picture = 119;
        player.skip_to_key_frame();
        assert_eq!(player.next_picture, 0, "over the end of the loop");
    }

    #[test]
    fn the_voice_is_spoken_once_and_then_there_is_silence() {
        let material = Material::of("so-nnmt").unwrap();
        let mut player = Player::new(material);
        assert_eq!(player.sound().level, Some(127));
        player.speak();
        for packet in material.voice {
            assert!(player.is_speaking());
            assert_eq!(player.sound().payload, packet.data);
        }
        assert_eq!(player.sound().payload, SILENCE);
        assert!(!player.is_speaking());
    }
}
