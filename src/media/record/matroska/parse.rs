//! Reads back our own clusters, to finish a file that was cut off.

use super::writer::{CLUSTER, SIMPLE_BLOCK, TIMESTAMP};
use super::{Extent, Index};
use crate::media::engine::Codec;

/// Takes the plain frames of a file one by one and learns where its last whole cluster ends.
pub(in super::super) struct ClusterScan {
    codec: Codec,
    pending: Vec<u8>,
    extent: Extent,
    index: Index,
}

impl ClusterScan {
    pub(in super::super) fn new(codec: Codec) -> Self {
        Self { codec, pending: Vec::new(), extent: Extent::new(codec), index: Index::default() }
    }

    /// Adds the plaintext of the next frame. `true` when all bytes so far are whole clusters; the writer begins
    /// each cluster in a new frame, so that is where a file may end.
    pub(in super::super) fn push(&mut self, plain: &[u8]) -> bool {
        self.pending.extend_from_slice(plain);
        let Some((CLUSTER, body, rest)) = element(&self.pending) else { return false };
        if !rest.is_empty() {
            return false;
        }
        let mut extent = self.extent;
        let Some((start_ms, key)) = walk(body, &mut extent) else { return false };
        self.extent = extent;
        self.index.cluster(self.codec, start_ms, key, self.pending.len() as u64);
        self.pending.clear();
        true
    }

    /// Length and entry points of the whole clusters.
    pub(in super::super) fn finish(self) -> (Extent, Index) {
        (self.extent, self.index)
    }
}

/// Start of a cluster and whether its first block is a key frame; `None` when it holds no whole block.
fn walk(mut body: &[u8], extent: &mut Extent) -> Option<(u64, bool)> {
    let (mut start_ms, mut key) = (0, None);
    while let Some((name, value, rest)) = element(body) {
        match name {
            TIMESTAMP => start_ms = value.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)),
            SIMPLE_BLOCK => {
                let (head, data) = value.split_first_chunk::<4>()?;
                let [_, high, low, flags] = *head;
                extent.block(start_ms.saturating_add(u64::from(u16::from_be_bytes([high, low]))), data);
                key.get_or_insert(flags & 0x80 != 0);
            }
            _ => {}
        }
        body = rest;
    }
    key.filter(|_| body.is_empty()).map(|key| (start_ms, key))
}

/// Id, body and what follows of the first element; `None` when it is not all there.
fn element(bytes: &[u8]) -> Option<(u32, &[u8], &[u8])> {
    let (id, bytes) = vint(bytes, false)?;
    let (size, bytes) = vint(bytes, true)?;
    let (body, rest) = bytes.split_at_checked(usize::try_from(size).ok()?)?;
    Some((u32::try_from(id).ok()?, body, rest))
}

fn vint(bytes: &[u8], strip: bool) -> Option<(u64, &[u8])> {
    let first = *bytes.first()?;
    let length = first.leading_zeros() as usize + 1;
    let (coded, rest) = bytes.split_at_checked(length)?;
    let value = coded.iter().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
    let marker = 1u64.checked_shl(7 * u32::try_from(length).ok()?)?;
    Some((if strip { value & !marker } else { value }, rest))
}

#[cfg(test)]
mod tests {
    use super::super::{Cluster, Cue};
    use super::*;

    fn cluster(blocks: &[(u64, bool)]) -> Vec<u8> {
        let mut cluster = Cluster::default();
        for (ms, key) in blocks {
            assert!(cluster.push(*ms, *key, &[7; 300]));
        }
        cluster.take()
    }

    #[test]
    fn what_was_written_is_read_back() {
        let first = cluster(&[(0, true), (33, false), (66, false)]);
        let second = cluster(&[(100, false)]);
        let third = cluster(&[(70_000, true)]);
        let mut scan = ClusterScan::new(Codec::Vp8);
        let (head, tail) = first.split_at(100);
        assert!(!scan.push(head));
        assert!(scan.push(tail));
        assert!(scan.push(&second));
        assert!(scan.push(&third));
        let (extent, index) = scan.finish();
        let second_key = (first.len() + second.len()) as u64;
        assert_eq!(index.cues(), [Cue { ms: 0, offset: 0 }, Cue { ms: 70_000, offset: second_key }]);
        assert_eq!(index.media_bytes(), second_key + third.len() as u64);
        assert_eq!(extent.end_ms(), 71_000, "a last picture lasts a second at most");
    }

    #[test]
    fn an_unfinished_cluster_does_not_count() {
        let whole = cluster(&[(0, true)]);
        for cut in 0..whole.len() {
            let mut scan = ClusterScan::new(Codec::Vp8);
            assert!(!scan.push(&whole[..cut]), "cut at {cut}");
            assert_eq!(scan.finish().1.media_bytes(), 0);
        }
    }

    #[test]
    fn a_block_too_far_from_its_cluster_is_refused() {
        let mut cluster = Cluster::default();
        assert!(cluster.push(1000, true, b"x"));
        assert!(cluster.push(1000 + 32_767, true, b"x"));
        assert!(!cluster.push(1000 + 32_768, true, b"x"));
        assert!(!cluster.push(999, true, b"x"));
    }
}
