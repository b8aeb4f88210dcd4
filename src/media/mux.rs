//! One port for everybody: which connection a datagram belongs to.

use std::collections::HashMap;

use super::forward::PeerIndex;
use super::remote::Remote;

/// What a datagram is, by its first bytes (RFC 7983, RFC 5761).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Stun,
    Dtls,
    Rtp,
    Rtcp,
    Unknown,
}

impl Kind {
    pub(crate) fn of(datagram: &[u8]) -> Self {
        match datagram {
            [0..=3, ..] => Self::Stun,
            [20..=63, ..] => Self::Dtls,
            [128..=191, 192..=223, ..] => Self::Rtcp,
            [128..=191, ..] => Self::Rtp,
            _ => Self::Unknown,
        }
    }
}

/// Routes by proven address; a new address proves itself by a check that names our ufrag.
#[derive(Debug, Default)]
pub(crate) struct Mux {
    by_address: HashMap<Remote, PeerIndex>,
    by_ufrag: HashMap<String, PeerIndex>,
}

impl Mux {
    pub(crate) fn by_address(&self, address: Remote) -> Option<PeerIndex> {
        self.by_address.get(&address).copied()
    }

    pub(crate) fn by_ufrag(&self, ufrag: &str) -> Option<PeerIndex> {
        self.by_ufrag.get(ufrag).copied()
    }

    pub(crate) fn add_ufrag(&mut self, ufrag: String, peer: PeerIndex) {
        self.by_ufrag.insert(ufrag, peer);
    }

    /// An address proved to be this connection's. The one that used it before has lost it.
    pub(crate) fn add_address(&mut self, address: Remote, peer: PeerIndex) {
        self.by_address.insert(address, peer);
    }

    /// Forgets an address, unless it is another's by now.
    pub(crate) fn remove_address(&mut self, address: Remote, peer: PeerIndex) {
        if self.by_address.get(&address) == Some(&peer) {
            self.by_address.remove(&address);
        }
    }

    /// An address is no longer one of ours, whosever of ours it was.
    pub(crate) fn forget_address(&mut self, address: Remote) {
        self.by_address.remove(&address);
    }

    pub(crate) fn remove_ufrag(&mut self, ufrag: &str) {
        self.by_ufrag.remove(ufrag);
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::*;

    #[test]
    fn first_bytes_tell() {
        assert_eq!(Kind::of(&[0, 1]), Kind::Stun);
        assert_eq!(Kind::of(&[22, 254]), Kind::Dtls);
        assert_eq!(Kind::of(&[0x80, 200]), Kind::Rtcp);
        assert_eq!(Kind::of(&[0x90, 0xe0]), Kind::Rtp, "marker and payload type 96");
        assert_eq!(Kind::of(&[]), Kind::Unknown);
        assert_eq!(Kind::of(&[255]), Kind::Unknown);
    }

    #[test]
    fn an_address_taken_over_is_not_lost_by_its_former_owner() {
        let mut mux = Mux::default();
        let address = SocketAddr::from(([10, 0, 0, 1], 5)).into();
        mux.add_address(address, 1);
        mux.add_address(address, 2);
        mux.remove_address(address, 1);
        assert_eq!(mux.by_address(address), Some(2));
    }
}
