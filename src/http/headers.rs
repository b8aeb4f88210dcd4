//! Headers of every answer: what the page may load, which devices it may use, that nothing frames it.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::config::Http;

/// SHA-256 of the two style sheets that react-aria puts into the page by script: presses that do not scroll, and pages
/// that do not scroll behind a dialog. The browser tests see a violation when a new version changes them.
const STYLE_HASHES: [&str; 2] =
    ["'sha256-38RhXrc7EdReTKsOm23ZPOCUgniTUUcjky8QOOrQx6o='", "'sha256-gYiS/BvZvRcK27JIXTuwhZ3hs2+VJ1X+2gUlE+farlg='"];

/// The headers, made once.
#[derive(Clone, Debug)]
pub struct Headers(Vec<(HeaderName, HeaderValue)>);

impl Headers {
    pub fn new(http: &Http) -> Self {
        let mut fixed = vec![
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
            (header::REFERRER_POLICY, "no-referrer".to_owned()),
            (header::X_FRAME_OPTIONS, "DENY".to_owned()),
            (header::CONTENT_SECURITY_POLICY, policy(http)),
            (HeaderName::from_static("cross-origin-opener-policy"), "same-origin".to_owned()),
            (HeaderName::from_static("cross-origin-resource-policy"), "same-origin".to_owned()),
            (
                HeaderName::from_static("permissions-policy"),
                "camera=(self), microphone=(self), display-capture=(self), geolocation=(), payment=(), usb=()"
                    .to_owned(),
            ),
        ];
        // Only where every configured address is https: a try-out on localhost must not lock browsers out of it.
        if http.origins.iter().all(|origin| origin.starts_with("https://")) {
            let year = "max-age=31536000; includeSubDomains".to_owned();
            fixed.push((header::STRICT_TRANSPORT_SECURITY, year));
        }
        let valid = fixed.into_iter().filter_map(|(name, value)| Some((name, HeaderValue::from_str(&value).ok()?)));
        Self(valid.collect())
    }

    /// Adds them; what a handler has set itself stays.
    pub fn add_to(&self, headers: &mut HeaderMap) {
        for (name, value) in &self.0 {
            headers.entry(name).or_insert_with(|| value.clone());
        }
        // What is not an asset is personal: it says itself when it may be kept.
        headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    }
}

/// The content security policy (design §8). Sockets are named beside `'self'`, which some browsers read as http alone.
fn policy(http: &Http) -> String {
    let sockets: Vec<String> = http.origins.iter().map(|origin| origin.replacen("http", "ws", 1)).collect();
    [
        "default-src 'none'".to_owned(),
        "script-src 'self' 'wasm-unsafe-eval'".to_owned(),
        format!("style-src 'self' {}", STYLE_HASHES.join(" ")),
        "img-src 'self' blob: data:".to_owned(),
        "media-src 'self' blob:".to_owned(),
        format!("connect-src 'self' {}", sockets.join(" ")),
        "font-src 'self'".to_owned(),
        "worker-src 'self'".to_owned(),
        "manifest-src 'self'".to_owned(),
        "form-action 'self'".to_owned(),
        "base-uri 'none'".to_owned(),
        "frame-ancestors 'none'".to_owned(),
        "require-trusted-types-for 'script'".to_owned(),
        "trusted-types diemcau".to_owned(),
    ]
    .join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(origin: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        Headers::new(&Http { origins: vec![origin.to_owned()], ..Http::default() }).add_to(&mut headers);
        headers
    }

    #[test]
    fn pages_may_use_devices_and_nothing_foreign() {
        let headers = of("https://tcd.vn");
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("connect-src 'self' wss://tcd.vn;"), "{policy}");
        assert!(!policy.contains("unsafe-inline") && !policy.contains('*'), "{policy}");
        assert!(headers["permissions-policy"].to_str().unwrap().contains("camera=(self)"));
        assert!(headers.contains_key("strict-transport-security"));
        assert!(!of("http://localhost:8080").contains_key("strict-transport-security"));
    }
}
