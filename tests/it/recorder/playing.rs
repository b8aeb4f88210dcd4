//! What is recorded plays, can be sought in, and cannot be changed unseen.

use std::fs;
use std::time::Duration;

use diemcau::media::engine::Codec;
use diemcau::media::plan::SourceKind;
use diemcau::media::record::{ClosedSegment, ReadError, RecorderEvent, RecordingReader, SealError, prefix_sha256};

use super::bench::{Bench, TestClock, key};
use super::material::{SECONDS, Sender, judge, material, visit};

/// Both sources of one point for twelve seconds, with reordered and repeated packets, and the end of the visit.
fn recorded() -> (Bench, Vec<ClosedSegment>) {
    let clock = TestClock::new();
    let bench = Bench::new(clock.clone());
    let mut camera = Sender::new(SourceKind::Camera, 1_000_000);
    let mut microphone = Sender::new(SourceKind::Microphone, 1_000_000);
    let mut packets: Vec<_> = material().pictures.iter().flat_map(|picture| camera.picture(picture)).collect();
    packets.extend(material().sounds.iter().map(|sound| microphone.sound(sound)));
    packets.sort_by_key(|packet| packet.arrival_us);
    for at in (10..packets.len() - 10).step_by(7) {
        packets.swap(at, at + 3);
        packets.push(packets[at].clone());
    }
    packets.sort_by_key(|packet| packet.arrival_us / 60_000);
    bench.push(packets);
    clock.set(camera.at_us + 100_000);
    bench.recorder.boundary(visit(1));
    clock.set(camera.at_us + 1_500_000);
    bench.wait(Duration::from_secs(10), |event| match event {
        RecorderEvent::BoundaryDone { target, unfinished: 0 } if *target == visit(1) => Some(()),
        _ => None,
    });
    let files = bench.finish().into_values().collect();
    (bench, files)
}

#[test]
fn a_visit_plays_and_its_files_lie_side_by_side() {
    let (bench, files) = recorded();
    assert_eq!(files.len(), 2);
    for file in &files {
        let reader = bench.reader(file);
        let judged = judge(&bench.export(file));
        let expected = match reader.info().codec {
            Codec::Vp8 | Codec::H264 => material().pictures.len(),
            Codec::Opus => material().sounds.len(),
        };
        assert_eq!(judged.frames, expected, "nothing is lost by reordering");
        assert!((judged.seconds - f64::from(SECONDS)).abs() < 0.1, "{} s", judged.seconds);
        assert!((file.duration_ms as f64 / 1000.0 - judged.seconds).abs() < 0.002);
        assert!((file.started_mono_us - 1_000_000).abs() < 1000, "{}", file.started_mono_us);
        assert_eq!(file.started.as_microsecond(), reader.info().started.as_microsecond());
        assert_eq!(file.lost_packets, 0);
    }
    assert!(
        !bench.events().iter().any(|event| matches!(event, RecorderEvent::Gap { .. } | RecorderEvent::Failed { .. }))
    );
}

#[test]
fn hashes_in_the_log_are_those_of_the_bytes_on_the_disk() {
    let (bench, files) = recorded();
    let mut prefixes = 0;
    for file in &files {
        let path = bench.path(file);
        assert_eq!(fs::metadata(&path).unwrap().len(), file.bytes);
        assert_eq!(prefix_sha256(&path, file.bytes).unwrap(), file.sha256);
        for event in bench.events() {
            if let RecorderEvent::Prefix { segment, bytes, sha256, .. } = event
                && segment == file.segment
            {
                assert!(bytes < file.bytes);
                assert_eq!(prefix_sha256(&path, bytes).unwrap(), sha256);
                prefixes += 1;
            }
        }
    }
    assert_eq!(prefixes, 2, "one each after ten seconds");
    let names: Vec<_> = walk(&bench.root);
    assert!(names.iter().all(|name| !name.ends_with(".part") && !name.ends_with(".probe")), "{names:?}");
}

fn walk(folder: &std::path::Path) -> Vec<String> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            names.extend(walk(&path));
        } else {
            names.push(path.display().to_string());
        }
    }
    names
}

#[test]
fn ranges_are_the_bytes_of_the_export() {
    let (bench, files) = recorded();
    for file in &files {
        let whole = fs::read(bench.export(file)).unwrap();
        let reader = bench.reader(file);
        assert_eq!(reader.len(), whole.len() as u64);
        let mut at = 0usize;
        for step in 0..400usize {
            let length = [1, 7, 600, 65_536, 200_000][step % 5];
            let end = (at + length).min(whole.len());
            assert_eq!(reader.read_range(at as u64, length).unwrap(), whole[at.min(end)..end], "{at}+{length}");
            at = (at * 31 + 7919 * step + 1) % (whole.len() + 3);
        }
        assert_eq!(reader.read_range(0, usize::MAX).unwrap(), whole);
        assert!(reader.read_range(reader.len(), 10).unwrap().is_empty());
        assert!(reader.read_range(u64::MAX, 10).unwrap().is_empty());
    }
}

#[test]
fn a_changed_cut_or_rearranged_file_does_not_pass() {
    let (bench, files) = recorded();
    let file = files.iter().find(|file| file.source.kind == SourceKind::Microphone).unwrap();
    let path = bench.path(file);
    let whole = fs::read(&path).unwrap();
    let changed = bench.root.join("changed.dcr");
    let read = |bytes: &[u8]| {
        fs::write(&changed, bytes).unwrap();
        RecordingReader::open(&changed, &key(file.target)).and_then(|reader| reader.export(std::io::sink()))
    };
    assert!(read(&whole).is_ok());
    let stride = whole.len() / 997 + 1;
    for at in (0..whole.len()).step_by(stride) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;
        assert!(matches!(read(&bytes), Err(ReadError::Seal(_))), "byte {at}");
    }

    // Frames: head at 72, then kind and length.
    let mut starts = vec![72];
    while *starts.last().unwrap() < whole.len() {
        let at = *starts.last().unwrap();
        let plain = u32::from_be_bytes([0, whole[at + 1], whole[at + 2], whole[at + 3]]) as usize;
        starts.push(at + 4 + plain + 16 + if whole[at] == 3 { 12 } else { 0 });
    }
    assert!(starts.len() > 20);
    for cut in &starts[..starts.len() - 1] {
        assert!(matches!(read(&whole[..*cut]), Err(ReadError::Seal(SealError::Unfinished))), "cut at {cut}");
    }
    let frame = |number: usize| &whole[starts[number]..starts[number + 1]];
    let without = [&whole[..starts[5]], &whole[starts[6]..]].concat();
    let swapped = [&whole[..starts[5]], frame(6), frame(5), &whole[starts[7]..]].concat();
    let twice = [&whole[..starts[6]], frame(5), &whole[starts[6]..]].concat();
    for (name, bytes) in [("without", without), ("swapped", swapped), ("twice", twice)] {
        assert!(matches!(read(&bytes), Err(ReadError::Seal(_))), "{name}");
    }
    assert!(RecordingReader::open(&path, &key(visit(2))).is_err(), "the key of another visit");
    let plain: &[u8] = b"Opus";
    assert!(!whole.windows(plain.len()).any(|part| part == plain), "nothing of the content is readable");
}
