//! Every route, once: its id (a row of `domain::access`), method, path, bounds, and what serves it.

use std::time::Duration;

use axum::routing::{MethodRouter, get, post};

use super::context::App;
use super::handlers::{files, health, kiosk, openapi, papers, recordings, sessions, sign_in, tickets};
use crate::limits;

/// One route.
pub struct Route {
    /// Action of the access table.
    pub id: &'static str,
    pub method: &'static str,
    pub path: &'static str,
    /// One line for the interface description.
    pub summary: &'static str,
    /// Largest body in bytes.
    pub body: usize,
    /// Time for the whole answer.
    pub time: Duration,
    pub serve: fn() -> MethodRouter<App>,
}

const fn route(
    id: &'static str,
    method: &'static str,
    path: &'static str,
    summary: &'static str,
    serve: fn() -> MethodRouter<App>,
) -> Route {
    Route { id, method, path, summary, body: limits::BODY_BYTES, time: limits::REQUEST, serve }
}

impl Route {
    /// For what takes its time.
    const fn slow(mut self) -> Self {
        self.time = limits::LONG_REQUEST;
        self
    }

    /// For uploads: the file and its fields.
    const fn large(mut self) -> Self {
        self.body = limits::UPLOAD_BYTES + 64 * 1024;
        self.time = limits::LONG_REQUEST;
        self
    }
}

/// The interface.
pub const ROUTES: &[Route] = &[
    route("http.health.live", "GET", "/healthz", "The process answers", || get(health::live)),
    route("http.health.ready", "GET", "/readyz", "The store answers", || get(health::ready)),
    route("http.health.metrics", "GET", "/metrics", "Counters, for configured addresses", || get(health::metrics)),
    route("http.openapi", "GET", "/api/openapi.json", "This description", || get(openapi::describe)),
    route("http.sign_in", "POST", "/api/v1/sign-in", "Sign in by password", || post(sign_in::by_password)),
    route("http.sign_in.link", "POST", "/api/v1/sign-in/link", "Sign in by a one-use link", || post(sign_in::by_link)),
    route("http.sign_out", "POST", "/api/v1/sign-out", "End this sign-in and its sockets", || post(sign_in::sign_out)),
    route("http.me", "GET", "/api/v1/me", "Who is signed in", || get(sign_in::me)),
    route("http.kiosk.challenge", "GET", "/api/v1/kiosk/challenge", "What a kiosk signs", || get(kiosk::challenge)),
    route("http.kiosk.pair", "POST", "/api/v1/kiosk/pair", "Pair this browser by its code", || post(kiosk::pair)),
    route("http.kiosk.sign_in", "POST", "/api/v1/kiosk/sign-in", "Sign in as a kiosk", || post(kiosk::sign_in)),
    route("http.directory", "GET", "/api/v1/directory", "Units, points and people", || get(sessions::directory)),
    route("http.sessions.list", "GET", "/api/v1/sessions", "Sessions of a day", || get(sessions::list)),
    route("http.sessions.create", "POST", "/api/v1/sessions", "Propose a session", || post(sessions::create)),
    route("http.sessions.read", "GET", "/api/v1/sessions/{session}", "One session", || get(sessions::read)),
    route("http.sessions.command", "POST", "/api/v1/sessions/{session}/commands", "One act", || {
        post(sessions::command)
    }),
    route("http.sessions.record", "GET", "/api/v1/sessions/{session}/record", "What remains", || get(sessions::record)),
    route(
        "http.files.attach",
        "POST",
        "/api/v1/sessions/{session}/visits/{visit}/files",
        "Store a file and attach it to the visit",
        || post(files::attach),
    )
    .large(),
    route("http.files.read", "GET", "/api/v1/files/{file}", "A stored file", || get(files::read)),
    route(
        "http.recordings.read",
        "GET",
        "/api/v1/sessions/{session}/recordings/{segment}",
        "A file of the recording, whole or in ranges",
        || get(recordings::read),
    )
    .slow(),
    route(
        "http.papers.minutes",
        "GET",
        "/api/v1/sessions/{session}/visits/{visit}/minutes.pdf",
        "Minutes of a visit as PDF/A; a draft until the text is frozen",
        || get(papers::minutes),
    )
    .slow(),
    route(
        "http.papers.attendance",
        "GET",
        "/api/v1/sessions/{session}/attendance.pdf",
        "Attendance of the session as PDF/A; a draft until it is closed",
        || get(papers::attendance),
    )
    .slow(),
    route("http.tickets", "POST", "/api/v1/tickets", "A ticket for the socket", || post(tickets::issue)),
    route("http.socket", "GET", "/ws", "The socket", || get(crate::ws::upgrade::upgrade)),
];
