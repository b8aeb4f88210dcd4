//! What the recorder's thread, the media workers and the rooms share.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

use super::disk::Fault;
use crate::domain::ids::SegmentId;
use crate::media::engine::RecordedPacket;
use crate::media::plan::{RecordTarget, SourceId};

/// One source that is being recorded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RunningSource {
    /// Whose sound or picture.
    pub source: SourceId,
    /// Where it belongs.
    pub target: RecordTarget,
    /// The open file, if there is one now.
    pub segment: Option<SegmentId>,
    /// Bytes of the open file.
    pub bytes: u64,
    /// Bytes of all its files since it is known.
    pub written: u64,
    /// Microseconds of sound in its files that is more than silence; 0 for pictures.
    pub sounding_us: u64,
    /// A picture whose file has had no key frame for longer than a file should last: nobody can enter it there.
    pub key_overdue: bool,
    /// Why nothing is written, if so.
    pub fault: Option<Fault>,
}

/// The recorder at a glance, at most a second old.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct RecorderStatus {
    /// All sources that are being recorded.
    pub running: Vec<RunningSource>,
    /// Bytes written since the start of the process.
    pub written_bytes: u64,
    /// The disks, where there are several.
    pub disks: Vec<DiskStatus>,
    /// Free bytes on the disk, of several on the emptiest; `None` when none can be asked.
    pub free_bytes: Option<u64>,
    /// Hours until the disk is full at the rate of the last minute; `None` while nothing is written.
    pub free_hours: Option<f64>,
    /// Packets that found the queue full since the start of the process.
    pub overflowed_packets: u64,
    /// Finished files whose trailer still waits for the disk.
    pub unfinished: usize,
    /// Events that were dropped because nobody took them.
    pub dropped_events: u64,
}

/// One of several disks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DiskStatus {
    /// As configured, the first is 1.
    pub number: u32,
    /// Why it gets no files, if so.
    pub fault: Option<Fault>,
}

/// Packets of one source that found the queue full.
#[derive(Clone, Copy, Debug)]
pub(super) struct Overflow {
    pub(super) target: RecordTarget,
    pub(super) from_us: i64,
    pub(super) to_us: i64,
}

#[derive(Default)]
pub(super) struct Shared {
    /// Monotonic microseconds of the thread's last turn.
    pub(super) heartbeat_us: AtomicI64,
    pub(super) stopping: AtomicBool,
    overflowed: AtomicU64,
    overflow: Mutex<BTreeMap<SourceId, Overflow>>,
    /// Read for each packet by the workers; the set behind it only when somebody wants something.
    any_wanted: AtomicBool,
    wanted: RwLock<BTreeSet<SourceId>>,
    status: Mutex<RecorderStatus>,
}

impl Shared {
    /// Counts a packet that found the queue full, without waiting for anybody.
    pub(super) fn overflowed(&self, packet: &RecordedPacket) {
        self.overflowed.fetch_add(1, Ordering::Relaxed);
        if let Ok(mut sources) = self.overflow.try_lock() {
            let at = packet.arrival_us;
            sources.entry(packet.source).and_modify(|seen| seen.to_us = seen.to_us.max(at)).or_insert(Overflow {
                target: packet.target,
                from_us: at,
                to_us: at,
            });
        }
    }

    pub(super) fn take_overflow(&self) -> BTreeMap<SourceId, Overflow> {
        std::mem::take(&mut *lock(&self.overflow))
    }

    pub(super) fn overflowed_packets(&self) -> u64 {
        self.overflowed.load(Ordering::Relaxed)
    }

    pub(super) fn want_key_frame(&self, source: SourceId, wanted: bool) {
        let mut set = self.wanted.write().unwrap_or_else(PoisonError::into_inner);
        if wanted {
            set.insert(source);
        } else {
            set.remove(&source);
        }
        self.any_wanted.store(!set.is_empty(), Ordering::Release);
    }

    pub(super) fn wants_key_frame(&self, source: SourceId) -> bool {
        self.any_wanted.load(Ordering::Acquire)
            && self.wanted.read().unwrap_or_else(PoisonError::into_inner).contains(&source)
    }

    pub(super) fn status(&self) -> RecorderStatus {
        let mut status = lock(&self.status).clone();
        status.overflowed_packets = self.overflowed_packets();
        status
    }

    pub(super) fn set_status(&self, status: RecorderStatus) {
        *lock(&self.status) = status;
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
