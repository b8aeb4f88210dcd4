//! T63: what belongs to another unit does not exist.

use diemcau::clock::Clock as _;
use diemcau::http::routes::ROUTES;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::web::{BOARD, CENTRAL, Web, XA_A};

#[tokio::test(flavor = "multi_thread")]
async fn another_units_ids_are_answered_like_ids_of_nobody() {
    let web = Web::start().await;
    let session = web.session().await.to_string();
    let nobody = Uuid::from_u128(0xdead).to_string();
    let cookie = web.sign_in("stranger").await;
    let officer = web.sign_in("officer").await;
    let act = json!({"id": Uuid::now_v7(), "command": {"do": "set_room_wide", "on": true}});
    let paths = [
        ("GET", "/api/v1/sessions/{}", Value::Null),
        ("GET", "/api/v1/sessions/{}/record", Value::Null),
        ("GET", "/api/v1/files/{}", Value::Null),
        ("GET", "/api/v1/sessions/{}/attendance.pdf", Value::Null),
        ("GET", "/api/v1/sessions/{}/visits/01931f5e-0000-7000-8000-000000000001/minutes.pdf", Value::Null),
        ("GET", "/api/v1/sessions/{}/recordings/01931f5e-0000-7000-8000-000000000001", Value::Null),
        ("POST", "/api/v1/sessions/{}/commands", act),
    ];
    for (method, path, body) in &paths {
        let ask = async |id: &str| match *method {
            "GET" => web.get(&path.replace("{}", id), &cookie).await,
            _ => web.post(&path.replace("{}", id), &cookie, body).await,
        };
        let (theirs, none, nonsense) = (ask(&session).await, ask(&nobody).await, ask("no-id").await);
        assert_eq!(theirs.status, 404, "{path}");
        assert_eq!(theirs.body, none.body, "{path}");
        assert_eq!(theirs.body, nonsense.body, "{path}");
    }
    // Addresses with an id that are asked otherwise: a file sent (`http_files`), what machines ask (`foreign::http`).
    let elsewhere = |path: &str| path.ends_with("/files") || path.starts_with("/whip/") || path.starts_with("/whep/");
    let known = |path: &str| elsewhere(path) || paths.iter().any(|(_, asked, _)| like(asked, path));
    for route in ROUTES.iter().filter(|route| route.path.contains('{')) {
        assert!(known(route.path), "{} is not asked here", route.path);
    }
    // A seat in a session, before any socket: of another unit, of nobody, and at a point that is not one's own.
    let ticket = |session: &str, point: Uuid| json!({"session": session, "point": point, "device": "main"});
    for point in [CENTRAL, XA_A].map(|point| point.0) {
        let theirs = web.post("/api/v1/tickets", &cookie, &ticket(&session, point)).await;
        let none = web.post("/api/v1/tickets", &cookie, &ticket(&nobody, point)).await;
        assert_eq!((theirs.status, &theirs.body), (404, &none.body));
    }
    assert_eq!(web.get(&format!("/api/v1/sessions/{session}"), &officer).await.status, 200);
    assert_eq!(web.get(&format!("/api/v1/sessions/{session}/record"), &officer).await.status, 200);
}

/// Whether an asked path is one of the route's: its ids in their places.
fn like(asked: &str, route: &str) -> bool {
    let (asked, route) = (asked.split('/'), route.split('/'));
    asked.clone().count() == route.clone().count()
        && asked.zip(route).all(|(one, part)| one == part || (part.starts_with('{') && !one.is_empty()))
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_hold_what_concerns_the_reader() {
    let web = Web::start().await;
    let session = web.session().await;
    for (login, functions, points) in [
        ("officer", json!(["note_taker"]), json!([CENTRAL])),
        ("head", json!(["presider"]), json!([CENTRAL])),
        ("xa-a", json!(["point_officer"]), json!([XA_A])),
        ("tech", json!([]), json!([])),
    ] {
        let cookie = web.sign_in(login).await;
        let page = web.get("/api/v1/sessions", &cookie).await.json();
        assert_eq!(page["rows"].as_array().unwrap().len(), 1, "{login}: {page}");
        let row = &page["rows"][0];
        assert_eq!(
            (&row["id"], &row["functions"], &row["my_points"]),
            (&json!(session), &functions, &points),
            "{login}"
        );
        assert_eq!(page["next"], Value::Null);
    }
    let cookie = web.sign_in("stranger").await;
    assert_eq!(web.get("/api/v1/sessions", &cookie).await.json()["rows"], json!([]));
    let cookie = web.sign_in("officer").await;
    assert_eq!(web.get("/api/v1/sessions?day=2020-01-01", &cookie).await.json()["rows"], json!([]));
    for wrong in ["day=yesterday", "after=nonsense"] {
        let answer = web.get(&format!("/api/v1/sessions?{wrong}"), &cookie).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "body_malformed"), "{wrong}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn proposing_and_deciding_are_different_peoples_acts() {
    let web = Web::start().await;
    let session = web.session().await;
    let act = |command: Value| json!({"id": Uuid::now_v7(), "command": command});
    let approve = act(json!({"do": "move_session", "act": "approve"}));
    let path = format!("/api/v1/sessions/{session}/commands");
    for (login, status, code) in [
        ("officer", 403, "not_permitted"),
        ("tech", 403, "not_permitted"),
        ("xa-a", 403, "not_permitted"),
        ("stranger", 404, "not_found"),
    ] {
        let cookie = web.sign_in(login).await;
        let answer = web.post(&path, &cookie, &approve).await;
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{login}");
    }
    let head = web.sign_in("head").await;
    let done = web.post(&path, &head, &approve).await;
    assert_eq!(done.status, 200, "{done:?}");
    assert_eq!(web.post(&path, &head, &approve).await.json(), done.json(), "a repeated act has the same answer");
    let listed = web.get(&format!("/api/v1/sessions/{session}"), &head).await.json();
    assert_eq!(listed["status"], "approved");
    // Nobody proposes for a unit that is not theirs.
    let cookie = web.sign_in("stranger").await;
    let new = json!({
        "id": Uuid::now_v7(), "unit": BOARD, "title": "x", "kind": "regular", "starts_at": web.clock.now(),
        "grounds": ["complex"], "points": [], "functions": [],
    });
    assert_eq!(web.post("/api/v1/sessions", &cookie, &new).await.status, 404);
    let cookie = web.sign_in("tech").await;
    assert_eq!(web.post("/api/v1/sessions", &cookie, &new).await.status, 403);
}
