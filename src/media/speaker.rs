//! How loud each open microphone is (RFC 6464): told to the room, which marks who speaks.

/// The loudest level since it was last asked for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct LevelMeter {
    loudest: Option<u8>,
}

impl LevelMeter {
    /// `value` of the header extension: voice flag and 7 bits of level below overload, so smaller is louder.
    pub(crate) fn heard(&mut self, value: &[u8]) {
        if let Some(first) = value.first() {
            let level = first & 0x7f;
            self.loudest = Some(self.loudest.map_or(level, |loudest| loudest.min(level)));
        }
    }

    /// Level since the last call, 0 (loud) to 127 (silence).
    pub(crate) fn take(&mut self) -> Option<u8> {
        self.loudest.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loudest_counts_and_only_once() {
        let mut meter = LevelMeter::default();
        meter.heard(&[0x80 | 40]);
        meter.heard(&[25]);
        meter.heard(&[90]);
        meter.heard(&[]);
        assert_eq!(meter.take(), Some(25));
        assert_eq!(meter.take(), None);
    }
}
