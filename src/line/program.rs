//! The relay as a program: commands on standard input, answers on standard output, a line of JSON each.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};
use std::net::{IpAddr, SocketAddr};

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use super::heard::Pause;
use super::lane::Counts;
use super::relay::{Face, Lets, Relay};
use super::shape::{Direction, Schedule};
use crate::clock::SharedClock;
use crate::limits;

/// The line that is wanted.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Where its ports are.
    pub listen: IpAddr,
    /// The server's port of pages.
    pub pages: SocketAddr,
    /// Its ports of datagrams.
    pub datagrams: Vec<SocketAddr>,
    /// What the line does, from the start of the program.
    pub schedule: Schedule,
    /// Decides the fate of every packet.
    pub seed: u64,
}

/// A command. Each is answered by one line, in order.
#[derive(Debug, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
enum Command {
    /// Another line from now on, as text.
    Line { line: String },
    /// Nothing passes any more, in one direction or both.
    Cut { way: Option<Direction> },
    /// It passes again.
    Mend,
    /// The place has another address.
    Rebind,
    /// What a firewall lets through.
    Narrow { lets: Lets },
    /// One more UDP port of the server; known ones have their port already.
    Datagrams { to: SocketAddr },
    /// One more TCP port, which a strict firewall does not let through.
    Streams { to: SocketAddr },
    /// What became of everything.
    Stats,
}

/// What is said.
#[derive(Debug, Serialize)]
#[serde(tag = "tell", rename_all = "snake_case")]
enum Tell {
    /// The line is open: the ports that stand for the server's.
    Ready { pages: SocketAddr, datagrams: Vec<SocketAddr> },
    /// It was done.
    Done,
    /// A port was opened.
    Open { at: SocketAddr },
    /// So far.
    Stats { up: Counts, down: Counts },
    /// It was not: the command is not understood, or the system has no port.
    Wrong { why: String },
    /// Unasked: nothing came from the place for long, or its line was cut.
    Pause {
        #[serde(flatten)]
        pause: Pause,
    },
}

/// Serves one line until `commands` end.
///
/// # Errors
/// A port could not be opened at the start, or nobody reads what is told.
pub async fn serve(
    asked: Asked,
    clock: SharedClock,
    commands: impl BufRead + Send + 'static,
    mut told: impl Write,
) -> io::Result<()> {
    let (pauses, mut pausing) = mpsc::channel(limits::LINE_PAUSES);
    let relay = Relay::open(clock, asked.listen, &asked.schedule, asked.seed, pauses);
    let mut line = Program { relay, faces: BTreeMap::new() };
    let pages = line.relay.streams(asked.pages, true).await?;
    let mut datagrams = Vec::new();
    for server in asked.datagrams {
        datagrams.push(line.face(server).await?);
    }
    say(&mut told, &Tell::Ready { pages, datagrams })?;
    let (lines, mut asks) = mpsc::channel(1);
    std::thread::spawn(move || {
        for command in commands.lines().map_while(Result::ok) {
            if lines.blocking_send(command).is_err() {
                return;
            }
        }
    });
    loop {
        let tell = tokio::select! {
            Some(pause) = pausing.recv() => Tell::Pause { pause },
            command = asks.recv() => match command {
                Some(command) => line.obey(&command).await,
                None => return Ok(()),
            },
        };
        say(&mut told, &tell)?;
    }
}

fn say(told: &mut impl Write, tell: &Tell) -> io::Result<()> {
    serde_json::to_writer(&mut *told, tell)?;
    told.write_all(b"\n")?;
    told.flush()
}

struct Program {
    relay: Relay,
    faces: BTreeMap<SocketAddr, Face>,
}

impl Program {
    async fn face(&mut self, server: SocketAddr) -> io::Result<SocketAddr> {
        if let Some(known) = self.faces.get(&server) {
            return Ok(known.address);
        }
        let face = self.relay.datagrams().await?;
        face.connect(server);
        Ok(self.faces.entry(server).or_insert(face).address)
    }

    async fn obey(&mut self, command: &str) -> Tell {
        self.done(command).await.unwrap_or_else(|why| Tell::Wrong { why })
    }

    async fn done(&mut self, command: &str) -> Result<Tell, String> {
        let open = |opened: io::Result<SocketAddr>| match opened {
            Ok(at) => Ok(Tell::Open { at }),
            Err(error) => Err(error.to_string()),
        };
        match serde_json::from_str(command).map_err(|error| error.to_string())? {
            Command::Line { line } => self.relay.change(&line.parse()?),
            Command::Cut { way: Some(direction) } => self.relay.cut(&[direction]),
            Command::Cut { way: None } => self.relay.cut(&[Direction::Up, Direction::Down]),
            Command::Mend => self.relay.mend(),
            Command::Rebind => self.relay.rebind(),
            Command::Narrow { lets } => self.relay.narrow(lets),
            Command::Datagrams { to } => return open(self.face(to).await),
            Command::Streams { to } => return open(self.relay.streams(to, false).await),
            Command::Stats => {
                let (up, down) = self.relay.counts();
                return Ok(Tell::Stats { up, down });
            }
        }
        Ok(Tell::Done)
    }
}
