//! For machines that watch the server.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use crate::error::AppError;
use crate::http::caller::Address;
use crate::http::context::App;

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
    let more = [
        ("store_commits_total", "Transactions committed", counts.commits()),
        ("store_writes_total", "Writes committed in them", counts.writes()),
        ("store_failures_total", "Transactions that failed as a whole", counts.failures()),
    ];
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    Ok((kind, app.metrics.print(&more)).into_response())
}
