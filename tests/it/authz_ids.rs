//! T63: ids that clients make or name. What another unit has under one is neither changed, nor taken, nor printed.

use diemcau::clock::Clock as _;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::web::{BOARD, CENTRAL, ELSEWHERE, FAR, Socket, Web, XA_A, frame, user};

fn proposal(web: &Web, id: impl serde::Serialize, unit: impl serde::Serialize, point: Value) -> Value {
    json!({
        "id": id, "unit": unit, "title": "buổi khác", "kind": "periodic", "starts_at": web.clock.now(),
        "grounds": ["complex"], "points": [point], "functions": [],
    })
}

fn point(point: impl serde::Serialize, unit: impl serde::Serialize, name: &str) -> Value {
    json!({"point": point, "unit": unit, "role": "central", "name": name, "address": "đâu đó"})
}

async fn act(socket: &mut Socket, command: Value) -> Value {
    let text = frame(json!({"type": "command", "command": command}));
    socket.say(&text).await;
    let id: Value = serde_json::from_str::<Value>(&text).unwrap()["id"].clone();
    loop {
        let body = socket.until("done").await;
        if body["re"] == id {
            return body;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_id_of_a_session_that_exists_takes_nothing_from_it() {
    let web = Web::start().await;
    let session = web.session().await;
    let (mut socket, officer) = web.joined("officer", session, CENTRAL).await;
    let stranger = web.sign_in("stranger").await;
    let taken = proposal(&web, session, ELSEWHERE, point(FAR, ELSEWHERE, "far"));
    for _ in 0..3 {
        let answer = web.post("/api/v1/sessions", &stranger, &taken).await;
        assert_eq!((answer.status, answer.code().as_str()), (409, "session_id_taken"));
    }
    // Its own unit is told the same: another proposal is another session.
    let other = proposal(&web, session, BOARD, point(CENTRAL, BOARD, "central"));
    let answer = web.post("/api/v1/sessions", &officer, &other).await;
    assert_eq!((answer.status, answer.code().as_str()), (409, "session_id_taken"));
    // The room goes on, on the same log: its lease was not touched.
    let step = json!({"do": "record_step", "step": "notice", "point": null, "outcome": {"result": "done", "note": ""}});
    act(&mut socket, step).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_proposal_again_is_the_same_session() {
    let web = Web::start().await;
    let cookie = web.sign_in("officer").await;
    let id = Uuid::now_v7();
    let mut new = proposal(&web, id, BOARD, point(CENTRAL, BOARD, "tên do người gửi đặt"));
    new["functions"] = json!([{"user": user("head"), "function": "presider", "point": CENTRAL}]);
    let first = web.post("/api/v1/sessions", &cookie, &new).await;
    assert_eq!(first.status, 201, "{first:?}");
    let record = format!("/api/v1/sessions/{id}/record");
    let head = web.get(&record, &cookie).await.json()["head_seq"].clone();
    let again = web.post("/api/v1/sessions", &cookie, &new).await;
    assert_eq!((again.status, again.body.as_slice()), (201, first.body.as_slice()), "also after its room runs");
    let read = web.get(&record, &cookie).await.json();
    assert_eq!(read["head_seq"], head, "nothing was written");
    assert_eq!(read["points"][0]["name"], "central", "as the directory names it");
    assert_eq!(read["points"][0]["address"], "");
    let head = web.sign_in("head").await;
    let answer = web.post("/api/v1/sessions", &head, &new).await;
    assert_eq!(answer.code(), "session_id_taken", "somebody else's words are not theirs");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_point_belongs_to_its_unit_whatever_a_proposal_says() {
    let web = Web::start().await;
    let stranger = web.sign_in("stranger").await;
    // Declared as of the own unit, its heads and officers could all sit at the commune's point.
    let new = proposal(&web, Uuid::now_v7(), ELSEWHERE, point(XA_A, ELSEWHERE, "xa-a"));
    let answer = web.post("/api/v1/sessions", &stranger, &new).await;
    assert_eq!((answer.status, answer.code().as_str()), (409, "unit_or_point_unknown"));
    let session = web.session().await;
    let officer = web.sign_in("officer").await;
    let path = format!("/api/v1/sessions/{session}/commands");
    let tell =
        async |command: Value| web.post(&path, &officer, &json!({"id": Uuid::now_v7(), "command": command})).await;
    let mut added = point(FAR, BOARD, "Điểm cầu của chúng tôi");
    added["role"] = json!("component");
    assert_eq!(tell(json!({"do": "add_point", "point": added})).await.code(), "unit_or_point_unknown");
    added["unit"] = json!(ELSEWHERE);
    assert_eq!(tell(json!({"do": "add_point", "point": added})).await.status, 200);
    let read = web.get(&format!("/api/v1/sessions/{session}/record"), &officer).await.json();
    let names: Vec<&str> =
        read["points"].as_array().unwrap().iter().filter_map(|point| point["name"].as_str()).collect();
    assert!(names.contains(&"far") && !names.contains(&"Điểm cầu của chúng tôi"), "{names:?}");
}

/// Papers print officers under the names and titles of their accounts.
#[tokio::test(flavor = "multi_thread")]
async fn a_function_is_given_to_an_account_and_printed_under_its_name() {
    let web = Web::start().await;
    let session = web.session().await;
    let (mut socket, cookie) = web.joined("officer", session, CENTRAL).await;
    let assign = |login: &str| {
        json!({"do": "assign_function", "user": user(login), "name": "Trần Văn Giả", "title": "Chủ tịch",
            "function": "technician", "point": CENTRAL})
    };
    let staff = socket_section(&mut socket, "staff").await;
    assert!(staff.to_string().contains("\"functions\""));
    act(&mut socket, assign("tech")).await;
    let path = format!("/api/v1/sessions/{session}/commands");
    let mut nobody = assign("tech");
    nobody["user"] = json!(Uuid::from_u128(0xdead));
    let answer = web.post(&path, &cookie, &json!({"id": Uuid::now_v7(), "command": nobody})).await;
    assert_eq!(answer.code(), "account_unknown");
    let look = web.server.app().registry.open(session).await.unwrap().look().await.unwrap();
    let named = &look.state.facts.officers[&user("tech")];
    assert_eq!((named.name.as_str(), named.title.as_str()), ("tech", "CV"));
}

async fn socket_section(socket: &mut Socket, name: &str) -> Value {
    loop {
        let body = socket.until("snapshot").await;
        if body["section"] == name {
            return body["state"].clone();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn visits_and_cases_of_other_sessions_are_not_to_be_had() {
    let web = Web::start().await;
    let session = web.session().await;
    let officer = web.sign_in("officer").await;
    let registration = |visit: Uuid, point: Value, case: Value| {
        json!({"do": "register_visit", "registration": {
            "visit": visit, "number": 1, "class": "normal", "presented_as": "complaint", "citizen_point": point,
            "agency_points": [], "summary": "việc", "group_size": 1, "case": case,
            "persons": [{"id": Uuid::now_v7(), "name": "Trần Thị Bình", "role": "citizen"}],
        }})
    };
    let tell = async |session: String, cookie: &str, command: Value| {
        let path = format!("/api/v1/sessions/{session}/commands");
        web.post(&path, cookie, &json!({"id": Uuid::now_v7(), "command": command})).await
    };
    let visit = Uuid::now_v7();
    let known = tell(session.to_string(), &officer, registration(visit, json!(XA_A), Value::Null)).await;
    assert_eq!(known.status, 200, "{known:?}");
    let foreign = registration(Uuid::now_v7(), json!(XA_A), json!(Uuid::from_u128(0xca5e)));
    assert_eq!(tell(session.to_string(), &officer, foreign).await.code(), "case_unknown");
    // A session of another unit that names the visit.
    let stranger = web.sign_in("stranger").await;
    let theirs = Uuid::now_v7();
    let new = proposal(&web, theirs, ELSEWHERE, point(FAR, ELSEWHERE, "far"));
    assert_eq!(web.post("/api/v1/sessions", &stranger, &new).await.status, 201);
    let answer = tell(theirs.to_string(), &stranger, registration(visit, json!(FAR), Value::Null)).await;
    assert_eq!((answer.status, answer.code().as_str()), (409, "visit_id_taken"));
    let row = web.get(&format!("/api/v1/sessions/{session}/record"), &officer).await.json();
    assert_eq!((&row["visits"][0]["visit"], &row["visits"][0]["summary"]), (&json!(visit), &json!("việc")));
    // Uploads to it are as unknown as uploads to nothing.
    let upload = async |session: String, visit: Uuid| {
        let body = "--X\r\ncontent-disposition: form-data; name=\"kind\"\r\n\r\nexhibit\r\n--X\r\ncontent-disposition: \
                    form-data; name=\"file\"; filename=\"a.pdf\"\r\n\r\n%PDF-1.7\n%%EOF\n\r\n--X--\r\n";
        let origin = web.origin();
        let headers = [
            ("host", web.host.as_str()),
            ("origin", origin.as_str()),
            ("x-diemcau", "1"),
            ("content-type", "multipart/form-data; boundary=X"),
            ("cookie", stranger.as_str()),
        ];
        web.request("POST", &format!("/api/v1/sessions/{session}/visits/{visit}/files"), &headers, body.as_bytes())
            .await
    };
    let (of_others, of_nobody) =
        (upload(session.to_string(), visit).await, upload(Uuid::now_v7().to_string(), visit).await);
    let crossed = upload(theirs.to_string(), visit).await;
    assert_eq!((of_others.status, crossed.status), (404, 404));
    assert_eq!((&of_others.body, &crossed.body), (&of_nobody.body, &of_nobody.body));
    let files = web.server.app().config.data.dir.join("files");
    assert_eq!(std::fs::read_dir(files).map_or(0, Iterator::count), 0, "and nothing is kept");
}
