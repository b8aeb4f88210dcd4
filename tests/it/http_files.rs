//! Files of visits: T72 (what is taken), where they lie, and who gets them back.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::web::{Answer, CENTRAL, Web, XA_A};

const PDF: &[u8] = b"%PDF-1.7\nmot trang don khieu nai\n%%EOF\n";

/// A form with one file and these fields.
async fn upload(web: &Web, cookie: &str, path: &str, name: &str, bytes: &[u8], fields: &[(&str, &str)]) -> Answer {
    let mut body = Vec::new();
    for (key, value) in fields {
        body.extend(format!("--X\r\ncontent-disposition: form-data; name=\"{key}\"\r\n\r\n{value}\r\n").as_bytes());
    }
    let head = format!("--X\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n");
    body.extend(head.as_bytes());
    body.extend(bytes);
    body.extend(b"\r\n--X--\r\n");
    let origin = web.origin();
    let headers = [
        ("host", web.host.as_str()),
        ("origin", &origin),
        ("x-diemcau", "1"),
        ("content-type", "multipart/form-data; boundary=X"),
        ("cookie", cookie),
    ];
    web.request("POST", path, &headers, &body).await
}

async fn visit(web: &Web, session: &str, class: &str) -> (String, String) {
    let cookie = web.sign_in("officer").await;
    let visit = Uuid::now_v7();
    let person = json!({"id": Uuid::now_v7(), "name": "Trần Thị Bình", "role": "citizen", "class": class});
    let registration = json!({
        "visit": visit, "number": 1, "class": class, "presented_as": "feedback_petition", "citizen_point": XA_A,
        "agency_points": [], "summary": "xin cấp lại sổ", "persons": [person], "group_size": 1, "case": null,
    });
    let act = json!({"id": Uuid::now_v7(), "command": {"do": "register_visit", "registration": registration}});
    let done = web.post(&format!("/api/v1/sessions/{session}/commands"), &cookie, &act).await;
    assert_eq!(done.status, 200, "{done:?}");
    (cookie, format!("/api/v1/sessions/{session}/visits/{visit}/files"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_sealed_named_by_its_visit_and_given_to_who_may_see_it() {
    let web = Web::start().await;
    let session = web.session().await.to_string();
    let (officer, path) = visit(&web, &session, "normal").await;
    let central = CENTRAL.to_string();
    let fields = [("kind", "exhibit"), ("pages", "1"), ("condition", "bản chính"), ("point", central.as_str())];
    let stored = upload(&web, &officer, &path, "../../đơn.pdf", PDF, &fields).await;
    assert_eq!(stored.status, 201, "{stored:?}");
    let file = stored.json();
    assert_eq!((&file["name"], &file["media_type"]), (&json!("đơn.pdf"), &json!("application/pdf")));
    let record = web.get(&format!("/api/v1/sessions/{session}/record"), &officer).await.json();
    assert_eq!(record["visits"][0]["files"][0]["sha256"], file["sha256"]);
    let place = format!("/api/v1/files/{}", file["id"].as_str().unwrap());
    for login in ["officer", "head", "xa-a"] {
        let cookie = web.sign_in(login).await;
        let given = web.get(&place, &cookie).await;
        assert_eq!((given.status, given.body.as_slice()), (200, PDF), "{login}");
        assert!(given.header("content-disposition").unwrap().starts_with("attachment; filename*=UTF-8''%C4%91"));
        assert_eq!(given.header("content-security-policy"), Some("default-src 'none'; sandbox"));
    }
    for login in ["tech", "stranger"] {
        let cookie = web.sign_in(login).await;
        assert_eq!(web.get(&place, &cookie).await.status, 404, "{login}");
    }
    // Naming a file without sending it is refused on every way.
    let visit = path.split('/').nth(6).unwrap();
    let act = json!({"id": Uuid::now_v7(), "command": {"do": "attach_file", "visit": visit, "file": file}});
    let named = web.post(&format!("/api/v1/sessions/{session}/commands"), &officer, &act).await;
    assert_eq!((named.status, named.code().as_str()), (409, "file_by_upload_only"));
    let folder = web.server.app().config.data.dir.join("files");
    let entries: Vec<_> = std::fs::read_dir(folder).unwrap().flatten().collect();
    assert_eq!(entries.len(), 1);
    let sealed = std::fs::read(entries[0].path()).unwrap();
    assert!(!sealed.windows(4).any(|bytes| bytes == b"%PDF"), "nothing lies there in clear");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_picture_or_scan_is_refused() {
    let web = Web::start().await;
    let session = web.session().await.to_string();
    let (officer, path) = visit(&web, &session, "normal").await;
    let kind = [("kind", "exhibit")];
    let large = [PDF, &vec![b'a'; 25 * 1024 * 1024]].concat();
    let cases: [(&str, &[u8], &[(&str, &str)], u16, &str); 8] = [
        ("empty.pdf", b"", &kind, 409, "file_empty"),
        ("script.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>", &kind, 409, "file_kind_refused"),
        ("page.pdf", b"<!doctype html><script>", &kind, 409, "file_kind_refused"),
        ("macro.docx", b"PK\x03\x04", &kind, 409, "file_kind_refused"),
        ("large.pdf", &large, &kind, 409, "file_too_large"),
        ("a.pdf", PDF, &[], 400, "body_malformed"),
        ("a.pdf", PDF, &[("kind", "paper")], 400, "body_malformed"),
        ("a.pdf", PDF, &[("kind", "exhibit"), ("sha256", "0")], 400, "body_malformed"),
    ];
    for (name, bytes, fields, status, code) in cases {
        let refused = upload(&web, &officer, &path, name, bytes, fields).await;
        assert_eq!((refused.status, refused.code().as_str()), (status, code), "{name} {fields:?}");
    }
    let record = web.get(&format!("/api/v1/sessions/{session}/record"), &officer).await.json();
    assert_eq!(record["visits"][0]["files"], Value::Array(Vec::new()), "nothing of it is left");
    let stranger = web.sign_in("stranger").await;
    assert_eq!(upload(&web, &stranger, &path, "a.pdf", PDF, &kind).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restricted_visits_file_is_for_its_receivers_and_the_citizens_point() {
    let web = Web::start().await;
    let session = web.session().await.to_string();
    let (officer, path) = visit(&web, &session, "restricted").await;
    let stored = upload(&web, &officer, &path, "a.pdf", PDF, &[("kind", "exhibit")]).await;
    assert_eq!(stored.json()["class"], "restricted", "{stored:?}");
    let place = format!("/api/v1/files/{}", stored.json()["id"].as_str().unwrap());
    for (login, status) in
        [("officer", 200), ("head", 200), ("xa-a", 200), ("admin", 404), ("tech", 404), ("stranger", 404)]
    {
        let cookie = web.sign_in(login).await;
        assert_eq!(web.get(&place, &cookie).await.status, status, "{login}");
    }
}
