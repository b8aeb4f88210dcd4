//! In, out, and who one is.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::auth::sign_in::Caller;
use crate::error::AppError;
use crate::http::body::Strict;
use crate::http::caller::Address;
use crate::http::context::App;
use crate::http::cookie;
use crate::protocol::rest::{KioskView, Me, SignIn, SignInLink};
use crate::ws::closing;

/// A new cookie for who was let in; the sign-in before, if the browser had one, ends (no fixation).
pub(super) async fn welcome(app: &App, before: Option<Caller>, token: String) -> Result<Response, AppError> {
    if let Some(before) = before {
        app.sign_ins.sign_out(&before).await?;
        app.sockets.close(before.sign_in, closing::SIGNED_OUT);
    }
    app.metrics.sign_ins.add();
    let cookie = cookie::set(&token, app.sign_ins.cookie_seconds())?;
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]).into_response())
}

pub(in crate::http) async fn by_password(
    State(app): State<App>,
    address: Address,
    before: Option<Caller>,
    Strict(given): Strict<SignIn>,
) -> Result<Response, AppError> {
    let token = app.sign_ins.by_password(address.0, given).await;
    let token = token.inspect_err(|_| app.metrics.sign_ins_failed.add())?;
    welcome(&app, before, token).await
}

pub(in crate::http) async fn by_link(
    State(app): State<App>,
    address: Address,
    before: Option<Caller>,
    Strict(given): Strict<SignInLink>,
) -> Result<Response, AppError> {
    let token = app.sign_ins.by_link(address.0, &given.token).await;
    let token = token.inspect_err(|_| app.metrics.sign_ins_failed.add())?;
    welcome(&app, before, token).await
}

/// Ends the sign-in, its sockets, and what the browser keeps of it.
pub(in crate::http) async fn sign_out(State(app): State<App>, caller: Caller) -> Result<Response, AppError> {
    app.sign_ins.sign_out(&caller).await?;
    app.sockets.close(caller.sign_in, closing::SIGNED_OUT);
    let forget = [
        (header::SET_COOKIE, cookie::clear()),
        (HeaderName::from_static("clear-site-data"), HeaderValue::from_static("\"cache\"")),
    ];
    Ok((StatusCode::NO_CONTENT, forget).into_response())
}

pub(in crate::http) async fn me(State(app): State<App>, caller: Caller) -> Result<Json<Me>, AppError> {
    let points = app.accounts.points_for(caller.user.id, caller.kiosk_point()).await?;
    let kiosk = caller.kiosk.map(|device| KioskView { point: device.point, device: device.kind, name: device.name });
    Ok(Json(Me { user: caller.user, roles: caller.roles, points, kiosk }))
}
