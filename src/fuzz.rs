//! Every parser of ours that strangers reach, as a function of bytes: for the fuzzer in `fuzz/` and for the test below,
//! which walks the committed corpus and its neighbours. Compiled for these two alone.

#![expect(clippy::expect_used, reason = "a target fails by a panic")]

use crate::http::first::{Tells, tell};
use crate::media::{fuzz as media, record::fuzz as record};
use crate::ws::codec;

/// One target: its name (the folder of its corpus) and what it holds.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const TARGETS: &[Target] = &[
    ("datagram", media::datagram),
    ("rtp", media::rtp),
    ("vp8", media::vp8),
    ("h264", media::h264),
    ("red", media::red),
    ("sounds", media::sounds),
    ("rtcp", media::rtcp),
    ("arrivals", media::arrivals),
    ("feedback", media::feedback),
    ("srtp", media::srtp),
    ("offer", media::offer),
    ("stream", stream),
    ("pictures", record::pictures),
    ("units", record::units),
    ("clusters", record::clusters),
    ("sealed", record::sealed),
    ("frame", frame),
];

/// Runs one target by its name.
pub fn run(name: &str, bytes: &[u8]) {
    let found = TARGETS.iter().find(|(target, _)| *target == name);
    found.expect("a target of this name").1(bytes);
}

/// A connection to the one port: what it is told by ten bytes, and then its datagrams or messages.
pub fn stream(bytes: &[u8]) {
    let told = tell(bytes);
    let begun: Vec<Tells> = (0..bytes.len().min(10)).filter_map(|length| bytes.get(..length).map(tell)).collect();
    assert!(begun.iter().all(|before| *before == Tells::More || *before == told), "{begun:?} became {told:?}");
    assert!(told != Tells::More || bytes.len() < 10);
    media::framed(bytes);
    media::relay(bytes);
}

/// A text frame of a socket: what is understood means the same when it is written and read again.
pub fn frame(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match codec::read(text) {
        Ok(frame) => {
            let written = serde_json::to_string(&frame).expect("a frame can be written");
            assert_eq!(codec::read(&written).ok().as_ref(), Some(&frame), "{written}");
        }
        Err(unreadable) => assert!(!unreadable.refusal.code.is_empty()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::path::{Path, PathBuf};

    use super::*;

    /// Neighbours tried of each file.
    const NEIGHBOURS: u32 = 40;

    fn folder(kind: &str, target: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(kind).join(target)
    }

    fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
        let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
        let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files.into_iter().map(|path| (path.clone(), fs::read(path).unwrap())).collect()
    }

    /// The same numbers on every machine (xorshift).
    struct Chance(u64);

    impl Chance {
        fn below(&mut self, bound: usize) -> usize {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            (self.0 % bound.max(1) as u64) as usize
        }

        /// A bit turned, a byte replaced, a piece cut out, doubled or taken from another file.
        fn neighbour(&mut self, bytes: &[u8], other: &[u8]) -> Vec<u8> {
            let mut changed = bytes.to_vec();
            for _ in 0..=self.below(3) {
                let at = self.below(changed.len());
                let end = (at + 1 + self.below(16)).min(changed.len());
                match self.below(5) {
                    0 if !changed.is_empty() => changed[at] ^= 1 << self.below(8),
                    1 if !changed.is_empty() => {
                        changed[at] = [0, 0x7f, 0x80, 0xff, self.below(256) as u8][self.below(5)]
                    }
                    2 => drop(changed.drain(at..end)),
                    3 => {
                        let piece = changed[at..end].to_vec();
                        changed.splice(at..at, piece);
                    }
                    _ => {
                        let from = self.below(other.len());
                        let piece = &other[from..(from + 1 + self.below(32)).min(other.len())];
                        changed.splice(at..at, piece.iter().copied());
                    }
                }
            }
            changed
        }
    }

    #[test]
    fn the_corpus_and_its_neighbours_hold() {
        for (target, run) in TARGETS {
            let corpus = [files(&folder("corpus", target)), files(&folder("crashes", target))].concat();
            assert!(!corpus.is_empty(), "fuzz/corpus/{target} is empty");
            let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
            for (path, bytes) in &corpus {
                let other = &corpus[chance.below(corpus.len())].1;
                let neighbours = (0..NEIGHBOURS).map(|_| chance.neighbour(bytes, other)).collect::<Vec<_>>();
                for tried in std::iter::once(bytes).chain(&neighbours) {
                    let held = catch_unwind(AssertUnwindSafe(|| run(tried)));
                    assert!(held.is_ok(), "{target}: {} or a neighbour of it: {tried:02x?}", path.display());
                }
            }
        }
    }

    #[test]
    fn every_target_is_there_for_the_fuzzer_too() {
        let manifest = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/Cargo.toml")).unwrap();
        for (target, _) in TARGETS {
            assert!(manifest.contains(&format!("name = \"{target}\"")), "fuzz/Cargo.toml has no `{target}`");
            let text = fs::read_to_string(folder("fuzz_targets", &format!("{target}.rs"))).unwrap();
            assert!(text.contains(&format!("\"{target}\"")), "{target}");
        }
    }
}
