//! The peer: the VideoRoom of Debian's Janus, with a configuration of its own that leaves out what the load does not use.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::net::IpAddr;
use std::path::Path;
use std::process::Stdio;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use diemcau::load::{Admitted, Door, DoorError, DoorFuture, Local, Remote, Wish};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, oneshot};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;

const PORT: u16 = 8_188;
const ANSWER: Duration = Duration::from_secs(15);
const FIRST_ROOM: usize = 1_000;

type Waiting = std::sync::Arc<Mutex<BTreeMap<String, oneshot::Sender<Value>>>>;

/// A Janus of our own, and one session on its socket.
pub(crate) struct Janus {
    child: Child,
    _folder: tempfile::TempDir,
    requests: mpsc::Sender<Value>,
    waiting: Waiting,
    serial: AtomicU64,
    session: u64,
    control: u64,
    rooms: tokio::sync::Mutex<BTreeMap<usize, Vec<u64>>>,
    handles: Mutex<BTreeMap<usize, u64>>,
}

fn broken(what: impl ToString) -> DoorError {
    DoorError::Broken(what.to_string())
}

/// Where the package puts what it can load.
fn parts() -> Option<String> {
    let folders = std::fs::read_dir("/usr/lib").ok()?.flatten();
    let found = folders.map(|entry| entry.path().join("janus")).find(|path| path.join("plugins").is_dir());
    found.map(|path| path.display().to_string())
}

/// Why the peer's rows are left out; nothing when they need not be.
pub(crate) fn missing() -> Option<&'static str> {
    if parts().is_none() || !Path::new("/usr/bin/janus").exists() {
        return Some("the Debian package janus is not installed");
    }
    None
}

impl Janus {
    /// Starts one on `core`, with candidates on `address`. `loops`: event loops; none for one thread per connection, as
    /// it comes from the package.
    pub(crate) async fn start(address: IpAddr, core: u32, loops: Option<u32>) -> Result<Self, DoorError> {
        let folder = tempfile::tempdir().map_err(broken)?;
        let parts = parts().ok_or_else(|| broken("no Janus"))?;
        let path = folder.path().display();
        let loops = loops.map_or_else(String::new, |loops| format!("event_loops = {loops}"));
        let main = format!(
            "general: {{ configs_folder = \"{path}\"\n plugins_folder = \"{parts}/plugins\"\n\
             transports_folder = \"{parts}/transports\"\n events_folder = \"{parts}/events\"\n\
             loggers_folder = \"{parts}/loggers\"\n debug_level = 2\n session_timeout = 0\n {loops} }}\n\
             certificates: {{ }}\nmedia: {{ ipv6 = false }}\n\
             nat: {{ ice_lite = true\n ice_enforce_list = \"{address}\" }}\n\
             plugins: {{ disable = \"libjanus_audiobridge.so,libjanus_duktape.so,libjanus_echotest.so,libjanus_lua.so,\
             libjanus_nosip.so,libjanus_recordplay.so,libjanus_sip.so,libjanus_streaming.so,libjanus_textroom.so,\
             libjanus_videocall.so,libjanus_voicemail.so\" }}\n\
             transports: {{ disable = \"libjanus_http.so,libjanus_mqtt.so,libjanus_nanomsg.so,libjanus_pfunix.so,\
             libjanus_rabbitmq.so\" }}\nevents: {{ broadcast = false }}\n"
        );
        let sockets = format!("general: {{ json = \"compact\"\n ws = true\n ws_port = {PORT}\n wss = false }}\n");
        for (name, text) in [
            ("janus.jcfg", main.as_str()),
            ("janus.transport.websockets.jcfg", &sockets),
            ("janus.plugin.videoroom.jcfg", "general: { }\n"),
        ] {
            std::fs::write(folder.path().join(name), text).map_err(broken)?;
        }
        let log = std::fs::File::create(folder.path().join("log")).map_err(broken)?;
        let child = Command::new("taskset")
            .args(["-c", &core.to_string(), "/usr/bin/janus", "-F"])
            .arg(folder.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone().map_err(broken)?)
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .map_err(broken)?;
        let mut request = format!("ws://127.0.0.1:{PORT}/").into_client_request().map_err(broken)?;
        request.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static("janus-protocol"));
        let mut tries = 0;
        let stream = loop {
            match tokio_tungstenite::connect_async(request.clone()).await {
                Ok((stream, _)) => break stream,
                Err(error) if tries == 100 => return Err(broken(error)),
                Err(_) => tries += 1,
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        let (mut out, mut input) = stream.split();
        let (requests, mut asked) = mpsc::channel::<Value>(64);
        tokio::spawn(async move {
            while let Some(request) = asked.recv().await {
                if out.send(Message::text(request.to_string())).await.is_err() {
                    return;
                }
            }
        });
        let waiting = Waiting::default();
        let answered = waiting.clone();
        tokio::spawn(async move {
            while let Some(Ok(message)) = input.next().await {
                let Ok(Ok(answer)) = message.to_text().map(serde_json::from_str::<Value>) else { continue };
                // An `ack` says that the event of the same transaction will follow.
                if answer["janus"] == "ack" {
                    continue;
                }
                let transaction = answer["transaction"].as_str().unwrap_or_default();
                if let Some(wait) = answered.lock().unwrap().remove(transaction) {
                    let _ = wait.send(answer);
                }
            }
        });
        let mut janus = Self {
            child,
            _folder: folder,
            requests,
            waiting,
            serial: AtomicU64::new(0),
            session: 0,
            control: 0,
            rooms: tokio::sync::Mutex::default(),
            handles: Mutex::default(),
        };
        let created = janus.ask(json!({"janus": "create"})).await?;
        janus.session = created["data"]["id"].as_u64().ok_or_else(|| broken("no session"))?;
        janus.control = janus.attach().await?;
        Ok(janus)
    }

    async fn ask(&self, mut request: Value) -> Result<Value, DoorError> {
        let transaction = format!("t{}", self.serial.fetch_add(1, Ordering::Relaxed));
        request["transaction"] = json!(transaction);
        if self.session != 0 {
            request["session_id"] = json!(self.session);
        }
        let (reply, wait) = oneshot::channel();
        self.waiting.lock().unwrap().insert(transaction, reply);
        self.requests.send(request).await.map_err(broken)?;
        let answer = tokio::time::timeout(ANSWER, wait).await.map_err(broken)?.map_err(broken)?;
        let error = answer["error"]["reason"].as_str().or_else(|| answer["plugindata"]["data"]["error"].as_str());
        match error {
            Some(error) => Err(DoorError::Refused(error.to_owned())),
            None => Ok(answer),
        }
    }

    async fn attach(&self) -> Result<u64, DoorError> {
        let attached = self.ask(json!({"janus": "attach", "plugin": "janus.plugin.videoroom"})).await?;
        attached["data"]["id"].as_u64().ok_or_else(|| broken("no handle"))
    }

    async fn tell(&self, handle: u64, body: Value, jsep: Option<Value>) -> Result<Value, DoorError> {
        let mut request = json!({"janus": "message", "handle_id": handle, "body": body});
        if let Some(jsep) = jsep {
            request["jsep"] = jsep;
        }
        self.ask(request).await
    }

    async fn enter(&self, wish: Wish, local: &Local) -> Result<Admitted, DoorError> {
        let room = FIRST_ROOM + wish.room;
        let handle = self.attach().await?;
        self.handles.lock().unwrap().insert(wish.client, handle);
        let mut rooms = self.rooms.lock().await;
        if let Entry::Vacant(place) = rooms.entry(wish.room) {
            let body = json!({
                "request": "create", "room": room, "publishers": 100, "videocodec": "vp8", "audiocodec": "opus",
                "transport_wide_cc_ext": false, "notify_joining": false,
            });
            self.tell(self.control, body, None).await?;
            place.insert(Vec::new());
        }
        if wish.sends {
            drop(rooms);
            let feed = wish.client as u64 + 1;
            let body = json!({"request": "joinandconfigure", "ptype": "publisher", "room": room, "id": feed});
            let jsep = json!({"type": "offer", "sdp": local.offer(0)});
            let answer = self.tell(handle, body, Some(jsep)).await?;
            let remote = answer["jsep"]["sdp"].as_str().and_then(Remote::parse);
            self.rooms.lock().await.entry(wish.room).or_default().push(feed);
            return Ok(Admitted { remote: remote.ok_or_else(|| broken("no usable answer"))?, streams: Some(0) });
        }
        let mut feeds = rooms.get(&wish.room).cloned().unwrap_or_default();
        drop(rooms);
        // One who talks does not watch itself; which one is left out makes no difference to the work.
        if feeds.len() > wish.receives {
            feeds.remove(wish.client % feeds.len());
        }
        feeds.truncate(wish.receives);
        let streams: Vec<Value> = feeds.iter().map(|feed| json!({"feed": feed})).collect();
        let body = json!({"request": "join", "ptype": "subscriber", "room": room, "streams": streams});
        let offered = self.tell(handle, body, None).await?;
        let offer = offered["jsep"]["sdp"].as_str().ok_or_else(|| broken("no offer"))?;
        let remote = Remote::parse(offer).ok_or_else(|| broken("no usable offer"))?;
        let jsep = json!({"type": "answer", "sdp": local.answer(offer)});
        self.tell(handle, json!({"request": "start"}), Some(jsep)).await?;
        Ok(Admitted { remote, streams: Some(2 * feeds.len()) })
    }
}

impl Door for Janus {
    fn join<'a>(&'a self, wish: Wish, local: &'a Local) -> DoorFuture<'a, Admitted> {
        Box::pin(self.enter(wish, local))
    }

    fn leave(&self, wish: Wish) -> DoorFuture<'_, ()> {
        Box::pin(async move {
            let handle = self.handles.lock().unwrap().remove(&wish.client);
            if let Some(handle) = handle {
                self.ask(json!({"janus": "detach", "handle_id": handle})).await?;
            }
            Ok(())
        })
    }

    fn one_connection(&self) -> bool {
        false
    }

    fn process(&self) -> Option<u32> {
        self.child.id()
    }
}
