//! When nothing came from a place: what its gaps in the record are held against.

use serde::Serialize;

/// A place in a call is never this long without a packet; after 3 s the server says that it is lost.
const PAUSE_MS: i64 = 2_000;

/// A stretch in which no datagram of the place went through. A busy machine that had no time for the place's browser
/// makes one too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Pause {
    /// Wall clock, ms since 1970.
    pub from_ms: i64,
    /// Likewise.
    pub to_ms: i64,
    /// The line was cut in it.
    pub cut: bool,
}

/// What is known of a place by its datagrams.
#[derive(Debug, Default)]
pub(super) struct Heard {
    at_ms: Option<i64>,
    was_cut: bool,
}

impl Heard {
    pub(super) fn cut(&mut self) {
        self.was_cut = true;
    }

    /// Something came; the pause that ends with it.
    pub(super) fn came(&mut self, now_ms: i64) -> Option<Pause> {
        let cut = std::mem::take(&mut self.was_cut);
        let from_ms = self.at_ms.replace(now_ms)?;
        (cut || now_ms - from_ms >= PAUSE_MS).then_some(Pause { from_ms, to_ms: now_ms, cut })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_are_long_or_of_a_cut() {
        let mut heard = Heard::default();
        assert_eq!(heard.came(10_000), None);
        assert_eq!(heard.came(11_999), None);
        assert_eq!(heard.came(14_000), Some(Pause { from_ms: 11_999, to_ms: 14_000, cut: false }));
        heard.cut();
        assert_eq!(heard.came(14_100), Some(Pause { from_ms: 14_000, to_ms: 14_100, cut: true }));
        assert_eq!(heard.came(14_200), None);
    }
}
