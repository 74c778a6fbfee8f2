//! The inside of strings and numbers.

use super::parser::{plain_prefix, special_bytes};

/// Resolves the escapes of a string that the parser has accepted.
///
/// Eight bytes are copied at a time and those behind a backslash taken back, since in a message of a queue, which is
/// JSON in JSON, the next quote is only a few bytes away.
pub(super) fn unescape(inside: &str) -> String {
    let mut out = Vec::with_capacity(inside.len());
    let mut rest = inside.as_bytes();
    loop {
        let plain = if let Some(chunk) = rest.first_chunk::<8>() {
            let special = special_bytes(u64::from_le_bytes(*chunk));
            let plain = special.trailing_zeros() as usize / 8;
            let end = out.len() + plain;
            out.extend_from_slice(chunk);
            out.truncate(end);
            plain
        } else {
            let plain = plain_prefix(rest);
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
