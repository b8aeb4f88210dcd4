//! What every handler works with: one value, made once in `run`.

use std::sync::Arc;

use crate::app::accounts::Accounts;
use crate::app::files::Files;
use crate::app::papers::Papers;
use crate::app::sessions::Sessions;
use crate::auth::sign_in::SignIns;
use crate::auth::ticket::Tickets;
use crate::clock::SharedClock;
use crate::config::Config;
use crate::room::registry::Registry;
use crate::telemetry::Metrics;
use crate::ws::sockets::Sockets;

use super::foreign::Foreign;
use super::guard::Guard;
use super::headers::Headers;
use super::recordings::Recordings;
use super::rooms::Rooms;

/// The server as its handlers see it.
pub struct Context {
    pub config: Config,
    pub clock: SharedClock,
    pub accounts: Accounts,
    pub sessions: Sessions,
    pub files: Files,
    pub papers: Papers,
    pub sign_ins: SignIns,
    pub tickets: Tickets,
    pub registry: Registry,
    pub rooms: Rooms,
    pub recordings: Recordings,
    pub sockets: Sockets,
    /// Encoders and wall displays.
    pub foreign: Foreign,
    pub metrics: Metrics,
    /// Short fingerprint of the signing key, as papers print it.
    pub key_fingerprint: String,
    pub guard: Guard,
    pub headers: Headers,
}

/// Shared by all handlers.
pub type App = Arc<Context>;
