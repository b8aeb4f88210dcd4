//! Files of the recording, for the player on the record page.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::sessions::id;
use crate::auth::sign_in::Caller;
use crate::domain::ids::{SegmentId, SessionId};
use crate::error::AppError;
use crate::http::context::App;
use crate::http::recordings::Part;
use crate::media::plan::RecordTarget;
use crate::room::standing::About;

/// `GET …/recordings/{segment}`: of the session's own part or of a visit the reader may hear.
pub(in crate::http) async fn read(
    State(app): State<App>,
    caller: Caller,
    Path((session, segment)): Path<(String, String)>,
    asked: HeaderMap,
) -> Result<Response, AppError> {
    let (session, segment): (SessionId, SegmentId) = (id(&session)?, id(&segment)?);
    let action = "http.recordings.read";
    let (look, reader) = app.rooms.read(&caller, session, "http.sessions.record", About::Session).await?;
    let visit = look.state.segments.get(&segment).ok_or(AppError::NotFound)?.visit;
    if !reader.may(&look.state, action, visit.map_or(About::Session, About::Visit)) {
        return Err(AppError::NotFound);
    }
    let part = Part::parse(asked.get(header::RANGE).and_then(|range| range.to_str().ok()));
    let opened = app.recordings.open(RecordTarget { session, visit }, segment, part).await?;
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(opened.media_type));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    // For a browser that cannot play it; others play it where it is.
    let name = HeaderValue::from_str(&format!("inline; filename=\"{segment}.{}\"", opened.extension));
    headers.insert(header::CONTENT_DISPOSITION, name.map_err(|error| AppError::Internal(error.to_string()))?);
    let Some((first, whole)) = opened.range else { return Ok((headers, opened.bytes).into_response()) };
    let last = first.saturating_add(opened.bytes.len() as u64).saturating_sub(1);
    let range = HeaderValue::from_str(&format!("bytes {first}-{last}/{whole}"));
    headers.insert(header::CONTENT_RANGE, range.map_err(|error| AppError::Internal(error.to_string()))?);
    Ok((StatusCode::PARTIAL_CONTENT, headers, opened.bytes).into_response())
}
