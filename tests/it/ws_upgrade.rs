//! The upgrade: T65 (whose page, which host) and T66 (tickets).

use futures_util::future::join_all;
use serde_json::json;

use crate::support::web::{CENTRAL, FAR, Web, XA_A, frame};

#[tokio::test(flavor = "multi_thread")]
async fn only_our_page_on_our_host_gets_a_socket() {
    let web = Web::start().await;
    let session = web.session().await;
    let cookie = web.sign_in("officer").await;
    let (host, origin) = (web.host.clone(), web.origin());
    let port = host.rsplit(':').next().unwrap().to_owned();
    let second = format!("xa-a.localhost:{port}");
    let second_origin = format!("http://{second}");
    let other_port = format!("http://127.0.0.1:{}", port.parse::<u16>().unwrap().wrapping_add(1));
    let (sub, https) = (format!("http://x.{host}"), format!("https://{host}"));
    let table: [(&str, &str, Option<&str>, &str, Option<u16>); 14] = [
        ("same", &host, Some(&origin), "same-origin", None),
        ("same, older browser", &host, Some(&origin), "", None),
        ("second host", &second, Some(&second_origin), "same-origin", None),
        ("no origin", &host, None, "", Some(403)),
        ("null", &host, Some("null"), "", Some(403)),
        ("foreign", &host, Some("https://evil.example"), "cross-site", Some(403)),
        ("foreign, silent browser", &host, Some("https://evil.example"), "", Some(403)),
        ("other port", &host, Some(&other_port), "", Some(403)),
        ("sub-domain", &host, Some(&sub), "", Some(403)),
        ("other scheme", &host, Some(&https), "", Some(403)),
        ("our other host", &host, Some(&second_origin), "same-site", Some(403)),
        ("our page, cross-site fetch", &host, Some(&origin), "cross-site", Some(403)),
        ("foreign host", "evil.example", Some("http://evil.example"), "same-origin", Some(421)),
        ("no host", "", Some(&origin), "same-origin", Some(421)),
    ];
    for (name, host, origin, site, refused) in table {
        let ticket =
            web.ticket(&cookie, session, Some(CENTRAL), "main").await.json()["token"].as_str().unwrap().to_owned();
        let protocols = format!("diemcau.v1, ticket.{ticket}");
        let mut headers = vec![("host", host), ("cookie", &cookie), ("sec-websocket-protocol", &protocols)];
        headers.extend(origin.map(|origin| ("origin", origin)));
        headers.extend((!site.is_empty()).then_some(("sec-fetch-site", site)));
        assert_eq!(web.upgrade(&headers).await.map(|_| ()).err(), refused, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_opens_one_socket_in_fifty_tries() {
    let web = Web::start().await;
    let session = web.session().await;
    let cookie = web.sign_in("officer").await;
    let ticket = web.ticket(&cookie, session, Some(CENTRAL), "main").await.json()["token"].as_str().unwrap().to_owned();
    let (origin, protocols) = (web.origin(), format!("diemcau.v1, ticket.{ticket}"));
    let headers =
        [("host", web.host.as_str()), ("origin", &origin), ("cookie", &cookie), ("sec-websocket-protocol", &protocols)];
    let tries = join_all((0..50).map(|_| web.upgrade(&headers))).await;
    assert_eq!(tries.iter().filter(|tried| tried.is_ok()).count(), 1);
    assert!(tries.iter().filter_map(|tried| tried.as_ref().err()).all(|status| *status == 401));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_is_for_its_person_its_sign_in_and_its_time() {
    let web = Web::start().await;
    let session = web.session().await;
    let mine = web.sign_in("officer").await;
    let again = web.sign_in("officer").await;
    let other = web.sign_in("xa-a").await;
    let origin = web.origin();
    let ticket = async |cookie: &str| {
        let answer = web.ticket(cookie, session, Some(CENTRAL), "main").await;
        answer.json()["token"].as_str().unwrap().to_owned()
    };
    let tries = [
        ("other person", ticket(&mine).await, other.as_str()),
        ("other sign-in of the same person", ticket(&mine).await, &again),
        ("no cookie", ticket(&mine).await, ""),
        ("made up", "a.b.c".to_owned(), &mine),
        ("none", String::new(), &mine),
    ];
    for (name, token, cookie) in tries {
        let protocols = format!("diemcau.v1, ticket.{token}");
        let headers = [
            ("host", web.host.as_str()),
            ("origin", &origin),
            ("cookie", cookie),
            ("sec-websocket-protocol", &protocols),
        ];
        assert_eq!(web.upgrade(&headers).await.map(|_| ()).err(), Some(401), "{name}");
    }
    let late = ticket(&mine).await;
    web.clock.forward(31);
    let protocols = format!("diemcau.v1, ticket.{late}");
    let headers =
        [("host", web.host.as_str()), ("origin", &origin), ("cookie", &mine), ("sec-websocket-protocol", &protocols)];
    assert_eq!(web.upgrade(&headers).await.map(|_| ()).err(), Some(401), "late");
    let without =
        [("host", web.host.as_str()), ("origin", &origin), ("cookie", &mine), ("sec-websocket-protocol", "other")];
    assert_eq!(web.upgrade(&without).await.map(|_| ()).err(), Some(426), "another protocol");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_is_given_for_ones_own_point_of_ones_own_session() {
    let web = Web::start().await;
    let session = web.session().await;
    let nobody = diemcau::domain::ids::SessionId(uuid::Uuid::from_u128(7));
    for (login, session, point, status) in [
        ("officer", session, Some(CENTRAL), 200),
        ("officer", session, None, 200),
        ("xa-a", session, Some(XA_A), 200),
        ("tech", session, None, 200),
        ("xa-a", session, Some(CENTRAL), 404),
        ("officer", session, Some(XA_A), 404),
        ("officer", session, Some(FAR), 404),
        ("stranger", session, None, 404),
        ("stranger", session, Some(XA_A), 404),
        ("stranger", session, Some(FAR), 404),
        ("officer", nobody, None, 404),
    ] {
        let cookie = web.sign_in(login).await;
        assert_eq!(web.ticket(&cookie, session, point, "main").await.status, status, "{login} {point:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hello_is_answered_and_its_device_must_be_the_tickets() {
    let web = Web::start().await;
    let session = web.session().await;
    let cookie = web.sign_in("officer").await;
    let mut socket = web.socket(&cookie, session, Some(CENTRAL)).await;
    socket.say(&frame(json!({"type": "hello", "device": "main", "have": {}}))).await;
    let welcome = socket.until("welcome").await;
    assert_eq!(welcome["point"], json!(CENTRAL));
    let public = socket.until("snapshot").await;
    assert!(public["hash"].as_str().is_some_and(|hash| hash.len() >= 16), "{public}");
    let mut wrong = web.socket(&cookie, session, Some(CENTRAL)).await;
    wrong.say(&frame(json!({"type": "hello", "device": "paper", "have": {}}))).await;
    assert_eq!(wrong.until("refused").await["code"], "device_differs");
    let mut early = web.socket(&cookie, session, Some(CENTRAL)).await;
    early.say(&frame(json!({"type": "command", "command": {"do": "raise_hand"}}))).await;
    assert_eq!(early.until("refused").await["code"], "hello_first");
    assert_eq!(u16::from(early.closed().await.code), 4400);
}
