//! Errors as RFC 9457 problem documents.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::error::{AppError, Level};
use crate::protocol::rest::Problem;

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        let row = self.row();
        log(&self, row.code, row.level);
        let mut response =
            (StatusCode::from_u16(row.status).unwrap_or_default(), Json(document(&self))).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if self == Self::DeviceTokenRefused {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Self::TooManyAttempts(seconds) = self {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

fn document(error: &AppError) -> Problem {
    let row = error.row();
    let sentence = error.sentence();
    let (field, citation) = match error {
        AppError::Refused(refusal) => (refusal.field.map(str::to_owned), refusal.citation.map(str::to_owned)),
        AppError::BodyMalformed(field) => (field.clone(), None),
        _ => (None, None),
    };
    Problem {
        status: row.status,
        title: sentence.vi.to_owned(),
        title_en: sentence.en.to_owned(),
        code: row.code.to_owned(),
        field,
        citation,
    }
}

fn log(error: &AppError, code: &str, level: Level) {
    match level {
        Level::Debug => tracing::debug!(code, "answered with an error"),
        Level::Info => tracing::info!(code, "answered with an error"),
        Level::Warn => tracing::warn!(code, "answered with an error"),
        Level::Error => tracing::error!(code, %error, "answered with an error"),
    }
}
