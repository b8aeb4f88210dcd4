//! The shipped program as a process of its own: started, killed, told to stop; and requests to it over plain sockets.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use diemcau::domain::ids::{InstallationId, PointId, SessionId};
use diemcau::store::keys::Keys;
use diemcau::store::{Backend, Store};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::MaybeTlsStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use uuid::Uuid;

use super::web::{Answer, PASSWORD, Socket, cookie_of};

/// What must not take longer on a loaded machine either.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// An installation: folders, keys, configuration, and the address it always has.
pub struct House {
    dir: tempfile::TempDir,
    database: PathBuf,
    pub host: String,
}

impl House {
    /// A new installation with its database in the data folder.
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let database = dir.path().join("diemcau.sqlite");
        Self::with_database(dir, database)
    }

    /// The same with the database somewhere else.
    pub fn with_database(dir: tempfile::TempDir, database: PathBuf) -> Self {
        let house = Self { host: format!("127.0.0.1:{}", free_port()), database, dir };
        let text = format!(
            "[http]\nlisten = \"{host}\"\norigins = [\"http://{host}\"]\n[data]\ndir = \"{dir}\"\nkeys = \"{dir}/keys\"\n\
             database = \"sqlite://{database}\"\n[media]\nlisten = \"127.0.0.1:0\"\n[log]\nlevel = \"warn\"\n",
            host = house.host,
            dir = house.dir.path().display(),
            database = house.database.display(),
        );
        std::fs::write(house.config(), text).unwrap();
        let now: Timestamp = "2026-11-01T00:00:00Z".parse().unwrap();
        Keys::init(&house.dir.path().join("keys"), InstallationId(Uuid::from_u128(0xd1e0)), now).unwrap();
        house
    }

    pub fn config(&self) -> PathBuf {
        self.dir.path().join("diemcau.toml")
    }

    fn log(&self) -> PathBuf {
        self.dir.path().join("server.log")
    }

    /// What the processes said since the beginning.
    pub fn said(&self) -> String {
        std::fs::read_to_string(self.log()).unwrap_or_default()
    }

    /// The store of this installation, for what is made before the first start.
    pub async fn store(&self) -> Store {
        open(&self.database, &self.dir.path().join("keys")).await
    }

    /// The data as it lies on the disk now, opened elsewhere: recovering the real files is the program's part.
    pub async fn copy(&self) -> Copied {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("copy.sqlite");
        std::fs::copy(&self.database, &target).unwrap();
        let mut wal = self.database.clone().into_os_string();
        wal.push("-wal");
        if Path::new(&wal).exists() {
            std::fs::copy(&wal, dir.path().join("copy.sqlite-wal")).unwrap();
        }
        Copied { store: open(&target, &self.dir.path().join("keys")).await, _dir: dir }
    }

    /// Runs another verb to its end.
    pub async fn verb(&self, verb: &str) -> (ExitStatus, String) {
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_diemcau"));
        let output = command.args(["--lang", "en", verb, "--config"]).arg(self.config()).output().await.unwrap();
        (output.status, String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
    }

    /// Starts the program and waits until it is ready; says how long that took.
    pub async fn start(&self) -> (Process, Duration) {
        let log = File::options().create(true).append(true).open(self.log()).unwrap();
        let began = Instant::now();
        let child = tokio::process::Command::new(env!("CARGO_BIN_EXE_diemcau"))
            .args(["serve", "--config"])
            .arg(self.config())
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut process = Process { child };
        while began.elapsed() < PATIENCE {
            if let Some(status) = process.child.try_wait().unwrap() {
                panic!("the server did not start: {status}\n{}", self.said());
            }
            if self.get("/readyz", "").await.is_ok_and(|answer| answer.status == 200) {
                return (process, began.elapsed());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("the server was never ready\n{}", self.said());
    }

    // --- requests

    /// One request on a connection of its own.
    async fn request(&self, method: &str, path: &str, cookie: &str, body: &[u8]) -> std::io::Result<Answer> {
        let mut stream = TcpStream::connect(&self.host).await?;
        let text = format!(
            "{method} {path} HTTP/1.1\r\nhost: {host}\r\norigin: http://{host}\r\ncookie: {cookie}\r\nx-diemcau: 1\r\n\
             content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
            body.len(),
            host = self.host,
        );
        stream.write_all(&[text.as_bytes(), body].concat()).await?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await?;
        let cut = std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
        let Some(end) = bytes.windows(4).position(|at| at == b"\r\n\r\n") else { return Err(cut) };
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or(cut)?;
        Ok(Answer { status, head, body: bytes[end + 4..].to_vec() })
    }

    pub async fn get(&self, path: &str, cookie: &str) -> std::io::Result<Answer> {
        self.request("GET", path, cookie, b"").await
    }

    pub async fn post(&self, path: &str, cookie: &str, body: &Value) -> std::io::Result<Answer> {
        self.request("POST", path, cookie, body.to_string().as_bytes()).await
    }

    /// The cookie of a person with the password of the tests.
    pub async fn sign_in(&self, login: &str) -> String {
        let answer = self.post("/api/v1/sign-in", "", &json!({"login": login, "password": PASSWORD})).await.unwrap();
        assert_eq!(answer.status, 204, "{login}: {answer:?}");
        cookie_of(&answer)
    }

    /// An upgraded socket without `hello`. `Err` holds the status of what was refused, 0 for a broken connection.
    pub async fn socket(
        &self,
        cookie: &str,
        session: SessionId,
        point: Option<PointId>,
        device: &str,
    ) -> Result<Socket, u16> {
        let asked = json!({"session": session, "point": point, "device": device});
        let ticket = self.post("/api/v1/tickets", cookie, &asked).await.map_err(|_| 0_u16)?;
        if ticket.status != 200 {
            return Err(ticket.status);
        }
        let token = ticket.json()["token"].as_str().unwrap().to_owned();
        let mut request = format!("ws://{}/ws", self.host).into_client_request().unwrap();
        for (name, value) in [
            ("origin", format!("http://{}", self.host)),
            ("cookie", cookie.to_owned()),
            ("sec-websocket-protocol", format!("diemcau.v1, ticket.{token}")),
        ] {
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        let stream = TcpStream::connect(&self.host).await.map_err(|_| 0_u16)?;
        match tokio_tungstenite::client_async(request, MaybeTlsStream::Plain(stream)).await {
            Ok((stream, _)) => Ok(Socket { stream }),
            Err(tokio_tungstenite::tungstenite::Error::Http(response)) => Err(response.status().as_u16()),
            Err(_) => Err(0),
        }
    }
}

/// A copy of the data; removed at the end.
pub struct Copied {
    pub store: Store,
    _dir: tempfile::TempDir,
}

async fn open(database: &Path, keys: &Path) -> Store {
    let backend = Backend::Sqlite { path: database.to_owned(), max_bytes: None };
    Store::open(&backend, Keys::load(keys).unwrap()).await.unwrap()
}

/// A port nobody listens at, below those the system gives to clients: it must still be free after each restart.
fn free_port() -> u16 {
    let from = u16::try_from(Uuid::new_v4().as_u128() % 10_000).unwrap();
    (0..10_000)
        .map(|step| 20_000 + (from + step) % 10_000)
        .find(|port| std::net::TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .expect("a free port")
}

/// A running server.
pub struct Process {
    child: tokio::process::Child,
}

impl Process {
    /// `kill -9`, and until it is gone.
    pub async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// SIGTERM, as a service manager stops it: how it ended, and how long that took.
    pub async fn terminate(mut self) -> (ExitStatus, Duration) {
        let began = Instant::now();
        let id = self.child.id().unwrap().to_string();
        let told = tokio::process::Command::new("kill").args(["-TERM", &id]).status().await.unwrap();
        assert!(told.success());
        let status = tokio::time::timeout(PATIENCE, self.child.wait()).await.expect("an end").unwrap();
        (status, began.elapsed())
    }
}
