//! The inside of strings and numbers.

use super::parser::plain_prefix;

/// Resolves the escapes of a string that the parser has accepted.
pub(super) fn unescape(inside: &str) -> String {
    let mut out = String::with_capacity(inside.len());
    let mut rest = inside;
    while let Some((plain, escaped)) = rest.split_at_checked(plain_prefix(rest.as_bytes())) {
        out.push_str(plain);
        let Some(after) = escaped.strip_prefix('\\') else { break };
        rest = escape(after, &mut out);
    }
    out
}

/// Resolves one escape behind its backslash and returns what follows it.
fn escape<'t>(after: &'t str, out: &mut String) -> &'t str {
    let mut chars = after.chars();
    let resolved = match chars.next() {
        Some('b') => '\u{8}',
        Some('f') => '\u{c}',
        Some('n') => '\n',
        Some('r') => '\r',
        Some('t') => '\t',
        Some('u') => return unicode_escape(chars.as_str(), out),
        Some(other) => other,
        None => char::REPLACEMENT_CHARACTER,
    };
    out.push(resolved);
    chars.as_str()
}

fn unicode_escape<'t>(after: &'t str, out: &mut String) -> &'t str {
    let Some((first, rest)) = hex4(after) else {
        out.push(char::REPLACEMENT_CHARACTER);
        return after;
    };
    if let Some((second, rest)) = rest.strip_prefix("\\u").and_then(hex4)
        && let Some(Ok(paired)) = char::decode_utf16([first, second]).next()
        && paired.len_utf16() == 2
    {
        out.push(paired);
        return rest;
    }
    out.push(char::from_u32(u32::from(first)).unwrap_or(char::REPLACEMENT_CHARACTER));
    rest
}

fn hex4(text: &str) -> Option<(u16, &str)> {
    let (digits, rest) = text.split_at_checked(4)?;
    Some((u16::from_str_radix(digits, 16).ok()?, rest))
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
