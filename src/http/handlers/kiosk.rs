//! Kiosks: paired browsers of a point.

use axum::Json;
use axum::extract::State;
use axum::response::Response;

use super::sign_in::welcome;
use crate::auth::sign_in::Caller;
use crate::error::AppError;
use crate::http::body::Strict;
use crate::http::caller::Address;
use crate::http::context::App;
use crate::protocol::rest::{KioskChallenge, KioskPair, KioskPaired, KioskSignIn};

pub(in crate::http) async fn challenge(State(app): State<App>) -> Result<Json<KioskChallenge>, AppError> {
    Ok(Json(KioskChallenge { challenge: app.sign_ins.challenge()? }))
}

pub(in crate::http) async fn pair(
    State(app): State<App>,
    address: Address,
    Strict(given): Strict<KioskPair>,
) -> Result<Json<KioskPaired>, AppError> {
    let device = app.sign_ins.pair(address.0, &given).await?;
    Ok(Json(KioskPaired { device: device.id, point: device.point, kind: device.kind, name: device.name }))
}

pub(in crate::http) async fn sign_in(
    State(app): State<App>,
    before: Option<Caller>,
    Strict(given): Strict<KioskSignIn>,
) -> Result<Response, AppError> {
    let token = app.sign_ins.by_kiosk(&given, before.as_ref()).await?;
    welcome(&app, before, token).await
}
