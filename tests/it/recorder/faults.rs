//! Full disk, missing key, no key frame, a thread that hangs: the alarm comes in time, media goes on, and the
//! recorder comes back by itself. These run on the machine's clock.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use diemcau::clock::SystemClock;
use diemcau::limits;
use diemcau::media::engine::RecordSink;
use diemcau::media::plan::SourceKind;
use diemcau::media::record::{Fault, GapCause, RecorderEvent};

use super::bench::{Bench, Keys, closed};
use super::material::{Sender, judge, material, visit};

/// Threefold the bound: the machine does other things too.
const ALARM: Duration = limits::RECORD_CHECK.saturating_mul(3);

/// Ends the sending also when an assertion fails: a scope waits for its threads.
pub(super) struct Ends<'a>(pub(super) &'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Sends pictures and sounds as a browser does until told to stop; gives the slowest push.
pub(super) fn live(
    bench: &Bench,
    clock: &dyn diemcau::clock::Clock,
    pictures: &[Bytes],
    stop: &AtomicBool,
) -> Duration {
    let mut camera = Sender::new(SourceKind::Camera, clock.mono_us());
    let mut microphone = Sender::new(SourceKind::Microphone, clock.mono_us());
    let mut slowest = Duration::ZERO;
    let mut number = 0;
    while !stop.load(Ordering::SeqCst) {
        let now_us = clock.mono_us() - 30_000;
        let mut packets = Vec::new();
        while microphone.at_us < now_us {
            packets.push(microphone.sound(&material().sounds[number % material().sounds.len()]));
        }
        while camera.at_us < now_us {
            packets.extend(camera.picture(&pictures[number % pictures.len()]));
            number += 1;
        }
        for packet in packets {
            let before_us = clock.mono_us();
            bench.recorder.push(packet);
            slowest = slowest.max(Duration::from_micros((clock.mono_us() - before_us) as u64));
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    slowest
}

fn failed(kind: SourceKind, with: Fault) -> impl Fn(&RecorderEvent) -> Option<()> {
    move |event| match event {
        RecorderEvent::Failed { source, fault, .. } if source.kind == kind && *fault == with => Some(()),
        _ => None,
    }
}

fn recovered(kind: SourceKind) -> impl Fn(&RecorderEvent) -> Option<()> {
    move |event| match event {
        RecorderEvent::Recovered { source, .. } if source.kind == kind => Some(()),
        _ => None,
    }
}

/// Runs `check` on a file system of `bytes`. Without the right to mount, the test runs itself in a namespace where
/// it may; it never passes without a full disk.
pub(super) fn on_small_disk(test: &str, check: impl FnOnce(&Path)) {
    const INSIDE: &str = "DIEMCAU_TEST_IN_NAMESPACE";
    let folder = tempfile::tempdir().unwrap();
    let mount = ["-t", "tmpfs", "-o", "size=6m", "tmpfs"];
    if Command::new("mount").args(mount).arg(folder.path()).status().unwrap().success() {
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| check(folder.path())));
        Command::new("umount").arg("-l").arg(folder.path()).status().unwrap();
        if let Err(cause) = result {
            std::panic::resume_unwind(cause);
        }
        return;
    }
    assert!(std::env::var_os(INSIDE).is_none(), "no file system can be mounted even in a namespace");
    let again = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(INSIDE, "1")
        .status()
        .unwrap();
    assert!(again.success(), "the full disk test needs mount(8) as root or user namespaces");
}

pub(super) fn fill(disk: &Path) {
    // Until nothing fits: the last write is the one that fails.
    let (mut block, mut all) = (vec![1u8; 64 * 1024], Vec::new());
    while !block.is_empty() {
        all.extend_from_slice(&block);
        if fs::write(disk.join("filler"), &all).is_err() {
            let fits = fs::metadata(disk.join("filler")).unwrap().len() as usize;
            assert!(fits < all.len());
            block.clear();
        }
    }
}

#[test]
fn a_full_disk_is_told_in_time_and_recording_comes_back_by_itself() {
    on_small_disk("recorder::faults::a_full_disk_is_told_in_time_and_recording_comes_back_by_itself", |disk| {
        let clock = SystemClock::start();
        let bench = Bench::at(disk, clock.clone());
        bench.recorder.check_writable(visit(1)).unwrap();
        let stop = AtomicBool::new(false);
        let slowest = std::thread::scope(|scope| {
            let sending = scope.spawn(|| live(&bench, &*clock, &material().pictures, &stop));
            let ends = Ends(&stop);
            bench.recording(2);
            std::thread::sleep(Duration::from_secs(2));
            assert!(closed(&bench.events()).is_empty());
            fill(disk);
            bench.wait(ALARM, failed(SourceKind::Camera, Fault::DiskFull));
            bench.wait(ALARM, failed(SourceKind::Microphone, Fault::DiskFull));
            assert_eq!(bench.recorder.check_writable(visit(1)), Err(Fault::DiskFull));
            std::thread::sleep(Duration::from_secs(2));
            let alarms = bench.events().iter().filter(|event| matches!(event, RecorderEvent::Failed { .. })).count();
            assert_eq!(alarms, 2, "one alarm per source, not one per try");
            assert_eq!(bench.recorder.status().running.iter().filter(|run| run.fault.is_some()).count(), 2);

            fs::remove_file(disk.join("filler")).unwrap();
            bench.wait(ALARM, recovered(SourceKind::Camera));
            bench.wait(ALARM, recovered(SourceKind::Microphone));
            bench.recorder.check_writable(visit(1)).unwrap();
            bench.recording(2);
            std::thread::sleep(Duration::from_secs(2));
            drop(ends);
            sending.join().unwrap()
        });
        assert!(slowest < Duration::from_secs(1), "media waited {slowest:?} for the disk");
        let files = bench.finish();
        for kind in [SourceKind::Camera, SourceKind::Microphone] {
            let files: Vec<_> = files.values().filter(|file| file.source.kind == kind).collect();
            assert_eq!(files.len(), 2, "{kind:?}: the cut file is finished, a new one goes on");
            assert!(files.iter().map(|file| judge(&bench.export(file)).seconds).all(|seconds| seconds > 1.0));
            let (from_us, to_us) = bench.wait(Duration::ZERO, |event| match event {
                RecorderEvent::Gap { source, from_us, to_us, cause: GapCause::Fault, .. } if source.kind == kind => {
                    Some((*from_us, *to_us))
                }
                _ => None,
            });
            let first_end = files[0].started_mono_us + files[0].duration_ms as i64 * 1000;
            assert!((from_us - first_end).abs() < 100_000, "{kind:?}: the gap begins where the file ends");
            assert!((to_us - files[1].started_mono_us).abs() < 100_000, "{kind:?}: and ends where the next begins");
        }
        assert_eq!(bench.recorder.status().unfinished, 0);
    });
}

#[test]
fn a_missing_key_is_told_and_waited_for() {
    let clock = SystemClock::start();
    let bench = Bench::new(clock.clone());
    bench.keys.missing.store(true, Ordering::SeqCst);
    assert_eq!(bench.recorder.check_writable(visit(1)), Err(Fault::KeyMissing));
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| live(&bench, &*clock, &material().pictures, &stop));
        let _ends = Ends(&stop);
        bench.wait(ALARM, failed(SourceKind::Microphone, Fault::KeyMissing));
        bench.keys.missing.store(false, Ordering::SeqCst);
        bench.wait(ALARM, recovered(SourceKind::Microphone));
        std::thread::sleep(Duration::from_secs(1));
    });
    assert!(bench.finish().values().any(|file| file.duration_ms > 500));
}

#[test]
fn pictures_that_never_reach_the_file_raise_the_alarm() {
    let clock = SystemClock::start();
    let bench = Bench::new(clock.clone());
    let deltas = &material().pictures[1..30];
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| live(&bench, &*clock, deltas, &stop));
        let _ends = Ends(&stop);
        bench.wait(ALARM, failed(SourceKind::Camera, Fault::NothingWritten));
        assert!(bench.recorder.wants_key_frame(super::material::source(SourceKind::Camera)));
    });
    assert!(!bench.events().iter().any(|event| failed(SourceKind::Microphone, Fault::NothingWritten)(event).is_some()));
    let files = bench.finish();
    assert!(files.values().all(|file| file.source.kind == SourceKind::Microphone));
    bench.wait(Duration::ZERO, |event| match event {
        RecorderEvent::Gap { cause: GapCause::NoKeyFrame, from_us, to_us, .. } => {
            (to_us - from_us > 3_000_000).then_some(())
        }
        _ => None,
    });
}

#[test]
fn a_thread_that_hangs_is_noticed_by_its_watch_and_a_full_queue_is_a_gap() {
    let clock = SystemClock::start();
    let bench = Bench::new(clock.clone());
    let mut microphone = Sender::new(SourceKind::Microphone, clock.mono_us());
    let first = microphone.sound(&material().sounds[0]);
    bench.push([first]);
    // The status names whom the alarm is about.
    while bench.recorder.status().running.is_empty() {
        std::thread::sleep(Duration::from_millis(10));
    }
    let keys: &Keys = &bench.keys;
    keys.hang_ms.store(limits::RECORD_CHECK.as_millis() as u64 + 1000, Ordering::SeqCst);
    let mut camera = Sender::new(SourceKind::Camera, clock.mono_us());
    bench.push(camera.picture(&material().pictures[0]));
    std::thread::sleep(Duration::from_millis(100));
    let refused = (0..limits::RECORDER_QUEUE + 100)
        .filter(|_| {
            let packet = microphone.sound(&material().sounds[0]);
            !bench.recorder.push(packet)
        })
        .count();
    assert!(refused >= 100, "the queue is bounded");
    bench.wait(ALARM, failed(SourceKind::Microphone, Fault::Stalled));
    bench.wait(ALARM, recovered(SourceKind::Microphone));
    bench.wait(ALARM, |event| matches!(event, RecorderEvent::Gap { cause: GapCause::QueueFull, .. }).then_some(()));
    assert_eq!(bench.recorder.status().overflowed_packets, refused as u64);
    bench.finish();
}
