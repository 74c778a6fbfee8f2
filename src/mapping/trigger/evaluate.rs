//! Conditions against events, with Segment's coercions: none but number to number.

use std::cmp::Ordering;

use super::super::walk::Found;
use super::{Check, Comparison, Condition, Test};
use crate::event::Event;

impl Condition {
    /// Whether the event fulfils it.
    pub(in crate::mapping) fn holds(&self, event: &Event<'_>) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.holds(event)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(event)),
            Self::Not(part) => !part.holds(event),
            Self::Test(test) => test.holds(event),
        }
    }
}

impl Test {
    fn holds(&self, event: &Event<'_>) -> bool {
        let found = self.subject.find(event);
        match &self.check {
            Check::Is(text) => is_text(found, text),
            Check::IsNot(text) => !is_text(found, text),
            Check::Number(comparison, number) => as_number(found).is_some_and(|found| comparison.holds(found, *number)),
            Check::Exists => exists(found),
            Check::Absent => !exists(found),
            Check::IsBoolean(expected) => is_boolean(found, *expected),
            Check::IsNotBoolean(expected) => !is_boolean(found, *expected),
            Check::Contains(part, wanted) => text_passes(found, |text| text.contains(&**part) == *wanted),
            Check::Matches(glob, wanted) => text_passes(found, |text| glob.matches(text) == *wanted),
        }
    }
}

impl Comparison {
    fn holds(self, found: f64, expected: f64) -> bool {
        match self {
            Self::Equal => found.partial_cmp(&expected).is_some_and(Ordering::is_eq),
            Self::NotEqual => !Self::Equal.holds(found, expected),
            Self::Less => found < expected,
            Self::LessOrEqual => found <= expected,
            Self::Greater => found > expected,
            Self::GreaterOrEqual => found >= expected,
        }
    }
}

fn is_text(found: Found<'_>, text: &str) -> bool {
    match found {
        Found::Value(value) => value.is_str(text),
        Found::Unit(unit) => unit.encode_utf8(&mut [0; 4]) == text,
        Found::Missing | Found::Length(_) => false,
    }
}

fn text_passes(found: Found<'_>, passes: impl Fn(&str) -> bool) -> bool {
    match found {
        Found::Value(value) => value.as_str().is_some_and(|text| passes(&text)),
        Found::Unit(unit) => passes(unit.encode_utf8(&mut [0; 4])),
        Found::Missing | Found::Length(_) => false,
    }
}

fn as_number(found: Found<'_>) -> Option<f64> {
    match found {
        Found::Value(value) => value.as_f64(),
        Found::Length(length) => u32::try_from(length).ok().map(f64::from),
        Found::Missing | Found::Unit(_) => None,
    }
}

fn exists(found: Found<'_>) -> bool {
    match found {
        Found::Value(value) => !value.is_null(),
        Found::Length(_) | Found::Unit(_) => true,
        Found::Missing => false,
    }
}

fn is_boolean(found: Found<'_>, expected: bool) -> bool {
    matches!(found, Found::Value(value) if value.as_bool() == Some(expected))
}
