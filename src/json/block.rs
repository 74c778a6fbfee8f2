//! Sixty-four bytes of text at a time: which of them matter inside of a string, a bit each.
//!
//! How the escaped bytes are found is the method of Langdale and Lemire, "Parsing Gigabytes of JSON per Second" (2019),
//! section 3.1.1.

use wide::u8x32;

/// Bytes of a block.
pub(super) const BYTES: usize = 64;

/// What the bytes of a block are, if it is inside of a string; the first byte is the lowest bit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block {
    /// Quotes that are not escaped: here a string ends.
    pub(super) quotes: u64,
    /// Backslashes that escape the byte behind them.
    pub(super) escapes: u64,
    /// Escaped bytes that are neither a quote nor a backslash, so that somebody has to look at them.
    pub(super) unusual: u64,
    /// Whatever else is not plain text: escapes, unusual bytes and control characters.
    pub(super) others: u64,
}

impl Block {
    /// Reads a block. `is_escaped` is whether the block before ended in a backslash that escapes this one's first byte,
    /// and becomes the same of this one.
    #[inline]
    pub(super) fn read(bytes: &[u8; BYTES], is_escaped: &mut bool) -> Self {
        let (backslashes, quotes) = (positions(bytes, b'\\'), positions(bytes, b'"'));
        if backslashes == 0 && !*is_escaped {
            return Self { quotes, escapes: 0, unusual: 0, others: controls(bytes) };
        }
        let escaped = escaped(backslashes, is_escaped);
        let unusual = escaped & !(backslashes | quotes);
        let others = (backslashes & !escaped) | unusual | controls(bytes);
        Self { quotes: quotes & !escaped, escapes: backslashes & !escaped, unusual, others }
    }

    /// Where a string stops or has to be looked at: a quote, a control character or an unusual escape.
    pub(super) const fn stops(&self) -> u64 {
        self.quotes | (self.others & !self.escapes)
    }
}

/// The bytes behind a backslash that is not escaped itself: those behind an odd number of backslashes.
#[inline]
fn escaped(backslashes: u64, is_escaped: &mut bool) -> u64 {
    const EVEN: u64 = u64::MAX / 3;
    let first = u64::from(*is_escaped);
    let backslashes = backslashes & !first;
    let behind = backslashes << 1 | first;
    let odd_starts = backslashes & !EVEN & !behind;
    // The carry of the sum runs to the end of each row of backslashes that starts at an odd place.
    let (row_ends, is_last_open) = odd_starts.overflowing_add(backslashes);
    *is_escaped = is_last_open;
    (EVEN ^ (row_ends << 1)) & behind
}

#[inline]
fn positions(bytes: &[u8; BYTES], byte: u8) -> u64 {
    bits(bytes, |half| half.simd_eq(u8x32::splat(byte)))
}

#[inline]
fn controls(bytes: &[u8; BYTES]) -> u64 {
    bits(bytes, |half| half.min(u8x32::splat(0x1f)).simd_eq(half))
}

#[inline]
fn bits(bytes: &[u8; BYTES], is_one: impl Fn(u8x32) -> u8x32) -> u64 {
    let (halves, _none) = bytes.as_chunks::<32>();
    let mut bits = 0;
    for half in halves.iter().rev() {
        bits = bits << 32 | u64::from(is_one(u8x32::from(*half)).to_bitmask());
    }
    bits
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bits_of(bytes: &[u8], is_one: impl Fn(usize) -> bool) -> u64 {
        (0..bytes.len()).filter(|place| is_one(*place)).map(|place| 1 << place).sum()
    }

    proptest! {
        #[test]
        fn a_block_says_of_each_byte_what_a_reader_of_one_byte_at_a_time_finds(
            text in prop::collection::vec(prop_oneof![4 => Just(b'\\'), 2 => Just(b'"'), 1 => any::<u8>()], BYTES * 2),
        ) {
            let mut escaped: Vec<bool> = Vec::new();
            for place in 0..text.len() {
                let is_escaped = place > 0 && text[place - 1] == b'\\' && !escaped[place - 1];
                escaped.push(is_escaped);
            }
            let mut is_escaped = false;
            for (block, escaped) in text.chunks(BYTES).zip(escaped.chunks(BYTES)) {
                let read = Block::read(block.try_into().unwrap(), &mut is_escaped);
                let unusual = |place: usize| escaped[place] && !matches!(block[place], b'"' | b'\\');
                prop_assert_eq!(read.escapes, bits_of(block, |place| block[place] == b'\\' && !escaped[place]));
                prop_assert_eq!(read.unusual, bits_of(block, unusual));
                let stops = |place: usize| {
                    unusual(place) || block[place] < 0x20 || (block[place] == b'"' && !escaped[place])
                };
                prop_assert_eq!(read.stops(), bits_of(block, stops));
                prop_assert_eq!(read.quotes, bits_of(block, |place| block[place] == b'"' && !escaped[place]));
                prop_assert_eq!(read.quotes & read.others, 0);
            }
        }
    }
}
