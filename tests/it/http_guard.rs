//! What a request must be: T67 (CSRF), hosts, bodies, headers.

use serde_json::json;

use crate::support::web::{PASSWORD, Web};

#[tokio::test(flavor = "multi_thread")]
async fn other_sites_cannot_act_for_who_is_signed_in() {
    let web = Web::start().await;
    let cookie = web.sign_in("officer").await;
    let (host, origin) = (web.host.clone(), web.origin());
    let ours = [
        ("host", host.as_str()),
        ("origin", &origin),
        ("x-diemcau", "1"),
        ("content-type", "application/json"),
        ("cookie", &cookie),
    ];
    let body = json!({"session": uuid::Uuid::nil(), "point": null, "device": "main"}).to_string();
    // As a form or script of another site can send it, and as each guard is missing alone.
    for (name, change, status) in [
        ("all is right, no such session", ("", ""), 404),
        ("no origin", ("origin", ""), 403),
        ("foreign origin", ("origin", "https://evil.example"), 403),
        ("null origin", ("origin", "null"), 403),
        ("no header of ours", ("x-diemcau", ""), 403),
        ("a form's content type", ("content-type", "text/plain"), 415),
        ("a form", ("content-type", "application/x-www-form-urlencoded"), 415),
        ("foreign host", ("host", "evil.example"), 421),
        ("no cookie", ("cookie", ""), 401),
    ] {
        let headers: Vec<_> = ours
            .iter()
            .map(|(key, value)| if *key == change.0 { (*key, change.1) } else { (*key, *value) })
            .filter(|(_, value)| !value.is_empty())
            .collect();
        let answer = web.request("POST", "/api/v1/tickets", &headers, body.as_bytes()).await;
        assert_eq!(answer.status, status, "{name}: {answer:?}");
    }
    for site in ["cross-site", "same-site", "none"] {
        let mut headers = ours.to_vec();
        headers.push(("sec-fetch-site", site));
        assert_eq!(web.request("POST", "/api/v1/tickets", &headers, body.as_bytes()).await.status, 403, "{site}");
    }
    let reading = [("host", host.as_str()), ("cookie", &cookie), ("sec-fetch-site", "cross-site")];
    assert_eq!(web.request("GET", "/api/v1/me", &reading, b"").await.status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_are_bounded_and_strict() {
    let web = Web::start().await;
    let good = json!({"login": "officer", "password": PASSWORD});
    let mut unknown = good.clone();
    unknown["admin"] = json!(true);
    let answer = web.post("/api/v1/sign-in", "", &unknown).await;
    assert_eq!((answer.status, answer.code().as_str()), (400, "body_malformed"));
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    let mut deep = json!(1);
    for _ in 0..40 {
        deep = json!([deep]);
    }
    assert_eq!(web.post("/api/v1/sign-in", "", &deep).await.status, 400);
    let huge = json!({"login": "a".repeat(300 * 1024), "password": "x"});
    let answer = web.post("/api/v1/sign-in", "", &huge).await;
    assert_eq!((answer.status, answer.code().as_str()), (413, "body_too_large"));
    assert_eq!(web.post("/api/v1/me", "", &json!({})).await.status, 405);
    assert_eq!(web.get("/api/v1/nothing", "").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_carries_the_headers() {
    let web = Web::start().await;
    for path in ["/", "/healthz", "/api/v1/me", "/api/openapi.json", "/assets/none.js"] {
        let answer = web.get(path, "").await;
        for name in ["content-security-policy", "x-content-type-options", "permissions-policy", "referrer-policy"] {
            assert!(answer.header(name).is_some(), "{path} lacks {name}");
        }
        assert!(answer.header("server").is_none());
    }
    assert_eq!(web.get("/readyz", "").await.status, 200);
    let metrics = web.get("/metrics", "").await;
    assert!(String::from_utf8(metrics.body).unwrap().contains("diemcau_requests_total "));
    // Machines that watch know no name of ours; everything else needs one.
    assert_eq!(web.request("GET", "/healthz", &[("host", "10.0.0.5")], b"").await.status, 200);
    assert_eq!(web.request("GET", "/", &[("host", "10.0.0.5")], b"").await.status, 421);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_description_lists_every_route_and_none_works_without_a_sign_in_unless_it_says_so() {
    let web = Web::start().await;
    let description = web.get("/api/openapi.json", "").await.json();
    let paths = description["paths"].as_object().unwrap();
    assert!(paths.len() > 15);
    let id = uuid::Uuid::from_u128(5).to_string();
    for (path, methods) in paths {
        for (method, operation) in methods.as_object().unwrap() {
            let action = operation["operationId"].as_str().unwrap();
            assert!(diemcau::domain::access::is_known(action), "no row in the access table for {action}");
            if operation["security"] == json!([]) {
                continue;
            }
            let path = path.replace("{point}", &id).replace("{connection}", &id);
            let path =
                path.replace("{session}", &id).replace("{visit}", &id).replace("{file}", &id).replace("{segment}", &id);
            let answer = match method.as_str() {
                "get" => web.get(&path, "").await,
                "post" => web.post(&path, "", &json!({})).await,
                other => web.request(&other.to_uppercase(), &path, &[("host", &web.host)], b"").await,
            };
            let of_machines = operation["security"] == json!([{"deviceToken": []}]);
            let wanted = if of_machines { "device_token_refused" } else { "sign_in_needed" };
            assert_eq!((answer.status, answer.code().as_str()), (401, wanted), "{method} {path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_request_head_is_cut_off() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let web = Web::start().await;
    let mut stream = tokio::net::TcpStream::connect(web.server.address).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nhost: ").await.unwrap();
    let began = std::time::Instant::now();
    let mut rest = Vec::new();
    let read = tokio::time::timeout(std::time::Duration::from_secs(15), stream.read_to_end(&mut rest)).await;
    read.expect("the connection ends").ok();
    let took = began.elapsed().as_secs();
    assert!((9..13).contains(&took), "{took} s");
}
