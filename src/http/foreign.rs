//! The door for machines without a page of ours: encoders bring the picture and sound of a point (WHIP, RFC 9725), wall
//! displays show the public stage of a session (WHEP, draft-ietf-wish-whep). Each is a wire of its room like a socket,
//! only that it says one thing, its offer, and is told one thing, the answer.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::{HeaderMap, HeaderValue, Method, header};
use tokio::sync::{mpsc, watch};
use tokio::time::{MissedTickBehavior, interval};

use super::context::App;
use crate::auth::device;
use crate::domain::chain::Hash;
use crate::domain::ids::{ConnectionId, SessionId};
use crate::domain::refusal::Refusal;
use crate::domain::units::DeviceKind;
use crate::error::AppError;
use crate::limits;
use crate::media::engine::{Answer, Client, JoinRefusal, RelayAccess};
use crate::room::handle::{Attach, Closing, RoomHandle, Wire};
use crate::store::office::{DeviceScope, DeviceToken};

/// Ended by its own DELETE, or by a token that opens nothing any more.
const ENDED: Closing = Closing { code: 1000, reason: "device_ended", retry_ms: 0 };
/// The same machine has begun anew.
const REPLACED: Closing = Closing { code: 4409, reason: "device_replaced", retry_ms: 0 };

/// Machines that are connected now.
#[derive(Default)]
pub struct Foreign {
    places: Mutex<HashMap<ConnectionId, Place>>,
}

struct Place {
    token: Hash,
    scope: DeviceScope,
    /// Of its offer: a fragment with another one asks for a restart.
    ufrag: Option<String>,
    room: RoomHandle,
    close: watch::Sender<Option<Closing>>,
}

/// What a machine is answered.
pub struct Begun {
    pub connection: ConnectionId,
    pub answer: Answer,
    pub relay: Option<RelayAccess>,
}

impl Foreign {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.places().len()
    }

    fn places(&self) -> MutexGuard<'_, HashMap<ConnectionId, Place>> {
        // Every change is one call: a panic elsewhere leaves nothing half done.
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The one a machine may speak for: another machine's connection looks like none.
fn find<'a>(
    places: &'a HashMap<ConnectionId, Place>,
    connection: ConnectionId,
    token: &DeviceToken,
) -> Result<&'a Place, AppError> {
    let theirs = |place: &&Place| place.token == token.token_hash && place.scope == token.scope;
    places.get(&connection).filter(theirs).ok_or(AppError::NotFound)
}

/// A request that names a state by its tag means this one (RFC 9110 §13.1.1).
fn means(if_match: &str, connection: ConnectionId) -> Result<(), AppError> {
    if if_match == "*" || if_match == etag(connection) { Ok(()) } else { Err(AppError::PreconditionFailed) }
}

/// The session a token is for now.
///
/// # Errors
/// `no_live_session` while the point, or the session itself, waits for its day.
pub async fn session_of(app: &App, token: &DeviceToken) -> Result<SessionId, AppError> {
    let none = || AppError::from(Refusal::new("no_live_session"));
    let session = match token.scope {
        DeviceScope::Point(point) => app.accounts.live_session_at(point).await?.ok_or_else(none)?,
        DeviceScope::Session(session) => session,
    };
    let look = app.registry.look(session).await?;
    if look.state.status().is_some_and(|status| status.is_live()) { Ok(session) } else { Err(none()) }
}

/// One offer, one answer. Whatever the same token had begun before ends.
///
/// # Errors
/// Those of the room and of the media plane.
pub async fn begin(app: &App, token: DeviceToken, sdp: String) -> Result<Begun, AppError> {
    let session = session_of(app, &token).await?;
    end_earlier(app, &token).await;
    if app.foreign.count() >= limits::FOREIGN_DEVICES {
        return Err(JoinRefusal::Full.into());
    }
    let room = app.registry.open(session).await?;
    let connection = ConnectionId(app.clock.new_id());
    let (frames, queue) = mpsc::channel(limits::CLIENT_QUEUE);
    let (close, told) = watch::channel(None);
    let wire = Wire { frames, close: close.clone() };
    let attach = Attach { connection, actor: device::actor(&token), have: Default::default(), wire };
    room.attach(attach).await?;
    let client = if token.kind() == DeviceKind::Wall { Client::Wall } else { Client::Encoder };
    let ufrag = ice_value(&sdp, UFRAG).map(str::to_owned);
    let answer = match room.join(connection, client, sdp).await {
        Ok(answer) => answer,
        Err(refusal) => {
            room.detach(connection).await;
            return Err(refusal.into());
        }
    };
    let relay = app.registry.services().engine.relay(connection);
    let place = Place { token: token.token_hash, scope: token.scope, ufrag, room: room.clone(), close };
    app.foreign.places().insert(connection, place);
    tracing::info!(%session, %connection, device = %token.id, kind = ?token.kind(), "a machine was let in");
    tokio::spawn(serve(app.clone(), token, room, connection, (queue, told)));
    Ok(Begun { connection, answer, relay })
}

/// Ends what a machine has begun.
///
/// # Errors
/// `NotFound` for what is not there or another's; `PreconditionFailed` where the request means another one.
pub async fn end(
    app: &App,
    token: &DeviceToken,
    connection: ConnectionId,
    if_match: Option<&str>,
) -> Result<(), AppError> {
    let place = {
        let mut places = app.foreign.places();
        find(&places, connection, token)?;
        if_match.map_or(Ok(()), |wanted| means(wanted, connection))?;
        places.remove(&connection).ok_or(AppError::NotFound)?
    };
    place.close.send_replace(Some(ENDED));
    place.room.detach(connection).await;
    Ok(())
}

/// A fragment of candidates (RFC 8840). We are the lite side and learn every address from its checks, so there is nothing to
/// do with them; a restart would need an answer of ours, and a new POST is as quick.
///
/// # Errors
/// `NotFound`; `PreconditionRequired`, `PreconditionFailed`; `BodyMalformed`; `IceRestartRefused`.
pub fn trickle(
    app: &App,
    token: &DeviceToken,
    connection: ConnectionId,
    if_match: Option<&str>,
    fragment: &str,
) -> Result<(), AppError> {
    let places = app.foreign.places();
    let place = find(&places, connection, token)?;
    means(if_match.ok_or(AppError::PreconditionRequired)?, connection)?;
    let (ufrag, pwd) = (ice_value(fragment, UFRAG), ice_value(fragment, "a=ice-pwd:"));
    let (Some(ufrag), Some(_)) = (ufrag, pwd) else { return Err(AppError::BodyMalformed(None)) };
    if place.ufrag.as_deref() == Some(ufrag) { Ok(()) } else { Err(AppError::IceRestartRefused) }
}

/// The name of what a POST made; it never changes, because nothing of it is negotiated anew.
pub fn etag(connection: ConnectionId) -> String {
    format!("\"{connection}\"")
}

const UFRAG: &str = "a=ice-ufrag:";

/// The value of an attribute in SDP or a fragment of it: bundled, so the first is that of all.
fn ice_value<'a>(text: &'a str, attribute: &str) -> Option<&'a str> {
    let value = text.lines().find_map(|line| line.trim_end().strip_prefix(attribute))?;
    (!value.is_empty()).then_some(value)
}

/// An encoder that starts again knows nothing of what it had.
async fn end_earlier(app: &App, token: &DeviceToken) {
    let earlier: Vec<(ConnectionId, Place)> = {
        let mut places = app.foreign.places();
        places.extract_if(|_, place| place.token == token.token_hash).collect()
    };
    for (connection, place) in earlier {
        place.close.send_replace(Some(REPLACED));
        place.room.detach(connection).await;
    }
}

/// Keeps the wire until the room, the machine or the administrator ends it.
async fn serve(
    app: App,
    token: DeviceToken,
    room: RoomHandle,
    connection: ConnectionId,
    (mut queue, mut told): (mpsc::Receiver<Arc<str>>, watch::Receiver<Option<Closing>>),
) {
    let mut check = interval(limits::SIGN_IN_CHECK);
    check.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            // It has no page that would read what the room says.
            frame = queue.recv() => if frame.is_none() { break },
            () = ended(&mut told) => break,
            _ = check.tick() => match app.accounts.device_token(token.token_hash).await {
                Ok(Some(now)) if now.is_good(app.clock.now()) => {}
                // A store that is away for a moment ends nothing.
                Err(_) => {}
                Ok(_) => break,
            },
        }
    }
    let reason = told.borrow().map_or("device_token_refused", |closing| closing.reason);
    app.foreign.places().remove(&connection);
    room.detach(connection).await;
    tracing::info!(%connection, device = %token.id, reason, "a machine has gone");
}

async fn ended(told: &mut watch::Receiver<Option<Closing>>) {
    // Without a sender there is nobody left who would keep it.
    drop(told.wait_for(Option::is_some).await);
}

impl From<JoinRefusal> for AppError {
    fn from(refusal: JoinRefusal) -> Self {
        Self::Refused(Refusal::new(refusal.code()))
    }
}

/// Ways in for machines; what stands before them differs from pages.
pub fn is_foreign(path: &str) -> bool {
    path.starts_with("/whip/") || path.starts_with("/whep/")
}

/// Any page may show a wall or send to a point, if it has a token: nothing here looks at cookies (RFC 9725 §4.1).
pub fn allow_any_origin(method: &Method, headers: &mut HeaderMap) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    let told = HeaderValue::from_static("Location, ETag, Link, Retry-After, WWW-Authenticate");
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, told);
    if method == Method::OPTIONS {
        for (name, value) in [
            (header::ACCESS_CONTROL_ALLOW_METHODS, "POST, PATCH, DELETE, OPTIONS"),
            (header::ACCESS_CONTROL_ALLOW_HEADERS, "Authorization, Content-Type, If-Match"),
            (header::ACCESS_CONTROL_MAX_AGE, "86400"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
}

/// `Link` values for a client's ICE servers (RFC 9725 §4.6).
pub fn ice_servers(relay: &RelayAccess) -> impl Iterator<Item = HeaderValue> {
    relay.urls.iter().filter_map(|url| {
        let (user, password) = (&relay.username, &relay.password);
        let link = format!(
            "<{url}>; rel=\"ice-server\"; username=\"{user}\"; credential=\"{password}\"; credential-type=\"password\""
        );
        HeaderValue::from_str(&link).ok()
    })
}
