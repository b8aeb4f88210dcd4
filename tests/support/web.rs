//! A whole server on a free port, the people who use it, and the plainest possible clients: every byte of a request is
//! the test's own.

use std::sync::Arc;

use diemcau::app::accounts::Accounts;
use diemcau::clock::{Clock as _, SharedClock};
use diemcau::config::Config;
use diemcau::domain::ids::{InstallationId, PointId, SessionId, UnitId, UserId};
use diemcau::domain::people::{RoleGrant, UnitRole, User};
use diemcau::domain::units::{Point, Unit, UnitKind};
use diemcau::run::Server;
use diemcau::store::keys::Keys;
use diemcau::store::office::Account;
use futures_util::{SinkExt as _, StreamExt as _};
use jiff::civil::date;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};
use uuid::Uuid;

use super::clock::TestClock;

pub const PASSWORD: &str = "một mật khẩu đủ dài";

pub const BOARD: UnitId = UnitId(Uuid::from_u128(0xa0));
pub const COMMUNE: UnitId = UnitId(Uuid::from_u128(0xb0));
pub const ELSEWHERE: UnitId = UnitId(Uuid::from_u128(0xc0));
pub const CENTRAL: PointId = PointId(Uuid::from_u128(0xa1));
pub const XA_A: PointId = PointId(Uuid::from_u128(0xb1));
pub const FAR: PointId = PointId(Uuid::from_u128(0xc1));

/// Login, unit and role of everybody.
pub const PEOPLE: [(&str, UnitId, UnitRole); 6] = [
    ("head", BOARD, UnitRole::Head),
    ("officer", BOARD, UnitRole::ReceptionOfficer),
    ("admin", BOARD, UnitRole::Administrator),
    ("tech", BOARD, UnitRole::Technician),
    ("xa-a", COMMUNE, UnitRole::ReceptionOfficer),
    ("stranger", ELSEWHERE, UnitRole::ReceptionOfficer),
];

pub struct Web {
    pub server: Server,
    pub clock: Arc<TestClock>,
    pub host: String,
    /// Removed at the end.
    _dir: tempfile::TempDir,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }
    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_else(|| panic!("no problem: {self:?}")).to_owned()
    }
}

pub fn user(login: &str) -> UserId {
    let at = PEOPLE.iter().position(|(name, _, _)| *name == login).unwrap();
    UserId(Uuid::from_u128(0xe0 + at as u128))
}

impl Web {
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let host = format!("127.0.0.1:{port}");
        let mut config = Config::default();
        config.http.listen = host.parse().unwrap();
        config.http.origins = vec![format!("http://{host}"), format!("http://xa-a.localhost:{port}")];
        config.data.dir = dir.path().to_owned();
        config.data.keys = dir.path().join("keys");
        config.media.listen = "127.0.0.1:0".parse().unwrap();
        config.sign_in.links = true;
        change(&mut config);
        let clock = TestClock::start();
        Keys::init(&config.data.keys, InstallationId(Uuid::from_u128(1)), clock.now()).unwrap();
        let shared: SharedClock = clock.clone();
        let server = Server::start(config, shared).await.unwrap();
        let web = Self { server, clock, host, _dir: dir };
        web.people().await;
        web
    }

    pub fn accounts(&self) -> &Accounts {
        &self.server.app().accounts
    }

    async fn people(&self) {
        let now = self.clock.now();
        let accounts = self.accounts();
        for (id, code, kind) in [
            (BOARD, "BTCD", UnitKind::ReceptionBoard),
            (COMMUNE, "XA-A", UnitKind::Commune),
            (ELSEWHERE, "XA-Z", UnitKind::Commune),
        ] {
            let unit = Unit {
                id,
                name: code.to_owned(),
                kind,
                parent: None,
                valid_from: date(2025, 7, 1),
                valid_to: None,
                successors: Vec::new(),
                code: code.to_owned(),
                place: "A".to_owned(),
            };
            accounts.save_unit(&unit, now).await.unwrap();
        }
        for (id, unit, name) in [(CENTRAL, BOARD, "central"), (XA_A, COMMUNE, "xa-a"), (FAR, ELSEWHERE, "far")] {
            let point = Point {
                id,
                unit,
                name: name.to_owned(),
                address: String::new(),
                equipment: String::new(),
                phone: String::new(),
                valid_from: date(2025, 7, 1),
                valid_to: None,
            };
            accounts.save_point(&point, now).await.unwrap();
        }
        // One hash for all: the cost of argon2 is not what these tests are about.
        let hash = diemcau::auth::password::Passwords::new().unwrap().hash(PASSWORD.to_owned()).await.unwrap();
        for (login, unit, role) in PEOPLE {
            let id = user(login);
            let person =
                User { id, login: login.to_owned(), name: login.to_owned(), title: "CV".to_owned(), disabled: false };
            accounts.save(&Account { user: person, password_hash: Some(hash.clone()) }, now).await.unwrap();
            accounts.grant(&RoleGrant { user: id, unit, role }, true, now).await.unwrap();
        }
    }

    pub fn origin(&self) -> String {
        format!("http://{}", self.host)
    }

    /// Sends exactly these bytes on a new connection and reads to its end.
    pub async fn raw(&self, request: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(self.server.address).await.unwrap();
        stream.write_all(request).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        let end = answer.windows(4).position(|at| at == b"\r\n\r\n").unwrap_or_else(|| panic!("{answer:?}"));
        let head = String::from_utf8(answer[..end].to_vec()).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head, body: answer[end + 4..].to_vec() }
    }

    /// A request with exactly these headers, besides length and close.
    pub async fn request(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut text = format!("{method} {path} HTTP/1.1\r\nconnection: close\r\n");
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        if !body.is_empty() || method != "GET" {
            text.push_str(&format!("content-length: {}\r\n", body.len()));
        }
        text.push_str("\r\n");
        self.raw(&[text.as_bytes(), body].concat()).await
    }

    pub async fn get(&self, path: &str, cookie: &str) -> Answer {
        self.request("GET", path, &[("host", &self.host), ("cookie", cookie)], b"").await
    }

    pub async fn post(&self, path: &str, cookie: &str, body: &Value) -> Answer {
        let origin = self.origin();
        let headers = [
            ("host", self.host.as_str()),
            ("origin", &origin),
            ("x-diemcau", "1"),
            ("content-type", "application/json"),
            ("cookie", cookie),
        ];
        self.request("POST", path, &headers, body.to_string().as_bytes()).await
    }

    pub async fn try_sign_in(&self, login: &str, password: &str) -> Answer {
        self.post("/api/v1/sign-in", "", &json!({"login": login, "password": password})).await
    }

    /// The cookie of a signed-in person.
    pub async fn sign_in(&self, login: &str) -> String {
        let answer = self.try_sign_in(login, PASSWORD).await;
        assert_eq!(answer.status, 204, "{answer:?}");
        cookie_of(&answer)
    }

    /// A session of the board with the commune's point; the head presides, the officer writes.
    pub async fn session(&self) -> SessionId {
        let session = SessionId(self.clock.new_id());
        let cookie = self.sign_in("officer").await;
        let point = |point: PointId, unit: UnitId, role: &str| json!({"point": point, "unit": unit, "role": role, "name": role, "address": ""});
        let function = |login: &str, function: &str, point: PointId| json!({"user": user(login), "function": function, "point": point});
        let new = json!({
            "id": session,
            "unit": BOARD,
            "title": "thử",
            "kind": "periodic",
            "starts_at": self.clock.now(),
            "grounds": ["complex"],
            "points": [point(CENTRAL, BOARD, "central"), point(XA_A, COMMUNE, "component")],
            "functions": [
                function("head", "presider", CENTRAL),
                function("officer", "note_taker", CENTRAL),
                function("xa-a", "point_officer", XA_A),
            ],
        });
        let answer = self.post("/api/v1/sessions", &cookie, &new).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        session
    }

    pub async fn ticket(&self, cookie: &str, session: SessionId, point: Option<PointId>, device: &str) -> Answer {
        let asked = json!({"session": session, "point": point, "device": device});
        self.post("/api/v1/tickets", cookie, &asked).await
    }

    /// Tries to upgrade with these headers; `Err` holds the status.
    pub async fn upgrade(&self, headers: &[(&str, &str)]) -> Result<Socket, u16> {
        let mut request = format!("ws://{}/ws", self.host).into_client_request().unwrap();
        request.headers_mut().remove("host");
        for (name, value) in headers {
            let name: tokio_tungstenite::tungstenite::http::HeaderName = name.parse().unwrap();
            request.headers_mut().append(name, value.parse().unwrap());
        }
        let stream = TcpStream::connect(self.server.address).await.unwrap();
        match tokio_tungstenite::client_async(request, MaybeTlsStream::Plain(stream)).await {
            Ok((stream, _)) => Ok(Socket { stream }),
            Err(tokio_tungstenite::tungstenite::Error::Http(response)) => Err(response.status().as_u16()),
            Err(other) => panic!("{other}"),
        }
    }

    /// A socket of this person, upgraded but without `hello`.
    pub async fn socket(&self, cookie: &str, session: SessionId, point: Option<PointId>) -> Socket {
        let answer = self.ticket(cookie, session, point, "main").await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let token = answer.json()["token"].as_str().unwrap().to_owned();
        let protocols = format!("diemcau.v1, ticket.{token}");
        let origin = self.origin();
        let headers = [
            ("host", self.host.as_str()),
            ("origin", &origin),
            ("cookie", cookie),
            ("sec-websocket-protocol", &protocols),
        ];
        self.upgrade(&headers).await.unwrap()
    }

    /// A socket that is attached to its room.
    pub async fn joined(&self, login: &str, session: SessionId, point: PointId) -> (Socket, String) {
        let cookie = self.sign_in(login).await;
        let mut socket = self.socket(&cookie, session, Some(point)).await;
        socket.say(&frame(json!({"type": "hello", "device": "main", "have": {}}))).await;
        socket.until("welcome").await;
        (socket, cookie)
    }
}

pub fn cookie_of(answer: &Answer) -> String {
    answer.header("set-cookie").unwrap().split(';').next().unwrap().to_owned()
}

pub fn frame(body: Value) -> String {
    json!({"v": 1, "id": Uuid::now_v7(), "body": body}).to_string()
}

pub struct Socket {
    pub stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Socket {
    pub async fn say(&mut self, text: &str) {
        self.stream.send(Message::text(text)).await.unwrap();
    }

    /// The next body of this type; others, and pings, are passed over.
    pub async fn until(&mut self, kind: &str) -> Value {
        let wait = async {
            loop {
                match self.stream.next().await {
                    Some(Ok(Message::Text(text))) => {
                        let frame: Value = serde_json::from_str(&text).unwrap();
                        if frame["body"]["type"] == kind {
                            return frame["body"].clone();
                        }
                    }
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                    other => panic!("waiting for {kind}: {other:?}"),
                }
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(10), wait).await.expect(kind)
    }

    /// Why the server closes; everything before it is passed over.
    pub async fn closed(&mut self) -> CloseFrame {
        let wait = async {
            loop {
                match self.stream.next().await {
                    Some(Ok(Message::Close(Some(frame)))) => return frame,
                    Some(Ok(_)) => {}
                    other => panic!("waiting for the close: {other:?}"),
                }
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(15), wait).await.expect("a close")
    }
}
