//! A second disk: the same bytes on both, one that fails or hangs is named and left out, and a start finds its way with
//! what lies where. These run on the machine's clock.

use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use diemcau::clock::SystemClock;
use diemcau::limits;
use diemcau::media::record::{ClosedSegment, Fault, Places, RecorderEvent, recover_places};

use super::bench::{Bench, Keys, until};
use super::faults::{Ends, fill, live, on_small_disk};
use super::material::{judge, material, visit};

/// Alarms come on a machine that does other things too.
const PATIENCE: Duration = limits::RECORD_CHECK.saturating_mul(4);

/// In memory where there is such a place: a build beside the tests must not look like a disk that hangs.
fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

fn faults(bench: &Bench) -> Vec<Option<Fault>> {
    bench.recorder.status().disks.iter().map(|disk| disk.fault).collect()
}

/// The file's bytes in both places.
fn both(places: &Places, file: &ClosedSegment) -> Vec<Option<Vec<u8>>> {
    places.of(file.target, file.segment).iter().map(|path| fs::read(path).ok()).collect()
}

fn whole(bench: &Bench, files: impl Iterator<Item = ClosedSegment>) {
    for file in files {
        assert!(judge(&bench.export(&file)).seconds > 0.2, "{file:?}");
    }
}

fn alarms(bench: &Bench) -> usize {
    bench.events().iter().filter(|event| matches!(event, RecorderEvent::Failed { .. })).count()
}

#[test]
fn both_places_hold_the_same_bytes() {
    let (first, second) = (folder(), folder());
    let clock = SystemClock::start();
    let bench = Bench::with_second(first.path(), second.path(), clock.clone());
    bench.recorder.check_writable(visit(1)).unwrap();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| live(&bench, &*clock, &material().pictures, &stop));
        let _ends = Ends(&stop);
        bench.recording(2);
        std::thread::sleep(Duration::from_secs(1));
    });
    let files = bench.finish();
    assert_eq!(files.len(), 2, "each file is told once");
    let places = Places::from(vec![bench.root.clone(), second.path().to_owned()]);
    for file in files.values() {
        let copies = both(&places, file);
        assert!(copies[0].as_ref().is_some_and(|bytes| bytes.len() as u64 == file.bytes));
        assert_eq!(copies[0], copies[1]);
    }
    whole(&bench, files.into_values());
}

#[test]
fn a_full_second_disk_is_named_and_the_first_goes_on() {
    on_small_disk("recorder::second::a_full_second_disk_is_named_and_the_first_goes_on", |disk| {
        let first = folder();
        let clock = SystemClock::start();
        let bench = Bench::with_second(first.path(), disk, clock.clone());
        let stop = AtomicBool::new(false);
        let slowest = std::thread::scope(|scope| {
            let sending = scope.spawn(|| live(&bench, &*clock, &material().pictures, &stop));
            let ends = Ends(&stop);
            bench.recording(2);
            fill(disk);
            until(PATIENCE, "the full disk named", || faults(&bench) == [None, Some(Fault::DiskFull)]);
            bench.recorder.check_writable(visit(1)).unwrap();
            fs::remove_file(disk.join("filler")).unwrap();
            until(PATIENCE, "the disk back", || faults(&bench) == [None, None]);
            drop(ends);
            sending.join().unwrap()
        });
        assert!(slowest < Duration::from_secs(1), "media waited {slowest:?} for a disk");
        let files = bench.finish();
        assert_eq!((files.len(), alarms(&bench)), (2, 0), "no source failed, no file was cut");
        let gaps = bench.events().iter().filter(|event| matches!(event, RecorderEvent::Gap { .. })).count();
        assert_eq!(gaps, 0, "nothing is missing");
        whole(&bench, files.into_values());
    });
}

/// A frozen file system (FIFREEZE): writes hang and come back when it thaws, as on a disk that does not answer.
#[test]
#[ignore = "needs the right to mount and freeze a file system: make chaos"]
fn a_disk_that_hangs_is_named_and_the_other_goes_on() {
    let (first, disk) = (folder(), tempfile::tempdir().unwrap());
    let image = first.path().join("disk.img");
    fs::File::create(&image).unwrap().set_len(32 << 20).unwrap();
    let run = |program: &str, args: &[&Path]| {
        let done = std::process::Command::new(program).args(args).status().unwrap();
        assert!(done.success(), "{program} {args:?}");
    };
    run("mkfs.ext4", &[Path::new("-q"), &image]);
    run("mount", &[Path::new("-o"), Path::new("loop"), &image, disk.path()]);
    let result = std::panic::catch_unwind(|| {
        let clock = SystemClock::start();
        let bench = Bench::with_second(first.path(), disk.path(), clock.clone());
        let stop = AtomicBool::new(false);
        let slowest = std::thread::scope(|scope| {
            let sending = scope.spawn(|| live(&bench, &*clock, &material().pictures, &stop));
            let ends = Ends(&stop);
            bench.recording(2);
            run("fsfreeze", &[Path::new("-f"), disk.path()]);
            let before_us = diemcau::clock::Clock::mono_us(&*clock);
            until(PATIENCE, "the hanging disk named", || faults(&bench) == [None, Some(Fault::Stalled)]);
            let alarm_us = diemcau::clock::Clock::mono_us(&*clock) - before_us;
            assert!(alarm_us <= limits::RECORD_CHECK.as_micros() as i64, "{alarm_us} us");
            bench.recorder.check_writable(visit(1)).unwrap();
            std::thread::sleep(Duration::from_secs(1));
            run("fsfreeze", &[Path::new("-u"), disk.path()]);
            until(PATIENCE, "the disk back", || faults(&bench) == [None, None]);
            drop(ends);
            sending.join().unwrap()
        });
        assert!(slowest < Duration::from_secs(1), "media waited {slowest:?} for a disk");
        let files = bench.finish();
        assert_eq!((files.len(), alarms(&bench)), (2, 0), "no source failed, no file was cut");
        whole(&bench, files.into_values());
    });
    std::process::Command::new("fsfreeze").arg("-u").arg(disk.path()).status().unwrap();
    run("umount", &[disk.path()]);
    if let Err(cause) = result {
        std::panic::resume_unwind(cause);
    }
}

/// Killed in mid-visit, with one disk further than the other, or one of them finished already.
#[test]
fn a_start_finishes_each_file_once() {
    let (first, second) = (folder(), folder());
    let clock = SystemClock::start();
    let bench = Bench::with_second(first.path(), second.path(), clock.clone());
    let stop = AtomicBool::new(false);
    let open = |root: &Path| -> Vec<std::path::PathBuf> {
        let target = visit(1);
        let inside = root.join(target.session.to_string()).join(target.visit.unwrap().to_string());
        fs::read_dir(inside).map(|entries| entries.flatten().map(|entry| entry.path()).collect()).unwrap_or_default()
    };
    let cut = folder();
    std::thread::scope(|scope| {
        scope.spawn(|| live(&bench, &*clock, &material().pictures, &stop));
        let _ends = Ends(&stop);
        bench.recording(2);
        until(PATIENCE, "two seconds of media", || bench.recorder.status().written_bytes > 60_000);
        // What a killed process leaves behind: both places as they lie, the second one shorter.
        for (number, root) in [bench.root.as_path(), second.path()].into_iter().enumerate() {
            for path in open(root) {
                let to = cut.path().join(number.to_string()).join(path.strip_prefix(root).unwrap());
                fs::create_dir_all(to.parent().unwrap()).unwrap();
                let bytes = fs::read(&path).unwrap();
                fs::write(&to, &bytes[..bytes.len() * (2 - number) / 2]).unwrap();
            }
        }
    });
    bench.finish();
    let roots = [cut.path().join("0"), cut.path().join("1")];
    let lengths: Vec<u64> = open(&roots[0]).iter().map(|path| fs::metadata(path).unwrap().len()).collect();
    let recovery = recover_places(&roots, &Keys::default()).unwrap();
    assert_eq!((recovery.finished.len(), recovery.left.len()), (2, 0), "{recovery:?}");
    assert!(recovery.finished.iter().all(|file| file.bytes >= lengths.iter().min().unwrap() / 2));
    assert!(open(&roots[0]).iter().all(|path| path.extension().is_some_and(|ending| ending == "dcr")));
    assert_eq!(open(&roots[1]), Vec::<std::path::PathBuf>::new(), "the shorter ones are gone");

    // Killed between the end of a file here and there.
    let done = open(&roots[0])[0].clone();
    let part = roots[1].join(done.strip_prefix(&roots[0]).unwrap()).with_extension("part");
    fs::write(&part, b"a torn beginning").unwrap();
    let again = recover_places(&roots, &Keys::default()).unwrap();
    assert!(again.finished.is_empty() && !part.exists(), "what is finished on one disk needs no end on the other");
}
