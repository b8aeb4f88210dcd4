//! Starting the media plane, and the rooms' way to it: each room's wishes go to the workers it lives on.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::sync::Arc;

use mio::{Poll, Waker};
use ring::rand::{SecureRandom, SystemRandom};
use tokio::sync::{mpsc, oneshot};

use super::crew::Crew;
use super::dtls::Identity;
use super::engine::{
    Answer, Client, Codec, Engine, EngineEvent, EngineFuture, Join, JoinRefusal, RecordSink, RelayAccess, WorkerStatus,
};
use super::events::Events;
use super::ice::Credentials;
use super::mailbox::NewPeer;
use super::neighbours::Neighbours;
use super::placement::{Admission, Full, Placed};
use super::plan::Plan;
use super::relay_key::RelayKey;
use super::sdp::answer::{self, Transport};
use super::sdp::negotiate::Negotiated;
use super::sdp::offer::Offer;
use super::socket::MediaSocket;
use super::streams::{MediaStreams, RelaySettings, streams};
use super::supervisor;
use super::worker::{LONGEST_SLEEP, WAKER, Worker, WorkerCounters};
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
    /// Threads that serve connections, all on the same UDP address; `limits::MEDIA_WORKERS` at most.
    pub workers: NonZeroUsize,
    /// How busy a worker may be that takes one more.
    pub admission: Admission,
}

impl MediaConfig {
    /// One UDP port that browsers reach as it is, and nothing beside it; one worker.
    pub fn on(listen: SocketAddr) -> Self {
        Self {
            listen,
            advertise: Vec::new(),
            advertise_tcp: Vec::new(),
            relay_urls: Vec::new(),
            workers: NonZeroUsize::MIN,
            admission: Admission::default(),
        }
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
    crew: Arc<Crew>,
    admission: Admission,
    identity: Arc<Identity>,
    candidates: Vec<SocketAddr>,
    tcp_candidates: Vec<SocketAddr>,
    relay_urls: Vec<String>,
    relay_keys: Arc<RelayKey>,
    streams: MediaStreams,
    clock: SharedClock,
    local: SocketAddr,
}

impl MediaEngine {
    /// Opens the port and starts the workers. `events` is never waited for; `recorder` is called on the workers' threads.
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
        let sockets = MediaSocket::bind_all(config.listen, config.workers.get().min(limits::MEDIA_WORKERS))
            .map_err(|source| MediaStartError::Socket { address: config.listen, source })?;
        let local = sockets.first().map_or(config.listen, MediaSocket::local);
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
        let (mut polls, mut wakers) = (Vec::new(), Vec::new());
        for _ in &sockets {
            let poll = Poll::new().map_err(MediaStartError::Thread)?;
            wakers.push(Waker::new(poll.registry(), WAKER).map_err(MediaStartError::Thread)?);
            polls.push(poll);
        }
        let crew = Crew::new(wakers);
        let mut secret = [0; 32];
        SystemRandom::new().fill(&mut secret).map_err(|_| MediaStartError::Identity("no random numbers".to_owned()))?;
        let relay_keys = Arc::new(RelayKey::new(&secret));
        let relay =
            RelaySettings { provider: identity.provider.clone(), keys: relay_keys.clone(), peers: candidates.clone() };
        let (streams, tables) = streams(crew.clone(), relay, clock.clone());
        // Made before threads are started: when one of them cannot be, those before it are told to stop.
        let engine = Arc::new(Self {
            crew: crew.clone(),
            admission: config.admission,
            identity: identity.clone(),
            candidates,
            tcp_candidates: config.advertise_tcp.clone(),
            relay_urls: config.relay_urls.clone(),
            relay_keys,
            streams,
            clock: clock.clone(),
            local,
        });
        for (index, ((socket, table), poll)) in sockets.into_iter().zip(tables).zip(polls).enumerate() {
            let Some(neighbours) = Neighbours::new(&crew, index) else { continue };
            let (events, recorder) = (Events::new(events.clone()), recorder.clone());
            let worker = Worker::new(socket, table, identity.clone(), clock.clone(), events, recorder, neighbours);
            let (crew, clock) = (crew.clone(), clock.clone());
            std::thread::Builder::new()
                .name(format!("media-{index}"))
                .spawn(move || supervisor::serve(worker, poll, &crew, index, &clock))
                .map_err(MediaStartError::Thread)?;
        }
        Ok(engine)
    }

    /// The bound address.
    pub fn local_addr(&self) -> SocketAddr {
        self.local
    }

    /// The way in for streams that carry media.
    pub fn streams(&self) -> MediaStreams {
        self.streams.clone()
    }

    /// What happened so far at all workers, at most a few hundred milliseconds old.
    pub fn counters(&self) -> WorkerCounters {
        let each = self.crew.posts().iter().map(|post| post.told().1);
        each.fold(WorkerCounters::default(), |sum, one| sum + one)
    }

    /// The workers a room lives on; none before it had a join.
    pub fn workers_of(&self, room: SessionId) -> Vec<usize> {
        self.crew.placement().of(room).to_vec()
    }

    /// Makes a worker panic where nothing catches it but what is there for that. For tests of what happens then.
    #[doc(hidden)]
    pub fn fault(&self, worker: usize) {
        if let Some(mailbox) = self.crew.mailbox(worker) {
            mailbox.fault();
        }
    }

    /// Gives a connection to a worker of its room.
    fn admit(crew: &Crew, admission: Admission, again: bool, peer: NewPeer) -> Result<(), JoinRefusal> {
        let loads = crew.loads();
        let mut placement = crew.placement();
        let (worker, told) = placement.join(peer.room, again, admission, &loads).map_err(|Full| JoinRefusal::Full)?;
        if let Some(placed) = told {
            Self::tell(crew, peer.room, &placed);
        }
        // One of the same name is replaced, wherever it is.
        let others = placement.of(peer.room).iter().filter(|other| **other != worker);
        others.filter_map(|other| crew.mailbox(*other)).for_each(|mailbox| mailbox.leave(peer.room, peer.connection));
        crew.mailbox(worker).ok_or(JoinRefusal::Unavailable)?.join(peer)
    }

    /// Tells the workers of a room what it wants.
    fn tell(crew: &Crew, room: SessionId, placed: &Placed) {
        let mailboxes = placed.workers.iter().filter_map(|worker| crew.mailbox(*worker));
        mailboxes.for_each(|mailbox| mailbox.set_plan(room, placed.clone()));
    }
}

impl Drop for MediaEngine {
    fn drop(&mut self) {
        self.crew.posts().iter().for_each(|post| post.mailbox.stop());
    }
}

impl Engine for MediaEngine {
    fn join_as(&self, join: Join, client: Client) -> EngineFuture<Result<Answer, JoinRefusal>> {
        let (crew, admission) = (self.crew.clone(), self.admission);
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
            let h264 = agreed.sources.iter().filter(|source| source.codec == Codec::H264);
            let (h264, takes_h264) = (h264.map(|source| source.kind).collect(), agreed.takes_h264());
            let transport = Transport {
                ufrag: &credentials.ufrag,
                pwd: &credentials.pwd,
                fingerprint: &identity.fingerprint,
                calls: agreed.calls,
                candidates: &candidates,
                tcp_candidates: &tcp_candidates,
            };
            let sdp = answer::write(&offer, &agreed, &transport, rand::random::<u32>() >> 1);
            let (reply, wait) = oneshot::channel();
            let peer = NewPeer { room: join.room, connection: join.connection, credentials, agreed, reply };
            Self::admit(&crew, admission, join.again, peer)?;
            match tokio::time::timeout(limits::MEDIA_JOIN_WAIT, wait).await {
                Ok(Ok(Ok(()))) => Ok(Answer { sdp, slots, sources, h264, takes_h264 }),
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

    fn workers(&self) -> Vec<WorkerStatus> {
        let now_us = self.clock.mono_us();
        let status = |(status, _): (WorkerStatus, WorkerCounters)| {
            // One that does not come back from something cannot tell it.
            let silent_us = now_us - status.told_us - LONGEST_SLEEP.as_micros() as i64;
            let silent_us = u32::try_from(silent_us.max(0)).unwrap_or(u32::MAX);
            WorkerStatus { lag_us: status.lag_us.max(silent_us), ..status }
        };
        self.crew.posts().iter().map(|post| status(post.told())).collect()
    }

    fn leave(&self, room: SessionId, connection: ConnectionId) {
        let placement = self.crew.placement();
        let mailboxes = placement.of(room).iter().filter_map(|worker| self.crew.mailbox(*worker));
        mailboxes.for_each(|mailbox| mailbox.leave(room, connection));
    }

    fn set_plan(&self, room: SessionId, plan: Plan) {
        let mut placement = self.crew.placement();
        Self::tell(&self.crew, room, placement.plan(room, plan));
    }

    fn close_room(&self, room: SessionId) {
        let mut placement = self.crew.placement();
        let workers = placement.close(room);
        workers.into_iter().filter_map(|worker| self.crew.mailbox(worker)).for_each(|mailbox| mailbox.close_room(room));
    }
}
