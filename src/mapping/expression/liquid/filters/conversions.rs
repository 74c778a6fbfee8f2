//! Liquid's values as texts and numbers, and back, as in JavaScript.

use liquid_core::model::{Value, ValueView};

use super::super::super::javascript;
use crate::mapping::number;

/// The library's name of a text's type.
const TEXT: &str = "string";

/// The library's name of the type of a number with a fraction.
const FLOAT: &str = "fractional number";

/// The name of the type of what the event does not have.
pub(in super::super) const MISSING: &str = "missing";

/// The text of a value: nothing is empty, the items of an array follow each other.
pub(in super::super) fn text_of(value: &dyn ValueView) -> String {
    if value.is_nil() {
        return String::new();
    }
    if let Some(array) = value.as_array() {
        return array.values().map(text_of).collect();
    }
    match value.as_scalar() {
        Some(scalar) if scalar.type_name() == FLOAT => scalar.to_float().map(number::javascript).unwrap_or_default(),
        Some(scalar) => scalar.to_kstr().into_owned().into_string(),
        None if value.is_object() => "[object Object]".to_owned(),
        None => String::new(),
    }
}

/// The number of a value; 0 for what is none.
pub(super) fn number_of(value: &dyn ValueView) -> f64 {
    let number = converted(value);
    if number.is_nan() { 0.0 } else { number }
}

/// What `Number(value)` gives: null is 0, what is missing is no number, an array is the number of its text.
pub(super) fn converted(value: &dyn ValueView) -> f64 {
    if value.is_nil() {
        return if is_missing(value) { f64::NAN } else { 0.0 };
    }
    if value.is_array() {
        return parsed(&javascript_text(value)).unwrap_or(f64::NAN);
    }
    let Some(scalar) = value.as_scalar() else { return f64::NAN };
    if let Some(boolean) = scalar.to_bool() {
        return f64::from(boolean);
    }
    match scalar.to_float() {
        Some(float) if scalar.type_name() != TEXT => float,
        Some(_) | None => parsed(&scalar.to_kstr()).unwrap_or(f64::NAN),
    }
}

/// The number that a text is; an empty one is 0.
pub(in super::super) fn parsed(text: &str) -> Option<f64> {
    let text = javascript::trim(text);
    match text {
        "" => return Some(0.0),
        "Infinity" | "+Infinity" => return Some(f64::INFINITY),
        "-Infinity" => return Some(f64::NEG_INFINITY),
        _ => {}
    }
    if let Some((radix, digits)) = radix(text) {
        let digits = digits.chars().map(|digit| digit.to_digit(radix)).collect::<Option<Vec<_>>>()?;
        let number = |digits: Vec<u32>| {
            digits.into_iter().fold(0.0, |number, digit| number * f64::from(radix) + f64::from(digit))
        };
        return (!digits.is_empty()).then(|| number(digits));
    }
    let is_word = text.contains(|char: char| char.is_ascii_alphabetic() && !matches!(char, 'e' | 'E'));
    if is_word { None } else { text.parse().ok() }
}

/// The base of a number like `0x1f`, and its digits.
fn radix(text: &str) -> Option<(u32, &str)> {
    let mut chars = text.strip_prefix('0')?.chars();
    let radix = match chars.next()? {
        'x' | 'X' => 16,
        'o' | 'O' => 8,
        'b' | 'B' => 2,
        _ => return None,
    };
    Some((radix, chars.as_str()))
}

/// Whether JavaScript takes a value for false: nothing, `false`, 0, what is no number, and the empty text.
pub(super) fn is_falsy(value: &dyn ValueView) -> bool {
    match value.as_scalar().filter(|_| !value.is_nil()) {
        Some(scalar) if scalar.type_name() == TEXT => scalar.to_kstr().is_empty(),
        Some(_) => number_of(value) == 0.0,
        None => value.is_nil(),
    }
}

/// Whether a value is missing, and not null.
pub(in super::super) fn is_missing(value: &dyn ValueView) -> bool {
    value.type_name() == MISSING
}

/// What `String(value)` gives.
pub(in super::super) fn javascript_text(value: &dyn ValueView) -> String {
    if value.is_nil() {
        return if is_missing(value) { "undefined" } else { "null" }.to_owned();
    }
    let Some(array) = value.as_array() else { return text_of(value) };
    let texts = array.values().map(|item| if item.is_nil() { String::new() } else { javascript_text(item) });
    texts.collect::<Vec<_>>().join(",")
}

/// A part of a text, counted in UTF-16 units; half a character is U+FFFD.
pub(super) fn units(text: &str, skip: usize, take: usize) -> String {
    let units: Vec<u16> = text.encode_utf16().skip(skip).take(take).collect();
    String::from_utf16_lossy(&units)
}

/// A number as Liquid's value: an integer where it is one, the text where the library prints it otherwise.
pub(super) fn value_of(number: f64) -> Value {
    /// Up to here a float is exactly its integer.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if number.is_nan() {
        return Value::scalar(number);
    }
    if number.fract() == 0.0 && number.abs() <= EXACT {
        #[expect(clippy::cast_possible_truncation, reason = "it is an integer below 2^53")]
        return Value::scalar(number as i64);
    }
    let text = number::javascript(number);
    if text.contains('e') || !number.is_finite() { Value::scalar(text) } else { Value::scalar(number) }
}

/// The length of a text, in UTF-16 units, of an array or of an object.
pub(in super::super) fn size_of(value: &dyn ValueView) -> Option<Value> {
    if value.is_nil() {
        return None;
    }
    if let Some(array) = value.as_array() {
        return Some(Value::scalar(array.size()));
    }
    if let Some(object) = value.as_object() {
        return Some(Value::scalar(object.size()));
    }
    let scalar = value.as_scalar()?;
    let length = scalar.to_kstr().encode_utf16().count();
    (scalar.type_name() == TEXT).then(|| Value::scalar(i64::try_from(length).unwrap_or(i64::MAX)))
}

/// The items of a value: nothing has none, anything but an array is its own only item.
pub(super) fn items_of(value: &dyn ValueView) -> Vec<Value> {
    match value.as_array() {
        Some(array) => array.values().map(ValueView::to_value).collect(),
        None if value.is_nil() => Vec::new(),
        None => vec![value.to_value()],
    }
}
