//! The recorder as rooms and media workers see it.

use std::io;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use crossbeam_channel::{Sender, bounded, unbounded};

use super::disk::{self, Fault};
use super::disks::Disks;
use super::event::{ClosedSegment, RecorderEvent};
use super::outbox::Outbox;
use super::recover;
use super::seal::{KeyLookup, RecordKey};
use super::shared::{RecorderStatus, Shared};
use super::task::{Order, Task, What};
use super::watchdog;
use crate::clock::SharedClock;
use crate::domain::ids::SegmentId;
use crate::limits;
use crate::media::engine::{RecordSink, RecordedPacket};
use crate::media::plan::{RecordTarget, SourceId};

/// Where recordings go.
#[derive(Clone, Debug)]
pub struct RecorderConfig {
    /// Folder of all recordings; made when missing.
    pub root: PathBuf,
    /// A second folder, on another disk, that gets the same files.
    pub second: Option<PathBuf>,
    /// Free bytes below which `check_writable` refuses; `limits::RECORD_MIN_FREE` unless a site says otherwise.
    pub min_free: u64,
}

impl RecorderConfig {
    /// The usual bounds.
    pub fn new(root: PathBuf) -> Self {
        Self { root, second: None, min_free: limits::RECORD_MIN_FREE }
    }
}

/// One thread that writes, one that watches it, and a bounded queue in front.
pub struct Recorder {
    disks: Arc<Disks>,
    min_free: u64,
    clock: SharedClock,
    keys: Arc<dyn KeyLookup>,
    shared: Arc<Shared>,
    packets: Sender<RecordedPacket>,
    orders: Sender<Order>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Recorder {
    /// Starts the threads. Call `recover` first: it finishes what the last run left open.
    ///
    /// Events of all sessions come on `events`; a slow reader delays events, never the recording.
    ///
    /// # Errors
    /// The folder cannot be made or the system gives no thread.
    pub fn start(
        config: RecorderConfig,
        clock: SharedClock,
        keys: Arc<dyn KeyLookup>,
        events: tokio::sync::mpsc::Sender<RecorderEvent>,
    ) -> io::Result<Arc<Self>> {
        let min_free = config.min_free;
        let disks = Arc::new(Disks::start([Some(config.root), config.second].into_iter().flatten().collect())?);
        let shared = Arc::new(Shared::default());
        shared.heartbeat_us.store(clock.mono_us(), Ordering::Relaxed);
        let (packets, packet_queue) = bounded(limits::RECORDER_QUEUE);
        let (orders, order_queue) = unbounded();
        let task = Task::new(
            disks.clone(),
            keys.clone(),
            clock.clone(),
            shared.clone(),
            packet_queue,
            order_queue,
            Outbox::new(events.clone()),
        );
        let writer = thread::Builder::new().name("recorder".to_owned()).spawn(move || task.run())?;
        let watch = (shared.clone(), clock.clone());
        let watcher = thread::Builder::new()
            .name("recorder-watch".to_owned())
            .spawn(move || watchdog::run(&watch.0, &watch.1, &events))?;
        let threads = Mutex::new(vec![writer, watcher]);
        Ok(Arc::new(Self { disks, min_free, clock, keys, shared, packets, orders, threads }))
    }

    /// No session starts while this fails: the thread turns, the key is there, there is space, and bytes are really
    /// written, synced and removed again where the files will be. Waits for the disk: not on an async thread.
    ///
    /// # Errors
    /// What is wrong; the code is for the texts.
    pub fn check_writable(&self, target: RecordTarget) -> Result<(), Fault> {
        if watchdog::stalled(&self.shared, self.clock.mono_us()) {
            return Err(Fault::Stalled);
        }
        if self.keys.key(target).is_none() {
            return Err(Fault::KeyMissing);
        }
        self.disks.check(&disk::folder(target), self.min_free, &self.clock.new_id().to_string())
    }

    /// The visit (or the session's own part) ends or pauses now: after `limits::RECORD_BOUNDARY_GRACE` its files are
    /// closed and told, then comes `BoundaryDone`. Call it after the plan has changed. Sources that already moved on
    /// to another target are closed by their first packet of it.
    pub fn boundary(&self, target: RecordTarget) {
        self.order(limits::RECORD_BOUNDARY_GRACE.as_micros() as i64, What::Boundary(target));
    }

    /// The source pauses on purpose (its microphone is closed): the sequence numbers that are missing when it goes on
    /// are no gap. The file stays open.
    pub fn pause(&self, source: SourceId) {
        self.order(0, What::Pause(source));
    }

    /// The source is over (its connection is gone or it left the plan): its file is closed.
    pub fn stop(&self, source: SourceId) {
        self.order(0, What::Stop(source));
    }

    /// What runs, how much is written and how long the disk lasts.
    pub fn status(&self) -> RecorderStatus {
        let mut status = self.shared.status();
        // A thread that hangs cannot say so.
        if watchdog::stalled(&self.shared, self.clock.mono_us()) {
            status.running.iter_mut().for_each(|source| source.fault = source.fault.or(Some(Fault::Stalled)));
        }
        status
    }

    /// Packets that wait for the thread. Who sends faster than time goes by keeps pace by it.
    pub fn waiting(&self) -> usize {
        self.packets.len()
    }

    /// What a finished file says of itself; `None` when there is none, or not this one. Waits for the disk: not on an
    /// async thread.
    pub fn finished(&self, target: RecordTarget, segment: SegmentId, key: &RecordKey) -> Option<ClosedSegment> {
        self.disks.roots().find_map(|root| recover::finished(root, target, segment, key))
    }

    /// Takes no more packets, writes what is queued, closes all files and ends the threads. Waits for the disk: not
    /// on an async thread. A second call does nothing.
    pub fn shutdown(&self) {
        self.shared.stopping.store(true, Ordering::Release);
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            thread.thread().unpark();
            if thread.join().is_err() {
                tracing::error!("a recorder thread ended by a panic");
            }
        }
    }

    fn order(&self, after_us: i64, what: What) {
        if self.orders.send(Order { due_us: self.clock.mono_us() + after_us, what }).is_err() {
            tracing::warn!("the recorder has ended");
        }
    }
}

impl RecordSink for Recorder {
    fn push(&self, packet: RecordedPacket) -> bool {
        if self.shared.stopping.load(Ordering::Acquire) {
            return false;
        }
        match self.packets.try_send(packet) {
            Ok(()) => true,
            Err(refused) => {
                self.shared.overflowed(&refused.into_inner());
                false
            }
        }
    }

    fn wants_key_frame(&self, source: SourceId) -> bool {
        self.shared.wants_key_frame(source)
    }
}
