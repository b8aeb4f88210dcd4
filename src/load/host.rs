//! A bare media engine in a process of its own, told what to do on standard input and answering on standard output, a
//! line of JSON each. For measuring the engine alone: `bare` is the other side.

use std::collections::BTreeMap;
use std::io::{BufRead, Write};
use std::net::SocketAddr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use crate::clock::SharedClock;
use crate::domain::ids::{ConnectionId, SessionId};
use crate::limits;
use crate::media::engine::{Engine, EngineEvent, Join, NoRecorder};
use crate::media::plan::{Layer, Plan, SlotFeed, SourceId, SourceKind};
use crate::media::{MediaConfig, MediaEngine, MediaStartError};

/// What is asked.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub(super) enum Ask {
    /// A connection for a room.
    Join { client: usize, room: usize, sends: bool, receives: bool, offer: String },
    /// Its end.
    Leave { client: usize },
}

/// What is answered, in any order.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "tell", rename_all = "snake_case")]
pub(super) enum Tell {
    /// The engine serves.
    Ready { address: SocketAddr },
    /// The answer to a join.
    Answer { client: usize, sdp: String },
    /// No.
    Refused { client: usize, code: String },
}

/// Why the engine is not served.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    #[error(transparent)]
    Start(#[from] MediaStartError),
    #[error("standard output: {0}")]
    Output(#[from] std::io::Error),
}

/// One room as the host arranges it: everybody gets everybody who sends.
#[derive(Default)]
struct Arranged {
    /// Sender and receiver?
    members: BTreeMap<ConnectionId, (bool, bool)>,
}

impl Arranged {
    fn plan(&self) -> Plan {
        let mut plan = Plan::default();
        // Gathered once: this is done for each join of a storm, on the processor that is measured.
        let senders = self.members.iter().filter(|(_, (sends, _))| *sends);
        let sending: Vec<ConnectionId> = senders.map(|(connection, _)| *connection).collect();
        plan.open_microphones = sending.iter().copied().collect();
        for (connection, (_, receives)) in &self.members {
            let others = sending.iter().filter(|other| *other != connection && *receives);
            let feeds = others.map(|other| SlotFeed {
                audio: Some(SourceId { connection: *other, kind: SourceKind::Microphone }),
                video: Some((SourceId { connection: *other, kind: SourceKind::Camera }, Layer::Full)),
            });
            plan.slots.insert(*connection, feeds.collect());
        }
        plan
    }
}

/// Serves until `asked` ends.
///
/// # Errors
/// See [`HostError`].
pub async fn serve(
    config: &MediaConfig,
    clock: SharedClock,
    asked: impl BufRead + Send + 'static,
    mut told: impl Write,
) -> Result<(), HostError> {
    let (events, mut heard) = mpsc::channel::<EngineEvent>(limits::MEDIA_CONNECTIONS);
    // Nobody asks about presence and levels here; they are taken so that the channel does not fill.
    tokio::spawn(async move { while heard.recv().await.is_some() {} });
    let engine = MediaEngine::start(config, clock, events, Arc::new(NoRecorder))?;
    let (lines, mut asks) = mpsc::channel(limits::MEDIA_JOINS);
    std::thread::spawn(move || {
        for ask in asked.lines().map_while(Result::ok).filter_map(|line| serde_json::from_str::<Ask>(&line).ok()) {
            if lines.blocking_send(ask).is_err() {
                return;
            }
        }
    });
    let (answers, mut answered) = mpsc::channel(limits::MEDIA_JOINS);
    say(&mut told, &Tell::Ready { address: engine.local_addr() })?;
    let mut rooms: BTreeMap<usize, Arranged> = BTreeMap::new();
    let mut places: BTreeMap<usize, (usize, ConnectionId)> = BTreeMap::new();
    loop {
        let ask = tokio::select! {
            ask = asks.recv() => ask,
            Some(tell) = answered.recv() => {
                say(&mut told, &tell)?;
                continue;
            }
        };
        match ask {
            None => return Ok(()),
            Some(Ask::Leave { client }) => {
                if let Some((room, connection)) = places.remove(&client) {
                    let arranged = rooms.entry(room).or_default();
                    arranged.members.remove(&connection);
                    engine.leave(session(room), connection);
                    engine.set_plan(session(room), arranged.plan());
                }
            }
            Some(Ask::Join { client, room, sends, receives, offer }) => {
                let connection = ConnectionId(uuid::Uuid::from_u128(client as u128 + 1));
                let arranged = rooms.entry(room).or_default();
                arranged.members.insert(connection, (sends, receives));
                places.insert(client, (room, connection));
                engine.set_plan(session(room), arranged.plan());
                let joining = engine.join(Join { room: session(room), connection, offer, again: false });
                let answers = answers.clone();
                tokio::spawn(async move {
                    let tell = match joining.await {
                        Ok(answer) => Tell::Answer { client, sdp: answer.sdp },
                        Err(refusal) => Tell::Refused { client, code: refusal.code().to_owned() },
                    };
                    if answers.send(tell).await.is_err() {
                        tracing::debug!("nobody waits for an answer any more");
                    }
                });
            }
        }
    }
}

fn session(room: usize) -> SessionId {
    SessionId(uuid::Uuid::from_u128(room as u128 + 1))
}

fn say(told: &mut impl Write, tell: &Tell) -> Result<(), HostError> {
    serde_json::to_writer(&mut *told, tell).map_err(std::io::Error::from)?;
    told.write_all(b"\n")?;
    told.flush()?;
    Ok(())
}
