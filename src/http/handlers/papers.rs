//! Papers of the record as PDF.

use std::collections::BTreeSet;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, header};

use super::sessions::id;
use crate::app::papers::Printed;
use crate::auth::sign_in::Caller;
use crate::domain::ids::{PointId, SessionId, VisitId};
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
    let (look, _) = app.rooms.read(&caller, session, "http.papers.minutes", about).await?;
    answer(app.papers.minutes(&look.state, visit).await?)
}

/// `GET …/attendance.pdf`: whole for the receiver's side, of the own point for its officer.
pub(in crate::http) async fn attendance(
    State(app): State<App>,
    caller: Caller,
    Path(session): Path<String>,
) -> Result<(HeaderMap, Vec<u8>), AppError> {
    let action = "http.papers.attendance";
    let (look, reader) = app.rooms.read(&caller, id(&session)?, action, About::Session).await?;
    let points: BTreeSet<PointId> = reader.attendance_points(&look.state).into_iter().collect();
    if points.is_empty() {
        return Err(AppError::NotFound);
    }
    answer(app.papers.attendance_of(&look.state, &points).await?)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paper_is_shown_under_a_plain_name_and_kept_by_nobody() {
        let paper = Printed { file_name: "bien-ban-2026-11-23-luot-01.pdf".to_owned(), pdf: b"%PDF-".to_vec() };
        let (headers, body) = answer(paper).unwrap();
        assert_eq!(headers[header::CONTENT_TYPE], "application/pdf");
        assert_eq!(headers[header::CONTENT_DISPOSITION], "inline; filename=\"bien-ban-2026-11-23-luot-01.pdf\"");
        assert_eq!(headers[header::CACHE_CONTROL], "no-store");
        assert_eq!(body, b"%PDF-");
    }
}
