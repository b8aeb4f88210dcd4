//! What a load came to, as numbers.

use serde::Serialize;

use super::Scene;
use super::histogram::Histogram;
use crate::line::Schedule;

/// Median, nearly all, and the worst.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Spread {
    pub p50: f64,
    pub p95: f64,
    pub p99: f64,
    pub max: f64,
}

impl Spread {
    /// Of microseconds, divided by `by`.
    pub fn of(histogram: &Histogram, by: f64) -> Self {
        let at = |permille| histogram.quantile(permille) as f64 / by;
        Self { p50: at(500), p95: at(950), p99: at(990), max: histogram.max() as f64 / by }
    }
}

/// The server's share, where its process is on this machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct ServerShare {
    /// Processors in use while measuring.
    pub cores: f64,
    /// Processor time per packet that arrived somewhere, µs.
    pub us_per_packet: f64,
    /// Memory before the first join, bytes.
    pub rss_before: u64,
    /// When the measuring began and all had joined, in its middle, and at its end.
    pub rss_began: u64,
    pub rss_middle: u64,
    pub rss: u64,
    /// Open files and sockets when the measuring began, and at its end.
    pub descriptors_began: u64,
    pub descriptors: u64,
}

/// One load.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    pub scene: Scene,
    /// Clients that were admitted and connected.
    pub connected: usize,
    /// Clients that were not, and the first reason.
    pub failed: usize,
    pub reason: Option<String>,
    /// From the wish to join to the first packet, ms: of those who receive.
    pub join_ms: Spread,
    /// The same without the load's own turns, when it had an answer and had not gone on yet: what the server took, its
    /// queues, and the wait for somebody's next packet.
    pub join_server_ms: Spread,
    /// To the first packet of a picture, ms.
    pub picture_ms: Spread,
    /// From the first join to the last first packet, ms.
    pub all_joined_ms: f64,
    /// Packets the sources sent per second.
    pub sent_per_second: f64,
    /// Packets that arrived per second, at all receivers together.
    pub received_per_second: f64,
    pub received: u64,
    pub lost: u64,
    /// Of a thousand.
    pub lost_permille: f64,
    /// Came a second time.
    pub repeated: u64,
    /// Repairs on their own stream.
    pub repairs: u64,
    /// Streams that should have come and did not.
    pub missing_streams: u64,
    /// Packets that were opened and compared, and those that were not what was sent.
    pub compared: u64,
    pub wrong: u64,
    /// From the sender's system call to the receiver's socket, ms.
    pub delay_ms: Spread,
    /// How much later than planned the load sent, ms.
    pub late_ms: Spread,
    /// Datagrams the system did not take from the load.
    pub unsent: u64,
    /// Processors the load itself used.
    pub load_cores: f64,
    pub server: Option<ServerShare>,
    /// Why the figures should not be believed; nothing when they may.
    pub doubts: Vec<Doubt>,
}

/// Why figures should not be believed. The names are stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Doubt {
    /// Clients were refused or did not connect.
    NotConnected,
    /// Streams that should have come did not.
    MissingStreams,
    /// Nothing arrived at all.
    NothingArrived,
    /// More than a thousandth was lost on a line that loses nothing.
    Lost,
    /// Packets were not what was sent.
    Wrong,
    /// The load used more than 85 % of its core: it may be what is being measured.
    LoadBusy,
}

impl Doubt {
    /// Key of its sentence.
    pub fn key(self) -> &'static str {
        match self {
            Self::NotConnected => "cli.load_not_connected",
            Self::MissingStreams => "cli.load_missing_streams",
            Self::NothingArrived => "cli.load_nothing_arrived",
            Self::Lost => "cli.load_lost",
            Self::Wrong => "cli.load_wrong",
            Self::LoadBusy => "cli.load_busy",
        }
    }
}

impl Report {
    /// Finds what is doubtful.
    pub(super) fn judged(mut self) -> Self {
        let line_loses = self.scene.line.as_ref().is_some_and(Schedule::loses);
        self.doubts = [
            (self.failed > 0, Doubt::NotConnected),
            (self.missing_streams > 0, Doubt::MissingStreams),
            (self.received == 0, Doubt::NothingArrived),
            (self.lost_permille > 1.0 && !line_loses, Doubt::Lost),
            (self.wrong > 0, Doubt::Wrong),
            (self.load_cores > 0.85, Doubt::LoadBusy),
        ]
        .into_iter()
        .filter_map(|(is, doubt)| is.then_some(doubt))
        .collect();
        self
    }
}
