//! Liquid's values as texts and numbers, and back, as in JavaScript.

use liquid_core::model::{Value, ValueView};

use super::super::super::javascript;
use crate::mapping::number;

/// The library's name of a text's type.
const TEXT: &str = "string";

/// The library's name of the type of a number with a fraction.
const FLOAT: &str = "fractional number";

/// The text of a value: nothing is empty, the items of an array follow each other.
pub(in super::super) fn text_of(value: &dyn ValueView) -> String {
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
    if let Some(array) = value.as_array() {
        // JavaScript goes by the array's text, and that of a boolean is no number.
        let only = array.first().filter(|_| array.size() == 1);
        return only.and_then(|item| parsed(&text_of(item))).unwrap_or(0.0);
    }
    let Some(scalar) = value.as_scalar() else { return 0.0 };
    if let Some(boolean) = scalar.to_bool() {
        return if boolean { 1.0 } else { 0.0 };
    }
    let number = match scalar.to_float() {
        Some(float) if scalar.type_name() != TEXT => float,
        Some(_) | None => parsed(&scalar.to_kstr()).unwrap_or(0.0),
    };
    if number.is_nan() { 0.0 } else { number }
}

/// The number that a text is; an empty one is 0.
pub(in super::super) fn parsed(text: &str) -> Option<f64> {
    let text = text.trim();
    match text {
        "" => Some(0.0),
        "Infinity" | "+Infinity" => Some(f64::INFINITY),
        "-Infinity" => Some(f64::NEG_INFINITY),
        _ if text.contains(|char: char| char.is_ascii_alphabetic() && !matches!(char, 'e' | 'E')) => None,
        _ => text.parse().ok(),
    }
}

/// A number as Liquid's value: an integer where it is one, the text where the library prints it otherwise.
pub(super) fn value_of(number: f64) -> Value {
    /// Up to here a float is exactly its integer.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if number.is_nan() {
        return Value::scalar("NaN");
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

/// Appends a value as JSON.
pub(super) fn write_json(value: &dyn ValueView, out: &mut String) {
    if value.is_nil() {
        out.push_str("null");
    } else if let Some(array) = value.as_array() {
        out.push('[');
        for (number, item) in array.values().enumerate() {
            out.push_str(if number > 0 { "," } else { "" });
            write_json(item, out);
        }
        out.push(']');
    } else if let Some(object) = value.as_object() {
        out.push('{');
        for (number, (key, member)) in object.iter().enumerate() {
            out.push_str(if number > 0 { "," } else { "" });
            javascript::write_json_text(&key, out);
            out.push(':');
            write_json(member, out);
        }
        out.push('}');
    } else {
        match value.as_scalar() {
            Some(scalar) if scalar.type_name() == TEXT => javascript::write_json_text(&scalar.to_kstr(), out),
            Some(_) | None => out.push_str(&text_of(value)),
        }
    }
}
