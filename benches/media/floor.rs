//! The least a server can do for what the load asks of it: for each receiver and frame copy the packets, write their
//! headers, seal them in place, and hand them to the system in one call. No ICE, no rewriting, no timers, nothing comes in.
//! It runs in a process of its own on the server's core; its receivers are read on the load's core, as the load reads them.

use std::io::{ErrorKind, IoSliceMut, Write as _};
use std::net::{SocketAddr, UdpSocket};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use diemcau::load::{Profile, usage};
use quinn_udp::{RecvMeta, Transmit, UdpSockRef, UdpSocketState};
use ring::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

/// Receivers.
const RECEIVERS: usize = 60;
/// Turns of the loop; each is one frame, or one packet of sound, for each receiver.
const TURNS: usize = 3_000;
const HEADER: usize = 12;

/// What the child process says.
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
pub(crate) struct Floor {
    /// A frame's packets together, µs of processor time per packet.
    pub(crate) frames: f64,
    /// Frames and single packets of sound in the load's own proportion.
    pub(crate) mixed: f64,
}

/// Sockets as the load has them: read with GRO, on another core, as fast as they can be.
pub(crate) fn measure(core: u32, profile: &Profile) -> std::io::Result<Floor> {
    let over = Arc::new(AtomicBool::new(false));
    let mut ports = Vec::new();
    let mut sockets = Vec::new();
    for _ in 0..RECEIVERS {
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        socket.set_nonblocking(true)?;
        ports.push(socket.local_addr()?.port().to_string());
        sockets.push((UdpSocketState::new(UdpSockRef::from(&socket))?, socket));
    }
    let ended = over.clone();
    let reader = std::thread::spawn(move || {
        let mut buffer = vec![0; 64 * 1024];
        while !ended.load(Ordering::Acquire) {
            let mut found = false;
            for (state, socket) in &sockets {
                let mut meta = [RecvMeta::default()];
                let mut slices = [IoSliceMut::new(&mut buffer)];
                found |= state.recv(UdpSockRef::from(socket), &mut slices, &mut meta).is_ok();
            }
            if !found {
                std::thread::sleep(Duration::from_micros(200));
            }
        }
    });
    let output = Command::new("taskset")
        .args(["-c", &core.to_string()])
        .arg(std::env::current_exe()?)
        .args(["--floor", &ports.join(","), &profile.packets_per_frame.to_string()])
        .stderr(Stdio::inherit())
        .output();
    over.store(true, Ordering::Release);
    reader.join().map_err(|_| std::io::Error::other("the reader panicked"))?;
    Ok(serde_json::from_slice(&output?.stdout)?)
}

/// The child: sends to `ports` of this machine and says what that cost.
pub(crate) fn send(ports: &str, packets_per_frame: usize) -> std::io::Result<()> {
    let profile = Profile::default();
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    let state = UdpSocketState::new(UdpSockRef::from(&socket))?;
    let to: Vec<SocketAddr> =
        ports.split(',').filter_map(|port| Some(SocketAddr::from(([127, 0, 0, 1], port.parse().ok()?)))).collect();
    let key = |n: usize| {
        let key = UnboundKey::new(&AES_128_GCM, &[n as u8; 16]).unwrap();
        LessSafeKey::new(key)
    };
    let keys: Vec<LessSafeKey> = (0..to.len()).map(key).collect();
    let frame = vec![vec![0x5a; profile.packet_bytes]; packets_per_frame];
    let sound = vec![vec![0x5a; profile.sound_bytes]];
    let mut floor = Sender { socket, state, keys, to, index: 0, out: Vec::new() };
    // Once for the caches, then for the figure.
    floor.turns(&frame, TURNS / 10);
    let (us, packets) = floor.turns(&frame, TURNS);
    let (sound_us, sound_packets) = floor.turns(&sound, TURNS);
    let frames = us / packets;
    let pictures = f64::from(profile.frames_per_second) * packets_per_frame as f64;
    let sounds = f64::from(profile.sound_per_second);
    let mixed = (frames * pictures + sound_us / sound_packets * sounds) / (pictures + sounds);
    serde_json::to_writer(std::io::stdout(), &Floor { frames, mixed })?;
    std::io::stdout().flush()
}

struct Sender {
    socket: UdpSocket,
    state: UdpSocketState,
    keys: Vec<LessSafeKey>,
    to: Vec<SocketAddr>,
    index: u64,
    out: Vec<u8>,
}

impl Sender {
    /// Processor time in µs, and packets sent.
    fn turns(&mut self, packets: &[Vec<u8>], turns: usize) -> (f64, f64) {
        let before = usage(std::process::id());
        for _ in 0..turns {
            for (key, to) in self.keys.iter().zip(&self.to) {
                self.out.clear();
                let mut segment = 0;
                for (place, payload) in packets.iter().enumerate() {
                    let start = self.out.len();
                    let index = self.index + place as u64;
                    self.out.extend_from_slice(&[0x80, 96]);
                    self.out.extend_from_slice(&(index as u16).to_be_bytes());
                    self.out.extend_from_slice(&[0; 8]);
                    self.out.extend_from_slice(payload);
                    let mut nonce = [0; 12];
                    nonce[4..].copy_from_slice(&index.to_be_bytes());
                    let (head, body) = self.out[start..].split_at_mut(HEADER);
                    let nonce = Nonce::assume_unique_for_key(nonce);
                    let tag = key.seal_in_place_separate_tag(nonce, Aad::from(&*head), body).unwrap();
                    self.out.extend_from_slice(tag.as_ref());
                    segment = self.out.len() - start;
                }
                let transmit = Transmit {
                    destination: *to,
                    ecn: None,
                    contents: &self.out,
                    segment_size: (packets.len() > 1).then_some(segment),
                    src_ip: None,
                };
                match self.state.try_send(UdpSockRef::from(&self.socket), &transmit) {
                    Err(error) if error.kind() != ErrorKind::WouldBlock => panic!("{error}"),
                    _ => {}
                }
            }
            self.index += packets.len() as u64;
        }
        let after = usage(std::process::id());
        let packets = (turns * self.to.len() * packets.len()) as f64;
        ((after.cpu_ns - before.cpu_ns) as f64 / 1e3, packets)
    }
}
