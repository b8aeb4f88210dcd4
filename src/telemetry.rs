//! Logs and counters. A log line is a fixed sentence with fields; fields hold codes, ids and figures, never names,
//! numbers of papers, addresses or texts.

use std::sync::atomic::{AtomicU64, Ordering};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

use crate::config::{Log, LogFormat};

/// Starts logging to standard error. A second start in one process changes nothing.
pub fn start(log: &Log) -> Result<(), tracing_subscriber::filter::ParseError> {
    let filter = EnvFilter::try_new(&log.level)?;
    let builder =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_span_events(FmtSpan::NONE);
    let started = match log.format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
    if started.is_err() {
        tracing::debug!("logging was started before");
    }
    Ok(())
}

/// Counters of the process, as `/metrics` prints them.
#[derive(Debug, Default)]
pub struct Metrics {
    pub requests: Counter,
    pub request_errors: Counter,
    pub sockets_opened: Counter,
    pub sockets_closed: Counter,
    pub frames_in: Counter,
    pub frames_out: Counter,
    pub frames_refused: Counter,
    pub sign_ins: Counter,
    pub sign_ins_failed: Counter,
}

/// A figure that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    pub fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Metrics {
    /// Text of the Prometheus exposition format: own counters, and `more` families.
    pub fn print(&self, more: &[Family]) -> String {
        let own = [
            ("requests_total", "HTTP requests answered", &self.requests),
            ("request_errors_total", "HTTP requests answered with an error of the server", &self.request_errors),
            ("sockets_opened_total", "Sockets that were upgraded", &self.sockets_opened),
            ("sockets_closed_total", "Sockets that ended", &self.sockets_closed),
            ("frames_in_total", "Frames of clients", &self.frames_in),
            ("frames_out_total", "Frames to clients", &self.frames_out),
            ("frames_refused_total", "Frames refused as malformed or too fast", &self.frames_refused),
            ("sign_ins_total", "Sign-ins that succeeded", &self.sign_ins),
            ("sign_ins_failed_total", "Sign-ins that failed", &self.sign_ins_failed),
        ];
        let own = own.map(|(name, help, counter)| Family::new(name, help, counter.get()));
        own.iter().chain(more).map(Family::print).collect()
    }
}

/// A figure with its meaning, for the whole process or one for each part of it. What ends in `_total` only grows.
#[derive(Debug)]
pub struct Family {
    name: &'static str,
    help: &'static str,
    /// Label, `part="0"`, or nothing; and value.
    values: Vec<(String, u64)>,
}

impl Family {
    pub fn new(name: &'static str, help: &'static str, value: u64) -> Self {
        Self { name, help, values: vec![(String::new(), value)] }
    }

    /// One value for each of several parts, told apart by their number under the label `part`.
    pub fn of_each(name: &'static str, help: &'static str, part: &str, values: impl IntoIterator<Item = u64>) -> Self {
        let label = |(number, value)| (format!("{{{part}=\"{number}\"}}"), value);
        Self { name, help, values: values.into_iter().enumerate().map(label).collect() }
    }

    fn print(&self) -> String {
        let Self { name, help, values } = self;
        let kind = if name.ends_with("_total") { "counter" } else { "gauge" };
        let lines: String = values.iter().map(|(label, value)| format!("diemcau_{name}{label} {value}\n")).collect();
        format!("# HELP diemcau_{name} {help}\n# TYPE diemcau_{name} {kind}\n{lines}")
    }
}
