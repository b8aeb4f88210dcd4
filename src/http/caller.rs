//! The caller in a handler's arguments: put there by the gate, so a handler cannot forget to ask.

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;

use super::context::App;
use super::cookie;
use super::peer::{self, Peer};
use crate::auth::sign_in::Caller;
use crate::error::AppError;

impl FromRequestParts<App> for Caller {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, AppError> {
        parts.extensions.get::<Self>().cloned().ok_or(AppError::SignInNeeded)
    }
}

/// On routes that are open to everyone, the caller may be asked for.
impl OptionalFromRequestParts<App> for Caller {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Option<Self>, AppError> {
        let Some(token) = cookie::read(&parts.headers) else { return Ok(None) };
        match app.sign_ins.caller(token).await {
            Ok(caller) => Ok(Some(caller)),
            Err(AppError::SignInNeeded) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// The client's address, for throttling alone; it is never logged.
pub struct Address(pub std::net::IpAddr);

impl FromRequestParts<App> for Address {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, AppError> {
        let peer = parts.extensions.get::<Peer>().copied();
        let peer = peer.ok_or_else(|| AppError::Internal("a request without a peer".to_owned()))?;
        Ok(Self(peer::client(peer, &parts.headers, &app.config.http.proxies)))
    }
}
