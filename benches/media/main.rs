//! `make bench`: this server beside its peers in one run, one line of JSON per figure on standard output. How and on what
//! machine is told in docs/benchmarks.md; `media.sh` builds this, and gives it a network of its own.

#![allow(
    clippy::allow_attributes,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::let_underscore_must_use,
    reason = "a benchmark that cannot go on must stop, and says so to a person"
)]

mod floor;
mod janus;
mod rows;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use diemcau::clock::SystemClock;
use diemcau::load::{Bare, Door, DoorError, Profile, Report, play};
use rows::{Bench, ROWS};
use serde_json::{Value, json};
use tokio::process::Command;

/// The server's processor; the load has the other one.
const SERVER_CORE: u32 = 0;

struct Options {
    address: IpAddr,
    runs: usize,
    seconds: u64,
    only: Vec<String>,
    peers: bool,
    loops: Option<u32>,
}

impl Options {
    fn read() -> Self {
        let mut options =
            Self { address: IpAddr::from([127, 0, 0, 1]), runs: 3, seconds: 6, only: vec![], peers: true, loops: None };
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            let mut value = || words.next().unwrap_or_else(|| panic!("{word} needs a value"));
            match word.as_str() {
                "--address" => options.address = value().parse().unwrap(),
                "--runs" => options.runs = value().parse().unwrap(),
                "--seconds" => options.seconds = value().parse().unwrap(),
                "--only" => options.only.push(value()),
                "--janus-loops" => options.loops = Some(value().parse().unwrap()),
                "--no-peers" => options.peers = false,
                // What cargo gives to every benchmark.
                "--bench" => {}
                other => panic!("{other} is not known"),
            }
        }
        let known: Vec<&str> = ROWS.iter().map(|row| row.name).collect();
        for name in &options.only {
            assert!(known.contains(&name.as_str()), "{name} is no row; there are {}", known.join(", "));
        }
        options
    }
}

fn main() {
    let words: Vec<String> = std::env::args().collect();
    if let [_, first, ports, packets, ..] = words.as_slice()
        && first == "--floor"
    {
        floor::send(ports, packets.parse().unwrap()).unwrap();
        return;
    }
    let options = Options::read();
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(run(&options));
}

async fn run(options: &Options) {
    let without = if options.peers { janus::missing() } else { Some("asked to leave it out") };
    if let Some(reason) = without {
        say(&json!({"bench": "janus", "missing": reason, "install": "apt-get install janus"}));
    }
    let mut floor = None;
    let asked =
        |bench: &&Bench| options.only.iter().any(|name| name == bench.name) || (options.only.is_empty() && !bench.long);
    for bench in ROWS.iter().filter(asked) {
        if bench.beside_floor {
            let measured = || floor::measure(SERVER_CORE, &bench.scene(options.seconds).profile).unwrap();
            let mut all: Vec<floor::Floor> = std::iter::repeat_with(measured).take(options.runs).collect();
            all.sort_by(|a, b| a.mixed.total_cmp(&b.mixed));
            floor = Some(all[all.len() / 2]);
        }
        let mut ours = Vec::new();
        let mut theirs = Vec::new();
        // In turns, so that whatever else the machine does meets both.
        for _ in 0..if bench.long { 1 } else { options.runs } {
            ours.push(play_ours(options, bench, bench.workers).await);
            if bench.beside_one_worker {
                theirs.push(play_ours(options, bench, 1).await);
            } else if without.is_none() && bench.beside_janus {
                theirs.push(play_janus(options, bench).await);
            }
        }
        bench.tell(&ours, &theirs, floor.as_ref());
        floor = None;
    }
}

async fn play_ours(options: &Options, bench: &Bench, workers: usize) -> Result<Report, String> {
    let mut host = Command::new("taskset");
    let listen = SocketAddr::new(options.address, 0).to_string();
    let (core, workers) = (SERVER_CORE.to_string(), workers.to_string());
    host.args(["-c", &core, env!("CARGO_BIN_EXE_diemcau"), "load-engine", "--listen", &listen, "--workers", &workers]);
    if bench.spread {
        host.arg("--spread");
    }
    let door = Bare::start(host).await.map_err(|error| error.to_string())?;
    play_at(options, bench, Arc::new(door)).await
}

async fn play_janus(options: &Options, bench: &Bench) -> Result<Report, String> {
    let door: Result<_, DoorError> = janus::Janus::start(options.address, SERVER_CORE, options.loops).await;
    play_at(options, bench, Arc::new(door.map_err(|error| error.to_string())?)).await
}

async fn play_at(options: &Options, bench: &Bench, door: Arc<dyn Door>) -> Result<Report, String> {
    let report =
        play(bench.scene(options.seconds), door, SystemClock::start()).await.map_err(|error| error.to_string())?;
    eprintln!("{}", serde_json::to_string(&report).unwrap_or_default());
    Ok(report)
}

/// One line of the result.
fn say(line: &Value) {
    println!("{line}");
}

/// A load whose packets are as long as a camera's.
fn profile(packets_per_frame: u32) -> Profile {
    Profile { packets_per_frame, ..Profile::default() }
}
