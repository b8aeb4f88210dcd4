//! One socket from `hello` to its end: frames in, in order, to the room; what the room says goes out by `writer`.

use std::sync::Arc;

use axum::extract::ws::{Message, WebSocket};
use futures_util::StreamExt as _;
use futures_util::stream::SplitStream;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout, timeout_at};
use tokio_tungstenite::tungstenite;

use super::bucket::{Bucket, Verdict};
use super::writer::Writer;
use super::{closing, codec};
use crate::auth::sign_in::Caller;
use crate::auth::ticket::Claims;
use crate::domain::ids::{ConnectionId, SessionId};
use crate::domain::refusal::Refusal;
use crate::error::AppError;
use crate::http::context::App;
use crate::http::rooms::by_client;
use crate::limits;
use crate::protocol::command::Command;
use crate::protocol::frame::{ClientBody, ClientFrame};
use crate::room::handle::{Attach, Closing, RoomHandle, Wire};

/// Serves one socket to its end.
pub(super) async fn run(app: App, socket: WebSocket, caller: Caller, claims: Claims) {
    let connection = ConnectionId(app.clock.new_id());
    let (sink, stream) = socket.split();
    let (frames, queue) = mpsc::channel(limits::CLIENT_QUEUE);
    let (close, told) = watch::channel(None);
    let place = app.sockets.enter(caller.sign_in, connection, close.clone());
    app.metrics.sockets_opened.add();
    let writer = tokio::spawn(Writer { app: app.clone(), sink, frames: queue, close: told, in_hand: None }.run());
    let bucket = Bucket::new(app.clock.mono_us());
    let wire = Wire { frames, close };
    let mut reader = Reader { app: app.clone(), stream, caller, connection, wire, bucket, malformed: 0 };
    let ending = reader.serve(claims).await;
    let we_end = ending.is_some();
    if let Some(closing) = ending {
        // What the room said first stands.
        reader.wire.close.send_if_modified(|told| told.is_none() && told.replace(closing).is_none());
    }
    let Reader { mut stream, wire, .. } = reader;
    drop(wire);
    // Closing over unread bytes resets the connection, and a reset takes the farewell with it: what still comes is read
    // and dropped until the other side has left.
    let left = timeout(limits::CLOSE_LINGER * 2, async {
        let mut said_goodbye = false;
        while let Some(Ok(message)) = stream.next().await {
            said_goodbye |= matches!(message, Message::Close(_));
        }
        // Behind a frame that could not be read nothing can be: time stands for reading, as far as it can.
        if we_end && !said_goodbye {
            sleep(limits::CLOSE_LINGER).await;
        }
    });
    let (written, left) = tokio::join!(writer, left);
    if left.is_err() {
        tracing::debug!("a socket was closed before the other side said goodbye");
    }
    if written.is_err() {
        tracing::error!("the writer of a socket failed");
    }
    // A stop waits for this: nobody is cut off in the middle of being told.
    drop(place);
    app.metrics.sockets_closed.add();
}

struct Reader {
    app: App,
    stream: SplitStream<WebSocket>,
    caller: Caller,
    connection: ConnectionId,
    wire: Wire,
    bucket: Bucket,
    malformed: u32,
}

/// What came in.
enum Incoming {
    Frame(Box<ClientFrame>),
    /// A sign of life, or a frame that was answered already.
    Nothing,
    /// The other side left, or the connection broke.
    Gone,
    End(Closing),
}

impl Reader {
    /// Why the server ends the socket; `None` when the other side did or the room said so.
    async fn serve(&mut self, claims: Claims) -> Option<Closing> {
        let have = match self.hello(&claims).await {
            Ok(have) => have,
            Err(end) => return end,
        };
        let room = match self.app.registry.open(claims.session).await {
            Ok(room) => room,
            Err(refusal) => return Some(closing::refused(refusal)),
        };
        let actor = self.caller.actor(claims.point, claims.device);
        let attach = Attach { connection: self.connection, actor, have, wire: self.wire.clone() };
        if let Err(refusal) = room.attach(attach).await {
            return Some(closing::refused(refusal));
        }
        let end = self.frames(&room, claims.session).await;
        room.detach(self.connection).await;
        end
    }

    /// The first frame, in time and for the device the ticket names.
    async fn hello(&mut self, claims: &Claims) -> Result<std::collections::BTreeMap<String, String>, Option<Closing>> {
        let until = Instant::now() + limits::HELLO;
        let mut told = self.wire.close.subscribe();
        loop {
            let incoming = tokio::select! {
                incoming = timeout_at(until, self.next()) => incoming.map_err(|_| Some(closing::SILENT))?,
                () = ended(&mut told) => return Err(None),
            };
            let (id, refusal) = match incoming {
                Incoming::Frame(frame) => match frame.body {
                    ClientBody::Hello { device, have } if device == claims.device => return Ok(have),
                    ClientBody::Hello { .. } => (frame.id, Refusal::new("device_differs").field("device")),
                    _ => (frame.id, Refusal::new("hello_first")),
                },
                Incoming::Nothing => continue,
                Incoming::Gone => return Err(None),
                Incoming::End(closing) => return Err(Some(closing)),
            };
            self.answer(id, refusal);
            return Err(Some(closing::FRAME_MALFORMED));
        }
    }

    /// Frames to the room until somebody ends it. A room that is behind makes us wait, and TCP makes the client wait.
    async fn frames(&mut self, room: &RoomHandle, session: SessionId) -> Option<Closing> {
        let mut told = self.wire.close.subscribe();
        let mut check = interval(limits::SIGN_IN_CHECK);
        check.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let from = |heard: Instant| (heard + limits::SOCKET_SILENT, heard + limits::SOCKET_SILENT_IN_MEDIA);
        let (mut silent_at, mut gone_at) = from(Instant::now());
        loop {
            let incoming = tokio::select! {
                incoming = timeout_at(silent_at, self.next()) => match incoming {
                    Ok(incoming) => incoming,
                    // A poor line that is full of media repeats segments for long; whose packets arrive is there.
                    Err(_) if silent_at < gone_at && room.media_arrives(self.connection).await => {
                        silent_at += limits::PING;
                        continue;
                    }
                    Err(_) => return Some(closing::SILENT),
                },
                () = ended(&mut told) => return None,
                _ = check.tick() => match self.may_go_on().await {
                    Ok(()) => continue,
                    Err(closing) => return Some(closing),
                },
            };
            match incoming {
                Incoming::Frame(frame) => {
                    if let Some(end) = self.handle(room, session, *frame).await {
                        return Some(end);
                    }
                }
                Incoming::Nothing => {}
                Incoming::Gone => return None,
                Incoming::End(closing) => return Some(closing),
            }
            (silent_at, gone_at) = from(Instant::now());
        }
    }

    async fn handle(&mut self, room: &RoomHandle, session: SessionId, frame: ClientFrame) -> Option<Closing> {
        let (v, id) = (frame.v, frame.id);
        let body = match frame.body {
            ClientBody::Pong => return None,
            ClientBody::Hello { .. } => {
                self.answer(id, Refusal::new("hello_twice"));
                return None;
            }
            ClientBody::Command { command } => match self.command(session, *command).await {
                Ok(command) => ClientBody::Command { command: Box::new(command) },
                Err(refusal) => {
                    self.answer(id, refusal);
                    return None;
                }
            },
            body => body,
        };
        let sent = room.frame(self.connection, ClientFrame { v, id, body }).await;
        sent.is_err().then_some(closing::SERVER_RESTARTS)
    }

    /// The command as the room may take it from a client.
    async fn command(&self, session: SessionId, command: Command) -> Result<Command, Refusal> {
        by_client(&command)?;
        self.app.registry.complete(session, command).await
    }

    /// The next thing from the wire. Rate and form are checked here, before anything is done with it.
    async fn next(&mut self) -> Incoming {
        let message = match self.stream.next().await {
            None => return Incoming::Gone,
            Some(Err(error)) => return broken(error),
            Some(Ok(message)) => message,
        };
        let text = match message {
            Message::Text(text) => text,
            Message::Ping(_) | Message::Pong(_) => return Incoming::Nothing,
            Message::Close(_) => return Incoming::Gone,
            Message::Binary(_) => return self.unreadable(codec::not_text()),
        };
        self.app.metrics.frames_in.add();
        match self.bucket.take(self.app.clock.mono_us()) {
            Verdict::Pass => match codec::read(&text) {
                Ok(frame) => Incoming::Frame(Box::new(frame)),
                Err(unreadable) => self.unreadable(unreadable),
            },
            Verdict::SlowDown => {
                self.app.metrics.frames_refused.add();
                self.answer(codec::id_of(&text), Refusal::new("slow_down"));
                Incoming::Nothing
            }
            Verdict::Close => Incoming::End(closing::SLOW_DOWN),
        }
    }

    fn unreadable(&mut self, unreadable: codec::Unreadable) -> Incoming {
        self.app.metrics.frames_refused.add();
        self.answer(unreadable.re, unreadable.refusal);
        self.malformed = self.malformed.saturating_add(1);
        if self.malformed > limits::FRAMES_MALFORMED {
            Incoming::End(closing::FRAME_MALFORMED)
        } else {
            Incoming::Nothing
        }
    }

    fn answer(&self, re: crate::domain::ids::CommandId, refusal: Refusal) {
        let Some(text) = codec::write(codec::refused(re, refusal)) else { return };
        if self.wire.frames.try_send(Arc::from(text)).is_err() {
            tracing::debug!("a client that does not read was refused a frame");
        }
    }

    /// Whether the sign-in still stands, with the same roles and device. A store that is away for a moment ends nothing.
    async fn may_go_on(&self) -> Result<(), Closing> {
        match self.app.sign_ins.caller_of(self.caller.sign_in).await {
            Ok(now) if now.roles == self.caller.roles && now.kiosk == self.caller.kiosk => Ok(()),
            Ok(_) => Err(closing::RIGHTS_CHANGED),
            Err(AppError::SignInNeeded) => Err(closing::SIGNED_OUT),
            Err(_) => Ok(()),
        }
    }
}

/// Somebody else has said why this socket ends.
async fn ended(told: &mut watch::Receiver<Option<Closing>>) {
    // Our own sender lives as long as this receiver: an error cannot mean anything but the end.
    drop(told.wait_for(Option::is_some).await);
}

/// An error of the wire: some the client can be told, most it cannot.
fn broken(error: axum::Error) -> Incoming {
    match error.into_inner().downcast::<tungstenite::Error>().map(|error| *error) {
        Ok(tungstenite::Error::Capacity(_)) => Incoming::End(closing::FRAME_TOO_LARGE),
        Ok(tungstenite::Error::Utf8(_)) => Incoming::End(closing::NOT_TEXT),
        _ => Incoming::Gone,
    }
}
