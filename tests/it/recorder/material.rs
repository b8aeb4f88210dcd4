//! Real VP8, H.264 and Opus made by ffmpeg, packetized by hand, and ffmpeg as the judge of what comes out.

use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use bytes::Bytes;
use diemcau::domain::ids::{ConnectionId, SessionId, VisitId};
use diemcau::media::engine::{Codec, RecordedPacket};
use diemcau::media::plan::{Layer, RecordTarget, SourceId, SourceKind};
use uuid::Uuid;

pub(super) const FPS: u32 = 15;
/// Length of the material in seconds; a key frame each two.
pub(super) const SECONDS: u32 = 12;

pub(super) struct Material {
    pub(super) pictures: Vec<Bytes>,
    pub(super) sounds: Vec<Bytes>,
}

/// Twelve seconds of a moving test picture of 320×180 and of a tone, made once.
pub(super) fn material() -> &'static Material {
    static MADE: OnceLock<Material> = OnceLock::new();
    MADE.get_or_init(|| Material { pictures: pictures("320x180"), sounds: sounds() })
}

/// The same picture in another size.
pub(super) fn pictures(size: &str) -> Vec<Bytes> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v.ivf");
    let source = format!("testsrc=size={size}:rate={FPS}:duration={SECONDS}");
    let codec = ["-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-g", "30", "-b:v", "300k"];
    run(Command::new("ffmpeg").args(["-v", "error", "-f", "lavfi", "-i", &source]).args(codec).arg(&path));
    ivf(&std::fs::read(path).unwrap())
}

/// The same picture as x264 makes it for calls, in several slices: each picture as its units, the delimiter first. Those
/// that need none before them bring their parameters.
pub(super) fn access_units(size: &str) -> Vec<Vec<Bytes>> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v.h264");
    let source = format!("testsrc=size={size}:rate={FPS}:duration={SECONDS}");
    let codec =
        ["-c:v", "libx264", "-profile:v", "baseline", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "30"];
    let how = ["-pix_fmt", "yuv420p", "-x264-params", "aud=1:repeat-headers=1:slices=2", "-f", "h264"];
    run(Command::new("ffmpeg").args(["-v", "error", "-f", "lavfi", "-i", &source]).args(codec).args(how).arg(&path));
    annex_b(&std::fs::read(path).unwrap())
}

/// A stream of bytes (H.264 annex B) into pictures at each delimiter.
fn annex_b(file: &[u8]) -> Vec<Vec<Bytes>> {
    let starts: Vec<usize> =
        (0..file.len() - 3).filter(|at| file[*at..].starts_with(&[0, 0, 1])).map(|at| at + 3).collect();
    let mut pictures: Vec<Vec<Bytes>> = Vec::new();
    for (place, start) in starts.iter().enumerate() {
        let end = starts.get(place + 1).map_or(file.len(), |next| next - 3);
        let unit = &file[*start..end];
        let unit = &unit[..unit.iter().rposition(|byte| *byte != 0).unwrap() + 1];
        if unit[0] & 0x1f == 9 {
            pictures.push(Vec::new());
        }
        pictures.last_mut().unwrap().push(Bytes::copy_from_slice(unit));
    }
    pictures
}

fn sounds() -> Vec<Bytes> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.ogg");
    let source = format!("sine=frequency=440:sample_rate=48000:duration={SECONDS}");
    run(Command::new("ffmpeg")
        .args(["-v", "error", "-f", "lavfi", "-i", &source, "-c:a", "libopus", "-b:a", "32k"])
        .arg(&path));
    ogg(&std::fs::read(path).unwrap())
}

fn run(command: &mut Command) {
    let done = command.output().unwrap();
    assert!(done.status.success(), "{command:?}: {}", String::from_utf8_lossy(&done.stderr));
}

fn ivf(file: &[u8]) -> Vec<Bytes> {
    let (mut rest, mut frames) = (&file[32..], Vec::new());
    while rest.len() > 12 {
        let length = u32::from_le_bytes(rest[..4].try_into().unwrap()) as usize;
        frames.push(Bytes::copy_from_slice(&rest[12..12 + length]));
        rest = &rest[12 + length..];
    }
    frames
}

fn ogg(file: &[u8]) -> Vec<Bytes> {
    let (mut rest, mut packets, mut packet) = (file, Vec::new(), Vec::new());
    while rest.len() > 27 {
        let (table, mut body) = rest[27..].split_at(usize::from(rest[26]));
        for length in table {
            packet.extend_from_slice(&body[..usize::from(*length)]);
            body = &body[usize::from(*length)..];
            if *length < 255 {
                packets.push(Bytes::from(std::mem::take(&mut packet)));
            }
        }
        rest = body;
    }
    packets.split_off(2) // OpusHead, OpusTags
}

pub(super) fn visit(number: u128) -> RecordTarget {
    RecordTarget { session: SessionId(Uuid::from_u128(77)), visit: Some(VisitId(Uuid::from_u128(number))) }
}

pub(super) fn source(kind: SourceKind) -> SourceId {
    SourceId { connection: ConnectionId(Uuid::from_u128(5)), kind }
}

/// Makes the packets of one source; sequence numbers and RTP times go on from call to call and wrap early.
pub(super) struct Sender {
    pub(super) source: SourceId,
    pub(super) target: RecordTarget,
    pub(super) layer: Layer,
    pub(super) sequence: u16,
    pub(super) rtp: u32,
    pub(super) picture: u16,
    /// Capture time of the next picture or sound; it arrives 30 ms later.
    pub(super) at_us: i64,
    /// Whether sender reports have come.
    pub(super) reported: bool,
}

impl Sender {
    pub(super) fn new(kind: SourceKind, at_us: i64) -> Self {
        let (source, target) = (source(kind), visit(1));
        Self {
            source,
            target,
            layer: Layer::Full,
            sequence: 65_500,
            rtp: u32::MAX - 90_000,
            picture: 0x7ff0,
            at_us,
            reported: true,
        }
    }

    fn packet(&mut self, codec: Codec, marker: bool, payload: Vec<u8>) -> RecordedPacket {
        self.sequence = self.sequence.wrapping_add(1);
        RecordedPacket {
            source: self.source,
            target: self.target,
            layer: self.layer,
            codec,
            sequence: self.sequence,
            timestamp: self.rtp,
            marker,
            arrival_us: self.at_us + 30_000,
            capture_us: self.reported.then_some(self.at_us),
            payload: payload.into(),
        }
    }

    /// One picture in packets of at most 500 bytes with a 15 bit picture id.
    pub(super) fn picture(&mut self, data: &[u8]) -> Vec<RecordedPacket> {
        self.picture = (self.picture + 1) & 0x7fff;
        let count = data.chunks(500).count();
        let packets = data
            .chunks(500)
            .enumerate()
            .map(|(number, part)| {
                let mut payload = vec![if number == 0 { 0x90 } else { 0x80 }, 0x80];
                payload.extend((0x8000 | self.picture).to_be_bytes());
                payload.extend_from_slice(part);
                self.packet(Codec::Vp8, number + 1 == count, payload)
            })
            .collect();
        self.rtp = self.rtp.wrapping_add(90_000 / FPS);
        self.at_us += 1_000_000 / i64::from(FPS);
        packets
    }

    /// One picture as H.264: small units alone or together, large ones in parts of at most 500 bytes.
    pub(super) fn access_unit(&mut self, units: &[Bytes]) -> Vec<RecordedPacket> {
        let mut payloads: Vec<Vec<u8>> = Vec::new();
        for unit in units {
            let (head, body) = (unit[0], &unit[1..]);
            let parameters = |head: u8| matches!(head & 0x1f, 7 | 8);
            if body.len() >= 500 {
                let count = body.chunks(498).count();
                payloads.extend(body.chunks(498).enumerate().map(|(number, part)| {
                    let ends = u8::from(number == 0) << 7 | u8::from(number + 1 == count) << 6;
                    [&[head & 0xe0 | 28, ends | head & 0x1f], part].concat()
                }));
            } else if let Some(last) = payloads.last_mut().filter(|last| parameters(head) && last[0] & 0x1f == 24) {
                last.extend((unit.len() as u16).to_be_bytes());
                last.extend_from_slice(unit);
            } else if parameters(head) {
                payloads.push([&[head & 0xe0 | 24], &(unit.len() as u16).to_be_bytes()[..], unit].concat());
            } else {
                payloads.push(unit.to_vec());
            }
        }
        let last = payloads.len() - 1;
        let packets =
            payloads.into_iter().enumerate().map(|(place, payload)| self.packet(Codec::H264, place == last, payload));
        let packets = packets.collect();
        self.rtp = self.rtp.wrapping_add(90_000 / FPS);
        self.at_us += 1_000_000 / i64::from(FPS);
        packets
    }

    /// Padding of an H.264 stream, as it is sent to probe a line: a number of its own and nothing in it.
    pub(super) fn padding(&mut self) -> RecordedPacket {
        self.packet(Codec::H264, false, Vec::new())
    }

    pub(super) fn sound(&mut self, data: &[u8]) -> RecordedPacket {
        let packet = self.packet(Codec::Opus, false, data.to_vec());
        self.rtp = self.rtp.wrapping_add(960);
        self.at_us += 20_000;
        packet
    }

    /// Nothing is captured for so long.
    pub(super) fn skip(&mut self, us: i64, hertz: i64) {
        self.at_us += us;
        self.rtp = self.rtp.wrapping_add((us * hertz / 1_000_000) as u32);
    }
}

/// What ffmpeg says of a file.
pub(super) struct Judged {
    pub(super) seconds: f64,
    /// Pictures decoded, or packets of sound.
    pub(super) frames: usize,
}

/// ffmpeg decodes all of it without a word.
pub(super) fn judge(path: &Path) -> Judged {
    let decoded =
        Command::new("ffmpeg").args(["-v", "error", "-i"]).arg(path).args(["-f", "null", "-"]).output().unwrap();
    let said = String::from_utf8_lossy(&decoded.stderr).into_owned();
    assert!(decoded.status.success() && said.is_empty() && decoded.stdout.is_empty(), "{path:?}: {said}");
    let fields = ["-v", "error", "-count_packets", "-show_entries", "format=duration:stream=nb_read_packets"];
    let probed = Command::new("ffprobe").args(fields).args(["-of", "csv=p=0"]).arg(path).output().unwrap();
    let text = String::from_utf8(probed.stdout).unwrap();
    let mut lines = text.lines();
    let frames = lines.next().and_then(|line| line.trim_end_matches(',').parse().ok()).expect("packets");
    let seconds = lines.next().and_then(|line| line.parse().ok()).expect("duration");
    Judged { seconds, frames }
}
