//! The pages: files of `web/dist`, inside the program. Names with a hash are kept for ever, the rest is asked anew.

use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::error::AppError;

/// Empty when the pages were not built: the interface then works without them.
#[derive(RustEmbed)]
#[folder = "web/dist"]
#[allow_missing = true]
struct Pages;

/// Vite puts what has its hash in the name here.
const HASHED: &str = "assets/";

/// A file, or `index.html` for the address of a screen.
pub async fn serve(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path().trim_start_matches('/');
    if method != Method::GET && method != Method::HEAD {
        return AppError::MethodNotAllowed.into_response();
    }
    if let Some(file) = Pages::get(path).filter(|_| !path.is_empty()) {
        return answer(path, &file, &headers);
    }
    // A missing script must not be answered by a page; a screen's address has no dot in its last part.
    let is_screen = !path.starts_with("api/") && !path.rsplit('/').next().unwrap_or_default().contains('.');
    match Pages::get("index.html").filter(|_| is_screen) {
        Some(file) => answer("index.html", &file, &headers),
        None => AppError::NotFound.into_response(),
    }
}

fn answer(path: &str, file: &EmbeddedFile, request: &HeaderMap) -> Response {
    let hash = file.metadata.sha256_hash();
    let tag = format!("\"{}\"", hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect::<String>());
    let keep = if path.starts_with(HASHED) { "public, max-age=31536000, immutable" } else { "no-cache" };
    let known = request.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let mut response =
        if known { StatusCode::NOT_MODIFIED.into_response() } else { file.data.clone().into_owned().into_response() };
    let headers = response.headers_mut();
    let media_type = HeaderValue::from_str(file.metadata.mimetype());
    headers.insert(header::CONTENT_TYPE, media_type.unwrap_or(HeaderValue::from_static("application/octet-stream")));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    response
}
