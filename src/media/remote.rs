//! Where a browser's datagrams come from and go to: an address of the network, or a stream that carries them.

use std::net::SocketAddr;

/// One way to a browser, proven by a check like any other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Remote {
    Udp(SocketAddr),
    /// ICE over TCP, or our relay: the stream's number, and which of our addresses the browser means (a relay serves
    /// them all).
    Stream {
        id: u64,
        to: u8,
    },
}

impl Remote {
    /// The stream, if it is one.
    pub(crate) fn stream(self) -> Option<u64> {
        match self {
            Self::Udp(_) => None,
            Self::Stream { id, .. } => Some(id),
        }
    }

    /// Whether what was learnt of one way holds for the other: a NAT that gives another port leads over the same line.
    pub(crate) fn same_line(self, other: Self) -> bool {
        match (self, other) {
            (Self::Udp(one), Self::Udp(other)) => one.ip() == other.ip(),
            (one, other) => one.stream().is_some() && one.stream() == other.stream(),
        }
    }
}

impl From<SocketAddr> for Remote {
    fn from(address: SocketAddr) -> Self {
        Self::Udp(address)
    }
}
