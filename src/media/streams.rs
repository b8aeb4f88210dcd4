//! Streams that carry datagrams to the workers: ICE over TCP (RFC 6544, passive) and relays (RFC 8656) for networks that
//! let no UDP through. One task per stream; the worker knows each only by a number and the lane that leads to it, and
//! waits for none.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::Duration;

use bytes::BytesMut;
use rtc_dtls::crypto_provider::RTCCryptoProvider;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::{Semaphore, mpsc};

use super::crew::Crew;
use super::directory::WorkerIndex;
use super::forward::PeerIndex;
use super::lane::{Lane, Worth};
use super::relay_key::RelayKey;
use super::remote::Remote;
use super::turn::{self, Relay, Relayed};
use super::{framing, ice};
use crate::clock::SharedClock;
use crate::limits;

/// Ports a relay may be said to have (RFC 8656 §7.2); none of them is ever opened.
const RELAY_PORTS: std::ops::RangeInclusive<u16> = 49_152..=65_535;

/// How a stream carries datagrams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    /// RFC 4571: two bytes of length before each datagram.
    Framed,
    /// RFC 8656: a relay, asked for by a browser.
    Relay,
}

/// One stream as the worker sees it.
pub(crate) struct Stream {
    id: u64,
    carrier: Carrier,
    /// What the browser is told to come from.
    mapped: SocketAddr,
    lane: Lane,
    /// The worker whose connection its first check named.
    owner: OnceLock<WorkerIndex>,
    /// An authentic check came through it.
    proven: AtomicBool,
    /// That, or it is a relay that was given for credentials: many may wait for their first check at once.
    known: AtomicBool,
}

/// What the worker learns.
pub(crate) enum Arrival {
    Datagram { stream: Arc<Stream>, to: u8, datagram: BytesMut },
    Gone { id: u64 },
}

/// What a listener needs to hand streams over.
#[derive(Clone)]
pub struct MediaStreams {
    inlets: Arc<[Inlet]>,
    crew: Arc<Crew>,
    places: Arc<Semaphore>,
    /// Streams that may not have proven yet whose they are, oldest first.
    knocking: Arc<Mutex<VecDeque<Weak<Stream>>>>,
    next: Arc<AtomicU64>,
    relay: Arc<RelaySettings>,
    clock: SharedClock,
}

/// The way to one worker.
struct Inlet {
    arrivals: mpsc::Sender<Arrival>,
    pending: Arc<AtomicBool>,
}

/// What every relay of this process shares.
pub(crate) struct RelaySettings {
    pub(crate) provider: Arc<dyn RTCCryptoProvider>,
    pub(crate) keys: Arc<RelayKey>,
    /// Our media addresses: all that a relay leads to.
    pub(crate) peers: Vec<SocketAddr>,
}

/// Both ends: for listeners, and for each worker.
pub(crate) fn streams(crew: Arc<Crew>, relay: RelaySettings, clock: SharedClock) -> (MediaStreams, Vec<StreamTable>) {
    let way = |_| {
        let (arrivals, queue) = mpsc::channel(limits::STREAM_ARRIVALS);
        let pending = Arc::new(AtomicBool::new(false));
        let table = StreamTable { queue, pending: pending.clone(), open: HashMap::new(), dropped: 0 };
        (Inlet { arrivals, pending }, table)
    };
    let (inlets, tables): (Vec<_>, Vec<_>) = crew.posts().iter().map(way).unzip();
    let streams = MediaStreams {
        inlets: inlets.into(),
        crew,
        places: Arc::new(Semaphore::new(limits::MEDIA_STREAMS)),
        knocking: Arc::default(),
        next: Arc::default(),
        relay: Arc::new(relay),
        clock,
    };
    (streams, tables)
}

/// Why a stream ends before either side closes it.
#[derive(Debug, thiserror::Error)]
enum StreamError {
    #[error(transparent)]
    Io(#[from] std::io::Error),
    #[error(transparent)]
    Malformed(#[from] framing::Malformed),
    #[error("nothing authentic came in time")]
    Unproven,
    #[error("the relay was not refreshed")]
    Expired,
    #[error("the media worker is gone")]
    Stopped,
}

impl MediaStreams {
    /// Carries a stream until either side ends it. `head`: what was read of it to tell what it is.
    pub async fn carry(&self, io: impl AsyncRead + AsyncWrite, from: SocketAddr, head: BytesMut, carrier: Carrier) {
        let Ok(_place) = self.places.try_acquire() else {
            tracing::warn!("no place for another media stream");
            return;
        };
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let relay = (carrier == Carrier::Relay).then(|| self.relay_of(id, from)).flatten();
        if carrier == Carrier::Relay && relay.is_none() {
            return;
        }
        let mapped = relay.as_ref().map_or(from, |(_, relayed)| *relayed);
        let relay = relay.map(|(relay, _)| Mutex::new(relay));
        let (proven, known) = (AtomicBool::new(false), AtomicBool::new(false));
        let (lane, owner) = (Lane::default(), OnceLock::new());
        let stream = Arc::new(Stream { id, carrier, mapped, lane, owner, proven, known });
        self.knock(&stream);
        let (reader, writer) = tokio::io::split(io);
        // Whichever ends first ends both: a browser that closed its side, or the worker that closed the lane.
        let ended = {
            let read = self.read(&stream, relay.as_ref(), reader, head);
            let mut write = std::pin::pin!(self.write(&stream, relay.as_ref(), writer));
            tokio::select! {
                ended = read => {
                    stream.lane.close();
                    let said = tokio::time::timeout(limits::CLOSE_LINGER, write).await;
                    ended.and(said.unwrap_or(Ok(())))
                }
                ended = write.as_mut() => ended,
            }
        };
        stream.lane.close();
        if let Err(error) = ended {
            tracing::debug!(%from, %error, "a media stream ended");
        }
        if stream.proven.load(Ordering::Acquire) && self.arrive(&stream, Arrival::Gone { id }).await.is_err() {
            tracing::trace!("the media worker ended before its stream");
        }
    }

    /// Whoever is somebody proves it within a moment: of too many that have not, those go who had the longest time for it.
    fn knock(&self, stream: &Arc<Stream>) {
        let mut knocking = self.knocking.lock().unwrap_or_else(PoisonError::into_inner);
        knocking.push_back(Arc::downgrade(stream));
        if knocking.len() <= limits::STREAMS_KNOCKING {
            return;
        }
        let unknown = |stream: &Weak<Stream>| {
            stream.upgrade().filter(|stream| !stream.known.load(Ordering::Acquire) && !stream.lane.is_closed())
        };
        knocking.retain(|stream| unknown(stream).is_some());
        if knocking.len() > limits::STREAMS_KNOCKING
            && let Some(oldest) = knocking.pop_front().as_ref().and_then(unknown)
        {
            oldest.lane.close();
        }
    }

    /// Keeps the system from holding much of what is sent: what waits there can be neither overtaken nor dropped.
    pub fn prepare(&self, stream: &tokio::net::TcpStream) {
        let unsent = u32::try_from(limits::STREAM_CHUNK).unwrap_or(u32::MAX);
        if let Err(error) = socket2::SockRef::from(stream).set_tcp_notsent_lowat(unsent) {
            tracing::debug!(%error, "a stream keeps its own measure of unsent bytes");
        }
    }

    fn relay_of(&self, id: u64, from: SocketAddr) -> Option<(Relay, SocketAddr)> {
        let settings = &self.relay;
        let span = u64::from(RELAY_PORTS.end() - RELAY_PORTS.start()) + 1;
        let port = RELAY_PORTS.start().saturating_add(u16::try_from(id % span).unwrap_or(0));
        let relayed = SocketAddr::new(settings.peers.first()?.ip(), port);
        let nonce = format!("{:032x}", rand::random::<u128>());
        let (provider, keys) = (settings.provider.clone(), settings.keys.clone());
        Some((Relay::new(provider, keys, nonce, from, relayed, &settings.peers), relayed))
    }

    /// The worker of a stream is that of the connection its first check names. What names none ends at any.
    fn inlet(&self, stream: &Stream, arrival: &Arrival) -> Option<(WorkerIndex, &Inlet)> {
        let named = || match arrival {
            Arrival::Datagram { datagram, .. } => self.crew.directory.of_ufrag(ice::local_ufrag(datagram)?),
            Arrival::Gone { .. } => None,
        };
        let owner = stream.owner.get().copied().or_else(|| named().map(|owner| *stream.owner.get_or_init(|| owner)));
        let owner = owner.unwrap_or(0);
        self.inlets.get(owner).map(|inlet| (owner, inlet))
    }

    async fn arrive(&self, stream: &Stream, arrival: Arrival) -> Result<(), StreamError> {
        let (owner, inlet) = self.inlet(stream, &arrival).ok_or(StreamError::Stopped)?;
        inlet.arrivals.send(arrival).await.map_err(|_| StreamError::Stopped)?;
        // One wake-up for all that arrives before the worker looks.
        if !inlet.pending.swap(true, Ordering::AcqRel)
            && let Some(mailbox) = self.crew.mailbox(owner)
        {
            mailbox.wake();
        }
        Ok(())
    }

    async fn read(
        &self,
        stream: &Arc<Stream>,
        relay: Option<&Mutex<Relay>>,
        mut reader: impl AsyncRead + Unpin,
        head: BytesMut,
    ) -> Result<(), StreamError> {
        let mut buffer = head;
        let began_us = self.clock.mono_us();
        loop {
            match relay {
                None => {
                    while let Some(datagram) = framing::take(&mut buffer)? {
                        self.arrive(stream, Arrival::Datagram { stream: stream.clone(), to: 0, datagram }).await?;
                    }
                }
                Some(relay) => {
                    while let Some(message) = turn::take(&mut buffer)? {
                        if !self.relay(stream, relay, message).await? {
                            return Ok(());
                        }
                    }
                }
            }
            if stream.lane.is_closed() {
                return Ok(());
            }
            let until_us = deadline_us(stream, relay, began_us);
            let wait_us = until_us.saturating_sub(self.clock.mono_us());
            let Ok(wait_us) = u64::try_from(wait_us) else {
                return Err(if stream.proven.load(Ordering::Acquire) {
                    StreamError::Expired
                } else {
                    StreamError::Unproven
                });
            };
            buffer.reserve(limits::STREAM_FRAME);
            // A deadline moves when something is proven, and the worker may close the lane: looked at after each wait.
            let wait = Duration::from_micros(wait_us).min(limits::STREAM_FIRST);
            if let Ok(read) = tokio::time::timeout(wait, reader.read_buf(&mut buffer)).await
                && read? == 0
            {
                return Ok(());
            }
        }
    }

    /// One message to the relay; `false` when the browser gave it back.
    async fn relay(&self, stream: &Arc<Stream>, relay: &Mutex<Relay>, message: BytesMut) -> Result<bool, StreamError> {
        let (unix_s, now_us) = (self.clock.now().as_second(), self.clock.mono_us());
        let relayed = {
            let mut relay = relay.lock().unwrap_or_else(PoisonError::into_inner);
            let relayed = relay.read(message, unix_s, now_us);
            stream.known.fetch_or(relay.until_us().is_some(), Ordering::AcqRel);
            relayed
        };
        let reply = |bytes: &[u8]| stream.lane.push(None, std::iter::once((Worth::Must, bytes)), now_us);
        match relayed {
            Relayed::Nothing => {}
            Relayed::Reply(bytes) => {
                reply(&bytes);
            }
            Relayed::End(bytes) => {
                reply(&bytes);
                return Ok(false);
            }
            Relayed::Datagram { to, datagram } => {
                self.arrive(stream, Arrival::Datagram { stream: stream.clone(), to, datagram }).await?;
            }
        }
        Ok(true)
    }

    async fn write(
        &self,
        stream: &Stream,
        relay: Option<&Mutex<Relay>>,
        mut writer: impl AsyncWrite + Unpin,
    ) -> Result<(), StreamError> {
        let (mut parcels, mut bytes) = (Vec::new(), Vec::new());
        while stream.lane.take(limits::STREAM_CHUNK, || self.clock.mono_us(), &mut parcels).await {
            bytes.clear();
            for parcel in parcels.drain(..) {
                match (parcel.to, relay) {
                    (None, _) => bytes.extend_from_slice(&parcel.bytes),
                    (Some(_), None) => framing::put(&mut bytes, &parcel.bytes),
                    (Some(to), Some(relay)) => {
                        relay.lock().unwrap_or_else(PoisonError::into_inner).wrap(to, &parcel.bytes, &mut bytes);
                    }
                }
            }
            writer.write_all(&bytes).await?;
            writer.flush().await?;
        }
        writer.shutdown().await?;
        Ok(())
    }
}

/// Until when a stream may stay as it is.
fn deadline_us(stream: &Stream, relay: Option<&Mutex<Relay>>, began_us: i64) -> i64 {
    let relay_us = relay.and_then(|relay| relay.lock().unwrap_or_else(PoisonError::into_inner).until_us());
    if stream.proven.load(Ordering::Acquire) {
        return relay_us.unwrap_or(i64::MAX);
    }
    let first = if relay_us.is_some() { limits::RELAY_FIRST } else { limits::STREAM_FIRST };
    began_us + first.as_micros() as i64
}

/// The worker's end: the streams that carry something of its connections.
pub(crate) struct StreamTable {
    queue: mpsc::Receiver<Arrival>,
    pending: Arc<AtomicBool>,
    open: HashMap<u64, Open>,
    dropped: u64,
}

struct Open {
    stream: Arc<Stream>,
    /// Whose check came through it last.
    place: Option<PeerIndex>,
}

impl StreamTable {
    /// What arrived next. The first look of a turn is told, so that what comes after it wakes the worker again.
    pub(crate) fn next(&mut self, first: bool) -> Option<Arrival> {
        if first {
            // Not a plain store: that could become visible after the look, and a wake-up be lost.
            self.pending.swap(false, Ordering::AcqRel);
        }
        self.queue.try_recv().ok()
    }

    /// Where the datagram comes from; `None` when the stream was closed by us and this was still on its way.
    pub(crate) fn enter(&mut self, stream: Arc<Stream>, to: u8) -> Option<Remote> {
        let id = stream.id;
        if stream.lane.is_closed() {
            return None;
        }
        self.open.entry(id).or_insert(Open { stream, place: None });
        Some(Remote::Stream { id, to })
    }

    /// An authentic check of a connection came through the stream.
    pub(crate) fn prove(&mut self, id: u64, place: PeerIndex) {
        if let Some(open) = self.open.get_mut(&id) {
            open.place = Some(place);
            open.stream.proven.store(true, Ordering::Release);
            open.stream.known.store(true, Ordering::Release);
        }
    }

    /// Ends a stream through which nothing authentic came: one datagram is all a stranger may send.
    pub(crate) fn end_stranger(&mut self, id: u64) {
        if self.open.get(&id).is_some_and(|open| open.place.is_none()) {
            self.end(id);
        }
    }

    /// Ends a stream; what waits for it still goes out.
    pub(crate) fn end(&mut self, id: u64) {
        if let Some(open) = self.open.remove(&id) {
            open.stream.lane.close();
        }
    }

    /// Ends all of them.
    pub(crate) fn end_all(&mut self) {
        self.open.drain().for_each(|(_, open)| open.stream.lane.close());
    }

    /// The stream is gone; whose it was.
    pub(crate) fn gone(&mut self, id: u64) -> Option<PeerIndex> {
        self.open.remove(&id).and_then(|open| open.place)
    }

    /// The address a browser is told to come from.
    pub(crate) fn mapped(&self, id: u64) -> Option<SocketAddr> {
        self.open.get(&id).map(|open| open.stream.mapped)
    }

    pub(crate) fn carrier(&self, id: u64) -> Option<Carrier> {
        self.open.get(&id).map(|open| open.stream.carrier)
    }

    /// Gives datagrams to a stream's lane.
    pub(crate) fn send<'a>(
        &mut self,
        (id, to): (u64, u8),
        datagrams: impl Iterator<Item = (Worth, &'a [u8])>,
        now_us: i64,
    ) {
        let lost = match self.open.get(&id) {
            Some(open) => open.stream.lane.push(Some(to), datagrams, now_us),
            None => datagrams.count(),
        };
        self.dropped += lost as u64;
    }

    /// Datagrams no lane had room for so far.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped
    }
}
