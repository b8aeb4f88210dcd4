//! Papers of the record as PDF.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, header};

use super::sessions::id;
use crate::app::papers::Printed;
use crate::auth::sign_in::Caller;
use crate::domain::ids::{SessionId, VisitId};
use crate::error::AppError;
use crate::http::context::App;
use crate::room::standing::About;

/// `GET …/visits/{visit}/minutes.pdf`.
pub(in crate::http) async fn minutes(
    State(app): State<App>,
    caller: Caller,
    Path((session, visit)): Path<(String, String)>,
) -> Result<(HeaderMap, Vec<u8>), AppError> {
    let (session, visit): (SessionId, VisitId) = (id(&session)?, id(&visit)?);
    let about = About::Visit(visit);
    let (_, look, _) = app.rooms.enter_anywhere(&caller, session, "http.papers.minutes", about).await?;
    answer(app.papers.minutes(&look.state, visit).await?)
}

/// `GET …/attendance.pdf`.
pub(in crate::http) async fn attendance(
    State(app): State<App>,
    caller: Caller,
    Path(session): Path<String>,
) -> Result<(HeaderMap, Vec<u8>), AppError> {
    let action = "http.papers.attendance";
    let (_, look, _) = app.rooms.enter_anywhere(&caller, id(&session)?, action, About::Session).await?;
    answer(app.papers.attendance(&look.state).await?)
}

/// Shown in the browser, kept by nobody on the way: the next print may say more.
fn answer(paper: Printed) -> Result<(HeaderMap, Vec<u8>), AppError> {
    let name = HeaderValue::from_str(&format!("inline; filename=\"{}\"", paper.file_name));
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/pdf"));
    headers.insert(header::CONTENT_DISPOSITION, name.map_err(|error| AppError::Internal(error.to_string()))?);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok((headers, paper.pdf))
}
