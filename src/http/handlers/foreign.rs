//! WHIP and WHEP: what an encoder or a wall display asks for by HTTP.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::sessions::id;
use crate::auth::device;
use crate::domain::ids::{ConnectionId, PointId, SessionId};
use crate::error::AppError;
use crate::http::context::App;
use crate::http::foreign::{self, Begun};
use crate::store::office::{DeviceScope, DeviceToken};

const SDP: &str = "application/sdp";
const FRAGMENT: &str = "application/trickle-ice-sdpfrag";

/// Who asks, by its Bearer token.
pub(in crate::http) struct Machine(DeviceToken);

impl FromRequestParts<App> for Machine {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, AppError> {
        let mut headers = parts.headers.get_all(header::AUTHORIZATION).iter();
        let given = headers.next().and_then(|value| value.to_str().ok()).filter(|_| headers.next().is_none());
        device::admit(&app.accounts, given, app.clock.now()).await.map(Self)
    }
}

impl Machine {
    /// A token opens one thing; all others are not there for it.
    fn only(self, scope: DeviceScope) -> Result<DeviceToken, AppError> {
        if self.0.scope == scope { Ok(self.0) } else { Err(AppError::NotFound) }
    }
}

/// A body of text with its media type.
pub(in crate::http) struct Text {
    kind: String,
    body: String,
}

impl<S: Send + Sync> FromRequest<S> for Text {
    type Rejection = AppError;

    async fn from_request(request: Request, state: &S) -> Result<Self, AppError> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => AppError::BodyTooLarge,
            _ => AppError::BodyMalformed(None),
        })?;
        let body = String::from_utf8(bytes.to_vec()).map_err(|_| AppError::BodyMalformed(None))?;
        Ok(Self { kind, body })
    }
}

impl Text {
    fn of(self, kind: &str) -> Result<String, AppError> {
        if self.kind == kind { Ok(self.body) } else { Err(AppError::BodyType) }
    }
}

/// `POST /whip/{point}`.
pub(in crate::http) async fn publish(
    State(app): State<App>,
    machine: Machine,
    Path(point): Path<String>,
    offer: Text,
) -> Result<Created, AppError> {
    let token = machine.only(DeviceScope::Point(id::<PointId>(&point)?))?;
    let begun = foreign::begin(&app, token, offer.of(SDP)?).await?;
    Ok(Created { location: format!("/whip/{point}/{}", begun.connection), begun })
}

/// `POST /whep/{session}`.
pub(in crate::http) async fn show(
    State(app): State<App>,
    machine: Machine,
    Path(session): Path<String>,
    offer: Text,
) -> Result<Created, AppError> {
    let token = machine.only(DeviceScope::Session(id::<SessionId>(&session)?))?;
    let begun = foreign::begin(&app, token, offer.of(SDP)?).await?;
    Ok(Created { location: format!("/whep/{session}/{}", begun.connection), begun })
}

/// `PATCH` of what a POST made.
pub(in crate::http) async fn trickle(
    State(app): State<App>,
    machine: Machine,
    Path((of, connection)): Path<(String, String)>,
    headers: HeaderMap,
    fragment: Text,
) -> Result<StatusCode, AppError> {
    let (token, connection) = (machine.of(&of)?, id::<ConnectionId>(&connection)?);
    foreign::trickle(&app, &token, connection, if_match(&headers), &fragment.of(FRAGMENT)?)?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE` of what a POST made.
pub(in crate::http) async fn end(
    State(app): State<App>,
    machine: Machine,
    Path((of, connection)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<StatusCode, AppError> {
    let (token, connection) = (machine.of(&of)?, id::<ConnectionId>(&connection)?);
    foreign::end(&app, &token, connection, if_match(&headers)).await?;
    Ok(StatusCode::OK)
}

/// `OPTIONS`: what may be asked here (the answer to a preflight is added to every answer of these addresses).
pub(in crate::http) async fn options() -> Response {
    let accepted = [
        (header::ALLOW, HeaderValue::from_static("POST, PATCH, DELETE, OPTIONS")),
        (header::HeaderName::from_static("accept-post"), HeaderValue::from_static(SDP)),
        (header::HeaderName::from_static("accept-patch"), HeaderValue::from_static(FRAGMENT)),
    ];
    (StatusCode::OK, HeaderMap::from_iter(accepted)).into_response()
}

impl Machine {
    /// The token, if the address names what it is for.
    fn of(self, text: &str) -> Result<DeviceToken, AppError> {
        let scope = match self.0.scope {
            DeviceScope::Point(_) => DeviceScope::Point(id(text)?),
            DeviceScope::Session(_) => DeviceScope::Session(id(text)?),
        };
        self.only(scope)
    }
}

fn if_match(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::IF_MATCH).and_then(|value| value.to_str().ok())
}

/// 201 with everything the machine needs (RFC 9725 §4.2).
pub(in crate::http) struct Created {
    location: String,
    begun: Begun,
}

impl IntoResponse for Created {
    fn into_response(self) -> Response {
        let Self { location, begun } = self;
        let mut response = (StatusCode::CREATED, begun.answer.sdp).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(SDP));
        for (name, value) in [(header::LOCATION, location), (header::ETAG, foreign::etag(begun.connection))] {
            match HeaderValue::try_from(value) {
                Ok(value) => headers.insert(name, value),
                Err(error) => return AppError::Internal(error.to_string()).into_response(),
            };
        }
        for server in begun.relay.iter().flat_map(foreign::ice_servers) {
            headers.append(header::LINK, server);
        }
        response
    }
}
