//! Values as JavaScript converts them.

use std::borrow::Cow;
use std::fmt::Write;

use super::super::number;
use super::super::resolved::Resolved;
use super::{ResolveError, Scope};
use crate::json::Kind;

/// Appends a value as `String(value)` gives it; nothing for a missing value and null.
pub(super) fn write(value: &Resolved<'_>, out: &mut String, scope: &Scope<'_, '_>) -> Result<(), ResolveError> {
    let before = out.len();
    match value.kind() {
        None | Some(Kind::Null) => {}
        Some(Kind::Bool) => out.push_str(if value.boolean() == Some(true) { "true" } else { "false" }),
        Some(Kind::Number) => out.push_str(&number::text(value.number().unwrap_or_default())),
        Some(Kind::String) => out.push_str(&value.text().unwrap_or_default()),
        Some(Kind::Object) => out.push_str("[object Object]"),
        Some(Kind::Array) => {
            for (number, item) in value.items().unwrap_or_default().iter().enumerate() {
                if number > 0 {
                    out.push(',');
                }
                write(item, out, scope)?;
            }
            return Ok(());
        }
    }
    scope.spend(out.len() - before)
}

/// Whether `value == ''`: the empty text, false, 0, and an array that prints nothing.
pub(super) fn equals_empty(value: &Resolved<'_>) -> bool {
    match value.kind() {
        Some(Kind::Bool) => value.boolean() == Some(false),
        Some(Kind::Number) => value.number().is_some_and(|number| number.parse() == Ok(0.0)),
        Some(Kind::String) => value.text().is_some_and(|text| text.is_empty()),
        Some(Kind::Array) => prints_nothing(value),
        None | Some(Kind::Null | Kind::Object) => false,
    }
}

fn prints_nothing(value: &Resolved<'_>) -> bool {
    match value.kind() {
        None | Some(Kind::Null) => true,
        Some(Kind::String) => value.text().is_some_and(|text| text.is_empty()),
        Some(Kind::Array) => {
            let items = value.items().unwrap_or_default();
            items.len() <= 1 && items.iter().all(|item| prints_nothing(item))
        }
        Some(Kind::Bool | Kind::Number | Kind::Object) => false,
    }
}

/// Drops white space at both ends, as `trim()` does.
pub(super) fn trim(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// White space as `\s` and `trim()` know it.
pub(super) fn is_space(char: char) -> bool {
    char == '\u{feff}' || (char.is_whitespace() && char != '\u{85}')
}

/// Number of UTF-16 units: the length of a JavaScript string.
pub(super) fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

/// Appends a value as `JSON.stringify` does; false when it is missing and nothing was written.
pub(super) fn write_json(value: &Resolved<'_>, out: &mut String, scope: &Scope<'_, '_>) -> Result<bool, ResolveError> {
    let before = out.len();
    match value.kind() {
        None => return Ok(false),
        Some(Kind::Null) => out.push_str("null"),
        Some(Kind::Bool) => out.push_str(if value.boolean() == Some(true) { "true" } else { "false" }),
        Some(Kind::Number) => out.push_str(&json_number(value.number().unwrap_or_default())),
        Some(Kind::String) => write_json_text(&value.text().unwrap_or_default(), out),
        Some(Kind::Array) => return write_json_items(value, out, scope),
        Some(Kind::Object) => return write_json_members(value, out, scope),
    }
    scope.spend(out.len() - before)?;
    Ok(true)
}

/// A number in JSON, which knows none beyond the range of a float: `JSON.stringify` gives null for those.
fn json_number(written: &str) -> Cow<'_, str> {
    let text = number::text(written);
    if text.ends_with("Infinity") { Cow::Borrowed("null") } else { text }
}

fn write_json_items(value: &Resolved<'_>, out: &mut String, scope: &Scope<'_, '_>) -> Result<bool, ResolveError> {
    scope.spend(2)?;
    out.push('[');
    for (number, item) in value.items().unwrap_or_default().iter().enumerate() {
        if number > 0 {
            out.push(',');
        }
        if !write_json(item, out, scope)? {
            out.push_str("null");
        }
    }
    out.push(']');
    Ok(true)
}

fn write_json_members(value: &Resolved<'_>, out: &mut String, scope: &Scope<'_, '_>) -> Result<bool, ResolveError> {
    scope.spend(2)?;
    out.push('{');
    let mut separator = "";
    for (key, member) in value.members().unwrap_or_default() {
        if member.kind().is_none() {
            continue;
        }
        scope.spend(key.len() + 4)?;
        out.push_str(separator);
        write_json_text(&key, out);
        out.push(':');
        write_json(&member, out, scope)?;
        separator = ",";
    }
    out.push('}');
    Ok(true)
}

/// Appends a text in quotes.
pub(super) fn write_json_text(text: &str, out: &mut String) {
    out.push('"');
    for char in text.chars() {
        match char {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            control if control < ' ' => {
                // Writing to a String cannot fail.
                let _written = write!(out, "\\u{:04x}", u32::from(control));
            }
            other => out.push(other),
        }
    }
    out.push('"');
}
