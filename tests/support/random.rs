//! Chances that are the same on every machine.

/// `SplitMix64`: small, and good enough to choose faults and moments.
#[derive(Debug)]
pub struct Random(u64);

impl Random {
    /// Draws that depend on nothing but the seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A fraction of at least 0 and below 1.
    pub fn below_one(&mut self) -> f64 {
        // The upper 32 bits are a fraction that a double holds exactly.
        f64::from(self.upper_bits()) / 2_f64.powi(32)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: u32) -> u32 {
        // The product of a 32-bit number and a fraction below one fits.
        u32::try_from((u64::from(self.upper_bits()) * u64::from(end)) >> 32).unwrap_or_default()
    }

    fn upper_bits(&mut self) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        u32::try_from(mixed >> 32).unwrap_or_default()
    }
}
