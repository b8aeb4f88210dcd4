//! What a connection is, by its first bytes: one port serves pages, ICE over TCP and relays (RFC 7983 for streams).

use crate::limits;

/// TLS record of a handshake (RFC 8446 §5.1).
const TLS_HANDSHAKE: u8 = 22;
/// RFC 8489 §5.
const MAGIC_COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const BINDING_REQUEST: [u8; 2] = [0, 1];
const ALLOCATE_REQUEST: [u8; 2] = [0, 3];
/// High byte of the longest frame that is taken for one (`limits::STREAM_FRAME`).
const LONG: u8 = (limits::STREAM_FRAME >> 8) as u8;
/// With the cookie of a framed check no more than this is looked at.
const ENOUGH: usize = 10;

/// What the first bytes say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tells {
    /// Not enough of them yet.
    More,
    Tls,
    Http,
    /// A binding request behind two bytes of length (RFC 6544 §3).
    Ice,
    /// A browser asks for a relay (RFC 8656).
    Relay,
    Nonsense,
}

/// Looks at no more than the first ten bytes.
pub(crate) fn tell(bytes: &[u8]) -> Tells {
    match bytes {
        [] => Tells::More,
        [TLS_HANDSHAKE, ..] => Tells::Tls,
        // A method; that it is one, and what follows, is the HTTP reader's business.
        [b'A'..=b'Z', ..] => Tells::Http,
        _ if has(bytes, 0, ALLOCATE_REQUEST) && has(bytes, 4, MAGIC_COOKIE) => Tells::Relay,
        _ if has(bytes, 2, BINDING_REQUEST) && has(bytes, 6, MAGIC_COOKIE) => Tells::Ice,
        _ if bytes.len() < ENOUGH && could_be(bytes) => Tells::More,
        _ => Tells::Nonsense,
    }
}

/// Whether all that is there yet of `part` is there at `at`: what is to come may still be right.
fn begins<const N: usize>(bytes: &[u8], at: usize, part: [u8; N]) -> bool {
    bytes.iter().skip(at).zip(part).all(|(byte, wanted)| *byte == wanted)
}

fn has<const N: usize>(bytes: &[u8], at: usize, part: [u8; N]) -> bool {
    bytes.len() >= at + N && begins(bytes, at, part)
}

fn could_be(bytes: &[u8]) -> bool {
    (begins(bytes, 0, ALLOCATE_REQUEST) && begins(bytes, 4, MAGIC_COOKIE))
        || (bytes.first().is_some_and(|length| *length <= LONG)
            && begins(bytes, 2, BINDING_REQUEST)
            && begins(bytes, 6, MAGIC_COOKIE))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CHECK: [u8; 12] = [0, 84, 0, 1, 0, 82, 0x21, 0x12, 0xa4, 0x42, 1, 2];
    const ALLOCATE: [u8; 10] = [0, 3, 0, 8, 0x21, 0x12, 0xa4, 0x42, 1, 2];

    #[test]
    fn each_kind_is_told() {
        assert_eq!(tell(b"GET / HTTP/1.1\r\n"), Tells::Http);
        assert_eq!(tell(&[22, 3, 1, 2, 0]), Tells::Tls);
        assert_eq!(tell(&CHECK), Tells::Ice);
        assert_eq!(tell(&ALLOCATE), Tells::Relay);
        for nonsense in [&[0xff][..], b"get /", &[0, 84, 0, 2], &[0, 84, 0, 1, 0, 82, 1], b"\r\n"] {
            assert_eq!(tell(nonsense), Tells::Nonsense, "{nonsense:?}");
        }
    }

    /// A line delivers as it likes: until it is certain nothing is decided, and then it is decided right.
    #[test]
    fn parts_of_a_kind_wait_for_the_rest() {
        for (whole, kind) in [(&CHECK[..], Tells::Ice), (&ALLOCATE[..], Tells::Relay)] {
            let told: Vec<Tells> = (0..=whole.len()).map(|length| tell(&whole[..length])).collect();
            assert!(told.iter().all(|tells| [Tells::More, kind].contains(tells)), "{told:?}");
            assert_eq!(told.last(), Some(&kind));
        }
    }

    proptest! {
        /// No bytes are waited for for ever, and none of noise is taken for a stream of media.
        #[test]
        fn ten_bytes_are_enough(bytes in proptest::collection::vec(any::<u8>(), 10..64)) {
            prop_assert_ne!(tell(&bytes), Tells::More);
            if matches!(tell(&bytes), Tells::Ice | Tells::Relay) {
                prop_assert!(bytes[..10].windows(4).any(|part| part == MAGIC_COOKIE));
            }
        }
    }
}
