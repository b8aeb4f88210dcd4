//! What a self-running point sends: a drawn picture (VP8 in IVF) and a voice (Opus in Ogg, RFC 7845), embedded.

use std::sync::LazyLock;

use bytes::Bytes;

use super::error::DemoError;

/// Pictures per second of our files.
pub(super) const FRAMES_PER_SECOND: u32 = 15;
/// Length of one packet of sound.
pub(super) const SOUND_MS: u32 = 20;

/// A picture and a voice, each to be repeated from its beginning.
#[derive(Clone, Debug)]
pub struct Material {
    /// VP8 frames; the first one is a key frame.
    pub pictures: Vec<Picture>,
    /// 20 ms packets of Opus.
    pub voice: Vec<Packet>,
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

static BEN_DA: LazyLock<Option<Material>> = LazyLock::new(|| {
    Material::read(
        include_bytes!("../../config/demo/media/ben-da.ivf"),
        include_bytes!("../../config/demo/media/ben-da.ogg"),
        include_bytes!("../../config/demo/media/ben-da.levels"),
    )
});
static SO_NNMT: LazyLock<Option<Material>> = LazyLock::new(|| {
    Material::read(
        include_bytes!("../../config/demo/media/so-nnmt.ivf"),
        include_bytes!("../../config/demo/media/so-nnmt.ogg"),
        include_bytes!("../../config/demo/media/so-nnmt.levels"),
    )
});

impl Material {
    /// What the point of this key in `province.toml` sends.
    ///
    /// # Errors
    /// [`DemoError::Data`] for a point without picture and voice.
    pub fn of(point: &str) -> Result<&'static Self, DemoError> {
        let found = match point {
            "ben-da" => BEN_DA.as_ref(),
            "so-nnmt" => SO_NNMT.as_ref(),
            _ => None,
        };
        found.ok_or_else(|| DemoError::data("media", format!("no picture and voice of `{point}`")))
    }

    /// Reads the three files; `None` when one of them is not what it should be.
    fn read(ivf: &[u8], ogg: &[u8], levels: &[u8]) -> Option<Self> {
        let pictures = read_ivf(ivf)?;
        let sound = read_ogg(ogg)?;
        if !pictures.first()?.key || sound.is_empty() {
            return None;
        }
        // The encoder's look-ahead makes one packet more than there was sound.
        let levels = levels.iter().copied().chain(std::iter::repeat(127));
        let voice = sound.into_iter().zip(levels).map(|(data, level)| Packet { level, data }).collect();
        Some(Self { pictures, voice })
    }
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
        for (point, voice_s) in [("ben-da", 23), ("so-nnmt", 17)] {
            let material = Material::of(point).unwrap();
            assert_eq!(material.pictures.len(), 8 * FRAMES_PER_SECOND as usize);
            for (n, picture) in material.pictures.iter().enumerate() {
                assert_eq!(picture.key, n % 15 == 0, "{point}: a key frame each second, frame {n}");
            }
            let seconds = material.voice.len() / 50;
            assert!(seconds.abs_diff(voice_s) <= 1, "{point}: {seconds} s");
            // TOC byte, RFC 6716 §3.1: 20 ms, one frame.
            for packet in &material.voice {
                let toc = packet.data[0];
                assert!(matches!(toc >> 3, 1 | 5 | 9 | 13 | 15 | 19 | 23 | 27 | 31), "{point}: {toc:#x} is not 20 ms");
                assert_eq!(toc & 3, 0);
            }
            let loud = material.voice.iter().filter(|packet| packet.level < 50).count();
            assert!(loud * 2 > material.voice.len(), "{point} speaks: {loud}");
            assert!(material.voice.last().unwrap().level > 90, "{point} ends in silence");
        }
        assert!(Material::of("tru-so").is_err());
    }

    #[test]
    fn broken_files_are_none() {
        let ivf = include_bytes!("../../config/demo/media/ben-da.ivf");
        let ogg = include_bytes!("../../config/demo/media/ben-da.ogg");
        assert!(read_ivf(&ivf[..ivf.len() - 1]).is_none());
        assert!(read_ivf(ogg).is_none());
        assert!(read_ogg(&ogg[..ogg.len() - 1]).is_none());
        assert!(read_ogg(ivf).is_none());
        assert!(Material::read(ivf, &[], &[]).is_none());
    }
}
