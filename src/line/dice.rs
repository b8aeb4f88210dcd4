//! Chance that can be had again.

/// Random numbers by a seed alone (SplitMix64), so that a run can be repeated.
#[derive(Clone, Debug)]
pub struct Dice(pub u64);

impl Dice {
    /// 64 random bits.
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`; 0 when that is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.roll().checked_rem(bound).unwrap_or(0)
    }

    /// True `of` times `among`, in the long run.
    pub fn chance(&mut self, of: u32, among: u32) -> bool {
        of > 0 && self.below(u64::from(among)) < u64::from(of)
    }
}
