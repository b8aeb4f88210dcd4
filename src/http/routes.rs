//! Every route, once: its id (a row of `domain::access`), method, path, bounds, and what serves it.

use std::time::Duration;

use axum::routing::{MethodRouter, delete, get, options, patch, post};

use super::context::App;
use super::handlers::{files, foreign, health, kiosk, openapi, papers, recordings, sessions, sign_in, tickets};
use crate::limits;

/// What a route takes; names are those of `config/openapi-schemas.json`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Takes {
    Nothing,
    /// A JSON body.
    Json(&'static str),
    /// What stands behind `?`.
    Query(&'static str),
    /// A file with its fields (`multipart/form-data`).
    Form,
    /// Text of this media type, from a machine with a Bearer token.
    Text(&'static str),
}

/// What a route answers when it is done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Gives {
    Nothing,
    /// A JSON body.
    Json(&'static str),
    /// Any other body, by its media type.
    Bytes(&'static str),
    /// The description of the interface itself.
    Description,
    /// The connection becomes a socket.
    Socket,
}

/// One route.
pub struct Route {
    /// Action of the access table.
    pub id: &'static str,
    pub method: &'static str,
    pub path: &'static str,
    /// One line for the interface description.
    pub summary: &'static str,
    pub takes: Takes,
    pub gives: Gives,
    /// Status of an answer that is no error.
    pub done: u16,
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
    let (takes, gives, done) = (Takes::Nothing, Gives::Nothing, 204);
    Route { id, method, path, summary, takes, gives, done, body: limits::BODY_BYTES, time: limits::REQUEST, serve }
}

impl Route {
    const fn takes(mut self, takes: Takes) -> Self {
        self.takes = takes;
        self
    }

    const fn gives(mut self, done: u16, gives: Gives) -> Self {
        self.done = done;
        self.gives = gives;
        self
    }

    /// For what takes its time.
    const fn slow(mut self) -> Self {
        self.time = limits::LONG_REQUEST;
        self
    }

    /// For what comes from a machine with a Bearer token.
    const fn text(mut self, body: usize, kind: &'static str) -> Self {
        self.body = body;
        self.takes = Takes::Text(kind);
        self
    }

    /// For uploads: the file and its fields.
    const fn large(mut self) -> Self {
        self.body = limits::UPLOAD_BYTES + 64 * 1024;
        self.time = limits::LONG_REQUEST;
        self
    }
}

const TEXT: &str = "text/plain";
const SDP: &str = "application/sdp";
const FRAGMENT: &str = "application/trickle-ice-sdpfrag";

/// The interface.
pub const ROUTES: &[Route] = &[
    route("http.health.live", "GET", "/healthz", "The process answers", || get(health::live))
        .gives(200, Gives::Bytes(TEXT)),
    route("http.health.ready", "GET", "/readyz", "The store answers", || get(health::ready))
        .gives(200, Gives::Bytes(TEXT)),
    route("http.health.metrics", "GET", "/metrics", "Counters, for configured addresses", || get(health::metrics))
        .gives(200, Gives::Bytes(TEXT)),
    route("http.openapi", "GET", "/api/openapi.json", "This description", || get(openapi::describe))
        .gives(200, Gives::Description),
    route("http.sign_in", "POST", "/api/v1/sign-in", "Sign in by password", || post(sign_in::by_password))
        .takes(Takes::Json("SignIn")),
    route("http.sign_in.link", "POST", "/api/v1/sign-in/link", "Sign in by a one-use link", || post(sign_in::by_link))
        .takes(Takes::Json("SignInLink")),
    route("http.sign_out", "POST", "/api/v1/sign-out", "End this sign-in and its sockets", || post(sign_in::sign_out)),
    route("http.me", "GET", "/api/v1/me", "Who is signed in", || get(sign_in::me)).gives(200, Gives::Json("Me")),
    route("http.kiosk.challenge", "GET", "/api/v1/kiosk/challenge", "What a kiosk signs", || get(kiosk::challenge))
        .gives(200, Gives::Json("KioskChallenge")),
    route("http.kiosk.pair", "POST", "/api/v1/kiosk/pair", "Pair this browser by its code", || post(kiosk::pair))
        .takes(Takes::Json("KioskPair"))
        .gives(200, Gives::Json("KioskPaired")),
    route("http.kiosk.sign_in", "POST", "/api/v1/kiosk/sign-in", "Sign in as a kiosk", || post(kiosk::sign_in))
        .takes(Takes::Json("KioskSignIn")),
    route("http.directory", "GET", "/api/v1/directory", "Units, points and people", || get(sessions::directory))
        .gives(200, Gives::Json("Directory")),
    route("http.sessions.list", "GET", "/api/v1/sessions", "Sessions of a day", || get(sessions::list))
        .takes(Takes::Query("DayQuery"))
        .gives(200, Gives::Json("Page")),
    route("http.sessions.create", "POST", "/api/v1/sessions", "Propose a session", || post(sessions::create))
        .takes(Takes::Json("NewSession"))
        .gives(201, Gives::Json("Committed")),
    route("http.sessions.read", "GET", "/api/v1/sessions/{session}", "One session", || get(sessions::read))
        .gives(200, Gives::Json("SessionRow")),
    route("http.sessions.command", "POST", "/api/v1/sessions/{session}/commands", "One act", || {
        post(sessions::command)
    })
    .takes(Takes::Json("CommandRequest"))
    .gives(200, Gives::Json("Committed")),
    route("http.sessions.record", "GET", "/api/v1/sessions/{session}/record", "What remains", || get(sessions::record))
        .gives(200, Gives::Json("RecordView")),
    route(
        "http.files.attach",
        "POST",
        "/api/v1/sessions/{session}/visits/{visit}/files",
        "Store a file and attach it to the visit",
        || post(files::attach),
    )
    .takes(Takes::Form)
    .gives(201, Gives::Json("StoredFile"))
    .large(),
    route("http.files.read", "GET", "/api/v1/files/{file}", "A stored file", || get(files::read))
        .gives(200, Gives::Bytes("*/*")),
    route(
        "http.recordings.read",
        "GET",
        "/api/v1/sessions/{session}/recordings/{segment}",
        "A file of the recording, whole or in ranges",
        || get(recordings::read),
    )
    .gives(200, Gives::Bytes("video/*"))
    .slow(),
    route(
        "http.papers.minutes",
        "GET",
        "/api/v1/sessions/{session}/visits/{visit}/minutes.pdf",
        "Minutes of a visit as PDF/A; a draft until the text is frozen",
        || get(papers::minutes),
    )
    .gives(200, Gives::Bytes("application/pdf"))
    .slow(),
    route(
        "http.papers.attendance",
        "GET",
        "/api/v1/sessions/{session}/attendance.pdf",
        "Attendance of the session as PDF/A; a draft until it is closed",
        || get(papers::attendance),
    )
    .gives(200, Gives::Bytes("application/pdf"))
    .slow(),
    route("http.tickets", "POST", "/api/v1/tickets", "A ticket for the socket", || post(tickets::issue))
        .takes(Takes::Json("TicketRequest"))
        .gives(200, Gives::Json("Ticket")),
    route("http.socket", "GET", "/ws", "The socket", || get(crate::ws::upgrade::upgrade)).gives(101, Gives::Socket),
    route("http.whip", "POST", "/whip/{point}", "An encoder's offer of a point's picture and sound (RFC 9725)", || {
        post(foreign::publish)
    })
    .text(limits::SDP_BYTES, SDP)
    .gives(201, Gives::Bytes(SDP)),
    route("http.whip.options", "OPTIONS", "/whip/{point}", "What an encoder may ask", || options(foreign::options))
        .gives(200, Gives::Nothing),
    route("http.whip.end", "DELETE", "/whip/{point}/{connection}", "The encoder stops", || delete(foreign::end))
        .gives(200, Gives::Nothing),
    route("http.whip.trickle", "PATCH", "/whip/{point}/{connection}", "Candidates of the encoder (RFC 8840)", || {
        patch(foreign::trickle)
    })
    .text(limits::SDP_FRAGMENT_BYTES, FRAGMENT),
    route("http.whip.session", "OPTIONS", "/whip/{point}/{connection}", "What an encoder may ask", || {
        options(foreign::options)
    })
    .gives(200, Gives::Nothing),
    route("http.whep", "POST", "/whep/{session}", "A wall display's offer to show the public stage (WHEP)", || {
        post(foreign::show)
    })
    .text(limits::SDP_BYTES, SDP)
    .gives(201, Gives::Bytes(SDP)),
    route("http.whep.options", "OPTIONS", "/whep/{session}", "What a display may ask", || options(foreign::options))
        .gives(200, Gives::Nothing),
    route("http.whep.end", "DELETE", "/whep/{session}/{connection}", "The display stops", || delete(foreign::end))
        .gives(200, Gives::Nothing),
    route("http.whep.trickle", "PATCH", "/whep/{session}/{connection}", "Candidates of the display (RFC 8840)", || {
        patch(foreign::trickle)
    })
    .text(limits::SDP_FRAGMENT_BYTES, FRAGMENT),
    route("http.whep.session", "OPTIONS", "/whep/{session}/{connection}", "What a display may ask", || {
        options(foreign::options)
    })
    .gives(200, Gives::Nothing),
];
