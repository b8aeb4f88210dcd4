//! The cookie of a sign-in: `__Host-sid`, which no other host and no script can set or read (RFC 6265bis §4.1.3).

use axum::http::{HeaderMap, HeaderValue, header};

use crate::error::AppError;

const NAME: &str = "__Host-sid";

/// The value of our cookie, if the browser sent exactly one.
pub fn read(headers: &HeaderMap) -> Option<&str> {
    let mut found = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(name, _)| *name == NAME)
        .map(|(_, value)| value);
    let value = found.next()?;
    found.next().is_none().then_some(value)
}

/// Gives the browser a sign-in. `Secure` on plain http works on loopback, which browsers trust like https.
pub fn set(token: &str, seconds: u64) -> Result<HeaderValue, AppError> {
    let text = format!("{NAME}={token}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={seconds}");
    HeaderValue::from_str(&text).map_err(|error| AppError::Internal(error.to_string()))
}

/// Takes it away.
pub fn clear() -> HeaderValue {
    HeaderValue::from_static("__Host-sid=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_cookie_is_read_two_are_none() {
        let with = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::COOKIE, text.parse().unwrap());
            read(&headers).map(str::to_owned)
        };
        assert_eq!(with("a=1; __Host-sid=abc; b=2").as_deref(), Some("abc"));
        assert_eq!(with("sid=abc; __host-sid=abc"), None);
        assert_eq!(with("__Host-sid=abc; __Host-sid=def"), None, "somebody planted a second one");
    }
}
