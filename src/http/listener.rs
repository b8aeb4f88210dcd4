//! The listeners: connections with a bound on their number and on the time for their first bytes and request heads (a
//! slow client must not hold a place), what each of them is, and an orderly end.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::{AbortHandle, JoinSet};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt as _;

use super::begun::Begun;
use super::first::Tells;
use super::peer::Peer;
use crate::limits;
use crate::media::{Carrier, MediaStreams};

/// What a port serves. What it does not serve is closed without a word.
#[derive(Clone, Default)]
pub struct Doors {
    /// Pages and sockets: within TLS where there is `tls`, else plain.
    pub pages: Option<Router>,
    /// Makes the port speak TLS.
    pub tls: Option<TlsAcceptor>,
    /// ICE over TCP, and relays within TLS or plain.
    pub streams: Option<MediaStreams>,
}

/// Serves until `stop` turns true, then lets running requests end. Upgraded sockets end with their rooms.
pub async fn serve(listener: TcpListener, doors: Doors, mut stop: watch::Receiver<bool>) {
    let places = Arc::new(Semaphore::new(limits::CONNECTIONS));
    let mut connections = JoinSet::new();
    let mut silent = Silent::default();
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { break };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stopped(&mut stop) => break,
        };
        while connections.try_join_next().is_some() {}
        match accepted {
            Ok((stream, address)) => {
                let (doors, stop, begun) = (doors.clone(), stop.clone(), Arc::new(AtomicBool::new(false)));
                let has_begun = begun.clone();
                let connection = connections.spawn(async move {
                    doors.open(stream, address, &begun, stop).await;
                    drop(place);
                });
                silent.accepted(has_begun, connection);
            }
            // Out of descriptors: wait for others to end rather than spin.
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(limits::ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

/// Connections that may have said nothing yet, oldest first.
#[derive(Default)]
struct Silent(VecDeque<(Arc<AtomicBool>, AbortHandle)>);

impl Silent {
    fn accepted(&mut self, begun: Arc<AtomicBool>, connection: AbortHandle) {
        self.0.push_back((begun, connection));
        if self.0.len() <= limits::CONNECTIONS_SILENT {
            return;
        }
        self.0.retain(|(begun, connection)| !begun.load(Ordering::Acquire) && !connection.is_finished());
        if self.0.len() > limits::CONNECTIONS_SILENT
            && let Some((_, oldest)) = self.0.pop_front()
        {
            oldest.abort();
        }
    }
}

impl Doors {
    /// `begun` turns true once the connection has said what it is.
    async fn open(self, stream: TcpStream, from: SocketAddr, begun: &AtomicBool, mut stop: watch::Receiver<bool>) {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection ended before it began");
        }
        if let Some(streams) = &self.streams {
            streams.prepare(&stream);
        }
        let first = tokio::select! {
            first = tokio::time::timeout(limits::STREAM_FIRST, Begun::begin(stream)) => first,
            () = stopped(&mut stop) => return,
        };
        let Ok(Ok((told, stream))) = first else { return };
        match (told, &self.tls) {
            (Tells::Tls, Some(tls)) => {
                let handshake = async {
                    let stream = tls.accept(stream).await?;
                    Begun::begin(stream).await
                };
                let inside = tokio::select! {
                    inside = tokio::time::timeout(limits::REQUEST_HEAD, handshake) => inside,
                    () = stopped(&mut stop) => return,
                };
                match inside {
                    Ok(Ok((told, stream))) => {
                        begun.store(true, Ordering::Release);
                        self.enter(told, stream, from, stop).await;
                    }
                    Ok(Err(error)) => tracing::debug!(%from, %error, "a TLS connection ended before it began"),
                    Err(_) => {}
                }
            }
            // Where there is TLS nothing of the pages goes without it.
            (Tells::Http, Some(_)) => {}
            _ => {
                begun.store(true, Ordering::Release);
                self.enter(told, stream, from, stop).await;
            }
        }
    }

    /// Through the door that the first bytes ask for.
    async fn enter<IO>(self, told: Tells, stream: Begun<IO>, from: SocketAddr, mut stop: watch::Receiver<bool>)
    where
        IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let carrier = match told {
            Tells::Http => {
                if let Some(pages) = self.pages {
                    page(stream, Peer(from), pages, stop).await;
                }
                return;
            }
            Tells::Ice => Carrier::Framed,
            Tells::Relay => Carrier::Relay,
            Tells::Tls | Tells::Nonsense | Tells::More => return,
        };
        if let Some(streams) = self.streams {
            let Begun { head, io } = stream;
            tokio::select! {
                () = streams.carry(io, from, head, carrier) => {}
                () = stopped(&mut stop) => {}
            }
        }
    }
}

async fn page<IO>(io: IO, peer: Peer, router: Router, mut stop: watch::Receiver<bool>)
where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = TowerToHyperService::new(router.map_request(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(peer);
        request
    }));
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(limits::REQUEST_HEAD).max_buf_size(limits::REQUEST_HEAD_BYTES);
    let connection = builder.serve_connection(TokioIo::new(io), service).with_upgrades();
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stopped(&mut stop) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// A sender that is gone means the same as its word.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    drop(stop.wait_for(|stop| *stop).await);
}
