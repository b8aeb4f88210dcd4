//! Sessions for office pages: lists, proposals, acts, and what remains.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;

use crate::auth::sign_in::Caller;
use crate::domain::ids::SessionId;
use crate::domain::units::DeviceKind;
use crate::error::AppError;
use crate::http::body::Strict;
use crate::http::context::App;
use crate::protocol::rest::{CommandRequest, Committed, DayQuery, Directory, NewSession, Page, RecordView, SessionRow};

/// From the path; what is no id is as unknown as an id of nobody.
pub(super) fn id<T: std::str::FromStr>(text: &str) -> Result<T, AppError> {
    text.parse().map_err(|_| AppError::NotFound)
}

pub(in crate::http) async fn directory(State(app): State<App>, caller: Caller) -> Result<Json<Directory>, AppError> {
    Ok(Json(app.sessions.directory(&caller.roles).await?))
}

pub(in crate::http) async fn list(
    State(app): State<App>,
    caller: Caller,
    query: Result<Query<DayQuery>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<Page<SessionRow>>, AppError> {
    let Query(asked) = query.map_err(|_| AppError::BodyMalformed(Some("day".to_owned())))?;
    let kiosk = caller.kiosk.as_ref().map(|device| device.point);
    Ok(Json(app.sessions.day(&caller.actor(kiosk, DeviceKind::Companion), &asked, app.clock.now()).await?))
}

pub(in crate::http) async fn read(
    State(app): State<App>,
    caller: Caller,
    Path(session): Path<String>,
) -> Result<Json<SessionRow>, AppError> {
    let kiosk = caller.kiosk.as_ref().map(|device| device.point);
    Ok(Json(app.sessions.one(&caller.actor(kiosk, DeviceKind::Companion), id(&session)?).await?))
}

pub(in crate::http) async fn create(
    State(app): State<App>,
    caller: Caller,
    Strict(new): Strict<NewSession>,
) -> Result<(StatusCode, Json<Committed>), AppError> {
    let seq = app.sessions.create(caller.actor(None, DeviceKind::Companion), new).await?;
    Ok((StatusCode::CREATED, Json(Committed { seq })))
}

/// An act from an office page: at no point, except a kiosk's own.
pub(in crate::http) async fn command(
    State(app): State<App>,
    caller: Caller,
    Path(session): Path<String>,
    Strict(asked): Strict<CommandRequest>,
) -> Result<Json<Committed>, AppError> {
    let session: SessionId = id(&session)?;
    let kiosk = caller.kiosk.as_ref().map(|device| device.point);
    let actor = caller.actor(kiosk, DeviceKind::Companion);
    let room = app.sessions.room(&actor, session, "http.sessions.command").await?;
    Ok(Json(Committed { seq: room.command(actor, asked.id, asked.command).await? }))
}

pub(in crate::http) async fn record(
    State(app): State<App>,
    caller: Caller,
    Path(session): Path<String>,
) -> Result<Json<RecordView>, AppError> {
    let kiosk = caller.kiosk.as_ref().map(|device| device.point);
    let actor = caller.actor(kiosk, DeviceKind::Companion);
    let room = app.sessions.room(&actor, id(&session)?, "http.sessions.record").await?;
    Ok(Json(room.record(actor).await?))
}
