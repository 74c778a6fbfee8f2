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

    /// Where the string that starts here ends, if it does so in the block and nothing but plain text is on the way.
    #[inline]
    pub(super) const fn plain_end(&self, at: usize) -> Option<usize> {
        let inside = at.wrapping_sub(self.start);
        if inside >= block::BYTES {
            return None;
        }
        let quote = (self.block.quotes >> inside).trailing_zeros();
        if quote < (self.block.others >> inside).trailing_zeros() { Some(at + quote as usize) } else { None }
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

    /// Steps over the blocks that are plain text from here, inside of a string, to their end; to a place in the last block
    /// that was read. Never called for a place before the last one.
    pub(super) fn skip_plain(&mut self, mut at: usize) -> usize {
        loop {
            while at >= self.start + block::BYTES {
                self.start += block::BYTES;
                self.block = Block::read(&block_at(self.bytes, self.start), &mut self.is_escaped);
            }
            if (self.block.quotes | self.block.others) >> (at - self.start) != 0 {
                return at;
            }
            at = self.start + block::BYTES;
        }
    }

    /// Looks ahead from inside of a string; never called for a place before the last one.
    pub(super) fn stop(&mut self, mut at: usize) -> Stop {
        let mut has_escapes = false;
        loop {
            at = self.skip_plain(at);
            let stops = self.block.stops() >> (at - self.start);
            if stops != 0 {
                let stop = self.stop_inside(at, stops);
                return Stop { has_escapes: has_escapes || stop.has_escapes, ..stop };
            }
            // What is left of the block are escapes that need no look.
            has_escapes = true;
            at = self.start + block::BYTES;
        }
    }
}

/// A block of the text. Behind the text's end there are control characters, at which every string stops.
#[inline]
fn block_at(bytes: &[u8], start: usize) -> [u8; block::BYTES] {
    let rest = bytes.get(start..).unwrap_or_default();
    rest.first_chunk().copied().unwrap_or_else(|| {
        let mut last = [0; block::BYTES];
        last.iter_mut().zip(rest).for_each(|(byte, given)| *byte = *given);
        last
    })
}
