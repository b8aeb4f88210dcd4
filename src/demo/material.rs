//! Drawn pictures (VP8 in IVF) and spoken voices (Opus in Ogg, RFC 7845), embedded: what a self-running point sends, and
//! what was recorded in sessions of the past.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use bytes::Bytes;

use super::error::DemoError;

/// Pictures per second of our files.
pub(super) const FRAMES_PER_SECOND: u32 = 15;
/// Length of one packet of sound.
pub(super) const SOUND_MS: u32 = 20;

/// A picture to be repeated from its beginning, and a voice to be spoken.
#[derive(Clone, Copy, Debug)]
pub struct Material {
    /// VP8 frames; the first one is a key frame.
    pub pictures: &'static [Picture],
    /// 20 ms packets of Opus; none for a point that only listens.
    pub voice: &'static [Packet],
}

/// One frame.
#[derive(Clone, Debug)]
pub struct Picture {
    /// Decodable without those before it.
    pub key: bool,
    pub data: Bytes,
}

/// One packet of sound.
#[derive(Clone, Debug)]
pub struct Packet {
    /// Level as RFC 6464 has it: 0 is loud, 127 silence.
    pub level: u8,
    pub data: Bytes,
}

macro_rules! file {
    ($name:literal, $ending:literal) => {
        include_bytes!(concat!("../../config/demo/media/", $name, $ending)).as_slice()
    };
}

/// Pictures by the key of their point in `province.toml`.
macro_rules! pictures {
    ($($name:literal),*) => { [$(($name, read_ivf(file!($name, ".ivf")))),*] };
}

/// Voices by the name under which scripts call them.
macro_rules! voices {
    ($($name:literal),*) => { [$(($name, read_voice(file!($name, ".ogg"), file!($name, ".levels")))),*] };
}

static PICTURES: LazyLock<BTreeMap<&str, Vec<Picture>>> = LazyLock::new(|| {
    let read = pictures!["ben-da", "so-nnmt", "tru-so", "tru-so-2", "an-hoa", "nam-ngan", "thuong-ngan"];
    read.into_iter().filter_map(|(name, pictures)| Some((name, pictures?))).collect()
});
static VOICES: LazyLock<BTreeMap<&str, Vec<Packet>>> = LazyLock::new(|| {
    let read = voices!["ben-da", "so-nnmt", "loi-di", "dien", "tai-dinh-cu", "tai-dinh-cu-so", "che-do", "phi-do"];
    read.into_iter().filter_map(|(name, voice)| Some((name, voice?))).collect()
});

impl Material {
    /// What a point that runs by itself sends: its picture, and the voice of the same name.
    ///
    /// # Errors
    /// [`DemoError::Data`] for a point without picture and voice.
    pub fn of(point: &str) -> Result<Self, DemoError> {
        Ok(Self { voice: Self::voice(point)?, ..Self::silent(point)? })
    }

    /// The picture of a point whose microphone is closed.
    ///
    /// # Errors
    /// [`DemoError::Data`] for a point without one.
    pub fn silent(point: &str) -> Result<Self, DemoError> {
        let pictures = PICTURES.get(point).map(Vec::as_slice).filter(|found| found.first().is_some_and(|one| one.key));
        let pictures = pictures.ok_or_else(|| DemoError::data("media", format!("no picture of `{point}`")))?;
        Ok(Self { pictures, voice: &[] })
    }

    /// A voice by its name.
    ///
    /// # Errors
    /// [`DemoError::Data`] when nothing is called so.
    pub fn voice(name: &str) -> Result<&'static [Packet], DemoError> {
        let voice = VOICES.get(name).map(Vec::as_slice).filter(|found| !found.is_empty());
        voice.ok_or_else(|| DemoError::data("media", format!("no voice `{name}`")))
    }
}

fn read_voice(ogg: &[u8], levels: &[u8]) -> Option<Vec<Packet>> {
    // The encoder's look-ahead makes one packet more than there was sound.
    let levels = levels.iter().copied().chain(std::iter::repeat(127));
    Some(read_ogg(ogg)?.into_iter().zip(levels).map(|(data, level)| Packet { level, data }).collect())
}

/// Frames of an IVF file: 32 bytes of head, then per frame its length (4, little endian), time (8) and data.
fn read_ivf(file: &[u8]) -> Option<Vec<Picture>> {
    let (head, mut rest) = file.split_at_checked(32)?;
    if !head.starts_with(b"DKIF") || head.get(8..12)? != b"VP80" {
        return None;
    }
    let mut pictures = Vec::new();
    while !rest.is_empty() {
        let (length, after) = rest.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
        let (data, after) = after.get(8..)?.split_at_checked(length)?;
        // RFC 6386 §9.1: the lowest bit of the frame tag is 0 for key frames.
        pictures.push(Picture { key: data.first()? & 1 == 0, data: Bytes::copy_from_slice(data) });
        rest = after;
    }
    Some(pictures)
}

/// Packets of the only stream of an Ogg file (RFC 3533), without the two heads of Opus.
fn read_ogg(file: &[u8]) -> Option<Vec<Bytes>> {
    let mut packets = Vec::new();
    let mut packet = Vec::new();
    let mut rest = file;
    while !rest.is_empty() {
        let (head, after) = rest.split_at_checked(27)?;
        if !head.starts_with(b"OggS") {
            return None;
        }
        let (lacing, mut body) = after.split_at_checked(usize::from(*head.get(26)?))?;
        for length in lacing {
            let (part, after) = body.split_at_checked(usize::from(*length))?;
            packet.extend_from_slice(part);
            body = after;
            // A segment of 255 bytes goes on in the next one.
            if *length < 255 {
                packets.push(Bytes::from(std::mem::take(&mut packet)));
            }
        }
        rest = body;
    }
    let heads = packets.first()?.starts_with(b"OpusHead") && packets.get(1)?.starts_with(b"OpusTags");
    heads.then(|| packets.split_off(2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_what_a_point_sends() {
        assert_eq!((PICTURES.len(), VOICES.len()), (7, 8), "every file reads");
        for point in PICTURES.keys() {
            let pictures = Material::silent(point).unwrap().pictures;
            let seconds = if ["ben-da", "so-nnmt"].contains(point) { 8 } else { 4 };
            assert_eq!(pictures.len(), seconds * FRAMES_PER_SECOND as usize, "{point}");
            for (n, picture) in pictures.iter().enumerate() {
                assert_eq!(picture.key, n % 15 == 0, "{point}: a key frame each second, frame {n}");
            }
        }
        for name in VOICES.keys() {
            let voice = Material::voice(name).unwrap();
            let seconds = voice.len() / 50;
            assert!((6..24).contains(&seconds), "{name}: {seconds} s");
            // TOC byte, RFC 6716 §3.1: 20 ms, one frame.
            for packet in voice {
                let toc = packet.data[0];
                assert!(matches!(toc >> 3, 1 | 5 | 9 | 13 | 15 | 19 | 23 | 27 | 31), "{name}: {toc:#x} is not 20 ms");
                assert_eq!(toc & 3, 0);
            }
            let loud = voice.iter().filter(|packet| packet.level < 50).count();
            assert!(loud * 2 > voice.len(), "{name} speaks: {loud}");
            assert!(voice.last().unwrap().level > 90, "{name} ends in silence");
        }
        for point in ["ben-da", "so-nnmt"] {
            assert!(!Material::of(point).unwrap().voice.is_empty());
        }
        assert!(Material::of("tru-so").is_err() && Material::silent("nowhere").is_err());
    }

    #[test]
    fn broken_files_are_none() {
        let (ivf, ogg) = (file!("ben-da", ".ivf"), file!("ben-da", ".ogg"));
        assert!(read_ivf(&ivf[..ivf.len() - 1]).is_none());
        assert!(read_ivf(ogg).is_none());
        assert!(read_ogg(&ogg[..ogg.len() - 1]).is_none());
        assert!(read_ogg(ivf).is_none());
        assert!(read_voice(&[], &[]).is_none());
    }
}
