//! A recorder in a folder of its own, with a clock that the test moves or the machine's.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use diemcau::clock::{Clock, SharedClock};
use diemcau::domain::ids::{BootId, SegmentId};
use diemcau::media::engine::{RecordSink, RecordedPacket};
use diemcau::media::plan::RecordTarget;
use diemcau::media::record::{
    ClosedSegment, KeyLookup, RecordKey, Recorder, RecorderConfig, RecorderEvent, RecorderStatus, RecordingReader,
    segment_path,
};
use jiff::Timestamp;
use tempfile::TempDir;
use tokio::sync::mpsc::Receiver;
use uuid::Uuid;

/// Time stands until the test moves it.
pub(super) struct TestClock {
    mono_us: AtomicI64,
    ids: AtomicU64,
}

impl TestClock {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self { mono_us: AtomicI64::new(1_000_000), ids: AtomicU64::new(1) })
    }

    pub(super) fn set(&self, mono_us: i64) {
        self.mono_us.fetch_max(mono_us, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_microsecond(1_800_000_000_000_000 + self.mono_us()).unwrap()
    }
    fn mono_us(&self) -> i64 {
        self.mono_us.load(Ordering::SeqCst)
    }
    fn instant(&self) -> std::time::Instant {
        std::time::Instant::now()
    }
    fn new_id(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.ids.fetch_add(1, Ordering::SeqCst)) << 64 | 1)
    }
    fn boot(&self) -> BootId {
        BootId(Uuid::nil())
    }
}

/// One key per target; can be taken away, or made to wait.
#[derive(Default)]
pub(super) struct Keys {
    pub(super) missing: AtomicBool,
    pub(super) hang_ms: AtomicU64,
}

impl KeyLookup for Keys {
    fn key(&self, target: RecordTarget) -> Option<RecordKey> {
        std::thread::sleep(Duration::from_millis(self.hang_ms.swap(0, Ordering::SeqCst)));
        (!self.missing.load(Ordering::SeqCst)).then(|| key(target))
    }
}

pub(super) fn key(target: RecordTarget) -> RecordKey {
    let mut key = [9; 32];
    key[..16].copy_from_slice(target.visit.map_or(target.session.0, |visit| visit.0).as_bytes());
    RecordKey(key)
}

pub(super) struct Bench {
    pub(super) root: PathBuf,
    pub(super) recorder: Arc<Recorder>,
    pub(super) keys: Arc<Keys>,
    events: Mutex<Receiver<RecorderEvent>>,
    seen: Mutex<Vec<RecorderEvent>>,
    folder: Option<TempDir>,
}

impl Bench {
    pub(super) fn new(clock: SharedClock) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut bench = Self::at(folder.path(), clock);
        bench.folder = Some(folder);
        bench
    }

    pub(super) fn at(root: &Path, clock: SharedClock) -> Self {
        Self::on(RecorderConfig::new(root.join("recordings")), clock)
    }

    /// The same files go to `second` too.
    pub(super) fn with_second(root: &Path, second: &Path, clock: SharedClock) -> Self {
        let second = Some(second.to_owned());
        Self::on(RecorderConfig { second, ..RecorderConfig::new(root.join("recordings")) }, clock)
    }

    fn on(config: RecorderConfig, clock: SharedClock) -> Self {
        let (sender, events) = tokio::sync::mpsc::channel(64);
        let keys = Arc::new(Keys::default());
        let config = RecorderConfig { min_free: 1024, ..config };
        let root = config.root.clone();
        let recorder = Recorder::start(config, clock, keys.clone(), sender).unwrap();
        Self { root, recorder, keys, events: Mutex::new(events), seen: Mutex::default(), folder: None }
    }

    /// Pushes and waits for room in the queue: a test is faster than any network.
    pub(super) fn push(&self, packets: impl IntoIterator<Item = RecordedPacket>) {
        for packet in packets {
            while !self.recorder.push(packet.clone()) {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
    }

    /// All events so far.
    pub(super) fn events(&self) -> Vec<RecorderEvent> {
        let mut seen = self.seen.lock().unwrap();
        let mut events = self.events.lock().unwrap();
        while let Ok(event) = events.try_recv() {
            seen.push(event);
        }
        seen.clone()
    }

    /// Waits for an event of any time, at most so long.
    pub(super) fn wait<T>(&self, most: Duration, pick: impl Fn(&RecorderEvent) -> Option<T>) -> T {
        const STEP: Duration = Duration::from_millis(10);
        for _ in 0..=most.as_millis() / STEP.as_millis() {
            if let Some(found) = self.events().iter().find_map(&pick) {
                return found;
            }
            std::thread::sleep(STEP);
        }
        panic!("not within {most:?}; seen {:#?}", self.events());
    }

    /// Waits until so many sources have an open file with something in it.
    pub(super) fn recording(&self, sources: usize) {
        let writes = |status: RecorderStatus| {
            status.running.iter().filter(|run| run.segment.is_some() && run.bytes > 1_000).count() == sources
        };
        until(Duration::from_secs(30), "all sources written", || writes(self.recorder.status()));
    }

    /// Closes everything and gives the files by id.
    pub(super) fn finish(&self) -> BTreeMap<SegmentId, ClosedSegment> {
        let taking = std::thread::scope(|scope| {
            let stopping = scope.spawn(|| self.recorder.shutdown());
            while !stopping.is_finished() {
                self.events();
                std::thread::sleep(Duration::from_millis(5));
            }
            self.events()
        });
        closed(&taking)
    }

    pub(super) fn path(&self, file: &ClosedSegment) -> PathBuf {
        segment_path(&self.root, file.target, file.segment)
    }

    pub(super) fn reader(&self, file: &ClosedSegment) -> RecordingReader {
        RecordingReader::open(&self.path(file), &key(file.target)).unwrap()
    }

    /// Exports a file beside the recordings.
    pub(super) fn export(&self, file: &ClosedSegment) -> PathBuf {
        let reader = self.reader(file);
        let path = self.root.join(format!("{}.{}", file.segment, reader.info().extension()));
        reader.export(std::fs::File::create(&path).unwrap()).unwrap();
        path
    }
}

/// Waits until something is so, at most so long.
pub(super) fn until(most: Duration, what: &str, seen: impl Fn() -> bool) {
    const STEP: Duration = Duration::from_millis(20);
    for _ in 0..=most.as_millis() / STEP.as_millis() {
        if seen() {
            return;
        }
        std::thread::sleep(STEP);
    }
    panic!("never seen: {what}");
}

pub(super) fn closed(events: &[RecorderEvent]) -> BTreeMap<SegmentId, ClosedSegment> {
    let files = events.iter().filter_map(|event| match event {
        RecorderEvent::SegmentClosed(file) => Some((file.segment, file.clone())),
        _ => None,
    });
    files.collect()
}
