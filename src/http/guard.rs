//! What a request must be before anybody looks at it: for our host, from our page, with our header.

use axum::http::{HeaderMap, Method, header};

use crate::config::Http;
use crate::error::AppError;

/// Hosts and origins this server answers to.
#[derive(Clone, Debug)]
pub struct Guard {
    hosts: std::collections::BTreeSet<String>,
    origins: std::collections::BTreeSet<String>,
}

const FETCH_SITE: &str = "sec-fetch-site";
/// A header no form of another site can send.
const OURS: &str = "x-diemcau";

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

impl Guard {
    pub fn new(http: &Http) -> Self {
        Self { hosts: http.hosts(), origins: http.origins.iter().cloned().collect() }
    }

    /// The one `Host` header, configured. Against names that were made to point at us (DNS rebinding).
    pub fn check_host(&self, headers: &HeaderMap) -> Result<(), AppError> {
        let mut hosts = headers.get_all(header::HOST).iter();
        let host = hosts.next().and_then(|host| host.to_str().ok()).map(str::to_ascii_lowercase);
        let known = host.is_some_and(|host| self.hosts.contains(&host));
        if known && hosts.next().is_none() { Ok(()) } else { Err(AppError::HostRefused) }
    }

    /// For everything under `/api`: browsers say which page asks, and no other site's may. An unsafe method needs the
    /// exact origin and our header beside the cookie.
    pub fn check_api(&self, method: &Method, headers: &HeaderMap) -> Result<(), AppError> {
        if method.is_safe() {
            return check_fetch_site(headers, &["same-origin", "none"]);
        }
        self.check_origin(headers)?;
        check_fetch_site(headers, &["same-origin"])?;
        if text(headers, OURS) == Some("1") { Ok(()) } else { Err(AppError::OriginRefused) }
    }

    /// For the upgrade to a socket: browsers send no preflight for it, so the origin is all there is.
    pub fn check_upgrade(&self, headers: &HeaderMap) -> Result<(), AppError> {
        self.check_origin(headers)?;
        check_fetch_site(headers, &["same-origin"])
    }

    /// One `Origin`, configured, and of the very host that is asked: our hosts do not trust one another.
    fn check_origin(&self, headers: &HeaderMap) -> Result<(), AppError> {
        let mut origins = headers.get_all(header::ORIGIN).iter();
        let origin = origins.next().and_then(|origin| origin.to_str().ok()).ok_or(AppError::OriginRefused)?;
        let host = text(headers, "host").map(str::to_ascii_lowercase);
        let same = host.is_some_and(|host| origin.split_once("://").is_some_and(|(_, of)| of == host));
        if same && origins.next().is_none() && self.origins.contains(origin) {
            Ok(())
        } else {
            Err(AppError::OriginRefused)
        }
    }
}

fn check_fetch_site(headers: &HeaderMap, allowed: &[&str]) -> Result<(), AppError> {
    match headers.get(FETCH_SITE).map(|value| value.to_str().unwrap_or_default()) {
        Some(site) if !allowed.contains(&site) => Err(AppError::OriginRefused),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard() -> Guard {
        let origins = vec![
            "https://tcd.vn".to_owned(),
            "http://a.localhost:8080".to_owned(),
            "http://b.localhost:8080".to_owned(),
        ];
        Guard::new(&Http { origins, ..Http::default() })
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn only_configured_hosts_are_answered() {
        let guard = guard();
        for good in ["tcd.vn", "TCD.vn", "a.localhost:8080"] {
            assert_eq!(guard.check_host(&headers(&[("host", good)])), Ok(()), "{good}");
        }
        for bad in ["evil.vn", "tcd.vn.evil.vn", "tcd.vn:444", "a.localhost", "", "x.tcd.vn"] {
            assert_eq!(guard.check_host(&headers(&[("host", bad)])), Err(AppError::HostRefused), "{bad}");
        }
        assert_eq!(guard.check_host(&headers(&[])), Err(AppError::HostRefused));
        let two = headers(&[("host", "tcd.vn"), ("host", "evil.vn")]);
        assert_eq!(guard.check_host(&two), Err(AppError::HostRefused));
    }

    #[test]
    fn unsafe_methods_need_origin_site_and_header() {
        let guard = guard();
        let good =
            [("host", "tcd.vn"), ("origin", "https://tcd.vn"), ("sec-fetch-site", "same-origin"), ("x-diemcau", "1")];
        assert_eq!(guard.check_api(&Method::POST, &headers(&good)), Ok(()));
        assert_eq!(guard.check_api(&Method::POST, &headers(&[good[0], good[1], good[3]])), Ok(()), "older browsers");
        for (name, value) in [
            ("origin", "https://evil.vn"),
            ("origin", "null"),
            ("origin", "http://tcd.vn"),
            ("origin", "http://a.localhost:8080"),
            ("sec-fetch-site", "same-site"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "none"),
            ("x-diemcau", "0"),
        ] {
            let changed = good.map(|pair| if pair.0 == name { (pair.0, value) } else { pair });
            assert_eq!(
                guard.check_api(&Method::POST, &headers(&changed)),
                Err(AppError::OriginRefused),
                "{name} {value}"
            );
        }
        for missing in ["origin", "x-diemcau"] {
            let rest: Vec<_> = good.into_iter().filter(|pair| pair.0 != missing).collect();
            assert_eq!(guard.check_api(&Method::DELETE, &headers(&rest)), Err(AppError::OriginRefused), "{missing}");
        }
    }

    #[test]
    fn reading_needs_no_origin_but_no_other_site_may_ask() {
        let guard = guard();
        assert_eq!(guard.check_api(&Method::GET, &headers(&[])), Ok(()));
        assert_eq!(guard.check_api(&Method::GET, &headers(&[("sec-fetch-site", "none")])), Ok(()));
        let cross = headers(&[("sec-fetch-site", "cross-site")]);
        assert_eq!(guard.check_api(&Method::GET, &cross), Err(AppError::OriginRefused));
    }
}
