//! What the rest of the server holds of a room: a way to ask, and a wire to be told on.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot, watch};

use super::decide::Filing;
use super::state::State;
use crate::domain::actor::Actor;
use crate::domain::ids::{CommandId, ConnectionId, VisitId};
use crate::domain::refusal::Refusal;
use crate::media::engine::{Answer, Client, EngineEvent, JoinRefusal};
use crate::protocol::command::Command;
use crate::protocol::frame::ClientFrame;

/// The way out to one client.
#[derive(Clone, Debug)]
pub struct Wire {
    /// Serialized frames, `limits::CLIENT_QUEUE` of them. The room never waits for it.
    pub frames: mpsc::Sender<Arc<str>>,
    /// Set once: the socket says so and closes.
    pub close: watch::Sender<Option<Closing>>,
}

/// Why a socket is closed by the server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Closing {
    /// Code of the close frame.
    pub code: u16,
    /// Key `close.<reason>` of the text catalogue.
    pub reason: &'static str,
    /// When to come back; 0 is never.
    pub retry_ms: u64,
}

/// A socket that has said `hello`.
#[derive(Debug)]
pub struct Attach {
    pub connection: ConnectionId,
    pub actor: Actor,
    /// Sections the client still has, with their hashes.
    pub have: BTreeMap<String, String>,
    pub wire: Wire,
}

/// A committed state with the hash that proves it.
#[derive(Clone, Debug)]
pub struct Look {
    pub state: State,
    /// Hash of the event `state.seq`.
    pub head_hash: String,
}

/// Where an answer goes.
#[derive(Debug)]
pub(super) enum Reply {
    Wire(ConnectionId),
    Rest(oneshot::Sender<Result<i64, Refusal>>),
}

/// What reaches a room's task.
#[derive(Debug)]
pub(super) enum Message {
    Attach(Box<Attach>, oneshot::Sender<Result<(), Refusal>>),
    Detach(ConnectionId),
    Frame(ConnectionId, Box<ClientFrame>),
    Command {
        actor: Box<Actor>,
        id: CommandId,
        command: Box<Command>,
        reply: Reply,
    },
    /// The office's tables were read for the end of a visit; the guard is the register's lock.
    Filing(Box<FilingRead>),
    Joined {
        connection: ConnectionId,
        re: CommandId,
        result: Result<Answer, JoinRefusal>,
    },
    /// The only offer of a machine without a socket.
    Foreign(ConnectionId, Box<ForeignOffer>),
    ForeignJoined {
        connection: ConnectionId,
        result: Result<Answer, JoinRefusal>,
        reply: oneshot::Sender<Result<Answer, JoinRefusal>>,
    },
    Engine(EngineEvent),
    Recorder(crate::media::record::RecorderEvent),
    /// A unit was looked up for a command that names it.
    UnitRead(Box<super::flight::Pending>, Result<(), Refusal>),
    /// Why the recorder could not write just now; `None` when it could.
    RecorderChecked(Option<&'static str>),
    /// Whether the log still belongs to this room.
    LeaseChecked {
        ours: bool,
    },
    /// Whether packets of its media connection arrive.
    MediaArrives(ConnectionId, oneshot::Sender<bool>),
    /// A look at the committed state, for pages and papers.
    Look(oneshot::Sender<Look>),
    Stop(oneshot::Sender<()>),
}

/// What an encoder or a wall display offers, and who waits for the answer.
#[derive(Debug)]
pub(super) struct ForeignOffer {
    pub(super) client: Client,
    pub(super) sdp: String,
    pub(super) reply: oneshot::Sender<Result<Answer, JoinRefusal>>,
}

/// A command that waited for the register.
#[derive(Debug)]
pub(super) struct FilingRead {
    pub(super) actor: Actor,
    pub(super) id: CommandId,
    pub(super) visit: VisitId,
    pub(super) reply: Reply,
    pub(super) filing: Result<Filing, Refusal>,
    pub(super) lock: tokio::sync::OwnedMutexGuard<()>,
}

/// A room as others hold it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct RoomHandle {
    pub(super) inbox: mpsc::Sender<Message>,
}

const GONE: Refusal = Refusal::new("room_restarting");

impl RoomHandle {
    /// A socket joins; the room sends welcome and snapshots by itself.
    pub async fn attach(&self, attach: Attach) -> Result<(), Refusal> {
        let (reply, answer) = oneshot::channel();
        self.inbox.send(Message::Attach(Box::new(attach), reply)).await.map_err(|_| GONE)?;
        answer.await.map_err(|_| GONE)?
    }

    /// A frame of an attached socket. Waits while the room is behind: that is the back-pressure.
    pub async fn frame(&self, connection: ConnectionId, frame: ClientFrame) -> Result<(), Refusal> {
        self.inbox.send(Message::Frame(connection, Box::new(frame))).await.map_err(|_| GONE)
    }

    /// The only offer of an attached machine that has no socket: an encoder or a wall display.
    pub async fn join(&self, connection: ConnectionId, client: Client, sdp: String) -> Result<Answer, JoinRefusal> {
        let (reply, answer) = oneshot::channel();
        let offer = Box::new(ForeignOffer { client, sdp, reply });
        self.inbox.send(Message::Foreign(connection, offer)).await.map_err(|_| JoinRefusal::Unavailable)?;
        answer.await.map_err(|_| JoinRefusal::Unavailable)?
    }

    /// Whether packets of this connection's media arrive; false where it has none.
    pub async fn media_arrives(&self, connection: ConnectionId) -> bool {
        let (reply, answer) = oneshot::channel();
        self.inbox.send(Message::MediaArrives(connection, reply)).await.is_ok() && answer.await.unwrap_or(false)
    }

    /// The socket is gone.
    pub async fn detach(&self, connection: ConnectionId) {
        if self.inbox.send(Message::Detach(connection)).await.is_err() {
            tracing::debug!("a room ended before its socket");
        }
    }

    /// A command from an office page: answered when it is committed.
    pub async fn command(&self, actor: Actor, id: CommandId, command: Command) -> Result<i64, Refusal> {
        let (reply, answer) = oneshot::channel();
        let (actor, command) = (Box::new(actor), Box::new(command));
        let message = Message::Command { actor, id, command, reply: Reply::Rest(reply) };
        self.inbox.send(message).await.map_err(|_| GONE)?;
        answer.await.map_err(|_| GONE)?
    }

    /// The committed state as it is now.
    pub async fn look(&self) -> Result<Look, Refusal> {
        let (reply, answer) = oneshot::channel();
        self.inbox.send(Message::Look(reply)).await.map_err(|_| GONE)?;
        answer.await.map_err(|_| GONE)
    }

    /// An orderly stop: what is decided is committed, wires are told when to come back.
    pub(super) async fn stop(&self) {
        let (reply, answer) = oneshot::channel();
        if self.inbox.send(Message::Stop(reply)).await.is_ok() && answer.await.is_err() {
            tracing::warn!("a room ended without saying so");
        }
    }
}
