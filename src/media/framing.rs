//! Datagrams on a stream (RFC 4571, as ICE over TCP uses it: RFC 6544 §3): two bytes of length before each.

use bytes::{Buf, BytesMut};

use crate::limits;

/// The stream is not what it says: nothing after this can be understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a frame that is empty or too long")]
pub(crate) struct Malformed;

const LENGTH: usize = 2;

/// Takes the next whole datagram off `buffer`; `None`: more bytes are needed.
pub(crate) fn take(buffer: &mut BytesMut) -> Result<Option<BytesMut>, Malformed> {
    let Some((length, rest)) = buffer.split_first_chunk::<LENGTH>() else { return Ok(None) };
    let length = usize::from(u16::from_be_bytes(*length));
    if length == 0 || length > limits::STREAM_FRAME {
        return Err(Malformed);
    }
    if rest.len() < length {
        return Ok(None);
    }
    buffer.advance(LENGTH);
    Ok(Some(buffer.split_to(length)))
}

/// Appends a datagram to what is written next. One that no frame can hold is left out.
pub(crate) fn put(out: &mut Vec<u8>, datagram: &[u8]) {
    if let Ok(length) = u16::try_from(datagram.len()) {
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(datagram);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// However the network cuts a stream, the datagrams come out as they went in.
        #[test]
        fn datagrams_survive_any_cut(
            datagrams in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..limits::STREAM_FRAME), 0..8),
            cut in 1usize..600,
        ) {
            let mut stream = Vec::new();
            for datagram in &datagrams {
                put(&mut stream, datagram);
            }
            let (mut buffer, mut out) = (BytesMut::new(), Vec::new());
            for part in stream.chunks(cut) {
                buffer.extend_from_slice(part);
                while let Some(datagram) = take(&mut buffer).unwrap() {
                    out.push(datagram.to_vec());
                }
            }
            prop_assert_eq!(out, datagrams);
            prop_assert!(buffer.is_empty());
        }

        /// Noise ends the stream or waits for more; it never costs more memory than one frame.
        #[test]
        fn noise_is_refused_or_waits(noise in proptest::collection::vec(any::<u8>(), 0..5_000)) {
            let mut buffer = BytesMut::from(noise.as_slice());
            while let Ok(Some(datagram)) = take(&mut buffer) {
                prop_assert!(!datagram.is_empty() && datagram.len() <= limits::STREAM_FRAME);
            }
        }
    }

    #[test]
    fn frames_that_cannot_be_ours_are_malformed() {
        assert_eq!(take(&mut BytesMut::from(&[0, 0, 1][..])), Err(Malformed));
        assert_eq!(take(&mut BytesMut::from(&[0xff, 0xff][..])), Err(Malformed));
        assert_eq!(take(&mut BytesMut::from(&[0][..])), Ok(None));
    }
}
