//! ICE-lite (RFC 8445 §2.5): answering binding requests of browsers that prove to know our password.

use std::net::SocketAddr;

use rtc_dtls::crypto_provider::RTCCrypto;
use rtc_stun::attributes::{ATTR_USE_CANDIDATE, ATTR_USERNAME};
use rtc_stun::fingerprint::FINGERPRINT;
use rtc_stun::integrity::MessageIntegrity;
use rtc_stun::message::{BINDING_REQUEST, BINDING_SUCCESS, Message, Setter};
use rtc_stun::xoraddr::XorMappedAddress;

use super::remote::Remote;
use super::wire::{u16_at, u32_at};

const MAGIC: u32 = 0x2112_a442;
const HEADER: usize = 20;
/// Addresses that passed a check and may carry media; the least recently proven is forgotten.
const VALID_ADDRESSES: usize = 8;

/// Our credentials for one connection: 8 and 24 characters of 64, so 48 and 144 bits nobody can guess.
#[derive(Clone)]
pub(crate) struct Credentials {
    pub(crate) ufrag: String,
    pub(crate) pwd: String,
}

impl Credentials {
    /// `random`: one byte per character.
    pub(crate) fn from_random(random: &[u8; 32]) -> Self {
        const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut letters =
            random.iter().filter_map(|byte| LETTERS.get(usize::from(byte & 63))).map(|letter| char::from(*letter));
        let ufrag = letters.by_ref().take(8).collect();
        Self { ufrag, pwd: letters.collect() }
    }
}

/// Our part of the user name of a binding request (`ours:theirs`), found without allocation, so that a flood of
/// requests to nobody costs one look. `None`: not a binding request.
pub(crate) fn local_ufrag(datagram: &[u8]) -> Option<&str> {
    if u16_at(datagram, 0)? != 0x0001 || u32_at(datagram, 4)? != MAGIC {
        return None;
    }
    let mut at = HEADER;
    loop {
        let kind = u16_at(datagram, at)?;
        let length = usize::from(u16_at(datagram, at + 2)?);
        let value = datagram.get(at + 4..at + 4 + length)?;
        if kind == ATTR_USERNAME.value() {
            return std::str::from_utf8(value).ok()?.split(':').next();
        }
        at += 4 + length.next_multiple_of(4);
    }
}

/// What an authentic check leads to.
pub(crate) struct Checked {
    /// To send back to where the request came from.
    pub(crate) response: Vec<u8>,
    pub(crate) nominated: bool,
}

/// Verifies integrity and fingerprint of a binding request and makes the response. `None`: not authentic, no answer.
pub(crate) fn answer(datagram: &[u8], from: SocketAddr, pwd: &str, crypto: &dyn RTCCrypto) -> Option<Checked> {
    let mut request = Message::new();
    request.write(datagram).ok()?;
    request.decode().ok()?;
    if request.typ != BINDING_REQUEST {
        return None;
    }
    MessageIntegrity::check(&mut request, pwd.as_bytes(), crypto).ok()?;
    FINGERPRINT.check(&request).ok()?;
    let mut response = Message::new();
    response.typ = BINDING_SUCCESS;
    response.transaction_id = request.transaction_id;
    response.write_header();
    XorMappedAddress { ip: from.ip().to_canonical(), port: from.port() }.add_to(&mut response).ok()?;
    MessageIntegrity::new_short_term_integrity_with_provider(pwd.to_owned(), crypto).add_to(&mut response).ok()?;
    FINGERPRINT.add_to(&mut response).ok()?;
    Some(Checked { response: response.raw, nominated: request.contains(ATTR_USE_CANDIDATE) })
}

/// The addresses of one browser.
#[derive(Debug, Default)]
pub(crate) struct Paths {
    /// Proven by a check, most recent last.
    valid: Vec<Remote>,
    selected: Option<Remote>,
}

/// What changed by a check.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum PathChange {
    None,
    /// A new address may be routed to this connection; another may have been forgotten.
    Added {
        forgotten: Option<Remote>,
    },
}

impl Paths {
    /// An authentic check came from `from`. A nominated address is used at once: that is how a changed network is
    /// followed without negotiation.
    pub(crate) fn checked(&mut self, from: Remote, nominated: bool) -> PathChange {
        let known = self.valid.iter().position(|valid| *valid == from);
        if let Some(place) = known {
            self.valid.remove(place);
        }
        self.valid.push(from);
        if nominated || self.selected.is_none() {
            self.selected = Some(from);
        }
        if known.is_some() {
            return PathChange::None;
        }
        let mut forgotten = None;
        if self.valid.len() > VALID_ADDRESSES {
            let oldest = self.valid.iter().position(|valid| Some(*valid) != self.selected);
            forgotten = oldest.map(|place| self.valid.remove(place));
        }
        PathChange::Added { forgotten }
    }

    /// Authentic media came over this way, so the browser sends there: what it gets takes the same way. Chromium says so
    /// in its checks too; others only begin to send. `true`: it is another way than before.
    pub(crate) fn heard(&mut self, way: Remote) -> bool {
        let moved = self.selected != Some(way) && self.valid.contains(&way);
        if moved {
            self.selected = Some(way);
        }
        moved
    }

    /// A way that is gone by itself, as a stream that was closed. Media goes on over the one proven last, until the browser
    /// names another.
    pub(crate) fn lost(&mut self, way: Remote) {
        self.valid.retain(|valid| *valid != way);
        if self.selected == Some(way) {
            self.selected = self.valid.last().copied();
        }
    }

    /// Where media goes.
    pub(crate) fn selected(&self) -> Option<Remote> {
        self.selected
    }

    /// All addresses routed to this connection.
    pub(crate) fn valid(&self) -> &[Remote] {
        &self.valid
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rtc_stun::message::TransactionId;

    use super::*;

    fn request(username: &[u8], pwd: &str, nominate: bool) -> Vec<u8> {
        let provider = rtc_dtls::crypto_provider::default_provider().unwrap();
        let mut message = Message::new();
        message.typ = BINDING_REQUEST;
        message.transaction_id = TransactionId([7; 12]);
        message.write_header();
        message.add(ATTR_USERNAME, username);
        if nominate {
            message.add(ATTR_USE_CANDIDATE, &[]);
        }
        MessageIntegrity::new_short_term_integrity_with_provider(pwd.to_owned(), provider.crypto())
            .add_to(&mut message)
            .unwrap();
        FINGERPRINT.add_to(&mut message).unwrap();
        message.raw
    }

    #[test]
    fn authentic_checks_are_answered() {
        let provider = rtc_dtls::crypto_provider::default_provider().unwrap();
        let from: SocketAddr = "192.0.2.7:4242".parse().unwrap();
        let datagram = request(b"ours:theirs", "secret", true);
        assert_eq!(local_ufrag(&datagram), Some("ours"));
        let checked = answer(&datagram, from, "secret", provider.crypto()).unwrap();
        assert!(checked.nominated);
        let mut response = Message::new();
        response.write(&checked.response).unwrap();
        response.decode().unwrap();
        assert_eq!(response.typ, BINDING_SUCCESS);
        assert_eq!(response.transaction_id.0, [7; 12]);
        let mut mapped = XorMappedAddress::default();
        mapped.get_from_as(&response, rtc_stun::attributes::ATTR_XORMAPPED_ADDRESS).unwrap();
        assert_eq!((mapped.ip, mapped.port), (from.ip(), 4242));
        MessageIntegrity::check(&mut response, b"secret", provider.crypto()).unwrap();
        FINGERPRINT.check(&response).unwrap();
        assert!(answer(&datagram, from, "wrong", provider.crypto()).is_none());
        let mut touched = datagram.clone();
        touched[30] ^= 1;
        assert!(answer(&touched, from, "secret", provider.crypto()).is_none());
    }

    #[test]
    fn a_nominated_address_is_followed_at_once() {
        let mut paths = Paths::default();
        let address = |port: u16| Remote::Udp(SocketAddr::from(([10, 0, 0, 1], port)));
        assert_eq!(paths.checked(address(1), false), PathChange::Added { forgotten: None });
        assert_eq!(paths.selected(), Some(address(1)));
        paths.checked(address(2), false);
        assert_eq!(paths.selected(), Some(address(1)));
        assert_eq!(paths.checked(address(2), true), PathChange::None);
        assert_eq!(paths.selected(), Some(address(2)));
        for port in 3..20 {
            paths.checked(address(port), false);
        }
        assert_eq!(paths.valid().len(), VALID_ADDRESSES);
        assert!(paths.valid().contains(&address(2)), "the address in use is never forgotten");
    }

    #[test]
    fn media_is_followed_over_proven_ways_alone() {
        let mut paths = Paths::default();
        let address = |port: u16| Remote::Udp(SocketAddr::from(([10, 0, 0, 1], port)));
        let stream = Remote::Stream { id: 4, to: 0 };
        paths.checked(address(1), true);
        assert!(!paths.heard(address(1)) && !paths.heard(stream), "nothing proved that way");
        paths.checked(stream, false);
        assert_eq!(paths.selected(), Some(address(1)));
        assert!(paths.heard(stream));
        assert_eq!(paths.selected(), Some(stream));
        paths.lost(stream);
        assert_eq!(paths.selected(), Some(address(1)), "what is left is used until the browser says otherwise");
        paths.lost(address(1));
        assert_eq!((paths.selected(), paths.valid().len()), (None, 0));
    }

    proptest! {
        #[test]
        fn noise_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..120), cut in 0usize..120) {
            let _ = local_ufrag(&bytes);
            let mut request = request(b"ours:theirs", "secret", false);
            request.truncate(cut);
            let _ = local_ufrag(&request);
        }
    }
}
