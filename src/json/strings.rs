//! Where the strings of a text stop.

use super::block::{self, Block};

/// Finds where strings stop, a block at a time and each block once.
pub(super) struct Strings<'t> {
    bytes: &'t [u8],
    /// Where the block starts.
    start: usize,
    block: Block,
    /// Whether the block behind it starts with an escaped byte.
    is_escaped: bool,
}

/// Where a string stops.
pub(super) struct Stop {
    /// A quote that is not escaped, a control character, an escape that has to be looked at, or the end of the text.
    pub(super) at: usize,
    /// Whether there are escapes on the way.
    pub(super) has_escapes: bool,
    /// Whether it stops at an escaped byte that is neither a quote nor a backslash.
    pub(super) is_unusual: bool,
}

impl<'t> Strings<'t> {
    /// At the start of a text.
    pub(super) fn new(bytes: &'t [u8]) -> Self {
        let mut is_escaped = false;
        let block = Block::read(&block_at(bytes, 0), &mut is_escaped);
        Self { bytes, start: 0, block, is_escaped }
    }

    /// Looks ahead from inside of a string; never called for a place before the last one.
    #[inline]
    pub(super) fn stop(&mut self, at: usize) -> Stop {
        if let Some(inside) = at.checked_sub(self.start).filter(|inside| *inside < block::BYTES) {
            let stops = self.block.stops >> inside;
            if stops != 0 {
                return self.stop_inside(at, stops);
            }
        }
        self.stop_further(at)
    }

    /// The next stop, which is in the block.
    #[inline]
    fn stop_inside(&self, at: usize, stops: u64) -> Stop {
        let ahead = stops.trailing_zeros();
        if self.block.escapes == 0 && self.block.unusual == 0 {
            return Stop { at: at + ahead as usize, has_escapes: false, is_unusual: false };
        }
        let [escapes, unusual] = [self.block.escapes, self.block.unusual].map(|bits| bits >> (at - self.start));
        Stop {
            at: at + ahead as usize,
            has_escapes: escapes & ((1 << ahead) - 1) != 0,
            is_unusual: unusual >> ahead & 1 == 1,
        }
    }

    /// The next stop, which is in none of the blocks so far.
    #[inline(never)]
    fn stop_further(&mut self, mut at: usize) -> Stop {
        let mut has_escapes = false;
        loop {
            while at >= self.start + block::BYTES {
                self.start += block::BYTES;
                self.block = Block::read(&block_at(self.bytes, self.start), &mut self.is_escaped);
            }
            let inside = at - self.start;
            let stops = self.block.stops >> inside;
            if stops != 0 {
                let stop = self.stop_inside(at, stops);
                return Stop { has_escapes: has_escapes || stop.has_escapes, ..stop };
            }
            has_escapes |= self.block.escapes >> inside != 0;
            at = self.start + block::BYTES;
            if at >= self.bytes.len() {
                return Stop { at: self.bytes.len(), has_escapes, is_unusual: false };
            }
        }
    }
}

/// A block of the text. Behind the text's end there are control characters, at which a string stops.
#[inline]
fn block_at(bytes: &[u8], start: usize) -> [u8; block::BYTES] {
    let rest = bytes.get(start..).unwrap_or_default();
    rest.first_chunk().copied().unwrap_or_else(|| {
        let mut last = [0; block::BYTES];
        last.iter_mut().zip(rest).for_each(|(byte, given)| *byte = *given);
        last
    })
}
