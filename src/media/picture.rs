//! What forwarding must know of a packet of a picture, whatever its codec.

use super::engine::Codec;
use super::h264;
use super::vp8::Vp8Descriptor;

/// One packet of a picture. H.264 carries no running numbers of its own, so nothing of it is ever rewritten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Picture {
    Vp8(Vp8Descriptor),
    H264 {
        /// Parameters of a sequence, and with them a picture that needs none before it.
        begins: bool,
    },
}

impl Picture {
    /// `None` for sound, and for what is cut short.
    pub(crate) fn read(codec: Codec, payload: &[u8]) -> Option<Self> {
        match codec {
            Codec::Opus => None,
            Codec::Vp8 => Vp8Descriptor::parse(payload).map(Self::Vp8),
            Codec::H264 => h264::Payload::read(payload).map(|found| Self::H264 { begins: found.begins() }),
        }
    }

    /// First packet of a picture with which a decoder that has seen nothing can begin.
    pub(crate) fn begins(&self) -> bool {
        match self {
            Self::Vp8(found) => found.key_frame_start,
            Self::H264 { begins } => *begins,
        }
    }

    /// The numbers that have to go on over a switch.
    pub(crate) fn vp8(&self) -> Option<&Vp8Descriptor> {
        match self {
            Self::Vp8(found) => Some(found),
            Self::H264 { .. } => None,
        }
    }
}
