//! Rooms come and go: one that is being opened holds up no other, one that nobody needs ends, an erasure ends it too.

use std::time::{Duration, Instant};

use diemcau::app::erase::{EraseError, Erasing, erase};
use diemcau::clock::Clock as _;
use diemcau::domain::ids::{SessionId, VisitId};
use diemcau::domain::people::{RoleGrant, UnitRole};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::web::{BOARD, CENTRAL, Web, XA_A, frame, user};

const NAME: &str = "Hoàng Thị Bí Mật";

async fn until(what: &str, holds: impl AsyncFn() -> bool) {
    let began = Instant::now();
    while !holds().await {
        assert!(began.elapsed() < Duration::from_secs(20), "never: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_nobody_needs_ends_and_is_opened_again() {
    let web = Web::start().await;
    let session = web.session().await;
    let cookie = web.sign_in("officer").await;
    let path = format!("/api/v1/sessions/{session}/record");
    let before = web.get(&path, &cookie).await.json();
    let registry = &web.server.app().registry;
    assert_eq!(registry.count(), 1);
    web.clock.forward(4 * 60);
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert_eq!(registry.count(), 1, "not yet");
    web.clock.forward(2 * 60);
    until("the room ends", async || registry.count() == 0).await;
    let after = web.get(&path, &cookie).await.json();
    assert_eq!((&after["visits"], &after["points"]), (&before["visits"], &before["points"]));
    assert_eq!(registry.count(), 1);
    // A socket keeps it.
    let (_socket, _) = web.joined("officer", session, CENTRAL).await;
    web.clock.forward(6 * 60);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(registry.count(), 1);
}

/// The lease of another process makes opening wait for seconds; nobody else notices.
#[tokio::test(flavor = "multi_thread")]
async fn opening_one_room_holds_up_no_other() {
    let web = Web::start().await;
    let (slow, quick) = (web.session().await, web.session().await);
    let (mut socket, _) = web.joined("officer", quick, CENTRAL).await;
    let app = web.server.app().clone();
    web.clock.forward(6 * 60);
    until("the other room ends", async || app.registry.count() == 1).await;
    let store = app.registry.services().store.clone();
    store.take_lease(slow, "another process", web.clock.now()).await.unwrap();
    let opening = tokio::spawn(async move { app.registry.open(slow).await.map(|_| ()) });
    tokio::time::sleep(Duration::from_millis(200)).await;
    let began = Instant::now();
    socket.say(&frame(json!({"type": "command", "command": {"do": "lower_hand"}}))).await;
    socket.until("done").await;
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    assert!(!opening.is_finished(), "the slow room waits for its lease");
    opening.abort();
}

async fn tell(web: &Web, cookie: &str, session: SessionId, command: Value) -> u16 {
    let body = json!({"id": Uuid::now_v7(), "command": command});
    web.post(&format!("/api/v1/sessions/{session}/commands"), cookie, &body).await.status
}

/// A visit that ended before it began, of a session that never was.
async fn registered(web: &Web) -> (SessionId, VisitId, String) {
    let session = web.session().await;
    let cookie = web.sign_in("officer").await;
    let visit = VisitId(Uuid::now_v7());
    let registration = json!({
        "visit": visit, "number": 1, "class": "normal", "presented_as": "complaint", "citizen_point": XA_A,
        "agency_points": [], "summary": "việc riêng", "group_size": 1, "case": null,
        "persons": [{"id": Uuid::now_v7(), "name": NAME, "role": "citizen"}],
    });
    assert_eq!(tell(web, &cookie, session, json!({"do": "register_visit", "registration": registration})).await, 200);
    (session, visit, cookie)
}

/// Design §4: erasure through the log's owner. Who is connected is told to come back, and finds nothing of it.
#[tokio::test(flavor = "multi_thread")]
async fn an_erased_visit_is_gone_from_the_running_room() {
    let web = Web::start().await;
    let (session, visit, cookie) = registered(&web).await;
    let (mut socket, _) = web.joined("officer", session, CENTRAL).await;
    let app = web.server.app();
    let store = app.registry.services().store.clone();
    let clock = web.clock.as_ref();
    let ask = |by: &str| Erasing { session, visit, ground: "retention_over", by: user(by) };
    let refused = erase(&store, clock, "diemcau", ask("admin")).await;
    assert!(matches!(refused, Err(EraseError::NotOver)), "{refused:?}");
    let over = json!({"do": "move_visit", "visit": visit, "act": "withdraw", "reason": "rút đơn"});
    assert_eq!(tell(&web, &cookie, session, over).await, 200);
    let refused = erase(&store, clock, "diemcau", ask("admin")).await;
    assert!(matches!(refused, Err(EraseError::NotAllowed)), "{refused:?}");
    let grant = RoleGrant { user: user("admin"), unit: BOARD, role: UnitRole::DataProtectionOfficer };
    app.accounts.grant(&grant, true, clock.now()).await.unwrap();
    let path = format!("/api/v1/sessions/{session}/record");
    assert!(web.get(&path, &cookie).await.json().to_string().contains(NAME));
    erase(&store, clock, "diemcau", ask("admin")).await.unwrap();
    web.clock.forward(3);
    assert_eq!(u16::from(socket.closed().await.code), 1012, "come back");
    until("the name is gone from the record", async || {
        let record = web.get(&path, &cookie).await;
        record.status == 200 && !String::from_utf8_lossy(&record.body).contains(NAME)
    })
    .await;
    let look = app.registry.open(session).await.unwrap().look().await.unwrap();
    assert!(!format!("{:?}", look.state).contains(NAME));
    assert!(
        store.verify(&Default::default()).await.unwrap().is_sound(),
        "the signed erasure excuses what does not open"
    );
    let again = erase(&store, clock, "diemcau", ask("admin")).await;
    assert!(matches!(again, Err(EraseError::Unknown)), "{again:?}");
}
