//! Filters on arrays, and those that take a text or an array.

use liquid_core::error::Result;
use liquid_core::model::{State, Value, ValueView};

use super::super::super::javascript;
use super::conversions::{items_of, number_of, size_of, text_of, units, value_of};
use super::filter::Apply::{self, Always, Fails};
use super::filter::{Arguments, BY_NAME, MAX_TEXT, too_long};
use super::texts::limit;
use crate::mapping::walk::character;

pub(super) const FILTERS: &[(&str, Apply)] = &[
    ("default", Always(default)),
    ("size", Always(|input, _| size(input))),
    ("first", Always(|input, _| end(input, 0))),
    ("last", Always(|input, _| end(input, -1))),
    ("slice", Always(slice)),
    ("split", Always(split)),
    ("join", Fails(join)),
    ("compact", Always(|input, _| Value::array(items_of(input).into_iter().filter(|item| !item.is_nil())))),
    ("push", Always(|input, arguments| Value::array(items_of(input).into_iter().chain([argument(arguments)])))),
    ("unshift", Always(|input, arguments| Value::array([argument(arguments)].into_iter().chain(items_of(input))))),
    ("pop", Always(pop)),
    ("shift", Always(|input, _| Value::array(items_of(input).into_iter().skip(1)))),
    ("sum", Always(|input, _| value_of(items_of(input).iter().map(|item| number_of(item)).sum()))),
];

/// The length of a text or an array; 0 for anything else.
fn size(input: &dyn ValueView) -> Value {
    size_of(input).filter(|_| !input.is_object()).unwrap_or(Value::scalar(0))
}

/// The first argument; nil if there is none.
fn argument(arguments: &Arguments<'_>) -> Value {
    arguments.get(0).map_or(Value::Nil, ValueView::to_value)
}

fn default(input: &dyn ValueView, arguments: &Arguments<'_>) -> Value {
    let is_false = !input.is_nil() && input.as_scalar().and_then(|scalar| scalar.to_bool()) == Some(false);
    let allow_false = arguments.keyword(BY_NAME.1).is_some_and(|allow| allow.query_state(State::Truthy));
    let is_empty = match (input.as_array(), input.as_scalar()) {
        (Some(array), _) => array.size() == 0,
        (None, Some(scalar)) => scalar.type_name() == "string" && scalar.to_kstr().is_empty(),
        (None, None) => false,
    };
    let replaced = input.is_nil() || is_empty || (is_false && !allow_false);
    if replaced { argument(arguments) } else { input.to_value() }
}

/// The first or last item of an array or character of a text; empty for anything else.
fn end(input: &dyn ValueView, index: i64) -> Value {
    if let Some(array) = input.as_array().filter(|_| !input.is_nil()) {
        return array.get(index).map_or(Value::Nil, ValueView::to_value);
    }
    let is_text = input.as_scalar().is_some_and(|scalar| scalar.type_name() == "string");
    let text = if is_text && !input.is_nil() { text_of(input) } else { String::new() };
    let last = javascript::length(&text).saturating_sub(1);
    Value::scalar(units(&text, if index == 0 { 0 } else { last }, 1))
}

fn slice(input: &dyn ValueView, arguments: &Arguments<'_>) -> Value {
    let begin = arguments.number(0, 0.0);
    let length = arguments.number(1, 1.0);
    if input.is_nil() {
        return Value::array([]);
    }
    if let Some(array) = input.as_array() {
        let (skip, take) = range(begin, length, limit_of(array.size()));
        return Value::array(array.values().skip(skip).take(take).map(ValueView::to_value));
    }
    let text = text_of(input);
    let (skip, take) = range(begin, length, javascript::length(&text));
    Value::scalar(units(&text, skip, take))
}

fn limit_of(size: i64) -> usize {
    usize::try_from(size).unwrap_or(0)
}

/// What to skip and what to take; a negative start counts from the end.
#[expect(clippy::cast_precision_loss, reason = "texts are far shorter than 2^52")]
fn range(begin: f64, length: f64, size: usize) -> (usize, usize) {
    let begin = if begin < 0.0 { begin + size as f64 } else { begin };
    if begin < 0.0 || length < 0.0 {
        return (0, 0);
    }
    (limit(begin), limit(begin + length).saturating_sub(limit(begin)))
}

/// The parts of a text, without empty ones at its end.
fn split(input: &dyn ValueView, arguments: &Arguments<'_>) -> Value {
    let text = text_of(input);
    let separator = arguments.text(0);
    let mut parts: Vec<String> = if separator.is_empty() {
        text.encode_utf16().map(|unit| character(unit).to_string()).collect()
    } else {
        text.split(&separator).map(str::to_owned).collect()
    };
    while parts.last().is_some_and(String::is_empty) {
        parts.pop();
    }
    Value::array(parts.into_iter().map(Value::scalar))
}

fn join(input: &dyn ValueView, arguments: &Arguments<'_>) -> Result<Value> {
    let separator = arguments.get(0).filter(|separator| !separator.is_nil());
    let separator = separator.map_or_else(|| " ".to_owned(), text_of);
    let mut out = String::new();
    for (number, item) in items_of(input).iter().enumerate() {
        if number > 0 {
            out.push_str(&separator);
        }
        out.push_str(&joined(item));
        if out.len() > MAX_TEXT {
            return Err(too_long());
        }
    }
    Ok(Value::scalar(out))
}

/// An item as JavaScript's `join` prints it: an array with commas.
fn joined(item: &dyn ValueView) -> String {
    match item.as_array() {
        Some(array) => array.values().map(joined).collect::<Vec<_>>().join(","),
        None => text_of(item),
    }
}

fn pop(input: &dyn ValueView, _: &Arguments<'_>) -> Value {
    let mut items = items_of(input);
    items.pop();
    Value::array(items)
}
