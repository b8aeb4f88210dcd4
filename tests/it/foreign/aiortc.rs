//! Encoder, wall display and page on aiortc: libsrtp, OpenSSL and real codecs. What it shows is decoded, what it says is heard.

use std::process::Stdio;
use std::time::Duration;

use diemcau::bot::{Bot, Received};
use diemcau::domain::session::SessionAct;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::OnceCell;
use tokio::time::{Instant, timeout, timeout_at};

use super::house::{House, Seat};
use crate::support::web::{CENTRAL, XA_A};

/// Other software on a busy machine takes its time.
pub(super) const LONG: Duration = Duration::from_secs(90);
const MAKING: Duration = Duration::from_secs(300);

/// The interpreter.
async fn python() -> Option<String> {
    static MADE: OnceCell<Option<String>> = OnceCell::const_new();
    MADE.get_or_init(|| environment("aiortc")).await.clone()
}

/// A Python with what `requirements-NAME.txt` asks for; nothing where it is not to be had.
pub(super) async fn environment(name: &str) -> Option<String> {
    let made = async {
        let place = std::env::var("CARGO_TARGET_DIR").unwrap_or_else(|_| env!("CARGO_TARGET_TMPDIR").to_owned());
        let mut script = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/foreign/python.sh"));
        let output = timeout(MAKING, script.args([&place, name]).kill_on_drop(true).output()).await;
        let output =
            output.map_err(|_| "the environment was not made in time".to_owned())?.map_err(|e| e.to_string())?;
        let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        if output.status.success() { Ok(said(&output.stdout)) } else { Err(said(&output.stderr)) }
    };
    match made.await {
        Ok(python) => Some(python),
        Err(why) => {
            let why: String = why;
            println!("skipped: no {name} here: {why}");
            None
        }
    }
}

/// A client and what it says.
pub(super) struct Client {
    _child: Child,
    stdin: ChildStdin,
    said: Lines<BufReader<ChildStdout>>,
    heard: Vec<Value>,
}

impl Client {
    pub(super) fn start(python: &str, script: &str, arguments: &[&str]) -> Self {
        let mut child = Command::new(python)
            .arg(format!("{}/tests/foreign/{script}", env!("CARGO_MANIFEST_DIR")))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let said = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { stdin: child.stdin.take().unwrap(), _child: child, said, heard: Vec::new() }
    }

    pub(super) async fn until(&mut self, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let end = Instant::now() + LONG;
        loop {
            let Ok(line) = timeout_at(end, self.said.next_line()).await else {
                panic!("not in time: {what}; it said {:?}", self.heard)
            };
            let Some(line) = line.unwrap() else { panic!("ended before: {what}; it said {:?}", self.heard) };
            let event: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("no JSON: {line}"));
            self.heard.push(event.clone());
            if fits(&event) {
                return event;
            }
        }
    }

    pub(super) async fn event(&mut self, name: &str) -> Value {
        self.until(name, |event| event["event"] == name).await
    }

    pub(super) async fn connected(&mut self) {
        self.until("connected", |event| event["state"] == "connected").await;
    }

    /// `count` frames of what the encoder shows or says were decoded.
    pub(super) async fn decodes(&mut self, kind: &str, count: u64) -> Value {
        let done = |event: &Value| event["kind"] == kind && event["ours"].as_u64().is_some_and(|ours| ours >= count);
        self.until(&format!("{count} decoded frames of {kind}"), done).await
    }

    pub(super) async fn tell(&mut self, line: &str) {
        self.stdin.write_all(format!("{line}\n").as_bytes()).await.unwrap();
    }
}

pub(super) fn url(house: &House, path: &str) -> String {
    format!("http://{}{path}", house.web.host)
}

/// The commune's point has the floor and its officer's key was pressed.
async fn speaks(house: &House) -> (Seat, Seat) {
    let mut presider = house.seat("head", CENTRAL).await;
    let mut officer = house.seat("xa-a", XA_A).await;
    presider.acts(json!({"do": "give_floor", "point": XA_A})).await;
    officer.acts(json!({"do": "microphone", "open": true})).await;
    (presider, officer)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_aiortc_encoder_sends_is_decoded_by_a_page_and_by_a_wall() {
    let Some(python) = python().await else { return };
    let house = House::open().await;
    let mut encoder = Client::start(&python, "client.py", &["publish", &url(&house, &house.whip()), &house.encoder]);
    let answered = encoder.event("answered").await;
    assert_eq!(answered["status"], 201, "{answered}");
    encoder.connected().await;

    let (mut presider, _officer) = speaks(&house).await;
    let mut page = Client::start(&python, "client.py", &["page"]);
    let offer = page.event("offer").await;
    let answer = presider.offers(offer["sdp"].as_str().unwrap()).await;
    page.tell(&json!({"sdp": answer}).to_string()).await;
    let mut wall = Client::start(&python, "client.py", &["show", &url(&house, &house.whep()), &house.wall]);
    assert_eq!(wall.event("answered").await["status"], 201);
    for viewer in [&mut page, &mut wall] {
        let picture = viewer.decodes("video", 16).await;
        assert_eq!(picture["format"], "320x240");
        viewer.decodes("audio", 32).await;
    }

    assert_eq!(house.web.server.app().foreign.count(), 2);
    for machine in [&mut encoder, &mut wall] {
        machine.tell("end").await;
        assert_eq!(machine.event("deleted").await["status"], 200);
    }
    assert_eq!(house.web.server.app().foreign.count(), 0);
}

/// libsrtp with AES-CM and SHA-1 at both ends: what we decrypt and encrypt is what the world means by it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn aiortc_with_old_keys_is_decoded_with_old_keys() {
    let Some(python) = python().await else { return };
    let house = House::open().await;
    let (whip, whep) = (url(&house, &house.whip()), url(&house, &house.whep()));
    let mut encoder = Client::start(&python, "client.py", &["publish", &whip, &house.encoder, "--old-keys"]);
    encoder.connected().await;
    let (_presider, _officer) = speaks(&house).await;
    let mut wall = Client::start(&python, "client.py", &["show", &whep, &house.wall, "--old-keys"]);
    wall.decodes("video", 8).await;
    wall.decodes("audio", 16).await;
}

/// The picture packets of one slot as a stream of bytes (H.264 annex B).
pub(super) fn annex_b(packets: &[Received]) -> Vec<u8> {
    let mut stream = Vec::new();
    let mut put = |unit: &[u8]| stream.extend([&[0, 0, 0, 1], unit].concat());
    let mut unit = Vec::new();
    for packet in packets {
        let payload = &packet.payload;
        match payload[0] & 0x1f {
            24 => {
                let mut rest = &payload[1..];
                while let Some((length, tail)) = rest.split_first_chunk::<2>() {
                    let (whole, tail) = tail.split_at(usize::from(u16::from_be_bytes(*length)));
                    put(whole);
                    rest = tail;
                }
            }
            28 => {
                if payload[1] & 0x80 != 0 {
                    unit = vec![payload[0] & 0xe0 | payload[1] & 0x1f];
                }
                unit.extend_from_slice(&payload[2..]);
                if payload[1] & 0x40 != 0 {
                    put(&unit);
                }
            }
            _ => put(payload),
        }
    }
    stream
}

/// What ffprobe says of the pictures in a file: codec, size, how many were decoded. Nothing may be wrong with it.
pub(super) async fn pictures_of(name: &str, bytes: &[u8]) -> (String, u64) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    tokio::fs::write(&path, bytes).await.unwrap();
    let fields = ["-v", "error", "-count_frames", "-show_entries", "stream=codec_name,width,height,nb_read_frames"];
    let output = Command::new("ffprobe").args(fields).args(["-of", "csv=p=0"]).arg(&path).output().await.unwrap();
    assert!(output.stderr.is_empty(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8(output.stdout).unwrap();
    let (what, count) = said.trim().rsplit_once(',').unwrap_or_else(|| panic!("{name}: {said}"));
    (what.to_owned(), count.parse().unwrap())
}

/// Collects `wanted` pictures from their first packet on, in the order of their numbers.
pub(super) async fn pictures(viewer: &mut Bot, wanted: usize) -> Vec<Received> {
    let mut packets: Vec<Received> = Vec::new();
    let whole = |packets: &[Received]| packets.iter().filter(|packet| packet.marker).count();
    while whole(&packets) < wanted {
        let packet = timeout(LONG, viewer.receive()).await.expect("pictures").expect("a connection");
        packets.extend(Some(packet).filter(|packet| packet.video));
    }
    let first = packets[0].sequence;
    packets.sort_by_key(|packet| packet.sequence.wrapping_sub(first));
    packets.dedup_by_key(|packet| packet.sequence);
    let last = packets.iter().rposition(|packet| packet.marker).unwrap();
    packets.truncate(last + 1);
    packets
}

/// The whole way of H.264: a real encoder, an independent page, a real display, the record.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_aiortc_encoder_sends_as_h264_is_seen_shown_and_recorded() {
    let Some(python) = python().await else { return };
    let house = House::open().await;
    let (mut presider, mut page) = house.viewer().await;
    let mut officer = house.seat("xa-a", XA_A).await;
    let (whip, whep) = (url(&house, &house.whip()), url(&house, &house.whep()));
    let mut encoder = Client::start(&python, "client.py", &["publish", &whip, &house.encoder, "--h264"]);
    let answered = encoder.event("answered").await;
    let answer = answered["body"].as_str().unwrap();
    assert!(answered["status"] == 201 && answer.contains("H264/90000") && !answer.contains("VP8"), "{answered}");
    encoder.connected().await;

    let seen = pictures(&mut page, 30).await;
    assert!(seen.iter().all(|packet| packet.payload_type == 103));
    let (what, count) = pictures_of("seen.h264", &annex_b(&seen)).await;
    assert_eq!((what.as_str(), count), ("h264,320,240", 30));

    house.starts().await;
    // Who speaks is on the wall.
    presider.acts(json!({"do": "give_floor", "point": XA_A})).await;
    officer.acts(json!({"do": "microphone", "open": true})).await;
    let mut wall = Client::start(&python, "client.py", &["show", &whep, &house.wall]);
    assert_eq!(wall.decodes("video", 32).await["format"], "320x240");
    // What is paused is closed and told.
    house.moves("head", SessionAct::Pause).await;
    let cookie = house.web.sign_in("head").await;
    let end = Instant::now() + LONG;
    let mut recorded = 0;
    while recorded < 32 {
        assert!(Instant::now() < end, "{recorded} pictures were recorded");
        tokio::time::sleep(Duration::from_millis(100)).await;
        let record = house.web.get(&format!("/api/v1/sessions/{}/record", house.session), &cookie).await.json();
        let rows = record["segments"].as_array().unwrap();
        recorded = 0;
        for row in rows.iter().filter(|row| row["source"] == "camera" && row["point"] == json!(XA_A)) {
            let segment = row["segment"].as_str().unwrap();
            let address = format!("/api/v1/sessions/{}/recordings/{segment}", house.session);
            let played = house.web.get(&address, &cookie).await;
            assert_eq!((played.status, played.header("content-type")), (200, Some("video/matroska")));
            assert!(played.header("content-disposition").unwrap().ends_with(&format!("\"{segment}.mkv\"")));
            let (what, count) = pictures_of("played.mkv", &played.body).await;
            assert_eq!(what, "h264,320,240");
            recorded += count;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn aiortc_is_told_why_not() {
    let Some(python) = python().await else { return };
    let house = House::open().await;
    let whip = url(&house, &house.whip());
    let wrong = "A".repeat(43);
    for (arguments, status, code) in [
        (vec!["publish", &whip, &wrong], 401, "device_token_refused"),
        (vec!["publish", &whip, &house.wall], 404, "not_found"),
        (vec!["publish", &whip, &house.encoder, "--h264", "--main"], 422, "h264_unsupported"),
    ] {
        let mut client = Client::start(&python, "client.py", &arguments);
        let answered = client.event("answered").await;
        assert_eq!(answered["status"], status, "{answered}");
        let problem: Value = serde_json::from_str(answered["body"].as_str().unwrap()).unwrap();
        assert_eq!(problem["code"], code);
    }
    assert_eq!(house.web.server.app().foreign.count(), 0);
}
