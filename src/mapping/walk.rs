//! Steps from a JSON value to its members as JavaScript takes them.
//!
//! Both of Segment's languages walk a path with `value && value[key]`: a value that is falsy in JavaScript (null,
//! false, 0, the empty string) is the result of every path through it, strings and arrays have a `length`, and a
//! string has characters. Members that JavaScript's objects inherit (`constructor`) do not exist here.

use crate::json::{Kind, Value};

/// What a path leads to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Found<'e> {
    /// Nothing.
    Missing,
    /// A value of the event.
    Value(Value<'e>),
    /// The length of a string or an array.
    Length(usize),
    /// One UTF-16 unit of a string; of half a character U+FFFD.
    Unit(char),
}

/// Where one step leads.
pub(super) fn step<'e>(from: Found<'e>, key: &str) -> Found<'e> {
    match from {
        Found::Value(value) => member(value, key),
        Found::Length(0) => from,
        Found::Missing | Found::Length(_) => Found::Missing,
        Found::Unit(unit) => text_member(unit.encode_utf8(&mut [0; 4]), key),
    }
}

/// Where a path of keys leads.
pub(super) fn walk<'e>(from: Found<'e>, keys: &[Box<str>]) -> Found<'e> {
    keys.iter().fold(from, |from, key| step(from, key))
}

fn member<'e>(value: Value<'e>, key: &str) -> Found<'e> {
    match value.kind() {
        Kind::Object => value.get(key).map_or(Found::Missing, Found::Value),
        Kind::Array if key == "length" => Found::Length(value.len()),
        Kind::Array => index(key).and_then(|index| value.item(index)).map_or(Found::Missing, Found::Value),
        Kind::Null => Found::Value(value),
        Kind::Bool if value.as_bool() == Some(false) => Found::Value(value),
        Kind::Number if value.as_f64() == Some(0.0) => Found::Value(value),
        Kind::Bool | Kind::Number => Found::Missing,
        Kind::String if value.is_str("") => Found::Value(value),
        Kind::String => value.as_str().map_or(Found::Missing, |text| text_member(&text, key)),
    }
}

/// The length or a character of a text that is not empty.
pub(super) fn text_member<'e>(text: &str, key: &str) -> Found<'e> {
    if key == "length" {
        return Found::Length(text.encode_utf16().count());
    }
    let unit = index(key).and_then(|index| text.encode_utf16().nth(index));
    unit.map_or(Found::Missing, |unit| Found::Unit(character(unit)))
}

/// The character of a UTF-16 unit.
pub(super) fn character(unit: u16) -> char {
    char::from_u32(u32::from(unit)).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// A key that is an array index as JavaScript writes one: digits without a leading zero.
pub(super) fn index(key: &str) -> Option<usize> {
    let canonical = key == "0" || !key.starts_with(['0', '+']);
    key.parse().ok().filter(|_| canonical)
}
