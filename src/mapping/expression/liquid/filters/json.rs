//! The filters `json` and `jsonify`: a value as `JSON.stringify` writes it, on one line or indented.

use liquid_core::model::{Value, ValueView};

use super::super::super::javascript;
use super::conversions::{converted, is_missing, text_of, units};
use super::filter::Apply::{self, Always};
use super::filter::{Arguments, MAX_TEXT};
use super::texts::limit;

pub(super) const FILTERS: &[(&str, Apply)] = &[("json", Always(json)), ("jsonify", Always(json))];

/// The longest indentation of one level, in UTF-16 units: `JSON.stringify` has this limit.
const MAX_INDENT: usize = 10;

fn json(input: &dyn ValueView, arguments: &Arguments<'_>) -> Value {
    if is_missing(input) {
        return Value::Nil;
    }
    let mut writer = Writer { out: String::new(), indent: indent(arguments.get(0)), depth: 0 };
    writer.value(input);
    Value::scalar(writer.out)
}

/// What stands in front of each level: as many spaces as a number says, or a text. Nothing else breaks lines; in V8, a
/// number between 0 and 1 does.
fn indent(argument: Option<&dyn ValueView>) -> Option<String> {
    let scalar = argument.filter(|argument| !argument.is_nil())?.as_scalar()?;
    match scalar.type_name() {
        "string" => Some(units(&text_of(&scalar), 0, MAX_INDENT)).filter(|text| !text.is_empty()),
        "boolean" => None,
        _ => Some(converted(&scalar))
            .filter(|number| *number > 0.0)
            .map(|number| " ".repeat(limit(number).min(MAX_INDENT))),
    }
}

/// A text that is being written.
struct Writer {
    out: String,
    /// Nothing where all stands on one line.
    indent: Option<String>,
    depth: usize,
}

impl Writer {
    fn value(&mut self, value: &dyn ValueView) {
        if value.is_nil() {
            self.out.push_str("null");
        } else if let Some(array) = value.as_array() {
            self.list('[', ']', array.values(), Self::value);
        } else if let Some(object) = value.as_object() {
            self.list('{', '}', object.iter(), |writer, (key, member)| {
                javascript::write_json_text(&key, &mut writer.out);
                writer.out.push_str(if writer.indent.is_none() { ":" } else { ": " });
                writer.value(member);
            });
        } else {
            match value.as_scalar() {
                Some(scalar) if scalar.type_name() == "string" => {
                    javascript::write_json_text(&scalar.to_kstr(), &mut self.out);
                }
                Some(scalar) if scalar.to_float().is_some_and(f64::is_nan) => self.out.push_str("null"),
                Some(_) | None => self.out.push_str(&text_of(value)),
            }
        }
    }

    /// Items between brackets, each on a line of its own where there is an indentation.
    fn list<T>(&mut self, open: char, close: char, items: impl Iterator<Item = T>, write: impl Fn(&mut Self, T)) {
        self.out.push(open);
        self.depth += 1;
        let mut is_empty = true;
        for item in items {
            // The result is refused; indentation makes far more of an event than it holds.
            if self.out.len() > MAX_TEXT {
                break;
            }
            self.out.push_str(if is_empty { "" } else { "," });
            self.line();
            write(self, item);
            is_empty = false;
        }
        self.depth -= 1;
        if !is_empty {
            self.line();
        }
        self.out.push(close);
    }

    fn line(&mut self) {
        if let Some(indent) = &self.indent {
            self.out.push('\n');
            self.out.push_str(&indent.repeat(self.depth));
        }
    }
}
