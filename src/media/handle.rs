//! Starting the media plane, and the rooms' way to it.
//!
//! One worker today. Several are several of what `start` makes, each with its port and mailbox, and a table of which
//! room lives where; nothing outside this file would notice.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use mio::{Poll, Waker};
use ring::rand::{SecureRandom, SystemRandom};
use tokio::sync::{mpsc, oneshot};

use super::dtls::Identity;
use super::engine::{Answer, Client, Engine, EngineEvent, EngineFuture, Join, JoinRefusal, RecordSink, RelayAccess};
use super::events::Events;
use super::ice::Credentials;
use super::mailbox::{Mailbox, NewPeer};
use super::plan::Plan;
use super::relay_key::RelayKey;
use super::sdp::answer::{self, Transport};
use super::sdp::negotiate::Negotiated;
use super::sdp::offer::Offer;
use super::socket::MediaSocket;
use super::streams::{MediaStreams, RelaySettings, streams};
use super::worker::{WAKER, Worker, WorkerCounters};
use crate::clock::SharedClock;
use crate::domain::ids::{ConnectionId, SessionId};
use crate::limits;

/// Where media is served.
#[derive(Clone, Debug)]
pub struct MediaConfig {
    /// UDP address to bind; port 0 takes any free port.
    pub listen: SocketAddr,
    /// Host candidates of every answer, in order of preference. Port 0 stands for the port bound. Empty: the bound
    /// address itself, which must then not be a wildcard.
    pub advertise: Vec<SocketAddr>,
    /// Candidates of ICE over TCP (RFC 6544, passive): where a listener hands streams to [`MediaEngine::streams`].
    pub advertise_tcp: Vec<SocketAddr>,
    /// Where browsers find the relay, RFC 7065. Empty: they are given none.
    pub relay_urls: Vec<String>,
}

impl MediaConfig {
    /// One UDP port that browsers reach as it is, and nothing beside it.
    pub fn on(listen: SocketAddr) -> Self {
        Self { listen, advertise: Vec::new(), advertise_tcp: Vec::new(), relay_urls: Vec::new() }
    }
}

/// Why the media plane does not start.
#[derive(Debug, thiserror::Error)]
pub enum MediaStartError {
    /// The port is taken or the address is not ours.
    #[error("the media port {address} cannot be opened: {source}")]
    Socket {
        /// As configured.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// Browsers would be given no address to connect to.
    #[error("no address to advertise: `advertise` is empty and `listen` is a wildcard")]
    NothingToAdvertise,
    /// The certificate could not be made.
    #[error("no DTLS identity: {0}")]
    Identity(String),
    /// The thread or its poll could not be made.
    #[error("the media worker cannot start: {0}")]
    Thread(std::io::Error),
}

/// The media plane on this machine. Dropping it ends all connections.
pub struct MediaEngine {
    mailbox: Arc<Mailbox>,
    identity: Arc<Identity>,
    candidates: Vec<SocketAddr>,
    tcp_candidates: Vec<SocketAddr>,
    relay_urls: Vec<String>,
    relay_keys: Arc<RelayKey>,
    streams: MediaStreams,
    clock: SharedClock,
    local: SocketAddr,
    counters: Arc<Mutex<WorkerCounters>>,
}

impl MediaEngine {
    /// Opens the port and starts the worker. `events` is never waited for; `recorder` is called on the worker's thread.
    ///
    /// # Errors
    ///
    /// See [`MediaStartError`].
    pub fn start(
        config: &MediaConfig,
        clock: SharedClock,
        events: mpsc::Sender<EngineEvent>,
        recorder: Arc<dyn RecordSink>,
    ) -> Result<Arc<Self>, MediaStartError> {
        let socket = MediaSocket::bind(config.listen)
            .map_err(|source| MediaStartError::Socket { address: config.listen, source })?;
        let local = socket.local();
        let mut candidates: Vec<SocketAddr> = config
            .advertise
            .iter()
            .map(|address| {
                SocketAddr::new(address.ip(), if address.port() == 0 { local.port() } else { address.port() })
            })
            .collect();
        if candidates.is_empty() {
            if local.ip().is_unspecified() {
                return Err(MediaStartError::NothingToAdvertise);
            }
            candidates.push(local);
        }
        let identity = Arc::new(Identity::generate().map_err(MediaStartError::Identity)?);
        let poll = Poll::new().map_err(MediaStartError::Thread)?;
        let waker = Waker::new(poll.registry(), WAKER).map_err(MediaStartError::Thread)?;
        let mailbox = Arc::new(Mailbox::new(waker));
        let counters = Arc::new(Mutex::new(WorkerCounters::default()));
        let mut secret = [0; 32];
        SystemRandom::new().fill(&mut secret).map_err(|_| MediaStartError::Identity("no random numbers".to_owned()))?;
        let relay_keys = Arc::new(RelayKey::new(&secret));
        let relay =
            RelaySettings { provider: identity.provider.clone(), keys: relay_keys.clone(), peers: candidates.clone() };
        let (streams, table) = streams(mailbox.clone(), relay, clock.clone());
        let mut worker =
            Worker::new(socket, table, identity.clone(), clock.clone(), Events::new(events), recorder, mailbox.clone());
        worker.publish_counters(counters.clone());
        std::thread::Builder::new()
            .name("media-0".to_owned())
            .spawn(move || worker.run(poll))
            .map_err(MediaStartError::Thread)?;
        Ok(Arc::new(Self {
            mailbox,
            identity,
            candidates,
            tcp_candidates: config.advertise_tcp.clone(),
            relay_urls: config.relay_urls.clone(),
            relay_keys,
            streams,
            clock,
            local,
            counters,
        }))
    }

    /// The bound address.
    pub fn local_addr(&self) -> SocketAddr {
        self.local
    }

    /// The way in for streams that carry media.
    pub fn streams(&self) -> MediaStreams {
        self.streams.clone()
    }

    /// What happened so far, at most a few hundred milliseconds old.
    pub fn counters(&self) -> WorkerCounters {
        *self.counters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for MediaEngine {
    fn drop(&mut self) {
        self.mailbox.stop();
    }
}

impl Engine for MediaEngine {
    fn join_as(&self, join: Join, client: Client) -> EngineFuture<Result<Answer, JoinRefusal>> {
        let mailbox = self.mailbox.clone();
        let identity = self.identity.clone();
        let (candidates, tcp_candidates) = (self.candidates.clone(), self.tcp_candidates.clone());
        Box::pin(async move {
            let offer = Offer::parse(&join.offer)?.meant_by(client)?;
            let random = SystemRandom::new();
            let mut secret = [0; 32];
            random.fill(&mut secret).map_err(|_| JoinRefusal::Unavailable)?;
            let credentials = Credentials::from_random(&secret);
            let agreed = Negotiated::from_offer(&offer, rand::random)?;
            let slots = agreed.slots.len();
            let sources = agreed.sources.iter().map(|source| source.kind).collect();
            let transport = Transport {
                ufrag: &credentials.ufrag,
                pwd: &credentials.pwd,
                fingerprint: &identity.fingerprint,
                candidates: &candidates,
                tcp_candidates: &tcp_candidates,
            };
            let sdp = answer::write(&offer, &agreed, &transport, rand::random::<u32>() >> 1);
            let (reply, wait) = oneshot::channel();
            mailbox.join(NewPeer { room: join.room, connection: join.connection, credentials, agreed, reply })?;
            match tokio::time::timeout(limits::MEDIA_JOIN_WAIT, wait).await {
                Ok(Ok(Ok(()))) => Ok(Answer { sdp, slots, sources }),
                Ok(Ok(Err(refusal))) => Err(refusal),
                Ok(Err(_)) | Err(_) => Err(JoinRefusal::Unavailable),
            }
        })
    }

    fn relay(&self, connection: ConnectionId) -> Option<RelayAccess> {
        let urls = Some(self.relay_urls.clone()).filter(|urls| !urls.is_empty())?;
        let (username, password) = self.relay_keys.credentials(connection, self.clock.now().as_second());
        Some(RelayAccess { urls, username, password })
    }

    fn leave(&self, room: SessionId, connection: ConnectionId) {
        self.mailbox.leave(room, connection);
    }

    fn set_plan(&self, room: SessionId, plan: Plan) {
        self.mailbox.set_plan(room, plan);
    }

    fn close_room(&self, room: SessionId) {
        self.mailbox.close_room(room);
    }
}
