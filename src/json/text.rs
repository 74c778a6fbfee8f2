//! The inside of strings and numbers.

use wide::u8x16;

use super::block::{self, Block};

/// Resolves the escapes of a string that the parser has accepted.
///
/// In a message of a queue, which is JSON in JSON, an escape is never far, and nearly all of them are quotes: of a block
/// the bytes that stay are moved together. Whatever that can't do is copied up to the next backslash, at most eight bytes
/// at a time.
pub(super) fn unescape(inside: &str) -> String {
    let mut out = Vec::with_capacity(inside.len() + block::BYTES);
    let mut rest = inside.as_bytes();
    loop {
        rest = copy_blocks(rest, &mut out);
        let plain = if let Some(chunk) = rest.first_chunk::<8>() {
            let plain = before_backslash(*chunk);
            let end = out.len() + plain;
            out.extend_from_slice(chunk);
            out.truncate(end);
            plain
        } else {
            let plain = rest.iter().take_while(|&&byte| byte != b'\\').count();
            out.extend(rest.iter().take(plain));
            plain
        };
        rest = match rest.get(plain..) {
            Some([b'\\', after @ ..]) => escape(after, &mut out),
            Some(more) if plain > 0 => more,
            Some(_) | None => break,
        };
    }
    String::from_utf8(out).unwrap_or_default()
}

/// How many of the bytes are in front of the first backslash.
#[inline]
fn before_backslash(bytes: [u8; 8]) -> usize {
    const ONES: u64 = u64::MAX / 255;
    let others = u64::from_le_bytes(bytes) ^ (ONES * u64::from(b'\\'));
    // The highest bit of the first byte that is zero; of those behind it perhaps.
    let zeros = others.wrapping_sub(ONES) & !others & (ONES * 0x80);
    zeros.trailing_zeros() as usize / 8
}

/// Copies whole blocks without the backslashes of their escapes, up to one that is neither of a quote nor a backslash.
/// Returns what was not copied.
fn copy_blocks<'t>(bytes: &'t [u8], out: &mut Vec<u8>) -> &'t [u8] {
    let mut is_escaped = false;
    let mut start = 0;
    while let Some(chunk) = bytes.get(start..).and_then(<[u8]>::first_chunk) {
        let Block { escapes, unusual, .. } = Block::read(chunk, &mut is_escaped);
        if unusual == 0 {
            copy_others(chunk, escapes, out);
            start += block::BYTES;
            continue;
        }
        // The backslash of an unusual escape is in front of it, of one at the very start in the block before.
        let looked_at = unusual.trailing_zeros();
        copy_others(chunk, escapes | u64::MAX << looked_at.saturating_sub(1), out);
        let backslash = (start + looked_at as usize).saturating_sub(1);
        return bytes.get(backslash..).unwrap_or_default();
    }
    let open = usize::from(is_escaped);
    bytes.get(start - open..).unwrap_or_default()
}

/// Copies a block but for the given bytes: of eight at a time, those that stay are moved to the front by a table, which
/// is the method of Lemire's library `simdprune`.
#[inline]
fn copy_others(block: &[u8; block::BYTES], left_out: u64, out: &mut Vec<u8>) {
    if left_out == 0 {
        return out.extend_from_slice(block);
    }
    let mut length = out.len();
    out.resize(length + block::BYTES, 0);
    for (eight, left_out) in block.as_chunks().0.iter().zip(left_out.to_le_bytes()) {
        let Some(place) = out.get_mut(length..).and_then(<[u8]>::first_chunk_mut) else { break };
        *place = shuffled(*eight, KEPT.get(usize::from(left_out)).copied().unwrap_or_default());
        length += 8 - left_out.count_ones() as usize;
    }
    out.truncate(length);
}

/// The bytes at these places.
#[inline]
fn shuffled(bytes: [u8; 8], places: u64) -> [u8; 8] {
    let low = |half: u64| u8x16::from(u128::from(half).to_le_bytes());
    let shuffled = low(u64::from_le_bytes(bytes)).shuffle(low(places)).to_array();
    shuffled.as_chunks().0.first().copied().unwrap_or_default()
}

/// For each choice of bytes that are left out, a bit each, the places of the others, a byte each.
static KEPT: [u64; 256] = {
    let mut all = [0; 256];
    let mut left_out = 0;
    #[expect(clippy::indexing_slicing, reason = "at compile time, when nothing else can be called")]
    while left_out < all.len() {
        all[left_out] = kept(left_out);
        left_out += 1;
    }
    all
};

const fn kept(left_out: usize) -> u64 {
    let (mut places, mut length, mut place) = (0, 0, 0);
    while place < 8 {
        if left_out >> place & 1 == 0 {
            places |= place << length;
            length += 8;
        }
        place += 1;
    }
    places
}

/// Resolves one escape behind its backslash and returns what follows it.
#[inline]
fn escape<'t>(after: &'t [u8], out: &mut Vec<u8>) -> &'t [u8] {
    let Some((escaped, rest)) = after.split_first() else { return after };
    out.push(match escaped {
        b'b' => 0x08,
        b'f' => 0x0c,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'u' => return unicode_escape(rest, out),
        other => *other,
    });
    rest
}

fn unicode_escape<'t>(after: &'t [u8], out: &mut Vec<u8>) -> &'t [u8] {
    let Some((first, rest)) = hex4(after) else {
        push(out, char::REPLACEMENT_CHARACTER);
        return after;
    };
    if let Some((second, rest)) = rest.strip_prefix(b"\\u").and_then(hex4)
        && let Some(Ok(paired)) = char::decode_utf16([first, second]).next()
        && paired.len_utf16() == 2
    {
        push(out, paired);
        return rest;
    }
    push(out, char::from_u32(u32::from(first)).unwrap_or(char::REPLACEMENT_CHARACTER));
    rest
}

fn push(out: &mut Vec<u8>, character: char) {
    out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
}

fn hex4(text: &[u8]) -> Option<(u16, &[u8])> {
    let (digits, rest) = text.split_at_checked(4)?;
    Some((u16::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()?, rest))
}

/// A number of the text as an owned value.
pub(super) fn number(text: &str) -> serde_json::Value {
    if let Ok(integer) = text.parse::<i64>() {
        return integer.into();
    }
    if let Ok(integer) = text.parse::<u64>() {
        return integer.into();
    }
    text.parse::<f64>().ok().and_then(serde_json::Number::from_f64).into()
}
