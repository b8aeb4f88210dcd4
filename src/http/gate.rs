//! What stands before every handler: host, page, sign-in, time.

use axum::extract::{Request, State};
use axum::http::HeaderName;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::context::App;
use super::routes::Route;
use super::{cookie, foreign};
use crate::domain::access;
use crate::error::AppError;

/// Health is asked by machines that know no host name of ours.
const HEALTH: [&str; 3] = ["/healthz", "/readyz", "/metrics"];
const API: &str = "/api/";

/// For assets and routes alike: the host we are, headers on every answer, counters.
pub async fn every_request(State(app): State<App>, request: Request, next: Next) -> Response {
    app.metrics.requests.add();
    let from_anywhere = foreign::is_foreign(request.uri().path()).then(|| request.method().clone());
    let mut response = match check(&app, &request) {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    };
    if response.status().is_server_error() {
        app.metrics.request_errors.add();
    }
    if let Some(method) = from_anywhere {
        foreign::allow_any_origin(&method, response.headers_mut());
    }
    app.headers.add_to(response.headers_mut());
    // Nothing tells a stranger which release to attack.
    response.headers_mut().remove(HeaderName::from_static("server"));
    response
}

fn check(app: &App, request: &Request) -> Result<(), AppError> {
    let path = request.uri().path();
    if HEALTH.contains(&path) {
        return Ok(());
    }
    app.guard.check_host(request.headers())?;
    if path.starts_with(API) {
        app.guard.check_api(request.method(), request.headers())?;
    }
    Ok(())
}

/// For one route: whoever needs an account has one before the handler runs, and the answer comes in time.
pub async fn route(State((app, route)): State<(App, &'static Route)>, mut request: Request, next: Next) -> Response {
    if !access::is_open(route.id) {
        let caller = match cookie::read(request.headers()) {
            Some(token) => app.sign_ins.caller(token).await,
            None => Err(AppError::SignInNeeded),
        };
        match caller {
            Ok(caller) => request.extensions_mut().insert(caller),
            Err(error) => return error.into_response(),
        };
    }
    match tokio::time::timeout(route.time, next.run(request)).await {
        Ok(response) => response,
        Err(_) => AppError::Timeout.into_response(),
    }
}
