//! The thread that plays all clients: sockets, timers, and the counting.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap};
use std::io::{ErrorKind, IoSliceMut};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender};
use mio::net::UdpSocket;
use mio::{Events, Interest, Poll, Token, Waker};
use quinn_udp::{BATCH_SIZE, RecvMeta, Transmit, UdpSockRef, UdpSocketState};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::sync::oneshot;

use super::client::{Client, Now, Times};
use super::dtls::Identity;
use super::histogram::Histogram;
use super::tally::Sum;
use crate::clock::SharedClock;
use crate::limits;
use crate::line::{Direction, Lane, Schedule};

/// Room for one receive call: the kernel may join up to 64 KiB of datagrams into one buffer.
const BUFFER: usize = 64 * 1024;
const WAKER: Token = Token(usize::MAX);
const LONGEST_SLEEP: Duration = Duration::from_millis(100);

/// A client's number within the load.
pub(super) type ClientId = usize;

/// What the thread is told.
enum Order {
    Add(ClientId, Box<Client>),
    Leave(ClientId),
    Play(bool),
    BeginWindow,
    Look(oneshot::Sender<Look>),
    End,
}

/// How one client is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Standing {
    pub(super) times: Times,
    pub(super) over: bool,
    /// Streams that have begun to arrive.
    pub(super) streams: usize,
}

/// How everything is.
#[derive(Clone, Debug, Default)]
pub(super) struct Look {
    pub(super) clients: BTreeMap<ClientId, Standing>,
    pub(super) sum: Sum,
    /// Packets sent since the window began.
    pub(super) sent: u64,
    pub(super) repairs: u64,
    /// How much later than planned frames left, µs.
    pub(super) late: Histogram,
    /// Datagrams the system would not take.
    pub(super) unsent: u64,
}

/// The thread, from outside.
pub(super) struct Field {
    orders: Sender<Order>,
    waker: Arc<Waker>,
    pub(super) identity: Arc<Identity>,
}

impl Field {
    /// `line`: what every client's datagrams go through. `seed`: its fate.
    pub(super) fn start(clock: SharedClock, line: Option<Schedule>, seed: u64) -> Result<Self, String> {
        let identity = Arc::new(Identity::generate()?);
        let poll = Poll::new().map_err(|error| error.to_string())?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKER).map_err(|error| error.to_string())?);
        let (orders, taken) = crossbeam_channel::unbounded();
        let wall_us = clock.now().as_microsecond() - clock.mono_us();
        let ground = Ground {
            clock,
            wall_us,
            identity: identity.clone(),
            poll,
            players: HashMap::new(),
            timers: BinaryHeap::new(),
            line: line.filter(|line| !line.is_whole()),
            seed,
            post: BinaryHeap::new(),
            posted: 0,
            gone: Sum::default(),
            gone_sent: 0,
            sent_before: 0,
            delay: Histogram::default(),
            late: Histogram::default(),
            unsent: 0,
            storage: vec![0; BUFFER * BATCH_SIZE],
        };
        std::thread::Builder::new()
            .name("load".to_owned())
            .spawn(move || ground.run(&taken))
            .map_err(|error| error.to_string())?;
        Ok(Self { orders, waker, identity })
    }

    pub(super) fn add(&self, id: ClientId, client: Client) {
        self.order(Order::Add(id, Box::new(client)));
    }

    /// Says good-bye and forgets the client; what it counted stays.
    pub(super) fn leave(&self, id: ClientId) {
        self.order(Order::Leave(id));
    }

    /// All sources send, or all are silent.
    pub(super) fn play(&self, on: bool) {
        self.order(Order::Play(on));
    }

    /// Counting begins anew.
    pub(super) fn begin_window(&self) {
        self.order(Order::BeginWindow);
    }

    /// How everything is; nothing when the thread has ended.
    pub(super) async fn look(&self) -> Look {
        let (reply, wait) = oneshot::channel();
        self.order(Order::Look(reply));
        wait.await.unwrap_or_default()
    }

    fn order(&self, order: Order) {
        if self.orders.send(order).is_err() || self.waker.wake().is_err() {
            tracing::debug!("the load has ended");
        }
    }
}

impl Drop for Field {
    fn drop(&mut self) {
        self.order(Order::End);
    }
}

/// A client with its socket.
struct Player {
    client: Box<Client>,
    io: UdpSocket,
    state: UdpSocketState,
    lanes: Option<(Lane, Lane)>,
    due_us: i64,
}

/// A datagram on a poor line, in order of its arrival.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Posted {
    due_us: i64,
    serial: u64,
    player: ClientId,
    up: bool,
    other: SocketAddr,
    bytes: Vec<u8>,
}

struct Ground {
    clock: SharedClock,
    /// Wall time at `mono_us` 0, to read the system's own stamps of arrival.
    wall_us: i64,
    identity: Arc<Identity>,
    poll: Poll,
    players: HashMap<ClientId, Player>,
    timers: BinaryHeap<Reverse<(i64, ClientId)>>,
    line: Option<Schedule>,
    seed: u64,
    post: BinaryHeap<Reverse<Posted>>,
    posted: u64,
    gone: Sum,
    gone_sent: u64,
    sent_before: u64,
    delay: Histogram,
    late: Histogram,
    unsent: u64,
    storage: Vec<u8>,
}

impl Ground {
    fn run(mut self, orders: &Receiver<Order>) {
        let mut events = Events::with_capacity(1_024);
        loop {
            let sleep = self.sleep();
            if let Err(error) = self.poll.poll(&mut events, Some(sleep))
                && error.kind() != ErrorKind::Interrupted
            {
                tracing::error!(%error, "the load cannot wait for its sockets");
                return;
            }
            while let Ok(order) = orders.try_recv() {
                if !self.obey(order) {
                    return;
                }
            }
            for event in &events {
                if event.token() != WAKER {
                    self.receive(event.token().0);
                }
            }
            self.deliver();
            self.run_timers();
        }
    }

    fn now(&self) -> Now {
        let us = self.clock.mono_us();
        Now { us, instant: self.clock.instant(), wall_us: self.wall_us + us }
    }

    fn sleep(&self) -> Duration {
        let timer_us = self.timers.peek().map_or(i64::MAX, |Reverse((due_us, _))| *due_us);
        let post_us = self.post.peek().map_or(i64::MAX, |Reverse(posted)| posted.due_us);
        let wait_us = timer_us.min(post_us).saturating_sub(self.clock.mono_us());
        Duration::from_micros(u64::try_from(wait_us).unwrap_or(0)).min(LONGEST_SLEEP)
    }

    /// `false`: the end.
    fn obey(&mut self, order: Order) -> bool {
        match order {
            Order::Add(id, client) => self.add(id, client),
            Order::Leave(id) => {
                let now = self.now();
                if let Some(player) = self.players.get_mut(&id) {
                    player.client.close(now);
                    self.flush(id);
                }
                if let Some(player) = self.players.remove(&id) {
                    player.client.streams.iter().for_each(|stream| self.gone.add(stream, None));
                    self.gone_sent += sent(&player);
                }
            }
            Order::Play(on) => {
                let now = self.now();
                let ids: Vec<ClientId> = self.players.keys().copied().collect();
                for id in ids {
                    if let Some(player) = self.players.get_mut(&id) {
                        player.client.play(now.us, on);
                    }
                    self.plan(id);
                }
            }
            Order::BeginWindow => {
                self.gone = Sum::default();
                self.delay = Histogram::default();
                self.late = Histogram::default();
                self.sent_before = self.sent();
                for player in self.players.values_mut() {
                    player.client.streams.iter_mut().for_each(super::tally::Stream::begin_window);
                }
            }
            Order::Look(reply) => {
                if reply.send(self.look()).is_err() {
                    tracing::debug!("nobody waits for the look any more");
                }
            }
            Order::End => return false,
        }
        true
    }

    fn add(&mut self, id: ClientId, client: Box<Client>) {
        let remote_is_v4 = client.candidate().is_none_or(|address| address.is_ipv4());
        let opened = open(remote_is_v4).and_then(|(mut io, state)| {
            self.poll.registry().register(&mut io, Token(id), Interest::READABLE)?;
            Ok((io, state))
        });
        let (io, state) = match opened {
            Ok(opened) => opened,
            Err(error) => {
                tracing::error!(%error, "a load client has no socket");
                return;
            }
        };
        let lanes = self.line.as_ref().map(|line| {
            let seed = self.seed ^ (id as u64) << 32;
            let along = |direction, seed| Lane::along(line, direction, seed, self.clock.mono_us());
            (along(Direction::Up, seed), along(Direction::Down, !seed))
        });
        self.players.insert(id, Player { client, io, state, lanes, due_us: i64::MAX });
        self.plan(id);
    }

    fn sent(&self) -> u64 {
        self.gone_sent + self.players.values().map(sent).sum::<u64>()
    }

    fn look(&self) -> Look {
        let mut sum = self.gone.clone();
        let sources: HashMap<u32, u64> = self
            .players
            .values()
            .flat_map(|player| player.client.sources.iter().map(|source| (source.place, source.number)))
            .collect();
        let mut clients = BTreeMap::new();
        let mut repairs = 0;
        for (id, player) in &self.players {
            let Client { times, over, streams, repairs: more, .. } = player.client.as_ref();
            for stream in streams {
                sum.add(stream, stream.source.and_then(|source| sources.get(&source)).copied());
            }
            repairs += more;
            clients.insert(*id, Standing { times: *times, over: *over, streams: streams.len() });
        }
        sum.delay = self.delay.clone();
        let sent = self.sent() - self.sent_before;
        Look { clients, sum, sent, repairs, late: self.late.clone(), unsent: self.unsent }
    }

    fn receive(&mut self, id: ClientId) {
        loop {
            let Some(player) = self.players.get_mut(&id) else { return };
            let mut metas = [RecvMeta::default(); BATCH_SIZE];
            let mut chunks = self.storage.chunks_exact_mut(BUFFER);
            let mut slices: [IoSliceMut<'_>; BATCH_SIZE] =
                std::array::from_fn(|_| IoSliceMut::new(chunks.next().unwrap_or_default()));
            let count = match player.state.recv(UdpSockRef::from(&player.io), &mut slices, &mut metas) {
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(_) => 0,
            };
            let us = self.clock.mono_us();
            let now = Now { us, instant: self.clock.instant(), wall_us: self.wall_us + us };
            for (buffer, meta) in self.storage.chunks_exact_mut(BUFFER).zip(&metas).take(count) {
                // The system's own stamp: how long this thread took to look is not the server's delay.
                let arrived_us =
                    meta.timestamp.map_or(us, |stamp| (stamp.as_micros() as i64 - self.wall_us).clamp(0, us));
                for datagram in buffer.get_mut(..meta.len).unwrap_or_default().chunks_mut(meta.stride.max(1)) {
                    let Some((_, down)) = &mut player.lanes else {
                        player.client.datagram(now, arrived_us, meta.addr, datagram, &self.identity, &mut self.delay);
                        continue;
                    };
                    for due_us in down.pass(us, datagram.len()).into_iter().flatten() {
                        self.posted += 1;
                        let (serial, bytes) = (self.posted, datagram.to_vec());
                        self.post.push(Reverse(Posted {
                            due_us,
                            serial,
                            player: id,
                            up: false,
                            other: meta.addr,
                            bytes,
                        }));
                    }
                }
            }
            self.flush(id);
            self.plan(id);
            // Edge-triggered: a call that was not filled has seen the end.
            if count < BATCH_SIZE {
                return;
            }
        }
    }

    /// What has come to the end of its poor line.
    fn deliver(&mut self) {
        let now = self.now();
        while self.post.peek().is_some_and(|Reverse(posted)| posted.due_us <= now.us) {
            let Some(Reverse(mut posted)) = self.post.pop() else { return };
            let Some(player) = self.players.get_mut(&posted.player) else { continue };
            if posted.up {
                self.unsent += u64::from(!send(player, &posted.bytes, None, posted.other));
                continue;
            }
            let (from, delay) = (posted.other, &mut self.delay);
            player.client.datagram(now, posted.due_us, from, &mut posted.bytes, &self.identity, delay);
            self.flush(posted.player);
            self.plan(posted.player);
        }
    }

    fn run_timers(&mut self) {
        while let Some(Reverse((due_us, id))) = self.timers.peek().copied() {
            // The time is taken anew for each: it is written into what is sent.
            let now = self.now();
            if due_us > now.us {
                return;
            }
            self.timers.pop();
            let Some(player) = self.players.get_mut(&id).filter(|player| player.due_us == due_us) else { continue };
            player.due_us = i64::MAX;
            player.client.tick(now, &self.identity, &mut self.late);
            self.flush(id);
            self.plan(id);
        }
    }

    /// Remembers when a client wants its turn.
    fn plan(&mut self, id: ClientId) {
        let now = self.now();
        let Some(player) = self.players.get_mut(&id) else { return };
        let due_us = player.client.due_us(now);
        if due_us < player.due_us {
            player.due_us = due_us;
            self.timers.push(Reverse((due_us, id)));
        }
    }

    fn flush(&mut self, id: ClientId) {
        let Some(player) = self.players.get_mut(&id) else { return };
        let us = self.clock.mono_us();
        let mut post = |lane: &mut Lane, bytes: &[u8], other: SocketAddr| {
            for due_us in lane.pass(us, bytes.len()).into_iter().flatten() {
                self.posted += 1;
                let (serial, bytes) = (self.posted, bytes.to_vec());
                self.post.push(Reverse(Posted { due_us, serial, player: id, up: true, other, bytes }));
            }
        };
        let mut unsent = 0;
        for (datagram, to) in std::mem::take(&mut player.client.single) {
            if let Some((up, _)) = &mut player.lanes {
                post(up, &datagram, to);
            } else {
                unsent += u64::from(!send(player, &datagram, None, to));
            }
        }
        let path = player.client.path();
        let mut outbox = std::mem::take(&mut player.client.outbox);
        outbox.flush(player.state.max_gso_segments(), |run, segment| {
            let Some(to) = path else { return };
            if let Some((up, _)) = &mut player.lanes {
                run.chunks(segment).for_each(|datagram| post(up, datagram, to));
            } else if !send(player, run, Some(segment), to) {
                unsent += run.len().div_ceil(segment) as u64;
            }
        });
        player.client.outbox = outbox;
        player.client.flushed(|| self.clock.mono_us());
        self.unsent += unsent;
    }
}

fn sent(player: &Player) -> u64 {
    player.client.sources.iter().map(|source| source.number).sum()
}

fn send(player: &Player, contents: &[u8], segment_size: Option<usize>, to: SocketAddr) -> bool {
    let transmit = Transmit { destination: to, ecn: None, contents, segment_size, src_ip: None };
    player.state.try_send(UdpSockRef::from(&player.io), &transmit).is_ok()
}

/// A socket of its own for each client, as each has its own machine.
fn open(v4: bool) -> std::io::Result<(UdpSocket, UdpSocketState)> {
    let any = if v4 { IpAddr::from([0, 0, 0, 0]) } else { IpAddr::from([0; 16]) };
    let any = SocketAddr::new(any, 0);
    let socket = Socket::new(Domain::for_address(any), Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_recv_buffer_size(limits::MEDIA_SOCKET_BYTES)?;
    socket.set_nonblocking(true)?;
    socket.bind(&any.into())?;
    let io = UdpSocket::from_std(socket.into());
    let state = UdpSocketState::new(UdpSockRef::from(&io))?;
    Ok((io, state))
}
