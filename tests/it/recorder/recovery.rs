//! A killed process: whatever is on the disk plays after the next start.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use diemcau::clock::SystemClock;
use diemcau::media::plan::SourceKind;
use diemcau::media::record::{RecorderEvent, RecordingReader, prefix_sha256, recover, segment_path};

use super::bench::{Bench, Keys, TestClock, key};
use super::material::{Sender, judge, material, visit};

/// The open file of a recorder in mid-visit, copied as it lies on the disk, and the last prefix the log knows.
fn cut_in_mid_visit() -> (tempfile::TempDir, PathBuf, u64, String) {
    let clock = TestClock::new();
    let bench = Bench::new(clock.clone());
    let mut camera = Sender::new(SourceKind::Camera, 1_000_000);
    for picture in &material().pictures {
        bench.push(camera.picture(picture));
    }
    clock.set(camera.at_us);
    let (segment, bytes, sha256) = bench.wait(Duration::from_secs(10), |event| match event {
        RecorderEvent::Prefix { segment, bytes, sha256, .. } => Some((*segment, *bytes, sha256.clone())),
        _ => None,
    });
    std::thread::sleep(Duration::from_millis(300));
    let folder = tempfile::tempdir().unwrap();
    let name = visit(1).visit.unwrap().to_string();
    let inside = Path::new(&visit(1).session.to_string()).join(name).join(format!("{segment}.part"));
    let copy = folder.path().join(&inside);
    fs::create_dir_all(copy.parent().unwrap()).unwrap();
    fs::copy(bench.root.join(&inside), &copy).unwrap();
    (folder, copy, bytes, sha256)
}

#[test]
fn a_file_cut_at_any_byte_is_finished_and_plays() {
    let (folder, path, logged, sha256) = cut_in_mid_visit();
    let whole = fs::read(&path).unwrap();
    let finished = path.with_extension("dcr");
    let mut last_ms = 0;
    let cuts: Vec<usize> = (0..=60).map(|step| whole.len() * step / 60).chain([73, 90, whole.len() - 1]).collect();
    let mut cuts = cuts;
    cuts.sort_unstable();
    for (number, cut) in cuts.into_iter().enumerate() {
        fs::remove_file(&finished).ok();
        fs::write(&path, &whole[..cut]).unwrap();
        let recovery = recover(folder.path(), &Keys::default()).unwrap();
        assert!(recovery.left.is_empty(), "{:?}", recovery.left);
        assert!(!path.exists(), "cut at {cut}");
        let Some(file) = recovery.finished.first() else {
            assert_eq!(recovery.empty.len(), 1);
            assert!(cut < 12_000, "half a second is whole long before {cut}");
            continue;
        };
        assert!(file.duration_ms >= last_ms && file.bytes <= whole.len() as u64 + 4096);
        last_ms = file.duration_ms;
        assert_eq!(prefix_sha256(&finished, file.bytes).unwrap(), file.sha256);
        assert_eq!(fs::metadata(&finished).unwrap().len(), file.bytes);
        if cut as u64 >= logged {
            assert_eq!(prefix_sha256(&finished, logged).unwrap(), sha256, "what the log knows is still there");
        }
        let reader = RecordingReader::open(&finished, &key(visit(1))).unwrap();
        assert!(reader.info().recovered);
        if number % 10 == 0 || cut == whole.len() {
            let export = folder.path().join("export.webm");
            reader.export(fs::File::create(&export).unwrap()).unwrap();
            let judged = judge(&export);
            assert!((judged.seconds * 1000.0 - file.duration_ms as f64).abs() < 100.0);
            assert!(judged.frames > 0);
        }
    }
    assert!(last_ms >= 11_300, "at most a cluster of the twelve seconds is missing: {last_ms}");
    let again = recover(folder.path(), &Keys::default()).unwrap();
    assert!(again.finished.is_empty() && again.empty.is_empty(), "finished files are left alone");
}

const CHILD: &str = "DIEMCAU_TEST_RECORDS_IN";

/// Not a test of its own: records into the folder it is told until it is killed.
#[test]
#[ignore = "the child process of `a_killed_process_loses_half_a_second`"]
fn a_process_that_records() {
    let root = std::env::var_os(CHILD).expect("started by its parent");
    let clock = SystemClock::start();
    let bench = Bench::at(Path::new(&root), clock.clone());
    super::faults::live(&bench, &*clock, &material().pictures, &AtomicBool::new(false));
}

/// A child that never outlives its test: `kill -9` when dropped.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        self.0.kill().and_then(|()| self.0.wait()).unwrap();
    }
}

#[test]
fn a_killed_process_loses_half_a_second() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = Killed(
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "recorder::recovery::a_process_that_records", "--ignored"])
            .env(CHILD, folder.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap(),
    );
    let root = folder.path().join("recordings");
    let clock = SystemClock::start();
    let open = || fs::read_dir(root.join(visit(1).session.to_string()).join(visit(1).visit.unwrap().to_string()));
    while open().map_or(0, Iterator::count) < 2 {
        assert!(clock.mono_us() < 30_000_000 && child.0.try_wait().unwrap().is_none(), "the child does not record");
        std::thread::sleep(Duration::from_millis(10));
    }
    let seen_us = clock.mono_us();
    std::thread::sleep(Duration::from_millis(3300));
    let ran_ms = (clock.mono_us() - seen_us) / 1000;
    drop(child);

    let recovery = recover(&root, &Keys::default()).unwrap();
    assert_eq!((recovery.finished.len(), recovery.empty.len(), recovery.left.len()), (2, 0, 0));
    for file in &recovery.finished {
        // Half a second of cluster, and as much for a busy machine.
        assert!(file.duration_ms as i64 >= ran_ms - 1000, "{} of {ran_ms} ms", file.duration_ms);
        let reader = RecordingReader::open(&segment_path(&root, file.target, file.segment), &key(file.target)).unwrap();
        let export = folder.path().join("export.webm");
        reader.export(fs::File::create(&export).unwrap()).unwrap();
        judge(&export);
    }
}

#[test]
fn a_torn_end_of_zeros_or_noise_is_cut_off() {
    let (folder, path, _, _) = cut_in_mid_visit();
    let whole = fs::read(&path).unwrap();
    for tail in [vec![0; 5000], vec![2; 5000], whole[500..3000].to_vec()] {
        fs::remove_file(path.with_extension("dcr")).ok();
        fs::write(&path, [&whole[..], &tail].concat()).unwrap();
        let recovery = recover(folder.path(), &Keys::default()).unwrap();
        assert_eq!(recovery.finished.len(), 1, "{:?}", recovery.left);
        assert!(recovery.finished[0].cut_bytes >= tail.len() as u64);
        assert!(recovery.finished[0].duration_ms >= 11_300);
    }
}

#[test]
fn without_its_key_a_file_is_left_as_it_is() {
    let (folder, path, _, _) = cut_in_mid_visit();
    let whole = fs::read(&path).unwrap();
    let keys = Keys::default();
    keys.missing.store(true, Ordering::SeqCst);
    let recovery = recover(folder.path(), &keys).unwrap();
    assert_eq!(recovery.left.len(), 1);
    assert_eq!(fs::read(&path).unwrap(), whole);

    // A changed head is no torn end either: evidence is not thrown away.
    let mut changed = whole.clone();
    changed[80] ^= 1;
    fs::write(&path, &changed).unwrap();
    let recovery = recover(folder.path(), &Keys::default()).unwrap();
    assert_eq!(recovery.left.len(), 1);
    assert_eq!(fs::read(&path).unwrap(), changed);
}
