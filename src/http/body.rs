//! JSON bodies, read strictly.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::AppError;
use crate::limits;
use crate::protocol::strict::{self, StrictError};

/// A JSON body of a known shape; unknown keys, keys twice and deep nesting are refused.
pub struct Strict<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Serialize> FromRequest<S> for Strict<T> {
    type Rejection = AppError;

    async fn from_request(request: Request, state: &S) -> Result<Self, AppError> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let essence = kind.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("application/json") {
            return Err(AppError::BodyType);
        }
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => AppError::BodyTooLarge,
            _ => AppError::BodyMalformed(None),
        })?;
        let text = std::str::from_utf8(&bytes).map_err(|_| AppError::BodyMalformed(None))?;
        strict::read(text, limits::FRAME_DEPTH).map(Self).map_err(|error| match error {
            StrictError::Unknown(key) => AppError::BodyMalformed(Some(key)),
            StrictError::TooDeep | StrictError::Shape => AppError::BodyMalformed(None),
        })
    }
}
