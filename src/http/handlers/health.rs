//! For machines that watch the server.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use crate::error::AppError;
use crate::http::caller::Address;
use crate::http::context::App;
use crate::media::WorkerStatus;
use crate::telemetry::Family;

/// The process answers.
pub(in crate::http) async fn live() -> &'static str {
    "ok\n"
}

/// The store answers: requests may come.
pub(in crate::http) async fn ready(State(app): State<App>) -> Result<&'static str, AppError> {
    app.accounts.ping().await?;
    Ok("ready\n")
}

/// Counters, only for the addresses configured.
pub(in crate::http) async fn metrics(State(app): State<App>, address: Address) -> Result<Response, AppError> {
    if !app.config.http.metrics_from.contains(&address.0) {
        return Err(AppError::NotFound);
    }
    let counts = app.accounts.writer_counts();
    let services = app.registry.services();
    let recorder = services.recorder.status();
    let failing = recorder.running.iter().filter(|source| source.fault.is_some()).count();
    let disks_out = recorder.disks.iter().filter(|disk| disk.fault.is_some()).count();
    let [good, fair, poor, bad] = services.lines.get();
    let figure = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    let plain = [
        ("recorder_sources", "Sources that are being recorded", figure(recorder.running.len())),
        ("recorder_sources_failing", "Sources of which nothing is written", figure(failing)),
        ("recorder_disks_out", "Disks of recordings that take nothing, of several", figure(disks_out)),
        ("recorder_free_bytes", "Bytes that may still be recorded", recorder.free_bytes.unwrap_or(0)),
        ("recorder_written_bytes_total", "Bytes of recordings written", recorder.written_bytes),
        (
            "recorder_overflowed_packets_total",
            "Packets that found the recorder's queue full",
            recorder.overflowed_packets,
        ),
        ("line_samples_good_total", "Samples of 5 s of a point's line: loss below 3 %", good),
        ("line_samples_fair_total", "Samples of 5 s of a point's line: loss below 8 %", fair),
        (
            "line_samples_poor_total",
            "Samples of 5 s of a point's line: loss below 15 %, or round trip above 400 ms",
            poor,
        ),
        ("line_samples_bad_total", "Samples of 5 s of a point's line: loss from 15 %", bad),
        ("store_commits_total", "Transactions committed", counts.commits()),
        ("store_writes_total", "Writes committed in them", counts.writes()),
        ("store_failures_total", "Transactions that failed as a whole", counts.failures()),
    ];
    let workers = services.engine.workers();
    let of_each =
        |name, help, of: fn(&WorkerStatus) -> u64| Family::of_each(name, help, "worker", workers.iter().map(of));
    let media = [
        of_each("media_connections", "Media connections of a worker", |worker| worker.connections as u64),
        of_each("media_busy_permille", "Share of a processor that a media worker uses", |worker| {
            worker.busy_permille.into()
        }),
        of_each(
            "media_lag_microseconds",
            "How late a media worker came to what was due, at worst in a second",
            |worker| worker.lag_us.into(),
        ),
        of_each("media_forwarded_total", "Packets passed on to viewers", |worker| worker.forwarded),
        of_each("media_handed_over_total", "Datagrams given to the worker whose they are", |worker| worker.handed_over),
        of_each("media_handover_lost_total", "Datagrams for which that worker had no place", |worker| {
            worker.handover_lost
        }),
        of_each("media_crossed_total", "Packets given to other workers for receivers of the same room", |worker| {
            worker.crossed
        }),
        of_each("media_crossing_lost_total", "Packets for which such a worker had no place", |worker| {
            worker.crossing_lost
        }),
        of_each("media_restarts_total", "How often a media worker failed and began anew", |worker| worker.restarts),
    ];
    let more: Vec<Family> =
        plain.into_iter().map(|(name, help, value)| Family::new(name, help, value)).chain(media).collect();
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    Ok((kind, app.metrics.print(&more)).into_response())
}
