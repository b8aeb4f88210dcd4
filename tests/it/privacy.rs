//! T64, T75: one session with a restricted visit, lived through by everybody it may have; then everything that anybody was
//! sent, that was printed, exported, logged or written to the disk is searched for what must not be there.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command as Program;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use diemcau::app::accounts::Accounts;
use diemcau::auth::password::Passwords;
use diemcau::domain::ids::{PointId, SessionId, UnitId, UserId, VisitId};
use diemcau::domain::people::{RoleGrant, UnitRole, User};
use diemcau::domain::units::{Point, Unit, UnitKind};
use diemcau::store::office::Account;
use futures_util::{SinkExt as _, StreamExt as _};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message;
use uuid::Uuid;

use crate::support::process::{House, PATIENCE};
use crate::support::web::{PASSWORD, Socket, frame};

const BOARD: UnitId = UnitId(Uuid::from_u128(0xa0));
const COMMUNE: UnitId = UnitId(Uuid::from_u128(0xa1));
const AGENCY: UnitId = UnitId(Uuid::from_u128(0xa2));
const CENTRAL: PointId = PointId(Uuid::from_u128(0xb0));
const XA_A: PointId = PointId(Uuid::from_u128(0xb1));
const SO: PointId = PointId(Uuid::from_u128(0xb2));

/// What says who it is: for the receiver's side alone.
const CANARIES: [&str; 7] = [
    "Tăng Thị Hoàng Yến",
    "Ngõ Chim Hót",
    "0987000123",
    "034180009876",
    "việc của người họ Tăng",
    "don-to-cao-cua-ba-yen",
    "Yến tố giác",
];
/// The text that is read back and signed: for the citizen's own point too.
const TEXT: &str = "lời trình bày kín";

/// Login, unit and role; function, point and device.
type Seat = (&'static str, Option<(UnitId, UnitRole)>, Option<&'static str>, Option<PointId>, &'static str);
const SEATS: [Seat; 14] = [
    ("head", Some((BOARD, UnitRole::Head)), Some("presider"), Some(CENTRAL), "main"),
    ("writer", Some((BOARD, UnitRole::ReceptionOfficer)), Some("note_taker"), Some(CENTRAL), "companion"),
    ("adviser", None, Some("advising_unit"), Some(CENTRAL), "companion"),
    ("officer-a", Some((COMMUNE, UnitRole::ReceptionOfficer)), Some("point_officer"), Some(XA_A), "main"),
    ("assistant-a", None, Some("assistant"), Some(XA_A), "companion"),
    ("colleague-a", Some((COMMUNE, UnitRole::Head)), None, Some(XA_A), "main"),
    ("observer-a", None, Some("observer"), Some(XA_A), "companion"),
    ("agency-a", None, Some("agency_representative"), Some(XA_A), "companion"),
    ("officer-so", Some((AGENCY, UnitRole::ReceptionOfficer)), Some("point_officer"), Some(SO), "main"),
    ("screen-so", Some((AGENCY, UnitRole::Head)), None, Some(SO), "citizen_screen"),
    ("interpreter", None, Some("interpreter"), Some(XA_A), "companion"),
    ("tech", Some((BOARD, UnitRole::Technician)), None, None, "companion"),
    ("inspector", Some((BOARD, UnitRole::Inspector)), None, None, "companion"),
    ("archivist", Some((BOARD, UnitRole::Archivist)), None, None, "companion"),
];
/// The receiver's side: who receives, and the office that registered the visit.
const RECEIVERS: [&str; 2] = ["head", "writer"];

fn user(login: &str) -> UserId {
    let at = SEATS.iter().position(|seat| seat.0 == login).unwrap();
    UserId(Uuid::from_u128(0xe0 + at as u128))
}

async fn furnish(house: &House) {
    let now: Timestamp = "2026-11-01T00:00:00Z".parse().unwrap();
    let accounts = Accounts::new(house.store().await);
    let valid_from = "2025-07-01".parse().unwrap();
    for (id, name, point) in [(BOARD, "Ban", CENTRAL), (COMMUNE, "Xã A", XA_A), (AGENCY, "Sở", SO)] {
        let unit = Unit {
            id,
            name: name.to_owned(),
            kind: UnitKind::Agency,
            parent: None,
            valid_from,
            valid_to: None,
            successors: Vec::new(),
            code: name.to_owned(),
            place: String::new(),
        };
        accounts.save_unit(&unit, now).await.unwrap();
        let (address, equipment, phone) = Default::default();
        let point =
            Point { id: point, unit: id, name: name.to_owned(), address, equipment, phone, valid_from, valid_to: None };
        accounts.save_point(&point, now).await.unwrap();
    }
    let hash = Passwords::new().unwrap().hash(PASSWORD.to_owned()).await.unwrap();
    for (login, role, ..) in SEATS {
        let id = user(login);
        let person =
            User { id, login: login.to_owned(), name: login.to_owned(), title: "CV".to_owned(), disabled: false };
        accounts.save(&Account { user: person, password_hash: Some(hash.clone()) }, now).await.unwrap();
        if let Some((unit, role)) = role {
            accounts.grant(&RoleGrant { user: id, unit, role }, true, now).await.unwrap();
        }
    }
}

/// Everything one browser was sent, and a way to send.
struct Browser {
    heard: Arc<Mutex<String>>,
    say: mpsc::Sender<String>,
}

/// Reads for ever; answers pings by itself.
fn listens(socket: Socket) -> Browser {
    let heard: Arc<Mutex<String>> = Arc::default();
    let (say, mut to_say) = mpsc::channel::<String>(16);
    let (mut out, mut frames) = socket.stream.split();
    let kept = Arc::clone(&heard);
    let answers = say.clone();
    tokio::spawn(async move {
        while let Some(text) = to_say.recv().await {
            out.send(Message::text(text)).await.ok();
        }
    });
    tokio::spawn(async move {
        while let Some(Ok(message)) = frames.next().await {
            if let Message::Text(text) = message {
                if text.contains("\"type\":\"ping\"") {
                    answers.send(frame(json!({"type": "pong"}))).await.ok();
                }
                kept.lock().unwrap().push_str(&text);
            }
        }
    });
    Browser { heard, say }
}

struct Day {
    house: House,
    session: SessionId,
    visit: VisitId,
    cookies: BTreeMap<&'static str, String>,
    browsers: BTreeMap<&'static str, Browser>,
}

impl Day {
    async fn tell(&self, login: &str, command: Value) -> (u16, Value) {
        let path = format!("/api/v1/sessions/{}/commands", self.session);
        let body = json!({"id": Uuid::now_v7(), "command": command});
        let answer = self.house.post(&path, &self.cookies[login], &body).await.unwrap();
        (answer.status, answer.json())
    }

    async fn must(&self, login: &str, command: Value) {
        let (status, said) = self.tell(login, command.clone()).await;
        assert_eq!(status, 200, "{login} {command}: {said}");
    }

    /// An act from the place itself; waits until it is answered.
    async fn does(&self, login: &str, command: Value) {
        let text = frame(json!({"type": "command", "command": command}));
        let id = serde_json::from_str::<Value>(&text).unwrap()["id"].as_str().unwrap().to_owned();
        let browser = &self.browsers[login];
        browser.say.send(text).await.unwrap();
        let began = std::time::Instant::now();
        let (done, refused) =
            (format!("\"type\":\"done\",\"re\":\"{id}\""), format!("\"type\":\"refused\",\"re\":\"{id}\""));
        loop {
            let heard = browser.heard.lock().unwrap().clone();
            if heard.contains(&done) {
                return;
            }
            let no = heard.find(&refused).map(|at| heard[at..].chars().take(200).collect::<String>());
            assert!(no.is_none() && began.elapsed() < PATIENCE, "{login} {command}: {no:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn moves(&self, login: &str, act: &str) {
        let command = json!({"do": "move_session", "act": act, "reason": "thử", "new_start": null});
        let began = std::time::Instant::now();
        loop {
            let (status, said) = self.tell(login, command.clone()).await;
            if status == 200 {
                return;
            }
            assert_eq!(said["code"], "recorder_not_ready", "{act}: {said}");
            assert!(began.elapsed() < PATIENCE, "{}", self.house.said());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    fn goes(&self, act: &str) -> Value {
        json!({"do": "move_visit", "visit": self.visit, "act": act, "reason": ""})
    }
}

fn person(id: Uuid) -> Value {
    json!({
        "id": id, "name": CANARIES[0], "role": "citizen", "class": "restricted", "title": "Bà", "address": CANARIES[1],
        "phone": CANARIES[2], "identity": {"kind": "citizen_identity", "number": CANARIES[3], "issued_on": null, "issued_by": ""},
    })
}

/// A session under way with everybody in it, and a restricted visit of the commune on the stage.
async fn lived(house: House) -> Day {
    let (session, visit, citizen) = (SessionId(Uuid::now_v7()), VisitId(Uuid::now_v7()), Uuid::now_v7());
    let mut cookies = BTreeMap::new();
    for (login, ..) in SEATS {
        cookies.insert(login, house.sign_in(login).await);
    }
    let mut day = Day { house, session, visit, cookies, browsers: BTreeMap::new() };
    let point = |point: PointId, unit: UnitId, role: &str| json!({"point": point, "unit": unit, "role": role, "name": "x", "address": ""});
    let functions: Vec<Value> = SEATS
        .iter()
        .filter_map(|(login, _, function, at, _)| {
            Some(json!({"user": user(login), "function": (*function)?, "point": (*at)?}))
        })
        .collect();
    let new = json!({
        "id": session, "unit": BOARD, "title": "Tiếp công dân", "kind": "periodic", "starts_at": Timestamp::now(),
        "grounds": ["complex_denunciation"], "functions": functions,
        "points": [point(CENTRAL, BOARD, "central"), point(XA_A, COMMUNE, "component"), point(SO, AGENCY, "component")],
    });
    let made = day.house.post("/api/v1/sessions", &day.cookies["writer"], &new).await.unwrap();
    assert_eq!(made.status, 201, "{made:?}");
    let registration = json!({
        "visit": visit, "number": 1, "class": "restricted", "presented_as": "denunciation", "citizen_point": XA_A,
        "agency_points": [], "summary": CANARIES[4], "persons": [person(citizen)], "group_size": 1, "case": null,
        "secrecy_requested": false,
    });
    day.must("writer", json!({"do": "register_visit", "registration": registration})).await;
    for (login, act) in [
        ("head", "approve"),
        ("writer", "publish"),
        ("writer", "notify"),
        ("writer", "test"),
        ("head", "open_lobby"),
        ("head", "make_ready"),
    ] {
        day.moves(login, act).await;
    }
    for (login, _, _, at, device) in SEATS {
        let socket = day.house.socket(&day.cookies[login], session, at, device).await;
        let mut socket = socket.unwrap_or_else(|status| panic!("{login}: {status}"));
        // Before anything answers a ping: the first frame must be this one.
        socket.say(&frame(json!({"type": "hello", "device": device, "have": {}}))).await;
        day.browsers.insert(login, listens(socket));
    }
    day.moves("head", "start").await;

    // The officer sees no name: by the masked row, and typed anew as people do.
    let seat = |person: Value, seat: u32| json!({"do": "seat_person", "point": XA_A, "person": person, "seat": seat, "substitute_for": null});
    day.does("officer-a", seat(json!({"id": citizen, "name": "", "role": "citizen"}), 1)).await;
    let typed = json!({"id": Uuid::now_v7(), "name": CANARIES[0], "role": "citizen", "phone": CANARIES[2]});
    day.does("officer-a", seat(typed, 2)).await;
    day.does("officer-a", day.goes("arrive")).await;
    day.does("officer-a", json!({"do": "see_identity", "visit": visit, "person": citizen, "how": "document_seen"}))
        .await;
    day.does("officer-a", day.goes("identify")).await;
    day.does("officer-a", json!({"do": "announce_recording", "visit": visit, "language": "vi"})).await;
    day.does("officer-a", day.goes("wait")).await;
    upload(&day).await;
    day.does("head", json!({"do": "call_next", "visit": visit})).await;
    day.does("head", day.goes("begin")).await;
    day.does("head", json!({"do": "give_floor", "point": XA_A, "person": citizen})).await;
    day.does("officer-a", json!({"do": "microphone", "open": true})).await;
    let write = json!({"do": "write_block", "visit": visit, "block": Uuid::now_v7(), "block_kind": "content", "base": 0, "text": TEXT});
    day.does("writer", write).await;
    let card = json!({
        "answer": {"answer": "later", "due": "2036-12-07", "contact": "Bà B", "text": CANARIES[6]}, "unit": BOARD,
        "unit_name": "Ban", "conclusion": "Giao thanh tra.", "citizen_opinion": "Đồng ý",
    });
    day.does("head", json!({"do": "close_hearing", "visit": visit, "card": card})).await;
    day.does("writer", json!({"do": "freeze_text", "visit": visit})).await;
    day.does("writer", json!({"do": "read_back", "visit": visit})).await;
    day.does("officer-a", json!({"do": "confirm_text", "visit": visit, "person": citizen, "how": "signature"})).await;
    let petition = json!({
        "id": Uuid::now_v7(), "kind": "denunciation", "content": CANARIES[6], "request": "Xem xét", "addressee": "",
        "outcome": "accepted_for_proposal",
    });
    day.does("writer", json!({"do": "classify", "visit": visit, "petitions": [petition]})).await;
    day.does("writer", json!({"do": "end_visit", "visit": visit})).await;
    day
}

/// From the officer beside the citizen, under a name that says too much.
async fn upload(day: &Day) {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let mut body = format!(
        "--X\r\ncontent-disposition: form-data; name=\"kind\"\r\n\r\nexhibit\r\n--X\r\ncontent-disposition: form-data; name=\"point\"\r\n\r\n{XA_A}\r\n"
    );
    body.push_str(&format!("--X\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{}.pdf\"\r\n\r\n%PDF-1.7\n{}\n%%EOF\n\r\n--X--\r\n", CANARIES[5], CANARIES[6]));
    let host = &day.house.host;
    let head = format!(
        "POST /api/v1/sessions/{}/visits/{}/files HTTP/1.1\r\nhost: {host}\r\norigin: http://{host}\r\ncookie: {}\r\nx-diemcau: 1\r\n\
         content-type: multipart/form-data; boundary=X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        day.session,
        day.visit,
        day.cookies["officer-a"],
        body.len()
    );
    let mut stream = tokio::net::TcpStream::connect(host).await.unwrap();
    stream.write_all((head + &body).as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
}

/// What of this is in a text. Vietnamese is compared as it is written everywhere here: NFC.
fn found(text: &str, what: &[&'static str]) -> Vec<&'static str> {
    what.iter().copied().filter(|canary| text.contains(canary)).collect()
}

/// Text of a PDF without white space, or the bytes as they are.
fn readable(name: &str, bytes: &[u8]) -> String {
    if !bytes.starts_with(b"%PDF-") || name.contains("exhibit") {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("privacy-{name}.pdf"));
    std::fs::write(&path, bytes).unwrap();
    let out = Program::new("pdftotext").arg("-raw").arg(&path).arg("-").output().expect("pdftotext (poppler-utils)");
    assert!(out.status.success(), "{name}");
    let text = String::from_utf8(out.stdout).unwrap();
    // Lines break anywhere in narrow cells: spaces are made one.
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn files(of: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(of).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() { files(&path, into) } else { into.push(path) }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_denouncer_is_known_to_who_receives_them_and_to_nobody_else() {
    let house = House::new();
    let config = std::fs::read_to_string(house.config()).unwrap();
    std::fs::write(house.config(), config.replace("level = \"warn\"", "level = \"debug\"")).unwrap();
    furnish(&house).await;
    let (process, _) = house.start().await;
    let day = lived(house).await;
    tokio::time::sleep(Duration::from_millis(600)).await;

    let (session, visit) = (day.session, day.visit);
    let files_of = |text: &str| -> Vec<String> {
        let ids = text
            .split("\"media_type\"")
            .flat_map(|part| part.rsplit("\"id\":\"").next().map(|id| id.chars().take(36).collect()));
        ids.filter(|id: &String| Uuid::parse_str(id).is_ok()).collect()
    };
    let mut paths = vec![
        format!("/api/v1/sessions/{session}"),
        "/api/v1/sessions".to_owned(),
        "/api/v1/directory".to_owned(),
        "/api/v1/me".to_owned(),
        format!("/api/v1/sessions/{session}/record"),
        format!("/api/v1/sessions/{session}/visits/{visit}/minutes.pdf"),
        format!("/api/v1/sessions/{session}/attendance.pdf"),
    ];
    let of_head = day.house.get(&paths[4], &day.cookies["head"]).await.unwrap();
    let ids = files_of(&String::from_utf8_lossy(&of_head.body));
    assert!(!ids.is_empty(), "the exhibit is in the receiver's record");
    paths.extend(ids.iter().map(|id| format!("/api/v1/files/{id}")));

    let own = ["officer-a", "assistant-a"];
    let mut receivers_knew = 0;
    for (login, ..) in SEATS {
        let heard = day.browsers[login].heard.lock().unwrap().clone();
        assert!(heard.contains("\"section\":\"public\""), "{login} was shown nothing: {heard}");
        let mut told = vec![("frames".to_owned(), heard)];
        for path in &paths {
            let answer = day.house.get(path, &day.cookies[login]).await.unwrap();
            let name = format!("{login}-{}", path.rsplit('/').next().unwrap().replace('.', "-"));
            let exhibit = path.starts_with("/api/v1/files/");
            let text = readable(if exhibit { "exhibit" } else { &name }, &answer.body);
            // The officer beside the citizen took the exhibit in and may have it back.
            if answer.status == 200 && !(exhibit && own.contains(&login)) {
                told.push((path.clone(), answer.head + &text));
            }
        }
        for (what, text) in &told {
            let known = found(text, &CANARIES);
            if RECEIVERS.contains(&login) {
                receivers_knew += known.len();
                continue;
            }
            // The conclusion is part of what is read back and signed at the citizen's own point.
            let allowed: &[&str] = if own.contains(&login) { &[CANARIES[6]] } else { &[] };
            let leaked: Vec<_> = known.into_iter().filter(|canary| !allowed.contains(canary)).collect();
            assert!(leaked.is_empty(), "{login} was told {leaked:?} by {what}");
            let signed_there = own.contains(&login);
            assert!(signed_there || !text.contains(TEXT), "{login} was told the text by {what}");
            let exists = text.contains(&visit.to_string());
            assert!(signed_there || !exists, "{login} was told that the visit exists by {what}");
        }
        if own.contains(&login) {
            assert!(told[0].1.contains(TEXT), "what is signed can be read where it is signed");
        }
    }
    assert!(receivers_knew > 10, "who receives a person knows them: {receivers_knew}");

    // A bundle for anybody: what is opened in it, and how it is called.
    let out = day.house.config().with_file_name("bundle");
    let export = tokio::process::Command::new(env!("CARGO_BIN_EXE_diemcau"))
        .args(["export", "--session", &session.to_string(), "--out"])
        .arg(&out)
        .arg("--config")
        .arg(day.house.config())
        .output()
        .await
        .unwrap();
    assert!(export.status.success(), "{}", String::from_utf8_lossy(&export.stderr));
    let (status, _) = process.terminate().await;
    assert!(status.success());
    let said = day.house.said();
    assert!(said.len() > 200, "the log says something: {said}");
    let mut everything = Vec::new();
    files(day.house.config().parent().unwrap(), &mut everything);
    assert!(everything.iter().any(|path| path.starts_with(&out)) && everything.len() > 10, "{everything:?}");
    for path in everything {
        let name = path.display().to_string();
        assert_eq!(found(&name, &CANARIES), Vec::<&str>::new(), "a file is called so");
        let bytes = std::fs::read(&path).unwrap();
        let text = readable(&Uuid::now_v7().to_string(), &bytes);
        assert_eq!(found(&text, &CANARIES), Vec::<&str>::new(), "in {name}");
        assert!(!text.contains(TEXT), "in {name}");
    }
}
