//! SHA-256 of short texts, which identifiers are.

use sha2::block_api::compress256;
use sha2::{Digest as _, Sha256};

/// Bytes of a block, and how many of them a message of one block can have: behind it stand a bit and its length
/// (FIPS 180-4, section 5.1.1).
const BLOCK: usize = 64;
const MOST_IN_ONE: usize = BLOCK - 1 - size_of::<u64>();

/// The state before the first block (FIPS 180-4, section 5.3.3).
const START: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

/// The digest. A text that fits into one block, as nearly all do, goes around the hasher's buffer.
pub(super) fn digest(text: &[u8]) -> [u8; 32] {
    if text.len() > MOST_IN_ONE {
        return Sha256::digest(text).into();
    }
    let mut block = [0; BLOCK];
    let (front, behind) = block.split_at_mut(text.len());
    front.copy_from_slice(text);
    behind.iter_mut().take(1).for_each(|byte| *byte = 0x80);
    if let Some(length) = block.last_chunk_mut() {
        *length = (text.len() as u64 * 8).to_be_bytes();
    }
    let mut state = START;
    compress256(&mut state, &[block]);
    let mut digest = [0; 32];
    for (bytes, word) in digest.as_chunks_mut().0.iter_mut().zip(state) {
        *bytes = word.to_be_bytes();
    }
    digest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_around_a_block_has_the_digest_that_the_hasher_gives() {
        let text: Vec<u8> = (0..200).collect();
        for length in 0..=text.len() {
            let text = &text[..length];
            assert_eq!(digest(text), <[u8; 32]>::from(Sha256::digest(text)), "{length} bytes");
        }
    }
}
