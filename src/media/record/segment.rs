//! One open file of one source: blocks in, clusters and hashes out.

use std::io;

use super::disk;
use super::disks::Disks;
use super::event::{ClosedSegment, RecorderEvent, wall};
use super::file::SealedFile;
use super::manifest::{Head, Trailer};
use super::matroska::{Cluster, Extent, Index};
use super::opus;
use super::seal::{FileHeader, FrameKind, RecordKey};
use crate::clock::Clock;
use crate::domain::ids::SegmentId;
use crate::limits;
use crate::media::engine::Codec;
use crate::media::plan::{RecordTarget, SourceId};

const CLUSTER_MS: u64 = limits::RECORD_CLUSTER.as_millis() as u64;
/// A cluster waits at most `RECORD_CLUSTER` to be written and then for the next sync: together `RECORD_SYNC`.
const SYNC_US: i64 = (limits::RECORD_SYNC.as_micros() - limits::RECORD_CLUSTER.as_micros()) as i64;

/// What a file is about.
pub(super) struct SegmentPlan {
    pub(super) segment: SegmentId,
    pub(super) target: RecordTarget,
    pub(super) head: Head,
    /// Monotonic capture time of the first block.
    pub(super) started_mono_us: i64,
}

/// An open file.
pub(super) struct Segment {
    pub(super) id: SegmentId,
    pub(super) target: RecordTarget,
    pub(super) source: SourceId,
    pub(super) head: Head,
    /// Monotonic capture time of the first block; corrected while sender reports come.
    pub(super) started_mono_us: i64,
    pub(super) lost_packets: u32,
    file: SealedFile,
    cluster: Cluster,
    extent: Extent,
    /// Extent of what is written; a failed cluster does not count.
    written: Extent,
    /// Extent of what is surely on the disk.
    synced: Extent,
    sync_failed: bool,
    index: Index,
    cluster_since_us: i64,
    synced_us: i64,
    told_us: i64,
    told_bytes: u64,
}

impl Segment {
    /// Creates the file on every disk that takes one. `now_us`: monotonic.
    pub(super) fn open(disks: &Disks, plan: SegmentPlan, key: &RecordKey, now_us: i64) -> io::Result<Self> {
        let header = FileHeader::new(plan.target, plan.segment).map_err(io::Error::other)?;
        let head = serde_json::to_vec(&plan.head).map_err(io::Error::other)?;
        let file = SealedFile::create(&disks.for_new_file(), &disk::folder(plan.target), key, &header, &head)?;
        let extent = Extent::new(plan.head.codec);
        Ok(Self {
            id: plan.segment,
            target: plan.target,
            source: plan.head.source,
            head: plan.head,
            started_mono_us: plan.started_mono_us,
            lost_packets: 0,
            file,
            cluster: Cluster::default(),
            extent,
            written: extent,
            synced: extent,
            sync_failed: false,
            index: Index::default(),
            cluster_since_us: now_us,
            synced_us: now_us,
            told_us: now_us,
            told_bytes: 0,
        })
    }

    /// Adds a picture or an Opus packet at `ms` since the start of the file, after silence where sound is missing.
    /// Writes when a cluster is full.
    pub(super) fn block(&mut self, ms: u64, key: bool, data: &[u8], now_us: i64) -> io::Result<()> {
        while self.head.codec == Codec::Opus && ms >= self.extent.end_ms() + opus::SILENCE_MS {
            self.put(self.extent.end_ms(), true, &opus::SILENCE, now_us)?;
        }
        self.put(ms, key, data, now_us)
    }

    fn put(&mut self, ms: u64, key: bool, data: &[u8], now_us: i64) -> io::Result<()> {
        let full = ms >= self.cluster.start_ms() + CLUSTER_MS || (self.head.codec.is_picture() && key);
        if full && !self.cluster.is_empty() {
            self.write_cluster()?;
        }
        if self.cluster.is_empty() {
            self.cluster_since_us = now_us;
        }
        if !self.cluster.push(ms, key, data) {
            self.write_cluster()?;
            self.cluster.push(ms, key, data);
        }
        self.extent.block(ms, data);
        Ok(())
    }

    fn write_cluster(&mut self) -> io::Result<()> {
        if self.cluster.is_empty() {
            return Ok(());
        }
        let (start_ms, key) = (self.cluster.start_ms(), self.cluster.starts_with_key());
        let bytes = self.cluster.take();
        self.file.append(FrameKind::Media, &bytes)?;
        self.index.cluster(self.head.codec, start_ms, key, bytes.len() as u64);
        self.written = self.extent;
        Ok(())
    }

    /// What time asks for: an old cluster is written, old bytes are synced, an old hash is renewed.
    pub(super) fn tick(&mut self, now_us: i64) -> io::Result<Option<RecorderEvent>> {
        if now_us - self.cluster_since_us >= limits::RECORD_CLUSTER.as_micros() as i64 {
            self.write_cluster()?;
        }
        let tell = now_us - self.told_us >= limits::RECORD_HASH.as_micros() as i64;
        if tell || now_us - self.synced_us >= SYNC_US {
            self.file.sync().inspect_err(|_| self.sync_failed = true)?;
            (self.synced, self.synced_us) = (self.written, now_us);
        }
        if !tell || self.file.length() == self.told_bytes {
            return Ok(None);
        }
        self.told_us = now_us;
        self.told_bytes = self.file.length();
        Ok(Some(RecorderEvent::Prefix {
            segment: self.id,
            target: self.target,
            bytes: self.told_bytes,
            sha256: self.file.sha256(),
        }))
    }

    /// Bytes of the file so far.
    pub(super) fn bytes(&self) -> u64 {
        self.file.length()
    }

    /// Monotonic capture time up to which media reached the file. After a failed sync the system may have dropped
    /// what it had taken since the last one.
    pub(super) fn written_until_us(&self) -> i64 {
        let sure = if self.sync_failed { self.synced } else { self.written };
        self.started_mono_us + i64::try_from(sure.end_ms()).unwrap_or_default() * 1000
    }

    /// Writes what is left and the trailer. After an error it may be called again when the disk takes bytes; the
    /// cluster that failed is lost.
    pub(super) fn finish(&mut self, clock: &dyn Clock) -> io::Result<ClosedSegment> {
        self.write_cluster()?;
        let started = wall(clock, self.started_mono_us);
        let duration_ms = self.written.end_ms();
        let trailer = Trailer {
            media_bytes: self.index.media_bytes(),
            duration_ms,
            started_us: started.as_microsecond(),
            lost_packets: self.lost_packets,
            recovered: false,
            cues: self.index.cues().to_vec(),
        };
        let (bytes, sha256) = self.file.finish(&serde_json::to_vec(&trailer).map_err(io::Error::other)?)?;
        Ok(ClosedSegment {
            segment: self.id,
            source: self.source,
            target: self.target,
            started,
            started_mono_us: self.started_mono_us,
            duration_ms,
            bytes,
            sha256,
            lost_packets: self.lost_packets,
        })
    }
}
