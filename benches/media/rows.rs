//! What is measured, and how a figure is told.

use diemcau::load::{Report, Scene};
use serde_json::{Value, json};

use super::floor::Floor;
use super::{profile, say};

/// Measuring of a short row, ms: with the warm-up enough to fill the buffers that are kept.
const SHORT_MS: u64 = 2_000;
/// Of the row that is only played when it is asked for: what leaks or wraps shows after a while.
const LONG_MS: u64 = 20 * 60 * 1_000;
/// Before that: buffers and caches have their size by then.
const LONG_WARM_UP_MS: u64 = 20_000;
/// Packets before 2^16, and clock ticks before 2^32: half a minute of sound, a quarter of one of pictures.
const BEFORE_WRAP: (u16, u32) = (10_000, 48_000 * 30);

/// One row.
pub(crate) struct Bench {
    pub(crate) name: &'static str,
    rooms: usize,
    publishers: usize,
    subscribers: usize,
    talkers: usize,
    packets_per_frame: u32,
    joins_at_once: usize,
    /// Its figures do not need to be measured for long.
    short: bool,
    /// Twenty minutes, begun near the wraps, receivers coming and going; once, and only when it is asked for by name.
    pub(crate) long: bool,
    /// Threads of our engine, on its one processor.
    pub(crate) workers: usize,
    /// Its rooms are spread over them from the second join on.
    pub(crate) spread: bool,
    /// The peer is our engine with one worker.
    pub(crate) beside_one_worker: bool,
    pub(crate) beside_janus: bool,
    pub(crate) beside_floor: bool,
    figures: &'static [Figure],
}

/// A number of a report.
#[derive(Clone, Copy)]
pub(crate) struct Figure {
    name: &'static str,
    of: fn(&Report) -> f64,
    /// It is told even of a run that does not count: it says what the run came to.
    always: bool,
}

const fn figure(name: &'static str, of: fn(&Report) -> f64) -> Figure {
    Figure { name, of, always: false }
}

const CPU: Figure = figure("us_per_packet", |report| report.server.map_or(0.0, |server| server.us_per_packet));
const CORES: Figure = figure("cores", |report| report.server.map_or(0.0, |server| server.cores));
const DELAY_P50: Figure = figure("delay_p50_ms", |report| report.delay_ms.p50);
const DELAY_P99: Figure = figure("delay_p99_ms", |report| report.delay_ms.p99);
const JOIN_P50: Figure = figure("join_p50_ms", |report| report.join_ms.p50);
const JOIN_P95: Figure = figure("join_p95_ms", |report| report.join_ms.p95);
const JOIN_SERVER_P95: Figure = figure("join_server_p95_ms", |report| report.join_server_ms.p95);
const ALL_JOINED: Figure = figure("all_joined_ms", |report| report.all_joined_ms);
const LOST: Figure = Figure { always: true, ..figure("lost_permille", |report| report.lost_permille) };
const RATE: Figure = Figure { always: true, ..figure("packets_per_second", |report| report.received_per_second) };
const RSS_PER_WATCHER: Figure =
    figure("rss_kb_per_watching_point", |report| per_point(report, report.scene.subscribers));
const RSS_PER_SENDER: Figure = figure("rss_kb_per_sending_point", |report| per_point(report, report.scene.publishers));

/// Of the second half: in the first one the buffers of connections still come to their size.
const RSS_GROWTH: Figure = figure("rss_growth_second_half_kb", |report| {
    report.server.map_or(0.0, |server| change(server.rss_middle, server.rss) / 1e3)
});
const RSS: Figure = figure("rss_kb", |report| report.server.map_or(0.0, |server| server.rss as f64 / 1e3));
const DESCRIPTORS_GROWTH: Figure = figure("descriptors_growth", |report| {
    report.server.map_or(0.0, |server| change(server.descriptors_began, server.descriptors))
});

fn change(before: u64, after: u64) -> f64 {
    after as f64 - before as f64
}

/// Growth of the server's memory per point, kB. The few senders of a row of watchers are left in: it is an upper bound.
fn per_point(report: &Report, points: usize) -> f64 {
    let points = (points * report.scene.rooms).max(1) as f64;
    report.server.map_or(0.0, |server| server.rss.saturating_sub(server.rss_before) as f64 / 1e3 / points)
}

const FLOW: &[Figure] = &[CPU, CORES, DELAY_P50, DELAY_P99, JOIN_P95, JOIN_SERVER_P95, RATE, LOST];

const ROW: Bench = Bench {
    name: "",
    rooms: 1,
    publishers: 0,
    subscribers: 0,
    talkers: 0,
    packets_per_frame: 8,
    joins_at_once: 8,
    short: false,
    long: false,
    workers: 1,
    spread: false,
    beside_one_worker: false,
    beside_janus: true,
    beside_floor: false,
    figures: FLOW,
};

/// All rows, in the order of a run.
pub(crate) const ROWS: &[Bench] = &[
    Bench { name: "4x12", publishers: 4, subscribers: 12, packets_per_frame: 4, ..ROW },
    Bench { name: "8x60", publishers: 8, subscribers: 60, beside_floor: true, ..ROW },
    Bench {
        name: "half_load_60000",
        publishers: 8,
        subscribers: 26,
        figures: &[DELAY_P50, DELAY_P99, CPU, CORES, RATE, LOST],
        ..ROW
    },
    Bench { name: "1x300", publishers: 1, subscribers: 300, ..ROW },
    Bench { name: "8x120", publishers: 8, subscribers: 120, ..ROW },
    Bench { name: "20_rooms_of_6", rooms: 20, talkers: 6, packets_per_frame: 4, ..ROW },
    // The load of `8x60` as two rooms, on two workers and on one: what handing over costs, not what a second processor
    // brings.
    Bench {
        name: "2_workers",
        rooms: 2,
        publishers: 8,
        subscribers: 30,
        workers: 2,
        beside_one_worker: true,
        beside_janus: false,
        ..ROW
    },
    // One room on both: what its packets cost that cross from one worker to the other, and the letters.
    Bench {
        name: "1x300_on_2_workers",
        publishers: 1,
        subscribers: 300,
        workers: 2,
        spread: true,
        beside_one_worker: true,
        beside_janus: false,
        ..ROW
    },
    Bench {
        name: "300_join_at_once",
        publishers: 1,
        subscribers: 300,
        packets_per_frame: 1,
        joins_at_once: 300,
        short: true,
        figures: &[ALL_JOINED, JOIN_P50, JOIN_P95, JOIN_SERVER_P95, LOST],
        ..ROW
    },
    Bench {
        name: "memory_watching",
        publishers: 1,
        subscribers: 300,
        packets_per_frame: 1,
        short: true,
        figures: &[RSS_PER_WATCHER],
        ..ROW
    },
    Bench {
        name: "20_minutes",
        publishers: 8,
        subscribers: 60,
        long: true,
        beside_janus: false,
        figures: &[RSS, RSS_GROWTH, DESCRIPTORS_GROWTH, LOST, DELAY_P99, CPU, RATE],
        ..ROW
    },
    // Nobody takes sixty pictures at once.
    Bench {
        name: "memory_sending",
        rooms: 6,
        publishers: 10,
        subscribers: 1,
        short: true,
        figures: &[RSS_PER_SENDER],
        ..ROW
    },
];

impl Bench {
    /// `seconds`: how long is measured where that matters.
    pub(crate) fn scene(&self, seconds: u64) -> Scene {
        let window_ms = if self.short { SHORT_MS } else { seconds * 1_000 };
        let played = Scene {
            window_ms,
            rooms: self.rooms,
            publishers: self.publishers,
            subscribers: self.subscribers,
            talkers: self.talkers,
            profile: profile(self.packets_per_frame),
            joins_at_once: self.joins_at_once,
            ..Scene::default()
        };
        if !self.long {
            return played;
        }
        Scene {
            window_ms: LONG_MS,
            warm_up_ms: LONG_WARM_UP_MS,
            churn_per_minute: 6,
            first_sequence: 0u16.wrapping_sub(BEFORE_WRAP.0),
            first_timestamp: 0u32.wrapping_sub(BEFORE_WRAP.1),
            ..played
        }
    }

    /// Prints the row: the median of the runs that count.
    pub(crate) fn tell(
        &self,
        ours: &[Result<Report, String>],
        theirs: &[Result<Report, String>],
        floor: Option<&Floor>,
    ) {
        for figure in self.figures {
            let mut line = json!({"bench": self.name, "figure": figure.name});
            let our = put(&mut line, "ours", figure, ours);
            if theirs.is_empty() {
                say(&line);
                continue;
            }
            line["peer"] = json!(if self.beside_one_worker { "one_worker" } else { "janus" });
            let their = put(&mut line, "theirs", figure, theirs);
            ratio(&mut line, our, their);
            say(&line);
        }
        let our = median(&CPU, ours);
        for (name, theirs) in
            floor.iter().flat_map(|floor| [("floor_frames", floor.frames), ("floor_mixed", floor.mixed)])
        {
            let mut line = json!({"bench": self.name, "figure": CPU.name, "ours": our.map(round), "peer": name});
            line["theirs"] = json!(round(theirs));
            ratio(&mut line, our, Some(theirs));
            say(&line);
        }
    }
}

fn ratio(line: &mut Value, ours: Option<f64>, theirs: Option<f64>) {
    if let (Some(ours), Some(theirs)) = (ours, theirs.filter(|theirs| *theirs > 0.0)) {
        line["ratio"] = json!(round(ours / theirs));
    }
}

/// Writes one side's figure, all its runs, and why some do not count.
fn put(line: &mut Value, side: &str, figure: &Figure, runs: &[Result<Report, String>]) -> Option<f64> {
    let value = median(figure, runs);
    line[side] = json!(value.map(round));
    let all: Vec<f64> = runs.iter().flatten().map(|report| round((figure.of)(report))).collect();
    if all.len() > 1 {
        line[format!("{side}_runs")] = json!(all);
    }
    let doubts: Vec<Value> = runs
        .iter()
        .filter_map(|run| match run {
            Ok(report) if report.doubts.is_empty() => None,
            Ok(report) => Some(json!(report.doubts)),
            Err(error) => Some(json!(error)),
        })
        .collect();
    if !doubts.is_empty() {
        line[format!("{side}_not_counted")] = json!(doubts);
    }
    value
}

fn median(figure: &Figure, runs: &[Result<Report, String>]) -> Option<f64> {
    let counts = |report: &&Report| figure.always || report.doubts.is_empty();
    let mut values: Vec<f64> = runs.iter().flatten().filter(counts).map(|report| (figure.of)(report)).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

fn round(value: f64) -> f64 {
    (value * 1_000.0).round() / 1_000.0
}
