//! What an encoder sends as H.264 is recorded like everything else: it plays, it is cut where its size changes, what is lost
//! is told, and a killed process loses no more of it than of VP8.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use diemcau::media::engine::{Codec, RecordSink};
use diemcau::media::plan::SourceKind;
use diemcau::media::record::{ClosedSegment, GapCause, RecorderEvent, RecordingReader, recover};

use super::bench::{Bench, Keys, TestClock, key};
use super::material::{SECONDS, Sender, access_units, judge, visit};

fn pictures() -> &'static [Vec<Bytes>] {
    static MADE: OnceLock<Vec<Vec<Bytes>>> = OnceLock::new();
    MADE.get_or_init(|| access_units("320x180"))
}

/// Codec, profile, width and height as ffprobe sees them.
fn probed(path: &Path) -> String {
    let fields = ["-v", "error", "-show_entries", "stream=codec_name,profile,width,height", "-of", "csv=p=0"];
    let output = Command::new("ffprobe").args(fields).arg(path).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn begun() -> (Bench, Arc<TestClock>, Sender) {
    let clock = TestClock::new();
    (Bench::new(clock.clone()), clock, Sender::new(SourceKind::Camera, 1_000_000))
}

fn gaps(bench: &Bench) -> Vec<GapCause> {
    let gaps = bench.events().into_iter().filter_map(|event| match event {
        RecorderEvent::Gap { cause, .. } if cause != GapCause::QueueFull => Some(cause),
        _ => None,
    });
    gaps.collect()
}

#[test]
fn it_plays_can_be_sought_in_and_loses_nothing_by_reordering_or_padding() {
    let (bench, _clock, mut camera) = begun();
    let mut packets = Vec::new();
    for (number, units) in pictures().iter().enumerate() {
        packets.extend(camera.access_unit(units));
        packets.extend((number % 4 == 1).then(|| camera.padding()));
    }
    for at in (10..packets.len() - 10).step_by(7) {
        packets.swap(at, at + 3);
        packets.push(packets[at].clone());
    }
    packets.sort_by_key(|packet| packet.arrival_us / 60_000);
    bench.push(packets);
    let files: Vec<ClosedSegment> = bench.finish().into_values().collect();
    let [file] = files.as_slice() else { panic!("one file: {files:#?}") };
    let reader = bench.reader(file);
    assert_eq!((reader.info().codec, reader.info().size), (Codec::H264, Some((320, 180))));
    assert_eq!((reader.media_type(), reader.info().extension()), ("video/matroska", "mkv"));
    let path = bench.export(file);
    assert_eq!(probed(&path), "h264,Constrained Baseline,320,180");
    let judged = judge(&path);
    assert_eq!(judged.frames, pictures().len());
    assert!((judged.seconds - f64::from(SECONDS)).abs() < 0.1, "{} s", judged.seconds);
    assert_eq!((file.lost_packets, gaps(&bench)), (0, Vec::new()));
    let whole = fs::read(&path).unwrap();
    assert!(whole.windows(8).any(|part| part == b"matroska") && !whole.windows(4).any(|part| part == b"webm"));
    let from = ["-v", "error", "-ss", "7", "-i"];
    let sought = Command::new("ffmpeg").args(from).arg(&path).args(["-f", "framemd5", "-"]).output().unwrap();
    let shown = String::from_utf8(sought.stdout).unwrap().lines().filter(|line| !line.starts_with('#')).count();
    assert!(sought.stderr.is_empty() && (70..=76).contains(&shown), "{shown} pictures from the seventh second on");
}

#[test]
fn another_size_begins_another_file() {
    let (bench, _clock, mut camera) = begun();
    let large = access_units("640x360");
    for units in pictures()[..45].iter().chain(&large[..30]) {
        bench.push(camera.access_unit(units));
    }
    let files = bench.finish();
    let mut files: Vec<&ClosedSegment> = files.values().collect();
    files.sort_by_key(|file| file.started);
    let sizes: Vec<_> = files.iter().map(|file| bench.reader(file).info().size.unwrap()).collect();
    assert_eq!(sizes, [(320, 180), (640, 360)]);
    let paths: Vec<_> = files.iter().map(|file| bench.export(file)).collect();
    assert_eq!(paths.iter().map(|path| judge(path).frames).collect::<Vec<_>>(), [45, 30]);
    assert!(probed(&paths[1]).ends_with("640,360"));
    assert_eq!(gaps(&bench), []);
}

#[test]
fn what_is_lost_is_told_and_never_written_half() {
    let (bench, _clock, mut camera) = begun();
    for (number, units) in pictures()[..75].iter().enumerate() {
        let mut packets = camera.access_unit(units);
        if number == 40 {
            packets.remove(packets.len() / 2);
        }
        bench.push(packets);
    }
    let files: Vec<_> = bench.finish().into_values().collect();
    assert_eq!(files.len(), 1, "the file goes on at the next key frame");
    assert_eq!((files[0].lost_packets, gaps(&bench)), (1, vec![GapCause::Loss]));
    assert_eq!(judge(&bench.export(&files[0])).frames, 40 + 15, "from the damaged picture to the key frame at 60");
}

#[test]
fn a_stream_nobody_can_decode_is_not_recorded_and_said_to_be_missing() {
    let (bench, clock, mut camera) = begun();
    for units in pictures() {
        let without: Vec<Bytes> = units.iter().filter(|unit| !matches!(unit[0] & 0x1f, 7 | 8)).cloned().collect();
        bench.push(camera.access_unit(&without));
    }
    clock.set(camera.at_us);
    bench.wait(Duration::from_secs(10), |event| matches!(event, RecorderEvent::Failed { .. }).then_some(()));
    assert!(bench.recorder.wants_key_frame(camera.source));
    assert!(bench.finish().is_empty());
    assert_eq!(gaps(&bench), [GapCause::NoKeyFrame]);
}

#[test]
fn a_file_cut_at_any_byte_is_finished_and_plays() {
    let (bench, clock, mut camera) = begun();
    for units in pictures() {
        bench.push(camera.access_unit(units));
    }
    clock.set(camera.at_us);
    let segment = bench.wait(Duration::from_secs(10), |event| match event {
        RecorderEvent::Prefix { segment, .. } => Some(*segment),
        _ => None,
    });
    let inside = Path::new(&visit(1).session.to_string())
        .join(visit(1).visit.unwrap().to_string())
        .join(format!("{segment}.part"));
    let whole = fs::read(bench.root.join(&inside)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(&inside);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut last_ms = 0;
    for step in 1..=6 {
        fs::write(&path, &whole[..whole.len() * step / 6]).unwrap();
        let recovery = recover(folder.path(), &Keys::default()).unwrap();
        assert!(recovery.left.is_empty() && recovery.finished.len() == 1, "{recovery:?}");
        assert!(recovery.finished[0].duration_ms > last_ms);
        last_ms = recovery.finished[0].duration_ms;
        let reader = RecordingReader::open(&path.with_extension("dcr"), &key(visit(1))).unwrap();
        let export = folder.path().join("export.mkv");
        reader.export(fs::File::create(&export).unwrap()).unwrap();
        assert!(reader.info().recovered && judge(&export).frames > 10 * step);
        fs::remove_file(path.with_extension("dcr")).unwrap();
    }
    assert!(last_ms > 9_000, "{last_ms}");
}
