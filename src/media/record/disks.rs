//! The disks that recordings go to: one, which the recorder's own thread writes, or several with a thread each, so that
//! one that hangs holds up neither the others nor the recorder.
//!
//! Every disk is given the same bytes at the same places: a file is sealed once and written as often as there are disks.
//! What fails on one disk and works on another has worked; only what no disk takes is an error for the recording.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};

use super::disk::{self, Fault};
use super::shared::DiskStatus;
use crate::limits;

type Job = Box<dyn FnOnce() + Send>;

/// One place of recordings.
pub(super) struct Disk {
    pub(super) root: PathBuf,
    /// None: whoever has a job does it.
    jobs: Option<Sender<Job>>,
    /// Jobs that are not done yet.
    waiting: AtomicUsize,
    /// Why it gets no new files.
    fault: Mutex<Option<Fault>>,
    free_bytes: AtomicU64,
    /// A trial that has not come back.
    trying: AtomicBool,
}

impl Disk {
    /// A disk that is written by whoever has something to write.
    pub(super) fn here(root: PathBuf) -> Arc<Self> {
        Arc::new(Self::new(root, None))
    }

    fn new(root: PathBuf, jobs: Option<Sender<Job>>) -> Self {
        let (waiting, fault, trying) = Default::default();
        Self { root, jobs, waiting, fault, free_bytes: AtomicU64::new(u64::MAX), trying }
    }

    /// A disk with a thread of its own. It ends with the last sender; nobody waits for it, it may hang.
    fn beside(root: PathBuf) -> io::Result<Arc<Self>> {
        let (jobs, queue): (_, Receiver<Job>) = unbounded();
        thread::Builder::new().name("recorder-disk".to_owned()).spawn(move || queue.iter().for_each(|job| job()))?;
        Ok(Arc::new(Self::new(root, Some(jobs))))
    }

    fn give(self: &Arc<Self>, job: impl FnOnce(&Self) + Send + 'static) {
        let Some(jobs) = &self.jobs else { return job(self) };
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let disk = Arc::downgrade(self);
        let done = move || {
            if let Some(disk) = disk.upgrade() {
                job(&disk);
                disk.waiting.fetch_sub(1, Ordering::SeqCst);
            }
        };
        if jobs.send(Box::new(done)).is_err() {
            self.fails(Fault::Stalled);
        }
    }

    fn fails(&self, fault: Fault) {
        let before = self.fault().replace(fault);
        if before != Some(fault) {
            tracing::error!(root = %self.root.display(), code = fault.code(), "a disk of recordings fails");
        }
    }

    fn fault(&self) -> MutexGuard<'_, Option<Fault>> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// It did not answer in time and has not answered since.
    fn hangs(&self) -> bool {
        *self.fault() == Some(Fault::Stalled) && self.waiting.load(Ordering::SeqCst) > 0
    }

    fn is_sound(&self) -> bool {
        self.fault().is_none()
    }

    fn measure(&self) {
        let free = disk::free_bytes(&self.root).unwrap_or(u64::MAX);
        self.free_bytes.store(free, Ordering::Relaxed);
    }
}

/// A file on one disk. The disk's own thread alone works with it while there is one.
pub(super) struct Replica<F> {
    disk: Arc<Disk>,
    pub(super) file: Arc<Mutex<F>>,
}

impl<F: Send + 'static> Replica<F> {
    pub(super) fn new(disk: &Arc<Disk>, file: F) -> Self {
        Self { disk: Arc::clone(disk), file: Arc::new(Mutex::new(file)) }
    }
}

/// Does the same with every copy. It has worked when it worked with one; the others are given up then, for they have a
/// hole. Where none worked all are kept: what ends a file can be tried again.
///
/// # Errors
/// The first one, when all copies failed.
pub(super) fn on_all<F: Send + 'static>(
    copies: &mut Vec<Replica<F>>,
    work: impl Fn(&mut F) -> io::Result<()> + Send + Sync + 'static,
) -> io::Result<()> {
    if let [only] = copies.as_slice()
        && only.disk.jobs.is_none()
    {
        return work(&mut only.file.lock().unwrap_or_else(PoisonError::into_inner));
    }
    // What still hangs is not asked again: it would have to be waited for each time.
    if copies.iter().all(|copy| copy.disk.hangs()) {
        return Err(io::ErrorKind::TimedOut.into());
    }
    copies.retain(|copy| !copy.disk.hangs());
    let (answer, answers) = bounded(copies.len());
    let work = Arc::new(work);
    for (number, copy) in copies.iter().enumerate() {
        let (work, file, answer) = (Arc::clone(&work), Arc::clone(&copy.file), answer.clone());
        copy.disk.give(move |_| {
            let done = work(&mut file.lock().unwrap_or_else(PoisonError::into_inner));
            // Whoever asked may have stopped waiting.
            let _late = answer.send((number, done));
        });
    }
    drop(answer);
    let mut results: Vec<Option<io::Result<()>>> = copies.iter().map(|_| None).collect();
    let mut worked = false;
    while results.iter().any(Option::is_none) {
        let Ok((number, done)) = answers.recv_timeout(limits::RECORD_DISK_WAIT) else { break };
        worked |= done.is_ok();
        if let Some(result) = results.get_mut(number) {
            *result = Some(done);
        }
    }
    let mut first = None;
    let mut sound = Vec::with_capacity(results.len());
    for (copy, result) in copies.iter().zip(results) {
        match result {
            Some(Ok(())) => sound.push(true),
            Some(Err(error)) => {
                copy.disk.fails(Fault::from(&error));
                first = first.or(Some(error));
                sound.push(false);
            }
            None => {
                copy.disk.fails(Fault::Stalled);
                sound.push(false);
            }
        }
    }
    if !worked {
        return Err(first.unwrap_or_else(|| io::ErrorKind::TimedOut.into()));
    }
    let mut sound = sound.into_iter();
    copies.retain(|_| sound.next().unwrap_or(false));
    Ok(())
}

/// All disks of a recorder.
pub(super) struct Disks(Vec<Arc<Disk>>);

impl Disks {
    /// Makes the folders. A second place that cannot be made is a fault to be told and no reason not to start.
    pub(super) fn start(roots: Vec<PathBuf>) -> io::Result<Self> {
        if let [_] = roots.as_slice() {
            roots.iter().try_for_each(|root| disk::make_folder(root))?;
            return Ok(Self(roots.into_iter().map(Disk::here).collect()));
        }
        let disks = Self(roots.into_iter().map(Disk::beside).collect::<io::Result<_>>()?);
        for disk in &disks.0 {
            if let Err(error) = disk::make_folder(&disk.root) {
                disk.fails(Fault::from(&error));
            }
        }
        Ok(disks)
    }

    /// The disks that get a new file: all that work, and where none does, all: the answer says why.
    pub(super) fn for_new_file(&self) -> Vec<Arc<Disk>> {
        let sound: Vec<_> = self.0.iter().filter(|disk| disk.is_sound()).cloned().collect();
        if sound.is_empty() { self.0.clone() } else { sound }
    }

    /// Tries the disks that failed, those beside without waiting for them. `true`: there is one that takes a file.
    pub(super) fn heal(&self, waits: bool, name: &str) -> bool {
        if let [only] = self.0.as_slice()
            && only.jobs.is_none()
        {
            return waits && disk::probe(&only.root, name).is_ok();
        }
        for disk in self.0.iter().filter(|disk| !disk.is_sound() && disk.waiting.load(Ordering::SeqCst) == 0) {
            let name = name.to_owned();
            disk.give(move |disk| match disk::probe(&disk.root, &name) {
                Ok(()) => *disk.fault() = None,
                Err(error) => disk.fails(Fault::from(&error)),
            });
        }
        self.0.iter().any(|disk| disk.is_sound())
    }

    /// Whether a disk would take the files of `folder`: really tried. Waits for the disks, for those beside a bounded time.
    pub(super) fn check(&self, folder: &Path, min_free: u64, name: &str) -> Result<(), Fault> {
        if let [only] = self.0.as_slice()
            && only.jobs.is_none()
        {
            return tried(&only.root.join(folder), min_free, name);
        }
        let trials: Vec<_> = self.0.iter().map(|disk| begin_trial(disk, folder, min_free, name)).collect();
        let mut result = Err(Fault::Stalled);
        for (disk, trial) in self.0.iter().zip(trials) {
            let tried = match trial {
                Some(trial) => trial.recv_timeout(limits::RECORD_DISK_WAIT).unwrap_or(Err(Fault::Stalled)),
                None => Err(Fault::Stalled),
            };
            match tried {
                Ok(()) => result = Ok(()),
                Err(fault) => {
                    // Little space is no fault of what is being written.
                    if fault != Fault::DiskFull {
                        disk.fails(fault);
                    }
                    result = result.or(Err(fault));
                }
            }
        }
        result
    }

    /// Bytes that may still be written before the last disk is full.
    pub(super) fn free_bytes(&self) -> Option<u64> {
        for disk in &self.0 {
            if disk.waiting.load(Ordering::SeqCst) == 0 {
                disk.give(Disk::measure);
            }
        }
        let known = |disk: &Arc<Disk>| Some(disk.free_bytes.load(Ordering::Relaxed)).filter(|free| *free != u64::MAX);
        self.0.iter().filter(|disk| disk.is_sound()).filter_map(known).max()
    }

    /// Each disk where there are several.
    pub(super) fn status(&self) -> Vec<DiskStatus> {
        if self.0.len() < 2 {
            return Vec::new();
        }
        (1..).zip(&self.0).map(|(number, disk)| DiskStatus { number, fault: *disk.fault() }).collect()
    }

    /// Folders of all disks.
    pub(super) fn roots(&self) -> impl Iterator<Item = &Path> {
        self.0.iter().map(|disk| disk.root.as_path())
    }
}

fn tried(folder: &Path, min_free: u64, name: &str) -> Result<(), Fault> {
    disk::probe(folder, name).map_err(|error| Fault::from(&error))?;
    match disk::free_bytes(folder) {
        Ok(free) if free < min_free => Err(Fault::DiskFull),
        Ok(_) => Ok(()),
        Err(error) => Err(Fault::from(&error)),
    }
}

/// A trial on a thread of its own: it may hang. None while an earlier one of this disk does.
fn begin_trial(disk: &Arc<Disk>, folder: &Path, min_free: u64, name: &str) -> Option<Receiver<Result<(), Fault>>> {
    if disk.trying.swap(true, Ordering::SeqCst) {
        return None;
    }
    let (answer, trial) = bounded(1);
    let (tried_disk, folder, name) = (Arc::clone(disk), disk.root.join(folder), name.to_owned());
    let spawned = thread::Builder::new().name("recorder-trial".to_owned()).spawn(move || {
        let _late = answer.send(tried(&folder, min_free, &name));
        tried_disk.trying.store(false, Ordering::SeqCst);
    });
    if spawned.is_err() {
        // Nobody else would: without a thread this once, the disk would never be tried again.
        disk.trying.store(false, Ordering::SeqCst);
        return None;
    }
    Some(trial)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two() -> (tempfile::TempDir, Disks) {
        let folder = tempfile::tempdir().unwrap();
        let disks = Disks::start(vec![folder.path().join("a"), folder.path().join("b")]).unwrap();
        (folder, disks)
    }

    /// A file is a number here; what is done to it is what the test wants to happen to a disk.
    fn copies(disks: &Disks) -> Vec<Replica<usize>> {
        disks.0.iter().enumerate().map(|(number, disk)| Replica::new(disk, number)).collect()
    }

    fn faults(disks: &Disks) -> Vec<Option<Fault>> {
        disks.status().iter().map(|disk| disk.fault).collect()
    }

    fn wait(until: impl Fn() -> bool) {
        for _ in 0..2_000 {
            if until() {
                return;
            }
            thread::sleep(std::time::Duration::from_millis(10));
        }
        panic!("never");
    }

    #[test]
    fn what_one_disk_takes_is_written_and_the_other_is_named() {
        let (_folder, disks) = two();
        let mut files = copies(&disks);
        let full = |number: &mut usize| match *number {
            1 => Err(io::ErrorKind::StorageFull.into()),
            _ => Ok(()),
        };
        on_all(&mut files, full).unwrap();
        assert_eq!((files.len(), faults(&disks)), (1, vec![None, Some(Fault::DiskFull)]));
        assert_eq!(disks.for_new_file().len(), 1);
        assert!(disks.heal(false, "probe"));
        wait(|| faults(&disks) == [None, None]);
        assert_eq!(disks.for_new_file().len(), 2);
    }

    #[test]
    fn a_file_that_no_disk_takes_keeps_its_copies() {
        let (_folder, disks) = two();
        let mut files = copies(&disks);
        let error = on_all(&mut files, |_| Err(io::ErrorKind::StorageFull.into())).unwrap_err();
        assert_eq!((error.kind(), files.len()), (io::ErrorKind::StorageFull, 2));
        assert_eq!(disks.for_new_file().len(), 2, "the next try says why");
        on_all(&mut files, |_| Ok(())).unwrap();
        assert_eq!(files.len(), 2);
    }

    #[test]
    fn a_disk_that_hangs_holds_nobody_up_and_comes_back() {
        let (_folder, disks) = two();
        let mut files = copies(&disks);
        let (release, held) = bounded::<()>(0);
        let second = held.clone();
        let hangs = move |number: &mut usize| match *number {
            1 => second.recv().map_err(io::Error::other),
            _ => Ok(()),
        };
        on_all(&mut files, hangs).unwrap();
        assert_eq!((files.len(), faults(&disks)), (1, vec![None, Some(Fault::Stalled)]));
        assert!(disks.heal(false, "probe"));
        assert_eq!(faults(&disks), [None, Some(Fault::Stalled)], "it has not come back");
        // Now the first one hangs too: the recorder is told, and goes on turning.
        let error = on_all(&mut files, move |_| held.recv().map_err(io::Error::other)).unwrap_err();
        assert_eq!((Fault::from(&error), files.len()), (Fault::Stalled, 1));
        assert!(on_all(&mut files, |_| Ok(())).is_err(), "it is not asked again while it hangs");
        drop(release);
        wait(|| {
            disks.heal(false, "probe");
            faults(&disks) == [None, None]
        });
        on_all(&mut files, |_| Ok(())).unwrap();
    }

    #[test]
    fn a_trial_needs_one_disk() {
        let (folder, disks) = two();
        assert_eq!(disks.check(Path::new("x"), 1, "probe"), Ok(()));
        std::fs::remove_dir_all(folder.path().join("b")).unwrap();
        std::fs::write(folder.path().join("b"), b"").unwrap();
        assert_eq!(disks.check(Path::new("x"), 1, "probe"), Ok(()));
        assert_eq!(faults(&disks), [None, Some(Fault::DiskError)]);
        assert_eq!(disks.check(Path::new("x"), u64::MAX, "probe"), Err(Fault::DiskError));
        assert_eq!(disks.roots().count(), 2);
    }
}
