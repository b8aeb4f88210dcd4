//! The checks of a controlling client: ask until answered, then keep asking as consent. Servers that check us in turn are
//! answered: some that call themselves ICE-lite do.

use std::net::SocketAddr;

use rtc_dtls::crypto_provider::RTCCrypto;
use rtc_stun::attributes::{ATTR_ICE_CONTROLLING, ATTR_PRIORITY, ATTR_USE_CANDIDATE, ATTR_USERNAME};
use rtc_stun::fingerprint::FINGERPRINT;
use rtc_stun::integrity::MessageIntegrity;
use rtc_stun::message::{BINDING_REQUEST, BINDING_SUCCESS, Message, Setter, TransactionId};
use rtc_stun::xoraddr::XorMappedAddress;

use super::sdp::{Local, Remote};

/// Between two checks before the first answer.
const FIRST_US: i64 = 20_000;
/// Between two checks as consent (RFC 7675 asks for about 5 s).
const CONSENT_US: i64 = 4_000_000;
/// Of a host candidate that is found by a check (RFC 8445 §5.1.2).
const PEER_REFLEXIVE: u32 = 110 << 24 | 65_535 << 8 | 255;

/// The state of one client's checks.
pub(super) struct Checks {
    /// `theirs:ours`.
    username: String,
    /// Theirs: of what we ask.
    pwd: String,
    /// Of what we are asked.
    own_pwd: String,
    candidates: Vec<SocketAddr>,
    next: usize,
    serial: u64,
    selected: Option<SocketAddr>,
    pub(super) due_us: i64,
    /// Last answer.
    pub(super) heard_us: i64,
}

impl Checks {
    pub(super) fn new(ours: &Local, theirs: Remote, serial: u64) -> Self {
        Self {
            username: format!("{}:{}", theirs.ufrag, ours.ufrag),
            pwd: theirs.pwd,
            own_pwd: ours.pwd.clone(),
            candidates: theirs.candidates,
            next: 0,
            serial,
            selected: None,
            due_us: i64::MIN,
            heard_us: i64::MIN,
        }
    }

    pub(super) fn candidate(&self) -> Option<SocketAddr> {
        self.candidates.first().copied()
    }

    /// The address that answered.
    pub(super) fn selected(&self) -> Option<SocketAddr> {
        self.selected
    }

    /// The next check and where it goes, when one is due.
    pub(super) fn ask(&mut self, now_us: i64, crypto: &dyn RTCCrypto) -> Option<(Vec<u8>, SocketAddr)> {
        if now_us < self.due_us {
            return None;
        }
        self.due_us = now_us + if self.selected.is_some() { CONSENT_US } else { FIRST_US };
        let to = self.selected.or_else(|| self.candidates.get(self.next % self.candidates.len().max(1)).copied())?;
        self.next += 1;
        self.serial = self.serial.wrapping_add(1);
        let mut request = Message::new();
        request.typ = BINDING_REQUEST;
        request.transaction_id = transaction(self.serial);
        request.write_header();
        request.add(ATTR_USERNAME, self.username.as_bytes());
        request.add(ATTR_ICE_CONTROLLING, &self.serial.to_be_bytes());
        request.add(ATTR_USE_CANDIDATE, &[]);
        request.add(ATTR_PRIORITY, &PEER_REFLEXIVE.to_be_bytes());
        MessageIntegrity::new_short_term_integrity_with_provider(self.pwd.clone(), crypto).add_to(&mut request).ok()?;
        FINGERPRINT.add_to(&mut request).ok()?;
        Some((request.raw, to))
    }

    /// The answer to a check of theirs; `None` for anything else.
    pub(super) fn answer(&self, datagram: &[u8], from: SocketAddr, crypto: &dyn RTCCrypto) -> Option<Vec<u8>> {
        let mut request = Message::new();
        request.write(datagram).ok()?;
        request.decode().ok()?;
        if request.typ != BINDING_REQUEST {
            return None;
        }
        MessageIntegrity::check(&mut request, self.own_pwd.as_bytes(), crypto).ok()?;
        let mut response = Message::new();
        response.typ = BINDING_SUCCESS;
        response.transaction_id = request.transaction_id;
        response.write_header();
        XorMappedAddress { ip: from.ip().to_canonical(), port: from.port() }.add_to(&mut response).ok()?;
        let pwd = self.own_pwd.clone();
        MessageIntegrity::new_short_term_integrity_with_provider(pwd, crypto).add_to(&mut response).ok()?;
        FINGERPRINT.add_to(&mut response).ok()?;
        Some(response.raw)
    }

    /// A STUN datagram came. `true`: it is the first authentic answer.
    pub(super) fn answered(&mut self, datagram: &[u8], from: SocketAddr, now_us: i64, crypto: &dyn RTCCrypto) -> bool {
        let mut response = Message::new();
        if response.write(datagram).is_err() || response.decode().is_err() || response.typ != BINDING_SUCCESS {
            return false;
        }
        // An answer to any of our checks will do, the last hundred are near enough.
        let ours = (0..100).any(|back| response.transaction_id == transaction(self.serial.wrapping_sub(back)));
        if !ours || MessageIntegrity::check(&mut response, self.pwd.as_bytes(), crypto).is_err() {
            return false;
        }
        self.heard_us = now_us;
        let first = self.selected.is_none();
        if first {
            self.selected = Some(from);
            self.due_us = now_us + CONSENT_US;
        }
        first
    }
}

fn transaction(serial: u64) -> TransactionId {
    let [a, b, c, d, e, f, g, h] = serial.to_be_bytes();
    TransactionId([b'l', b'o', b'a', b'd', a, b, c, d, e, f, g, h])
}

#[cfg(test)]
mod tests {
    use rtc_dtls::crypto_provider::default_provider;

    use super::*;

    fn side(ours: (&str, &str), theirs: (&str, &str)) -> Checks {
        let local = Local { ufrag: ours.0.to_owned(), pwd: ours.1.to_owned(), fingerprint: String::new(), sends: None };
        let remote = Remote {
            ufrag: theirs.0.to_owned(),
            pwd: theirs.1.to_owned(),
            fingerprint: [0; 32],
            candidates: vec![address()],
            level: false,
            lines: 1,
        };
        Checks::new(&local, remote, 7)
    }

    fn address() -> SocketAddr {
        "10.0.0.1:5004".parse().unwrap()
    }

    #[test]
    fn who_knows_the_password_is_answered_and_believed() {
        let provider = default_provider().unwrap();
        let crypto = provider.crypto();
        let (one, other) = (("one1", "first password"), ("two2", "second password"));
        let (mut asking, asked) = (side(one, other), side(other, one));
        let (check, to) = asking.ask(0, crypto).unwrap();
        assert_eq!(to, address());
        let answer = asked.answer(&check, address(), crypto).unwrap();
        assert!(asking.answered(&answer, address(), 5, crypto));
        assert_eq!((asking.selected(), asking.heard_us), (Some(address()), 5));
        assert!(!asking.answered(&answer, address(), 6, crypto), "only the first answer begins the handshake");
        let stranger = side(("two2", "another password"), one);
        assert_eq!(stranger.answer(&check, address(), crypto), None);
        assert_eq!(asked.answer(&answer, address(), crypto), None, "an answer is not a check");
    }
}
