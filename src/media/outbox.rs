//! Datagrams for one connection, collected over a batch and sent with as few system calls as segments allow.

/// Most segments in one message: the kernel takes 64 in all versions that know segmentation offload.
const SEGMENTS: usize = 44;
/// Most bytes in one message; UDP allows 65,507.
const BYTES: usize = 60_000;
/// A buffer that grew beyond this in a burst is given back.
const KEEP: usize = 64 * 1024;

/// Datagrams one after another.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    pub(crate) bytes: Vec<u8>,
    sizes: Vec<u16>,
}

impl Outbox {
    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.sizes.is_empty()
    }

    /// Appends one datagram written by `write` to the end of the buffer; taken back when it returns `false`.
    pub(crate) fn push(&mut self, write: impl FnOnce(&mut Vec<u8>, usize) -> bool) -> bool {
        let start = self.bytes.len();
        let written = write(&mut self.bytes, start);
        match u16::try_from(self.bytes.len().saturating_sub(start)) {
            Ok(size) if written && size > 0 => {
                self.sizes.push(size);
                true
            }
            _ => {
                self.bytes.truncate(start);
                false
            }
        }
    }

    /// Calls `send` with runs of datagrams: all of one size, the last may be shorter. `segments`: most the socket takes.
    pub(crate) fn flush(&mut self, segments: usize, mut send: impl FnMut(&[u8], usize)) {
        let most = segments.clamp(1, SEGMENTS);
        let mut sizes = self.sizes.as_slice();
        let mut bytes = self.bytes.as_slice();
        while let Some((&first, rest)) = sizes.split_first() {
            let segment = usize::from(first);
            let (mut count, mut length) = (1, segment);
            for &next in rest {
                let next = usize::from(next);
                if count == most || next > segment || length + next > BYTES {
                    break;
                }
                count += 1;
                length += next;
                if next < segment {
                    break;
                }
            }
            let (Some((run, bytes_after)), Some(sizes_after)) = (bytes.split_at_checked(length), sizes.get(count..))
            else {
                break;
            };
            send(run, segment);
            (bytes, sizes) = (bytes_after, sizes_after);
        }
        self.bytes.clear();
        self.sizes.clear();
        if self.bytes.capacity() > KEEP {
            self.bytes.shrink_to(KEEP);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Cutting the runs by their segment size gives back exactly what was pushed.
        #[test]
        fn runs_are_what_was_pushed(sizes in proptest::collection::vec(1usize..5, 0..200), segments in 0usize..70) {
            let mut outbox = Outbox::default();
            let pushed: Vec<Vec<u8>> = sizes.iter().enumerate().map(|(n, size)| vec![n as u8; *size]).collect();
            for datagram in &pushed {
                outbox.push(|out, _| { out.extend_from_slice(datagram); true });
                outbox.push(|out, _| { out.extend_from_slice(b"broken"); false });
            }
            let mut sent = Vec::new();
            outbox.flush(segments, |run, segment| {
                let cut: Vec<Vec<u8>> = run.chunks(segment).map(<[u8]>::to_vec).collect();
                assert!(cut.len() <= segments.clamp(1, SEGMENTS));
                sent.extend(cut);
            });
            prop_assert_eq!(sent, pushed);
            prop_assert!(outbox.is_empty());
        }
    }
}
