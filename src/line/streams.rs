//! Connections through a line. What is cut or lost waits for TCP's next try; what the firewall swallows is gone.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::flow::Flow;
use super::relay::{Lets, Place};
use super::shape::Direction;
use crate::limits;

/// What one packet carries of a stream, bytes.
const PIECE: usize = 1_372;
/// Pieces of one direction that may be on their way: a window of 64 KiB, as TCP has without scaling.
const WINDOW: usize = 64 * 1024 / PIECE;
/// The wish to connect, bytes.
const SYN: usize = 32;
/// First byte of a connection that begins with TLS.
const TLS_HANDSHAKE: u8 = 22;

const SILENT: u8 = 0;
const TLS: u8 = 1;
const PLAIN: u8 = 2;

/// What a firewall knows of a connection.
pub(super) struct Connection {
    pages: bool,
    said: AtomicU8,
    lost: AtomicBool,
}

impl Connection {
    /// Whether it is swallowed. One that lost something is lost for good.
    pub(super) fn blocked(&self, lets: Lets) -> bool {
        let blocks = match lets {
            Lets::All | Lets::Tcp => false,
            Lets::Port => !self.pages,
            Lets::Tls => !self.pages || self.said.load(Ordering::Acquire) == PLAIN,
        };
        self.lost.fetch_or(blocks, Ordering::AcqRel) || blocks
    }
}

/// Carries whatever connects, until it is dropped.
pub(super) async fn accept(place: Arc<Place>, listener: TcpListener, server: SocketAddr, pages: bool) {
    let mut connections = JoinSet::new();
    loop {
        match listener.accept().await {
            Ok((page, _)) => {
                while connections.try_join_next().is_some() {}
                while connections.len() >= limits::LINE_CONNECTIONS {
                    connections.join_next().await;
                }
                connections.spawn(carry(place.clone(), page, server, pages));
            }
            Err(error) => {
                tracing::warn!(%error, "a line takes no connection");
                tokio::time::sleep(limits::ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn carry(place: Arc<Place>, page: TcpStream, server: SocketAddr, pages: bool) {
    let connection = Arc::new(Connection { pages, said: AtomicU8::new(SILENT), lost: AtomicBool::new(false) });
    place.opened(&connection);
    let mut up = Flow::connecting();
    let due_us = place.carry(Direction::Up, &mut up, SYN).await;
    place.until(due_us).await;
    let server = match TcpStream::connect(server).await {
        Ok(server) => server,
        // The page is told by the end of its connection.
        Err(error) => return tracing::debug!(%error, "nobody at the end of the line"),
    };
    if let Err(error) = page.set_nodelay(true).and_then(|()| server.set_nodelay(true)) {
        return tracing::debug!(%error, "a connection ended as it began");
    }
    let (from_page, to_page) = page.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::join!(
        one_way(&place, &connection, Direction::Up, up, from_page, to_server),
        one_way(&place, &connection, Direction::Down, Flow::open(), from_server, to_page),
    );
}

/// One direction until its end, which arrives like everything else.
async fn one_way(
    place: &Place,
    connection: &Connection,
    direction: Direction,
    mut flow: Flow,
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
) {
    let (pieces, mut arriving) = mpsc::channel::<(i64, Vec<u8>)>(WINDOW);
    let read = async move {
        let mut buffer = vec![0; PIECE];
        loop {
            let length = from.read(&mut buffer).await.unwrap_or(0);
            let Some(bytes) = buffer.get(..length) else { return };
            if let (Direction::Up, Some(first)) = (direction, bytes.first()) {
                let said = if *first == TLS_HANDSHAKE { TLS } else { PLAIN };
                // Only the first byte says it.
                if connection.said.compare_exchange(SILENT, said, Ordering::AcqRel, Ordering::Acquire).is_err() {
                    tracing::trace!("already known");
                }
            }
            if connection.blocked(place.lets()) {
                if length == 0 {
                    return;
                }
                continue;
            }
            let due_us = place.carry(direction, &mut flow, length).await;
            if pieces.send((due_us, bytes.to_vec())).await.is_err() || length == 0 {
                return;
            }
        }
    };
    let write = async move {
        while let Some((due_us, bytes)) = arriving.recv().await {
            place.until(due_us).await;
            let written = if bytes.is_empty() { to.shutdown().await } else { to.write_all(&bytes).await };
            if let Err(error) = written {
                return tracing::debug!(%error, "the end of a line has gone");
            }
        }
    };
    tokio::join!(read, write);
}
