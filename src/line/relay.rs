//! The line of a place for real packets: UDP and TCP ports that stand for the server's, both through the same lanes, as
//! all that leaves a house shares its one cable. A line that is cut swallows: nobody is told.

use std::cmp::Reverse;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BinaryHeap};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use serde::Deserialize;
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::AbortHandle;

use super::flow::{Fate, Flow};
use super::heard::{Heard, Pause};
use super::lane::{Counts, Lane};
use super::shape::{Direction, Schedule};
use super::streams::{self, Connection};
use crate::clock::SharedClock;
use crate::limits;

const DATAGRAM: usize = 2_048;

/// What the place's firewall lets through. What it does not is swallowed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lets {
    #[default]
    All,
    /// No datagrams.
    Tcp,
    /// The port of the pages alone.
    Port,
    /// TLS to the port of the pages alone.
    Tls,
}

/// Sees every datagram before the line does, may change it, and says how often it goes on.
type Tap = Box<dyn FnMut(Direction, &mut Vec<u8>) -> usize + Send>;

/// One line. Its ports are open as long as it lives.
pub struct Relay {
    place: Arc<Place>,
    tasks: Mutex<Vec<Running>>,
}

/// A task that ends with its owner.
struct Running(AbortHandle);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Everything between one place and the server.
pub(super) struct Place {
    clock: SharedClock,
    listen: IpAddr,
    state: Mutex<State>,
    /// Something was posted that is due before all else.
    posted: Notify,
    /// Counts changes that those who are held wait for.
    changed: watch::Sender<u64>,
    pauses: mpsc::Sender<Pause>,
}

struct State {
    up: Lane,
    down: Lane,
    post: BinaryHeap<Reverse<Posted>>,
    serial: u64,
    lets: Lets,
    /// Counts the addresses the place has had.
    address: u64,
    heard: Heard,
    tap: Option<Tap>,
    connections: Vec<Weak<Connection>>,
}

impl State {
    fn lane(&mut self, direction: Direction) -> &mut Lane {
        match direction {
            Direction::Up => &mut self.up,
            Direction::Down => &mut self.down,
        }
    }
}

/// A datagram on the line, in order of its arrival.
struct Posted {
    due_us: i64,
    serial: u64,
    socket: Arc<UdpSocket>,
    to: SocketAddr,
    bytes: Vec<u8>,
}

impl PartialEq for Posted {
    fn eq(&self, other: &Self) -> bool {
        self.serial == other.serial
    }
}

impl Eq for Posted {}

impl PartialOrd for Posted {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Posted {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.due_us, self.serial).cmp(&(other.due_us, other.serial))
    }
}

impl Relay {
    /// A line whose ports will be at `listen`; `pauses` is told when nothing came from the place for long. The schedule
    /// begins now.
    pub fn open(
        clock: SharedClock,
        listen: IpAddr,
        schedule: &Schedule,
        seed: u64,
        pauses: mpsc::Sender<Pause>,
    ) -> Self {
        let now_us = clock.mono_us();
        let state = State {
            up: Lane::along(schedule, Direction::Up, seed, now_us),
            down: Lane::along(schedule, Direction::Down, !seed, now_us),
            post: BinaryHeap::new(),
            serial: 0,
            lets: Lets::All,
            address: 0,
            heard: Heard::default(),
            tap: None,
            connections: Vec::new(),
        };
        let changed = watch::Sender::new(0);
        let place = Arc::new(Place { clock, listen, state: Mutex::new(state), posted: Notify::new(), changed, pauses });
        let relay = Self { place: place.clone(), tasks: Mutex::default() };
        relay.run(async move { place.deliver().await });
        relay
    }

    fn run(&self, task: impl Future<Output = ()> + Send + 'static) {
        let running = Running(tokio::spawn(task).abort_handle());
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner).push(running);
    }

    /// A UDP port for a server that is named later.
    ///
    /// # Errors
    /// The system has no port.
    pub async fn datagrams(&self) -> io::Result<Face> {
        let face = Arc::new(UdpSocket::bind((self.place.listen, 0)).await?);
        let (server, place, address) = (Arc::new(Mutex::new(None)), self.place.clone(), face.local_addr()?);
        let known = server.clone();
        self.run(async move { place.datagrams(face, &known).await });
        Ok(Face { address, server })
    }

    /// A TCP port that stands for that of the server; `pages` when it is the one of its pages.
    ///
    /// # Errors
    /// The system has no port.
    pub async fn streams(&self, server: SocketAddr, pages: bool) -> io::Result<SocketAddr> {
        let listener = TcpListener::bind((self.place.listen, 0)).await?;
        let (address, place) = (listener.local_addr()?, self.place.clone());
        self.run(streams::accept(place, listener, server, pages));
        Ok(address)
    }

    /// Another line from now on.
    pub fn change(&self, schedule: &Schedule) {
        let now_us = self.place.clock.mono_us();
        self.place.with(|state| {
            state.up.follow(schedule, Direction::Up, now_us);
            state.down.follow(schedule, Direction::Down, now_us);
        });
        self.place.changed();
    }

    /// From now on nothing passes in these directions.
    pub fn cut(&self, directions: &[Direction]) {
        self.place.with(|state| {
            state.heard.cut();
            directions.iter().for_each(|direction| state.lane(*direction).cut = true);
        });
    }

    /// The line is whole again.
    pub fn mend(&self) {
        self.place.with(|state| (state.up.cut, state.down.cut) = (false, false));
        self.place.changed();
    }

    /// The server sees other source addresses from now on, and what it sends to the old ones is lost: another network, or
    /// a router that has forgotten.
    pub fn rebind(&self) {
        self.place.with(|state| state.address += 1);
    }

    /// From now on the firewall lets only this through, also of connections that are open: one that loses something is
    /// lost for good.
    pub fn narrow(&self, lets: Lets) {
        self.place.with(|state| {
            state.lets = lets;
            state.connections.retain(|connection| connection.upgrade().is_some_and(|open| !open.blocked(lets)));
        });
    }

    /// From now on `tap` sees every datagram before the line does; it may change it and says how often it goes on.
    pub fn tap(&self, tap: impl FnMut(Direction, &mut Vec<u8>) -> usize + Send + 'static) {
        self.place.with(|state| state.tap = Some(Box::new(tap)));
    }

    /// What became of everything so far, up and down.
    pub fn counts(&self) -> (Counts, Counts) {
        self.place.with(|state| (state.up.counts(), state.down.counts()))
    }
}

/// A UDP port of a line.
pub struct Face {
    /// Where it is.
    pub address: SocketAddr,
    server: Arc<Mutex<Option<SocketAddr>>>,
}

impl Face {
    /// Whom it stands for. Until then it swallows.
    pub fn connect(&self, server: SocketAddr) {
        *self.server.lock().unwrap_or_else(PoisonError::into_inner) = Some(server);
    }
}

/// The way back of one sender behind the line: it has an address of its own, as behind NAT.
struct Back {
    socket: Arc<UdpSocket>,
    _task: Running,
}

impl Place {
    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn changed(&self) {
        self.changed.send_modify(|count| *count += 1);
    }

    async fn datagrams(self: Arc<Self>, face: Arc<UdpSocket>, server: &Mutex<Option<SocketAddr>>) {
        let mut backs: BTreeMap<SocketAddr, Back> = BTreeMap::new();
        let mut address = 0;
        let mut buffer = vec![0; DATAGRAM];
        loop {
            // An error is of an earlier datagram whose receiver was gone.
            let Ok((length, from)) = face.recv_from(&mut buffer).await else { continue };
            let now = self.with(|state| state.address);
            if std::mem::replace(&mut address, now) != now || backs.len() > limits::LINE_SENDERS {
                backs.clear();
            }
            let to = *server.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(to) = to else { continue };
            let back = match backs.entry(from) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => match self.back(to, face.clone(), from).await {
                    Ok(back) => new.insert(back),
                    Err(error) => {
                        tracing::warn!(%error, "a line has no port for one more sender");
                        continue;
                    }
                },
            };
            if let Some(bytes) = buffer.get(..length) {
                self.post(Direction::Up, &back.socket, to, bytes);
            }
        }
    }

    async fn back(self: &Arc<Self>, server: SocketAddr, face: Arc<UdpSocket>, client: SocketAddr) -> io::Result<Back> {
        let any: IpAddr = if server.is_ipv4() { [0; 4].into() } else { [0; 16].into() };
        let local = if server.ip().is_loopback() { server.ip() } else { any };
        let socket = Arc::new(UdpSocket::bind((local, 0)).await?);
        let (place, from_server) = (self.clone(), socket.clone());
        let task = tokio::spawn(async move {
            let mut buffer = vec![0; DATAGRAM];
            loop {
                let Ok((length, from)) = from_server.recv_from(&mut buffer).await else { continue };
                if let Some(bytes) = buffer.get(..length).filter(|_| from == server) {
                    place.post(Direction::Down, &face, client, bytes);
                }
            }
        });
        Ok(Back { socket, _task: Running(task.abort_handle()) })
    }

    /// A datagram comes to the line.
    fn post(&self, direction: Direction, socket: &Arc<UdpSocket>, to: SocketAddr, bytes: &[u8]) {
        let now_us = self.clock.mono_us();
        let (first, pause) = self.with(|state| {
            let mut bytes = bytes.to_vec();
            let copies = state.tap.as_mut().map_or(1, |tap| tap(direction, &mut bytes));
            if state.lets != Lets::All {
                return (false, None);
            }
            let before_us = state.post.peek().map_or(i64::MAX, |Reverse(posted)| posted.due_us);
            let mut first_us = i64::MAX;
            for due_us in
                (0..copies).flat_map(|_| state.lane(direction).pass(now_us, bytes.len())).flatten().collect::<Vec<_>>()
            {
                // Full: lost, as in a router without memory.
                if state.post.len() >= limits::LINE_POSTED {
                    break;
                }
                first_us = first_us.min(due_us);
                state.serial += 1;
                let (serial, socket, bytes) = (state.serial, socket.clone(), bytes.clone());
                state.post.push(Reverse(Posted { due_us, serial, socket, to, bytes }));
            }
            let passes = direction == Direction::Up && !state.up.cut;
            let pause = passes.then(|| state.heard.came(self.clock.now().as_millisecond())).flatten();
            (first_us < before_us, pause)
        });
        if first {
            self.posted.notify_one();
        }
        if let Some(pause) = pause {
            self.pauses.try_send(pause).unwrap_or_else(|_| tracing::debug!("nobody counts the pauses of a line"));
        }
    }

    /// Hands over what has come to the end of the line, for ever.
    async fn deliver(&self) {
        loop {
            let now_us = self.clock.mono_us();
            let (due, next_us) = self.with(|state| {
                let mut due = Vec::new();
                while state.post.peek().is_some_and(|Reverse(posted)| posted.due_us <= now_us) {
                    due.extend(state.post.pop());
                }
                (due, state.post.peek().map(|Reverse(posted)| posted.due_us))
            });
            for Reverse(Posted { socket, to, bytes, .. }) in due {
                if let Err(error) = socket.send_to(&bytes, to).await {
                    tracing::debug!(%error, "the end of a line is gone");
                }
            }
            let wait = next_us.map(|next_us| micros(next_us - self.clock.mono_us()));
            tokio::select! {
                () = self.posted.notified() => {}
                () = tokio::time::sleep(wait.unwrap_or_default()), if wait.is_some() => {}
            }
        }
    }

    pub(super) fn opened(&self, connection: &Arc<Connection>) {
        self.with(|state| {
            state.connections.retain(|known| known.strong_count() > 0);
            state.connections.push(Arc::downgrade(connection));
        });
    }

    pub(super) fn lets(&self) -> Lets {
        self.with(|state| state.lets)
    }

    /// Waits until a piece of a stream may leave; when it arrives, µs.
    pub(super) async fn carry(&self, direction: Direction, flow: &mut Flow, bytes: usize) -> i64 {
        let mut changed = self.changed.subscribe();
        loop {
            let now_us = self.clock.mono_us();
            let wait_us = match self.with(|state| flow.take(state.lane(direction), now_us, bytes)) {
                Fate::Arrives(due_us) => return due_us,
                Fate::Waits(until_us) => Some(until_us - now_us),
                Fate::Held => None,
            };
            tokio::select! {
                _ = changed.changed() => {}
                () = tokio::time::sleep(micros(wait_us.unwrap_or_default())), if wait_us.is_some() => {}
            }
        }
    }

    /// Waits until then.
    pub(super) async fn until(&self, due_us: i64) {
        let wait = micros(due_us - self.clock.mono_us());
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
    }
}

fn micros(us: i64) -> Duration {
    Duration::from_micros(u64::try_from(us).unwrap_or(0))
}
