//! The media socket: batches in, segments out.

use std::io::{self, ErrorKind, IoSliceMut};
use std::net::{IpAddr, SocketAddr};

use mio::net::UdpSocket;
use quinn_udp::{BATCH_SIZE, RecvMeta, Transmit, UdpSockRef, UdpSocketState};
use socket2::{Domain, Protocol, SockRef, Socket, Type};

use super::outbox::Outbox;
use crate::limits;

/// Room for one receive call: the kernel may join up to 64 KiB of datagrams into one buffer.
const BUFFER: usize = 64 * 1024;

/// A bound, non-blocking UDP port.
pub(crate) struct MediaSocket {
    pub(crate) io: UdpSocket,
    state: UdpSocketState,
    local: SocketAddr,
    dropped: u64,
}

/// Buffers of one worker for receiving.
pub(crate) struct Batch {
    storage: Vec<u8>,
    metas: [RecvMeta; BATCH_SIZE],
}

impl Batch {
    pub(crate) fn new() -> Self {
        Self { storage: vec![0; BUFFER * BATCH_SIZE], metas: [RecvMeta::default(); BATCH_SIZE] }
    }

    /// The datagrams of the first `count` buffers: from whom, to which of our addresses, bytes.
    pub(crate) fn datagrams(&mut self, count: usize) -> impl Iterator<Item = (SocketAddr, Option<IpAddr>, &mut [u8])> {
        self.storage.chunks_exact_mut(BUFFER).zip(&self.metas).take(count).flat_map(|(buffer, meta)| {
            let (from, to) = (meta.addr, meta.dst_ip);
            buffer
                .get_mut(..meta.len)
                .unwrap_or_default()
                .chunks_mut(meta.stride.max(1))
                .map(move |datagram| (from, to, datagram))
        })
    }
}

impl MediaSocket {
    /// Several sockets on one address: the system gives each the datagrams of some remote addresses, always the same.
    /// The first takes the port like anybody who wants it alone, so that one that is another program's is refused.
    pub(crate) fn bind_all(listen: SocketAddr, count: usize) -> io::Result<Vec<Self>> {
        let first = Self::bind(listen, false)?;
        let local = first.local();
        if count > 1 {
            SockRef::from(&first.io).set_reuse_port(true)?;
        }
        let mut all = vec![first];
        for _ in 1..count {
            all.push(Self::bind(local, true)?);
        }
        Ok(all)
    }

    /// Binds `listen`; port 0 takes any free one. `beside`: others have the same port and allow it.
    fn bind(listen: SocketAddr, beside: bool) -> io::Result<Self> {
        let socket = Socket::new(Domain::for_address(listen), Type::DGRAM, Some(Protocol::UDP))?;
        if listen.is_ipv6() {
            socket.set_only_v6(false)?;
        }
        // The system caps these by its own limits; less is not an error.
        socket.set_recv_buffer_size(limits::MEDIA_SOCKET_BYTES)?;
        socket.set_send_buffer_size(limits::MEDIA_SOCKET_BYTES)?;
        socket.set_nonblocking(true)?;
        socket.set_reuse_port(beside)?;
        socket.bind(&listen.into())?;
        let io = UdpSocket::from_std(socket.into());
        let state = UdpSocketState::new(UdpSockRef::from(&io))?;
        let local = io.local_addr()?;
        Ok(Self { io, state, local, dropped: 0 })
    }

    pub(crate) fn local(&self) -> SocketAddr {
        self.local
    }

    /// Receives a batch; the number of filled buffers, 0 when nothing is there.
    pub(crate) fn receive(&self, batch: &mut Batch) -> usize {
        let mut chunks = batch.storage.chunks_exact_mut(BUFFER);
        let mut slices: [IoSliceMut<'_>; BATCH_SIZE] =
            std::array::from_fn(|_| IoSliceMut::new(chunks.next().unwrap_or_default()));
        loop {
            match self.state.recv(UdpSockRef::from(&self.io), &mut slices, &mut batch.metas) {
                Ok(count) => return count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return 0,
                Err(error) => {
                    // An ICMP answer to something we sent; the next call gives datagrams.
                    tracing::debug!(%error, "media socket");
                    return 0;
                }
            }
        }
    }

    /// Sends all of an outbox to one address.
    pub(crate) fn send(&mut self, outbox: &mut Outbox, to: SocketAddr, from: Option<IpAddr>) {
        let mut lost = 0u64;
        outbox.flush(self.state.max_gso_segments(), |run, segment| {
            let sent = self.state.try_send(
                UdpSockRef::from(&self.io),
                &Transmit { destination: to, ecn: None, contents: run, segment_size: Some(segment), src_ip: from },
            );
            match sent {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => lost += run.len().div_ceil(segment) as u64,
                Err(_) => {
                    // The path or driver refuses segments: one by one, then.
                    lost += run.chunks(segment).filter(|datagram| !self.send_one(datagram, to, from)).count() as u64;
                }
            }
        });
        self.dropped += lost;
    }

    /// Sends one datagram; `false` when the system would not take it.
    pub(crate) fn send_one(&self, datagram: &[u8], to: SocketAddr, from: Option<IpAddr>) -> bool {
        let transmit = Transmit { destination: to, ecn: None, contents: datagram, segment_size: None, src_ip: from };
        self.state.try_send(UdpSockRef::from(&self.io), &transmit).is_ok()
    }

    /// Datagrams the system would not take so far.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use super::*;

    /// What workers rely on: every socket gets some of the addresses, and each address always comes by the same.
    #[test]
    fn one_port_has_several_sockets_and_an_address_comes_by_one_of_them() {
        let sockets = MediaSocket::bind_all("127.0.0.1:0".parse().unwrap(), 4).unwrap();
        let port = sockets[0].local();
        assert!(sockets.iter().all(|socket| socket.local() == port));
        let senders: Vec<_> = (0..64).map(|_| std::net::UdpSocket::bind("127.0.0.1:0").unwrap()).collect();
        let mut came: BTreeMap<SocketAddr, usize> = BTreeMap::new();
        let mut batch = Batch::new();
        for round in 0..3 {
            for sender in &senders {
                assert_eq!(sender.send_to(b"here", port).unwrap(), 4);
            }
            let mut missing = senders.len();
            for _ in 0..10_000 {
                for (index, socket) in sockets.iter().enumerate() {
                    let count = socket.receive(&mut batch);
                    for (from, _, _) in batch.datagrams(count) {
                        missing -= 1;
                        assert_eq!(*came.entry(from).or_insert(index), index, "{from} in round {round}");
                    }
                }
                if missing == 0 {
                    break;
                }
                std::thread::sleep(Duration::from_millis(1));
            }
            assert_eq!(missing, 0);
        }
        let used: std::collections::BTreeSet<usize> = came.into_values().collect();
        assert_eq!(used.len(), sockets.len(), "by chance once in twenty million");
    }
}
