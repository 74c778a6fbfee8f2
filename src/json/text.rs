//! The inside of strings and numbers.

use super::block::{self, Block};

/// Resolves the escapes of a string that the parser has accepted.
///
/// In a message of a queue, which is JSON in JSON, an escape is never far, and nearly all of them are quotes: blocks are
/// copied as they are, and go on behind each of their backslashes. Whatever that can't do is done eight bytes at a time.
pub(super) fn unescape(inside: &str) -> String {
    let mut out = Vec::with_capacity(inside.len() + RUN);
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

/// Bytes that are copied at a time, most of them perhaps in vain.
const RUN: usize = 32;

/// Copies whole blocks without the backslashes of their escapes, up to one that is neither of a quote nor a backslash.
/// Returns what was not copied.
fn copy_blocks<'t>(bytes: &'t [u8], out: &mut Vec<u8>) -> &'t [u8] {
    let mut is_escaped = false;
    let mut start = 0;
    // What is copied of a block's last bytes reaches into what follows.
    while let Some(around) = bytes.get(start..).and_then(<[u8]>::first_chunk::<{ block::BYTES + RUN }>) {
        let Some(block) = around.first_chunk() else { break };
        let Block { escapes, unusual, .. } = Block::read(block, &mut is_escaped);
        let looked_at = unusual.trailing_zeros() as usize;
        // The backslash of an unusual escape is in front of it, of one at the very start in the block before.
        let end = if unusual == 0 { block::BYTES } else { looked_at.saturating_sub(1) };
        copy_between(escapes, end, around, out);
        if unusual != 0 {
            let backslash = (start + looked_at).saturating_sub(1);
            return bytes.get(backslash..).unwrap_or_default();
        }
        start += block::BYTES;
    }
    let open = usize::from(is_escaped);
    bytes.get(start - open..).unwrap_or_default()
}

/// Copies the first bytes of a block but for the given ones.
#[inline]
fn copy_between(mut left_out: u64, end: usize, around: &[u8; block::BYTES + RUN], out: &mut Vec<u8>) {
    let mut copied = [0; block::BYTES + RUN];
    let (mut from, mut length) = (0, 0);
    while from < end {
        let next = left_out.trailing_zeros() as usize;
        let to = next.min(end).min(from + RUN);
        let run = around.get(from..).and_then(<[u8]>::first_chunk::<RUN>);
        let place = copied.get_mut(length..).and_then(<[u8]>::first_chunk_mut);
        let (Some(run), Some(place)) = (run, place) else { break };
        *place = *run;
        length += to - from;
        from = to;
        if to == next {
            from += 1;
            left_out &= left_out.wrapping_sub(1);
        }
    }
    out.extend_from_slice(copied.get(..length).unwrap_or_default());
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
