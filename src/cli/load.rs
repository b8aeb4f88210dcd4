//! `load`: how much this machine or an installation carries.

use std::io::{BufReader, Write as _};
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use tokio::process::Command;

use super::{Desk, Outcome};
use crate::config::Log;
use crate::line::Schedule;
use crate::load::{self, Bare, Door, Installation, Profile, Report, Scene};
use crate::media::{Admission, MediaConfig};
use crate::telemetry;

#[derive(Args, Debug)]
pub(crate) struct Load {
    /// One line of JSON instead of sentences.
    #[arg(long)]
    json: bool,
    /// File of sign-in links: each is one point of a session that is open, at an installation. Without it a bare media
    /// engine is measured, in a process of its own.
    #[arg(long)]
    links: Option<PathBuf>,
    /// Where that installation listens without encryption; needed for links by https.
    #[arg(long, requires = "links")]
    address: Option<SocketAddr>,
    /// Where the bare engine listens.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Keep the bare engine on this processor (by `taskset`).
    #[arg(long)]
    engine_core: Option<u32>,
    /// Workers of the bare engine.
    #[arg(long, default_value_t = NonZeroUsize::MIN)]
    engine_workers: NonZeroUsize,
    /// Spread every room of the bare engine over all its workers.
    #[arg(long)]
    engine_spread: bool,
    /// Rooms, all alike.
    #[arg(long, default_value_t = 1)]
    rooms: usize,
    /// Points per room that only send.
    #[arg(long, default_value_t = 4)]
    publishers: usize,
    /// Points per room that only receive, everything.
    #[arg(long, default_value_t = 12)]
    subscribers: usize,
    /// Points per room that send, and receive all others.
    #[arg(long, default_value_t = 0)]
    talkers: usize,
    /// Pictures per second.
    #[arg(long, default_value_t = Profile::default().frames_per_second)]
    fps: u32,
    /// Packets of one picture.
    #[arg(long, default_value_t = Profile::default().packets_per_frame)]
    packets_per_frame: u32,
    /// Bytes of such a packet.
    #[arg(long, default_value_t = Profile::default().packet_bytes)]
    packet_bytes: usize,
    /// Seconds that are measured.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Seconds before that.
    #[arg(long, default_value_t = 2)]
    warm_up: u64,
    /// Joins that may be under way at once.
    #[arg(long, default_value_t = 8)]
    joins_at_once: usize,
    /// Receivers per minute that leave and come back.
    #[arg(long, default_value_t = 0)]
    churn: u32,
    /// Every client's line, as `diemcau line` takes it: mountain-3g, "256/128 kbit/s, 3 % loss".
    #[arg(long)]
    line: Option<Schedule>,
    /// Sequence number of first packets; it wraps at 65535.
    #[arg(long, default_value_t = 1_000)]
    first_sequence: u16,
    /// Time stamp of first packets; it wraps at 4294967295.
    #[arg(long, default_value_t = 1_000)]
    first_timestamp: u32,
    /// Decides what a poor line does and who leaves.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// What the log tells on standard error.
    #[arg(long, default_value = "warn,rtc_dtls=error")]
    log: String,
}

impl Load {
    fn scene(&self) -> Scene {
        let profile = Profile {
            frames_per_second: self.fps,
            packets_per_frame: self.packets_per_frame,
            packet_bytes: self.packet_bytes,
            ..Profile::default()
        };
        Scene {
            rooms: self.rooms,
            publishers: self.publishers,
            subscribers: self.subscribers,
            talkers: self.talkers,
            profile,
            warm_up_ms: self.warm_up.saturating_mul(1_000),
            window_ms: self.seconds.saturating_mul(1_000),
            joins_at_once: self.joins_at_once,
            churn_per_minute: self.churn,
            first_sequence: self.first_sequence,
            first_timestamp: self.first_timestamp,
            seed: self.seed,
            line: self.line.clone(),
            ..Scene::default()
        }
    }
}

/// The engine that is measured.
#[derive(Args, Debug)]
pub(crate) struct Engine {
    /// UDP address; port 0 takes any free port.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Threads that serve connections.
    #[arg(long, default_value_t = NonZeroUsize::MIN)]
    workers: NonZeroUsize,
    /// Spread every room over all of them, however small it is and however little there is to do.
    #[arg(long)]
    spread: bool,
}

/// Serves a bare engine until standard input ends.
pub(super) async fn engine(desk: &Desk, engine: &Engine) -> Outcome {
    telemetry::start(&Log { level: "warn,rtc_dtls=error".to_owned(), ..Log::default() })?;
    let admission = if engine.spread { Admission::spread_at_once() } else { Admission::default() };
    let config = MediaConfig { workers: engine.workers, admission, ..MediaConfig::on(engine.listen) };
    Ok(load::serve(&config, desk.clock.clone(), BufReader::new(std::io::stdin()), std::io::stdout()).await?)
}

/// Plays the load and says what became of it.
pub(super) async fn run(desk: &Desk, asked: &Load) -> Outcome {
    telemetry::start(&Log { level: asked.log.clone(), ..Log::default() })?;
    let mut scene = asked.scene();
    let door: Arc<dyn Door> = match &asked.links {
        Some(file) => {
            let there = Installation::new(&std::fs::read_to_string(file)?, asked.address, desk.clock.clone())?;
            // Who sees whom there is the room's decision: all that can be asked is how many come.
            scene = Scene { rooms: 1, publishers: 0, subscribers: 0, talkers: there.points(), ..scene };
            Arc::new(there)
        }
        None => Arc::new(Bare::start(bare(asked)?).await?),
    };
    let report = load::play(scene, door, desk.clock.clone()).await?;
    if asked.json {
        writeln!(std::io::stdout(), "{}", serde_json::to_string(&report)?)?;
        return Ok(());
    }
    sentences(desk, &report)
}

/// This program again, as a bare engine.
fn bare(asked: &Load) -> std::io::Result<Command> {
    let own = std::env::current_exe()?;
    let mut host = match asked.engine_core {
        Some(core) => {
            let mut pinned = Command::new("taskset");
            pinned.args(["-c", &core.to_string()]).arg(own);
            pinned
        }
        None => Command::new(own),
    };
    host.args(["load-engine", "--listen", &asked.listen.to_string()]);
    host.args(["--workers", &asked.engine_workers.to_string()]);
    host.args(asked.engine_spread.then_some("--spread"));
    Ok(host)
}

fn sentences(desk: &Desk, report: &Report) -> Outcome {
    let count = |number: usize| number.to_string();
    let ms = |value: f64| format!("{value:.1}");
    desk.say(
        "cli.load_joined",
        &[
            ("connected", &count(report.connected)),
            ("failed", &count(report.failed)),
            ("p50", &ms(report.join_ms.p50)),
            ("p95", &ms(report.join_ms.p95)),
        ],
    )?;
    desk.say(
        "cli.load_flow",
        &[
            ("packets", &format!("{:.0}", report.received_per_second)),
            ("lost", &format!("{:.2}", report.lost_permille)),
            ("p50", &ms(report.delay_ms.p50)),
            ("p99", &ms(report.delay_ms.p99)),
        ],
    )?;
    if let Some(server) = report.server {
        desk.say(
            "cli.load_server",
            &[
                ("cores", &format!("{:.2}", server.cores)),
                ("us", &format!("{:.2}", server.us_per_packet)),
                ("mib", &format!("{:.0}", server.rss as f64 / f64::from(1 << 20))),
            ],
        )?;
    }
    for doubt in &report.doubts {
        desk.say(doubt.key(), &[])?;
    }
    Ok(())
}
