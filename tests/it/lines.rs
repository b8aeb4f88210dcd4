//! Lines between real sockets: the relay in the process, and as the program technicians start.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::Stdio;
use std::time::Duration;

use diemcau::clock::SystemClock;
use diemcau::line::{Direction, Lets, Relay};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::process::Command;
use tokio::sync::mpsc;
use tokio::time::timeout;

/// For what must come, on a machine that does ten other things.
const PATIENCE: Duration = Duration::from_secs(60);
/// For what must not come.
const SILENCE: Duration = Duration::from_millis(400);

fn line(text: &str) -> Relay {
    let (pauses, _) = mpsc::channel(1);
    Relay::open(SystemClock::start(), Ipv4Addr::LOCALHOST.into(), &text.parse().unwrap(), 5, pauses)
}

/// Says back what it is told.
async fn echo() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut from, mut to) = stream.into_split();
                tokio::io::copy(&mut from, &mut to).await.ok();
            });
        }
    });
    address
}

/// Tells everybody from where they came.
async fn mirror() -> (std::sync::Arc<UdpSocket>, SocketAddr) {
    let socket = std::sync::Arc::new(UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap());
    let (address, answering) = (socket.local_addr().unwrap(), socket.clone());
    tokio::spawn(async move {
        let mut buffer = [0; 64];
        while let Ok((_, from)) = answering.recv_from(&mut buffer).await {
            answering.send_to(from.to_string().as_bytes(), from).await.ok();
        }
    });
    (socket, address)
}

async fn said(stream: &mut TcpStream, bytes: usize) -> Vec<u8> {
    let mut heard = vec![0; bytes];
    timeout(PATIENCE, stream.read_exact(&mut heard)).await.expect("it comes").unwrap();
    heard
}

async fn nothing(stream: &mut TcpStream) {
    assert!(timeout(SILENCE, stream.read(&mut [0; 64])).await.is_err(), "nothing gets through, and nobody is told");
}

/// Asks until an answer comes: as far as UDP goes, even on the loopback.
async fn seen_as(asker: &UdpSocket) -> SocketAddr {
    let mut buffer = [0; 64];
    for _ in 0..60 {
        asker.send(b"who am I").await.unwrap();
        if let Ok(length) = timeout(Duration::from_secs(1), asker.recv(&mut buffer)).await {
            return std::str::from_utf8(&buffer[..length.unwrap()]).unwrap().parse().unwrap();
        }
    }
    panic!("nobody answers");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_comes_whole_through_a_poor_line() {
    let relay = line("2 Mbit/s, 5 % loss, 5 % reorder, 5 ms delay, 5 ms jitter");
    let mut stream = TcpStream::connect(relay.streams(echo().await, true).await.unwrap()).await.unwrap();
    let words: Vec<u8> = (0..60_000_u32).map(|place| (place * 7 % 251) as u8).collect();
    stream.write_all(&words).await.unwrap();
    assert_eq!(said(&mut stream, words.len()).await, words);
    stream.shutdown().await.unwrap();
    assert_eq!(timeout(PATIENCE, stream.read(&mut [0; 8])).await.unwrap().unwrap(), 0, "the end comes too");
    let (up, down) = relay.counts();
    assert!(up.pieces > 40 && down.pieces > 40 && up.stream_bytes >= 60_000, "{up:?} {down:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_swallows_and_a_firewall_for_good() {
    let relay = line("perfect");
    let pages = relay.streams(echo().await, true).await.unwrap();
    let mut stream = TcpStream::connect(pages).await.unwrap();
    stream.write_all(b"one").await.unwrap();
    assert_eq!(said(&mut stream, 3).await, b"one");
    relay.cut(&[Direction::Down]);
    stream.write_all(b"two").await.unwrap();
    nothing(&mut stream).await;
    relay.mend();
    assert_eq!(said(&mut stream, 3).await, b"two");

    relay.narrow(Lets::Tls);
    stream.write_all(b"three").await.unwrap();
    nothing(&mut stream).await;
    relay.narrow(Lets::All);
    stream.write_all(b"four").await.unwrap();
    nothing(&mut stream).await;
    let mut other = TcpStream::connect(pages).await.unwrap();
    other.write_all(b"five").await.unwrap();
    assert_eq!(said(&mut other, 4).await, b"five");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_place_may_get_another_address() {
    let relay = line("1 ms delay");
    let face = relay.datagrams().await.unwrap();
    let (server, address) = mirror().await;
    face.connect(address);
    let asker = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    asker.connect(face.address).await.unwrap();
    let before = seen_as(&asker).await;
    assert_ne!(before, asker.local_addr().unwrap(), "as behind NAT");
    assert_eq!(seen_as(&asker).await, before);
    relay.rebind();
    let after = seen_as(&asker).await;
    assert_ne!(after, before);
    // Nothing comes back over the old one, and nothing from strangers over the new.
    server.send_to(b"late", before).await.ok();
    let stranger = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    stranger.send_to(b"noise", after).await.unwrap();
    let mut buffer = [0; 64];
    while let Ok(length) = timeout(SILENCE, asker.recv(&mut buffer)).await {
        assert!(buffer[..length.unwrap()].starts_with(b"127."), "an answer to an earlier question");
    }
    relay.narrow(Lets::Tcp);
    asker.send(b"who am I").await.unwrap();
    assert!(timeout(SILENCE, asker.recv(&mut buffer)).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_program_says_its_ports_and_obeys() {
    let (_server, media) = mirror().await;
    let mut program = Command::new(env!("CARGO_BIN_EXE_diemcau"))
        .args(["line", "--server", &echo().await.to_string(), "--media", &media.to_string(), "--line", "fibre"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let (mut commands, told) = (program.stdin.take().unwrap(), program.stdout.take().unwrap());
    let mut told = BufReader::new(told).lines();
    let mut next = async || -> Value {
        loop {
            let said = timeout(PATIENCE, told.next_line()).await.unwrap().unwrap().expect("it goes on");
            let said: Value = serde_json::from_str(&said).unwrap();
            // A busy machine makes pauses; they come unasked.
            if said["tell"] != "pause" {
                return said;
            }
        }
    };
    let ready = next().await;
    let mut page = TcpStream::connect(ready["pages"].as_str().unwrap()).await.unwrap();
    page.write_all(b"hello").await.unwrap();
    assert_eq!(said(&mut page, 5).await, b"hello");
    let asker = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    asker.connect(ready["datagrams"][0].as_str().unwrap()).await.unwrap();
    seen_as(&asker).await;

    for (command, tell) in [
        (json!({"do": "line", "line": "256/128 kbit/s, 3 % loss"}), "done"),
        (json!({"do": "line", "line": "mountain-6g"}), "wrong"),
        (json!({"do": "cut", "way": "up"}), "done"),
        (json!({"do": "mend"}), "done"),
        (json!({"do": "rebind"}), "done"),
        (json!({"do": "narrow", "lets": "port"}), "done"),
        (json!({"do": "fly"}), "wrong"),
        (json!({"do": "datagrams", "to": media}), "open"),
        (json!({"do": "streams", "to": media}), "open"),
        (json!({"do": "stats"}), "stats"),
    ] {
        commands.write_all(format!("{command}\n").as_bytes()).await.unwrap();
        let answer = next().await;
        assert_eq!(answer["tell"], tell, "{command}: {answer}");
        if tell == "stats" {
            assert!(answer["up"]["datagrams"].as_u64() >= Some(1) && answer["up"]["pieces"].as_u64() >= Some(1));
        }
    }
    drop(commands);
    assert!(timeout(PATIENCE, program.wait()).await.unwrap().unwrap().success(), "it ends with its commands");
}
