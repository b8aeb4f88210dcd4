//! Sessions for office pages: lists, proposals, acts, and what remains.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;

use crate::app::sessions::Listed;
use crate::auth::sign_in::Caller;
use crate::domain::ids::SessionId;
use crate::domain::units::DeviceKind;
use crate::error::AppError;
use crate::http::body::Strict;
use crate::http::context::App;
use crate::http::rooms::by_client;
use crate::protocol::rest::{CommandRequest, Committed, DayQuery, Directory, NewSession, Page, RecordView, SessionRow};
use crate::room::record;
use crate::room::standing::About;

/// From the path; what is no id is as unknown as an id of nobody.
pub(super) fn id<T: std::str::FromStr>(text: &str) -> Result<T, AppError> {
    text.parse().map_err(|_| AppError::NotFound)
}

/// Everybody may know units and points; the people of the house are for those who work in it.
pub(in crate::http) async fn directory(State(app): State<App>, caller: Caller) -> Result<Json<Directory>, AppError> {
    let users = if caller.roles.is_empty() { Vec::new() } else { app.accounts.officers().await? };
    Ok(Json(Directory { units: app.accounts.units().await?, points: app.accounts.points().await?, users }))
}

pub(in crate::http) async fn list(
    State(app): State<App>,
    caller: Caller,
    query: Result<Query<DayQuery>, QueryRejection>,
) -> Result<Json<Page<SessionRow>>, AppError> {
    let Query(asked) = query.map_err(|_| AppError::BodyMalformed(Some("day".to_owned())))?;
    let actor = caller.actor(None, DeviceKind::Companion);
    let kiosk = caller.kiosk_point();
    let page = app.sessions.day(&actor, kiosk, asked.day, asked.after.as_deref(), app.clock.now()).await?;
    Ok(Json(Page { rows: page.rows.into_iter().map(row).collect(), next: page.next }))
}

pub(in crate::http) async fn read(
    State(app): State<App>,
    caller: Caller,
    Path(session): Path<String>,
) -> Result<Json<SessionRow>, AppError> {
    let actor = caller.actor(None, DeviceKind::Companion);
    let listed = app.sessions.one(&actor, caller.kiosk_point(), id(&session)?).await?;
    listed.map(|listed| Json(row(listed))).ok_or(AppError::NotFound)
}

pub(in crate::http) async fn create(
    State(app): State<App>,
    caller: Caller,
    Strict(new): Strict<NewSession>,
) -> Result<(StatusCode, Json<Committed>), AppError> {
    let seq = app.rooms.create(caller.actor(None, DeviceKind::Companion), new).await?;
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
    by_client(&asked.command)?;
    let actor = caller.actor(caller.kiosk_point(), DeviceKind::Companion);
    let (room, _) = app.rooms.enter(&actor, session, "http.sessions.command", About::Session).await?;
    let command = app.registry.complete(session, asked.command).await?;
    Ok(Json(Committed { seq: room.command(actor, asked.id, command).await? }))
}

pub(in crate::http) async fn record(
    State(app): State<App>,
    caller: Caller,
    Path(session): Path<String>,
) -> Result<Json<RecordView>, AppError> {
    let (look, reader) = app.rooms.read(&caller, id(&session)?, "http.sessions.record", About::Session).await?;
    let unit = look.state.about.as_ref().map(|about| about.unit).ok_or(AppError::NotFound)?;
    let unit_name = app.sessions.unit_name(unit).await?;
    let view = record::view(&look.state, &reader, &unit_name, &look.head_hash, &app.key_fingerprint);
    view.map(Json).ok_or(AppError::NotFound)
}

fn row(listed: Listed) -> SessionRow {
    let Listed { row, unit_name, visits, functions, my_points } = listed;
    SessionRow {
        id: row.id,
        unit: row.unit,
        unit_name,
        title: row.title,
        kind: row.kind,
        status: row.status,
        starts_at: row.starts_at,
        visits,
        functions,
        my_points,
    }
}
