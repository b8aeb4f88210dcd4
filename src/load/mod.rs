//! Load on a media server, and what became of it: clients with real ICE, DTLS and SRTP that publish what looks like
//! cameras and microphones, and receivers that count every packet and compare a share of them with what was sent.
//!
//! `field` is one thread that plays all clients; `run` brings them in through a `door`, waits, measures and reports.
//! Doors lead to an `installation` as its people reach it, and to a `bare` media engine in a process of its own (`host`).
//! Pure: `material` is what is sent, `tally` counts what comes, `histogram` `sdp`. A `client` is
//! bytes and time in, bytes out; `ice` `dtls` its way there, `source` what it publishes.

mod bare;
mod client;
mod door;
mod dtls;
mod field;
mod histogram;
mod host;
mod ice;
mod installation;
mod material;
mod process;
mod report;
mod run;
mod sdp;
mod source;
mod tally;

use serde::Serialize;

use crate::line::Schedule;

pub use bare::Bare;
pub use door::{Admitted, Door, DoorError, DoorFuture, Wish};
pub use histogram::Histogram;
pub use host::{HostError, serve};
pub use installation::Installation;
pub use process::{Usage, usage};
pub use report::{Doubt, Report, ServerShare, Spread};
pub use run::{LoadError, play};
pub use sdp::{Local, Remote};

/// What one publisher sends.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Profile {
    /// Pictures (VP8, one layer).
    pub frames_per_second: u32,
    /// Packets of each picture.
    pub packets_per_frame: u32,
    /// RTP payload of each of them, bytes.
    pub packet_bytes: usize,
    /// Packets of sound (Opus).
    pub sound_per_second: u32,
    /// RTP payload of each of them, bytes.
    pub sound_bytes: usize,
}

impl Default for Profile {
    fn default() -> Self {
        Self {
            frames_per_second: 30,
            packets_per_frame: 4,
            packet_bytes: 1_100,
            sound_per_second: 50,
            sound_bytes: 120,
        }
    }
}

impl Profile {
    /// Packets of one publisher in a second.
    pub fn packets_per_second(&self) -> u32 {
        self.frames_per_second * self.packets_per_frame + self.sound_per_second
    }
}

/// The whole load.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Scene {
    /// Rooms, all alike.
    pub rooms: usize,
    /// Points per room that send and receive nothing.
    pub publishers: usize,
    /// Points per room that receive all that send.
    pub subscribers: usize,
    /// Points per room that send, and receive all others.
    pub talkers: usize,
    /// What each sends.
    pub profile: Profile,
    /// Clients that are not there by then, after the last was admitted, are not waited for, ms.
    pub patience_ms: u64,
    /// Between the last join and the measuring, ms.
    pub warm_up_ms: u64,
    /// How long is measured, ms.
    pub window_ms: u64,
    /// Joins that may be under way at once.
    pub joins_at_once: usize,
    /// Receivers per minute that leave and come back as others.
    pub churn_per_minute: u32,
    /// Sequence number of the first packets; a wrap is met at 65,535.
    pub first_sequence: u16,
    /// RTP time stamp of the first packets; a wrap is met at 2^32 - 1.
    pub first_timestamp: u32,
    /// Fate of datagrams on a poor line, and who leaves.
    pub seed: u64,
    /// Every client's line, from its join on.
    #[serde(serialize_with = "name_of")]
    pub line: Option<Schedule>,
}

fn name_of<S: serde::Serializer>(line: &Option<Schedule>, out: S) -> Result<S::Ok, S::Error> {
    line.as_ref().map(|line| &line.name).serialize(out)
}

impl Default for Scene {
    fn default() -> Self {
        Self {
            rooms: 1,
            publishers: 4,
            subscribers: 12,
            talkers: 0,
            profile: Profile::default(),
            patience_ms: 20_000,
            warm_up_ms: 2_000,
            window_ms: 10_000,
            joins_at_once: 8,
            churn_per_minute: 0,
            first_sequence: 1_000,
            first_timestamp: 1_000,
            seed: 1,
            line: None,
        }
    }
}

impl Scene {
    /// Packets a server has to pass on in a second.
    pub fn forwarded_per_second(&self) -> u64 {
        let per_room = self.publishers * self.subscribers
            + self.talkers * (self.publishers + self.subscribers + self.talkers.saturating_sub(1));
        self.rooms as u64 * per_room as u64 * u64::from(self.profile.packets_per_second())
    }
}
